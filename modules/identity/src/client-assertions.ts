/** Assertions by which a service shows its key (RFC 7523, private_key_jwt): for us, for now, and once. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { decodeJwt, errors, jwtVerify } from 'jose';
import { MINUTE_MS, ok, refuse, SECOND_MS, type Clock, type Refusal, type Result } from '@cityward/kernel';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const ASSERTION_MAX_CHARS = 4_096;
/** From issue to end at most: so long a used one must be remembered. */
const ASSERTION_LIFE_MS = 5 * MINUTE_MS;
const USED_MAX = 20_000;
const JTI_MAX_CHARS = 200;

export interface Assertions {
  /** Whom it says to be from, unverified; null where nothing can be read. */
  claimed(assertion: string): string | null;
  /** Verifies it with the key of that service, and uses it up. */
  accept(
    assertion: string,
    service: { readonly id: string; readonly publicKey: string },
  ): Promise<Result<void, Refusal>>;
}

export function createAssertions({
  audiences,
  clock,
}: {
  readonly audiences: readonly string[];
  readonly clock: Clock;
}): Assertions {
  /** `service jti` to when it can be forgotten. */
  const used = new Map<string, number>();
  const began = clock();

  const useUp = (key: string, until: number): boolean => {
    const now = clock();
    for (const [old, end] of used) {
      if (end > now) break; // about in order, since lives are bounded
      used.delete(old);
    }
    if (used.has(key) || used.size >= USED_MAX) return false;
    used.set(key, until);
    return true;
  };

  return {
    claimed: (assertion) => {
      if (assertion.length > ASSERTION_MAX_CHARS) return null;
      try {
        return decodeJwt(assertion).sub ?? null;
      } catch {
        return null;
      }
    },
    accept: async (assertion, { id, publicKey }) => {
      const key = createPublicKey(publicKey);
      try {
        const { payload } = await jwtVerify(assertion, key, {
          algorithms: algorithmsOf(key),
          issuer: id,
          subject: id,
          audience: [...audiences],
          requiredClaims: ['jti', 'exp', 'iat'],
          maxTokenAge: ASSERTION_LIFE_MS / SECOND_MS,
          currentDate: new Date(clock()),
        });
        const { jti = '', exp = 0, iat = 0 } = payload;
        if (jti === '' || jti.length > JTI_MAX_CHARS) return notAccepted(id, 'its jti is not fit to be remembered');
        if ((exp - iat) * SECOND_MS > ASSERTION_LIFE_MS) return notAccepted(id, 'it lives longer than five minutes');
        // What was used before a restart is forgotten; so nothing from before it counts.
        if ((iat + 1) * SECOND_MS <= began) return notAccepted(id, 'it is from before this city started');
        if (!useUp(`${id} ${jti}`, exp * SECOND_MS)) return notAccepted(id, 'it was used already');
        return ok(undefined);
      } catch (fault) {
        if (fault instanceof errors.JOSEError) return notAccepted(id, fault.message);
        throw fault;
      }
    },
  };
}

/** By the key alone: what the assertion says about its algorithm decides nothing. */
function algorithmsOf(key: KeyObject): string[] {
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  if (key.asymmetricKeyType === 'rsa') return ['PS256', 'RS256'];
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? ['ES384'] : ['ES256'];
}

const notAccepted = (id: string, why: string): Result<never, Refusal> =>
  refuse('forbidden', 'ASSERTION_NOT_ACCEPTED', `authenticate service "${id}": ${why}`);
