/** Syslog over TCP: with certificates (RFC 5425), and plain on loopback, which is marked unauthenticated for ever. */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer, type TLSSocket } from 'node:tls';
import { isId, MINUTE_MS, type Clock } from '@cityward/kernel';
import { createTickets, SESSION_LIFE_SECONDS, type Tickets } from '@cityward/tls';
import { createSyslogFramer, parseSyslog, type SyslogFrames, type SyslogMessage } from '@cityward/formats/syslog';
import type { LogLine } from '@cityward/contracts';
import type { City } from '@cityward/city';
import type { Identity } from '@cityward/identity';
import { thinned, type Log, type ThinLog } from '@cityward/log';
import { PLAIN_SYSLOG } from './access.ts';
import type { Ingest, Reporter } from './ingest.ts';
import type { ListenerTls } from './listener-certificate.ts';

const CONNECTIONS_MAX = 1_000;
const IDLE_MS = 10 * MINUTE_MS;
/** A frame that is not durable yet stops the reading, so that a sender feels the disk. */
const UNDER_WAY_MAX = 500;
const MESSAGE_MAX = 8_192;
const APP_MAX = 48;

export interface SyslogGatewayParts {
  readonly tls: ListenerTls;
  /** Left out, no session outlives the listener. */
  readonly tickets?: Tickets;
  readonly tlsPort: number;
  readonly plainPort: number;
  readonly identity: Identity;
  readonly city: City;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly isSimulated: (device: string) => boolean;
  readonly log: Log;
}
/** What is refused goes through the thinned log: a sender must not be able to fill the disk with it. */
interface Working extends Omit<SyslogGatewayParts, 'log' | 'tickets'> {
  readonly log: Log;
  readonly tickets: Tickets;
  readonly thin: ThinLog;
}
export interface SyslogGateway {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** New key and certificate for connections from now on. */
  setTls(tls: ListenerTls): void;
}

/** Syslog has no acknowledgement: what is refused or lost is only in the log and the counters. */
export function createSyslogGateway(given: SyslogGatewayParts): SyslogGateway {
  const tickets = given.tickets ?? createTickets({ log: given.log });
  const parts: Working = { ...given, tickets, thin: thinned(given.log) };
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) =>
      parts.thin.info({ what: 'a syslog connection failed', who: addressOf(socket) }, { error: error.message }),
    );
  };
  const servers: { readonly server: Server; readonly port: number; readonly host: string }[] = [];
  return {
    start: async () => {
      await tickets.start();
      for (const host of ['127.0.0.1', '::1']) {
        servers.push({ server: tlsServer(parts, track), port: parts.tlsPort, host });
        servers.push({
          server: createServer((socket) => receivePlain(parts, socket, track)),
          port: parts.plainPort,
          host,
        });
      }
      for (const one of servers) await listen(one, parts.log);
    },
    setTls: (tls) => {
      for (const { server } of servers) {
        if (!(server instanceof TlsServer)) continue;
        server.setSecureContext(contextOf(tls, tickets));
        tickets.guard(server);
      }
    },
    stop: async () => {
      tickets.stop();
      parts.thin.stop();
      for (const socket of sockets) socket.destroy();
      await Promise.all(
        servers.map(
          ({ server }) =>
            new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve())),
        ),
      );
    },
  };
}

const addressOf = (socket: Socket): string => socket.remoteAddress ?? 'unknown';

function listen({ server, port, host }: { server: Server; port: number; host: string }, log: Log): Promise<void> {
  server.maxConnections = CONNECTIONS_MAX;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'EAFNOSUPPORT') return reject(error);
      log.info('syslog does not listen: the machine has no such address', { host });
      resolve();
    });
    server.listen({ port, host }, () => resolve());
  });
}

/** Own tickets and session context: a session of another listener is never resumed here. */
const contextOf = (tls: ListenerTls, tickets: Tickets) => ({
  ...tls,
  minVersion: 'TLSv1.2' as const,
  sessionTimeout: SESSION_LIFE_SECONDS,
  sessionIdContext: tickets.contextFor(tls.ca),
});

function tlsServer(parts: Working, track: (socket: Socket) => void): Server {
  const options = { ...contextOf(parts.tls, parts.tickets), requestCert: true, rejectUnauthorized: true };
  const server = createTlsServer(options, (socket) => receiveTls(parts, socket, track));
  parts.tickets.guard(server);
  server.on('tlsClientError', (error, socket) =>
    parts.thin.info({ what: 'a syslog client was refused', who: addressOf(socket) }, { error: error.message }),
  );
  return server;
}

