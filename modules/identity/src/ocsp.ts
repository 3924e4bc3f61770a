/** Answers whether a certificate is still good (RFC 6960): signed by a short-lived key that may do nothing else. */
import { createHash, createPublicKey, sign } from 'node:crypto';
import { HOUR_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { keyBitsOf, type Authority, type Responder } from './authority.ts';
import {
  encodeOcspAnswer,
  encodeOcspFault,
  encodeResponseData,
  OCSP_REQUEST_MAX_BYTES,
  parseOcspRequest,
  type IssuerHash,
  type Question,
  type Verdict,
} from './domain/ocsp.ts';
import type { Register } from './register.ts';

/** Asked again after so long; the register itself is always of now. */
const ANSWER_LIFE_MS = HOUR_MS;
export const OCSP_TYPE = 'application/ocsp-response';
/** In a URL, base64 and escaped. */
const REQUEST_URL_MAX_CHARS = 3 * OCSP_REQUEST_MAX_BYTES;

export interface Ocsp {
  /** DER request to DER answer; a fault is an answer too. Never throws on input. */
  answer(request: Uint8Array): Promise<Buffer>;
  /** The same for the last part of a GET's path: base64 as RFC 6960 A.1 wants it, escaped or not. */
  answerPath(escaped: string): Promise<Buffer>;
}

export interface OcspParts {
  readonly authority: Authority;
  readonly register: Register;
  readonly clock: Clock;
  readonly log: Log;
  /** Keeps the responder's certificate like every other that was signed. */
  readonly keep: (responder: Responder) => Promise<void>;
}

export function createOcsp(parts: OcspParts): Ocsp {
  const { authority, register, clock } = parts;
  const isOurs = createIssuerCheck(authority);
  const current = createResponder(parts);
  const answer = async (der: Uint8Array): Promise<Buffer> => {
    const request = parseOcspRequest(der);
    if (!request.ok) return encodeOcspFault('malformed');
    const { questions, nonce } = request.value;
    if (!questions.some(isOurs)) return encodeOcspFault('unauthorised'); // RFC 6960 2.3: nothing known of that issuer
    const at = clock();
    const responder = await current(at);
    if (!responder) return encodeOcspFault('try-later');
    const verdictOn = (question: Question): Verdict =>
      isOurs(question) ? register.stateOf(question.serial, at) : { state: 'unknown' };
    const data = encodeResponseData({
      responderKey: responder.keyId,
      at,
      nextUpdate: at + ANSWER_LIFE_MS,
      answers: questions.map((question) => ({ id: question.id, verdict: verdictOn(question) })),
      nonce,
    });
    return encodeOcspAnswer(data, sign('sha256', data, responder.key), responder.der);
  };
  return {
    answer,
    answerPath: (escaped) => {
      const der = decodePath(escaped);
      return der ? answer(der) : Promise.resolve(encodeOcspFault('malformed'));
    },
  };
}

function decodePath(escaped: string): Buffer | null {
  if (escaped.length > REQUEST_URL_MAX_CHARS) return null;
  try {
    const text = decodeURIComponent(escaped).replace(/ /g, '+');
    return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
  } catch {
    return null;
  }
}

/** Does the question name our issuing authority? By whichever hash it chose. */
function createIssuerCheck({ issuer }: Authority): (question: Question) => boolean {
  const hashes = (hash: IssuerHash) => ({
    name: createHash(hash).update(issuer.name).digest(),
    key: createHash(hash).update(issuer.keyBits).digest(),
  });
  const known = { sha1: hashes('sha1'), sha256: hashes('sha256') };
  return ({ hash, issuerName, issuerKey }) =>
    hash !== null && known[hash].name.equals(issuerName) && known[hash].key.equals(issuerKey);
}

interface Current extends Responder {
  readonly keyId: Buffer;
}

/** The responder of now, made anew at half its life; null while it cannot be kept. */
function createResponder({ authority, keep, log }: OcspParts): (now: number) => Promise<Current | null> {
  let current: Current | null = null;
  let making: Promise<Current | null> | null = null;
  const make = async (now: number): Promise<Current | null> => {
    try {
      const responder = authority.issueResponder(now);
      await keep(responder);
      const spki = createPublicKey(responder.key).export({ type: 'spki', format: 'der' });
      current = { ...responder, keyId: createHash('sha1').update(keyBitsOf(spki)).digest() };
    } catch (fault) {
      log.error('make OCSP responder failed', { fault: String(fault) });
    }
    making = null;
    return current;
  };
  return (now) => {
    const half = current ? (current.notBefore + current.notAfter) / 2 : 0;
    if (current && now < half && now >= current.notBefore) return Promise.resolve(current);
    making ??= make(now);
    return current && now < current.notAfter && now >= current.notBefore ? Promise.resolve(current) : making;
  };
}
