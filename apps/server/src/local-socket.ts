/** The CLI's way in: a unix socket that only its owner may open, answered by the same routes as the console's. */
import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Principal } from '@cityward/contracts';
import type { HttpListener } from '@cityward/http';
import { IMPORT_BODY_MAX_BYTES } from '@cityward/kernel';

export const CITY_CLI: Principal = { type: 'Service', id: 'city-cli', roles: [], attributes: {} };
const PASSED_HEADERS = ['content-type', 'accept'] as const;

export interface LocalSocket {
  /** True for the bearer that only this socket adds to a request. */
  owns(bearer: string | null): boolean;
  start(listener: HttpListener, host: string): Promise<void>;
  stop(): Promise<void>;
}

/** @param path of the socket; a stale one is replaced, since the data folder's lock is held */
export function createLocalSocket(path: string): LocalSocket {
  // Never leaves this process: it only marks requests that came through the socket.
  const bearer = randomBytes(32).toString('base64url');
  let server: Server | undefined;
  return {
    owns: (given) => given === bearer,
    start: async (listener, host) => {
      rmSync(path, { force: true });
      server = createServer((request, response) => {
        forward(request, response, { listener, host, bearer }).catch((error: unknown) => {
          response.writeHead(400, { 'content-type': 'application/json' });
          response.end(
            JSON.stringify({ code: 'LOCAL_REQUEST_FAILED', message: String((error as Error).message), id: '' }),
          );
        });
      });
      const mask = process.umask(0o177);
      await new Promise<void>((resolve, reject) => {
        server!.once('error', reject);
        server!.listen(path, resolve);
      }).finally(() => process.umask(mask));
      chmodSync(path, 0o600);
    },
    stop: () =>
      new Promise((resolve) => {
        if (!server) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Forwarding {
  readonly listener: HttpListener;
  readonly host: string;
  readonly bearer: string;
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { listener, host, bearer }: Forwarding,
): Promise<void> {
  const headers: Record<string, string> = { host, origin: `http://${host}`, authorization: `Bearer ${bearer}` };
  for (const name of PASSED_HEADERS) if (request.headers[name]) headers[name] = request.headers[name];
  const answer = await listener.inject({
    method: (request.method ?? 'GET') as 'GET',
    url: request.url ?? '/',
    headers,
    ...(await payloadOf(request)),
  });
  response.writeHead(answer.statusCode, {
    'content-type': answer.headers['content-type'] ?? 'application/octet-stream',
  });
  response.end(answer.rawPayload);
}

/** Files of any size go on as they arrive; everything else is read first. */
async function payloadOf(request: IncomingMessage): Promise<{ payload?: Buffer | IncomingMessage }> {
  if (request.headers['content-type'] === 'application/octet-stream') return { payload: request };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > IMPORT_BODY_MAX_BYTES)
      throw new Error(`read a request of over ${IMPORT_BODY_MAX_BYTES} bytes: a smaller one is wanted`);
    chunks.push(chunk);
  }
  return size > 0 ? { payload: Buffer.concat(chunks) } : {};
}
