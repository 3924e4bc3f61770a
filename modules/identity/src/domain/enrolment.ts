/** Who may get which certificate: the rules of first enrolment and of renewal. */
import { DAY_MS, err, HOUR_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { OID } from './oids.ts';
import type { SigningRequest } from './signing-request.ts';
import type { Standing } from './standing.ts';

export const CERTIFICATE_LIFE_MS = 90 * DAY_MS;
/** Certificates begin a day and a little in the past, for devices, and a city, whose clock is a day behind. */
export const BACKDATED_MS = DAY_MS + 2 * HOUR_MS;
/** An expired certificate renews within this time, and only with its old key. */
export const EXPIRED_RENEWAL_MS = 90 * DAY_MS;
export const CODE_LIFE_MS = DAY_MS;

export type EnrolmentRefusal = Refusal<
  | 'SUBJECT_NOT_OF_DEVICE'
  | 'NAMES_NOT_OF_DEVICE'
  | 'CERTIFICATE_UNKNOWN'
  | 'CERTIFICATE_NOT_OF_DEVICE'
  | 'CERTIFICATE_REVOKED'
  | 'CERTIFICATE_SUPERSEDED'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_NOT_YET_VALID'
  | 'DEVICE_HELD'
  | 'DEVICE_REVOKED'
  | 'DEVICE_ENDED'
  | 'DEVICE_UNKNOWN'
>;

/**
 * The request must be for exactly `CN=<device>`; alternative names may be left out (some clients cannot write URIs), but when
 * they are there they must be the device's SPIFFE name and nothing else. The certificate gets the same names either way.
 */
export function checkNames(
  request: Pick<SigningRequest, 'subject' | 'alternativeNames'>,
  device: string,
  spiffe: string,
): Result<void, EnrolmentRefusal> {
  const [first, ...others] = request.subject;
  if (!first || others.length > 0 || first.type !== OID.commonName || first.value !== device)
    return refuse(
      'invalid',
      'SUBJECT_NOT_OF_DEVICE',
      `enrol "${device}": wanted the subject "CN=${device}" and nothing else in it`,
    );
  const names = request.alternativeNames ?? [];
  const same = names.length === 0 || (names.length === 1 && names[0]!.kind === 'uri' && names[0]!.value === spiffe);
  if (!same)
    return refuse(
      'invalid',
      'NAMES_NOT_OF_DEVICE',
      `enrol "${device}": wanted no alternative name but "URI:${spiffe}"`,
    );
  return ok(undefined);
}

/**
 * A device that comes with its factory certificate cannot know what the city calls it: its subject may be empty, or name it by its
 * serial, as its maker did, or as the city does. The certificate gets the city's names whatever is asked.
 */
export function checkFactoryNames(
  request: Pick<SigningRequest, 'subject' | 'alternativeNames'>,
  device: string,
  known: { readonly spiffe: string; readonly serial: string },
): Result<void, EnrolmentRefusal> {
  const asked = request.subject.filter(({ type }) => type !== OID.organization);
  const isKnown = ({ type, value }: { readonly type: string; readonly value: string }): boolean => {
    const name = value.toLowerCase();
    if (type === OID.serialNumber) return name === known.serial;
    return (
      type === OID.commonName && (name === device || name === known.serial || name.startsWith(`axis-${known.serial}`))
    );
  };
  if (!asked.every(isKnown))
    return refuse(
      'invalid',
      'SUBJECT_NOT_OF_DEVICE',
      `enrol "${device}": wanted the subject empty, "CN=${device}" or "CN=${known.serial}"`,
    );
  const subject = [{ type: OID.commonName, value: device }];
  return checkNames({ subject, alternativeNames: request.alternativeNames }, device, known.spiffe);
}

/** What is kept of a certificate we issued. */
export interface IssuedRecord {
  readonly serial: string;
  readonly device: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly state: 'live' | 'superseded' | 'revoked';
}

/** Is this certificate, whose chain TLS has verified, one of ours that is good for this common name? Expiry is judged apart. */
export function checkIssued(
  record: IssuedRecord | undefined,
  commonName: string,
): Result<IssuedRecord, EnrolmentRefusal> {
  if (!record)
    return refuse(
      'forbidden',
      'CERTIFICATE_UNKNOWN',
      `admit "${commonName}": the certificate was not issued to a device of this city`,
    );
  if (record.device !== commonName)
    return refuse(
      'forbidden',
      'CERTIFICATE_NOT_OF_DEVICE',
      `admit "${commonName}": the certificate is of another device`,
    );
  if (record.state === 'revoked')
    return refuse('forbidden', 'CERTIFICATE_REVOKED', `admit "${commonName}": the certificate is revoked`);
  if (record.state === 'superseded')
    return refuse(
      'forbidden',
      'CERTIFICATE_SUPERSEDED',
      `admit "${commonName}": the device has enrolled anew since, wanted its new certificate`,
    );
  return ok(record);
}

/** Is it within its time? Resumed TLS sessions are not asked again by TLS, so every listener asks here. */
const timeText = (at: number): string => new Date(at).toISOString();

export function checkTime(record: IssuedRecord, now: number): Result<void, EnrolmentRefusal> {
  if (now < record.notBefore)
    return refuse(
      'forbidden',
      'CERTIFICATE_NOT_YET_VALID',
      `admit "${record.device}": by the city's clock, ${timeText(now)}, the certificate is not valid before ${timeText(record.notBefore)}`,
    );
  return now > record.notAfter
    ? refuse(
        'forbidden',
        'CERTIFICATE_EXPIRED',
        `admit "${record.device}": by the city's clock, ${timeText(now)}, the certificate expired at ${timeText(record.notAfter)}`,
      )
    : ok(undefined);
}

/** Held and revoked devices get no certificate, nor does one whose identity has ended. */
export function checkStandingForIssue(device: string, standing: Standing): Result<void, EnrolmentRefusal> {
  if (standing === 'held')
    return refuse('forbidden', 'DEVICE_HELD', `enrol "${device}": it is held, wanted one that is not`);
  if (standing === 'revoked')
    return refuse('forbidden', 'DEVICE_REVOKED', `enrol "${device}": it is revoked, wanted a new enrolment code first`);
  if (standing === 'ended')
    return refuse(
      'forbidden',
      'DEVICE_ENDED',
      `enrol "${device}": its identity has ended, wanted a device that is commissioned anew`,
    );
  return ok(undefined);
}

export interface Renewal {
  readonly record: IssuedRecord | undefined;
  readonly commonName: string;
  readonly standing: Standing;
  readonly sameKey: boolean;
  /** As the certificate itself says; its record is kept no longer than it can be renewed. */
  readonly notAfter: number;
  readonly now: number;
}

/** May the holder of this certificate get the next one? */
export function decideRenewal(renewal: Renewal): Result<IssuedRecord, EnrolmentRefusal> {
  if (renewal.now > renewal.notAfter + EXPIRED_RENEWAL_MS)
    return refuse(
      'forbidden',
      'CERTIFICATE_EXPIRED',
      `renew "${renewal.commonName}": it expired more than 90 days ago, wanted a new enrolment code`,
    );
  const issued = checkIssued(renewal.record, renewal.commonName);
  if (!issued.ok) return issued;
  const { device } = issued.value;
  const allowed = checkStandingForIssue(device, renewal.standing);
  if (!allowed.ok) return allowed;
  const inTime = checkTime(issued.value, renewal.now);
  if (inTime.ok) return issued;
  if (inTime.error.code !== 'CERTIFICATE_EXPIRED') return err(inTime.error);
  if (!renewal.sameKey)
    return refuse(
      'forbidden',
      'CERTIFICATE_EXPIRED',
      `renew "${device}": it has expired, so only its old key may renew it`,
    );
  return issued;
}
