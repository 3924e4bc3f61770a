/** What EST csrattrs answers (RFC 7030 4.5.2 as clarified by RFC 9908): which key, which signature, which name. */
import { contextTag, octetString, oid, sequence, set, tlv } from './der.ts';
import { OID } from './oids.ts';

const attribute = (type: string, ...values: readonly Uint8Array[]): Buffer => sequence(oid(type), set(...values));

/**
 * DER CsrAttrs: a P-256 key, ECDSA with SHA-256, and one alternative name: the device's own where it is known who asks, else an
 * empty URI, which says that the client is to fill it in.
 */
export function encodeCsrAttributes(spiffe: string | null): Buffer {
  const uri = tlv(contextTag(6, false), Buffer.from(spiffe ?? '', 'latin1'));
  const alternativeName = sequence(oid(OID.subjectAltName), octetString(sequence(uri)));
  return sequence(
    attribute(OID.ecPublicKey, oid(OID.p256)),
    oid(OID.ecdsaSha256),
    attribute(OID.extensionRequest, sequence(alternativeName)),
  );
}
