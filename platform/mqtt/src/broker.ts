/** aedes with our rules around it: who may connect, what may be published, and when it is acknowledged. Takes any duplex stream. */
import type { Duplex } from 'node:stream';
import { Aedes, type AuthenticateError, type Client, type PublishPacket, type Subscription } from 'aedes';
import { OperationalFault, type Refusal } from '@cityward/kernel';
import { tell } from './inner.ts';
import type { AedesClient, BrokerNeeds, Certified, Inner, Link, LiveClient } from './inner.ts';
import { EARLY_PACKETS_MAX, QOS2_PER_CLIENT_MAX } from './limits.ts';
import { openLane } from './lane.ts';
import { createFlowGate } from './packet-gate.ts';
import { createPublishRule, type IncomingStore, type PublishRule } from './publish-rule.ts';
import { mayStillHear, reauthorise } from './reauthorise.ts';
import { checkFilter, checkWillTopic } from './topic-rules.ts';
import type { MqttStats } from './types.ts';

export interface Broker {
  /** Speaks MQTT on the stream from now on. */
  attach(conn: Duplex, peer: Certified): void;
  disconnect(clientId: string): boolean;
  /** See `MqttListener`. */
  reauthorise(clientId: string): readonly string[];
  connected(): string[];
  publish(
    topic: string,
    payload: Uint8Array,
    options: { readonly retain: boolean; readonly qos: 0 | 1 | 2 },
  ): Promise<void>;
  /** Ends the connections whose certificate has expired since they began. */
  dropExpired(): void;
  stats(): Omit<MqttStats, 'pending'>;
  stop(): Promise<void>;
}

/**
 * What a client publishes goes to the city's stream through the hook, and to no subscriber: one that subscribes and does not read
 * cannot hold up others, and nothing passes from device to device.
 */
class CityBroker extends Aedes {
  override publish(packet: PublishPacket, second?: unknown, third?: unknown): void {
    const done = (typeof second === 'function' ? second : third) as ((error?: Error) => void) | undefined;
    const isFromClient = typeof second === 'object' && second !== null;
    if (isFromClient) done?.();
    else super.publish(packet, done ?? (() => undefined));
  }
}

export async function createBroker(needs: BrokerNeeds): Promise<Broker> {
  const inner: Inner = {
    ...needs,
    gate: createFlowGate(needs.limits.inFlightMaxBytes),
    links: new Map(),
    identified: new Map(),
    ready: new Map(),
    retained: new Set(),
    passed: new Set(),
    counts: {
      acknowledged: 0,
      refusedConnects: 0,
      refusedPublishes: 0,
      refusedSubscriptions: 0,
      malformed: 0,
      retainIgnored: 0,
      publishing: 0,
    },
  };
  const aedes: Aedes = buildAedes(
    inner,
    createPublishRule(inner, () => (aedes as unknown as { readonly persistence: IncomingStore }).persistence),
  );
  await aedes.listen();
  return {
    attach: (conn, peer) => attach(inner, aedes, { conn, peer, clientId: null, client: null, closed: [] }),
    disconnect: (clientId) => disconnect(inner, clientId),
    reauthorise: (clientId) => reauthorise(inner, clientId),
    connected: () => [...inner.ready.keys()],
    publish: (topic, payload, options) => publish(inner, aedes, { topic, payload, ...options }),
    dropExpired: () => dropExpired(inner),
    stats: () => {
      const { publishing: _, ...counts } = inner.counts;
      return { clients: inner.ready.size, inFlightBytes: inner.gate.bytes, ...counts };
    },
    stop: async () => {
      for (const link of [...inner.links.values()]) link.conn.destroy();
      await new Promise<void>((resolve) => aedes.close(resolve));
    },
  };
}

