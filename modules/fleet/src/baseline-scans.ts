/** Scans: who is asked how they are set up, and who has answered. Reading changes nothing, so that it needs no job. */
import type { BaselineScan } from '@cityward/contracts';
import { DAY_MS, hash32, HOUR_MS, MINUTE_MS, newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { createAsking, type Asking, type Ended, type Question } from './baseline-asking.ts';
import type { BaselineNeeds } from './baseline-needs.ts';
import type { DeviceStanding, Register, Wanted } from './baseline-register.ts';

const SCANS_MAX = 50;
/** Without anybody asking: each device once a day, few at a time. */
const EVERY_MS = DAY_MS;
const SPREAD_MS = HOUR_MS;
const PER_TICK_MAX = 200;
const AGAIN_MS = HOUR_MS;
export const SCAN_TICK_MS = MINUTE_MS;
const NOBODY = 'system';

type Open = { -readonly [Name in keyof BaselineScan]: BaselineScan[Name] };

export interface Scans {
  start(wanted: Wanted, by: string): Promise<Result<BaselineScan, Refusal>>;
  /** Devices again, after they were changed. */
  again(devices: readonly string[]): void;
  get(id: string): Result<BaselineScan, Refusal>;
  /** The last that a person asked for. */
  newest(): BaselineScan | null;
  answered(scan: string | null, device: string): void;
  /** What time does: who is silent is no longer waited for, and whose reading has grown old is asked. */
  tick(): void;
  stop(): void;
}
interface Parts {
  readonly needs: BaselineNeeds;
  readonly register: Register;
}
interface Core extends Parts {
  readonly scans: Map<string, Open>;
  readonly asking: Asking;
  /** When each device was last asked. */
  readonly asked: Map<string, number>;
}

export function createScans({ needs, register }: Parts): Scans {
  const scans = new Map<string, Open>();
  const ended = (id: string, _device: string, as: Ended): void => {
    const scan = scans.get(id);
    if (!scan) return;
    scan[as]++;
    endIfOver(scan, needs.clock());
  };
  const core: Core = { needs, register, scans, asking: createAsking(needs, ended), asked: new Map() };
  return {
    start: (wanted, by) => startScan(core, wanted, by),
    again: (devices) => {
      const standings = devices.flatMap((device) => register.standing(device) ?? []);
      if (standings.length > 0) begin(core, standings, NOBODY);
    },
    get: (id) => {
      const scan = scans.get(id);
      return scan
        ? ok({ ...scan })
        : refuse('not-found', 'SCAN_UNKNOWN', `find scan "${id}": it is not among the last ${SCANS_MAX}`);
    },
    newest: () => {
      const last = [...scans.values()].findLast(({ by }) => by !== NOBODY);
      return last ? { ...last } : null;
    },
    answered: (id, device) => {
      if (id !== null) core.asking.answered(id, device);
    },
    tick: () => {
      core.asking.tick();
      const due = dueNow(core);
      if (due.length > 0) begin(core, due, NOBODY);
    },
    stop: core.asking.stop,
  };
}

async function startScan(core: Core, wanted: Wanted, by: string): Promise<Result<BaselineScan, Refusal>> {
  const { needs, register } = core;
  const meant = [...register.standings(wanted)];
  if (meant.length === 0)
    return refuse('not-found', 'NOBODY_TO_READ', 'scan devices: none of those meant has controls in the baseline');
  const scan = begin(core, meant, by);
  const fact = { module: 'fleet', type: 'baseline.scanned', actor: by, subject: scan.id, at: scan.at } as const;
  await needs.sql.transact((tx) => Promise.resolve(tx.record({ ...fact, data: { devices: scan.devices } })));
  return ok({ ...scan });
}

/** Asks whoever is there; the others are counted as not reachable at once. */
function begin({ needs, scans, asking, asked }: Core, standings: readonly DeviceStanding[], by: string): Open {
  const at = needs.clock();
  const counts = { devices: standings.length, answered: 0, silent: 0, unreachable: 0 };
  const scan: Open = { id: newId<string>('scan'), by, at, ended: null, ...counts };
  const questions: Question[] = [];
  for (const { id, set } of standings) {
    const reader = needs.world.readerOf(id, set.reader);
    asked.set(id, at);
    if (reader === null) scan.unreachable++;
    else questions.push({ scan: scan.id, set, device: id, reader });
  }
  endIfOver(scan, at);
  scans.set(scan.id, scan);
  for (const old of scans.keys()) if (scans.size > SCANS_MAX) scans.delete(old);
  asking.ask(questions);
  return scan;
}

function endIfOver(scan: Open, now: number): void {
  if (scan.answered + scan.silent + scan.unreachable >= scan.devices) scan.ended = now;
}

/** Those whose reading is a day old, spread by their id so that a city is not read in one minute. */
function dueNow({ needs, register, asked }: Core): DeviceStanding[] {
  const now = needs.clock();
  const due: DeviceStanding[] = [];
  for (const one of register.standings()) {
    if ((asked.get(one.id) ?? 0) + AGAIN_MS > now) continue;
    const next = one.isUnread ? 0 : one.row!.received + EVERY_MS - (hash32(one.id) % SPREAD_MS);
    if (next > now || needs.world.readerOf(one.id, one.set.reader) === null) continue;
    due.push(one);
    if (due.length >= PER_TICK_MAX) break;
  }
  return due;
}
