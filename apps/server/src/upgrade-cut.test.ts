/**
 * The power goes at each step of an upgrade, through the whole engine: one device for each step, all in one change of a real
 * server. Every process is killed at its step and started again; nothing is lost, nothing runs that is not whole, the counters are exact.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactRef, ChangeDevice } from '@cityward/contracts';
import { isConnected, testDevice, type TestDevice, type Weakness } from './testing-agents.ts';
import { eventually } from './testing-clients.ts';
import { exactCounters, keepFirmware, must, orderChange, over, seatCouncil, type Council } from './testing-council.ts';
import { openTestServer, type TestServer } from './testing.ts';

const [FACTORY, NEW, NEXT] = ['1.0.0', '2.0.0', '3.0.0'];
const AT_ONCE = 6;
const START = 'export function folderDisk(folder: string): Disk {';

/** A file operation, and which one of its kind; the power goes just before it. */
interface Step {
  readonly op: string;
  readonly nth: number;
}
/** The disk of the agent's updates with every operation written down, or cut at one; the agent itself has no such thing in it. */
const disk = (cut: Step | null): Weakness => ({
  file: 'apps/agent/src/update/disk.ts',
  guard: START,
  without: `${START}
  const whole = wholeDisk(folder);
  if (!folder.endsWith('/update')) return whole;
  const { appendFileSync } = process.getBuiltinModule('node:fs');
  const cut = ${JSON.stringify(cut)} as { op: string; nth: number } | null;
  const seen = new Map<string, number>();
  const before = (op: string): void => {
    const nth = (seen.get(op) ?? 0) + 1;
    seen.set(op, nth);
    if (cut === null) appendFileSync(folder + '.steps', JSON.stringify({ op, nth }) + '\\n');
    if (cut?.op === op && cut.nth === nth) process.kill(process.pid, 'SIGKILL');
  };
  return {
    ...whole,
    create: (name) => (before('create ' + name), whole.create(name)),
    append: (name, bytes) => (before('append ' + name), whole.append(name, bytes)),
    sync: (name) => (before('sync ' + name), whole.sync(name)),
    rename: (from, to) => (before('rename ' + to), whole.rename(from, to)),
    remove: (name) => (before('remove ' + name), whole.remove(name)),
  };
}
function wholeDisk(folder: string): Disk {`,
});

let server: TestServer;
let council: Council;
let artifacts: Map<string, ArtifactRef>;
let free: string[];
let devices: readonly { readonly step: Step; readonly device: TestDevice }[] = [];
const more = (): string[] => ['--officers', council.file, '--firmware', FACTORY!];

beforeAll(async () => {
  server = await openTestServer();
  council = await seatCouncil(server);
  const { city } = server.modules;
  free = city.deviceIds().filter((id) => city.record(id)!.class === 'camera');
  artifacts = new Map();
  for (const version of [NEW!, NEXT!]) artifacts.set(version, await keepFirmware(server, version));
}, 300_000);
afterAll(async () => {
  for (const { device } of devices) await device.stop();
  await server?.stop();
});

const upgrade = (version: string, ids: readonly string[]) =>
  orderChange(server, council, {
    ...{ title: `Cameras to ${version}`, devices: ids, action: { do: 'install', artifact: artifacts.get(version)! } },
    options: { silenceMs: 3_600_000 },
  });

/** What one device does on its way, to the single file operation. */
async function stepsOfOne(): Promise<readonly Step[]> {
  const device = testDevice(() => server, free.shift()!);
  await device.start({ more: more(), weaknesses: [disk(null)] });
  await isConnected(server, device);
  await eventually('it says what it runs', () => server.modules.fleet.desk.shown(device.id)?.firmware ?? null);
  const { id } = await upgrade(NEW!, [device.id]);
  await over(server, id);
  expect(await exactCounters(server, id)).toEqual({ '0 0 done': 1 });
  await eventually('it has told all', () =>
    device.kept<{ outbox: [] }>('update.json')?.outbox.length === 0 ? true : null,
  );
  await device.stop();
  const lines = readFileSync(join(device.folder, 'update.steps'), 'utf8').trim().split('\n');
  const steps = lines.map((line) => JSON.parse(line) as Step);
  // What comes before the order is its first start, not an upgrade.
  return steps.slice(steps.findIndex(({ op }) => op === 'rename update.json'));
}

async function inGroups<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < all.length; from += AT_ONCE) await Promise.all(all.slice(from, from + AT_ONCE).map(act));
}

describe('the power goes at each step of an upgrade', () => {
  it('and every device ends where the city counts it: on the new firmware, once', async () => {
    const steps = await stepsOfOne();
    // What happens to the parts of a file that is put in place whole is one step: the moment before it is there.
    const chosen = steps.filter(({ op }) => !op.endsWith('.new'));
    expect(chosen.length).toBeGreaterThan(15);
    for (const op of [
      'rename update.json',
      'rename boot.json',
      'append firmware-b',
      'sync firmware-b',
      'rename firmware-b.json',
    ])
      expect(chosen.map((one) => one.op)).toContain(op);
    devices = chosen.map((step) => ({ step, device: testDevice(() => server, free.shift()!) }));
    await inGroups(devices, async ({ device, step }) => {
      await device.start({ more: more(), weaknesses: [disk(step)] });
      await isConnected(server, device);
    });
    for (const { device } of devices) await isShown(device);
    const { id } = await upgrade(
      NEXT!,
      devices.map(({ device }) => device.id),
    );
    await inGroups(devices, async ({ device, step }) => {
      await eventually(`"${device.id}" was cut before "${step.op}" ${step.nth}`, () => (device.ended() ? true : null));
      await device.start({ more: more() });
    });
    const states = async (): Promise<string> => (await listed(id)).map(({ state }) => state).join(' ');
    const wanted = devices.map(() => 'done').join(' ');
    await eventually('all are done', async () => ((await states()) === wanted ? true : null), 600_000).catch(
      async (fault: unknown) => {
        throw new Error(`${String(fault)}: ${JSON.stringify(await listed(id))}`);
      },
    );
    expect((await over(server, id)).state).toBe('finished');
    expect(await exactCounters(server, id)).toEqual({ '0 0 done': devices.length });
    await eventually('all have told all', () =>
      devices.every(({ device }) => device.kept<{ outbox: [] }>('update.json')?.outbox.length === 0) ? true : null,
    );
    for (const { device, step } of devices) {
      expect([step, device.firmware()]).toEqual([step, NEXT]);
      expect(device.kept('boot.json')).toMatchObject({ firmware: { trying: null } });
      expect(device.kept('update.json')).toMatchObject({ now: null, last: { job: id, ended: 'done', tries: 1 } });
    }
  }, 1_200_000);
});

const listed = async (id: string): Promise<readonly ChangeDevice[]> =>
  must(await server.modules.fleet.changes.devices(id, { limit: 500 } as never)).devices;

const isShown = ({ id }: TestDevice): Promise<string> =>
  eventually(`"${id}" says what it runs`, () => server.modules.fleet.desk.shown(id)?.firmware ?? null);
