/** The revocation list (RFC 5280 section 5) of the issuing authority. */
import { contextTag, integer, integerOf, octetString, oid, sequence, tlv, TAG, time } from './der.ts';
import { ECDSA_SHA256 } from './certificate.ts';
import { OID } from './oids.ts';

/** RFC 5280 5.3.1 reason codes that occur here. */
export const REASONS = { unspecified: 0, superseded: 4, hold: 6, withdrawn: 9 } as const;
export type RevocationReason = keyof typeof REASONS;

export interface RevokedEntry {
  /** Upper-case hex. */
  readonly serial: string;
  readonly at: number;
  readonly reason: RevocationReason;
}

export interface RevocationListDraft {
  readonly issuer: Uint8Array;
  readonly issuerKeyId: Uint8Array;
  /** Only grows from list to list. */
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly entries: readonly RevokedEntry[];
}

const extension = (type: string, value: Uint8Array): Buffer => sequence(oid(type), octetString(value));

const reasonExtension = (reason: RevocationReason): Buffer =>
  sequence(extension(OID.reasonCode, tlv(TAG.enumerated, Buffer.from([REASONS[reason]]))));
const REASON_EXTENSIONS: Readonly<Record<RevocationReason, Buffer>> = {
  unspecified: Buffer.alloc(0), // RFC 5280 5.3.1: absent rather than 0
  superseded: reasonExtension('superseded'),
  hold: reasonExtension('hold'),
  withdrawn: reasonExtension('withdrawn'),
};

/** The bytes that the authority signs; `assembleSigned` makes the list of them. */
export function encodeRevocationList(draft: RevocationListDraft): Buffer {
  const entries = draft.entries.map((entry) =>
    sequence(integerOf(Buffer.from(entry.serial, 'hex')), time(entry.at), REASON_EXTENSIONS[entry.reason]),
  );
  const extensions = sequence(
    extension(OID.authorityKeyId, sequence(tlv(contextTag(0, false), draft.issuerKeyId))),
    extension(OID.crlNumber, integer(draft.number)),
  );
  return sequence(
    integer(1),
    ECDSA_SHA256,
    draft.issuer,
    time(draft.thisUpdate),
    time(draft.nextUpdate),
    // An empty revokedCertificates must be left out (RFC 5280 5.1.2.6).
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    tlv(contextTag(0, true), extensions),
  );
}
