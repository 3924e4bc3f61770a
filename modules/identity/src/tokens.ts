/** Short tokens of services (RFC 9068): issued to whoever has shown who they are, and read again on every call. */
import { createHash, randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { ok, refuse, SECOND_MS, type Clock, type Refusal, type Result } from '@cityward/kernel';
import { TOKEN_LIFE_MS } from './domain/services.ts';
import { TOKEN_ALGORITHM, type TokenKeys } from './token-keys.ts';

export const TOKEN_MAX_CHARS = 4_096;
const TOKEN_TYPE = 'at+jwt';
const NEEDED = ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'client_id', 'scope'];

export interface TokenClaims {
  readonly service: string;
  readonly scope: readonly string[];
  /** Hash of the certificate that it only counts with (RFC 8705); null for none. */
  readonly certificate: string | null;
}
export interface Tokens {
  issue(claims: TokenClaims): Promise<{ readonly token: string; readonly expiresIn: number }>;
  /** Signature, issuer, audience and times. Whether the service still stands is asked apart. */
  read(token: string): Promise<Result<TokenClaims, Refusal<'TOKEN_NOT_VALID'>>>;
}

export interface TokensParts {
  readonly issuer: string;
  readonly keys: TokenKeys;
  readonly clock: Clock;
}

export const audienceOf = (issuer: string): string => `${issuer}/api`;
/** As tokens name a certificate: base64url of its SHA-256 (RFC 8705 3.1). */
export const thumbprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('base64url');

export function createTokens({ issuer, keys, clock }: TokensParts): Tokens {
  const expected = {
    algorithms: [TOKEN_ALGORITHM],
    issuer,
    audience: audienceOf(issuer),
    typ: TOKEN_TYPE,
    requiredClaims: NEEDED,
    maxTokenAge: TOKEN_LIFE_MS / SECOND_MS,
  };
  return {
    issue: async ({ service, scope, certificate }) => {
      const { kid, key } = keys.signing();
      const now = Math.floor(clock() / SECOND_MS);
      const bound = certificate === null ? {} : { cnf: { 'x5t#S256': certificate } };
      const token = await new SignJWT({ client_id: service, scope: scope.join(' '), ...bound })
        .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE, kid })
        .setIssuer(issuer)
        .setAudience(audienceOf(issuer))
        .setSubject(service)
        .setJti(randomUUID())
        .setIssuedAt(now)
        .setExpirationTime(now + TOKEN_LIFE_MS / SECOND_MS)
        .sign(key);
      return { token, expiresIn: TOKEN_LIFE_MS / SECOND_MS };
    },
    read: async (token) => {
      if (token.length > TOKEN_MAX_CHARS) return notValid(`wanted at most ${TOKEN_MAX_CHARS} characters`);
      try {
        const { payload } = await jwtVerify(
          token,
          ({ kid }) => {
            const key = keys.verifying(kid ?? '');
            if (!key) throw new errors.JWKSNoMatchingKey();
            return key;
          },
          { ...expected, currentDate: new Date(clock()) },
        );
        return claimsIn(payload);
      } catch (fault) {
        if (fault instanceof errors.JOSEError) return notValid(fault.message);
        throw fault;
      }
    },
  };
}

function claimsIn(payload: Readonly<Record<string, unknown>>): Result<TokenClaims, Refusal<'TOKEN_NOT_VALID'>> {
  const { sub, client_id: client, scope, cnf } = payload;
  if (typeof sub !== 'string' || client !== sub || typeof scope !== 'string')
    return notValid('wanted its subject to be the client that it was issued to');
  const bound = (cnf as { readonly 'x5t#S256'?: unknown } | undefined)?.['x5t#S256'];
  if (cnf !== undefined && typeof bound !== 'string') return notValid('wanted a confirmation by certificate');
  return ok({
    service: sub,
    scope: scope.split(' '),
    certificate: typeof bound === 'string' ? bound : null,
  });
}

const notValid = (why: string): Result<never, Refusal<'TOKEN_NOT_VALID'>> =>
  refuse('forbidden', 'TOKEN_NOT_VALID', `read token: ${why}`);
