/** One control against what was read: passed, failed, not applicable, or unknown. Unknown is never green. */
import { type BaselineSource, type BaselineValues, type SourceReading } from '@cityward/contracts';
import { unreachable } from '@cityward/kernel';
import { compareVersions } from '../trust/versions.ts';
import type { Check, Control, Expectation } from './control.ts';

export type Value = BaselineValues[string];
export type UnknownBecause = 'not-read' | 'stale' | 'unreadable' | 'missing' | 'odd' | 'by-eye';
export type Outcome =
  | { readonly state: 'passed' }
  | { readonly state: 'failed'; readonly saw: string; readonly wanted: string }
  | { readonly state: 'not-applicable'; readonly why: string }
  | { readonly state: 'unknown'; readonly because: UnknownBecause; readonly why: string };
export const OUTCOME_STATES = ['passed', 'failed', 'not-applicable', 'unknown'] as const;
export type OutcomeState = Outcome['state'];

/** By source; what was not read is not there. */
export type Readings = ReadonlyMap<BaselineSource, SourceReading>;

const SAW_MAX_CHARS = 160;

export function judge(control: Control, readings: Readings): Outcome {
  if (control.checks.length === 0) return unknown('by-eye', 'No reading can tell: look at the device');
  const reading = readings.get(control.read);
  if (!reading) return unknown('not-read', 'It has not been read');
  if (reading.state === 'unreadable') return unknown('unreadable', `It could not be read: ${reading.why}`);
  if (reading.state === 'absent') return absentSource(control, reading.why);
  const { values } = reading;
  if (control.when) {
    const applies = judgeAll(control.when.checks, values);
    if (applies.state === 'failed') return { state: 'not-applicable', why: control.when.otherwise };
    if (applies.state !== 'passed') return applies;
  }
  return judgeAll(control.checks, values);
}

const unknown = (because: UnknownBecause, why: string): Outcome => ({ state: 'unknown', because, why });

function absentSource({ absentSource: means = 'not-applicable', checks }: Control, why: string): Outcome {
  if (means === 'failed')
    return { state: 'failed', saw: why, wanted: checks.map(({ want }) => wordsOf(want)).join('; ') };
  return means === 'unknown' ? unknown('missing', why) : { state: 'not-applicable', why };
}

/** Failed when one fails, else unknown when one is; not applicable only when none of them applies. */
export function judgeAll(checks: readonly Check[], values: BaselineValues): Outcome {
  let doubt: Outcome | null = null;
  let excuse: Outcome | null = null;
  let passed = false;
  for (const check of checks) {
    const outcome = judgeOne(check, values);
    if (outcome.state === 'failed') return outcome;
    if (outcome.state === 'unknown') doubt ??= outcome;
    else if (outcome.state === 'not-applicable') excuse ??= outcome;
    else passed = true;
  }
  if (doubt) return doubt;
  return passed || !excuse ? { state: 'passed' } : excuse;
}

function judgeOne(check: Check, values: BaselineValues): Outcome {
  const found = matches(check.at, values);
  const isAbsentWanted = 'absent' in check.want;
  if (found.length === 0) return isAbsentWanted ? { state: 'passed' } : missing(check);
  for (const [name, value] of found) {
    const verdict = holds(check.want, value);
    if (verdict === null)
      return unknown(
        'odd',
        `"${name}" is "${shown(value)}", which is no value that "${wordsOf(check.want)}" can be asked of`,
      );
    if (!verdict) return { state: 'failed', saw: sawOf(name, value), wanted: wordsOf(check.want) };
  }
  return { state: 'passed' };
}

function missing({ at, want, missing: means = 'unknown' }: Check): Outcome {
  if (means === 'failed') return { state: 'failed', saw: `no "${at}"`, wanted: wordsOf(want) };
  if (means === 'not-applicable') return { state: 'not-applicable', why: `This product has no "${at}"` };
  return unknown('missing', `What was read holds no "${at}"`);
}

