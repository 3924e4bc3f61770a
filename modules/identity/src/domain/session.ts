/** How long a sign-in lasts. */
import { HOUR_MS, MINUTE_MS } from '@cityward/kernel';

export const SESSION_IDLE_MS = 30 * MINUTE_MS;
export const SESSION_LIFE_MS = 12 * HOUR_MS;
export const LINK_LIFE_MS = 10 * MINUTE_MS;
export const CHALLENGE_LIFE_MS = 5 * MINUTE_MS;

export type SignInMethod = 'link' | 'passkey' | 'recovery-code' | 'oidc';
export interface SessionTimes {
  readonly lastSeen: number;
  /** The absolute end. */
  readonly expires: number;
}

/** When it ends if nothing happens. */
export const endOf = ({ lastSeen, expires }: SessionTimes): number => Math.min(expires, lastSeen + SESSION_IDLE_MS);

/** Why it has ended by now; null while it has not. */
export function endedBy(times: SessionTimes, now: number): 'idle' | 'expired' | null {
  if (now >= times.expires) return 'expired';
  return now >= times.lastSeen + SESSION_IDLE_MS ? 'idle' : null;
}
