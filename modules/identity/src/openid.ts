/** The city's OpenID provider, behind a narrow port: where to send a browser, and who came back. */
import * as client from 'openid-client';
import { ok, refuse, SECOND_MS, type Clock, type Refusal, type Result, type Secret } from '@cityward/kernel';
import { thinned, type Log } from '@cityward/log';

const TIMEOUT_SECONDS = 10;
const ANSWER_MAX_BYTES = 1_048_576;
/** After a failed look at the provider, so that nobody makes us ask a provider that is down again and again. */
const RETRY_MS = 5 * SECOND_MS;
const SERVER_FAULT = 500;
const SCOPE = 'openid';
const PKCE = 'S256';

/** What an attempt is tied to; all three are ours alone and never used twice. */
export interface Ties {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface OpenIdProvider {
  readonly issuer: string;
  /** The provider's page for the browser. */
  urlFor(ties: Ties): Promise<Result<string, Refusal>>;
  /** Who signed in there, by the provider's own name for them. `answer` is the query that the browser came back with. */
  subjectOf(answer: string, ties: Ties): Promise<Result<string, Refusal>>;
}

export interface OpenIdParts {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly redirectUri: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A TypeError passes through the library unchanged. */
class Away extends TypeError {}

export const providerAway = (): Result<never, Refusal> =>
  refuse(
    'unavailable',
    'PROVIDER_AWAY',
    "sign in with the city account: the city's sign-in provider does not answer, wanted another way or another time",
  );
const notConfirmed = (): Result<never, Refusal> =>
  refuse(
    'forbidden',
    'PROVIDER_ANSWER_NOT_VALID',
    "sign in with the city account: the provider's answer does not belong to this attempt or was changed, wanted a new attempt",
  );
const notCompleted = (): Result<never, Refusal> =>
  refuse(
    'forbidden',
    'PROVIDER_SIGN_IN_REFUSED',
    'sign in with the city account: the provider ended the attempt, wanted one that is completed there',
  );

/** Nothing is asked of the provider before somebody wants to sign in. */
export function openIdProvider(parts: OpenIdParts): OpenIdProvider {
  const { issuer, redirectUri, clock, log } = parts;
  const thin = thinned(log, { clock });
  const configured = createDiscovery(parts);
  const away = (fault: unknown): Result<never, Refusal> => {
    thin.warn({ what: 'the sign-in provider does not answer', who: issuer }, { fault: faultOf(fault) });
    return providerAway();
  };
  const discovered = (): Promise<Result<client.Configuration, Refusal>> => configured().then(ok, away);
  return {
    issuer,
    urlFor: async ({ state, nonce, verifier }) => {
      const found = await discovered();
      if (!found.ok) return found;
      const url = client.buildAuthorizationUrl(found.value, {
        redirect_uri: redirectUri,
        scope: SCOPE,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: PKCE,
      });
      return ok(url.href);
    },
    subjectOf: async (answer, { state, nonce, verifier }) => {
      const found = await discovered();
      if (!found.ok) return found;
      try {
        const tokens = await client.authorizationCodeGrant(found.value, new URL(`${redirectUri}?${answer}`), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        return ok(tokens.claims()!.sub);
      } catch (fault) {
        if (isAway(fault)) return away(fault);
        thin.warn({ what: 'an answer of the sign-in provider was refused', who: issuer }, { fault: faultOf(fault) });
        return fault instanceof client.AuthorizationResponseError ? notCompleted() : notConfirmed();
      }
    },
  };
}

/** Asks for the provider's own description once; a failure is remembered for a moment, and one question is under way at most. */
function createDiscovery({ issuer, clientId, clientSecret, clock }: OpenIdParts): () => Promise<client.Configuration> {
  let asked: Promise<client.Configuration> | null = null;
  let again = 0;
  const url = new URL(issuer);
  return () => {
    if (asked && clock() < again) return asked;
    again = Infinity;
    asked = client.discovery(url, clientId, {}, client.ClientSecretBasic(clientSecret.reveal()), {
      timeout: TIMEOUT_SECONDS,
      [client.customFetch]: boundedFetch,
      // A signature is asked for although the token comes by TLS: http on this machine is allowed.
      execute: [client.enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : [])],
    });
    asked.catch(() => (again = clock() + RETRY_MS));
    return asked;
  };
}

/** The answer of a provider, in full and of a bounded size, or `Away`. */
const boundedFetch: client.CustomFetch = async (url, options) => {
  const answer = await fetch(url, options as RequestInit).catch((fault: unknown) => {
    throw new Away(faultOf(fault));
  });
  if (answer.status >= SERVER_FAULT) throw new Away(`status ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > ANSWER_MAX_BYTES) throw new Away(`more than ${ANSWER_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new Response(size === 0 ? null : Buffer.concat(chunks), { status: answer.status, headers: answer.headers });
};

const isAway = (fault: unknown): boolean =>
  fault instanceof Away || (fault instanceof client.ClientError && fault.code === 'OAUTH_TIMEOUT');

/** What is wrong, without what was sent: answers hold codes and tokens. */
const faultOf = (fault: unknown): string => (fault instanceof Error ? fault.message : 'unknown').slice(0, 200);