/** Own members only: a name such as `constructor` is a name like any other. */
function matches(at: string, values: BaselineValues): (readonly [string, Value])[] {
  if (!at.includes('*')) return Object.hasOwn(values, at) ? [[at, values[at]!]] : [];
  const wanted = at.split('.');
  return Object.entries(values).filter(([name]) => {
    const members = name.split('.');
    return members.length === wanted.length && wanted.every((one, i) => one === '*' || one === members[i]);
  });
}

/** Null where the question makes no sense of such a value: that is a doubt, not a failure. */
function holds(want: Expectation, value: Value): boolean | null {
  if ('equals' in want) return same(want.equals, value);
  if ('oneOf' in want) {
    const answers = want.oneOf.map((one) => same(one, value));
    return answers.includes(true) ? true : answers.includes(false) ? false : null;
  }
  if ('atLeast' in want || 'atMost' in want) {
    const number = numberOf(value);
    if (number === null) return null;
    return 'atLeast' in want ? number >= want.atLeast : number <= want.atMost;
  }
  if ('atLeastVersion' in want)
    return typeof value === 'string' && value !== '' ? compareVersions(value, want.atLeastVersion) >= 0 : null;
  if ('minItems' in want) return new Set(itemsOf(value) ?? []).size >= want.minItems;
  if ('subsetOf' in want) {
    const items = itemsOf(value);
    return items && items.length > 0 && items.every((item) => want.subsetOf.includes(item));
  }
  if ('noneOf' in want) {
    const items = itemsOf(value);
    return items && !items.some((item) => want.noneOf.includes(item));
  }
  if ('absent' in want) return false;
  if ('filled' in want)
    return typeof value === 'string' ? value.trim() !== '' : Array.isArray(value) ? value.length > 0 : true;
  return unreachable(want);
}

/** Cameras write `yes` and `no`, `true` and `1`; whoever wrote the control meant the truth, not its spelling. */
const TRUE: readonly string[] = ['yes', 'true', 'on', '1'];
const FALSE: readonly string[] = ['no', 'false', 'off', '0'];

function same(want: string | number | boolean, value: Value): boolean | null {
  if (Array.isArray(value)) return null;
  if (typeof want === 'boolean') {
    if (typeof value === 'boolean') return want === value;
    const word = String(value).toLowerCase();
    return TRUE.includes(word) ? want : FALSE.includes(word) ? !want : null;
  }
  if (typeof want === 'number') {
    const number = numberOf(value);
    return number === null ? null : number === want;
  }
  return typeof value === 'string' ? value.toLowerCase() === want.toLowerCase() : String(value) === want;
}

function numberOf(value: Value): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^-?\d{1,15}(\.\d{1,6})?$/.test(value.trim())) return null;
  return Number(value);
}

function itemsOf(value: Value): readonly string[] | null {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? value.split(/[\s,:;]+/).filter((item) => item !== '') : null;
}

const shown = (value: Value): string => {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return text.length > SAW_MAX_CHARS ? `${text.slice(0, SAW_MAX_CHARS)}…` : text;
};
const sawOf = (name: string, value: Value): string =>
  `${name} is ${shown(value) === '' ? 'empty' : `"${shown(value)}"`}`;

/** What is wanted, in words. */
export function wordsOf(want: Expectation): string {
  if ('equals' in want) return `"${String(want.equals)}"`;
  if ('oneOf' in want) return `one of ${want.oneOf.map((one) => `"${String(one)}"`).join(', ')}`;
  if ('atLeast' in want) return `at least ${want.atLeast}`;
  if ('atMost' in want) return `at most ${want.atMost}`;
  if ('atLeastVersion' in want) return `version ${want.atLeastVersion} or later`;
  if ('minItems' in want) return `at least ${want.minItems} different ones`;
  if ('subsetOf' in want) return `nothing but ${want.subsetOf.join(', ')}`;
  if ('noneOf' in want) return `none of ${want.noneOf.join(', ')}`;
  if ('absent' in want) return 'nothing';
  return 'something';
}
