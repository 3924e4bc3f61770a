/** How far an identity is trusted: what each source says of it, and the one rule by which a level follows from that. */
import { TRUST_KINDS, TRUST_REASON_MAX_CHARS } from '@cityward/contracts';
import type { IdentityKind, Trust, TrustComponent, TrustKind, TrustLevel } from '@cityward/contracts';
import { DAY_MS, isId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';

/** Who is trusted: an id means something only together with its kind. */
export interface Subject {
  readonly kind: IdentityKind;
  readonly id: string;
}

/** What one source says of one component. It stands until `expires`, until the source says another, or takes it back. */
export interface Signal {
  readonly kind: TrustKind;
  readonly source: string;
  /** 0 to 100. */
  readonly value: number;
  readonly reason: string;
  readonly since: number;
  readonly expires: number;
}

/** A signal as its source gives it; `value: null` takes back what the source said. */
export interface SignalDraft {
  readonly subject: Subject;
  readonly kind: TrustKind;
  readonly value: number | null;
  readonly reason: string;
  readonly source: string;
  readonly expires: number;
}

/** The level with its numbers: all that a decision needs. */
export interface TrustMark {
  readonly level: TrustLevel;
  readonly value: number;
  /** The worst of what no change of the device could mend. */
  readonly conduct: number;
}

/** The least value of each level; below the last it is `none`. */
export const LEVEL_FROM = { full: 80, reduced: 50, low: 20 } as const;
/** What an unknown component counts: no better than reduced trust, and not yet low. */
export const UNKNOWN_VALUE = 60;
export const SIGNAL_LIFE_MAX_MS = 400 * DAY_MS;
/** Sources that speak of one identity; one more is refused. */
export const SIGNALS_PER_SUBJECT_MAX = 24;

/** What trust is made of for each kind of identity: a person runs no firmware. */
export const COMPONENTS_OF: Readonly<Record<IdentityKind, readonly TrustKind[]>> = {
  device: TRUST_KINDS,
  person: ['behaviour', 'certificate', 'dormancy'],
  service: ['behaviour', 'advisories', 'certificate', 'dormancy'],
  network: ['behaviour', 'advisories', 'certificate', 'dormancy'],
};

/** What a change of firmware or configuration mends: whoever falls only by these must still be able to take one. */
const MENDED_BY_CHANGES: ReadonlySet<TrustKind> = new Set(['firmware', 'baseline', 'advisories']);
export const UNKNOWN_MARK: TrustMark = { level: 'unknown', value: UNKNOWN_VALUE, conduct: UNKNOWN_VALUE };

/** What is missing while nobody has spoken. */
const MISSING: Readonly<Record<TrustKind, string>> = {
  firmware: 'nothing has shown yet which firmware it runs',
  baseline: 'it has not been checked against a baseline yet',
  behaviour: 'nothing is known yet of how it behaves',
  advisories: 'no advisories have been compared with it yet',
  certificate: 'it has no certificate or key of ours that could be judged',
  dormancy: 'it has never been seen',
};

/**
 * What a person may take back, because nothing could end it sooner: that a device lied, which stands for days, and what the calls
 * of a service showed. Every other word ends with its cause: a finding that is dismissed, a hold that is released, firmware that
 * runs.
 */
export const TAKEN_BACK = {
  device: { kind: 'behaviour', source: 'fleet', what: 'that it lied' },
  service: { kind: 'behaviour', source: 'calls', what: 'what its calls showed' },
} as const;
export type Restorable = Subject & { readonly kind: keyof typeof TAKEN_BACK };

export type RestoreRefusal = Refusal<'NOTHING_TO_TAKE_BACK'>;

/** The word that a person takes back. */
export function decideRestore(of: Restorable, said: Signal | null, now: number): Result<Signal, RestoreRefusal> {
  // That nothing is wrong needs no taking back.
  if (said && said.expires > now && said.value < LEVEL_FROM.full) return ok(said);
  return refuse(
    'conflict',
    'NOTHING_TO_TAKE_BACK',
    `take back of ${of.kind} "${of.id}" ${TAKEN_BACK[of.kind].what}: nothing bad is said so now, wanted one of which it is`,
  );
}

export type SignalRefusal = Refusal<'SIGNAL_NOT_VALID' | 'TOO_MANY_SIGNALS'>;

/** Is this a signal that may stand from now on? */
export function checkSignal(draft: SignalDraft, now: number): Result<void, SignalRefusal> {
  const { subject, kind, value, reason, source, expires } = draft;
  const wrong = (what: string): Result<never, SignalRefusal> =>
    refuse('invalid', 'SIGNAL_NOT_VALID', `take signal "${kind}" about "${subject.id}": ${what}`);
  if (!isId(subject.id) || !Object.hasOwn(COMPONENTS_OF, subject.kind)) return wrong('wanted the id of an identity');
  if (!COMPONENTS_OF[subject.kind].includes(kind)) return wrong(`no component of a ${subject.kind}`);
  if (!isId(source)) return wrong('wanted a source by its id');
  if (value === null) return ok(undefined);
  if (!Number.isInteger(value) || value < 0 || value > 100) return wrong('wanted a whole value from 0 to 100');
  if (reason.trim() === '' || reason.length > TRUST_REASON_MAX_CHARS)
    return wrong(`wanted a reason of at most ${TRUST_REASON_MAX_CHARS} characters`);
  if (!(expires > now) || expires > now + SIGNAL_LIFE_MAX_MS) return wrong('wanted an end after now, within 400 days');
  return ok(undefined);
}

/** The signals after a source has spoken. The same value for the same reason has stood since it was first said. */
export function withSignal(
  signals: readonly Signal[],
  draft: SignalDraft,
  now: number,
): Result<readonly Signal[], SignalRefusal> {
  const { kind, source, value, reason, expires } = draft;
  const before = signals.find((one) => one.kind === kind && one.source === source);
  const others = before ? signals.filter((one) => one !== before) : signals;
  if (value === null) return ok(others);
  if (!before && signals.length >= SIGNALS_PER_SUBJECT_MAX)
    return refuse(
      'conflict',
      'TOO_MANY_SIGNALS',
      `take signal "${kind}" about "${draft.subject.id}": wanted at most ${SIGNALS_PER_SUBJECT_MAX} sources`,
    );
  const same = before !== undefined && before.value === value && before.reason === reason && before.expires > now;
  return ok([...others, { kind, source, value, reason, since: same ? before.since : now, expires }]);
}

export function levelOf(value: number): TrustLevel {
  if (value >= LEVEL_FROM.full) return 'full';
  if (value >= LEVEL_FROM.reduced) return 'reduced';
  return value >= LEVEL_FROM.low ? 'low' : 'none';
}

/** Where a level stands; unknown is as far from good as reduced. Higher is better. */
const RANKS: Readonly<Record<TrustLevel, number>> = { full: 3, reduced: 2, unknown: 2, low: 1, none: 0 };
export const isWorse = (level: TrustLevel, than: TrustLevel): boolean => RANKS[level] < RANKS[than];

interface Heard {
  /** The worst of what stands; of several as bad, what was said first. */
  readonly worst: Signal | null;
  /** A source whose word has ended and that has not spoken since. */
  readonly ended: Signal | null;
}

function hear(signals: readonly Signal[], kind: TrustKind, now: number): Heard {
  let worst: Signal | null = null;
  let ended: Signal | null = null;
  for (const one of signals) {
    if (one.kind !== kind) continue;
    if (one.expires <= now) ended ??= one;
    else if (!worst || one.value < worst.value) worst = one;
  }
  return { worst, ended };
}

/** A component is known by the worst that stands, unless another source has fallen silent and what stands is better than unknown. */
const known = ({ worst, ended }: Heard): Signal | null =>
  worst && (ended === null || worst.value <= UNKNOWN_VALUE) ? worst : null;

/**
 * The rule. Each component has the value of its worst signal; one that nobody speaks of, or of which a source has fallen
 * silent, is unknown and counts no better than `UNKNOWN_VALUE`. The worst component makes the level, alone; nothing makes up
 * for it. Where no component is known at all, the level is unknown.
 */
export function markOf(kind: IdentityKind, signals: readonly Signal[], now: number): TrustMark {
  let value = 100;
  let conduct = 100;
  let anything = false;
  for (const component of COMPONENTS_OF[kind]) {
    const signal = known(hear(signals, component, now));
    anything ||= signal !== null;
    value = Math.min(value, signal?.value ?? UNKNOWN_VALUE);
    if (!MENDED_BY_CHANGES.has(component)) conduct = Math.min(conduct, signal?.value ?? UNKNOWN_VALUE);
  }
  return anything ? { level: levelOf(value), value, conduct } : UNKNOWN_MARK;
}

export const isSameMark = (one: TrustMark, other: TrustMark): boolean =>
  one.level === other.level && one.value === other.value && one.conduct === other.conduct;

/** When time alone next changes something; Infinity for never. */
export const nextEnd = (signals: readonly Signal[], now: number): number =>
  signals.reduce((next, { expires }) => (expires > now ? Math.min(next, expires) : next), Infinity);

/** Everything, for people. */
export function viewOf(
  subject: Subject,
  { signals, since }: { readonly signals: readonly Signal[]; readonly since: number },
  now: number,
): Trust {
  const components = COMPONENTS_OF[subject.kind].map((kind) => componentOf(kind, hear(signals, kind, now)));
  const worst = components.reduce((least, one) => (weight(one) < weight(least) ? one : least));
  const { level, value } = markOf(subject.kind, signals, now);
  return { ...subject, level, value, since, reason: worst.reason, components };
}

const weight = ({ value }: TrustComponent): number => value ?? UNKNOWN_VALUE;

function componentOf(kind: TrustKind, heard: Heard): TrustComponent {
  const signal = known(heard);
  if (signal) {
    const { value, reason, source, since, expires } = signal;
    return { kind, state: 'known', value, reason, source, since, expires };
  }
  const { ended } = heard;
  const unknown = { kind, state: 'unknown', value: null, expires: null } as const;
  if (!ended) return { ...unknown, reason: MISSING[kind], source: null, since: null };
  const reason = `what was said of it no longer counts: ${ended.reason}`.slice(0, TRUST_REASON_MAX_CHARS);
  return { ...unknown, reason, source: ended.source, since: ended.expires };
}
