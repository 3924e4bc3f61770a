/** What is asked for: from the form to what the city is asked, or what is missing. Pure. */
import type { TemporaryRole } from '@cityward/contracts';
import { REASON_MIN } from '../../ui/reason.ts';

const HOUR_MS = 3_600_000;

/** Choices of the form, each within what the city allows the role. */
export const LENGTHS_HOURS: Readonly<Record<TemporaryRole, readonly number[]>> = {
  vendor: [1, 2, 4, 8, 24],
  installer: [8, 24, 72, 168, 336],
};

export interface AccessForm {
  /** For whom; null for oneself. */
  readonly person: string | null;
  readonly role: TemporaryRole;
  readonly sites: readonly string[];
  readonly devices: readonly string[];
  readonly hours: number;
  /** As a field of date and time gives it; empty for with the approval. */
  readonly begins: string;
  readonly reason: string;
}
export const EMPTY_ACCESS: AccessForm = {
  person: null,
  role: 'vendor',
  sites: [],
  devices: [],
  hours: 2,
  begins: '',
  reason: '',
};
export type AccessFault = 'person' | 'scope' | 'begins' | 'reason';

/** The form with another role: a length that the role does not have becomes the first that it has. */
export const withRole = (form: AccessForm, role: TemporaryRole): AccessForm => ({
  ...form,
  role,
  hours: LENGTHS_HOURS[role].includes(form.hours) ? form.hours : LENGTHS_HOURS[role][0]!,
});

/** @param forOthers somebody must be named whom it is for */
export function faultsOf(form: AccessForm, forOthers: boolean, now: number): ReadonlySet<AccessFault> {
  const faults = new Set<AccessFault>();
  if (forOthers && form.person === null) faults.add('person');
  if (form.sites.length + form.devices.length === 0) faults.add('scope');
  if (form.begins !== '' && !(Date.parse(form.begins) > now)) faults.add('begins');
  if (form.reason.trim().length < REASON_MIN) faults.add('reason');
  return faults;
}

/** Ids as people type them: in any case, with commas or spaces between them. */
export const idsIn = (texts: readonly string[]): string[] => [
  ...new Set(texts.flatMap((text) => text.toLowerCase().split(/[\s,;]+/)).filter((id) => id !== '')),
];

export function draftOf(form: AccessForm, now: number) {
  const from = form.begins === '' ? null : Date.parse(form.begins);
  return {
    ...(form.person === null ? {} : { person: form.person }),
    ...(from === null ? {} : { from }),
    role: form.role,
    sites: [...form.sites],
    devices: [...form.devices],
    until: (from ?? now) + form.hours * HOUR_MS,
    reason: form.reason.trim(),
  };
}
