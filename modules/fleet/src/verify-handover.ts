/** Checks a handover certificate with the city's root and nothing else: form, both signatures, and that no check was left open. Pure. */
import { X509Certificate } from 'node:crypto';
import { HANDOVER_MAX_BYTES, HandoverCertificate } from '@cityward/contracts';
import { checkDocument } from '@cityward/identity/document-check';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { fits } from './domain/trust/shape.ts';
import { certificateBytes, hashOf } from './domain/gate/handover.ts';
import { checkInstaller } from './domain/gate/installer.ts';

export interface VerifiedHandover {
  readonly certificate: HandoverCertificate;
  /** SHA-256 of the file, as in the ledger. */
  readonly hash: string;
  readonly signer: string;
}
export interface HandoverFiles {
  /** The JSON file, to the byte. */
  readonly json: Uint8Array;
  /** The detached signature, DER. */
  readonly signature: Uint8Array;
  /** PEM of the root, perhaps with others. */
  readonly ca: string;
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]{1,20000}-----END CERTIFICATE-----/g;
const ROOTS_MAX = 20;

export function verifyHandover({ json, signature, ca }: HandoverFiles): Result<VerifiedHandover, Refusal> {
  const read = readCertificate(json);
  if (!read.ok) return read;
  const certificate = read.value;
  const roots = rootsIn(ca);
  if (!roots) return refuse('invalid', 'CA_FILE', 'read the authority: wanted certificates, PEM');
  const signed = checkDocument(json, signature, { roots, at: certificate.handover.at });
  if (!signed.ok) return signed;
  const installer = checkInstaller(certificate.handover, certificate.signature);
  if (!installer.ok) return installer;
  return ok({ certificate, hash: hashOf(json), signer: signed.value.signer });
}

function readCertificate(json: Uint8Array): Result<HandoverCertificate, Refusal> {
  const what = 'read the certificate';
  if (json.length > HANDOVER_MAX_BYTES)
    return refuse('too-large', 'HANDOVER_SHAPE', `${what}: ${json.length} bytes are too many`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    return refuse('invalid', 'HANDOVER_SHAPE', `${what}: it is no JSON`);
  }
  if (!fits(HandoverCertificate, value))
    return refuse('invalid', 'HANDOVER_SHAPE', `${what}: wanted exactly the fields of a handover, version 1`);
  // Another spelling of the same document would be another hash.
  if (!certificateBytes(value).equals(json))
    return refuse('invalid', 'HANDOVER_SHAPE', `${what}: it is not in its canonical form`);
  const open = value.handover.checks.find(({ state, exception }) => (state === 'excepted') !== (exception !== null));
  if (open) return refuse('invalid', 'HANDOVER_SHAPE', `${what}: check "${open.check}" is neither green nor excepted`);
  return ok(value);
}

/** Certificates in a PEM file; `null` where there is none, or one cannot be read. */
export function rootsIn(ca: string): readonly X509Certificate[] | null {
  const found = [...ca.matchAll(PEM)].slice(0, ROOTS_MAX);
  try {
    return found.length === 0 ? null : found.map(([pem]) => new X509Certificate(pem));
  } catch {
    return null;
  }
}
