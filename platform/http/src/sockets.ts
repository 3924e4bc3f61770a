/** The sockets of one listener: one for each address, all with the same limits and the same handler. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { newId, OperationalFault, SECOND_MS } from '@cityward/kernel';
import { createTickets, SESSION_LIFE_SECONDS, type Tickets } from '@cityward/tls';
import {
  CONNECTIONS_MAX,
  CROWDED_KEEP_ALIVE_MS,
  HEADERS_MAX_BYTES,
  HEADERS_MAX_COUNT,
  HEADERS_TIMEOUT_MS,
  IDLE_CONNECTION_MS,
  KEEP_ALIVE_MS,
  REQUEST_TIMEOUT_MS,
} from './options.ts';
import type { HttpListenerOptions, HttpsOptions } from './options.ts';

/** Requests under way at `stop` have so long to end. */
const GRACE_MS = 3 * SECOND_MS;
const MIN_VERSION = 'TLSv1.2' as const;

type TlsMaterial = Pick<HttpsOptions, 'key' | 'cert' | 'ca'>;

export interface Sockets {
  start(): Promise<void>;
  stop(): Promise<void>;
  addresses(): readonly string[];
  setTls(tls: TlsMaterial): void;
}

/** @param handler asked for at start, when every route is registered */
export function createSockets(options: HttpListenerOptions, handler: () => RequestListener): Sockets {
  let servers: Server[] = [];
  let tls: TlsMaterial | undefined = options.https;
  const tickets = options.https?.tickets ?? createTickets({ log: options.log });
  const secured = (): https.Server[] => servers as https.Server[];
  const open = async (host: string, port: number): Promise<number> => {
    const server = options.https
      ? httpsServer({ ...options.https, ...tls, tickets }, handler())
      : http.createServer(LIMITS, handler());
    limit(server, options);
    await listen(server, host, port);
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  return {
    async start() {
      if (options.https) await tickets.start();
      if (options.host !== 'localhost') await open(options.host, options.port);
      else {
        const port = await open('127.0.0.1', options.port);
        // A name that also resolves to ::1 must never reach somebody else's program there: taken is an error, absent is not.
        await open('::1', port).catch((fault: unknown) => {
          if (!(fault instanceof NoSuchAddress)) throw fault;
          options.log.warn('no IPv6 loopback here; listening on 127.0.0.1 only');
        });
      }
    },
    async stop() {
      tickets.stop();
      const closing = servers;
      servers = [];
      await Promise.all(closing.map(close));
    },
    addresses: () => servers.map((server) => textOf(server.address() as AddressInfo, options.https !== undefined)),
    setTls(next) {
      tls = next;
      const minVersion = options.https?.minVersion ?? MIN_VERSION;
      // What is not said again falls back to Node's defaults: a session context shared by all listeners of the process.
      const context = { ...contextOf(next), ...sessionsOf(tickets, next), minVersion };
      for (const server of secured()) {
        server.setSecureContext(context);
        tickets.guard(server);
      }
    },
  };
}

const LIMITS = {
  maxHeaderSize: HEADERS_MAX_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: 5 * SECOND_MS,
  noDelay: true,
};

const contextOf = ({ key, cert, ca }: TlsMaterial): { key: string; cert: string; ca?: string[] } => ({
  key,
  cert,
  ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? [ca] : [...ca] }),
});

/** A session of another listener, or from when this one trusted others, is never resumed here; kept over a renewal. */
const sessionsOf = (tickets: Tickets, { ca }: TlsMaterial) => ({
  sessionIdContext: tickets.contextFor(ca),
  sessionTimeout: SESSION_LIFE_SECONDS,
});

function httpsServer(options: HttpsOptions & { readonly tickets: Tickets }, handler: RequestListener): https.Server {
  const server = https.createServer(
    {
      ...LIMITS,
      ...contextOf(options),
      ...sessionsOf(options.tickets, options),
      requestCert: options.requestCert ?? false,
      rejectUnauthorized: options.rejectUnauthorized ?? true,
      minVersion: options.minVersion ?? MIN_VERSION,
      handshakeTimeout: HEADERS_TIMEOUT_MS,
    },
    handler,
  );
  options.tickets.guard(server);
  return server;
}

function limit(server: Server, options: HttpListenerOptions): void {
  const { connectionsMax = CONNECTIONS_MAX, keepAliveMs = KEEP_ALIVE_MS } = options;
  server.maxConnections = connectionsMax;
  server.keepAliveTimeout = keepAliveMs;
  if (keepAliveMs > CROWDED_KEEP_ALIVE_MS) makeRoom(server, { connectionsMax, keepAliveMs });
  server.maxHeadersCount = HEADERS_MAX_COUNT;
  server.timeout = IDLE_CONNECTION_MS;
  server.on('clientError', (fault: NodeJS.ErrnoException, socket: Socket) => {
    options.log.debug('request not understood', { fault: fault.code });
    if (!socket.writable || socket.destroyed) return void socket.destroy();
    socket.end(malformed(fault.code ?? ''));
  });
  server.on('checkContinue', (request: IncomingMessage, response) => {
    response.writeContinue();
    server.emit('request', request, response);
  });
}

/** When half of the places are taken, those who only keep one for later are not waited for as long. */
function makeRoom(server: Server, kept: { readonly connectionsMax: number; readonly keepAliveMs: number }): void {
  let open = 0;
  const count = (by: 1 | -1): void => {
    open += by;
    server.keepAliveTimeout = open > kept.connectionsMax / 2 ? CROWDED_KEEP_ALIVE_MS : kept.keepAliveMs;
  };
  server.on('connection', (socket: Socket) => {
    count(1);
    socket.once('close', () => count(-1));
  });
}

/** The answer to bytes that are no HTTP request, in the shape of every other problem. */
function malformed(code: string): string {
  const [status, name, wanted] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'HEADERS_TOO_LARGE', `at most ${HEADERS_MAX_BYTES} bytes of headers`]
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'REQUEST_TOO_SLOW', 'the whole request in time']
        : ['400 Bad Request', 'REQUEST_NOT_UNDERSTOOD', 'HTTP/1.1'];
  const body = JSON.stringify({ code: name, message: `read the request: send ${wanted}`, id: newId('req') });
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
}

class NoSuchAddress extends OperationalFault {}
const ABSENT = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (fault: NodeJS.ErrnoException) => {
      const message = `listen on "${host}" port ${port}: ${fault.code ?? fault.message}, free it or choose another port`;
      reject(ABSENT.has(fault.code ?? '') ? new NoSuchAddress(message) : new OperationalFault(message));
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

const textOf = ({ address, family, port }: AddressInfo, secure: boolean): string =>
  `${secure ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
