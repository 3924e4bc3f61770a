/** OCSP (RFC 6960): a strict reader of requests and a writer of answers. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { ECDSA_SHA256 } from './certificate.ts';
import {
  bitString,
  contextTag,
  DerFault,
  generalizedTime,
  octetString,
  oid,
  oidText,
  readDer,
  sequence,
  TAG,
  tlv,
  unsignedBytes,
  type Element,
} from './der.ts';
import { OID } from './oids.ts';
import { REASONS, type RevocationReason } from './revocation-list.ts';

export const OCSP_REQUEST_MAX_BYTES = 4_096;
/** Certificates asked about in one request. */
const QUESTIONS_MAX = 16;
const EXTENSIONS_MAX = 16;
const SERIAL_BYTES_MAX = 20; // RFC 5280 4.1.2.2
const NONCE_BYTES_MAX = 128; // RFC 9654 2.1: 1 to 128

export type IssuerHash = 'sha1' | 'sha256';
export interface Question {
  /** The CertID as it was asked, DER: echoed. */
  readonly id: Uint8Array;
  /** Null for a hash that is not known here. */
  readonly hash: IssuerHash | null;
  readonly issuerName: Uint8Array;
  readonly issuerKey: Uint8Array;
  /** Upper-case hex, two digits a byte. */
  readonly serial: string;
}
export interface OcspRequest {
  readonly questions: readonly Question[];
  /** The value of the nonce extension, DER; null when none was sent. */
  readonly nonce: Uint8Array | null;
}
export type OcspRefusal = Refusal<'OCSP_UNREADABLE' | 'OCSP_TOO_LARGE'>;

/** Reads one DER request. A signature on it is not looked at. Never throws on input. */
export function parseOcspRequest(der: Uint8Array): Result<OcspRequest, OcspRefusal> {
  if (der.length > OCSP_REQUEST_MAX_BYTES)
    return refuse(
      'too-large',
      'OCSP_TOO_LARGE',
      `read OCSP request of ${der.length} bytes: wanted at most ${OCSP_REQUEST_MAX_BYTES}`,
    );
  try {
    return ok(parse(der));
  } catch (fault) {
    if (fault instanceof DerFault) return refuse('invalid', 'OCSP_UNREADABLE', fault.message);
    throw fault;
  }
}

function parse(der: Uint8Array): OcspRequest {
  const outer = readDer(der);
  const request = readDer(outer.take(TAG.sequence, 'OCSP request').body);
  outer.end('OCSP request');
  const body = readDer(request.take(TAG.sequence, 'request body').body);
  request.maybe(contextTag(0, true), 'signature');
  request.end('signature');
  const version = body.maybe(contextTag(0, true), 'version');
  if (version && !Buffer.from(version.body).equals(Buffer.from([TAG.integer, 1, 0])))
    throw new DerFault('read version: wanted 1');
  body.maybe(contextTag(1, true), 'requestor');
  const list = readDer(body.take(TAG.sequence, 'list of questions').body);
  const extensions = body.maybe(contextTag(2, true), 'extensions');
  body.end('extensions');
  const questions: Question[] = [];
  while (list.more()) {
    if (questions.length === QUESTIONS_MAX) throw new DerFault(`read questions: wanted at most ${QUESTIONS_MAX}`);
    questions.push(parseQuestion(list.take(TAG.sequence, 'question')));
  }
  if (questions.length === 0) throw new DerFault('read questions: wanted at least one');
  return { questions, nonce: extensions ? nonceIn(extensions) : null };
}

const HASHES: Readonly<Record<string, IssuerHash>> = { [OID.sha1]: 'sha1', [OID.sha256]: 'sha256' };

function parseQuestion(question: Element): Question {
  const fields = readDer(question.body);
  const id = fields.take(TAG.sequence, 'certificate id');
  fields.maybe(contextTag(0, true), 'extensions of the question');
  fields.end('extensions of the question');
  const parts = readDer(id.body);
  const algorithm = readDer(parts.take(TAG.sequence, 'hash algorithm').body);
  const hash = oidText(algorithm.take(TAG.oid, 'hash algorithm').body);
  algorithm.maybe(TAG.null, 'parameters of the hash');
  algorithm.end('parameters of the hash');
  const issuerName = parts.take(TAG.octetString, 'hash of the issuer').body;
  const issuerKey = parts.take(TAG.octetString, 'hash of its key').body;
  const serial = unsignedBytes(parts.take(TAG.integer, 'serial number'), 'serial number');
  parts.end('serial number');
  if (serial.length > SERIAL_BYTES_MAX) throw new DerFault(`read serial: wanted at most ${SERIAL_BYTES_MAX} bytes`);
  return {
    id: id.whole,
    hash: HASHES[hash] ?? null,
    issuerName,
    issuerKey,
    serial: Buffer.from(serial).toString('hex').toUpperCase(),
  };
}

