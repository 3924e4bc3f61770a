/** The handover certificate: made from green checks, its exact bytes, and what it says in words. Pure. */
import { createHash } from 'node:crypto';
import {
  HANDOVER_DOMAIN,
  type GateCheck,
  type GateCheckName,
  type Handover,
  type HandoverCertificate,
} from '@cityward/contracts';
import { canonicalJson, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { isSettled } from './checks.ts';
import { CLAUSES } from './clauses.ts';

/** What the installer signs. */
export const handoverBytes = (handover: Handover): Buffer => Buffer.from(HANDOVER_DOMAIN + canonicalJson(handover));
/** What the city signs, and what the file holds: the certificate itself, to the byte. */
export const certificateBytes = (certificate: HandoverCertificate): Buffer => Buffer.from(canonicalJson(certificate));
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const CHECK_TITLES: Readonly<Record<GateCheckName, string>> = {
  'default-credentials': 'No default credentials',
  tls: 'Encrypted connections',
  'firmware-track': 'Supported firmware',
  clock: 'Right time',
  baseline: 'Security baseline',
};

export interface HandoverParts {
  readonly id: string;
  readonly city: string;
  readonly device: Handover['device'];
  readonly place: Handover['place'];
  readonly checks: readonly GateCheck[];
  readonly installer: Handover['installer'];
}
export type HandoverRefusal = Refusal<'GATE_NOT_GREEN'>;

/** Refuses while a check is neither green nor under an exception with an owner and an end. */
export function draftHandover(parts: HandoverParts, now: number): Result<Handover, HandoverRefusal> {
  const open = parts.checks.filter((check) => !isSettled(check, now));
  if (open.length > 0)
    return {
      ok: false,
      error: {
        ...refuse(
          'conflict',
          'GATE_NOT_GREEN',
          `hand over "${parts.device.id}": ${open.length} of ${parts.checks.length} checks are not green`,
        ).error,
        details: open.map(({ check, why, fix }) => `${CHECK_TITLES[check]}: ${why}. ${fix ?? ''}`.trim()),
      },
    };
  const checks = parts.checks.map(({ check, state, why, at, by, evidence, exception }) => ({
    check,
    state: state === 'passed' ? ('passed' as const) : ('excepted' as const),
    why,
    at,
    by,
    evidence,
    exception: state === 'passed' ? null : exception,
  }));
  const { id, city, device, place, installer } = parts;
  const clauses = CLAUSES.map((clause) => ({ ...clause }));
  return ok({ kind: 'cityward-handover', version: 1, id, city, device, place, checks, clauses, installer, at: now });
}

const day = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What a person reads before signing; made from the document that is signed and nothing else. */
export function handoverInWords({ city, device, place, checks, clauses, installer, at }: Handover): string[] {
  const company = installer.company === null ? '' : `, ${installer.company}`;
  const where = [place.street, place.site, place.ward].filter((part) => part !== null && part !== '').join(', ');
  return [
    `Handover of ${device.name} (${device.id}) to ${city}, ${day(at)}`,
    `Device: ${device.class}, ${device.model}, serial ${device.serial ?? 'not known'}`,
    `Identity: ${device.spiffe}, certificate ${device.certificate}`,
    `Place: ${where === '' ? 'not known' : where}`,
    ...checks.map(({ check, state, why, exception }) => {
      const owner = exception ? ` Exception: ${exception.owner} answers for it until ${day(exception.until)}.` : '';
      return `${CHECK_TITLES[check]}: ${state === 'passed' ? 'green' : 'not green'}. ${why}.${owner}`;
    }),
    `Installer: ${installer.name}${company}, signed in as ${installer.as}`,
    ...clauses.map(({ id, text }) => `Promises (${id}): ${text}`),
  ];
}
