/** A person's own key at rest: under a key that their passkey alone makes (WebAuthn `prf`), so that nobody else can open it. Pages run this file as it is. */
import { wrapInfo } from '../../domain/blind/contexts.ts';
import type { Bytes } from '../../domain/blind/shamir.ts';
import { concat } from './hpke.ts';

const NONCE_BYTES = 12;

export interface WrapPlace {
  readonly person: string;
  /** The passkey's id, base64url. */
  readonly credential: string;
}

async function wrappingKey(prf: Uint8Array, { person, credential }: WrapPlace): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', new Uint8Array(prf), 'HKDF', false, ['deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: wrapInfo(person, credential) };
  return crypto.subtle.deriveKey(how, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** @param prf what the passkey answered, 32 bytes; Nonce, ciphertext, tag */
export async function wrapKey(prf: Uint8Array, place: WrapPlace, secret: Uint8Array): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const additionalData = wrapInfo(place.person, place.credential);
  const key = await wrappingKey(prf, place);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, new Uint8Array(secret));
  return concat(iv, new Uint8Array(sealed));
}
/** `null` where it is of another passkey or person, or was changed. */
export async function unwrapKey(prf: Uint8Array, place: WrapPlace, wrapped: Uint8Array): Promise<Bytes | null> {
  try {
    const iv = new Uint8Array(wrapped.slice(0, NONCE_BYTES));
    const additionalData = wrapInfo(place.person, place.credential);
    const how = { name: 'AES-GCM', iv, additionalData };
    const key = await wrappingKey(prf, place);
    return new Uint8Array(await crypto.subtle.decrypt(how, key, new Uint8Array(wrapped.slice(NONCE_BYTES))));
  } catch {
    return null;
  }
}