function nonceIn(extensions: Element): Uint8Array | null {
  const outer = readDer(extensions.body);
  const list = readDer(outer.take(TAG.sequence, 'extensions').body);
  outer.end('extensions');
  let nonce: Uint8Array | null = null;
  for (let count = 1; list.more(); count++) {
    if (count > EXTENSIONS_MAX) throw new DerFault(`read extensions: wanted at most ${EXTENSIONS_MAX}`);
    const extension = readDer(list.take(TAG.sequence, 'extension').body);
    const type = oidText(extension.take(TAG.oid, 'extension type').body);
    extension.maybe(TAG.boolean, 'critical mark');
    const value = extension.take(TAG.octetString, 'extension value').body;
    extension.end('extension value');
    if (type !== OID.ocspNonce) continue;
    if (nonce) throw new DerFault('read nonce: it is there twice');
    const inner = readDer(value);
    const { body } = inner.take(TAG.octetString, 'nonce');
    inner.end('nonce');
    if (body.length === 0 || body.length > NONCE_BYTES_MAX)
      throw new DerFault(`read nonce of ${body.length} bytes: wanted 1 to ${NONCE_BYTES_MAX}`);
    nonce = value;
  }
  return nonce;
}

/** Answers without a signature (RFC 6960 2.3). */
const FAULTS = { malformed: 1, internal: 2, 'try-later': 3, unauthorised: 6 } as const;
export const encodeOcspFault = (fault: keyof typeof FAULTS): Buffer =>
  sequence(tlv(TAG.enumerated, Buffer.from([FAULTS[fault]])));

export type Verdict =
  | { readonly state: 'good' | 'unknown' }
  | { readonly state: 'revoked'; readonly at: number; readonly reason: RevocationReason };
export interface OcspDraft {
  /** SHA-1 of the responder's public key bits (RFC 6960 4.2.1). */
  readonly responderKey: Uint8Array;
  readonly at: number;
  readonly nextUpdate: number;
  readonly answers: readonly { readonly id: Uint8Array; readonly verdict: Verdict }[];
  readonly nonce: Uint8Array | null;
}

/** The bytes that the responder signs. */
export function encodeResponseData(draft: OcspDraft): Buffer {
  const at = generalizedTime(draft.at);
  const until = tlv(contextTag(0, true), generalizedTime(draft.nextUpdate));
  return sequence(
    tlv(contextTag(2, true), octetString(draft.responderKey)),
    at,
    sequence(...draft.answers.map(({ id, verdict }) => sequence(id, statusOf(verdict), at, until))),
    ...(draft.nonce
      ? [tlv(contextTag(1, true), sequence(sequence(oid(OID.ocspNonce), octetString(draft.nonce))))]
      : []),
  );
}

function statusOf(verdict: Verdict): Buffer {
  if (verdict.state !== 'revoked') return tlv(contextTag(verdict.state === 'good' ? 0 : 2, false));
  const reason = REASONS[verdict.reason];
  const why = reason === 0 ? [] : [tlv(contextTag(0, true), tlv(TAG.enumerated, Buffer.from([reason])))];
  return tlv(contextTag(1, true), generalizedTime(verdict.at), ...why);
}

/** A whole successful answer, with the certificate of who signed it. */
export function encodeOcspAnswer(data: Uint8Array, signature: Uint8Array, certificate: Uint8Array): Buffer {
  const basic = sequence(data, ECDSA_SHA256, bitString(signature), tlv(contextTag(0, true), sequence(certificate)));
  return sequence(
    tlv(TAG.enumerated, Buffer.from([0])),
    tlv(contextTag(0, true), sequence(oid(OID.ocspBasic), octetString(basic))),
  );
}
