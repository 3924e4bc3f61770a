/** The MQTT listener: mutual TLS with its own session tickets, limits on what has not identified yet, and the broker behind it. */
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { MINUTE_MS } from '@cityward/kernel';
import { createTickets, SESSION_LIFE_SECONDS, type Tickets } from '@cityward/tls';
import { createBroker, type Broker } from './broker.ts';
import type { Certified } from './inner.ts';
import { LIMITS } from './limits.ts';
import type { MqttLimits, MqttListener, MqttListenerOptions, MqttTls } from './types.ts';

const EXPIRY_SWEEP_MS = MINUTE_MS;
const TCP_KEEPALIVE_MS = MINUTE_MS;

const contextOf = (tls: MqttTls, tickets: Tickets) => ({
  key: tls.key,
  cert: tls.cert,
  ca: tls.ca,
  minVersion: 'TLSv1.2' as const,
  sessionTimeout: SESSION_LIFE_SECONDS,
  sessionIdContext: tickets.contextFor(tls.ca),
});

interface Running {
  readonly broker: Broker;
  readonly servers: readonly Server[];
  readonly timers: readonly NodeJS.Timeout[];
}

interface State {
  tls: MqttTls;
  readonly tickets: Tickets;
  running: Running | null;
  /** All sockets that are open; those that are not a client's are pending, TLS handshakes among them. */
  readonly open: Set<Socket>;
}

export function createMqttListener(options: MqttListenerOptions): MqttListener {
  const limits: MqttLimits = { ...LIMITS, ...options.limits };
  const tickets = options.tickets ?? createTickets({ log: options.log });
  const state: State = { tls: options.tls, tickets, running: null, open: new Set() };
  const running = (): Running => {
    if (!state.running) throw new Error('use the MQTT listener: it is stopped, wanted it started');
    return state.running;
  };
  const renew = (tls: MqttTls): void => {
    state.tls = tls;
    for (const server of state.running?.servers ?? []) {
      server.setSecureContext(contextOf(tls, tickets));
      tickets.guard(server);
    }
  };
  return {
    async start() {
      if (state.running) throw new Error('start the MQTT listener: it is started already');
      await tickets.start();
      const broker = await createBroker({ ...options, limits, now: options.now ?? Date.now });
      const servers = await listenAll(options, (socket) => ({ state, limits, broker, socket }), state);
      const timers = [setInterval(() => broker.dropExpired(), EXPIRY_SWEEP_MS).unref()];
      state.running = { broker, servers, timers };
      return { port: (servers[0]!.address() as AddressInfo).port };
    },
    stop: () => stop(state),
    disconnect: (clientId) => running().broker.disconnect(clientId),
    reauthorise: (clientId) => running().broker.reauthorise(clientId),
    connected: () => running().broker.connected(),
    publish: (topic, payload, { retain = false, qos = 1 } = {}) =>
      running().broker.publish(topic, payload, { retain, qos }),
    renew,
    stats() {
      const stats = running().broker.stats();
      return { ...stats, pending: pendingOf(state, stats.clients) };
    },
  };
}

async function stop(state: State): Promise<void> {
  const { running } = state;
  if (!running) return;
  state.running = null;
  for (const timer of running.timers) clearInterval(timer);
  state.tickets.stop();
  const closed = running.servers.map((server) => new Promise((resolve) => server.close(resolve)));
  await running.broker.stop();
  for (const socket of state.open) socket.destroy();
  await Promise.all(closed);
}

interface Arrival {
  readonly state: State;
  readonly limits: MqttLimits;
  readonly broker: Broker;
  readonly socket: Socket;
}

async function listenAll(
  options: MqttListenerOptions,
  arrival: (socket: Socket) => Arrival,
  { tls, tickets }: Pick<State, 'tls' | 'tickets'>,
): Promise<Server[]> {
  const hosts = typeof options.host === 'string' ? [options.host] : options.host;
  const limits = { ...LIMITS, ...options.limits };
  const servers: Server[] = [];
  try {
    for (const host of hosts) {
      const server = createServer({
        ...contextOf(tls, tickets),
        requestCert: true,
        rejectUnauthorized: true,
        handshakeTimeout: limits.connectTimeoutMs,
      });
      tickets.guard(server);
      server.on('connection', (socket: Socket) => admit(arrival(socket)));
      server.on('secureConnection', (socket) => secured(arrival(socket), socket));
      server.on('tlsClientError', (error, socket) => {
        options.log.debug('mqtt handshake failed', { reason: error.message });
        socket.destroy();
      });
      await listen(server, { host, port: options.port });
      servers.push(server);
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return servers;
}

function listen(server: Server, place: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          `listen for MQTT on "${place.host}" port ${place.port}: ${error.code ?? error.message}, wanted a free port`,
        ),
      ),
    );
    server.listen(place, () => resolve());
  });
}

/** A socket that has sent nothing yet: counted until it has identified, turned away when too many have not. */
function admit({ state, limits, broker, socket }: Arrival): void {
  if (pendingOf(state, broker.stats().clients) >= limits.pendingMax) {
    socket.destroy();
    return;
  }
  state.open.add(socket);
  socket.once('close', () => state.open.delete(socket));
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
}

const pendingOf = (state: State, clients: number): number => Math.max(0, state.open.size - clients);

function secured({ broker }: Arrival, socket: TLSSocket): void {
  const peer = certifiedBy(socket);
  if (!peer) {
    socket.destroy();
    return;
  }
  broker.attach(socket, peer);
}

/** `null` for a certificate without exactly one common name. */
function certifiedBy(socket: TLSSocket): Certified | null {
  const certificate = socket.getPeerCertificate();
  // Where a subject has several common names Node gives a list, whatever its types say.
  const commonName: unknown = certificate.subject?.CN;
  if (typeof commonName !== 'string') return null;
  return {
    commonName,
    serial: certificate.serialNumber.toUpperCase(),
    resumed: socket.isSessionReused(),
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    notBefore: Date.parse(certificate.valid_from),
    notAfter: Date.parse(certificate.valid_to),
  };
}
