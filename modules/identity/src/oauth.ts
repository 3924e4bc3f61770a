/** The token endpoint (RFC 6749, client credentials), its description (RFC 8414) and keys: errors in the words of those standards. */
import { DATA_SETS } from '@cityward/contracts';
import type { PeerFacts, RawReply, RawRequest, RawRoute } from '@cityward/http';
import { MINUTE_MS, SECOND_MS, type Clock } from '@cityward/kernel';
import { ASSERTION_TYPE, type Assertions } from './client-assertions.ts';
import { scopeOf, type ServiceRecord } from './domain/services.ts';
import { createLimiter } from './limiter.ts';
import type { RefusalNotes } from './refusals.ts';
import type { Services } from './services.ts';
import type { TokenKeys } from './token-keys.ts';
import { thumbprintOf, type Tokens } from './tokens.ts';

export const FORM_MAX_BYTES = 16_384;
const FORM_FIELDS_MAX = 20;
const BASIC_MAX_CHARS = 1_024;
const FAILURES_PER_MINUTE_MAX = 20;
const CALLERS_MAX = 10_000;
const KEYS_AGE_SECONDS = 300;
export const OAUTH_PATHS = {
  token: '/oauth/token',
  jwks: '/.well-known/jwks.json',
  metadata: '/.well-known/oauth-authorization-server',
} as const;

export interface OauthParts {
  readonly issuer: string;
  readonly services: Services;
  readonly tokens: Tokens;
  readonly keys: TokenKeys;
  readonly assertions: Assertions;
  readonly refusals: RefusalNotes;
  readonly clock: Clock;
}
type ErrorCode = 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type' | 'slow_down';
interface Failure {
  readonly error: ErrorCode;
  readonly description: string;
}
interface Known {
  readonly service: ServiceRecord;
  /** The certificate that it was known by, to bind the token to; null for another way. */
  readonly certificate: string | null;
}
const isFailure = (one: object): one is Failure => 'error' in one;

/** What anybody may fetch to verify tokens elsewhere. */
export const keyRoutes = ({
  issuer,
  keys,
}: {
  readonly issuer: string;
  readonly keys: () => TokenKeys;
}): RawRoute[] => [
  {
    name: 'tokenKeys',
    method: 'GET',
    path: OAUTH_PATHS.jwks,
    action: 'readServiceKeys',
    handle: () => json(200, keys().jwks(), { 'cache-control': `public, max-age=${KEYS_AGE_SECONDS}` }),
  },
  {
    name: 'tokenService',
    method: 'GET',
    path: OAUTH_PATHS.metadata,
    action: 'readServiceKeys',
    handle: () => json(200, metadataOf(issuer), { 'cache-control': `public, max-age=${KEYS_AGE_SECONDS}` }),
  },
];

export function tokenRoute(parts: () => OauthParts): RawRoute {
  const limiter = createLimiter({ failuresMax: FAILURES_PER_MINUTE_MAX, windowMs: MINUTE_MS, keysMax: CALLERS_MAX });
  return {
    name: 'serviceToken',
    method: 'POST',
    path: OAUTH_PATHS.token,
    action: 'askToken',
    bodyMaxBytes: FORM_MAX_BYTES,
    handle: async (request) => {
      const { services, refusals, clock, assertions } = parts();
      const form = readForm(request);
      if (isFailure(form)) return failed(form);
      const claimed = claimedBy(request, form, assertions);
      const caller = `${request.ip} ${services.record(claimed ?? '') ? claimed : 'unknown'}`;
      const waitMs = limiter.waitMs(caller, clock());
      if (waitMs > 0) return slowDown(waitMs);
      const answer = await token(parts(), request, form);
      if (!isFailure(answer)) return answer;
      if (answer.error === 'invalid_client') {
        limiter.failed(caller, clock());
        refusals.note(claimed ?? 'unknown', { way: 'OAuth', code: 'CLIENT_NOT_ACCEPTED', address: request.ip });
      }
      return failed(answer);
    },
  };
}

async function token(parts: OauthParts, request: RawRequest, form: URLSearchParams): Promise<RawReply | Failure> {
  if (form.get('grant_type') !== 'client_credentials')
    return { error: 'unsupported_grant_type', description: 'wanted grant_type client_credentials' };
  const known = await knownBy(parts, request, form);
  if (isFailure(known)) return known;
  const { service, certificate } = known;
  const scope = scopeOf(service.reach, form.get('scope'));
  if (!scope) return { error: 'invalid_scope', description: 'wanted data that the service was registered for' };
  const issued = await parts.tokens.issue({ service: service.id, scope, certificate });
  parts.services.used(service.id);
  const body = {
    access_token: issued.token,
    token_type: 'Bearer',
    expires_in: issued.expiresIn,
    scope: scope.join(' '),
  };
  return json(200, body, { 'cache-control': 'no-store' });
}

