/** Turns facts into everything that is written for them: log records, public entries, leaf hashes. */
import { randomFillSync } from 'node:crypto';
import { writeLeafHash, HASH_BYTES } from '@cityward/tlog-tiles';
import { ENTRY_MAX_BYTES } from '@cityward/tlog-tiles/tile';
import { SALT_BYTES, commitmentIn } from './commitment.ts';
import { bodyText, entryText, parseBody, type Body, type LedgerFact } from './domain/body.ts';
import { GROUP_FACTS_MAX, RECORD_HEAD_BYTES, recordsOf, type WalRecord } from './wal-frame.ts';

/** A fact is a note of what was done, not a store of files. */
export const BODY_MAX_CHARS = 2 * 1_048_576;
const NAME_MAX_CHARS = 100;
/** A group is cut when it has so many bytes, even with fewer than 1,000 facts. */
const GROUP_SOFT_MAX_BYTES = 8 * 1_048_576;
/** In a record the salt stands right before the body. */
const SALT_AT = RECORD_HEAD_BYTES - SALT_BYTES;
const LENGTH_BYTES = 2;
const LEAF_PREFIX_BYTES = 1;
const ENTRY_EXPECTED_BYTES = 256;
const RECORD_EXPECTED_BYTES = 768;

/** What the tree gains by a group. */
export interface Gains {
  readonly count: number;
  /** Entries as in a bundle: each after its length. */
  readonly entries: Buffer;
  readonly leaves: Buffer;
}

export interface Group extends Gains {
  readonly ids: readonly string[];
  /** Where each record begins in the payload. */
  readonly starts: readonly number[];
  /** The last place in the outbox; 0 where no fact came from there. */
  readonly position: number;
}

export interface PreparedGroup extends Group {
  readonly payload: Buffer;
}

