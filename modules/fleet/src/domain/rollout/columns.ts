/** The city's devices as a plan reads them: one typed column per question, one row per device, in any order. */
import { DEVICE_CLASSES, type DeviceClass } from '@cityward/contracts';

/** Bits of `flags`. */
export const LIFE_SAFETY = 1;
export const HELD = 2;
export const REVOKED = 4;
export const ENDED = 8;
/** Without a certificate of ours: nobody knows who it is. */
export const UNKNOWN = 16;

export const FLAGS = {
  lifeSafety: LIFE_SAFETY,
  held: HELD,
  revoked: REVOKED,
  ended: ENDED,
  unknown: UNKNOWN,
} as const;

/** Values of a column that repeat: the row holds the place in `names`, -1 for none. */
export interface Words {
  readonly names: readonly string[];
  readonly of: Int32Array;
}
export interface Columns {
  readonly ids: readonly string[];
  /** Places in DEVICE_CLASSES. */
  readonly class: Uint8Array;
  readonly model: Words;
  readonly hardware: Words;
  readonly site: Words;
  readonly ward: Words;
  /** The service that rests on it most directly. */
  readonly service: Words;
  /** Firmware version, or document hash, as last heard. */
  readonly running: Words;
  readonly flags: Uint8Array;
}

export interface ColumnRow {
  readonly id: string;
  readonly class: DeviceClass;
  readonly model: string | null;
  readonly hardware: string | null;
  readonly site: string | null;
  readonly ward: string | null;
  readonly service: string | null;
  readonly running: string | null;
  readonly flags: number;
}

/** Builds columns row by row. `rows` is how many there will be at most. */
export function columnsBuilder(rows: number): { add(row: ColumnRow): void; done(): Columns } {
  const ids: string[] = [];
  const classes = new Uint8Array(rows);
  const flags = new Uint8Array(rows);
  const words = { model: wordsOf(rows), hardware: wordsOf(rows), site: wordsOf(rows), ward: wordsOf(rows) };
  const more = { service: wordsOf(rows), running: wordsOf(rows) };
  return {
    add(row) {
      const at = ids.length;
      if (at >= rows) throw new Error(`add device "${row.id}": the columns are full at ${rows}`);
      ids.push(row.id);
      classes[at] = DEVICE_CLASSES.indexOf(row.class);
      flags[at] = row.flags;
      words.model.set(at, row.model);
      words.hardware.set(at, row.hardware);
      words.site.set(at, row.site);
      words.ward.set(at, row.ward);
      more.service.set(at, row.service);
      more.running.set(at, row.running);
    },
    done: () => {
      const size = ids.length;
      return {
        ids,
        class: classes.subarray(0, size),
        flags: flags.subarray(0, size),
        model: words.model.done(size),
        hardware: words.hardware.done(size),
        site: words.site.done(size),
        ward: words.ward.done(size),
        service: more.service.done(size),
        running: more.running.done(size),
      };
    },
  };
}

export function wordsOf(rows: number): { set(at: number, word: string | null): void; done(size: number): Words } {
  const of = new Int32Array(rows).fill(-1);
  const names: string[] = [];
  const places = new Map<string, number>();
  return {
    set(at, word) {
      if (word === null) return;
      let place = places.get(word);
      if (place === undefined) {
        place = names.push(word) - 1;
        places.set(word, place);
      }
      of[at] = place;
    },
    done: (size) => ({ names, of: of.subarray(0, size) }),
  };
}

export const wordAt = (words: Words, row: number): string | null => words.names[words.of[row]!] ?? null;
