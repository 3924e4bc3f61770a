/** A person's life as far as it decides who acts for them: what is recorded, what that means at a moment, and what it ends. */
import type { LifePhase, Office, Purpose, STANDING_ENDS } from '@cityward/contracts';
import { type DayNumber, startOfDay, unreachable } from '@cityward/kernel';

export interface Proved {
  /** The record in which the document is. */
  readonly document: string;
  readonly recordedBy: string;
  readonly confirmedBy: string;
}
/** What was recorded, in the order in which it was; a life is nothing but these. */
export type LifeChange =
  | { readonly do: 'minor'; readonly sixteen: DayNumber; readonly proof: Proved }
  | { readonly do: 'died' | 'incapable' | 'capable' | 'settle'; readonly proof: Proved }
  | {
      readonly do: 'appoint';
      readonly standing: string;
      readonly person: string;
      readonly as: Office;
      readonly until: number | null;
      readonly proof: Proved;
    }
  | { readonly do: 'end'; readonly standing: string; readonly why: (typeof STANDING_ENDS)[number] }
  | { readonly do: 'dispute' }
  | { readonly do: 'keep'; readonly category: string }
  | { readonly do: 'watch'; readonly kin: readonly string[]; readonly guarded: boolean }
  | { readonly do: 'hush'; readonly until: number; readonly clause: string; readonly proof: Proved }
  | { readonly do: 'wishes'; readonly keep: readonly string[]; readonly exclude: readonly string[] }
  | { readonly do: 'confirm'; readonly consent: string };

export interface LifeEvent {
  readonly id: string;
  readonly subject: string;
  readonly at: number;
  readonly by: string;
  readonly change: LifeChange;
  /** What was confirmed by it, and is spent. */
  readonly proposal?: string;
}

export interface StandingHeld {
  readonly id: string;
  readonly person: string;
  readonly as: Office;
  readonly since: number;
  readonly until: number | null;
  readonly ended: { readonly at: number; readonly by: string; readonly why: (typeof STANDING_ENDS)[number] } | null;
  readonly proof: Proved;
}
export interface Life {
  readonly subject: string;
  /** The first millisecond of their sixteenth birthday where the city is; `null` where it is not recorded. */
  readonly sixteenAt: number | null;
  readonly diedAt: number | null;
  readonly incapableSince: number | null;
  /** Since when they can decide again, after they could not. */
  readonly capableSince: number | null;
  readonly disputedSince: number | null;
  readonly standings: readonly StandingHeld[];
  /** As the person wishes. */
  readonly keeps: readonly string[];
  /** As an officer recorded in the person's interest; the person's wishes do not undo it. */
  readonly keptFor: readonly string[];
  readonly excluded: readonly string[];
  /** Family, as recorded: none of them breaks the glass for this person. */
  readonly kin: readonly string[];
  /** Somebody whose records draw the curious: each emergency is looked at first. */
  readonly isGuarded: boolean;
  /** Until when an order lets notices of emergencies and of opened seals wait. */
  readonly hushedUntil: number | null;
  /** The record with that order. */
  readonly hushedUnder: string | null;
  /** Consents that the person made their own. */
  readonly confirmed: readonly string[];
}

export const unwritten = (subject: string): Life => ({
  subject,
  sixteenAt: null,
  diedAt: null,
  incapableSince: null,
  capableSince: null,
  disputedSince: null,
  standings: [],
  keeps: [],
  keptFor: [],
  excluded: [],
  kin: [],
  isGuarded: false,
  hushedUntil: null,
  hushedUnder: null,
  confirmed: [],
});

export function evolve(life: Life, { change, at, by }: LifeEvent, zone: string): Life {
  switch (change.do) {
    case 'minor':
      return { ...life, sixteenAt: startOfDay(change.sixteen, zone) };
    case 'died':
      return { ...life, diedAt: life.diedAt ?? at };
    case 'incapable':
      return { ...life, incapableSince: life.incapableSince ?? at, capableSince: null };
    case 'capable':
      return { ...life, incapableSince: null, capableSince: at };
    case 'settle':
      return { ...life, disputedSince: null };
    case 'dispute':
      return { ...life, disputedSince: life.disputedSince ?? at };
    case 'appoint': {
      const { standing: id, person, as, until, proof } = change;
      return { ...life, standings: [...life.standings, { id, person, as, since: at, until, ended: null, proof }] };
    }
    case 'end': {
      const ended = { at, by, why: change.why };
      const standings = life.standings.map((one) =>
        one.id === change.standing && one.ended === null ? { ...one, ended } : one,
      );
      return { ...life, standings };
    }
    case 'keep':
      return { ...life, keptFor: [...new Set([...life.keptFor, change.category])] };
    case 'watch':
      return { ...life, kin: [...change.kin], isGuarded: change.guarded };
    case 'hush':
      return { ...life, hushedUntil: change.until, hushedUnder: change.proof.document };
    case 'wishes':
      return { ...life, keeps: [...change.keep], excluded: [...change.exclude] };
    case 'confirm':
      return { ...life, confirmed: [...new Set([...life.confirmed, change.consent])] };
    default:
      return unreachable(change);
  }
}

