/** The baseline as people see it: kinds of devices, controls, devices, one device. */
import {
  BASELINE_TIERS,
  type BaselineRow,
  type BaselineSetView,
  type ControlOutcome,
  type ControlTally,
  type ControlView,
  type DeviceBaseline,
} from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { BaselineNeeds } from './baseline-needs.ts';
import {
  readingsOf,
  standingScore,
  tiersOf,
  STALE_MS,
  type DeviceStanding,
  type Register,
  type Wanted,
} from './baseline-register.ts';
import type { Control, Fix } from './domain/baseline/control.ts';
import { covers, isInForce, type Exception } from './domain/baseline/exceptions.ts';
import { judge, wordsOf, type Outcome } from './domain/baseline/judge.ts';
import type { LoadedSet } from './domain/baseline/catalogue.ts';
import { withState, type TierState } from './domain/baseline/score.ts';
import { loadScores, loadSources } from './store-baseline.ts';

export interface ViewParts {
  readonly needs: BaselineNeeds;
  readonly register: Register;
}
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

export function setViews({ needs, register }: ViewParts): BaselineSetView[] {
  const bySet = new Map(needs.catalogue.sets.map((set) => [set, newSetTally(set)]));
  for (const one of register.standings()) addDevice(bySet.get(one.set)!, one);
  return [...bySet].map(([set, { devices, unread, tiers, controls }]) => ({
    id: set.id,
    title: set.title,
    classes: [...set.classes],
    devices,
    unread,
    tiers: BASELINE_TIERS.map((tier, at) => {
      const { counts, met, metButExcepted, notMet, unknown, notApplicable } = tiers[at]!;
      return { tier, score: withState(tier, counts).score, met, metButExcepted, notMet, unknown, notApplicable };
    }),
    controls: [...controls].sort((a, b) => b.failed - a.failed || b.unknown - a.unknown),
  }));
}

const NONE = { passed: 0, failed: 0, unknown: 0, notApplicable: 0, excepted: 0 };
const TALLY_OF: Readonly<Record<TierState, 'met' | 'metButExcepted' | 'notMet' | 'unknown' | 'notApplicable'>> = {
  met: 'met',
  'met-but-excepted': 'metButExcepted',
  'not-met': 'notMet',
  unknown: 'unknown',
  'not-applicable': 'notApplicable',
};

const newSetTally = (set: LoadedSet) => ({
  devices: 0,
  unread: 0,
  tiers: BASELINE_TIERS.map(() => ({
    counts: { ...NONE },
    met: 0,
    metButExcepted: 0,
    notMet: 0,
    unknown: 0,
    notApplicable: 0,
  })),
  controls: set.controls.map((control): Mutable<ControlTally> => ({ ...tallyHead(control), ...NONE })),
});

const tallyHead = ({ id, title, tier, rated, fix }: Control) => ({
  id,
  title,
  tier,
  rated: rated !== false,
  mendable: fix.by === 'configure' || fix.by === 'two-steps' || fix.by === 'rotate',
});

function addDevice(tally: ReturnType<typeof newSetTally>, one: DeviceStanding): void {
  tally.devices++;
  if (one.isUnread) tally.unread++;
  for (const score of tiersOf(one)) {
    const own = tally.tiers[BASELINE_TIERS.indexOf(score.tier)]!;
    own[TALLY_OF[score.state]]++;
    for (const name of ['passed', 'failed', 'unknown', 'notApplicable', 'excepted'] as const)
      own.counts[name] += score[name];
  }
  for (let at = 0; at < one.set.controls.length; at++) tally.controls[at]![countOf(one, at)]++;
}

function countOf(one: DeviceStanding, at: number): keyof typeof NONE {
  const state = one.stateOf(at);
  if (state === 'not-applicable') return 'notApplicable';
  return state !== 'passed' && one.isExcepted(at) ? 'excepted' : state;
}

export function controlView({ needs, register }: ViewParts, id: string): Result<ControlView, Refusal> {
  const found = needs.catalogue.control(id);
  if (!found) return refuse('not-found', 'CONTROL_UNKNOWN', `find control "${id}": there is none of that id`);
  const { set, control, at } = found;
  const tally: Mutable<ControlTally> = { ...tallyHead(control), ...NONE };
  for (const one of register.standings({ classes: set.classes, sites: [], devices: [] })) tally[countOf(one, at)]++;
  return ok({
    control: tally,
    set: set.id,
    why: control.why,
    from: control.from,
    read: control.read,
    wanted: control.checks.map(({ at: name, want }) => ({ name: `${control.read}.${name}`, wanted: wordsOf(want) })),
    fix: { by: control.fix.by, words: fixWords(control.fix) },
    tradeOff: control.tradeOff ?? null,
  });
}

