/**
 * Session tickets of one listener: sealed under its own keys, which are renewed each day, open for one day more, and are kept over
 * a restart, so that a city of devices that come back does not need a full handshake each. A ticket proves who the device was:
 * whether it is still welcome is asked again on every connection, by its serial.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Server } from 'node:tls';
import { HOUR_MS } from '@cityward/kernel';
import { silentLog, type Log } from '@cityward/log';
import { newRing, ringFrom, textOf, turned, type TicketRing } from './ticket-keys.ts';

/** Longer than two polls of the slowest device, shorter than a key opens. */
export const SESSION_LIFE_SECONDS = (12 * HOUR_MS) / 1_000;
/** How often it is asked whether a key has sealed for long enough. */
export const TURN_CHECK_MS = HOUR_MS;

/** Where the keys lie while nobody runs; for their owner only. */
export interface TicketShelf {
  /** Null when there is nothing yet; throws when others could have read it. */
  read(): Promise<Uint8Array | null>;
  /** On disk when it resolves. */
  write(text: string): Promise<void>;
}
export interface TicketParts {
  /** Left out, the tickets of a listener end with it. */
  readonly shelf?: TicketShelf;
  readonly clock?: () => number;
  readonly log?: Log;
}
export interface Tickets {
  /** Reads the keys, or makes them. Never rejects: what cannot be read is made anew, and said so. */
  start(): Promise<void>;
  /** To be said with every secure context: names the listener and whom it trusts, so that no session outlives that list. */
  contextFor(trusted: string | readonly string[] | undefined): string;
  /** Seals and opens the tickets of a server from now on; again after each `setSecureContext`, which forgets it. */
  guard(server: Server): void;
  /** Looks whether the time of the newest key is over. */
  turn(): Promise<void>;
  stop(): void;
}

export function createTickets({ shelf, clock = Date.now, log = silentLog }: TicketParts = {}): Tickets {
  let ring = newRing(randomBytes, clock());
  let timer: NodeJS.Timeout | null = null;
  const keep = async (): Promise<void> => {
    try {
      await shelf?.write(textOf(ring));
    } catch (fault) {
      log.error('keys of session tickets could not be kept: a restart costs every device a full handshake', {
        fault: String(fault),
      });
    }
  };
  const turn = async (): Promise<void> => {
    const next = turned(ring, randomBytes, clock());
    if (next === ring) return;
    ring = next;
    await keep();
  };
  return {
    start: async () => {
      const kept = shelf ? await readRing(shelf, log) : null;
      if (kept) ring = kept;
      const next = turned(ring, randomBytes, clock());
      if (!kept || next !== ring) {
        ring = next;
        await keep();
      }
      timer ??= setInterval(() => void turn(), TURN_CHECK_MS).unref();
    },
    contextFor: (trusted) => {
      const digest = createHash('sha256').update(ring.context);
      for (const pem of typeof trusted === 'string' ? [trusted] : (trusted ?? [])) digest.update('\0').update(pem);
      return digest.digest('hex').slice(0, 32);
    },
    guard: (server) => guard(server, () => ring),
    turn,
    stop: () => {
      if (timer) clearInterval(timer);
      timer = null;
    },
  };
}

async function readRing(shelf: TicketShelf, log: Log): Promise<TicketRing | null> {
  try {
    const bytes = await shelf.read();
    if (bytes === null) return null;
    const ring = ringFrom(Buffer.from(bytes).toString('utf8'));
    if (!ring) log.warn('keys of session tickets are made anew: those that were kept cannot be understood');
    return ring;
  } catch (fault) {
    log.warn('keys of session tickets are made anew: those that were kept cannot be relied on', {
      fault: String(fault),
    });
    return null;
  }
}

const UNKNOWN = 0;
/** Opened, and the client is to have a new one: a ticket of TLS 1.3 is for one use, and an old key is to go out of use. */
const OPENED = 2;
const SEALED = 1;

/**
 * What Node has for tickets under more than one key. It is not in its manual (only `setTicketKeys` is, which knows a single key, so
 * that each renewal of it would cost every device a full handshake), but in its own tests; ours hold it.
 */
interface SealingContext {
  enableTicketKeyCallback?(): void;
  onticketkeycallback?: (name: Buffer, iv: Buffer, seals: boolean) => readonly (number | Buffer)[];
}

function guard(server: Server, ringNow: () => TicketRing): void {
  const { context } = (server as unknown as { readonly _sharedCreds: { readonly context: SealingContext } })
    ._sharedCreds;
  if (typeof context.enableTicketKeyCallback !== 'function') {
    const { name, hmac, aes } = ringNow().keys[0]!;
    return server.setTicketKeys(Buffer.concat([name, hmac, aes]));
  }
  context.onticketkeycallback = (name, iv, seals) => {
    const { keys } = ringNow();
    const newest = keys[0]!;
    if (seals) return [SEALED, newest.hmac, newest.aes, newest.name, iv];
    const opening = keys.find((key) => key.name.equals(name));
    return opening ? [OPENED, opening.hmac, opening.aes] : [UNKNOWN, newest.hmac, newest.aes];
  };
  context.enableTicketKeyCallback();
}
