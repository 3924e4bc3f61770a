/** What the parts of the broker share: its connections, counters and the way to tell of a refusal. */
import type { Duplex } from 'node:stream';
import type { Client, PublishPacket } from 'aedes';
import type { Log } from '@cityward/log';
import type { FlowGate } from './packet-gate.ts';
import type { MqttHooks, MqttLimits, MqttRefusal } from './types.ts';

/** What a connection's certificate says; times in milliseconds since 1970. */
export interface Certified {
  readonly commonName: string;
  readonly serial: string;
  readonly resumed: boolean;
  readonly protocol: string;
  readonly cipher: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface BrokerNeeds {
  readonly hooks: MqttHooks;
  readonly limits: MqttLimits;
  readonly prefixOf: (clientId: string) => string;
  readonly log: Log;
  readonly now: () => number;
}

/** One connection, from the end of its TLS handshake. */
export interface Link {
  readonly conn: Duplex;
  readonly peer: Certified;
  /** Set once identified. */
  clientId: string | null;
  /** Set once CONNACK is sent and what came before it is taken: PUBLISH packets may go the short way. */
  client: LiveClient | null;
  /** Filters whose subscription was closed from here. */
  closed: readonly string[];
}

/** What the broker does with a client that is there. */
export interface LiveClient {
  heard(): void;
  filters(): readonly string[];
  unsubscribe(filters: readonly string[], done: (fault?: Error | null) => void): void;
}

/** The parts of an aedes 1.2.0 client that its types leave out; pinned by version and by a test. */
export interface AedesClient extends Client {
  readonly will: PublishPacket | null;
  readonly _will: PublishPacket | null;
  readonly subscriptions: Readonly<Record<string, unknown>>;
  readonly _parser: { parse(bytes: Buffer): number };
  /** `null` for a client that asked for no keep-alive. */
  readonly _keepaliveTimer: NodeJS.Timeout | null;
}

export interface Inner extends BrokerNeeds {
  readonly gate: FlowGate;
  readonly links: Map<Duplex, Link>;
  /** Links by client id from the moment they are identified, so that `disconnect` also ends one that is just being accepted. */
  readonly identified: Map<string, Set<Link>>;
  readonly ready: Map<string, Link>;
  readonly retained: Set<string>;
  /** Topics that passed the check of their shape. */
  readonly passed: Set<string>;
  readonly counts: {
    acknowledged: number;
    refusedConnects: number;
    refusedPublishes: number;
    refusedSubscriptions: number;
    malformed: number;
    retainIgnored: number;
    publishing: number;
  };
}

export function tell(inner: Inner, event: MqttRefusal): void {
  inner.log.debug('mqtt refused', { ...event });
  inner.hooks.refused?.(event);
}