const listed = (values: object): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} = ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join('; ');

export function fixWords(fix: Fix): string {
  switch (fix.by) {
    case 'configure':
      return `A change of configuration sets ${listed(fix.values)}`;
    case 'two-steps':
      return `Two changes, with a reading between that proves the device is still reached: first ${listed(fix.first)}; then ${listed(fix.values)}`;
    case 'rotate':
      return fix.what === 'certificate' ? 'A new certificate: plan a rotation' : 'New credentials: plan a rotation';
    default:
      return fix.words;
  }
}

export interface DeviceQuery {
  readonly wanted: Wanted;
  readonly control?: string | undefined;
  readonly state?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

export function deviceRows(
  { needs, register }: ViewParts,
  query: DeviceQuery,
): { devices: BaselineRow[]; next: string | null } {
  const found = query.control === undefined ? null : needs.catalogue.control(query.control);
  const rows: BaselineRow[] = [];
  // One more, so that the last page says that it is the last.
  for (const one of register.standings(query.wanted)) {
    if (query.after !== undefined && one.id <= query.after) continue;
    if (query.control !== undefined && found?.set !== one.set) continue;
    const { state, score, failed, unknown, excepted } = standingScore(one);
    if (query.state !== undefined && query.state !== (found ? shownState(one, found.at) : state)) continue;
    rows.push({
      device: one.id,
      set: one.set.id,
      read: one.row?.received ?? null,
      state,
      score,
      failed,
      unknown,
      excepted,
    });
    if (rows.length > query.limit) break;
  }
  const devices = rows.slice(0, query.limit);
  return { devices, next: rows.length > query.limit ? devices.at(-1)!.device : null };
}

const shownState = (one: DeviceStanding, at: number): string =>
  one.isExcepted(at) && ['failed', 'unknown'].includes(one.stateOf(at)) ? 'met-but-excepted' : one.stateOf(at);

export async function deviceView(
  { needs, register }: ViewParts,
  device: string,
): Promise<Result<DeviceBaseline, Refusal>> {
  if (!register.knows(device)) return refuse('not-found', 'DEVICE_UNKNOWN', `find device "${device}": there is none`);
  const one = register.standing(device);
  if (!one) return ok({ device, set: null, read: null, tiers: [], controls: [], history: [] });
  const sources = (await loadSources(needs.sql, [device])).get(device) ?? [];
  const now = needs.clock();
  const stale = one.row !== null && one.row.received + STALE_MS <= now;
  const readings = readingsOf(stale ? [] : sources, register.cityReading(device));
  const exceptions = [...register.exceptions.values()].filter((each) => isInForce(each, now) && covers(each, one));
  const history = await loadScores(needs.sql, device);
  return ok({
    device,
    set: one.set.id,
    read: one.row && { at: one.row.received, by: one.row.reporter, stale },
    tiers: [...tiersOf(one)],
    controls: one.set.controls.map((control) => {
      const outcome = stale && control.read !== 'city' && control.checks.length > 0 ? STALE : judge(control, readings);
      return outcomeView(control, outcome, exceptions);
    }),
    history: history.map(({ at, score, failed, unknown }) => ({ at, score, failed, unknown })),
  });
}

const STALE: Outcome = { state: 'unknown', because: 'stale', why: 'What was read is older than a week' };

function outcomeView(control: Control, outcome: Outcome, exceptions: readonly Exception[]): ControlOutcome {
  const exception = exceptions.find((one) => one.control === control.id);
  return {
    control: control.id,
    title: control.title,
    tier: control.tier,
    rated: control.rated !== false,
    state: outcome.state,
    words: outcome.state === 'passed' ? 'As wanted' : outcome.state === 'failed' ? outcome.saw : outcome.why,
    wanted: outcome.state === 'failed' ? outcome.wanted : null,
    why: control.why,
    fix: fixWords(control.fix),
    tradeOff: control.tradeOff ?? null,
    exception: exception
      ? { id: exception.id, owner: exception.owner, reason: exception.reason, until: exception.until }
      : null,
  };
}
