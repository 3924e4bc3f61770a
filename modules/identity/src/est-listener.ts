/** The HTTPS listener that carries EST: its own ticket keys and session context, client certificates asked for but judged by us. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { DAY_MS, SECOND_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { ServerCertificate } from './authority.ts';
import { EST_BODY_MAX_BYTES, type EstHandler } from './est.ts';

const TICKET_KEY_BYTES = 48;
const CONNECTIONS_MAX = 2_000;
const HANDSHAKE_MS = 15 * SECOND_MS;
const REQUEST_MS = 20 * SECOND_MS;
const IDLE_MS = 15 * SECOND_MS;
const HEADERS_MAX_BYTES = 8_192;
const REQUESTS_PER_CONNECTION_MAX = 10_000;
const REFUSED_BODY_DRAIN_MAX_BYTES = 1_048_576;

export interface EstListenerOptions {
  /** `localhost` listens on 127.0.0.1 and, where there is one, ::1. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
}
export interface EstListener {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The port that it listens on; throws before `start`. */
  port(): number;
}
export interface EstListenerParts {
  readonly handler: EstHandler;
  readonly caPem: () => string;
  readonly certificate: () => Promise<ServerCertificate>;
  readonly clock: Clock;
}

export function createEstListener(parts: EstListenerParts, options: EstListenerOptions): EstListener {
  const hosts = options.host === 'localhost' ? ['127.0.0.1', '::1'] : [options.host];
  let servers: Server[] = [];
  let rotation: NodeJS.Timeout | null = null;
  let renewAt = 0;

  /** New ticket keys each day, so that a stolen one opens at most a day of sessions; a new certificate at half its life. */
  const rotate = async (): Promise<void> => {
    const ticketKeys = randomBytes(TICKET_KEY_BYTES);
    for (const server of servers) server.setTicketKeys(ticketKeys);
    if (parts.clock() < renewAt) return;
    const { keyPem, certPem, notAfter } = await parts.certificate();
    for (const server of servers)
      server.setSecureContext({ key: keyPem, cert: certPem, ca: parts.caPem(), minVersion: 'TLSv1.2', ticketKeys });
    renewAt = parts.clock() + (notAfter - parts.clock()) / 2;
  };

  return {
    start: async () => {
      const certificate = await parts.certificate();
      renewAt = parts.clock() + (certificate.notAfter - parts.clock()) / 2;
      const ticketKeys = randomBytes(TICKET_KEY_BYTES);
      let port = options.port;
      for (const host of hosts) {
        const server = createOne(parts, { certificate, ticketKeys, log: options.log });
        if (!(await listen(server, host, port))) {
          options.log.info('EST does not listen: the machine has no such address', { host });
          continue;
        }
        port = (server.address() as AddressInfo).port;
        servers.push(server);
      }
      rotation = setInterval(() => {
        rotate().catch((fault: unknown) => options.log.error('rotate EST keys failed', { fault: String(fault) }));
      }, DAY_MS).unref();
      options.log.info('EST listens', { hosts, port });
    },
    stop: async () => {
      if (rotation) clearInterval(rotation);
      const closing = servers;
      servers = [];
      await Promise.all(
        closing.map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve());
              server.closeAllConnections();
            }),
        ),
      );
    },
    port: () => {
      const address = servers[0]?.address();
      if (!address || typeof address === 'string')
        throw new Error('read port of EST: it does not listen, wanted start first');
      return address.port;
    },
  };
}

/** False when the machine has no such address (no IPv6); other faults reject. */
function listen(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (fault: NodeJS.ErrnoException): void => {
      if (host === '::1' && (fault.code === 'EADDRNOTAVAIL' || fault.code === 'EAFNOSUPPORT')) resolve(false);
      else reject(new Error(`listen for EST on ${host}:${port}: ${fault.message}`, { cause: fault }));
    };
    server.once('error', failed);
    server.listen({ host, port, ipv6Only: host === '::1' }, () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}

interface OneServer {
  readonly certificate: ServerCertificate;
  readonly ticketKeys: Buffer;
  readonly log: Log;
}

function createOne({ handler, caPem }: EstListenerParts, { certificate, ticketKeys, log }: OneServer): Server {
  const server = createServer(
    {
      key: certificate.keyPem,
      cert: certificate.certPem,
      ca: caPem(),
      minVersion: 'TLSv1.2',
      requestCert: true,
      // First enrolment comes without a certificate and late renewal with an expired one: both are judged by the handler.
      rejectUnauthorized: false,
      sessionIdContext: 'cityward-est',
      ticketKeys,
      handshakeTimeout: HANDSHAKE_MS,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: HEADERS_MAX_BYTES,
    },
    (request, response) => {
      serve(handler, request, response).catch((fault: unknown) => {
        log.error('answer EST failed', { fault: String(fault) });
        if (!response.headersSent) response.writeHead(500, { 'content-length': '0' });
        response.end();
      });
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION_MAX;
  server.on('tlsClientError', (fault: Error) => log.debug('EST handshake failed', { fault: fault.message }));
  return server;
}

async function serve(handler: EstHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const socket = request.socket as TLSSocket;
  const body = await readBody(request);
  const answer = await handler({
    method: request.method ?? '',
    path: (request.url ?? '').split('?')[0]!,
    headers: request.headers,
    body,
    address: socket.remoteAddress ?? '',
    certificate: socket.getPeerX509Certificate() ?? null,
  });
  response.writeHead(answer.status, { ...answer.headers, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** At most one byte more than the handler takes, so that it can say what is too much; the rest is read and thrown away, up to a bound. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let kept = 0;
  let read = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (read > REFUSED_BODY_DRAIN_MAX_BYTES) request.destroy(new Error('the body is too large'));
    if (kept > EST_BODY_MAX_BYTES) continue;
    chunks.push(chunk.subarray(0, EST_BODY_MAX_BYTES + 1 - kept));
    kept += chunks.at(-1)!.length;
  }
  return Buffer.concat(chunks);
}