/** A buffer that grows; what is handed out is never written again. */
class Slab {
  #bytes: Buffer;
  #used = 0;
  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafeSlow(expected);
  }
  get used(): number {
    return this.#used;
  }
  /** Makes room for `length` more bytes and answers the buffer to write them into, at `used`. */
  room(length: number): Buffer {
    if (this.#used + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#used + length));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
  take(length: number): void {
    this.#used += length;
  }
  whole(): Buffer {
    return this.#bytes.subarray(0, this.#used);
  }
}

const leafScratch = Buffer.alloc(LEAF_PREFIX_BYTES + ENTRY_MAX_BYTES);

/** Collects the public side of entries, in order. */
class GainsBuilder {
  readonly #entries: Slab;
  readonly #leaves: Buffer;
  #count = 0;
  constructor(countMax: number) {
    this.#entries = new Slab(countMax * ENTRY_EXPECTED_BYTES);
    this.#leaves = Buffer.allocUnsafeSlow(countMax * HASH_BYTES);
  }
  /** @param commitment to salt and body of the fact */
  add(fact: Pick<Body, 'at' | 'module' | 'type' | 'personal'>, commitment: string): void {
    const text = entryText(fact, commitment);
    const length = leafScratch.write(text, LEAF_PREFIX_BYTES, 'utf8');
    writeLeafHash(leafScratch.subarray(0, LEAF_PREFIX_BYTES + length), this.#leaves, this.#count++ * HASH_BYTES);
    const room = this.#entries.room(LENGTH_BYTES + length);
    room.writeUInt16BE(length, this.#entries.used);
    leafScratch.copy(room, this.#entries.used + LENGTH_BYTES, LEAF_PREFIX_BYTES, LEAF_PREFIX_BYTES + length);
    this.#entries.take(LENGTH_BYTES + length);
  }
  gains(): Gains {
    return {
      count: this.#count,
      entries: this.#entries.whole(),
      leaves: this.#leaves.subarray(0, this.#count * HASH_BYTES),
    };
  }
}

/** A fact whose body is written out, so that one which cannot be fails its own caller and nobody else. */
export interface PreparedFact {
  readonly id: string;
  readonly position: number;
  readonly at: number;
  readonly module: string;
  readonly type: string;
  readonly personal: boolean;
  readonly text: string;
  /** Who is told when it is durable; set while it waits. */
  tickets: readonly Ticket[];
}

/** How a caller is told: with the index of the fact, or why not. */
export interface Ticket {
  readonly resolve: (index: number) => void;
  readonly reject: (error: unknown) => void;
}

const NO_TICKETS: readonly Ticket[] = [];

/** Throws on a fact that the ledger cannot take: a bug of the module that recorded it. */
export function prepareFact(fact: LedgerFact): PreparedFact {
  const { id, at, module, type, personal = false, position = 0 } = fact;
  if (id === '') throw new Error('append to the ledger: a fact needs an id');
  if (!Number.isSafeInteger(at) || at < 0)
    throw new Error(`append to the ledger: fact "${id}" has time ${at}, wanted whole milliseconds since 1970`);
  if (type.length > NAME_MAX_CHARS || module.length > NAME_MAX_CHARS)
    throw new Error(
      `append to the ledger: fact "${id}" has a type or module of more than ${NAME_MAX_CHARS} characters`,
    );
  const text = bodyText(fact);
  if (text.length > BODY_MAX_CHARS)
    throw new Error(
      `append to the ledger: fact "${id}" has ${text.length} characters, at most ${BODY_MAX_CHARS} are taken`,
    );
  return { id, position, at, module, type, personal, text, tickets: NO_TICKETS };
}

/**
 * Prepares as many of the facts, from the first, as one group takes.
 * @param facts in the order of their entries; at least one
 */
export function prepareGroup(facts: readonly PreparedFact[]): PreparedGroup {
  const countMax = Math.min(facts.length, GROUP_FACTS_MAX);
  const salts = randomFillSync(Buffer.allocUnsafe(countMax * SALT_BYTES));
  const payload = new Slab(countMax * RECORD_EXPECTED_BYTES);
  const builder = new GainsBuilder(countMax);
  const ids: string[] = [];
  const starts: number[] = [];
  let position = 0;
  for (let i = 0; i < countMax && payload.used < GROUP_SOFT_MAX_BYTES; i++) {
    const fact = facts[i]!;
    const start = payload.used;
    // A UTF-16 unit takes at most three bytes.
    const room = payload.room(RECORD_HEAD_BYTES + fact.text.length * 3);
    const length = room.write(fact.text, start + RECORD_HEAD_BYTES, 'utf8');
    const end = start + RECORD_HEAD_BYTES + length;
    room.writeUInt32BE(length, start);
    room.writeDoubleBE(fact.position, start + 4);
    salts.copy(room, start + SALT_AT, i * SALT_BYTES, (i + 1) * SALT_BYTES);
    builder.add(fact, commitmentIn(room, start + SALT_AT, end));
    payload.take(end - start);
    ids.push(fact.id);
    starts.push(start);
    position = fact.position || position;
  }
  return { ...builder.gains(), ids, starts, position, payload: payload.whole() };
}

/** The same from a group read back from disk; `null` when its payload is not what `prepareGroup` writes. */
export function readGroup(payload: Buffer, count: number): Group | null {
  const records = recordsOf(payload, count);
  if (!records) return null;
  const builder = new GainsBuilder(count);
  const ids: string[] = [];
  for (const { at, body } of records) {
    const parsed = parseBody(body.toString('utf8'));
    if (!parsed) return null;
    builder.add(parsed, commitmentIn(payload, at + SALT_AT, at + RECORD_HEAD_BYTES + body.length));
    ids.push(parsed.id);
  }
  const position = records.findLast((record) => record.position > 0)?.position ?? 0;
  return { ...builder.gains(), ids, starts: records.map((record: WalRecord) => record.at), position };
}
