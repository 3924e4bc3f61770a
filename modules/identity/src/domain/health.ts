/** Two components of trust that identity judges itself: the health of a certificate, and how long nobody has been seen. */
import { DAY_MS, isoTime, millis } from '@cityward/kernel';
import { EXPIRED_RENEWAL_MS, type IssuedRecord } from './enrolment.ts';
import type { Restriction } from './standing.ts';
import type { Signal } from './trust.ts';

export type Judged = Pick<Signal, 'value' | 'reason'>;
const dayOf = (at: number): string => isoTime(millis(at)).slice(0, 10);

/** Devices renew at two thirds of the life; by this part of it they should have. */
const RENEWED_BY = 5 / 6;
export const CERTIFICATE_ENDED_VALUE = 30;

/** Of the certificate that was issued last; null for an identity that never had one. */
export function certificateHealth(
  certificate: IssuedRecord | undefined,
  restriction: Restriction | null,
  now: number,
): Judged | null {
  if (restriction?.kind === 'revoked') return { value: 0, reason: 'its certificate was revoked' };
  if (restriction?.kind === 'ended') return { value: 0, reason: `its identity has ended: ${restriction.as}` };
  if (!certificate) return null;
  const { notBefore, notAfter, state } = certificate;
  const end = dayOf(notAfter);
  if (state === 'revoked') return { value: 0, reason: 'its certificate was revoked' };
  if (now > notAfter + EXPIRED_RENEWAL_MS)
    return { value: 0, reason: `its certificate ended on ${end}, too long ago to be renewed` };
  if (now > notAfter)
    return { value: CERTIFICATE_ENDED_VALUE, reason: `its certificate ended on ${end} and was not renewed` };
  if (now > notBefore + (notAfter - notBefore) * RENEWED_BY)
    return { value: 55, reason: `its certificate ends on ${end} and should have been renewed by now` };
  return { value: 100, reason: `its certificate is good until ${end}` };
}

/** After so many days unseen an identity ends, unless the city says otherwise. */
export const DORMANT_DAYS = 90;
/** Nobody ends without having been warned of for so long, whatever the clock or the listeners did meanwhile. */
export const WARNED_FOR_MS = 14 * DAY_MS;
const HERE_MS = 7 * DAY_MS;

export type Presence = Judged &
  (
    | { readonly state: 'here' | 'away' }
    /** `ends`: when the identity ends unless it is seen. */
    | { readonly state: 'warned' | 'due'; readonly ends: number }
  );

export interface Sighting {
  readonly lastSeen: number;
  /** Since when it has been warned of; null where it has not. */
  readonly warned: number | null;
  /** Infinity: identities never end for being unseen. */
  readonly limitMs: number;
}

const VALUES = { here: 100, away: 70, warned: 40, due: 15 } as const;

export function presence({ lastSeen, warned, limitMs }: Sighting, now: number): Presence {
  const seen = dayOf(lastSeen);
  if (now - lastSeen <= Math.min(HERE_MS, limitMs / 2))
    return { state: 'here', value: VALUES.here, reason: 'it was seen within the last days' };
  const warning = Math.min(WARNED_FOR_MS, limitMs / 2);
  if (now < lastSeen + limitMs - warning)
    return { state: 'away', value: VALUES.away, reason: `it has not been seen since ${seen}` };
  const ends = Math.max(lastSeen + limitMs, (warned ?? now) + warning);
  if (now >= ends) return { state: 'due', ends, value: VALUES.due, reason: `it has not been seen since ${seen}` };
  const reason = `it has not been seen since ${seen}; its identity ends on ${dayOf(ends)} unless it is`;
  return { state: 'warned', ends, value: VALUES.warned, reason };
}
/** A warning can be told by the value of its signal. */
export const isWarning = (value: number): boolean => value <= VALUES.warned;

/** Those who are due and do not end: what depends on them is worth more. */
export const spared = (lastSeen: number, why: string): Judged => ({
  value: VALUES.warned,
  reason: `it has not been seen since ${dayOf(lastSeen)} and would end; ${why}`,
});

/** More of one kind than this, and more than this share of it, due at once: not they are gone, but our ears or our clock. */
export const isMass = (due: number, all: number): boolean => due > 20 && due > all / 4;
