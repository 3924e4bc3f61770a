/** What ACME clients sign (RFC 7515, RFC 8555 6.2): one strict form, two algorithms, bounded before anything is decoded. */
import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

export const JWS_MAX_BYTES = 24_576;
const PART = /^[A-Za-z0-9_-]*$/;
const COORDINATE = /^[A-Za-z0-9_-]{43}$/;
const KID_MAX_CHARS = 200;

/** The public half of an account's key. */
export type Jwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

/** What was signed, wherever it stood: in the body of a request, or in the payload of one (a change of keys). */
export interface Signed {
  readonly alg: 'ES256' | 'EdDSA';
  readonly url: string;
  /** By whom: a key that comes along, or the account's URL. */
  readonly by: { readonly jwk: Jwk } | { readonly kid: string };
  /** Null for a POST-as-GET. */
  readonly payload: Readonly<Record<string, unknown>> | null;
  readonly signed: Buffer;
  readonly signature: Buffer;
}
export interface Jws extends Signed {
  readonly nonce: string;
}
export type JwsRefusal = Refusal<'malformed' | 'badSignatureAlgorithm' | 'badPublicKey'>;

const malformed = (what: string): Result<never, JwsRefusal> =>
  refuse('invalid', 'malformed', `read signed request: ${what}`);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function jsonOf(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

interface Parts {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}
/** Flattened JSON with these three members and no other: an unprotected header would be one that nobody signed. */
function partsOf(value: unknown): Parts | null {
  if (!isObject(value) || Object.keys(value).sort().join() !== 'payload,protected,signature') return null;
  const all = Object.values(value);
  return all.every((one) => typeof one === 'string' && PART.test(one)) ? (value as unknown as Parts) : null;
}

export function readJws(body: Uint8Array): Result<Jws, JwsRefusal> {
  if (body.length > JWS_MAX_BYTES) return malformed(`wanted at most ${JWS_MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return malformed('wanted JSON');
  }
  const read = readSigned(value);
  if (!read.ok) return read;
  const { nonce, ...jws } = read.value;
  return nonce === undefined ? malformed('its header lacks nonce or url') : ok({ ...jws, nonce });
}

/** The request within a change of keys (RFC 8555 7.3.5): signed by the key that came along, without a nonce of its own. */
export function readInner(value: unknown): Result<Signed & { readonly by: { readonly jwk: Jwk } }, JwsRefusal> {
  const read = readSigned(value);
  if (!read.ok) return read;
  const { nonce, by, ...inner } = read.value;
  if (nonce !== undefined) return malformed('wanted the inner one without a nonce');
  return 'jwk' in by ? ok({ ...inner, by }) : malformed('wanted the new key in the header of the inner one');
}

function readSigned(value: unknown): Result<Signed & { readonly nonce: string | undefined }, JwsRefusal> {
  const parts = partsOf(value);
  const header = parts && jsonOf(parts.protected);
  if (!parts || !header) return malformed('wanted protected, payload and signature in base64url, and nothing else');
  const { alg, nonce, url, jwk, kid, ...more } = header;
  if (Object.keys(more).length > 0) return malformed(`its header has "${Object.keys(more)[0]}", wanted it without`);
  if (alg !== 'ES256' && alg !== 'EdDSA')
    return refuse('invalid', 'badSignatureAlgorithm', 'read signed request: wanted ES256 or EdDSA');
  if ((nonce !== undefined && typeof nonce !== 'string') || typeof url !== 'string')
    return malformed('its header lacks nonce or url');
  if ((jwk === undefined) === (kid === undefined)) return malformed('wanted jwk or kid in its header, and not both');
  const by = kid === undefined ? readKey(jwk, alg) : readKid(kid);
  if (!by.ok) return by;
  const payload = parts.payload === '' ? null : jsonOf(parts.payload);
  if (parts.payload !== '' && payload === null) return malformed('its payload is no JSON object');
  const signed = Buffer.from(`${parts.protected}.${parts.payload}`, 'latin1');
  return ok({ alg, nonce, url, by: by.value, payload, signed, signature: Buffer.from(parts.signature, 'base64url') });
}

const readKid = (kid: unknown): Result<Signed['by'], JwsRefusal> =>
  typeof kid === 'string' && kid.length <= KID_MAX_CHARS ? ok({ kid }) : malformed('its kid is no account');

function readKey(given: unknown, alg: Signed['alg']): Result<Signed['by'], JwsRefusal> {
  const jwk = jwkOf(given);
  const fits = jwk && (jwk.kty === 'EC') === (alg === 'ES256');
  return fits
    ? ok({ jwk })
    : refuse(
        'invalid',
        'badPublicKey',
        'read signed request: wanted a P-256 key for ES256 or an Ed25519 key for EdDSA',
      );
}

/** Only the members that name the key; whatever else came along is left out. */
export function jwkOf(given: unknown): Jwk | null {
  if (!isObject(given)) return null;
  const { kty, crv, x, y } = given;
  if (typeof x !== 'string' || !COORDINATE.test(x)) return null;
  if (kty === 'OKP' && crv === 'Ed25519') return { kty, crv, x };
  return kty === 'EC' && crv === 'P-256' && typeof y === 'string' && COORDINATE.test(y) ? { kty, crv, x, y } : null;
}

export function isSignedBy({ alg, signed, signature }: Signed, jwk: Jwk): boolean {
  if ((jwk.kty === 'EC') !== (alg === 'ES256') || signature.length !== 64) return false;
  try {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    return alg === 'EdDSA'
      ? verify(null, signed, key, signature)
      : verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false; // no point of its curve
  }
}

/** RFC 7638: the members that name the key, in the order of their names. */
export function thumbprintOf(jwk: Jwk): string {
  const { kty, crv, x } = jwk;
  const text = JSON.stringify(jwk.kty === 'EC' ? { crv, kty, x, y: jwk.y } : { crv, kty, x });
  return createHash('sha256').update(text).digest('base64url');
}

/** Who binds a new account to a network (RFC 8555 7.3.4): its kid, before its key is known. */
export function bindingKid(binding: unknown): string | null {
  const parts = partsOf(binding);
  const kid = parts && jsonOf(parts.protected)?.['kid'];
  return typeof kid === 'string' && kid.length <= KID_MAX_CHARS ? kid : null;
}

/** Is this account key, for this URL, what the holder of the secret has bound? */
export function isBound(
  binding: unknown,
  wanted: { readonly jwk: Jwk; readonly url: string; readonly key: Buffer },
): boolean {
  const parts = partsOf(binding);
  const header = parts && jsonOf(parts.protected);
  if (!parts || header?.['alg'] !== 'HS256' || header['url'] !== wanted.url || 'nonce' in header) return false;
  const bound = jwkOf(jsonOf(parts.payload));
  if (!bound || thumbprintOf(bound) !== thumbprintOf(wanted.jwk)) return false;
  const given = Buffer.from(parts.signature, 'base64url');
  const right = createHmac('sha256', wanted.key).update(`${parts.protected}.${parts.payload}`).digest();
  return given.length === right.length && timingSafeEqual(given, right);
}
