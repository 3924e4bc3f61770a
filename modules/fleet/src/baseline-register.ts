/** How every device stands against the baseline, from memory: one letter for each control, and exceptions laid over it. */
import { DEVICE_CLASSES, type DeviceClass, type SourceReading } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import type { BaselineNeeds } from './baseline-needs.ts';
import type { LoadedSet } from './domain/baseline/catalogue.ts';
import { indexExceptions, type Exception } from './domain/baseline/exceptions.ts';
import { judge, type OutcomeState, type Readings } from './domain/baseline/judge.ts';
import { scoreOf, standingOf, type TierScore } from './domain/baseline/score.ts';
import { wordAt, type Columns } from './domain/rollout/columns.ts';
import { compareVersions } from './domain/trust/versions.ts';
import type { ReadingRow, Sources } from './store-baseline.ts';

/** An older reading says nothing any more. */
export const STALE_MS = 7 * DAY_MS;
const COLUMNS_FOR_MS = 2_000;

const LETTER: Readonly<Record<OutcomeState, string>> = {
  passed: 'p',
  failed: 'f',
  'not-applicable': 'n',
  unknown: 'u',
};
const STATE: Readonly<Record<string, OutcomeState>> = { p: 'passed', f: 'failed', n: 'not-applicable', u: 'unknown' };

export interface DeviceStanding {
  readonly id: string;
  readonly class: DeviceClass;
  readonly site: string | null;
  readonly set: LoadedSet;
  readonly row: ReadingRow | null;
  /** Nothing of it was read, or nothing lately. */
  readonly isUnread: boolean;
  stateOf(at: number): OutcomeState;
  isExcepted(at: number): boolean;
}
export interface Wanted {
  readonly classes: readonly string[];
  readonly sites: readonly string[];
  readonly devices: readonly string[];
}
export const EVERYBODY: Wanted = { classes: [], sites: [], devices: [] };

export type Register = ReturnType<typeof createRegister>;

export function createRegister(needs: Pick<BaselineNeeds, 'catalogue' | 'clock' | 'columns' | 'artifacts' | 'world'>) {
  const rows = new Map<string, ReadingRow>();
  const exceptions = new Map<string, Exception>();
  let columns: { readonly of: Columns; readonly until: number; readonly rowOf: Map<string, number> } | null = null;
  const city = (): NonNullable<typeof columns> => {
    const now = needs.clock();
    if (columns && now < columns.until) return columns;
    const of = needs.columns();
    columns = { of, until: now + COLUMNS_FOR_MS, rowOf: new Map(of.ids.map((id, row) => [id, row])) };
    return columns;
  };
  const behind = createBehind(needs.artifacts);
  const at = (row: number, now: number, excepted: Standing['excepted']): DeviceStanding | null => {
    const { of } = city();
    const deviceClass = DEVICE_CLASSES[of.class[row]!]!;
    const set = needs.catalogue.setOf(deviceClass);
    if (!set) return null;
    const known = rows.get(of.ids[row]!) ?? null;
    return standingAt({ of, row, set, site: wordAt(of.site, row), known, now, deviceClass, behind, excepted });
  };
  const exceptedNow = (now: number): Standing['excepted'] => indexExceptions([...exceptions.values()], now);
  const standings = function* (wanted: Wanted = EVERYBODY): Generator<DeviceStanding, void> {
    const now = needs.clock();
    const excepted = exceptedNow(now);
    const asked = { classes: new Set(wanted.classes), sites: new Set(wanted.sites), devices: new Set(wanted.devices) };
    for (let row = 0; row < city().of.ids.length; row++) {
      const one = at(row, now, excepted);
      if (one && isMeant(asked.classes, one.class) && isMeant(asked.sites, one.site) && isMeant(asked.devices, one.id))
        yield one;
    }
  };
  return {
    rows,
    exceptions,
    standings,
    standing: (device: string): DeviceStanding | null => {
      const row = city().rowOf.get(device);
      const now = needs.clock();
      return row === undefined ? null : at(row, now, exceptedNow(now));
    },
    knows: (device: string): boolean => city().rowOf.has(device),
    classOf: (device: string): DeviceClass | null => {
      const row = city().rowOf.get(device);
      return row === undefined ? null : DEVICE_CLASSES[city().of.class[row]!]!;
    },
    /** What the city itself knows of a device, as a source like any other. */
    cityReading: (device: string): SourceReading => {
      const { of, rowOf } = city();
      const row = rowOf.get(device);
      return cityReading(row === undefined ? null : behind(of, row));
    },
  };
}

