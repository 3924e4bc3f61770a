/**
 * Residents in memory, some sixty bytes each: whoever asks whether somebody may sign in or what they are called does not wait for
 * SQL. What they sign in with, when they were last here and who has a name is read there, by its index.
 */
import type { PersonRecord, PersonState } from './domain/people.ts';

export interface ResidentEntry {
  readonly id: string;
  readonly handle: string;
  readonly state: PersonState;
}

const STATES: readonly PersonState[] = ['invited', 'active', 'disabled'];
const NOBODY = 255;
const FIRST_CAPACITY = 1_024;
const FIRST_TEXT_BYTES = 65_536;
/** Of the buckets, at most so many are taken: a search ends soon. */
const LOAD_MAX = 0.5;
const EMPTY = -1;

export class Residents {
  /** Ids and handles, one after the other. */
  #text = Buffer.alloc(FIRST_TEXT_BYTES);
  #textEnd = 0;
  #start = new Uint32Array(FIRST_CAPACITY);
  #idBytes = new Uint8Array(FIRST_CAPACITY);
  #handleBytes = new Uint16Array(FIRST_CAPACITY);
  #state = new Uint8Array(FIRST_CAPACITY);
  #passkeys = new Uint8Array(FIRST_CAPACITY);
  #buckets = new Int32Array(FIRST_CAPACITY * 4).fill(EMPTY);
  #rows = 0;
  #gone = 0;

  get size(): number {
    return this.#rows - this.#gone;
  }

  /** What all of it takes, whether in use yet or not. */
  get bytes(): number {
    const columns = [this.#start, this.#idBytes, this.#handleBytes, this.#state, this.#passkeys, this.#buckets];
    return columns.reduce((sum, { byteLength }) => sum + byteLength, this.#text.length);
  }

  get(id: string): PersonRecord | undefined {
    const row = this.#rowOf(id);
    if (row === null) return undefined;
    const from = this.#start[row]! + this.#idBytes[row]!;
    const handle = this.#text.toString('utf8', from, from + this.#handleBytes[row]!);
    return { id, handle, kind: 'resident', position: null, roles: [], state: STATES[this.#state[row]!]! };
  }

  has(id: string): boolean {
    return this.#rowOf(id) !== null;
  }

  /** New, or as they are now; nobody's handle changes. */
  put({ id, handle, state }: ResidentEntry): void {
    const row = this.#rowOf(id) ?? this.#add(id, handle);
    this.#state[row] = STATES.indexOf(state);
  }

  /** Where they were not saved after all. */
  drop(id: string): void {
    const row = this.#rowOf(id);
    if (row === null) return;
    this.#state[row] = NOBODY;
    this.#gone++;
  }

  passkeys(id: string): number {
    const row = this.#rowOf(id);
    return row === null ? 0 : this.#passkeys[row]!;
  }
  setPasskeys(id: string, count: number): void {
    const row = this.#rowOf(id);
    if (row !== null) this.#passkeys[row] = count;
  }

  #add(id: string, handle: string): number {
    const [name, called] = [Buffer.from(id, 'utf8'), Buffer.from(handle, 'utf8')];
    this.#makeRoom(name.length + called.length);
    const row = this.#rows++;
    this.#start[row] = this.#textEnd;
    this.#idBytes[row] = name.length;
    this.#handleBytes[row] = called.length;
    this.#passkeys[row] = 0;
    this.#textEnd += name.copy(this.#text, this.#textEnd);
    this.#textEnd += called.copy(this.#text, this.#textEnd);
    this.#buckets[this.#bucketOf(name)] = row;
    return row;
  }

  #makeRoom(bytes: number): void {
    if (this.#textEnd + bytes > this.#text.length) {
      const grown = Buffer.alloc(this.#text.length * 2);
      this.#text.copy(grown, 0, 0, this.#textEnd);
      this.#text = grown;
    }
    if (this.#rows === this.#start.length) {
      const capacity = this.#rows * 2;
      this.#start = copied(this.#start, new Uint32Array(capacity));
      this.#idBytes = copied(this.#idBytes, new Uint8Array(capacity));
      this.#handleBytes = copied(this.#handleBytes, new Uint16Array(capacity));
      this.#state = copied(this.#state, new Uint8Array(capacity));
      this.#passkeys = copied(this.#passkeys, new Uint8Array(capacity));
    }
    if (this.#rows + 1 > this.#buckets.length * LOAD_MAX) this.#spread();
  }

  /** Over twice as many buckets. */
  #spread(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2).fill(EMPTY);
    for (let row = 0; row < this.#rows; row++)
      if (this.#state[row] !== NOBODY) this.#buckets[this.#bucketOf(this.#idIn(row))] = row;
  }

  #rowOf(id: string): number | null {
    const row = this.#buckets[this.#bucketOf(Buffer.from(id, 'utf8'))]!;
    return row === EMPTY ? null : row;
  }

  /** The one that has it, or the free one where it would go. */
  #bucketOf(id: Buffer): number {
    const mask = this.#buckets.length - 1;
    for (let at = hash(id) & mask; ; at = (at + 1) & mask) {
      const row = this.#buckets[at]!;
      if (row === EMPTY) return at;
      if (this.#state[row] !== NOBODY && this.#idIn(row).equals(id)) return at;
    }
  }

  #idIn(row: number): Buffer {
    const from = this.#start[row]!;
    return this.#text.subarray(from, from + this.#idBytes[row]!);
  }
}

function copied<A extends Uint8Array | Uint16Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** FNV-1a: ids are random already, so that nobody can choose where they go. */
function hash(bytes: Buffer): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}