export function phaseAt({ diedAt, incapableSince, sixteenAt }: Life, now: number): LifePhase {
  if (diedAt !== null) return 'deceased';
  if (sixteenAt !== null && now < sixteenAt) return 'minor';
  return incapableSince === null ? 'of-age' : 'incapable';
}

/** In which phase of a person's life each office is held. */
const PHASE_OF: Readonly<Record<Office, LifePhase>> = {
  guardian: 'minor',
  executor: 'deceased',
  attorney: 'incapable',
};

/** Why somebody who was appointed does not act now, or a consent that rests on a standing does not count. */
export type StandingWhy =
  'deceased' | 'standing-ended' | 'standing-out-of-phase' | 'disputed' | 'kept-from-representative' | 'not-confirmed';

/** `null` where the standing lets its person act at this moment. */
export function standingAgainst(life: Life, standing: StandingHeld, now: number): StandingWhy | null {
  if (standing.ended !== null || (standing.until !== null && now >= standing.until)) return 'standing-ended';
  if (PHASE_OF[standing.as] !== phaseAt(life, now)) return 'standing-out-of-phase';
  return life.disputedSince === null ? null : 'disputed';
}

/** The standing by which this person acts for them now; else why the last of theirs does not do, or `null` for none. */
export function actsFor(
  life: Life,
  person: string,
  now: number,
): { readonly standing: StandingHeld } | { readonly why: StandingWhy } | null {
  let why: StandingWhy | null = null;
  for (const standing of life.standings) {
    if (standing.person !== person) continue;
    const against = standingAgainst(life, standing, now);
    if (against === null) return { standing };
    why = against;
  }
  return why === null ? null : { why };
}

export const representativesAt = (life: Life, now: number): readonly string[] => [
  ...new Set(life.standings.filter((one) => standingAgainst(life, one, now) === null).map(({ person }) => person)),
];

/** What is kept from whoever acts for the person: as they wish, or as their interest asks (Health Act s 22F, HIPC rule 11(4)). */
export const isKept = ({ keeps, keptFor }: Life, category: string): boolean =>
  keeps.includes(category) || keptFor.includes(category);

/** Care goes on while those who act for somebody are at odds; nothing else that one of them allowed does. */
const CARE: readonly Purpose[] = ['TREAT', 'ETREAT'];

export interface GivenConsent {
  readonly id: string;
  readonly subject: string;
  readonly purpose: Purpose;
  readonly given: { readonly at: number; readonly by: string };
}

/**
 * A consent stands no longer than the standing by which it was given: what a guardian allowed ends as their ward turns sixteen or they
 * lose custody, until the person makes it their own. Nothing that the living allowed outlives them.
 */
export function consentAgainst(life: Life, consent: GivenConsent, now: number): StandingWhy | null {
  const { id, subject, purpose, given } = consent;
  const { diedAt, sixteenAt, capableSince } = life;
  if (diedAt !== null && (given.at < diedAt || given.by === subject)) return 'deceased';
  if (life.confirmed.includes(id) || given.by === subject) return null;
  if (sixteenAt !== null && now >= sixteenAt && given.at < sixteenAt) return 'not-confirmed';
  if (capableSince !== null && given.at < capableSince && isOf(life, given, 'attorney')) return 'not-confirmed';
  const standings = life.standings.filter(({ person }) => person === given.by);
  if (standings.length === 0) return null; // an officer gave it on the person's own word
  const whys = standings.map((one) => standingAgainst(life, one, now));
  if (whys.includes(null)) return null;
  return whys.includes('disputed') && diedAt === null && CARE.includes(purpose) ? null : whys.at(-1)!;
}

/** Who acts for somebody lets nobody see what is kept from themself. */
export const isBeyond = (life: Life, { subject, given }: GivenConsent, category: string): boolean =>
  given.by !== subject && isKept(life, category) && life.standings.some(({ person }) => person === given.by);

const isOf = (life: Life, { by }: GivenConsent['given'], as: Office): boolean =>
  life.standings.some((one) => one.person === by && one.as === as);
