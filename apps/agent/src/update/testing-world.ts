/** A device in a test: it lives from start to restart, rest or power cut, on a disk that may fail it. */
import type { JobOrder, JobReport } from '@cityward/contracts';
import { verifyOrder } from '@cityward/fleet/verify';
import type { Refusal } from '@cityward/kernel';
import { boot, imageName, type Booted } from './slots.ts';
import { firmware, hashOf, newSigner, officersOf, orderOf, PowerCut, shakyDisk, type ShakyDisk } from './testing.ts';
import { createUpdater, type Updater } from './updater.ts';
import { DownloadFault, type UpdaterParts } from './work.ts';

export const DEVICE = 'lamp-0001';
export const OLD = '1.0.0';
export const signers = [newSigner('per-ada'), newSigner('per-bo'), newSigner('per-cy')];
export const [ada, bo] = signers as [(typeof signers)[0], (typeof signers)[0]];
export const officers = officersOf(signers);
export const next = firmware('1.1.0');
export const other = firmware('1.2.0');
export const document = Buffer.from('{"brightness":70}');
export const content = new Map([next.bytes, other.bytes, document].map((bytes) => [hashOf(bytes), bytes]));

export interface World {
  disk: ShakyDisk;
  readonly reports: JobReport[];
  readonly alarms: Refusal[];
  /** What was run at each start, and whether its bytes were right then. */
  readonly ran: { readonly version: string | null; readonly isWhole: boolean }[];
  starts: number;
  healthy: (booted: Booted) => boolean | 'never';
  served: Map<string, Buffer>;
  linkIsUp: boolean;
}
export const newWorld = (): World => ({
  disk: shakyDisk(),
  reports: [],
  alarms: [],
  ran: [],
  starts: 0,
  healthy: () => true,
  served: new Map(content),
  linkIsUp: true,
});

export const partsFor = (
  world: World,
  booted: Booted,
  ends: { restart(): void; fail(fault: unknown): void },
): UpdaterParts => ({
  disk: world.disk,
  booted,
  verify: (order, against) => verifyOrder(order, { officers, device: DEVICE, ...against }),
  download: async ({ sha256 }, write) => {
    const bytes = world.served.get(sha256);
    if (!bytes) throw new DownloadFault('not there');
    const half = Math.ceil(bytes.length / 2);
    for (const piece of [bytes.subarray(0, half), bytes.subarray(half)]) {
      await Promise.resolve();
      write(piece);
    }
  },
  send: (report) => {
    if (!world.linkIsUp) return new Promise(() => undefined);
    world.reports.push(report);
    return Promise.resolve();
  },
  healthy: () => {
    const verdict = world.healthy(booted);
    return verdict === 'never' ? new Promise(() => undefined) : Promise.resolve(verdict);
  },
  acts: {},
  restart: ends.restart,
  alarm: (refusal) => world.alarms.push(refusal),
  failed: ends.fail,
  clock: Date.now,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
});

/** One life of the device, from a start to a restart, a power cut, or rest. */
export async function live(world: World, order: Uint8Array | null): Promise<'restart' | 'cut' | 'rest'> {
  world.starts++;
  let updater: Updater | null = null;
  try {
    const booted = boot(world.disk, OLD);
    const running = booted.firmware;
    const digest = running && world.disk.digest(imageName('firmware', running.slot));
    const isWhole = digest !== null && digest.sha256 === running?.label.sha256;
    world.ran.push({ version: running?.label.version ?? null, isWhole });
    return await new Promise((resolve, reject) => {
      const ends = {
        restart: () => {
          updater?.stop();
          resolve('restart');
        },
        fail: (fault: unknown) => (fault instanceof PowerCut ? resolve('cut') : reject(fault as Error)),
      };
      updater = createUpdater(partsFor(world, booted, ends));
      updater.start();
      if (order) updater.take(order);
      const rest = (): void => {
        if (!updater!.busy || !world.linkIsUp) resolve('rest');
        else setTimeout(rest, 2);
      };
      setTimeout(rest, 2);
    });
  } catch (fault) {
    if (fault instanceof PowerCut) return 'cut';
    throw fault;
  } finally {
    (updater as Updater | null)?.stop();
  }
}

const STARTS_MAX = 40;
/** Lives until it rests; the order comes again at each start, as the city keeps it on the topic. */
export async function liveOn(
  world: World,
  order: JobOrder | null,
  keep = (_name: string, unsynced: number) => unsynced,
): Promise<void> {
  const bytes = order && Buffer.from(JSON.stringify(order));
  while (world.starts < STARTS_MAX) {
    const end = await live(world, bytes);
    if (end === 'rest') return;
    world.disk = world.disk.restart(end === 'cut' ? keep : (_name, unsynced) => unsynced);
  }
  throw new Error('it never came to rest');
}
/** Each once: what was on its way when the device started anew is sent again. */
export const once = (world: World): JobReport[] => [...new Map(world.reports.map((one) => [one.seq, one])).values()];
export const states = (world: World): string[] => once(world).map(({ state }) => state);
export const install = (counter = 1, action: typeof next.action = next.action): JobOrder =>
  orderOf({ device: DEVICE, counter, action, id: `job-${counter}000` }, [ada, bo]);
export const runs = (world: World): string | null => boot(world.disk, OLD).firmware?.label.version ?? null;
