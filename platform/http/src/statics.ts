/** Serves a folder of built files and, for the single page application, its start page. */
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { THE_CITY } from '@cityward/contracts';
import { authorise, callerOf, notFound, pathOf } from './gate.ts';
import type { Host } from './gate.ts';
import type { Asked, StaticFiles } from './options.ts';

const FILES_MAX = 10_000;
const YEAR_S = 31_536_000;
const inAssets = (path: string): boolean => path.startsWith('assets/');
/** Below these a missing path is an error, never the start page. */
const NOT_PAGES = /^\/(api|\.well-known|metrics|health|tile)(\/|$)/;
const HAS_EXTENSION = /\.[A-Za-z0-9]{1,8}$/;

/** The folder is listed once at start and only what was listed is served: no path can lead out of it. */
export function hostStatics(app: FastifyInstance, host: Host): void {
  const { statics } = host.options;
  if (!statics) return;
  const prefix = statics.prefix ?? '/';
  const asked: Asked = { name: 'shell', method: 'GET', path: `${prefix}*`, action: 'openShell' };
  app.register(async (scope) => {
    const files = listFiles(statics.folder);
    await scope.register(fastifyStatic, { root: statics.folder, serve: false, cacheControl: false, dotfiles: 'deny' });
    scope.route({
      method: 'GET',
      url: asked.path,
      config: { asked },
      schema: { hide: true } as FastifySchema,
      handler: async (request, reply) => {
        const caller = callerOf(host, request);
        await authorise(host, { route: { ...asked, resource: () => THE_CITY }, input: undefined }, caller);
        const name = (request.params as { '*': string })['*'];
        if (files.has(name)) return sendFile(reply, statics, name);
        const page = statics.fallback;
        if (page === undefined || !files.has(page) || !wantsPage(request)) return notFound(request);
        return sendFile(reply, statics, page);
      },
    });
  });
}

const wantsPage = (request: FastifyRequest): boolean => {
  const path = pathOf(request.url);
  return !NOT_PAGES.test(path) && !HAS_EXTENSION.test(path);
};

function sendFile(reply: FastifyReply, statics: StaticFiles, name: string): FastifyReply {
  const immutable = (statics.immutable ?? inAssets)(name);
  reply.header('cache-control', immutable ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
  return reply.sendFile(name);
}

function listFiles(folder: string): ReadonlySet<string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  if (names.length > FILES_MAX)
    throw new Error(`serve folder "${folder}": it has ${names.length} files, want at most ${FILES_MAX}`);
  return new Set(names);
}
