/** Serves declared routes: JSON commands, raw paths, the live stream, metrics and the API's own description. */
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { Histogram } from 'prom-client';
import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import type { Endpoint } from '@cityward/contracts';
import { THE_CITY } from '@cityward/contracts';
import { Readable } from 'node:stream';
import { takeBytes, takeStream, takeText } from './bodies.ts';
import { authorise, callerOf, headersOf, must, pathOf, tellRefused } from './gate.ts';
import type { Host } from './gate.ts';
import { peerOf } from './facts.ts';
import { FILE_HANDLER_MAX_MS, HANDLER_MAX_MS, inTime } from './in-time.ts';
import type { Asked } from './options.ts';
import type { RawRequest, RawRoute } from './raw.ts';
import type { Caller, Route } from './types.ts';
import { RawAnswer } from './types.ts';
import type { TLSSocket } from 'node:tls';

const JSON_TYPE = 'application/json; charset=utf-8';
/** An answer without a JSON shape: bytes that are made for this request. */
const isPack = (endpoint: Endpoint): boolean => Object.keys(endpoint.answer).every((key) => key.startsWith('~'));
const limitOf = ({ options }: Host, file: boolean): number =>
  options.handlerMaxMs ?? (file ? FILE_HANDLER_MAX_MS : HANDLER_MAX_MS);
const takesText = (endpoint: Endpoint): boolean => (endpoint.body as { type?: string } | undefined)?.type === 'string';

/** JSON commands and those that take a whole file. */
export function hostRoutes(app: FastifyInstance, host: Host): void {
  const [files, commands] = [true, false].map((text) =>
    host.options.routes.filter((route) => takesText(route.endpoint) === text),
  );
  for (const route of commands!) hostRoute(app, host, route);
  app.register(async (scope) => {
    takeText(scope);
    for (const route of files!) hostRoute(scope, host, route);
  });
}

function hostRoute(app: FastifyInstance, host: Host, route: Route): void {
  const { endpoint } = route;
  const check = host.options.checkAnswers ? Compile(endpoint.answer) : null;
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    config: { asked: endpoint },
    ...(endpoint.bodyMaxBytes ? { bodyLimit: endpoint.bodyMaxBytes } : {}),
    schema: schemaOf(endpoint),
    handler: async (request, reply) => {
      const caller = callerOf(host, request);
      const input = inputOf(endpoint, request);
      const maxMs = limitOf(host, takesText(endpoint) || isPack(endpoint));
      const answer = await inTime({ asked: endpoint, id: request.id, maxMs, log: host.options.log }, async () => {
        await authorise(host, { route: { ...endpoint, resource: route.resource }, input }, caller);
        return must(await route.handle(input, caller));
      });
      if (answer instanceof RawAnswer) return sendRaw(reply, answer);
      if (check && !check.Check(answer)) throw answerFault(endpoint, check.Errors(answer));
      return reply.type(JSON_TYPE).send(JSON.stringify(answer));
    },
  });
}

const inputOf = (endpoint: Endpoint, request: FastifyRequest): Parameters<Route['handle']>[0] => ({
  params: endpoint.params ? request.params : undefined,
  query: endpoint.query ? request.query : undefined,
  body: endpoint.body ? request.body : undefined,
});

function schemaOf(endpoint: Endpoint): FastifySchema {
  const { params, query, body, answer } = endpoint;
  return {
    operationId: endpoint.name,
    summary: endpoint.summary,
    description: `Policy action: ${endpoint.action}`,
    ...(takesText(endpoint) ? { consumes: ['text/plain', 'application/octet-stream'] } : {}),
    ...(params ? { params } : {}),
    ...(query ? { querystring: query } : {}),
    ...(body ? { body } : {}),
    response: { '2xx': { ...(answer as TSchema), description: 'Done' } },
  };
}

function answerFault(endpoint: Endpoint, faults: readonly { instancePath: string; message: string }[]): Error {
  const [first] = faults;
  return new Error(
    `answer "${endpoint.name}": "answer${first?.instancePath ?? ''}" ${first?.message ?? 'does not fit'}`,
  );
}

const UNSAFE_IN_NAMES = /[^A-Za-z0-9._-]/g;

function sendRaw(reply: FastifyReply, answer: RawAnswer): FastifyReply {
  if (answer.fileName)
    reply.header('content-disposition', `attachment; filename="${answer.fileName.replace(UNSAFE_IN_NAMES, '_')}"`);
  return reply.type(answer.contentType).send(asBuffer(answer.body));
}

const asBuffer = (body: Uint8Array | string): Buffer =>
  typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);

/** Paths whose bodies stay bytes. */
export function hostRaw(app: FastifyInstance, host: Host): void {
  const routes = host.options.rawRoutes ?? [];
  app.register(async (scope) => {
    takeBytes(scope);
    for (const route of routes.filter(({ streams }) => !streams)) hostRawRoute(scope, host, route);
  });
  app.register(async (scope) => {
    takeStream(scope);
    for (const route of routes.filter(({ streams }) => streams)) hostRawRoute(scope, host, route);
  });
}

