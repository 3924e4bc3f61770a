/** What a gateway sees when it looks at the cameras of the demonstration: the simulator's own listeners, at the places that it names. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { portMerrow } from '@cityward/city/reference';
import { silentLog } from '@cityward/log';
import { createField } from './field.ts';
import { probe, type ProbeFacts } from './prober/probe.ts';
import { createSimulatedCameras, VAPIX_MODEL } from './simulated-cameras.ts';

const CAMERAS = 200;
const ports = { httpPort: 21_681, httpsPort: 21_643, modbusPort: 21_602 };
const city = portMerrow({ seed: 'looks', devices: 200 });
const dataFolder = mkdtempSync(join(tmpdir(), 'cityward-looks-'));
const field = createField(city, { enabled: true, ...ports, cameras: CAMERAS, pumps: 0 });
const cameras = createSimulatedCameras({
  city,
  dataFolder,
  ports: { http: ports.httpPort, https: ports.httpsPort },
  most: CAMERAS,
  log: silentLog,
});
beforeAll(async () => {
  // In the order of the simulator: a camera that speaks VAPIX has both of its doors itself.
  expect(await cameras.start()).toBeGreaterThan(0);
  await field.start();
});
afterAll(async () => {
  await field.stop();
  await cameras.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

const seen = city.devices.filter((device) => device.class === 'camera');
const look = (device: string): Promise<ProbeFacts> =>
  probe(field.target(device)!, { signal: new AbortController().signal, tryEveryMs: 0 });

describe('a look at a camera of the demonstration', () => {
  it('that speaks VAPIX finds TLS, refused factory passwords, its time and version, and plain HTTP until it is shut', async () => {
    const { id, firmware } = seen.find(({ model }) => model === VAPIX_MODEL)!;
    const camera = cameras.camera(id)!;
    // As after commissioning: without any account it would ask for the first one instead.
    camera.flash.accounts['cwtest'] = { password: 'of this test alone', groups: ['admin'] };
    const before = await look(id);
    expect(before).toMatchObject({
      credentials: { ended: 'complete', accepted: null, open: false },
      tls: { protocol: 'TLSv1.3', plain: true, selfSigned: true },
      firmware,
    });
    expect(before.credentials.tried).toBeGreaterThan(3);
    expect(Math.abs(before.clock!.device - before.clock!.gateway)).toBeLessThan(60_000);
    for (const who of ['admin', 'operator', 'viewer'])
      camera.flash.parameters[`System.BoaGroupPolicy.${who}`] = 'https';
    expect(await look(id)).toMatchObject({ tls: { protocol: 'TLSv1.3', plain: false } });
  });

  it('of any other model finds truly that it has no TLS, and no factory password that it takes', async () => {
    const { id, firmware } = seen.find(({ model }) => model !== VAPIX_MODEL)!;
    expect(await look(id)).toMatchObject({
      credentials: { ended: 'complete', accepted: null, open: false },
      tls: { protocol: null, plain: true },
      firmware,
    });
  });

  it('whose listener is not there finds nobody, and nothing that could be green', async () => {
    const lamp = city.devices.find((device) => device.class === 'street-light')!;
    expect(await look(lamp.id)).toMatchObject({
      credentials: { ended: 'no-service', accepted: null },
      tls: null,
      clock: null,
      firmware: null,
    });
  });
});
