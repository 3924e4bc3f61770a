/** The stream of live events to browsers: authorised one by one, bounded for each client, resynchronised when one is slow. */
import type { LiveEvent, Principal } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import { ok, refuse, SECOND_MS } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { createLiveMerge } from './live-merge.ts';
import type { Caller } from './types.ts';

export const LIVE_FLUSH_MS = 250;
export const LIVE_HEARTBEAT_MS = 15 * SECOND_MS;
export const LIVE_CLIENTS_MAX = 200;
export const LIVE_CLIENTS_PER_PRINCIPAL_MAX = 12;
/** Messages that wait for a slow client before it is told to reload instead. */
export const LIVE_WAITING_MAX = 64;
/** A client that has not taken anything for so long is let go. */
export const LIVE_STALLED_MS = 60 * SECOND_MS;
/** What a browser waits before it connects again. */
const RECONNECT_MS = 2_000;

/** Where messages of one client go; an HTTP answer in the server, an array in tests. */
export interface LiveSink {
  /** False when it is full: nothing more until `drained`. */
  write(text: string): boolean;
  end(): void;
}

export interface LiveConnection {
  drained(): void;
  closed(): void;
}

export interface LiveHubOptions {
  /** First message of a stream and after a gap. */
  readonly hello: () => LiveEvent;
  /** The caller as of now; null ends the stream (signed out, disabled, expired). */
  readonly principalNow: (caller: Caller) => Principal | null;
  /** What the reader may be told of it: the event, a part of it, or nothing. */
  readonly shown: (event: LiveEvent, principal: Principal) => LiveEvent | null;
  readonly log: Log;
  readonly heartbeatMs?: number;
  readonly flushMs?: number;
}

export interface LiveHub {
  publish(event: LiveEvent): void;
  /** Takes a client on; refused when there are too many. */
  connect(caller: Caller, sink: LiveSink): Result<LiveConnection, Refusal>;
  /** Ends the streams of one session at once; `last` says why to whoever still reads. */
  endSession(token: string, last: LiveEvent): void;
  count(): number;
  stop(): void;
}

interface Item {
  readonly event: LiveEvent;
  readonly text: string;
}

interface Client {
  readonly caller: Caller;
  readonly sink: LiveSink;
  waiting: Item[];
  full: boolean;
  fullSince: number;
  lost: boolean;
}

const itemOf = (event: LiveEvent): Item => ({ event, text: `data: ${JSON.stringify(event)}\n\n` });

export function createLiveHub(options: LiveHubOptions): LiveHub {
  const clients = new Set<Client>();
  const merge = createLiveMerge();
  let timer: NodeJS.Timeout | undefined;
  let heart: NodeJS.Timeout | undefined;

  const end = (client: Client): void => {
    if (!clients.delete(client)) return;
    client.waiting = [];
    client.sink.end();
    if (clients.size > 0) return;
    clearInterval(heart);
    heart = undefined;
  };
  const deliver = (client: Client, items: readonly Item[]): void => {
    const principal = options.principalNow(client.caller);
    if (!principal) return end(client);
    for (const item of items) sendPart(client, item, options.shown(item.event, principal));
  };
  const flush = (): void => {
    timer = undefined;
    if (merge.empty) return;
    const items = merge.take().map(itemOf);
    for (const client of [...clients]) deliver(client, items);
    timer = setTimeout(flush, options.flushMs ?? LIVE_FLUSH_MS).unref();
  };
  const beat = (): void => {
    for (const client of [...clients]) {
      if (isStalled(client) || !options.principalNow(client.caller)) end(client);
      else if (!client.full) write(client, ':\n\n');
    }
  };
  return {
    publish(event) {
      if (clients.size === 0) return;
      merge.add(event);
      timer ??= setTimeout(flush, 0).unref();
    },
    connect(caller, sink) {
      if (isFull(clients, caller.principal))
        return refuse('unavailable', 'LIVE_FULL', 'open another live stream: close one of those that are open first');
      const client = newClient(caller, sink);
      clients.add(client);
      heart ??= setInterval(beat, options.heartbeatMs ?? LIVE_HEARTBEAT_MS).unref();
      write(client, `retry: ${RECONNECT_MS}\n\n${itemOf(options.hello()).text}`);
      return ok({ drained: () => deliver(client, takeWaiting(client, options.hello)), closed: () => end(client) });
    },
    endSession(token, last) {
      for (const client of [...clients].filter(({ caller }) => caller.sessionToken === token)) {
        if (!client.full) write(client, itemOf(last).text);
        end(client);
      }
    },
    count: () => clients.size,
    stop() {
      for (const client of [...clients]) end(client);
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

const isStalled = (client: Client): boolean => client.full && Date.now() - client.fullSince > LIVE_STALLED_MS;

/** What a client that reads again gets: all that waited, or, when some was dropped, the word to reload. */
function takeWaiting(client: Client, hello: () => LiveEvent): readonly Item[] {
  const items = client.lost ? [itemOf(hello())] : client.waiting;
  client.full = false;
  client.lost = false;
  client.waiting = [];
  return items;
}

const newClient = (caller: Caller, sink: LiveSink): Client => ({
  caller,
  sink,
  waiting: [],
  full: false,
  fullSince: 0,
  lost: false,
});

function isFull(clients: ReadonlySet<Client>, principal: Principal): boolean {
  const own = [...clients].filter((client) => client.caller.principal.id === principal.id);
  return clients.size >= LIVE_CLIENTS_MAX || own.length >= LIVE_CLIENTS_PER_PRINCIPAL_MAX;
}

/** Sends now, or keeps a bounded number; beyond it all are dropped and the client is told to reload once it reads again. */
function send(client: Client, item: Item): void {
  if (!client.full) return write(client, item.text);
  if (client.lost) return;
  client.waiting.push(item);
  if (client.waiting.length <= LIVE_WAITING_MAX) return;
  client.lost = true;
  client.waiting = [];
}

const sendPart = (client: Client, item: Item, shown: LiveEvent | null): void => {
  if (shown) send(client, shown === item.event ? item : itemOf(shown));
};

function write(client: Client, text: string): void {
  if (client.sink.write(text)) return;
  client.full = true;
  client.fullSince = Date.now();
}
