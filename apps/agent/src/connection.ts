/** A device's own MQTT connection: client id = device id, mTLS, last will, reconnecting with random back-off. */
import type { TLSSocket } from 'node:tls';
import { connect, type MqttClient } from 'mqtt';
import { topicOf, type Status, type TopicLeaf } from '@cityward/contracts';
import { SECOND_MS } from '@cityward/kernel';
import type { Credential } from './credentials.ts';

const KEEPALIVE_S = 60;
const CONNECT_TIMEOUT_MS = 20 * SECOND_MS;
const BACKOFF_FIRST_MS = SECOND_MS;
const BACKOFF_MAX_MS = 15 * SECOND_MS;
/** Publishes on their way to their PUBACK; more are dropped, since a device must not fill its memory. */
const IN_FLIGHT_MAX = 64;
const DRAIN_STEP_MS = 20;

export interface Broker {
  readonly host: string;
  readonly port: number;
  /** PEM of the authority that the broker's certificate must chain to. */
  readonly ca: string;
}
/** Lets only so many connect at once; `enter` calls back when there is room, the callback's argument leaves. */
export interface Gate {
  enter(admitted: (leave: () => void) => void): void;
}
export interface ConnectionEvents {
  online?(): void;
  offline?(): void;
  /** A link failed, or could not be made; it is tried again. */
  failed?(fault: Error): void;
  /** Only for devices that take orders. */
  order?(payload: Uint8Array): void;
  /** A signed change, or an empty payload when there is none any more; only for devices that take them. */
  change?(payload: Uint8Array): void;
  /** There is something to do for the devices behind it; only for gateways. */
  work?(payload: Uint8Array): void;
  /** The city asks how the device, or what it is the gateway of, is set up; only for those that answer. */
  asked?(payload: Uint8Array): void;
}
export interface ConnectionOptions {
  readonly broker: Broker;
  readonly credential: Credential;
  readonly gate: Gate;
  /** Uniform in [0, 1), for the back-off. */
  readonly random: () => number;
  readonly takesOrders: boolean;
  readonly takesChanges: boolean;
  /** False while the site's network drops its packets: dialling would be in vain. */
  readonly reachable: () => boolean;
  readonly events: ConnectionEvents;
}
export interface Connection {
  readonly online: boolean;
  /** Of its TLS, such as `TLSv1.3`; null while there is no link. */
  readonly protocol: string | null;
  /**
   * QoS 1; false when it was not taken because there is no link or too much is on its way.
   * @param acknowledged called once the city has it
   */
  publish(leaf: TopicLeaf, body: unknown, acknowledged?: () => void): boolean;
  open(): void;
  /** Closes for good or until `open`; resolves once the socket is gone. */
  close(): Promise<void>;
  /** Resolves when nothing is on its way any more, or after `ms`. */
  drained(ms: number): Promise<void>;
}

export function createGate(most: number): Gate {
  let inside = 0;
  const waiting: ((leave: () => void) => void)[] = [];
  const admit = (admitted: (leave: () => void) => void): void => {
    inside++;
    let left = false;
    admitted(() => {
      if (left) return;
      left = true;
      inside--;
      const next = waiting.shift();
      if (next) admit(next);
    });
  };
  return { enter: (admitted) => (inside < most ? admit(admitted) : void waiting.push(admitted)) };
}

/** Doubles from one second to fifteen, anywhere between half and all of it, so that a city does not come back in one moment. */
export const backOff = (attempt: number, random: number): number =>
  Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2);

function dial(options: ConnectionOptions): MqttClient {
  const { broker, credential } = options;
  const status: Status = { kind: 'status', at: Date.now(), subject: credential.device, state: 'offline' };
  return connect({
    protocol: 'mqtts',
    host: broker.host,
    port: broker.port,
    servername: 'localhost',
    ca: broker.ca,
    key: credential.key,
    cert: credential.certificate,
    rejectUnauthorized: true,
    clientId: credential.device,
    clean: true,
    protocolVersion: 4,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    will: {
      topic: topicOf(credential.device, 'will'),
      payload: Buffer.from(JSON.stringify(status)),
      qos: 1,
      retain: false,
    },
  });
}

