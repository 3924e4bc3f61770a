/** The listeners of simulated cameras: HTTP and HTTPS on their addresses, one web server behind all of them. */
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { SECOND_MS } from '@cityward/kernel';
import type { CameraRequest } from './answers.ts';
import type { SimulatedCamera } from './camera.ts';
import { IMAGE_MAX_BYTES, type Upload } from './upload.ts';

const HEADERS_MAX_BYTES = 8_192;
const HEADERS_MS = 10 * SECOND_MS;
const IDLE_MS = 60 * SECOND_MS;
export const BODY_MAX_BYTES = 65_536;

export interface CameraServer {
  /** Opens one listener for a camera; null where the address or the port is not to be had. Port 0 takes a free one. */
  open(
    camera: SimulatedCamera,
    at: { readonly host: string; readonly port: number; readonly isTls: boolean },
  ): Promise<number | null>;
  /** Connections taken so far. */
  connections(): number;
  close(): Promise<void>;
}

type Owned = { readonly camera: SimulatedCamera; readonly isTls: boolean };

function requestOf(request: IncomingMessage, { isTls }: Owned, body: Buffer): CameraRequest {
  const uri = request.url ?? '/';
  const at = uri.indexOf('?');
  return {
    method: request.method ?? '',
    path: at < 0 ? uri : uri.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : uri.slice(at + 1)),
    uri,
    authorization: request.headers.authorization ?? null,
    contentType: request.headers['content-type'] ?? '',
    isTls,
    body,
  };
}

/** The body, or what an upload makes of it; null when it is longer than a camera takes. */
async function read(
  request: IncomingMessage,
  owned: Owned,
): Promise<{ readonly asked: CameraRequest; readonly upload: Upload | null } | null> {
  const upload = owned.camera.uploadOf(requestOf(request, owned, Buffer.alloc(0)));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const piece = chunk as Buffer;
    size += piece.length;
    if (size > (upload ? IMAGE_MAX_BYTES : BODY_MAX_BYTES)) return null;
    if (upload) upload.write(piece);
    if (!upload || chunks.length === 0) chunks.push(piece);
  }
  return { asked: requestOf(request, owned, Buffer.concat(chunks)), upload };
}

async function serve(owned: Owned, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const got = await read(request, owned);
  if (!got) return void response.writeHead(413, { connection: 'close' }).end('Content Too Large\n');
  const answer = owned.camera.answer(got.asked, got.upload);
  const headers: Record<string, string | readonly string[]> = {
    ...answer.headers,
    'content-length': String(Buffer.byteLength(answer.body)),
  };
  response.writeHead(answer.status, headers as Record<string, string | string[]>);
  await new Promise<void>((resolve) =>
    response.end(request.method === 'HEAD' ? undefined : answer.body, () => resolve()),
  );
}

function createWeb(owners: WeakMap<Socket, Owned>): HttpServer {
  const options = {
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: 0,
    keepAliveTimeout: IDLE_MS,
  };
  return createHttp(options, (request, response) => {
    const owned = owners.get(request.socket);
    if (!owned) return void request.socket.destroy();
    // A camera whose power went answers nobody: the connection is gone.
    serve(owned, request, response).catch(() => request.socket.destroy());
  });
}

export function createCameraServer(): CameraServer {
  const owners = new WeakMap<Socket, Owned>();
  const web = createWeb(owners);
  const listeners: Server[] = [];
  let taken = 0;
  const sockets = new Map<SimulatedCamera, Set<Socket>>();
  const hold = (camera: SimulatedCamera, socket: Socket): void => {
    const own = sockets.get(camera) ?? new Set();
    sockets.set(camera, own.add(socket));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => own.delete(socket));
  };
  const take = (camera: SimulatedCamera, socket: Socket, isTls: boolean): void => {
    if (!camera.isUp()) return void socket.resetAndDestroy();
    taken++;
    socket.on('error', () => socket.destroy());
    const spoken = isTls ? new TLSSocket(socket, { isServer: true, secureContext: camera.context() }) : socket;
    hold(camera, spoken);
    owners.set(spoken, { camera, isTls });
    web.emit('connection', spoken);
  };
  /** After the answer that is on its way has been written. */
  const hangUp = (camera: SimulatedCamera): void => {
    const open = [...(sockets.get(camera) ?? [])];
    setImmediate(() => open.forEach((socket) => socket.destroySoon()));
  };
  const known = new Set<SimulatedCamera>();
  return {
    connections: () => taken,
    open: (camera, { host, port, isTls }) =>
      new Promise((resolve) => {
        const listener = createTcp((socket) => take(camera, socket, isTls));
        listener.once('error', () => resolve(null));
        listener.listen({ host, port }, () => {
          listener.on('error', () => undefined);
          listeners.push(listener);
          if (!known.has(camera)) camera.onHangUp(() => hangUp(camera));
          known.add(camera);
          resolve((listener.address() as AddressInfo).port);
        });
      }),
    close: async () => {
      for (const own of sockets.values()) for (const socket of own) socket.destroy();
      await Promise.all(listeners.map((one) => new Promise<void>((resolve) => one.close(() => resolve()))));
      listeners.length = 0;
    },
  };
}