function hostRawRoute(app: FastifyInstance, host: Host, route: RawRoute): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { asked: route },
    ...(route.bodyMaxBytes ? { bodyLimit: route.bodyMaxBytes } : {}),
    schema: { hide: true } as FastifySchema,
    handler: async (request, reply) => {
      const caller = callerOf(host, request);
      const raw = rawOf(request);
      const resource = (): ReturnType<Route['resource']> => (route.resource ? route.resource(raw, caller) : THE_CITY);
      const asked = askedOf(route);
      const answer = await inTime(
        { asked, id: request.id, maxMs: limitOf(host, route.streams ?? false), log: host.options.log },
        async () => {
          await authorise(host, { route: { ...asked, resource }, input: raw }, caller);
          return route.handle(raw, caller);
        },
      );
      const { status, headers, body, refused = [] } = answer;
      for (const code of refused) tellRefused(host, request, code);
      if (typeof body === 'function') {
        reply.hijack();
        reply.raw.statusCode = status;
        reply.raw.setHeaders(new Map(Object.entries({ ...headersOf(host.options), ...headers })));
        body(reply.raw);
        return reply;
      }
      return reply
        .code(status)
        .headers(headers)
        .send(body instanceof Readable ? body : asBuffer(body));
    },
  });
}

const askedOf = ({ name, method, path, action }: Asked): Asked => ({ name, method, path, action });

function rawOf(request: FastifyRequest): RawRequest {
  const path = pathOf(request.url);
  return {
    method: request.method,
    path,
    query: request.url.slice(path.length + 1),
    params: request.params as Record<string, string>,
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    ...(request.body instanceof Readable ? { stream: request.body } : {}),
    peer: peerOf(request.raw.socket as TLSSocket),
    ip: request.ip,
  };
}

const LIVE: Asked = { name: 'live', method: 'GET', path: '/api/live', action: 'subscribeLive' };

/** The stream of events; it leaves Fastify's reply once policy has agreed. */
export function hostLive(app: FastifyInstance, host: Host): void {
  const { live } = host.options;
  if (!live) return;
  serveAsked(app, host, LIVE, async (caller, reply) => {
    const { raw } = reply;
    let begun = false;
    const sink = {
      write(text: string): boolean {
        if (!begun) {
          begun = true;
          reply.hijack();
          raw.writeHead(200, { ...headersOf(host.options), 'content-type': 'text/event-stream; charset=utf-8' });
        }
        return raw.write(text);
      },
      end: () => void raw.end(),
    };
    const connection = must(live.connect(caller, sink));
    raw.on('drain', connection.drained);
    raw.on('close', connection.closed);
    raw.on('error', connection.closed);
  });
}

const METRICS: Asked = { name: 'metrics', method: 'GET', path: '/metrics', action: 'readMetrics' };

/** Prometheus' text format of the registry that the server fills. */
export function hostMetrics(app: FastifyInstance, host: Host): void {
  const { metrics } = host.options;
  if (!metrics) return;
  serveAsked(app, host, METRICS, async (_caller, reply) => {
    await reply.type(metrics.contentType).send(await metrics.metrics());
  });
}

/** Times requests by route, never by path: a path would make one series an id. */
export function timeRequests(app: FastifyInstance, host: Host): void {
  const { metrics } = host.options;
  if (!metrics) return;
  const name = 'cityward_http_request_seconds';
  const seconds =
    (metrics.getSingleMetric(name) as Histogram<'route' | 'status'> | undefined) ??
    new Histogram({
      name,
      help: 'Time to answer HTTP requests',
      labelNames: ['route', 'status'],
      buckets: [0.002, 0.01, 0.05, 0.2, 1, 5],
      registers: [metrics],
    });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.config.asked?.name ?? 'unknown';
    seconds.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1_000);
  });
}

const DESCRIPTION: Asked = {
  name: 'apiDescription',
  method: 'GET',
  path: '/api/openapi.json',
  action: 'readApiDescription',
};

/** Must come before the routes that it describes. */
export function hostDescription(app: FastifyInstance, host: Host): void {
  const { describe } = host.options;
  if (!describe) return;
  app.register(swagger, { openapi: { openapi: '3.1.0', info: describe } });
  app.register(async (scope) => {
    let text: string | null = null;
    serveAsked(scope, host, DESCRIPTION, async (_caller, reply) => {
      text ??= JSON.stringify(app.swagger());
      await reply.type(JSON_TYPE).send(text);
    });
  });
}

/** A path of the listener itself, asked about the city. */
function serveAsked(
  app: FastifyInstance,
  host: Host,
  ...[asked, serve]: [Asked, (caller: Caller, reply: FastifyReply) => Promise<void>]
): void {
  app.route({
    method: asked.method,
    url: asked.path,
    exposeHeadRoute: false,
    config: { asked },
    schema: { hide: true } as FastifySchema,
    handler: async (request, reply) => {
      const caller = callerOf(host, request);
      await authorise(host, { route: { ...asked, resource: () => THE_CITY }, input: undefined }, caller);
      await serve(caller, reply);
      return reply;
    },
  });
}
