/** One HTTP server behind many loopback addresses: each camera answers on its own. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import { SECOND_MS } from '@cityward/kernel';
import { answerCamera, BODY_MAX_BYTES, type CameraFacts } from './vapix.ts';

const HEADERS_MAX_BYTES = 8_192;
const REQUEST_MS = 10 * SECOND_MS;
const CONNECTIONS_MAX = 256;

/** The body as text, or null when it is longer than a camera takes. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > BODY_MAX_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function serve(
  find: (address: string) => CameraFacts | undefined,
  request: IncomingMessage,
): Promise<[number, Readonly<Record<string, string>>, string]> {
  const camera = find(request.socket.localAddress ?? '');
  if (!camera) return [404, {}, ''];
  const body = await readBody(request);
  if (body === null) return [413, { 'content-type': 'text/plain', connection: 'close' }, 'Content Too Large\n'];
  const asked = { method: request.method ?? '', url: request.url ?? '', body };
  const answer = answerCamera(camera, asked, randomBytes(16).toString('hex'));
  return [answer.status, answer.headers, answer.body];
}

/** @param find the camera that has this loopback address; the caller hands connections on with `emit('connection', socket)` */
export function createCameraServer(find: (address: string) => CameraFacts | undefined): HttpServer {
  const server = createServer(
    { maxHeaderSize: HEADERS_MAX_BYTES, requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request: IncomingMessage, response: ServerResponse) => {
      serve(find, request).then(
        ([status, headers, body]) => {
          response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
          response.end(request.method === 'HEAD' ? undefined : body);
        },
        () => response.destroy(),
      );
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}
