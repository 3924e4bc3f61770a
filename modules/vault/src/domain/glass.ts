/** May this clinician see this patient's records in an emergency? Who is in whose care is said by the clinic's system, never by the clinician. */
import type { GlassFlag } from '@cityward/contracts';
import { DAY_MS, err, MINUTE_MS, ok, type Result } from '@cityward/kernel';
import { phaseAt, type Life } from './lives/life.ts';

export const GLASS_MS = 30 * MINUTE_MS;
export const GLASS_PER_CLINICIAN_MAX = 3;
export const GLASS_PER_PATIENT_MAX = 6;
const LIMIT_MS = DAY_MS;
/** So long a clinician whose reason did not hold breaks no glass. */
export const BARRED_MS = 90 * DAY_MS;
/** Often is judged by colleagues over so long. */
export const USUAL_MS = 30 * DAY_MS;
const OFTEN_AT_LEAST = 4;
const OFTEN_TIMES = 3;

export interface CareHeld {
  readonly id: string;
  readonly subject: string;
  readonly organisation: string;
  readonly until: number;
  readonly ended: number | null;
}
export interface GlassHeld {
  readonly id: string;
  readonly subject: string;
  readonly by: string;
  readonly organisation: string;
  readonly care: string;
  readonly at: number;
  readonly until: number;
  readonly ended: number | null;
  readonly outcome: 'justified' | 'not-justified' | null;
  readonly reviewedAt: number | null;
}
export type GlassWhy =
  | 'not-in-care'
  | 'oneself'
  | 'deceased'
  | 'own-family'
  | 'barred'
  | 'another-patient-open'
  | 'too-many-by-clinician'
  | 'too-many-of-patient';

export interface Emergency {
  readonly subject: string;
  readonly clinician: string;
  /** Where the clinician works now. */
  readonly organisations: readonly string[];
  readonly life: Life;
  /** Of the patient. */
  readonly care: readonly CareHeld[];
  /** All that is remembered: of everybody, ninety days back at least. */
  readonly before: readonly GlassHeld[];
}

export const isLive = ({ ended, until }: CareHeld, now: number): boolean => ended === null && now < until;
export const isOpen = ({ ended, until }: GlassHeld, now: number): boolean => ended === null && now < until;

export function decideGlass(
  { subject, clinician, organisations, life, care, before }: Emergency,
  now: number,
): Result<{ readonly care: CareHeld; readonly until: number; readonly flags: readonly GlassFlag[] }, GlassWhy> {
  const here = care.find((one) => isLive(one, now) && organisations.includes(one.organisation));
  // First of all: whoever has no patient of that id in care learns nothing else.
  if (!here) return err('not-in-care');
  if (clinician === subject) return err('oneself');
  if (phaseAt(life, now) === 'deceased') return err('deceased');
  if (isFamily(life, clinician)) return err('own-family');
  const own = before.filter(({ by }) => by === clinician);
  if (own.some(({ outcome, reviewedAt }) => outcome === 'not-justified' && now < reviewedAt! + BARRED_MS))
    return err('barred');
  if (own.some((one) => isOpen(one, now) && one.subject !== subject)) return err('another-patient-open');
  const lately = before.filter(({ at }) => at > now - LIMIT_MS);
  if (lately.filter(({ by }) => by === clinician).length >= GLASS_PER_CLINICIAN_MAX)
    return err('too-many-by-clinician');
  if (lately.filter((one) => one.subject === subject).length >= GLASS_PER_PATIENT_MAX)
    return err('too-many-of-patient');
  const flags = flagsOf({ life, own, here: here.organisation, before }, now);
  return ok({ care: here, until: Math.min(now + GLASS_MS, here.until), flags });
}

/** Recorded as family, or as one who acts or acted for them: a colleague does it. */
const isFamily = ({ kin, standings }: Life, clinician: string): boolean =>
  kin.includes(clinician) || standings.some(({ person }) => person === clinician);

function flagsOf(
  {
    life,
    own,
    here,
    before,
  }: Pick<Emergency, 'life' | 'before'> & { readonly own: readonly GlassHeld[]; readonly here: string },
  now: number,
): GlassFlag[] {
  const flags: GlassFlag[] = [];
  if (life.isGuarded) flags.push('guarded');
  if (isUnusuallyOften({ own, here, before }, now)) flags.push('unusually-often');
  if (own.some(({ outcome }) => outcome === 'not-justified')) flags.push('not-justified-before');
  return flags;
}

/** With this time: at least four times in thirty days, and more than thrice what the middle one of the colleagues did. */
function isUnusuallyOften(
  {
    own,
    here,
    before,
  }: { readonly own: readonly GlassHeld[]; readonly here: string; readonly before: readonly GlassHeld[] },
  now: number,
): boolean {
  const usual = before.filter(({ at, organisation }) => organisation === here && at > now - USUAL_MS);
  const times = own.filter(({ at }) => at > now - USUAL_MS).length + 1;
  const others = new Map<string, number>();
  for (const { by } of usual) if (by !== own[0]?.by) others.set(by, (others.get(by) ?? 0) + 1);
  const counts = [...others.values()].sort((a, b) => a - b);
  const middle = counts[Math.floor(counts.length / 2)] ?? 1;
  return times >= OFTEN_AT_LEAST && times > OFTEN_TIMES * middle;
}

export type GlassOver = 'glass-over' | 'care-over' | 'deceased';

/** Why an emergency that was opened lets nobody see anything now; `null` where it does. */
export function glassAgainst(
  glass: GlassHeld,
  {
    care,
    life,
    organisations,
  }: { readonly care: CareHeld | null; readonly life: Life; readonly organisations: readonly string[] },
  now: number,
): GlassOver | null {
  if (!isOpen(glass, now)) return 'glass-over';
  if (care === null || !isLive(care, now) || !organisations.includes(glass.organisation)) return 'care-over';
  return phaseAt(life, now) === 'deceased' ? 'deceased' : null;
}
