/** What a gateway leaves behind of a camera that it erased: a signature that only it can make, and no account. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BehalfMessage, JobOrder, JobReport } from '@cityward/contracts';
import { checkWiped } from '@cityward/fleet/verify';
import { Secret } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { readCertsOnly } from '../certs-only.ts';
import type { Credential } from '../credentials.ts';
import { newDeviceKey, signingRequest } from '../signing-request.ts';
import { testCamera, type TestCamera } from '../simulated-camera/testing.ts';
import { testAuthority, type TestAuthority } from '../testing.ts';
import { orderOf } from '../update/testing.ts';
import { proveWiped } from '../update/wiping.ts';
import { createSiteGateway, type SiteGateway, type SiteGatewayParts } from './gateway.ts';
import { ada, bo, CAMERA, officers } from './testing-world.ts';

let authority: TestAuthority;
let own: Credential;
let other: Credential;
const folder = mkdtempSync(join(tmpdir(), 'cityward-forgetting-'));
async function certified(by: TestAuthority, device: string): Promise<Credential> {
  const pair = newDeviceKey();
  const { answer } = await by.issue(signingRequest(device, pair));
  const read = readCertsOnly(answer);
  if (!read.ok) throw new Error(read.error);
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { device, key, certificate: read.value[0]!.toString(), expires: 0 };
}
beforeAll(async () => {
  authority = await testAuthority();
  [own, other] = [await certified(authority, 'sw-0001'), await certified(authority, 'sw-0002')];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the signature of a gateway that a camera is erased', () => {
  const report: JobReport = {
    order: 'job',
    job: 'job-0001',
    part: 'forward',
    seq: 4,
    at: 1,
    state: 'done',
    running: null,
    reason: null,
    erased: [{ item: 'card', state: 'failed', reason: 'it is locked' }],
  };
  const signed = (by: Credential, of = CAMERA): JobReport => ({ ...report, proof: proveWiped(of, by, report) });
  const check = (said: JobReport, { device = CAMERA, signer = 'sw-0001' } = {}) =>
    checkWiped({ device, signer }, said, [authority.ca]).ok;
  it('counts of its own gateway, for this camera, over what it said item by item', async () => {
    expect(check(signed(own))).toBe(true);
    expect(check(signed(other))).toBe(false);
    expect(check(signed(await certified(authority, CAMERA)))).toBe(false);
    expect(check(signed(await certified(await testAuthority(), 'sw-0001')))).toBe(false);
    expect(check(signed(own, 'cam-0002'))).toBe(false);
    expect(check({ ...signed(own), erased: [{ item: 'card', state: 'done', reason: null }] })).toBe(false);
  });
});

describe('a gateway that erased a camera', () => {
  let one: TestCamera;
  let gateway: SiteGateway;
  const sent: BehalfMessage[] = [];
  /** What is acknowledged once the city has it; held back while it is away. */
  let isHeard = true;
  afterEach(async () => {
    gateway.stop();
    await one.close();
    sent.length = 0;
    isHeard = true;
  });
  const parts = (at: string): SiteGatewayParts => ({
    gateway: 'sw-0001',
    folder: at,
    officers: { current: officers, follow: () => ({ ok: true, value: officers }) as never, look: () => undefined },
    ca: authority.ca,
    log: silentLog,
    download: () => Promise.reject(new Error('nothing to fetch')),
    certify: () => Promise.reject(new Error('nobody certifies here')),
    prove: (camera, report) => proveWiped(camera, own, report),
    publish: (message, acknowledged) => {
      sent.push(message);
      if (isHeard && acknowledged) setImmediate(acknowledged);
      return true;
    },
    alarm: () => undefined,
    clock: one.now,
    pause: (ms) => {
      one.advance(ms);
      return new Promise((resolve) => setImmediate(resolve));
    },
  });
  async function open(at: string): Promise<string> {
    one = await testCamera();
    one.camera.flash.card = { recordings: [{ id: '1', disk: 'SD_DISK' }], job: null };
    gateway = createSiteGateway(parts(join(folder, at)));
    const { user, password } = one.login;
    const login = { user, password: new Secret(password) };
    const { serial } = one.camera.facts;
    const rest = { next: null, past: null, pinned: one.place.trust.pinned, isOfCity: false };
    gateway.commission({ device: CAMERA, driver: 'vapix', url: one.place.url, serial, login, ...rest });
    gateway.online();
    return join(folder, at);
  }
  /** As the city answers the page that the gateway asked for. */
  const order = async (made: JobOrder): Promise<void> => {
    await expect.poll(() => sent.some(({ behalf }) => behalf === 'ask'), { timeout: 20_000 }).toBe(true);
    gateway.work(Buffer.from(JSON.stringify({ work: 'page', after: null, orders: [made], next: null })));
  };
  const wipe = (device = CAMERA): JobOrder =>
    orderOf({ device, counter: 1, action: { do: 'wipe' }, id: 'job-0001' }, [ada, bo]);
  const told = (): JobReport[] => sent.flatMap((message) => (message.behalf === 'report' ? [message.report] : []));
  const everything = (at: string): string =>
    readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
      .join('\n');

  it('has told the city, item by item and signed, before it forgets account and camera for good', async () => {
    const at = await open('whole');
    isHeard = false;
    await order(wipe());
    await expect.poll(() => told().at(-1)?.state, { timeout: 20_000 }).toBe('accepted');
    expect(everything(at)).toContain(one.login.password);
    gateway.offline();
    isHeard = true;
    gateway.online();
    await expect.poll(() => gateway.holds(CAMERA), { timeout: 20_000 }).toBe(false);
    const last = told().at(-1)!;
    expect(last.erased!.map(({ item, state }) => `${item} ${state}`)).toEqual([
      'card done',
      'recordings done',
      'settings done',
    ]);
    expect(checkWiped({ device: CAMERA, signer: 'sw-0001' }, last, [authority.ca]).ok).toBe(true);
    expect(existsSync(join(at, 'cameras', CAMERA))).toBe(false);
    expect(everything(at)).not.toContain(one.login.password);
    expect(gateway.hasWiped(CAMERA, one.camera.facts.serial)).toBe(true);
    // Another one at its place is none that was erased.
    expect(gateway.hasWiped(CAMERA, createHash('sha256').update('another').digest('hex'))).toBe(false);
  });
  it('erases at the next start what a power cut left of it', async () => {
    const at = await open('cut');
    gateway.stop();
    writeFileSync(join(at, 'wiped.json'), JSON.stringify([[CAMERA, one.camera.facts.serial]]));
    expect(everything(at)).toContain(one.login.password);
    gateway = createSiteGateway(parts(at));
    expect(gateway.holds(CAMERA)).toBe(false);
    expect(everything(at)).not.toContain(one.login.password);
  });
  it('does nothing about an order for a camera of another site', async () => {
    await open('other');
    await order(wipe('cam-0002'));
    await gateway.round();
    expect([told(), one.camera.flash.card!.recordings.length]).toEqual([[], 1]);
    expect(Object.keys(one.camera.flash.accounts)).toHaveLength(1);
  });
});
