/**
 * Detached CMS signatures (RFC 5652 5) as the city makes them: one signer, SHA-256 with ECDSA over the content itself, the signer's
 * certificate and its issuer inside. `openssl cms -verify` reads them; the reader takes exactly this form.
 */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { ECDSA_SHA256 } from './certificate.ts';
import {
  contextTag,
  DerFault,
  integer,
  integerOf,
  octetString,
  oid,
  oidText,
  readDer,
  sequence,
  set,
  TAG,
  tlv,
  unsignedBytes,
  type DerReader,
} from './der.ts';
import { OID } from './oids.ts';

/** Two certificates, a signature and some numbers. */
export const SIGNATURE_FILE_MAX_BYTES = 8_192;

export interface DetachedSignature {
  /** The signer's certificate first, then its issuer's, DER. */
  readonly certificates: readonly [signer: Uint8Array, issuer: Uint8Array];
  /** DER Name of the issuer, and the serial by which it names the signer. */
  readonly issuerName: Uint8Array;
  readonly serial: Uint8Array;
  /** DER ECDSA, over the content. */
  readonly signature: Uint8Array;
}
export type SignatureRefusal = Refusal<'SIGNATURE_FILE'>;

const SHA256 = sequence(oid(OID.sha256));

export function encodeDetached({ certificates, issuerName, serial, signature }: DetachedSignature): Buffer {
  const signer = sequence(
    integer(1),
    sequence(issuerName, integerOf(serial)),
    SHA256,
    ECDSA_SHA256,
    octetString(signature),
  );
  const signedData = sequence(
    integer(1),
    set(SHA256),
    sequence(oid(OID.data)),
    tlv(contextTag(0, true), ...certificates),
    set(signer),
  );
  return sequence(oid(OID.signedData), tlv(contextTag(0, true), signedData));
}

/** Reads exactly what `encodeDetached` writes; checks no signature. Never throws on input. */
export function readDetached(file: Uint8Array): Result<DetachedSignature, SignatureRefusal> {
  if (file.length > SIGNATURE_FILE_MAX_BYTES)
    return refuse('too-large', 'SIGNATURE_FILE', `read signature: ${file.length} bytes are too many`);
  try {
    return ok(detachedOf(file));
  } catch (fault) {
    if (fault instanceof DerFault) return refuse('invalid', 'SIGNATURE_FILE', fault.message);
    throw fault;
  }
}

function detachedOf(file: Uint8Array): DetachedSignature {
  const outer = readDer(file);
  const content = readDer(outer.take(TAG.sequence, 'signature').body);
  outer.end('signature');
  expectOid(content, OID.signedData);
  const wrapped = readDer(content.take(contextTag(0, true), 'signed data').body);
  content.end('signature');
  const data = readDer(wrapped.take(TAG.sequence, 'signed data').body);
  wrapped.end('signed data');
  expectNumber(data, 1);
  expectBytes(data, set(SHA256), 'digest algorithms');
  expectBytes(data, sequence(oid(OID.data)), 'content type');
  const held = readDer(data.take(contextTag(0, true), 'certificates').body);
  const signerCertificate = held.take(TAG.sequence, 'certificate of the signer').whole;
  const issuerCertificate = held.take(TAG.sequence, 'certificate of the issuer').whole;
  held.end('certificates');
  const signers = readDer(data.take(TAG.set, 'signers').body);
  data.end('signed data');
  const signer = readDer(signers.take(TAG.sequence, 'signer').body);
  signers.end('signers');
  expectNumber(signer, 1);
  const named = readDer(signer.take(TAG.sequence, 'name of the signer').body);
  const issuerName = named.take(TAG.sequence, 'issuer').whole;
  const serial = unsignedBytes(named.take(TAG.integer, 'serial'), 'serial');
  named.end('name of the signer');
  expectBytes(signer, SHA256, 'digest algorithm');
  expectBytes(signer, ECDSA_SHA256, 'signature algorithm');
  const signature = signer.take(TAG.octetString, 'signature value').body;
  signer.end('signer');
  return { certificates: [signerCertificate, issuerCertificate], issuerName, serial, signature };
}

function expectOid(reader: DerReader, wanted: string): void {
  const found = oidText(reader.take(TAG.oid, 'kind of content').body);
  if (found !== wanted) throw new DerFault(`read signature: its content is "${found}", wanted "${wanted}"`);
}
function expectNumber(reader: DerReader, wanted: number): void {
  const { body } = reader.take(TAG.integer, 'version');
  if (body.length !== 1 || body[0] !== wanted) throw new DerFault(`read signature: wanted version ${wanted}`);
}
function expectBytes(reader: DerReader, wanted: Uint8Array, what: string): void {
  if (!Buffer.from(reader.any(what).whole).equals(wanted))
    throw new DerFault(`read signature: ${what} is not the one that the city uses`);
}
