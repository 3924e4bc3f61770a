/** The HTTPS listener that carries EST: its own session tickets, client certificates asked for but judged by us. */
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { DAY_MS, SECOND_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { createTickets, SESSION_LIFE_SECONDS, type Tickets } from '@cityward/tls';
import type { ServerCertificate } from './authority.ts';
import { CHAIN_MAX } from './domain/factory-certificate.ts';
import { EST_BODY_MAX_BYTES, type EstAnswer, type EstHandler, type EstRequest } from './est.ts';

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
  /** Of this listener alone; left out, no session outlives it. */
  readonly tickets?: Tickets;
  /** Other ways in which a device that has no certificate may knock; null for a path that is none of its own. */
  readonly knock?: (request: EstRequest) => EstAnswer | null;
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
  const tickets = options.tickets ?? createTickets({ log: options.log });
  const halfLife = ({ notAfter }: ServerCertificate): number => (parts.clock() + notAfter) / 2;

  return {
    start: async () => {
      await tickets.start();
      const certificate = await parts.certificate();
      renewAt = halfLife(certificate);
      servers = await listenAll(
        { ...parts, handler: withKnocks(parts, options) },
        { hosts, certificate, ...options, tickets },
      );
      rotation = setInterval(() => {
        if (parts.clock() < renewAt) return;
        renew(parts, servers, tickets)
          .then((renewed) => void (renewAt = halfLife(renewed)))
          .catch((fault: unknown) => options.log.error('renew the EST certificate failed', { fault: String(fault) }));
      }, DAY_MS).unref();
    },
    stop: async () => {
      if (rotation) clearInterval(rotation);
      tickets.stop();
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

const withKnocks =
  ({ handler }: EstListenerParts, { knock }: EstListenerOptions): EstHandler =>
  async (request) =>
    knock?.(request) ?? handler(request);

/** At half of its life. */
async function renew(
  parts: EstListenerParts,
  servers: readonly Server[],
  tickets: Tickets,
): Promise<ServerCertificate> {
  const certificate = await parts.certificate();
  for (const server of servers) {
    server.setSecureContext(contextOf(certificate, tickets));
    tickets.guard(server);
  }
  return certificate;
}

const contextOf = ({ keyPem, certPem }: ServerCertificate, tickets: Tickets) => ({
  key: keyPem,
  cert: certPem,
  // Not one authority: a client would take the list for the only ones whose certificates are wanted, and factory certificates
  // are too. What a certificate is worth here is judged by the handler alone, never by TLS.
  ca: [],
  minVersion: 'TLSv1.2' as const,
  sessionIdContext: tickets.contextFor([]),
  sessionTimeout: SESSION_LIFE_SECONDS,
});

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

interface ListenOn extends EstListenerOptions {
  readonly hosts: readonly string[];
  readonly certificate: ServerCertificate;
  readonly tickets: Tickets;
}

async function listenAll(parts: EstListenerParts, on: ListenOn): Promise<readonly Server[]> {
  const { hosts, certificate, log, tickets } = on;
  const servers: Server[] = [];
  let { port } = on;
  for (const host of hosts) {
    const server = createOne(parts.handler, contextOf(certificate, tickets), log);
    tickets.guard(server);
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
