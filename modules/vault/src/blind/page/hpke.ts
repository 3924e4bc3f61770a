/**
 * HPKE (RFC 9180) in base mode, one message a context: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. By Web Cryptography
 * alone, so that a page runs it as it is; what it makes, @hpke/core opens, and the other way round. A message is the encapsulated
 * key and the ciphertext, one after the other.
 */
import type { Bytes } from '../../domain/blind/shamir.ts';

const PUBLIC_BYTES = 65;
const SECRET_BYTES = 32;
const NONCE_BYTES = 12;
const HASH_BYTES = 32;
const KEM_ID = [0x00, 0x10];
const KDF_ID = [0x00, 0x01];
/** By the length of their key. */
const AEAD_IDS: Readonly<Record<number, readonly number[]>> = { 16: [0x00, 0x01], 32: [0x00, 0x02] };
const AES_256_BYTES = 32;
const MODE_BASE = 0;
const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const;
/** PKCS #8 of a key on P-256 up to its number, without its public key (RFC 5208, RFC 5915). */
const PKCS8 = Uint8Array.from([
  ...[0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08],
  ...[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20],
]);

export interface KeyPair {
  /** Uncompressed point. */
  readonly publicKey: Bytes;
  /** The number alone, 32 bytes. */
  readonly secret: Bytes;
}

const text = (value: string): Bytes => new TextEncoder().encode(value);
export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
const own = (bytes: Uint8Array): Bytes => new Uint8Array(bytes);
export const toText = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
export const fromText = (value: string): Bytes =>
  Uint8Array.from(atob(value.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));

async function hmac(key: Uint8Array, data: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey('raw', own(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data));
}
/** An HMAC under no salt is one under zeros (RFC 5869). */
const NO_SALT = new Uint8Array(HASH_BYTES);

interface Labelled {
  readonly suite: Bytes;
  readonly label: string;
}
const extract = (salt: Uint8Array, { suite, label }: Labelled, input: Uint8Array): Promise<Bytes> =>
  hmac(salt, concat(text('HPKE-v1'), suite, text(label), input));
/** At most one block of the hash, which is all that HPKE takes here. */
async function expand(
  ...[key, { suite, label }, [info, length]]: readonly [Bytes, Labelled, readonly [Uint8Array, number]]
): Promise<Bytes> {
  const labelled = concat([length >> 8, length & 0xff], text('HPKE-v1'), suite, text(label), info);
  return (await hmac(key, concat(labelled, [1]))).slice(0, length);
}

const importPublic = (key: Uint8Array): Promise<CryptoKey> => crypto.subtle.importKey('raw', own(key), CURVE, true, []);
const importSecret = (secret: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', concat(PKCS8, secret), CURVE, true, ['deriveBits']);

async function pairOf(key: CryptoKey): Promise<KeyPair> {
  const { x, y, d } = await crypto.subtle.exportKey('jwk', key);
  return { publicKey: concat([4], fromText(x!), fromText(y!)), secret: fromText(d!) };
}
export async function newKeyPair(): Promise<KeyPair> {
  const { privateKey } = await crypto.subtle.generateKey(CURVE, true, ['deriveBits']);
  return pairOf(privateKey);
}
/** Rejects for what is no key on the curve. */
export const keyPairFrom = async (secret: Uint8Array): Promise<KeyPair> => pairOf(await importSecret(secret));

interface Shared {
  readonly enc: Uint8Array;
  readonly recipient: Uint8Array;
}
/** DHKEM: what both sides share, for this message alone. */
async function sharedSecret(secret: CryptoKey, other: Uint8Array, { enc, recipient }: Shared): Promise<Bytes> {
  const suite = concat(text('KEM'), KEM_ID);
  const bits = await crypto.subtle.deriveBits(
    { name: 'ECDH', public: await importPublic(other) },
    secret,
    HASH_BYTES * 8,
  );
  const prk = await extract(NO_SALT, { suite, label: 'eae_prk' }, new Uint8Array(bits));
  return expand(prk, { suite, label: 'shared_secret' }, [concat(enc, recipient), HASH_BYTES]);
}

/** The key and nonce of the first message. */
async function schedule(shared: Bytes, info: Uint8Array, keyBytes: number): Promise<{ key: CryptoKey; iv: Bytes }> {
  const suite = concat(text('HPKE'), KEM_ID, KDF_ID, AEAD_IDS[keyBytes]!);
  const ids = await extract(NO_SALT, { suite, label: 'psk_id_hash' }, new Uint8Array());
  const infos = await extract(NO_SALT, { suite, label: 'info_hash' }, info);
  const context = concat([MODE_BASE], ids, infos);
  const secret = await extract(shared, { suite, label: 'secret' }, new Uint8Array());
  const key = await expand(secret, { suite, label: 'key' }, [context, keyBytes]);
  const iv = await expand(secret, { suite, label: 'base_nonce' }, [context, NONCE_BYTES]);
  return { key: await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']), iv };
}

export async function seal(publicKey: Uint8Array, info: Uint8Array, plain: Uint8Array): Promise<Bytes> {
  const ephemeral = await newKeyPair();
  const enc = ephemeral.publicKey;
  const shared = await sharedSecret(await importSecret(ephemeral.secret), publicKey, { enc, recipient: publicKey });
  const { key, iv } = await schedule(shared, info, AES_256_BYTES);
  return concat(enc, new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, own(plain))));
}

export interface OpenOptions {
  readonly info: Uint8Array;
  readonly additional?: Uint8Array;
  /** 16 for AES-128-GCM, which is there for the vectors of the RFC. */
  readonly keyBytes?: number;
}
/** `null` for what was changed, was sealed to another key, or belongs somewhere else. */
export async function open(
  { secret, publicKey }: KeyPair,
  sealed: Uint8Array,
  { info, additional = new Uint8Array(), keyBytes = AES_256_BYTES }: OpenOptions,
): Promise<Bytes | null> {
  if (sealed.length <= PUBLIC_BYTES || secret.length !== SECRET_BYTES) return null;
  try {
    const enc = sealed.slice(0, PUBLIC_BYTES);
    const shared = await sharedSecret(await importSecret(secret), enc, { enc, recipient: publicKey });
    const { key, iv } = await schedule(shared, info, keyBytes);
    const how = { name: 'AES-GCM', iv, additionalData: own(additional) };
    return new Uint8Array(await crypto.subtle.decrypt(how, key, own(sealed.slice(PUBLIC_BYTES))));
  } catch {
    return null;
  }
}
