/**
 * Shows that a request comes from the page that opened the view: signed with its key, for this request, once. In the form of
 * RFC 9449 (DPoP), from which it differs: the key is the one that the view was opened with, so none is in the header; what is
 * bound is the view that the path names, not an access token, so there is no `ath`; `nonce` is always wanted once a view is open,
 * good once, and so stands in for `jti`; `htu` is the path alone, since a proxy changes the rest; `iat` may have parts of a second.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { PROOF_MAX_CHARS, type ViewerKey } from '@cityward/contracts';
import { PROOF_TIME_MS } from './limits.ts';

/** What the request in hand is. */
export interface Shown {
  readonly method: string;
  /** Names the view. */
  readonly path: string;
  readonly now: number;
}
export type Proved = { readonly ok: true; readonly nonce: string } | { readonly ok: false; readonly fault: ProofFault };
export type ProofFault = 'form' | 'key' | 'another-request' | 'time';
export type ProofCheck = (proof: string, key: KeyObject, shown: Shown) => Proved;

const HEADER = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256' })).toString('base64url');
const JWT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

/** `null` for numbers that are no point of the curve. */
export function viewerKey(jwk: ViewerKey): KeyObject | null {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return null;
  }
}

const failed = (fault: ProofFault): Proved => ({ ok: false, fault });

export const checkProof: ProofCheck = (proof, key, { method, path, now }) => {
  const parts = proof.length > PROOF_MAX_CHARS ? null : JWT.exec(proof);
  // One header alone is taken: whoever may choose the algorithm chooses the weakest.
  if (parts?.[1] !== HEADER) return failed('form');
  const signature = Buffer.from(parts[3]!, 'base64url');
  const signed = Buffer.from(`${parts[1]}.${parts[2]!}`);
  if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)) return failed('key');
  const claims = claimsIn(parts[2]!);
  if (!claims) return failed('form');
  if (claims.htm !== method || claims.htu !== path) return failed('another-request');
  if (Math.abs(claims.iat * 1_000 - now) > PROOF_TIME_MS) return failed('time');
  return { ok: true, nonce: claims.nonce };
};

interface Claims {
  readonly htm: string;
  readonly htu: string;
  readonly nonce: string;
  readonly iat: number;
}
function claimsIn(text: string): Claims | null {
  let value: Partial<Record<keyof Claims, unknown>> | null;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as typeof value;
  } catch {
    return null;
  }
  const { htm, htu, nonce, iat } = value ?? {};
  const isWhole = [htm, htu, nonce].every((one) => typeof one === 'string') && typeof iat === 'number';
  return isWhole ? ({ htm, htu, nonce, iat } as Claims) : null;
}
