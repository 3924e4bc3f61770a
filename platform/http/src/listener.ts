/** Builds one HTTP or HTTPS listener from declared routes: trust checks, authentication, policy, limits, problems, life cycle. */
import type { RequestListener } from 'node:http';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyServerOptions } from 'fastify';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import { HTTP_BODY_MAX_BYTES, newId } from '@cityward/kernel';
import { takeJson } from './bodies.ts';
import { addGate, fail, notFound } from './gate.ts';
import type { Host } from './gate.ts';
import { hostDescription, hostLive, hostMetrics, hostRaw, hostRoutes, timeRequests } from './hosting.ts';
import { PARAM_MAX_CHARS } from './options.ts';
import type { Asked, HttpListenerOptions, HttpsOptions } from './options.ts';
import { createSockets } from './sockets.ts';
import { hostStatics } from './statics.ts';

export interface HttpListener {
  /** Listens; throws an `OperationalFault` that names the address when one is taken. */
  start(): Promise<void>;
  /** Ends live streams, lets requests under way finish for a few seconds, closes every connection. */
  stop(): Promise<void>;
  /** Such as `http://127.0.0.1:8080`; empty before `start`. */
  addresses(): readonly string[];
  /** A request without a socket, for tests; takes what light-my-request takes. */
  readonly inject: FastifyInstance['inject'];
  /** Every route with its action, for the test that walks them all. */
  routes(): Promise<readonly Asked[]>;
  /** New certificate, key or CA list, for connections from now on. */
  setTls(tls: Pick<HttpsOptions, 'key' | 'cert' | 'ca'>): void;
}

/** Builds the listener; nothing is opened before `start`. Throws when two routes share a path. */
export function createHttpListener(options: HttpListenerOptions): HttpListener {
  const host: Host = { options, callers: new WeakMap(), asked: [] };
  const app = createApp(host);
  addGate(app, host);
  timeRequests(app, host);
  hostDescription(app, host);
  app.register(async (scope) => {
    hostRoutes(scope, host);
    hostRaw(scope, host);
    hostLive(scope, host);
    hostMetrics(scope, host);
    hostStatics(scope, host);
  });
  const sockets = createSockets(options, () => handlerOf(options, app));
  return {
    async start() {
      await app.ready();
      await sockets.start();
      for (const address of sockets.addresses()) options.log.info('listening', { address });
    },
    async stop() {
      options.live?.stop();
      await sockets.stop();
      await app.close();
    },
    addresses: sockets.addresses,
    inject: app.inject.bind(app) as FastifyInstance['inject'],
    async routes() {
      await app.ready();
      return host.asked;
    },
    setTls: sockets.setTls,
  };
}

function handlerOf({ shortWay }: HttpListenerOptions, app: FastifyInstance): RequestListener {
  if (!shortWay) return app.routing;
  return (request, response) => {
    if (!shortWay(request, response)) app.routing(request, response);
  };
}

function createApp(host: Pick<Host, 'options' | 'callers'>): FastifyInstance {
  const settings: FastifyServerOptions = {
    logger: false,
    genReqId: () => newId('req'),
    bodyLimit: HTTP_BODY_MAX_BYTES,
    trustProxy: false,
    routerOptions: { maxParamLength: PARAM_MAX_CHARS },
    frameworkErrors: (thrown, request, reply) => {
      fail(host, { thrown, request, reply: reply as FastifyReply });
    },
  };
  const app = Fastify(settings);
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  // Answers are written as they are: a serialiser made from the schema would drop and convert silently.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler((thrown, request, reply) => fail(host, { thrown, request, reply }));
  app.setNotFoundHandler((request) => notFound(request));
  takeJson(app);
  return app;
}