function buildAedes(inner: Inner, publishRule: PublishRule): Aedes {
  const { limits } = inner;
  const aedes = new CityBroker({
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs,
    concurrency: limits.publishesMax,
    queueLimit: EARLY_PACKETS_MAX,
    maxInflightInbound: QOS2_PER_CLIENT_MAX,
    maxTopicLevels: limits.topicLevelsMax,
    preConnect: (_client, packet, done) => {
      const isSpoken = packet.protocolVersion === 4;
      // No session outlives its connection: an offline client's queue would need a limit of its own, and what must reach it is retained.
      packet.clean = true;
      done(isSpoken ? null : new Error(`MQTT protocol level ${packet.protocolVersion}, wanted 4 (3.1.1)`), isSpoken);
    },
    authenticate: (client, ...[, , done]) => {
      const refusal = identify(inner, client as AedesClient);
      done(refusal, refusal === null);
    },
    authorizePublish: publishRule,
    authorizeSubscribe: (client, subscription, done) => done(null, allowed(inner, client as AedesClient, subscription)),
    authorizeForward: (client, packet) => (mayStillHear(inner, client, packet.topic) ? packet : null),
  });
  aedes.on('client', (client) => register(inner, client));
  // Emitted just before what the client sent too early is taken, in the same turn.
  aedes.on('clientReady', (client) => {
    const link = inner.links.get(client.conn);
    if (link) link.client = liveClient(client as AedesClient);
  });
  aedes.on('clientDisconnect', (client) => unregister(inner, client));
  const onFault = (client: Client, error: Error): void => {
    const clientId = inner.links.get(client.conn)?.clientId ?? null;
    inner.log.debug('mqtt connection ended', { client: clientId, reason: error.message });
  };
  aedes.on('clientError', onFault);
  aedes.on('connectionError', onFault);
  (aedes as NodeJS.EventEmitter).on('error', (error: Error) =>
    inner.log.error('mqtt broker', { reason: error.message }),
  );
  return aedes;
}

const liveClient = (client: AedesClient): LiveClient => ({
  heard: () => client._keepaliveTimer?.refresh(),
  filters: () => Object.keys(client.subscriptions),
  unsubscribe: (filters, done) => client.unsubscribe({ unsubscriptions: [...filters] } as never, done as never),
});

function attach(inner: Inner, aedes: Aedes, link: Link): void {
  const { conn } = link;
  inner.links.set(conn, link);
  const end = (reason: string): void => {
    inner.counts.malformed++;
    tell(inner, { what: 'packet', clientId: link.clientId, reason, code: 'PACKET_MALFORMED' });
    conn.destroy();
  };
  openLane(inner, link, end);
  conn.once('close', () => forget(inner, link));
  const { _parser: parser } = aedes.handle(conn) as AedesClient;
  const parse = parser.parse.bind(parser);
  // A parser that throws on what a client sent ends that connection, not the process.
  parser.parse = (bytes) => {
    try {
      return parse(bytes);
    } catch (error) {
      end(`it could not be parsed (${(error as Error).message})`);
      return 0;
    }
  };
}

function forget(inner: Inner, link: Link): void {
  inner.links.delete(link.conn);
  inner.gate.forget(link.conn);
  if (link.clientId === null) return;
  const links = inner.identified.get(link.clientId);
  links?.delete(link);
  if (links?.size === 0) inner.identified.delete(link.clientId);
}

/** CONNACK return codes, MQTT 3.1.1 table 3.1. */
const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;
const NOT_AUTHORISED = 5;

interface ConnectFault extends AuthenticateError {
  readonly code: string | null;
}

function identify(inner: Inner, client: AedesClient): ConnectFault | null {
  const link = inner.links.get(client.conn);
  if (!link) return connectFault(SERVER_UNAVAILABLE, 'its connection has ended', null);
  const refusal = refusalOf(inner, client, link);
  if (refusal) {
    inner.counts.refusedConnects++;
    const { message: reason, code } = refusal;
    tell(inner, { what: 'connect', clientId: link.peer.commonName, reason, code });
    return refusal;
  }
  link.clientId = client.id;
  const links = inner.identified.get(client.id) ?? new Set();
  inner.identified.set(client.id, links.add(link));
  return null;
}

