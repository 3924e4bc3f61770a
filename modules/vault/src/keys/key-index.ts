/** Finds the slot of a key by its id: open addressing over the ids that the slots hold themselves, some 8 bytes a key. */
import { idAt, isIdAt, SLOT_BYTES } from './slot.ts';

const EMPTY = -1;
const GONE = -2;
const START = 1_024;
/** Of a table that is used, or was: a fuller one is made anew. */
const LOAD_MAX = 0.6;

export class KeyIndex {
  /** The file's content; set anew when the file grows. */
  #slots: Buffer;
  #table = new Int32Array(START).fill(EMPTY);
  #used = 0;
  #live = 0;

  constructor(slots: Buffer) {
    this.#slots = slots;
  }

  get live(): number {
    return this.#live;
  }

  follow(slots: Buffer): void {
    this.#slots = slots;
  }

  find(id: Buffer): number | null {
    const at = this.#placeOf(id);
    return at === null ? null : this.#table[at]!;
  }

  /** The slot holds the key by now. */
  add(slot: number): void {
    if (this.#used + 1 > this.#table.length * LOAD_MAX) this.#rebuild();
    let at = this.#home(idAt(this.#slots, slot * SLOT_BYTES));
    while (this.#table[at]! >= 0) at = (at + 1) & (this.#table.length - 1);
    if (this.#table[at] === EMPTY) this.#used++;
    this.#table[at] = slot;
    this.#live++;
  }

  /** Called while the slot still holds the key. */
  remove(id: Buffer): void {
    const at = this.#placeOf(id);
    if (at === null) return;
    this.#table[at] = GONE;
    this.#live--;
  }

  #placeOf(id: Buffer): number | null {
    const mask = this.#table.length - 1;
    for (let at = this.#home(id); this.#table[at] !== EMPTY; at = (at + 1) & mask) {
      const slot = this.#table[at]!;
      if (slot >= 0 && isIdAt(this.#slots, slot * SLOT_BYTES, id)) return at;
    }
    return null;
  }

  /** Ids are random: any four bytes of one are spread evenly. */
  #home(id: Buffer): number {
    return id.readUInt32LE(0) & (this.#table.length - 1);
  }

  #rebuild(): void {
    const before = this.#table;
    let size = START;
    while (this.#live + 1 > (size * LOAD_MAX) / 2) size *= 2;
    this.#table = new Int32Array(size).fill(EMPTY);
    [this.#used, this.#live] = [0, 0];
    for (const slot of before) if (slot >= 0) this.add(slot);
  }
}
