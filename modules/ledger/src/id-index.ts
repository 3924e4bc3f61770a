/** Where each entry's record is, and which fact ids are known: 36 bytes of memory an entry, exact because matches are read back. */
import { open, type FileHandle } from 'node:fs/promises';

const ROW_BYTES = 12;
const FIRST_ROWS = 1_024;
const FNV_PRIME = 0x01000193;

/** Two independent 32-bit mixes of the text; only spread matters, since a match is confirmed by reading the record. */
function mix(text: string): readonly [number, number] {
  let [a, b] = [0x811c9dc5, 0x2f0b4c47];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, FNV_PRIME);
    b = Math.imul((b ^ unit) + 0x9e3779b9, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return [(a ^ (a >>> 15)) >>> 0, (b ^ (b >>> 16)) >>> 0];
}

/** Rows of three 32-bit words: two of the id's mix, one of the record's offset in its segment. */
export class IdIndex {
  readonly #handle: FileHandle;
  #rows: Uint32Array;
  #size = 0;
  #flushed = 0;
  /** Open addressing; holds index + 1. */
  #slots = new Uint32Array(FIRST_ROWS * 2);

  private constructor(handle: FileHandle) {
    this.#handle = handle;
    this.#rows = new Uint32Array(FIRST_ROWS * 3);
  }

  /** Reads the first `size` rows; answers fewer when the file holds fewer. */
  static async open(path: string, size: number): Promise<IdIndex> {
    const handle = await open(path, 'a+', 0o600).then(async (made) => {
      await made.close();
      return open(path, 'r+');
    });
    const index = new IdIndex(handle);
    const rows = new Uint32Array(size * 3);
    const { bytesRead } = await handle.read(rows, 0, size * ROW_BYTES, 0);
    index.#load(rows, Math.floor(bytesRead / ROW_BYTES));
    return index;
  }

  get size(): number {
    return this.#size;
  }

  #load(rows: Uint32Array, size: number): void {
    this.#rows = rows.length >= FIRST_ROWS * 3 ? rows : this.#rows;
    if (this.#rows !== rows) this.#rows.set(rows.subarray(0, size * 3));
    this.#size = this.#flushed = size;
    this.#slots = new Uint32Array(slotsFor(size));
    for (let i = 0; i < size; i++) this.#place(i);
  }

  add(id: string, offset: number): void {
    if ((this.#size + 1) * 3 > this.#rows.length) {
      const larger = new Uint32Array(this.#rows.length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    const [a, b] = mix(id);
    this.#rows[this.#size * 3] = a;
    this.#rows[this.#size * 3 + 1] = b;
    this.#rows[this.#size * 3 + 2] = offset;
    this.#size++;
    if (this.#size * 2 > this.#slots.length) {
      this.#slots = new Uint32Array(slotsFor(this.#size));
      for (let i = 0; i < this.#size; i++) this.#place(i);
    } else this.#place(this.#size - 1);
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#rows[index * 3]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index + 1;
  }

  /** Indices of entries that may have this id: nearly always none, or the one. */
  candidates(id: string): readonly number[] {
    const [a, b] = mix(id);
    const mask = this.#slots.length - 1;
    let found: number[] | null = null;
    for (let slot = a & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]! - 1;
      if (this.#rows[index * 3] === a && this.#rows[index * 3 + 1] === b) (found ??= []).push(index);
    }
    return found ?? [];
  }

  /** Where the record of an entry begins in its segment. */
  offset(index: number): number {
    if (index >= this.#size) throw new RangeError(`look up entry ${index}: the index ends at ${this.#size}`);
    return this.#rows[index * 3 + 2]!;
  }

  /** Writes new rows; they are made again from the log when lost. */
  async flush(): Promise<void> {
    const [from, to] = [this.#flushed, this.#size];
    if (from === to) return;
    const bytes = Buffer.from(this.#rows.slice(from * 3, to * 3).buffer);
    const { bytesWritten } = await this.#handle.write(bytes, 0, bytes.length, from * ROW_BYTES);
    if (bytesWritten !== bytes.length) throw new Error('write the index of the ledger: the disk took only a part');
    this.#flushed = to;
  }

  sync = (): Promise<void> => this.#handle.datasync();
  close = (): Promise<void> => this.#handle.close();
}

/** A power of two, at most half full even after half as many more. */
function slotsFor(size: number): number {
  let slots = FIRST_ROWS * 2;
  while (slots < size * 3) slots *= 2;
  return slots;
}
