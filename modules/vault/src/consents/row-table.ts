/** Finds rows by what they hold themselves: open addressing, four bytes a place. */

const EMPTY = -1;
const GONE = -2;
const START = 1_024;
const LOAD_MAX = 0.6;

export class RowTable {
  readonly #hashOf: (row: number) => number;
  #table = new Int32Array(START).fill(EMPTY);
  #used = 0;

  /** @param hashOf spread over all 32 bits */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  find(hash: number, isIt: (row: number) => boolean): number | null {
    const mask = this.#table.length - 1;
    for (let at = hash & mask; this.#table[at] !== EMPTY; at = (at + 1) & mask)
      if (this.#table[at] !== GONE && isIt(this.#table[at]!)) return this.#table[at]!;
    return null;
  }

  add(row: number): void {
    if (this.#used + 1 > this.#table.length * LOAD_MAX) this.#grow();
    this.#put(row);
  }

  /** Stands for the same from now on. */
  replace(row: number, by: number): void {
    this.#table[this.#placeOf(row)] = by;
  }

  remove(row: number): void {
    this.#table[this.#placeOf(row)] = GONE;
  }

  #placeOf(row: number): number {
    const mask = this.#table.length - 1;
    for (let at = this.#hashOf(row) & mask; this.#table[at] !== EMPTY; at = (at + 1) & mask)
      if (this.#table[at] === row) return at;
    throw new Error(`find row ${row}: the table does not hold it`);
  }

  #put(row: number): void {
    const mask = this.#table.length - 1;
    let at = this.#hashOf(row) & mask;
    while (this.#table[at]! >= 0) at = (at + 1) & mask;
    if (this.#table[at] === EMPTY) this.#used++;
    this.#table[at] = row;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Int32Array(2 * before.length).fill(EMPTY);
    this.#used = 0;
    for (const row of before) if (row >= 0) this.#put(row);
  }
}

/** Spreads two small numbers over 32 bits. */
export function mixed(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
