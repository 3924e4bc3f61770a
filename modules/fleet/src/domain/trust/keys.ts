/** Officers' public keys: read strictly, weak ones refused, signatures checked by the one algorithm that was pinned. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { OfficerKey } from '@cityward/contracts';
import { fromBase64Url } from './bytes.ts';

export const COSE_ES256 = -7;
export const COSE_EDDSA = -8;
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Points of small order, sign bit left out: "signatures" by such a key are made without any secret. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** An Ed25519 key from its 32 bytes in base64url; null when it is none, or a weak one. */
export function ed25519Key(publicKey: string): KeyObject | null {
  const raw = fromBase64Url(publicKey);
  if (raw?.length !== ED25519_KEY_BYTES || isSmallOrder(raw)) return null;
  return spkiKey(Buffer.concat([ED25519_SPKI_PREFIX, raw]));
}

function isSmallOrder(raw: Buffer): boolean {
  const unsigned = Buffer.from(raw);
  unsigned[ED25519_KEY_BYTES - 1]! &= 0x7f;
  return SMALL_ORDER.has(unsigned.toString('hex'));
}

function spkiKey(der: Buffer): KeyObject | null {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    // Another spelling of the same key would count as another key.
    return key.export({ format: 'der', type: 'spki' }).equals(der) ? key : null;
  } catch {
    return null;
  }
}

/** A passkey's key from its SubjectPublicKeyInfo; null unless it is of exactly the pinned algorithm. */
function passkeyKey(publicKey: string, cose: number): KeyObject | null {
  const der = fromBase64Url(publicKey);
  const key = der && spkiKey(der);
  if (!key) return null;
  if (cose === COSE_EDDSA) {
    const raw = key.asymmetricKeyType === 'ed25519' ? der.subarray(ED25519_SPKI_PREFIX.length) : null;
    return raw && !isSmallOrder(raw) ? key : null;
  }
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : null;
  return cose === COSE_ES256 && curve === 'prime256v1' ? key : null;
}

/** The key to verify with; null when it cannot be one. */
export const keyObject = (key: OfficerKey): KeyObject | null =>
  key.alg === 'ed25519' ? ed25519Key(key.publicKey) : passkeyKey(key.publicKey, key.cose);

export function verifyEd25519(bytes: Uint8Array, key: KeyObject, signature: string): boolean {
  const raw = fromBase64Url(signature);
  if (raw?.length !== ED25519_SIGNATURE_BYTES || key.asymmetricKeyType !== 'ed25519') return false;
  return safely(() => verify(null, bytes, key, raw));
}

/** ES256 (DER) or EdDSA, by what the key is: the key's kind was checked against its pinned algorithm. */
export function verifyPasskeyBytes(bytes: Uint8Array, key: KeyObject, signature: Buffer): boolean {
  return safely(() => verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, key, signature));
}

/** OpenSSL throws on some malformed signatures; they are simply wrong. */
function safely(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
