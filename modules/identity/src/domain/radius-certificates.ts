/** When somebody has to be told that the RADIUS server's certificates end: nothing but a person replaces them. */
import type { RadiusCertificate } from '@cityward/contracts';
import { DAY_MS, isoTime, millis } from '@cityward/kernel';

/** Told once at each, and at the end itself. */
export const REMINDED_DAYS = [30, 14, 7, 3, 1] as const;

/** The smallest of these days that has come, 0 once it has ended, null while there is time. */
export function stageOf(notAfter: number, now: number): number | null {
  if (now >= notAfter) return 0;
  const reached = REMINDED_DAYS.filter((days) => notAfter - now <= days * DAY_MS);
  return reached.length === 0 ? null : Math.min(...reached);
}

export const stateOf = (notAfter: number, now: number): RadiusCertificate['state'] => {
  const stage = stageOf(notAfter, now);
  return stage === null ? 'good' : stage === 0 ? 'ended' : 'ends-soon';
};

const WHOSE: Readonly<Record<RadiusCertificate['kind'], string>> = {
  server: 'The certificate that the RADIUS server shows to devices',
  client: 'The certificate by which the RADIUS server asks the city',
};
const REMEDY = 'run "cityward radius config" again and restart the RADIUS server';

/** Null while there is time. */
export function reminderOf({ kind, notAfter }: Omit<RadiusCertificate, 'state'>, now: number): string | null {
  if (stageOf(notAfter, now) === null) return null;
  const day = isoTime(millis(notAfter)).slice(0, 10);
  if (now >= notAfter) return `${WHOSE[kind]} ended on ${day}, and no device joins at a plug: ${REMEDY}`;
  const days = Math.ceil((notAfter - now) / DAY_MS);
  return `${WHOSE[kind]} ends in ${days === 1 ? 'a day' : `${days} days`}, on ${day}; no device joins at a plug after that: ${REMEDY}`;
}