const isMeant = (set: ReadonlySet<string>, value: string | null): boolean =>
  set.size === 0 || (value !== null && set.has(value));

interface Standing {
  readonly of: Columns;
  readonly row: number;
  readonly set: LoadedSet;
  readonly site: string | null;
  readonly known: ReadingRow | null;
  readonly now: number;
  readonly deviceClass: DeviceClass;
  readonly behind: ReturnType<typeof createBehind>;
  readonly excepted: ReturnType<typeof indexExceptions>;
}

function standingAt({ of, row, set, site, known, now, deviceClass, behind, excepted }: Standing): DeviceStanding {
  const id = of.ids[row]!;
  const isUnread = !known || known.received + STALE_MS <= now || known.digest !== set.digest;
  return {
    id,
    class: deviceClass,
    site,
    set,
    row: known,
    isUnread,
    stateOf: (at) => {
      const control = set.controls[at]!;
      if (control.read === 'city') return judge(control, new Map([['city', cityReading(behind(of, row))]])).state;
      return isUnread ? 'unknown' : STATE[known!.outcomes[at]!]!;
    },
    isExcepted: (at) => excepted({ id, site, class: deviceClass }, set.controls[at]!.id),
  };
}

export const tiersOf = (one: DeviceStanding): readonly TierScore[] =>
  scoreOf(
    one.set.controls.flatMap(({ tier, rated }, at) =>
      rated === false ? [] : [{ tier, state: one.stateOf(at), excepted: one.isExcepted(at) }],
    ),
  );
export const standingScore = (one: DeviceStanding): ReturnType<typeof standingOf> => standingOf(tiersOf(one));

export const readingsOf = (sources: Sources, city: SourceReading): Readings =>
  new Map([...sources.map(({ source, reading }) => [source, reading] as const), ['city' as const, city]]);

export const outcomesOf = (set: LoadedSet, readings: Readings): string =>
  set.controls.map((control) => LETTER[judge(control, readings).state]).join('');

const cityReading = (isBehind: boolean | null): SourceReading =>
  isBehind === null
    ? { state: 'absent', why: 'The city keeps no firmware for this model, or does not know what it runs' }
    : { state: 'read', values: { 'firmware.behind': isBehind } };

/** Whether the city keeps newer firmware for a device than it runs; null where it keeps none, or does not know what runs. */
function createBehind(artifacts: BaselineNeeds['artifacts']) {
  let keptBefore = 0;
  const newest = new Map<string, string | null>();
  const fits = (list: readonly string[], value: string | null): boolean =>
    list.length === 0 || (value !== null && list.includes(value));
  return (columns: Columns, row: number): boolean | null => {
    const running = wordAt(columns.running, row);
    if (running === null) return null;
    const kept = artifacts();
    // Artifacts are only ever added.
    if (kept.length !== keptBefore) newest.clear();
    keptBefore = kept.length;
    const model = wordAt(columns.model, row);
    const deviceClass = DEVICE_CLASSES[columns.class[row]!]!;
    const key = `${deviceClass} ${model}`;
    let version = newest.get(key);
    if (version === undefined) {
      version = null;
      for (const one of kept)
        if (one.kind === 'firmware' && fits(one.classes, deviceClass) && fits(one.models, model))
          if (version === null || compareVersions(one.version, version) > 0) version = one.version;
      newest.set(key, version);
    }
    return version === null ? null : compareVersions(running, version) < 0;
  };
}