function refusalOf(inner: Inner, client: AedesClient, { peer }: Link): ConnectFault | null {
  const { limits, hooks } = inner;
  const clientId = client.id;
  if (clientId !== peer.commonName)
    return connectFault(
      IDENTIFIER_REJECTED,
      `connect as ${JSON.stringify(clientId.slice(0, limits.topicMaxBytes))}: wanted "${peer.commonName}", the name in the certificate`,
      'CLIENT_ID_DIFFERS',
    );
  const now = inner.now();
  // A resumed session is not verified again, so its certificate may have expired since.
  if (now < peer.notBefore || now > peer.notAfter)
    return connectFault(
      NOT_AUTHORISED,
      `connect as "${clientId}": its certificate is not valid at this time`,
      'CERTIFICATE_TIME',
    );
  if (inner.ready.size >= limits.clientsMax && !inner.ready.has(clientId))
    return connectFault(
      SERVER_UNAVAILABLE,
      `connect as "${clientId}": ${inner.ready.size} are connected, wanted fewer than ${limits.clientsMax}`,
      null,
    );
  const standing = hooks.identify({
    clientId,
    commonName: peer.commonName,
    serial: peer.serial,
    resumed: peer.resumed,
    protocol: peer.protocol,
    cipher: peer.cipher,
  });
  if (!standing.ok) return connectFault(NOT_AUTHORISED, standing.error.message, standing.error.code);
  const will = client._will;
  if (!will) return null;
  const allowedWill = checkWillTopic(will.topic, inner.prefixOf(clientId), limits);
  return allowedWill.ok ? null : connectFault(NOT_AUTHORISED, allowedWill.error.message, allowedWill.error.code);
}

const connectFault = (returnCode: 2 | 3 | 5, message: string, code: string | null): ConnectFault =>
  Object.assign(new Error(message), { returnCode, code });

function allowed(inner: Inner, client: AedesClient, subscription: Subscription): Subscription | null {
  const clientId = client.id;
  const refusal = filterRefusal(inner, client, subscription.topic);
  if (refusal === null) return subscription;
  inner.counts.refusedSubscriptions++;
  tell(inner, { what: 'subscribe', clientId, reason: refusal.message, code: refusal.code });
  return null;
}

type Unheard = Pick<Refusal, 'message' | 'code'>;

function filterRefusal(inner: Inner, client: AedesClient, filter: string): Unheard | null {
  const { limits } = inner;
  const held = Object.keys(client.subscriptions).length;
  if (held >= limits.subscriptionsPerClientMax && !(filter in client.subscriptions))
    return {
      code: 'SUBSCRIPTIONS_TOO_MANY',
      message: `subscribe to "${filter.slice(0, limits.topicMaxBytes)}": it has ${held} subscriptions, wanted at most ${limits.subscriptionsPerClientMax}`,
    };
  const checked = checkFilter(filter, inner.prefixOf(client.id), limits);
  if (!checked.ok) return checked.error;
  const decided = inner.hooks.subscribe(client.id, filter);
  return decided.ok ? null : decided.error;
}

function register(inner: Inner, client: Client): void {
  const link = inner.links.get(client.conn);
  if (!link) return;
  inner.ready.set(client.id, link);
  inner.hooks.connected(client.id);
}

function unregister(inner: Inner, client: Client): void {
  const link = inner.ready.get(client.id);
  // aedes also says this of a connection that never became the client: the one that is stays.
  if (!link || link.conn !== client.conn) return;
  inner.ready.delete(client.id);
  inner.hooks.disconnected(client.id);
}

function disconnect(inner: Inner, clientId: string): boolean {
  const links = [...(inner.identified.get(clientId) ?? [])];
  for (const link of links) link.conn.destroy();
  return links.length > 0;
}

function dropExpired(inner: Inner): void {
  const now = inner.now();
  for (const link of [...inner.links.values()]) {
    if (link.peer.notAfter >= now) continue;
    inner.log.info('mqtt certificate expired', { client: link.peer.commonName });
    link.conn.destroy();
  }
}

interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
  readonly qos: 0 | 1 | 2;
}

function publish(inner: Inner, aedes: Aedes, message: Outgoing): Promise<void> {
  const { counts, limits, retained } = inner;
  const { topic, payload, retain, qos } = message;
  if (counts.publishing >= limits.publishesMax)
    return Promise.reject(
      new OperationalFault(
        `publish to "${topic}": ${counts.publishing} messages wait, wanted fewer than ${limits.publishesMax}`,
      ),
    );
  if (retain && payload.length > 0 && retained.size >= limits.retainedTopicsMax && !retained.has(topic))
    return Promise.reject(
      new OperationalFault(`retain on "${topic}": ${retained.size} topics are retained, wanted fewer`),
    );
  if (retain) retained[payload.length > 0 ? 'add' : 'delete'](topic);
  counts.publishing++;
  return new Promise((resolve, reject) => {
    aedes.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), retain, qos, dup: false }, (error) => {
      counts.publishing--;
      if (error) reject(new OperationalFault(`publish to "${topic}": ${error.message}`));
      else resolve();
    });
  });
}
