/**
 * A camera that is retired, through the whole server and a real site gateway over MQTT: erased on the order of two officers that the
 * gateway verifies itself, signed for by the gateway, and unproven where the camera was not there to be erased.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCamera, type TestCamera } from '@cityward/agent/simulated-camera';
import type { Leaving, Retirement } from '@cityward/contracts';
import { SECOND_MS } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createAgent, type Agent } from '../apps/agent/src/agent.ts';
import { eventually, signInFirst, type Call } from '../apps/server/src/testing-clients.ts';
import {
  commandIn,
  inLedger,
  signOffline,
  SIGNERS,
  started,
  swearIn,
  type Desk,
} from '../apps/server/src/testing-journey.ts';
import { openTestServer, type TestServer } from '../apps/server/src/testing.ts';
import { CITY_NAME } from '../apps/server/src/city-names.ts';

let server: TestServer;
let call: Call;
let desk: Desk;
let gateway: string;
let agent: Agent;
/** Two behind one gateway. */
let ids: string[];
const cameras = new Map<string, TestCamera>();
const at = (name: string): string => join(server.config.dataFolder, name);
const cameraOf = (id: string): TestCamera => cameras.get(id)!;

/** Two cameras of the city on ports of this machine, with recordings on their cards, and accounts in a list for the gateway. */
async function putUp(): Promise<void> {
  const { city, identity } = server.modules;
  const all = [...city.deviceIds()].sort().filter((id) => city.record(id)?.class === 'camera');
  const behind = Map.groupBy(all, (id) => identity.gatewayOf(id) ?? '');
  behind.delete('');
  const [found, own] = [...behind].find(([, list]) => list.length >= 2)!;
  gateway = found;
  ids = own.slice(0, 2);
  const list = [];
  for (const id of ids) {
    const serial = city.record(id)!.serial ?? id;
    const one = await testCamera({ facts: { serial }, restartMs: SECOND_MS });
    one.camera.flash.card = { recordings: [{ id: '20260501_081211_016F', disk: 'SD_DISK' }], job: null };
    cameras.set(id, one);
    const { url, trust } = one.place;
    list.push({ device: id, url, serial, certificate: trust.pinned[0], ...one.login });
  }
  writeFileSync(at('cameras.json'), JSON.stringify(list));
}
async function startGateway(code: string | null): Promise<Agent> {
  const { config, modules } = server;
  const ca = modules.identity.authority.caPem;
  const made = createAgent({
    device: gateway,
    code,
    est: { url: `https://localhost:${config.estPort}`, ca },
    broker: { host: 'localhost', port: config.mqttPort, ca },
    content: { url: `https://localhost:${config.ingestPort}`, ca },
    dataFolder: at('gateway-machine'),
    log: silentLog,
    officersFile: desk.at('officers.json'),
    camerasFile: at('cameras.json'),
    gatewayTiming: { lookMs: 200, reachMs: 2 * SECOND_MS },
  });
  await made.start();
  await eventually('the gateway is connected', () => (modules.mqtt!.isConnected(gateway) ? true : null));
  return made;
}

beforeAll(async () => {
  server = await openTestServer();
  call = await signInFirst(server);
  desk = commandIn(at('officers-machine'), server.config);
  await swearIn(desk, CITY_NAME);
  await putUp();
  const [issued] = await server.modules.identity.issueCodes([gateway], 'system');
  agent = await startGateway(issued!.code);
}, 240_000);
afterAll(async () => {
  await agent?.stop();
  for (const one of cameras.values()) await one.close();
  await server?.stop();
});

const leavingOf = async (device: string): Promise<Leaving> =>
  (await call<Leaving>('GET', `/api/devices/${device}/leaving`)).body;
