/** What stands on every page that somebody sees: who looks, why, by whose leave, and when. */
import type { Purpose } from '@cityward/contracts';

export const PURPOSE_WORDS: Readonly<Record<Purpose, string>> = {
  TREAT: 'treatment',
  ETREAT: 'emergency treatment',
  HPAYMT: 'payment',
  HOPERAT: 'running of the service',
  HRESCH: 'research',
  PUBHLTH: 'public health',
  FAMRQT: 'asked for by the family',
  PATRQT: 'own record',
};
export interface Looking {
  readonly who: string;
  readonly purpose: Purpose;
  /** `null` without a consent. */
  readonly consent: string | null;
  readonly at: number;
  /** IANA name. */
  readonly zone: string;
}
const WHO_MAX_CHARS = 60;

export function visibleMark({ who, purpose, consent, at, zone }: Looking): string {
  const when = new Intl.DateTimeFormat('en-NZ', {
    dateStyle: 'long',
    timeStyle: 'short',
    hourCycle: 'h23',
    timeZone: zone,
  });
  const parts = [who.slice(0, WHO_MAX_CHARS), PURPOSE_WORDS[purpose], ...(consent === null ? [] : [consent])];
  return `${parts.join(' · ')} · ${when.format(at)}`;
}
