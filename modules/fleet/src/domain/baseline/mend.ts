/** What would mend what failed: one configuration document for each group of devices, and for each device what it would change. */
import type { BaselineSource } from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';
import { hashOf } from '../rollout/desired.ts';
import type { Check, Control, Fix, FixValues } from './control.ts';
import { judgeAll, type OutcomeState, type Readings } from './judge.ts';

export type Members = { readonly [name: string]: Json };
/** Values that only the city can say, by the name that controls use for them. */
export type CityValues = Readonly<Record<string, string | readonly string[]>>;

export interface MendDevice {
  readonly id: string;
  readonly readings: Readings;
  readonly stateOf: (control: Control) => OutcomeState;
  readonly excepted: (control: Control) => boolean;
  /** The document that it runs, or is wanted to run; the fixes are laid over it. */
  readonly base: Members | null;
}
export interface Difference {
  readonly control: string;
  readonly name: string;
  readonly is: Json | null;
  readonly wanted: Json;
}
export interface MendGroup {
  readonly hash: string;
  readonly text: string;
  /** What the devices ran before, for the way back; null where not all ran the same. */
  readonly baseHash: string | null;
  readonly controls: readonly string[];
  /** A second step that could lock the city out; proved possible for each device. */
  readonly isSecondStep: boolean;
  readonly devices: readonly { readonly id: string; readonly differences: readonly Difference[] }[];
}
/** What failed and is left as it is. */
export interface Unmended {
  readonly control: string;
  readonly why: string;
  readonly devices: number;
}
export interface MendPlan {
  readonly groups: readonly MendGroup[];
  readonly unmended: readonly Unmended[];
}

const WAITS =
  'Its first step is mended now; the second follows once a reading has proved that the device is still reached';
const NOT_PROVED = 'Its first step is in place; a reading must show first that the device is reached by the new way';
const SAFE_FIRST = 'Waits until the rest of the device is mended: what can lock the city out is changed alone';

interface Step {
  readonly control: Control;
  readonly source: string;
  readonly values: FixValues;
  readonly isSecond: boolean;
}

export function planMending(controls: readonly Control[], devices: readonly MendDevice[], said: CityValues): MendPlan {
  const groups = new Map<string, MutableGroup>();
  const left = new Map<string, { control: string; why: string; devices: number }>();
  const leave = (control: Control, why: string): void => {
    const key = `${control.id} ${why}`;
    const one = left.get(key) ?? { control: control.id, why, devices: 0 };
    one.devices++;
    left.set(key, one);
  };
  for (const device of devices) addDevice({ groups, leave, said }, controls, device);
  return {
    groups: [...groups.values()].sort(
      (a, b) => Number(a.isSecondStep) - Number(b.isSecondStep) || b.devices.length - a.devices.length,
    ),
    unmended: [...left.values()].sort((a, b) => b.devices - a.devices),
  };
}

type MutableGroup = Omit<MendGroup, 'devices' | 'controls'> & {
  controls: string[];
  devices: { id: string; differences: readonly Difference[] }[];
};
interface Planning {
  readonly groups: Map<string, MutableGroup>;
  readonly leave: (control: Control, why: string) => void;
  readonly said: CityValues;
}

function addDevice({ groups, leave, said }: Planning, controls: readonly Control[], device: MendDevice): void {
  const failed: Step[] = [];
  for (const control of controls) {
    if (device.stateOf(control) !== 'failed' || device.excepted(control)) continue;
    const step = stepOf(control, device, said);
    if (typeof step === 'string') leave(control, step);
    else failed.push(step);
  }
  const safe = failed.filter(({ isSecond }) => !isSecond);
  const chosen = safe.length > 0 ? safe : failed;
  for (const { control, isSecond } of failed) if (isSecond && safe.length > 0) leave(control, SAFE_FIRST);
  for (const { control } of safe) if (control.fix.by === 'two-steps') leave(control, WAITS);
  if (chosen.length === 0) return;
  const isSecondStep = chosen[0]!.isSecond;
  // What holds already is said as well, so that devices which failed in different things run the same document afterwards.
  const held = isSecondStep ? [] : heldSteps(controls, device, said);
  const document = [...held, ...chosen].reduce<Members>(withStep, device.base ?? {});
  const text = canonicalJson(document);
  const hash = hashOf(text);
  const baseHash = device.base ? hashOf(canonicalJson(device.base)) : null;
  const key = `${isSecondStep} ${hash} ${baseHash}`;
  const group = groups.get(key) ?? { hash, text, baseHash, controls: [], isSecondStep, devices: [] };
  groups.set(key, group);
  group.controls = [...new Set([...group.controls, ...chosen.map(({ control }) => control.id)])].sort();
  group.devices.push({ id: device.id, differences: chosen.flatMap((step) => differencesOf(step, device.readings)) });
}

