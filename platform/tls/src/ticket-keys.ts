/** The keys that seal session tickets: the newest seals, older ones still open for a while, and what is written of them. Pure. */
import { DAY_MS } from '@cityward/kernel';

/** A stolen key opens the tickets of so long, and of the same time again while it overlaps with the next. */
export const SEALS_FOR_MS = DAY_MS;
export const OPENS_FOR_MS = 2 * SEALS_FOR_MS;

export const NAME_BYTES = 16;
const SECRET_BYTES = 16;
const CONTEXT = /^[0-9a-f]{32}$/u;
const FORMAT = 'cityward-tickets-1';
const KEYS_MAX = 3;

export interface TicketKey {
  /** Milliseconds since 1970. */
  readonly made: number;
  /** Stands in front of every ticket, for all to read. */
  readonly name: Buffer;
  readonly hmac: Buffer;
  readonly aes: Buffer;
}
export interface TicketRing {
  /** Of this listener alone: sessions under another are no sessions here. */
  readonly context: string;
  /** The newest first; never empty. */
  readonly keys: readonly TicketKey[];
}
export type Random = (bytes: number) => Buffer;

const newKey = (random: Random, made: number): TicketKey => ({
  made,
  name: random(NAME_BYTES),
  hmac: random(SECRET_BYTES),
  aes: random(SECRET_BYTES),
});

export const newRing = (random: Random, now: number): TicketRing => ({
  context: random(16).toString('hex'),
  keys: [newKey(random, now)],
});

/** The same ring while its newest key may seal; otherwise with a new one, and without those that are too old. */
export function turned(ring: TicketRing, random: Random, now: number): TicketRing {
  // A key from the future is one from before the clock was put back: nobody knows how old it is.
  const usable = ring.keys.filter(({ made }) => made <= now && now - made < OPENS_FOR_MS);
  const newest = usable[0];
  if (newest && now - newest.made < SEALS_FOR_MS)
    return usable.length === ring.keys.length ? ring : { ...ring, keys: usable };
  return { ...ring, keys: [newKey(random, now), ...usable].slice(0, KEYS_MAX) };
}

export const textOf = ({ context, keys }: TicketRing): string =>
  `${JSON.stringify({
    format: FORMAT,
    context,
    keys: keys.map(({ made, name, hmac, aes }) => ({
      made,
      key: Buffer.concat([name, hmac, aes]).toString('base64'),
    })),
  })}\n`;

/** Null for anything that `textOf` did not write. */
export function ringFrom(text: string): TicketRing | null {
  try {
    const read = JSON.parse(text) as { format: unknown; context: unknown; keys: { made: unknown; key: unknown }[] };
    if (read.format !== FORMAT || typeof read.context !== 'string' || !CONTEXT.test(read.context)) return null;
    const keys = read.keys.map(({ made, key }) => keyFrom(made, key));
    const all = keys.filter((key) => key !== null);
    return all.length === keys.length && all.length > 0 && all.length <= KEYS_MAX
      ? { context: read.context, keys: all }
      : null;
  } catch {
    return null;
  }
}

function keyFrom(made: unknown, key: unknown): TicketKey | null {
  if (typeof made !== 'number' || !Number.isSafeInteger(made) || typeof key !== 'string') return null;
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== NAME_BYTES + 2 * SECRET_BYTES) return null;
  const hmac = bytes.subarray(NAME_BYTES, NAME_BYTES + SECRET_BYTES);
  return { made, name: bytes.subarray(0, NAME_BYTES), hmac, aes: bytes.subarray(NAME_BYTES + SECRET_BYTES) };
}