function receiveTls(parts: Working, socket: TLSSocket, track: (socket: Socket) => void): void {
  track(socket);
  const certificate = socket.getPeerCertificate();
  const { CN } = certificate.subject;
  const commonName = Array.isArray(CN) ? '' : (CN ?? '');
  const admitted = parts.identity.admit({ commonName, serial: certificate.serialNumber }, 'syslog');
  if (admitted.ok && admitted.value.standing !== 'active')
    parts.identity.refused(commonName, { way: 'syslog', code: 'DEVICE_HELD' });
  if (!admitted.ok || admitted.value.standing !== 'active') {
    parts.thin.info({ what: 'a syslog client was refused', who: commonName });
    return void socket.destroy();
  }
  const stop = parts.identity.onStanding((device, standing) => {
    if (device === commonName && standing !== 'active') socket.destroy();
  });
  socket.on('close', stop);
  const reporter: Reporter = {
    id: commonName,
    gateway: 'syslog',
    authenticated: true,
    replay: false,
    simulated: parts.isSimulated(commonName),
  };
  receive(parts, { socket, reporter, framing: 'octets', subjectOf: () => commonName });
}

function receivePlain(parts: Working, socket: Socket, track: (socket: Socket) => void): void {
  track(socket);
  const reporter: Reporter = {
    id: PLAIN_SYSLOG.id,
    gateway: 'syslog',
    authenticated: false,
    replay: false,
    simulated: false,
  };
  // Who sent it is only what the line says, and is marked so.
  const subjectOf = ({ hostname }: SyslogMessage): string | null => {
    if (!hostname) return null;
    const name = hostname.toLowerCase();
    return isId(name) && parts.city.record(name) ? name : parts.city.deviceByIp(hostname);
  };
  receive(parts, { socket, reporter, framing: 'any', subjectOf });
}

interface Receiving {
  readonly socket: Socket;
  readonly reporter: Reporter;
  readonly framing: 'octets' | 'any';
  readonly subjectOf: (message: SyslogMessage) => string | null;
}

function receive(parts: Working, { socket, reporter, framing, subjectOf }: Receiving): void {
  const framer = createSyslogFramer({ framing });
  let underWay = 0;
  const settle = (): void => {
    underWay--;
    if (underWay < UNDER_WAY_MAX / 2) socket.resume();
  };
  const take = ({ frames, rejected, fault }: SyslogFrames): void => {
    for (const one of rejected) leaveOut(parts, reporter, { what: 'frame', code: 'SYSLOG_FRAME', reason: one.reason });
    for (const frame of frames) {
      const body = logLineOf(parts, parseSyslog(frame.bytes), { reporter, subjectOf });
      if (!body) continue;
      if (++underWay >= UNDER_WAY_MAX) socket.pause();
      parts.ingest
        .put(reporter, body)
        .then((put) => {
          if (!put.ok) leaveOut(parts, reporter, { what: 'line', code: put.error.code, reason: put.error.message });
        })
        .catch((error: unknown) =>
          parts.thin.warn({ what: 'a syslog line could not be stored', who: reporter.id }, { error: String(error) }),
        )
        .finally(settle);
    }
    if (fault) socket.destroy();
  };
  socket.on('data', (chunk: Buffer) => take(framer.push(chunk)));
  socket.on('end', () => take(framer.end()));
}

/** Nothing of it is kept but that it came, and why it was left out. */
function leaveOut(
  { thin, identity }: Working,
  { id }: Reporter,
  { what, code, reason }: { readonly what: 'frame' | 'line'; readonly code: string; readonly reason: string },
): void {
  thin.info({ what: `a syslog ${what} was left out`, who: id }, { reason });
  identity.refused(id, { way: 'syslog', code });
}

function logLineOf(
  parts: Working,
  read: ReturnType<typeof parseSyslog>,
  { reporter, subjectOf }: Pick<Receiving, 'reporter' | 'subjectOf'>,
): LogLine | null {
  if (!read.ok) {
    leaveOut(parts, reporter, { what: 'line', code: 'SYSLOG_MALFORMED', reason: read.error.reason });
    return null;
  }
  const subject = subjectOf(read.value);
  if (subject === null) {
    const reason = `host "${read.value.hostname ?? ''}" is no device of the city`;
    leaveOut(parts, reporter, { what: 'line', code: 'HOST_UNKNOWN', reason });
    return null;
  }
  const { severity, app, message, timestamp } = read.value;
  return {
    kind: 'log',
    at: timestamp ?? parts.clock(),
    subject,
    severity,
    app: (app ?? '').slice(0, APP_MAX),
    message: message.slice(0, MESSAGE_MAX),
  };
}
