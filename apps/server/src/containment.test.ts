/** Containing through a switch whose link is cut: a whole server, simulated devices with real certificates, the real API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Containment, ContainmentPlan, Incident } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { switchOf } from './respond-city.ts';
import { issueSimulatedCodes, simulatorStart } from './simulated-city.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { eventually, signInFirst, type Call } from './testing-clients.ts';
import { infect, openIncidentAbout } from './testing-incident.ts';
import { openTestServer, type TestServer } from './testing.ts';

let server: TestServer;
let simulator: Simulator;
beforeAll(async () => {
  server = await openTestServer();
  const { config, modules } = server;
  simulator = startSimulator(simulatorStart(config, modules), issueSimulatedCodes(modules), silentLog);
}, 120_000);
afterAll(async () => {
  await simulator?.stop();
  await server?.stop();
});

const connected = (device: string): boolean => server.modules.mqtt!.isConnected(device);

async function contain(incident: string, camera: string, call: Call): Promise<Containment> {
  const wanted = { hours: 1, devices: [camera] };
  const plan = await call<ContainmentPlan>('POST', `/api/incidents/${incident}/containment-plan`, wanted);
  expect(plan.body.cut.map((one) => one.device)).toEqual([camera]);
  const order = { ...wanted, hash: plan.body.hash, reason: 'it scans others' };
  const applied = await call<Containment>('POST', `/api/incidents/${incident}/containments`, order);
  expect(applied.status).toBe(200);
  return applied.body;
}

describe('containing through a switch', () => {
  it('visibly fails in time while its link is cut, and is confirmed once the link is back', async () => {
    const { city } = server.modules;
    const camera = city.deviceIds().find((id) => id.startsWith('cam-') && switchOf(city, id) !== null)!;
    const site = switchOf(city, camera)!;
    await eventually('both are connected', () => (connected(camera) && connected(site) ? true : null));
    const call = await signInFirst(server);
    await infect(server, camera, site);
    const incident = await openIncidentAbout(camera, call);

    simulator.cutLink(site);
    await eventually('the link is cut', () => (connected(site) ? null : true));
    const applied = await contain(incident, camera, call);
    expect(applied).toMatchObject({ state: 'applying', devices: [{ switch: 'waiting', through: site }] });
    expect(applied.devices[0]).toMatchObject({ session: 'cut', certificate: 'held' });

    const now = async (): Promise<Containment> =>
      (await call<Incident>('GET', `/api/incidents/${incident}`)).body.containments[0]!;
    const settled = await eventually('the switch is given up', async () => {
      const one = await now();
      return one.state === 'applying' ? null : one;
    });
    expect(settled).toMatchObject({ state: 'partly-failed', devices: [{ switch: 'failed' }] });
    expect(settled.devices[0]!.note).toContain(site);
    const { body } = await call<Incident>('GET', `/api/incidents/${incident}`);
    expect(body.timeline.map((entry) => entry.text).join('\n')).toContain('1 of 1 devices are not isolated');

    simulator.mendLink(site);
    const confirmed = await eventually('the switch answers', async () => {
      const one = await now();
      return one.state === 'partly-failed' ? null : one;
    });
    expect(confirmed).toMatchObject({ state: 'in-force', devices: [{ switch: 'applied', note: '' }] });
  }, 120_000);
});
