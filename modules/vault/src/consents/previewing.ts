/** A consent before it is given: in words, and with what speaks against it. */
import type { ConsentDraft, ConsentPreview } from '@cityward/contracts';
import type { Consents } from './consents.ts';
import { previewOf } from '../domain/preview.ts';
import type { VaultOptions } from '../needs.ts';
import { grantOf } from './giving.ts';

/** Moments for people, by the city's days; with the time of day where it is not midnight. */
export function daysIn(timeZone: string): (at: number) => string {
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'long' });
  const moment = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'long', timeStyle: 'short' });
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' });
  return (at) => (clock.format(at) === '00:00:00' ? day : moment).format(at);
}

export function previewFor(
  { nameOf, clock: now, zone }: Pick<VaultOptions, 'nameOf' | 'clock' | 'zone'>,
  consents: Pick<Consents, 'faultOf'>,
  [draft, by]: readonly [ConsentDraft, string],
): ConsentPreview {
  const grant = grantOf(draft);
  const fault = consents.faultOf(grant, { by, now: now() });
  const faults =
    fault === null || fault.ok ? [] : ((fault.error.details as string[] | undefined) ?? [fault.error.message]);
  return { sentences: [...previewOf(grant, nameOf, daysIn(zone))], faults: [...faults] };
}