/** Why it cannot be mended by a change of configuration, or the step that would. */
function stepOf(control: Control, device: MendDevice, said: CityValues): Step | string {
  const { fix } = control;
  if (fix.by === 'rotate')
    return `Mended by a new ${fix.what === 'certificate' ? 'certificate' : 'set of credentials'}: plan a rotation`;
  if (fix.by === 'install' || fix.by === 'person') return fix.words;
  const isSecond = fix.by === 'two-steps' && isProved(fix, device.readings);
  const values = resolve(fix.by === 'two-steps' && !isSecond ? fix.first : fix.values, said);
  if (!values) return 'The city has not said what is wanted here';
  const step = { control, source: fix.source, values: settable(fix.source, values, device.readings), isSecond };
  if (Object.keys(step.values).length === 0) return 'This product has nothing that a change of configuration could set';
  if (fix.by === 'two-steps' && !isSecond && differencesOf(step, device.readings).length === 0) return NOT_PROVED;
  return step;
}

type TwoSteps = Extract<Fix, { by: 'two-steps' }>;

/** The first step is in place as read, and so is the proof that the device is reached by the new way. */
function isProved({ source, first, proof }: TwoSteps, readings: Readings): boolean {
  const [own, shown] = [readings.get(source), readings.get(proof.read)];
  if (own?.state !== 'read' || shown?.state !== 'read') return false;
  const inPlace: Check[] = Object.entries(first).map(([at, value]) => ({
    at,
    want: Array.isArray(value) ? { subsetOf: value } : { equals: value },
  }));
  return judgeAll(inPlace, own.values).state === 'passed' && judgeAll(proof.checks, shown.values).state === 'passed';
}

function heldSteps(controls: readonly Control[], device: MendDevice, said: CityValues): Step[] {
  return controls.flatMap((control) => {
    const { fix } = control;
    if (fix.by !== 'configure' || device.stateOf(control) !== 'passed') return [];
    const resolved = resolve(fix.values, said);
    const values = resolved && settable(fix.source, resolved, device.readings);
    // Only what the fix itself would set exactly so: a value that is stricter than asked for must not be loosened.
    if (
      !values ||
      Object.keys(values).length === 0 ||
      differencesOf({ control, source: fix.source, values, isSecond: false }, device.readings).length > 0
    )
      return [];
    return [{ control, source: fix.source, values, isSecond: false }];
  });
}

/** A camera refuses a whole list of parameters for one that its model has not. */
function settable(source: string, values: FixValues, readings: Readings): FixValues {
  const reading = readings.get(source as BaselineSource);
  if (source !== 'param' || reading?.state !== 'read') return values;
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(reading.values, name)));
}

/** Null where the city has not said something that is named. */
function resolve(values: FixValues, said: CityValues): FixValues | null {
  const resolved: Record<string, FixValues[string]> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string' || !value.startsWith('$')) resolved[name] = value;
    else if (Object.hasOwn(said, value.slice(1))) resolved[name] = said[value.slice(1)] as FixValues[string];
    else return null;
  }
  return resolved;
}

function differencesOf({ control, source, values }: Step, readings: Readings): Difference[] {
  const reading = readings.get(source as BaselineSource);
  const read = reading?.state === 'read' ? reading.values : {};
  return Object.entries(values).flatMap(([name, wanted]) => {
    const is: Json | null = Object.hasOwn(read, name) ? (read[name] as Json) : null;
    return sameValue(is, wanted as Json)
      ? []
      : [{ control: control.id, name: `${source}.${name}`, is, wanted: wanted as Json }];
  });
}

const sameValue = (is: Json | null, wanted: Json): boolean =>
  is !== null &&
  canonicalJson(is).toLowerCase().replaceAll('"', '') === canonicalJson(wanted).toLowerCase().replaceAll('"', '');

/** Settings of an agent are the document itself, member by member; what a gateway sets at a device lies below its source. */
function withStep(document: Members, { source, values }: Step): Members {
  return Object.entries(values).reduce<Members>(
    (below, [name, value]) =>
      source === 'settings'
        ? withMember(below, name.split('.'), value as Json)
        : withMember(below, [source, name], value as Json),
    document,
  );
}

function withMember(document: Members, [first, ...rest]: readonly string[], value: Json): Members {
  const members = new Map<string, Json>(Object.entries(document));
  const below = members.get(first!);
  const isObject = below !== null && typeof below === 'object' && !Array.isArray(below);
  members.set(first!, rest.length === 0 ? value : withMember(isObject ? (below as Members) : {}, rest, value));
  // fromEntries defines members, so that one named __proto__ stays a member.
  return Object.fromEntries(members);
}
