/** Typed columns that grow by doubling: one value for each slot of the inventory. */

const FIRST_CAPACITY = 1_024;

type Numbers = Uint8Array | Int16Array | Int32Array | Uint32Array | Float64Array;

export interface Column<A extends Numbers> {
  get(slot: number): number;
  set(slot: number, value: number): void;
  /** The array itself, valid until the next `set` beyond its end. */
  readonly array: A;
}

/** @param empty what a slot holds that was never set */
export function createColumn<A extends Numbers>(make: (length: number) => A, empty: number): Column<A> {
  let array = make(FIRST_CAPACITY);
  if (empty !== 0) array.fill(empty);
  return {
    get: (slot) => array[slot] ?? empty,
    set: (slot, value) => {
      if (slot >= array.length) {
        const grown = make(Math.max(array.length * 2, slot + 1));
        grown.fill(empty, array.length);
        grown.set(array);
        array = grown;
      }
      array[slot] = value;
    },
    get array() {
      return array;
    },
  };
}

export const bytes = (length: number): Uint8Array => new Uint8Array(length);
export const shorts = (length: number): Int16Array => new Int16Array(length);
export const integers = (length: number): Int32Array => new Int32Array(length);
export const masks = (length: number): Uint32Array => new Uint32Array(length);
export const floats = (length: number): Float64Array => new Float64Array(length);
