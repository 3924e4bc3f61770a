/** What every request passes first (trust, authentication, screening) and what every failed one ends in (a Problem). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import { OperationalFault, refuse, SECOND_MS } from '@cityward/kernel';
import type { TLSSocket } from 'node:tls';
import { factsOf, peerOf, readCookie, writeCookie } from './facts.ts';
import { SECURITY_HEADERS } from './headers.ts';
import type { Asked, HttpListenerOptions, RequestFacts } from './options.ts';
import { URL_MAX_CHARS } from './options.ts';
import { outageOf, problemOf, RefusedRequest, refusalOf, unexpected } from './problems.ts';
import { checkOrigin, trustRules } from './trust.ts';
import type { Caller } from './types.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What policy is asked; a route without it cannot be registered. */
    asked?: Asked;
  }
}

export const SESSION_COOKIE = 'cityward-session';

/** What the parts of one listener share. */
export interface Host {
  readonly options: HttpListenerOptions;
  readonly callers: WeakMap<FastifyRequest, Caller>;
  readonly asked: Asked[];
}

export const pathOf = (url: string): string => {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
};

const must = <T>(result: Result<T, Refusal>): T => {
  if (!result.ok) throw new RefusedRequest(result.error);
  return result.value;
};

export const headersOf = ({ headers }: HttpListenerOptions): Readonly<Record<string, string>> =>
  headers ?? SECURITY_HEADERS;

/** Adds the first hook of every request, known path or not. */
export function addGate(app: FastifyInstance, host: Host): void {
  const { options } = host;
  const scheme = options.https ? 'https' : 'http';
  const rules = trustRules(scheme, options.allowedHosts, options.allowedOrigins);
  const secure = options.secureCookie ?? scheme === 'https';
  const cookie = { name: options.sessionCookie ?? SESSION_COOKIE, secure };
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headersOf(options));
    if (request.url.length > URL_MAX_CHARS)
      must(refuse('too-large', 'URL_TOO_LONG', `read the address: use at most ${URL_MAX_CHARS} characters`));
    const { method, headers } = request;
    const hasSession = readCookie(headers.cookie, cookie.name) !== null;
    const origin = must(checkOrigin({ method, path: pathOf(request.url), headers, hasSession }, rules));
    const { asked } = request.routeOptions.config;
    if (request.is404 || !asked) return;
    const facts = factsOf(request, cookie.name);
    const caller = createCaller({ request, facts, origin, principal: await options.authenticate(facts) }, (token) =>
      reply.header('set-cookie', writeCookie(cookie, token)),
    );
    host.callers.set(request, caller);
    if (options.screen) must(options.screen(asked, caller));
  });
  app.addHook('onRoute', (route) => {
    const asked = route.config?.asked;
    if (!asked) throw new Error(`serve "${route.url}": every route names the action that policy is asked about`);
    if (route.method !== 'HEAD') host.asked.push(asked);
  });
}

interface CallFacts {
  readonly request: FastifyRequest;
  readonly facts: RequestFacts;
  readonly origin: string;
  readonly principal: Principal;
}

const createCaller = (call: CallFacts, setSession: (token: string | null) => void): Caller => ({
  principal: call.principal,
  id: call.request.id,
  sessionToken: call.facts.sessionToken,
  origin: call.origin,
  address: call.facts.ip,
  setSession,
});

/** The caller that the gate has set; a request that did not pass it is a bug. */
export function callerOf(host: Host, request: FastifyRequest): Caller {
  const caller = host.callers.get(request);
  if (!caller) throw new Error(`serve "${request.method} ${pathOf(request.url)}": it did not pass the gate`);
  return caller;
}

/** Tells whoever keeps the evidence. */
export function tellRefused(
  { options, callers }: Pick<Host, 'options' | 'callers'>,
  request: FastifyRequest,
  code: string,
): void {
  options.refused?.({
    code,
    principal: callers.get(request)?.principal ?? null,
    peer: peerOf(request.raw.socket as TLSSocket),
    ip: request.ip,
  });
}

/** Puts the request before policy; throws the refusal. */
export async function authorise(
  host: Host,
  asking: { readonly route: Parameters<HttpListenerOptions['authorise']>[0]; readonly input: unknown },
  caller: Caller,
): Promise<void> {
  must(await host.options.authorise(asking.route, asking.input, caller));
}

export { must };

interface Failure {
  readonly thrown: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Answers a failed request; a bug of ours is logged with the id that the answer carries, and shows nothing else. */
export function fail(host: Pick<Host, 'options' | 'callers'>, { thrown, request, reply }: Failure): FastifyReply {
  const { options } = host;
  const refused = refusalOf(thrown);
  if (refused) tellRefused(host, request, refused.code);
  const refusal = refused ?? outageOf(thrown, request.id);
  const path = pathOf(request.url);
  if (thrown instanceof OperationalFault) options.log.error('request failed', { id: request.id, path, err: thrown });
  else if (refusal) options.log.debug('request refused', { id: request.id, path, refusal: refusal.code });
  else options.log.error('request failed', { id: request.id, path, err: thrown });
  if (refusal?.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(refusal.retryAfterMs / SECOND_MS));
  const status = refusal ? options.statusOf(refusal.kind, refusal.code) : 500;
  if (status === 401 || status === 403) reply.headers(options.challenge?.(status, request.headers.authorization) ?? {});
  const problem = refusal ? problemOf(refusal, request.id) : unexpected(request.id);
  const page = options.problemPage?.(problem, { status, path, headers: request.headers }) ?? null;
  return reply
    .code(status)
    .headers(headersOf(options))
    .type(page === null ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8')
    .send(page ?? JSON.stringify(problem));
}

export const notFound = (request: FastifyRequest): never =>
  must(
    refuse(
      'not-found',
      'PATH_NOT_FOUND',
      `serve "${request.method} ${pathOf(request.url).slice(0, 200)}": no such path`,
    ),
  );
