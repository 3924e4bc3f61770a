/** The degenerate CMS SignedData that EST answers with: certificates, no signature (RFC 5652, RFC 7030 4.1.3). */
import { contextTag, integer, oid, sequence, set, tlv } from './der.ts';
import { OID } from './oids.ts';

/** DER of a certs-only message holding these DER certificates, in order. */
export const encodeCertsOnly = (certificates: readonly Uint8Array[]): Buffer =>
  sequence(
    oid(OID.signedData),
    tlv(
      contextTag(0, true),
      sequence(integer(1), set(), sequence(oid(OID.data)), tlv(contextTag(0, true), ...certificates), set()),
    ),
  );
