/** A passkey's public key as others than WebAuthn libraries read it. */
import { convertCOSEtoPKCS } from '@simplewebauthn/server/helpers';

/** SubjectPublicKeyInfo of P-256 (RFC 5480), up to the point. */
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const POINT_BYTES = 65;

/** From the COSE key that was registered, base64url; null for one that is not ES256, which none of ours is. */
export function spkiOfPasskey(publicKey: string): string | null {
  const point = convertCOSEtoPKCS(Uint8Array.from(Buffer.from(publicKey, 'base64url')));
  return point.length === POINT_BYTES ? Buffer.concat([P256_PREFIX, point]).toString('base64url') : null;
}
