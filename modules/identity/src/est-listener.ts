/** The HTTPS listener that carries EST: its own ticket keys and session context, client certificates asked for but judged by us. */
import { randomBytes } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { DAY_MS, SECOND_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { ServerCertificate } from './authority.ts';
import { CHAIN_MAX } from './domain/factory-certificate.ts';
import { EST_BODY_MAX_BYTES, type EstHandler } from './est.ts';

const TICKET_KEY_BYTES = 48;
/** No ticket of another listener resumes a session here. */
const SESSION_CONTEXT = 'cityward-est';
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
  readonly certificate: () => Promise<ServerCertificate>;
  readonly clock: Clock;
}

export function createEstListener(parts: EstListenerParts, options: EstListenerOptions): EstListener {
  const hosts = options.host === 'localhost' ? ['127.0.0.1', '::1'] : [options.host];
  let servers: readonly Server[] = [];
  let rotation: NodeJS.Timeout | null = null;
  let renewAt = 0;
  const halfLife = ({ notAfter }: ServerCertificate): number => (parts.clock() + notAfter) / 2;

  return {
    start: async () => {
      const certificate = await parts.certificate();
      renewAt = halfLife(certificate);
      servers = await listenAll(parts, { hosts, certificate, ...options });
      rotation = setInterval(() => {
        rotate(parts, servers, parts.clock() >= renewAt)
          .then((renewed) => void (renewed && (renewAt = halfLife(renewed))))
          .catch((fault: unknown) => options.log.error('rotate EST keys failed', { fault: String(fault) }));
      }, DAY_MS).unref();
    },
    stop: async () => {
      if (rotation) clearInterval(rotation);
      const closing = servers;
      servers = [];
      await Promise.all(closing.map(close));
    },
    port: () => {
      const address = servers[0]?.address();
      if (!address || typeof address === 'string')
        throw new Error('read port of EST: it does not listen, wanted start first');
      return address.port;
    },
  };
}

/** New ticket keys each day, so that a stolen one opens at most a day of sessions; a new certificate at half its life. */
async function rotate(
  parts: EstListenerParts,
  servers: readonly Server[],
  renew: boolean,
): Promise<ServerCertificate | null> {
  const ticketKeys = randomBytes(TICKET_KEY_BYTES);
  if (!renew) {
    for (const server of servers) server.setTicketKeys(ticketKeys);
    return null;
  }
  const certificate = await parts.certificate();
  for (const server of servers) server.setSecureContext(contextOf(certificate, ticketKeys));
  return certificate;
}

const contextOf = ({ keyPem, certPem }: ServerCertificate, ticketKeys: Buffer) => ({
  key: keyPem,
  cert: certPem,
  // Not one authority: a client would take the list for the only ones whose certificates are wanted, and factory certificates
  // are too. What a certificate is worth here is judged by the handler alone, never by TLS.
  ca: [],
  minVersion: 'TLSv1.2' as const,
  sessionIdContext: SESSION_CONTEXT,
  ticketKeys,
});

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

interface ListenOn extends EstListenerOptions {
  readonly hosts: readonly string[];
  readonly certificate: ServerCertificate;
}

async function listenAll(parts: EstListenerParts, on: ListenOn): Promise<readonly Server[]> {
  const { hosts, certificate, log } = on;
  const ticketKeys = randomBytes(TICKET_KEY_BYTES);
  const servers: Server[] = [];
  let { port } = on;
  for (const host of hosts) {
    const server = createOne(parts.handler, contextOf(certificate, ticketKeys), log);
    try {
      if (!(await listen(server, host, port))) {
        log.info('EST does not listen: the machine has no such address', { host });
        continue;
      }
    } catch (fault) {
      await Promise.all(servers.map(close));
      throw fault;
    }
    port = (server.address() as AddressInfo).port;
    servers.push(server);
  }
  log.info('EST listens', { hosts, port });
  return servers;
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

function createOne(handler: EstHandler, context: ReturnType<typeof contextOf>, log: Log): Server {
  const server = createServer(
    {
      ...context,
      requestCert: true,
      // First enrolment comes without a certificate and late renewal with an expired one: both are judged by the handler.
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: HEADERS_MAX_BYTES,
    },
    (request, response) => {
      serve(handler, request, response).catch((fault: unknown) => {
        // A client that went away, or was sent away for its size, is not our fault; whatever else throws is.
        log[request.destroyed ? 'debug' : 'error']('answer EST failed', { fault: String(fault) });
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

/** The client's certificate and what it sent above it: bounded, verified by nobody yet. */
function shownBy(socket: TLSSocket): { certificate: X509Certificate | null; chain: X509Certificate[] } {
  const certificate = socket.getPeerX509Certificate() ?? null;
  const chain: X509Certificate[] = [];
  for (let next = certificate?.issuerCertificate; next && chain.length < CHAIN_MAX; next = next.issuerCertificate)
    chain.push(next);
  return { certificate, chain };
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
    ...shownBy(socket),
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
