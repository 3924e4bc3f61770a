/** What a change of an account's key must show (RFC 8555 7.3.5), once the key that it has has signed the request. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Account } from './acme-bindings.ts';
import { isSignedBy, jwkOf, readInner, thumbprintOf, type Jwk, type Jws } from './acme-jws.ts';

/** @param asked the account that signed, and its URL */
export function newKeyIn(outer: Jws, asked: { readonly account: Account; readonly url: string }): Result<Jwk, Refusal> {
  const read = readInner(outer.payload);
  if (!read.ok) return read;
  const { by, url, payload } = read.value;
  const bad = (what: string): Result<never, Refusal> => refuse('invalid', 'malformed', `change key: ${what}`);
  if (!isSignedBy(read.value, by.jwk))
    return refuse('forbidden', 'unauthorized', 'change key: wanted the inner one signed by the new key');
  if (url !== outer.url) return bad('wanted the inner one meant for the same address');
  if (payload?.['account'] !== asked.url) return bad('wanted it for the account that signs');
  const old = jwkOf(payload['oldKey']);
  if (!old || thumbprintOf(old) !== thumbprintOf(asked.account.jwk)) return bad('wanted oldKey to be the key it has');
  return ok(by.jwk);
}
