/**
 * Debian's mender-client in a whole city: a change that two officers signed reaches it through waves and engine, it restarts with the
 * artifact, and the change is done once it is back and shows it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commandIn,
  planned,
  signOffline,
  SIGNERS,
  started,
  swearIn,
  type Desk,
} from '../../apps/server/src/testing-journey.ts';
import {
  enrolDevice,
  eventually,
  signInFirst,
  type Call,
  type DeviceCredential,
} from '../../apps/server/src/testing-clients.ts';
import { openTestServer, type TestServer } from '../../apps/server/src/testing.ts';
import { CITY_NAME } from '../../apps/server/src/city-names.ts';
import type { ClientProcess } from './client-process.ts';
import { has } from './est-kit.ts';
import { layFixedFiles, makeArtifact, makeArtifactSigner, menderInstalled, startMender } from './mender-kit.ts';

const away = [
  has('mender', 'mender-client'),
  has('mender-artifact', 'mender-artifact'),
  has('openssl', 'openssl'),
].every(Boolean)
  ? layFixedFiles()
  : null;
const NAME = 'gateway.mender';
const PATIENCE_MS = 150_000;
let server: TestServer;
let desk: Desk;
let call: Call;
let device: string;
let credential: DeviceCredential;
const running: ClientProcess[] = [];

beforeAll(async () => {
  if (!away) return;
  server = await openTestServer();
  desk = commandIn(join(server.config.dataFolder, 'officers-machine'), server.config);
  await swearIn(desk, CITY_NAME);
  call = await signInFirst(server);
  const { city } = server.modules;
  device = [...city.deviceIds()]
    .sort()
    .find((id) => city.record(id)?.class === 'air-sensor' && !city.record(id)?.neverCut)!;
  credential = await enrolDevice(server, device);
  await makeArtifactSigner(server.config.dataFolder, 'maker');
}, 240_000);
afterAll(async () => {
  for (const one of running) await one.stop();
  await server?.stop();
  away?.();
});

const target = (): string => join(server.config.dataFolder, device, 'target');
function start(): ClientProcess {
  const { key, certificate: cert } = credential;
  const tls = { key, cert, ca: server.modules.identity.authority.caPem };
  const url = `https://localhost:${server.config.ingestPort}`;
  const one = startMender({ folder: server.config.dataFolder, device, url, trust: 'maker', tls });
  running.push(one);
  return one;
}
async function add(version: string, reboots: boolean): Promise<void> {
  const bytes = await makeArtifact(server.config.dataFolder, target(), { version, signer: 'maker', reboots });
  writeFileSync(desk.at(`${version}.mender`), bytes);
  const added = await desk.run('artifact', 'add', `${version}.mender`, '--name', NAME, '--version', version);
  if (added.exit !== 0) throw new Error(added.err);
}

describe.skipIf(!away)('mender-client in a whole city', () => {
  it('takes a signed change, restarts with it, and is done when it is back', async () => {
    const before = start();
    await eventually('it is seen', () =>
      server.modules.fleet.desk.shown(device)?.firmware === 'base-1.0' ? true : null,
    );
    await add('base-5.0', true);
    const { id } = await planned(desk, {
      title: 'Sensors to base-5.0',
      install: `${NAME}@base-5.0`,
      selection: { devices: [device] },
      options: { canary: 1, shares: [1], soakMs: 0, healthMs: 0, quorum: 1, retries: 0 },
    });
    for (const officer of SIGNERS) await signOffline(desk, id, officer);
    expect(existsSync(join(target(), 'rebooting'))).toBe(false);
    await started(desk, id);
    await eventually('it restarts', () => (existsSync(join(target(), 'rebooting')) ? true : null), PATIENCE_MS);
    await before.stop();
    const state = async (): Promise<string> =>
      (await call<{ devices: { state: string }[] }>('GET', `/api/changes/${id}/devices`)).body.devices[0]!.state;
    // Installed and away is not done.
    expect(['installing', 'restarting']).toContain(await state());
    start();
    await eventually('it is done', async () => ((await state()) === 'done' ? true : null), PATIENCE_MS);
    expect(menderInstalled(target())).toBe('base-5.0');
    expect(server.modules.fleet.desk.shown(device)?.firmware).toBe('base-5.0');
  }, 400_000);
});
