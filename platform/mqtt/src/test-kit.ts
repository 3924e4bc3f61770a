/** A listener with scripted hooks and real clients for the tests of this workspace. */
import { once } from 'node:events';
import { connect as tlsConnect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { ok, refuse } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import {
  createMqttListener,
  type MqttHooks,
  type MqttListener,
  type MqttMessage,
  type MqttPeer,
  type MqttRefusal,
} from './index.ts';
import { createTestAuthority, type TestIdentity } from './testing.ts';
import type { MqttLimits } from './types.ts';

export const OBS = 'cw/v1/lamp-0001/obs';

/** What the hooks were asked, and what they answer. */
export interface Seen {
  readonly peers: MqttPeer[];
  readonly messages: MqttMessage[];
  readonly refusals: MqttRefusal[];
  readonly life: string[];
  readonly revoked: Set<string>;
  /** Filters that are refused although they were allowed before. */
  readonly narrowed: Set<string>;
  /** Acknowledgements held back until a test calls them; `null` acknowledges at once. */
  held: ((fault: Error | null) => void)[] | null;
}

export function createKit() {
  const authority = createTestAuthority();
  return { authority, lamp: authority.device('lamp-0001'), server: authority.server() };
}
export type Kit = ReturnType<typeof createKit>;

export interface Running extends Kit {
  readonly listener: MqttListener;
  readonly port: number;
  readonly seen: Seen;
  client(options?: Partial<IClientOptions> & { readonly identity?: TestIdentity }): MqttClient;
  connected(options?: Partial<IClientOptions> & { readonly identity?: TestIdentity }): Promise<MqttClient>;
  raw(options?: ConnectionOptions): Promise<TLSSocket>;
  stop(): Promise<void>;
}

function hooksOf(seen: Seen): MqttHooks {
  return {
    identify(peer) {
      seen.peers.push(peer);
      const message = `connect as "${peer.clientId}": revoked`;
      return seen.revoked.has(peer.serial) ? refuse('forbidden', 'REVOKED', message) : ok(undefined);
    },
    publish(message, acknowledge) {
      seen.messages.push({ ...message, payload: Buffer.from(message.payload) });
      if (message.topic.endsWith('/refused')) acknowledge(new Error('not allowed'));
      else if (message.topic.endsWith('/throws')) throw new Error('a bug in the hook');
      else if (seen.held) seen.held.push(acknowledge);
      else acknowledge(null);
    },
    subscribe: (_clientId, topic) =>
      topic.includes('secret') || seen.narrowed.has(topic)
        ? refuse('forbidden', 'NO', `subscribe to "${topic}": no`)
        : ok(undefined),
    connected: (clientId) => seen.life.push(`+${clientId}`),
    disconnected: (clientId) => seen.life.push(`-${clientId}`),
    refused: (event) => seen.refusals.push(event),
  };
}

export interface StartOptions {
  readonly limits?: Partial<MqttLimits>;
  readonly now?: () => number;
  readonly port?: number;
}

export async function startListener(kit: Kit, options: StartOptions = {}): Promise<Running> {
  const { authority, lamp, server } = kit;
  const seen: Seen = {
    peers: [],
    messages: [],
    refusals: [],
    life: [],
    revoked: new Set(),
    narrowed: new Set(),
    held: null,
  };
  const listener = createMqttListener({
    tls: { ...server, ca: authority.ca },
    host: '127.0.0.1',
    port: options.port ?? 0,
    log: silentLog,
    limits: options.limits ?? {},
    now: options.now ?? Date.now,
    prefixOf: (clientId) => `cw/v1/${clientId}/`,
    hooks: hooksOf(seen),
  });
  const { port } = await listener.start();
  const clients: MqttClient[] = [];
  const sockets: TLSSocket[] = [];
  const identityOptions = (identity: TestIdentity) => ({ key: identity.key, cert: identity.cert, ca: authority.ca });
  const running: Running = {
    ...kit,
    listener,
    port,
    seen,
    client({ identity = lamp, ...more } = {}) {
      const fixed = { protocol: 'mqtts', host: '127.0.0.1', port, clientId: 'lamp-0001', reconnectPeriod: 0 } as const;
      const made = connect({ ...fixed, ...identityOptions(identity), ...more });
      made.on('error', () => undefined);
      clients.push(made);
      return made;
    },
    async connected(options) {
      const made = running.client(options);
      await happened(made, 'connect');
      return made;
    },
    async raw(options = {}) {
      const socket = tlsConnect({ host: '127.0.0.1', port, ...identityOptions(lamp), ...options });
      socket.on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'secureConnect');
      return socket;
    },
    async stop() {
      for (const made of clients) made.end(true);
      for (const socket of sockets) socket.destroy();
      await listener.stop();
    },
  };
  return running;
}

/** `once` for mqtt.js, whose typed emitter node:events does not accept. */
export const happened = <Arguments extends unknown[] = unknown[]>(
  made: MqttClient,
  event: 'connect' | 'close' | 'message',
) => once(made as unknown as NodeJS.EventEmitter, event) as Promise<Arguments>;

/** The CONNACK return code that turned the client away, or `closed`. */
export const turnedAway = (made: MqttClient): Promise<unknown> =>
  new Promise((resolve) => {
    made.on('error', (error) => resolve('code' in error ? error.code : 'closed'));
    made.on('close', () => setImmediate(() => resolve('closed')));
  });

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** The end of a connection, errors on the way included (`once` would reject with them). */
export const ended = (socket: NodeJS.EventEmitter): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });
