/** What the MQTT listener is given and what it offers. */
import type { Refusal, Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Tickets } from '@cityward/tls';

/** PEM texts. `ca` is the only authority whose device certificates are taken. */
export interface MqttTls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** Who is at the other end of a connection, as its certificate says. */
export interface MqttPeer {
  readonly clientId: string;
  readonly commonName: string;
  /** Serial of the certificate, upper-case hex without separators. */
  readonly serial: string;
  /** The TLS session was resumed: nobody has looked at the certificate's standing since the first handshake. */
  readonly resumed: boolean;
  /** As TLS names them, e.g. `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
}

export interface MqttMessage {
  readonly clientId: string;
  readonly topic: string;
  /** A view into the read buffer; valid until acknowledged. */
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  /** The last will of a client whose connection has ended without a DISCONNECT. */
  readonly isWill: boolean;
}

export interface MqttHooks {
  /** Asked on every CONNECT, resumed sessions too; a refusal ends the connection with CONNACK 5. The client id equals the common name already. */
  identify(peer: MqttPeer): Result<void, Refusal>;
  /** PUBACK, or PUBREC, is sent when `acknowledge(null)` is called; a fault closes the connection without one. Exactly one call is wanted. */
  publish(message: MqttMessage, acknowledge: (fault: Error | null) => void): void;
  /** A refusal answers SUBACK 0x80. The topic is under the own prefix where it has wildcards. */
  subscribe(clientId: string, topic: string): Result<void, Refusal>;
  connected(clientId: string): void;
  disconnected(clientId: string): void;
  /** What was turned away, for logs and evidence; `clientId` is `null` while nobody has identified. */
  refused?(event: MqttRefusal): void;
}

export interface MqttRefusal {
  readonly what: 'connect' | 'publish' | 'subscribe' | 'packet';
  readonly clientId: string | null;
  readonly reason: string;
  /** What it was refused for; null where nobody did anything wrong: the fault is ours, or what was allowed is allowed no longer. */
  readonly code: string | null;
}

export interface MqttLimits {
  /** One packet, fixed header included. */
  readonly packetMaxBytes: number;
  readonly clientsMax: number;
  /** Connections that have not sent an accepted CONNECT, TLS handshakes among them. */
  readonly pendingMax: number;
  readonly subscriptionsPerClientMax: number;
  readonly topicLevelsMax: number;
  readonly topicMaxBytes: number;
  /** Bytes handed to `publish` and not acknowledged, all clients together; above it nobody is read until half of it is done. */
  readonly inFlightMaxBytes: number;
  /** From accepting the socket to an accepted CONNECT, and for the TLS handshake alone. */
  readonly connectTimeoutMs: number;
  /** A subscriber that takes nothing for so long is disconnected. */
  readonly drainTimeoutMs: number;
  /** Messages of the server on their way to subscribers before `publish` refuses. */
  readonly publishesMax: number;
  readonly retainedTopicsMax: number;
}

export interface MqttListenerOptions {
  readonly tls: MqttTls;
  /** Of this listener alone; left out, no session outlives it. */
  readonly tickets?: Tickets;
  readonly host: string | readonly string[];
  /** 0 takes a free one (one host only). */
  readonly port: number;
  readonly log: Log;
  readonly hooks: MqttHooks;
  /** The topics of a client begin with this, e.g. `cw/v1/lamp-0001/`: its wills and wildcards stay below. */
  readonly prefixOf: (clientId: string) => string;
  readonly limits?: Partial<MqttLimits>;
  readonly now?: () => number;
}

export interface MqttListener {
  /** Resolves with the port once all hosts listen; throws when one cannot be bound. */
  start(): Promise<{ readonly port: number }>;
  stop(): Promise<void>;
  /** Ends every connection of the client at once, without waiting for its packets; false when it has none. */
  disconnect(clientId: string): boolean;
  /**
   * Asks the hook anew about each subscription of the client's live connection and closes those that it refuses, which it
   * returns. A connection that was narrowed so ends once the hook allows what was closed: the client then subscribes anew.
   */
  reauthorise(clientId: string): readonly string[];
  connected(): string[];
  /** To all that subscribe; resolves once written to their sockets. Rejects with an OperationalFault when too many are under way. */
  publish(
    topic: string,
    payload: Uint8Array,
    options?: { readonly retain?: boolean; readonly qos?: 0 | 1 | 2 },
  ): Promise<void>;
  /** New key and certificates for connections from now on; sessions from when it trusted another authority are void. */
  renew(tls: MqttTls): void;
  stats(): MqttStats;
}

export interface MqttStats {
  readonly clients: number;
  readonly pending: number;
  readonly inFlightBytes: number;
  readonly acknowledged: number;
  readonly refusedConnects: number;
  readonly refusedPublishes: number;
  readonly refusedSubscriptions: number;
  /** Connections ended for a packet that is too large or malformed. */
  readonly malformed: number;
  /** Publishes of devices whose RETAIN flag was not followed. */
  readonly retainIgnored: number;
}