/** The topics that this device hears. */
function heardBy({ credential, takesOrders, takesChanges, events }: ConnectionOptions): string[] {
  const hears: Partial<Record<TopicLeaf, boolean>> = {
    orders: takesOrders,
    jobs: takesChanges,
    work: events.work !== undefined,
    asks: events.asked !== undefined,
  };
  return (Object.keys(hears) as TopicLeaf[])
    .filter((leaf) => hears[leaf])
    .map((leaf) => topicOf(credential.device, leaf));
}

const newState = () => ({
  client: null as MqttClient | null,
  wanted: false,
  online: false,
  inFlight: 0,
  /** Clients that were told to end: one of them may hear its answer yet. */
  ended: new WeakSet<MqttClient>(),
});

/** Dials until it is told not to; hands on the events of whichever client is the present one. */
function createDialler(options: ConnectionOptions) {
  const state = newState();
  let attempt = 0;
  let timer: NodeJS.Timeout | null = null;
  const [changes, work, asks] = (['jobs', 'work', 'asks'] as const).map((leaf) =>
    topicOf(options.credential.device, leaf),
  ) as [string, string, string];
  const again = (): void => {
    if (!state.wanted || timer) return;
    const later = (): void => {
      timer = null;
      begin();
    };
    timer = setTimeout(later, backOff(attempt++, options.random()));
  };
  const attach = (dialled: MqttClient, leave: () => void): void => {
    dialled.on('connect', () => {
      leave();
      // Told to end while the answer was under way, perhaps to be dialled anew: its store is closed, and a publish would throw.
      if (!state.wanted || state.ended.has(dialled)) return void dialled.end(true);
      state.online = true;
      attempt = 0;
      for (const topic of heardBy(options)) dialled.subscribe(topic, { qos: 1 });
      options.events.online?.();
    });
    dialled.on('message', (topic, payload) => {
      if (topic === changes) options.events.change?.(payload);
      else if (topic === work) options.events.work?.(payload);
      else if (topic === asks) options.events.asked?.(payload);
      else options.events.order?.(payload);
    });
    dialled.on('error', (fault) => options.events.failed?.(fault)); // 'close' follows and is what counts
    dialled.on('close', () => {
      leave();
      const was = state.online;
      state.online = false;
      state.inFlight = 0;
      if (state.client === dialled) state.client = null;
      dialled.end(true);
      if (was) options.events.offline?.();
      again();
    });
  };
  function begin(): void {
    if (state.client || !state.wanted) return;
    if (!options.reachable()) return again();
    options.gate.enter((leave) => {
      if (state.client || !state.wanted) return leave();
      state.client = dial(options);
      attach(state.client, leave);
    });
  }
  const rest = (): void => {
    state.wanted = false;
    if (timer) clearTimeout(timer);
    timer = null;
  };
  return { state, begin, rest };
}

export function createConnection(options: ConnectionOptions): Connection {
  const { state, begin, rest } = createDialler(options);
  return {
    get online() {
      return state.online;
    },
    get protocol() {
      const stream = state.client?.stream as Partial<TLSSocket> | undefined;
      return state.online ? (stream?.getProtocol?.() ?? null) : null;
    },
    publish: (leaf, body, acknowledged) => {
      const own = state.client;
      if (!own || !state.online || state.inFlight >= IN_FLIGHT_MAX) return false;
      state.inFlight++;
      own.publish(topicOf(options.credential.device, leaf), JSON.stringify(body), { qos: 1 }, (fault) => {
        if (state.client === own && state.inFlight > 0) state.inFlight--;
        if (!fault) acknowledged?.();
      });
      return true;
    },
    open: () => {
      state.wanted = true;
      begin();
    },
    close: () => {
      rest();
      const closing = state.client;
      if (!closing) return Promise.resolve();
      state.ended.add(closing);
      return new Promise((resolve) => {
        closing.once('close', () => resolve());
        closing.end(false, {}, () => resolve());
      });
    },
    drained: async (ms) => {
      const until = Date.now() + ms;
      while (state.inFlight > 0 && Date.now() < until)
        await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    },
  };
}