async function certificateOf(device: string): Promise<Record<string, unknown>> {
  const found = server.modules.fleet.routes.find(({ endpoint }) => endpoint.name === 'getRetirement')!;
  const answer = await found.handle({ params: { id: device } } as never, undefined as never);
  const { body } = (answer as unknown as { value: { body: Uint8Array } }).value;
  return JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
}
async function retire(device: string): Promise<string> {
  const leaving = await eventually('its gateway reaches it', async () => {
    const now = await leavingOf(device);
    return now.wipe.possible ? now : null;
  });
  expect(leaving.wipe.gateway).toBe(gateway);
  const { status, body } = await call<Retirement>('POST', `/api/devices/${device}/retire`, {
    reason: 'The street is dug up',
    wipe: true,
  });
  expect([status, body.state]).toEqual([200, 'wiping']);
  return body.change!;
}
const closed = (device: string): Promise<Retirement> =>
  eventually(
    'its retirement is closed',
    async () => {
      const { retirement } = await leavingOf(device);
      return retirement?.state === 'closed' ? retirement : null;
    },
    120_000,
  );
const recordFile = (device: string): string => at(join('gateway-machine', 'gateway', 'cameras', device, 'camera.json'));

describe('a camera behind its gateway that is retired', () => {
  it('is erased, card and all, on the order of two officers; its certificate says so, and by whom; the gateway forgets it', async () => {
    const [id] = ids as [string];
    const { camera, advance } = cameraOf(id);
    const change = await retire(id);
    expect(existsSync(recordFile(id))).toBe(true);
    await signOffline(desk, change, SIGNERS[0]);
    expect((await desk.run('job', 'apply', change, '--reason', 'Now')).err).toContain('NOT_SIGNED');
    await signOffline(desk, change, SIGNERS[1]);
    expect(camera.flash.card!.recordings).toHaveLength(1);
    await started(desk, change);
    await eventually('its card is being erased', () => (camera.flash.card!.job ? true : null));
    // In the middle the gateway's power goes; at its next start it goes on.
    await agent.stop();
    expect((await leavingOf(id)).retirement).toMatchObject({ state: 'wiping', wiped: null });
    advance(30 * SECOND_MS);
    agent = await startGateway(null);
    await eventually('its card is being erased, or was', () => {
      advance(SECOND_MS);
      return Object.keys(camera.flash.accounts).length === 0 ? true : null;
    });
    expect(await closed(id)).toMatchObject({ wiped: 'proven', change, reportedBy: gateway });
    expect(camera.flash).toMatchObject({ accounts: {}, parameters: {}, card: { recordings: [] } });
    const erased = ['card', 'recordings', 'settings'].map((item) => ({ item, state: 'done', reason: null }));
    expect(await certificateOf(id)).toMatchObject({ device: id, wiped: 'proven', reportedBy: gateway, erased, change });
    expect(await inLedger(call, 'device.wiped', id)).toContain(gateway);
    expect(server.modules.identity.standing(id)).toBe('ended');
    await eventually('the gateway has forgotten it', () => (existsSync(recordFile(id)) ? null : true));
    expect(existsSync(recordFile(ids[1]!))).toBe(true);
  }, 300_000);

  it('is not taken in again from the list of before', async () => {
    await agent.stop();
    agent = await startGateway(null);
    expect(existsSync(recordFile(ids[0]!))).toBe(false);
    expect(JSON.parse(readFileSync(at('cameras.json'), 'utf8'))).toHaveLength(2);
  }, 120_000);

  it('is unproven when it is off: nothing is told as erased, and the certificate says why', async () => {
    const [, id] = ids as [string, string];
    const { camera } = cameraOf(id);
    const change = await retire(id);
    camera.faults.isOff = true;
    for (const officer of SIGNERS) await signOffline(desk, change, officer);
    await started(desk, change);
    const retirement = await closed(id);
    expect(retirement).toMatchObject({ wiped: 'unproven', reportedBy: gateway });
    expect(retirement.why).toContain('could not be reached');
    const certificate = await certificateOf(id);
    expect(certificate).toMatchObject({ wiped: 'unproven', why: retirement.why, reportedBy: gateway });
    expect((certificate['erased'] as { state: string }[]).map(({ state }) => state)).toEqual(Array(3).fill('failed'));
    expect(camera.flash.card!.recordings).toHaveLength(1);
    expect(Object.keys(camera.flash.accounts)).toHaveLength(1);
  }, 300_000);
});