const NOT_KNOWN: Failure = { error: 'invalid_client', description: 'the service is not known by what it showed' };

/** Exactly one way to show who one is: two at once are refused (RFC 6749 2.3). */
async function knownBy(parts: OauthParts, request: RawRequest, form: URLSearchParams): Promise<Known | Failure> {
  const ways = [request.headers.authorization, form.get('client_assertion')].filter((way) => way != null);
  if (ways.length > 1) return { error: 'invalid_request', description: 'wanted one way of authentication' };
  if (form.has('client_secret'))
    return { error: 'invalid_request', description: 'wanted the secret in the Authorization header, not in the body' };
  if (request.headers.authorization !== undefined) return bySecret(parts, request.headers.authorization, form);
  if (form.has('client_assertion')) return byAssertion(parts, form);
  return byCertificate(parts, request.peer, form.get('client_id'));
}

function bySecret({ services }: OauthParts, header: string, form: URLSearchParams): Known | Failure {
  const pair = readBasic(header);
  if (!pair || (form.has('client_id') && form.get('client_id') !== pair.id)) return NOT_KNOWN;
  const service = services.active(pair.id);
  return services.isSecret(pair.id, pair.secret) && service ? { service, certificate: null } : NOT_KNOWN;
}

async function byAssertion({ services, assertions }: OauthParts, form: URLSearchParams): Promise<Known | Failure> {
  if (form.get('client_assertion_type') !== ASSERTION_TYPE)
    return { error: 'invalid_request', description: `wanted client_assertion_type ${ASSERTION_TYPE}` };
  const assertion = form.get('client_assertion')!;
  const id = assertions.claimed(assertion);
  const service = id === null ? null : services.active(id);
  if (!service?.publicKey || (form.has('client_id') && form.get('client_id') !== id)) return NOT_KNOWN;
  const accepted = await assertions.accept(assertion, { id: service.id, publicKey: service.publicKey });
  return accepted.ok ? { service, certificate: null } : { ...NOT_KNOWN, description: accepted.error.message };
}

function byCertificate({ services }: OauthParts, peer: PeerFacts | null, id: string | null): Known | Failure {
  const service = peer?.authorized ? services.certified(peer.serial) : null;
  return service && service.id === id && peer
    ? { service, certificate: thumbprintOf(peer.der) }
    : { ...NOT_KNOWN, description: 'wanted a secret, an assertion or the certificate of the client_id' };
}

/** Whom it says to be from, for limits and facts only. */
function claimedBy(request: RawRequest, form: URLSearchParams, assertions: Assertions): string | null {
  const basic = request.headers.authorization === undefined ? null : readBasic(request.headers.authorization);
  return basic?.id ?? assertions.claimed(form.get('client_assertion') ?? '') ?? form.get('client_id');
}

function readBasic(header: string): { readonly id: string; readonly secret: string } | null {
  const base64 = header.length <= BASIC_MAX_CHARS ? /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1] : undefined;
  if (base64 === undefined) return null;
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return null;
  try {
    // Both parts are written as in a form (RFC 6749 2.3.1).
    return { id: decodeURIComponent(text.slice(0, colon)), secret: decodeURIComponent(text.slice(colon + 1)) };
  } catch {
    return null;
  }
}

function readForm({ headers, body }: RawRequest): URLSearchParams | Failure {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded')
    return { error: 'invalid_request', description: 'wanted application/x-www-form-urlencoded' };
  const form = new URLSearchParams(body.toString('utf8'));
  const names = [...form.keys()];
  if (names.length > FORM_FIELDS_MAX || new Set(names).size !== names.length)
    return { error: 'invalid_request', description: 'wanted each field once' };
  return form;
}

const json = (status: number, body: object, headers: Readonly<Record<string, string>>): RawReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});

function failed({ error, description }: Failure): RawReply {
  const client = error === 'invalid_client';
  const challenge = client ? { 'www-authenticate': 'Basic realm="cityward"' } : {};
  const headers = { 'cache-control': 'no-store', ...challenge };
  return json(
    client ? 401 : 400,
    { error, error_description: description.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'") },
    headers,
  );
}

const slowDown = (waitMs: number): RawReply =>
  json(
    429,
    { error: 'slow_down', error_description: 'too many attempts that failed' },
    { 'cache-control': 'no-store', 'retry-after': String(Math.ceil(waitMs / SECOND_MS)) },
  );

const metadataOf = (issuer: string): object => ({
  issuer,
  token_endpoint: `${issuer}${OAUTH_PATHS.token}`,
  jwks_uri: `${issuer}${OAUTH_PATHS.jwks}`,
  grant_types_supported: ['client_credentials'],
  response_types_supported: [],
  scopes_supported: DATA_SETS,
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt', 'tls_client_auth'],
  token_endpoint_auth_signing_alg_values_supported: ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256'],
  tls_client_certificate_bound_access_tokens: true,
});
