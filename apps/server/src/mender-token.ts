/**
 * What Mender clients show that they were authorised with: a request signed by their own key, answered by a token. Who they are, TLS
 * has proved already; the token holds for that certificate only, and for nothing without it.
 */
import {
  createHash,
  createHmac,
  createPublicKey,
  randomBytes,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import { DAY_MS, type Clock } from '@cityward/kernel';

export const TOKEN_LIFE_MS = DAY_MS;
const SECRET_BYTES = 32;
const TOKEN_MAX_CHARS = 1_024;
const SIGNATURE_MAX_CHARS = 2_048;
const RSA_MIN_BITS = 2_048;
const RSA_MAX_BITS = 8_192;
const CURVES: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

/** SHA-256 of a certificate, as Node prints it. */
export interface Bearer {
  readonly device: string;
  readonly fingerprint256: string;
}
export interface MenderTokens {
  issue(to: Bearer): string;
  /** Whether this token was given to this device under this certificate, and still holds. */
  holds(token: string, of: Bearer): boolean;
}

/** The secret lives as long as the process: after a restart clients are refused once and ask anew, as they do at any 401. */
export function createMenderTokens(clock: Clock): MenderTokens {
  const secret = randomBytes(SECRET_BYTES);
  const sealOf = (text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  // RFC 8705, section 3.1.
  const thumbprint = (fingerprint256: string): string =>
    Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  return {
    issue: ({ device, fingerprint256 }) => {
      const now = Math.floor(clock() / 1_000);
      const claims = {
        iss: 'cityward',
        sub: device,
        jti: randomBytes(12).toString('base64url'),
        iat: now,
        exp: now + TOKEN_LIFE_MS / 1_000,
        cnf: { 'x5t#S256': thumbprint(fingerprint256) },
      };
      const text = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${text}.${sealOf(text).toString('base64url')}`;
    },
    holds: (token, { device, fingerprint256 }) => {
      if (token.length > TOKEN_MAX_CHARS) return false;
      const at = token.lastIndexOf('.');
      const [text, sealed] = [token.slice(0, at), Buffer.from(token.slice(at + 1), 'base64url')];
      // The seal first: nothing of what somebody else wrote is read.
      const seal = sealOf(text);
      if (sealed.length !== seal.length || !timingSafeEqual(sealed, seal)) return false;
      const claims = JSON.parse(Buffer.from(text.slice(HEADER.length + 1), 'base64url').toString()) as {
        readonly sub: string;
        readonly exp: number;
        readonly cnf: { readonly 'x5t#S256': string };
      };
      return (
        claims.sub === device && claims.cnf['x5t#S256'] === thumbprint(fingerprint256) && claims.exp * 1_000 > clock()
      );
    },
  };
}

/** The key that signed the body; null where it did not, or is of no kind that is taken. */
export function signerOf(body: Uint8Array, publicKey: string, signature: string): KeyObject | null {
  if (signature.length > SIGNATURE_MAX_CHARS) return null;
  try {
    const key = createPublicKey(publicKey);
    const bytes = Buffer.from(signature, 'base64');
    return isTaken(key) && verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', body, key, bytes) ? key : null;
  } catch {
    return null;
  }
}

function isTaken({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa') return modulusLength >= RSA_MIN_BITS && modulusLength <= RSA_MAX_BITS;
  return asymmetricKeyType === 'ed25519' || (asymmetricKeyType === 'ec' && CURVES.has(namedCurve));
}

/** Names a key on a card: SHA-256 of its SPKI, hex. */
export const keyHashOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
