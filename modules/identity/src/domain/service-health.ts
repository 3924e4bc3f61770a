/** What identity judges of a cloud service itself: what it shows to be known by, and what it asks for. */
import { DAY_MS, HOUR_MS, isoTime, millis } from '@cityward/kernel';
import { CERTIFICATE_ENDED_VALUE, type Judged } from './health.ts';

/** A secret is to be renewed by then; after twice the time it is worth little. */
const SECRET_FRESH_MS = 180 * DAY_MS;
const dayOf = (at: number): string => isoTime(millis(at)).slice(0, 10);

export interface ShownBy {
  /** End of the newest certificate that was issued and is still remembered. */
  readonly certificateEnds: number | null;
  readonly hasKey: boolean;
  /** When its secret was made. */
  readonly secretAt: number | null;
}

/** Null for a service that has nothing yet to be known by. */
export function credentialHealth({ certificateEnds, hasKey, secretAt }: ShownBy, now: number): Judged | null {
  if (certificateEnds !== null && certificateEnds > now)
    return { value: 100, reason: 'its certificate is good, and its key never leaves it' };
  if (hasKey) return { value: 100, reason: 'it signs by a key that never leaves it' };
  if (secretAt !== null) {
    const made = `it is known by a secret of ${dayOf(secretAt)}, which whoever reads it can use`;
    if (now - secretAt <= SECRET_FRESH_MS) return { value: 80, reason: made };
    return { value: now - secretAt <= 2 * SECRET_FRESH_MS ? 65 : 50, reason: `${made}; it should have been renewed` };
  }
  if (certificateEnds === null) return null;
  const reason = `its certificate ended on ${dayOf(certificateEnds)} and was not renewed`;
  return { value: CERTIFICATE_ENDED_VALUE, reason };
}

/** So long refused calls are counted together. */
export const CONDUCT_WINDOW_MS = HOUR_MS;
/** Refusals within a window from which they are no oversight any more, and from which they look like a search. */
export const REFUSED = { many: 20, search: 200 } as const;

/** What its calls say of it; null while they say nothing. */
export function conductOf({ refused, strayed }: { readonly refused: number; readonly strayed: number }): Judged | null {
  if (refused >= REFUSED.search)
    return { value: 35, reason: `it asked ${REFUSED.search} times and more within an hour for what it may not have` };
  // Never less for a token alone: else whoever found one could stop the service with it.
  if (strayed > 0) return { value: 60, reason: 'a token that is bound to its certificate was shown without it' };
  if (refused >= REFUSED.many)
    return { value: 60, reason: `it asked ${REFUSED.many} times and more within an hour for what it may not have` };
  return null;
}
