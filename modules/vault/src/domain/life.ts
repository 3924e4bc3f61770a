/** The life of a record, from in use to closed with a certificate. Nothing skips a step, and nothing comes back from destroyed. Pure. */
import type { LifeReason, LifeState } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

export interface Life {
  readonly state: LifeState;
  readonly reason: LifeReason;
  readonly by: string;
  /** Of the law that it rests on. */
  readonly clause: string;
  readonly since: number;
  /** When something happens next without anybody's doing; `null` where it waits for somebody. */
  readonly next: number | null;
}
/** Where nothing was ever done. */
export const ACTIVE: Life = { state: 'active', reason: 'stored', by: '', clause: '', since: 0, next: null };

export type Step =
  | { readonly do: 'restrict' }
  | { readonly do: 'use-again' }
  | { readonly do: 'seal' }
  | { readonly do: 'fall-due' }
  | { readonly do: 'destroy-keys' }
  | { readonly do: 'copies-purged' }
  | { readonly do: 'close' };

/** What stands in the way, or does not, at this moment. */
export interface Circumstances {
  /** A legal hold covers it, or somebody asked for one. */
  readonly isHeld: boolean;
  /** The law wants it kept until then. */
  readonly keptUntil: number | null;
  /** Copies whose end is open. */
  readonly openCopies: number;
  readonly isCertified: boolean;
}
export interface Because {
  readonly reason: LifeReason;
  readonly by: string;
  readonly clause: string;
  readonly next: number | null;
}

const FROM: Readonly<Record<Step['do'], readonly LifeState[]>> = {
  restrict: ['active'],
  'use-again': ['restricted'],
  seal: ['active', 'restricted', 'due'],
  'fall-due': ['active', 'restricted', 'sealed'],
  'destroy-keys': ['active', 'restricted', 'due'],
  'copies-purged': ['keys-destroyed'],
  close: ['copies-purged'],
};
const TO: Readonly<Record<Step['do'], LifeState>> = {
  restrict: 'restricted',
  'use-again': 'active',
  seal: 'sealed',
  'fall-due': 'due',
  'destroy-keys': 'keys-destroyed',
  'copies-purged': 'copies-purged',
  close: 'closed',
};

export function take(
  life: Life,
  step: Step,
  { because, now, ...at }: Circumstances & { readonly because: Because; readonly now: number },
): Result<Life, Refusal> {
  const hindered = hindrance(life, step, { ...at, now });
  if (hindered !== null) return refuse('conflict', hindered.code, `${step.do.replace('-', ' ')}: ${hindered.why}`);
  return ok({ state: TO[step.do], ...because, since: now });
}

interface Hindrance {
  readonly code: string;
  readonly why: string;
}
/** Why the step may not be taken now; `null` where it may. A hold is named before the law, the law before the state. */
export function hindrance(
  { state }: Pick<Life, 'state'>,
  step: Step,
  { isHeld, keptUntil, openCopies, isCertified, now }: Circumstances & { readonly now: number },
): Hindrance | null {
  const ends = step.do === 'fall-due' || step.do === 'destroy-keys';
  if (ends && isHeld) return { code: 'RECORD_HELD', why: 'a legal hold keeps it, wanted none' };
  if (ends && keptUntil !== null && now < keptUntil)
    return { code: 'RECORD_KEPT_BY_LAW', why: `the law wants it kept until ${dayOf(keptUntil)}` };
  if (!FROM[step.do].includes(state))
    return { code: 'LIFE_NOT_SO', why: `it is ${state}, wanted ${FROM[step.do].join(' or ')}` };
  if (step.do === 'copies-purged' && openCopies > 0)
    return { code: 'COPIES_LEFT', why: `${openCopies} copies are left, wanted none` };
  if (step.do === 'close' && !isCertified) return { code: 'NOT_CERTIFIED', why: 'there is no certificate, wanted one' };
  return null;
}

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** In these nobody sees it, whatever they may rest on. */
export const isDark = ({ state }: Pick<Life, 'state'>): boolean => state !== 'active' && state !== 'restricted';
