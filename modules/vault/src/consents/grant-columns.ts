/** Grants in columns, some 80 bytes each: what many have in common is kept once, and one is made into an object when it is looked at. */
import type { StoredConsent } from './consent-store.ts';
import type { Grant, Grantee, GrantState } from '../domain/grant.ts';
import { packId, SHORT_ID_BYTES, unpackId } from '../domain/short-id.ts';

export const CONSENT_PREFIX = 'con-';
const FIRST_ROWS = 1_024;
const NO_LIMIT = -1;
/** What is kept once where many have it is looked for among so many of the newest. */
const COMPARED_MAX = 20_000;

type Shape = Pick<Grant, 'scope' | 'rights' | 'purpose' | 'refrains' | 'depth'>;
const STANDING: GrantState = { is: 'standing' };

/** Each text once, known by a number. */
class Names {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }
  find = (name: string): number | undefined => this.#numbers.get(name);
  at = (number: number): string => this.#names[number]!;
}

/** What many have, kept once. */
class Kept<T> {
  readonly #all: T[] = [];
  readonly #known = new Map<string, number>();

  numberOf(one: T): number {
    const text = JSON.stringify(one);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= COMPARED_MAX) this.#known.clear();
    this.#known.set(text, this.#all.length);
    return this.#all.push(one) - 1;
  }
  at = (number: number): T => this.#all[number]!;
}

/** Subject, key and number of the grantee, giver, shape. */
const NUMBERS = 5;

export class GrantColumns {
  #rows = 0;
  readonly #names = new Names();
  #ids = new Uint8Array(SHORT_ID_BYTES * FIRST_ROWS);
  #numbers = new Int32Array(NUMBERS * FIRST_ROWS);
  /** From, until, given: three to a row. */
  #times = new Float64Array(3 * FIRST_ROWS);
  /** Uses, used: two to a row. */
  #counts = new Int32Array(2 * FIRST_ROWS);
  readonly #shapes = new Kept<Shape>();
  readonly #grantees = new Kept<Grantee>();
  /** Of few: what was taken back, and what was handed on. */
  readonly #ended = new Map<number, GrantState>();
  readonly #parents = new Map<number, string>();

  get rows(): number {
    return this.#rows;
  }

  /** Throws where the id is none that was made for a consent. */
  add({ grant, given }: StoredConsent, key: string): number {
    const row = this.#rows;
    this.#room(row);
    if (!packId(grant.id, CONSENT_PREFIX, this.#ids.subarray(row * SHORT_ID_BYTES)))
      throw new Error(`keep consent "${grant.id}": wanted an id as it is made for one`);
    const { scope, rights, purpose, refrains, depth } = grant;
    this.#numbers.set(
      [
        this.#names.numberOf(grant.subject),
        this.#names.numberOf(key),
        this.#grantees.numberOf(grant.grantee),
        this.#names.numberOf(given.by),
        this.#shapes.numberOf({ scope, rights, purpose, refrains, depth }),
      ],
      NUMBERS * row,
    );
    this.#times.set([grant.from, grant.until, given.at], 3 * row);
    this.#counts.set([grant.uses ?? NO_LIMIT, grant.used], 2 * row);
    if (grant.state.is !== 'standing') this.#ended.set(row, grant.state);
    if (grant.parent !== null) this.#parents.set(row, grant.parent);
    this.#rows++;
    return row;
  }

  at(row: number): StoredConsent {
    const uses = this.#counts[2 * row]!;
    const grant: Grant = {
      ...this.#shapes.at(this.#numbers[NUMBERS * row + 4]!),
      grantee: this.#grantees.at(this.#numbers[NUMBERS * row + 2]!),
      id: this.idAt(row),
      subject: this.#names.at(this.#numbers[NUMBERS * row]!),
      parent: this.#parents.get(row) ?? null,
      from: this.#times[3 * row]!,
      until: this.#times[3 * row + 1]!,
      uses: uses === NO_LIMIT ? null : uses,
      used: this.#counts[2 * row + 1]!,
      state: this.#ended.get(row) ?? STANDING,
    };
    return { grant, given: { at: this.#times[3 * row + 2]!, by: this.#names.at(this.#numbers[NUMBERS * row + 3]!) } };
  }

  change(row: number, change: Pick<Grant, 'state'> | Pick<Grant, 'used'>): void {
    if ('state' in change) this.#ended.set(row, change.state);
    else this.#counts[2 * row + 1] = change.used;
  }

  /** `null` where no grant names it. */
  number(name: string): number | null {
    return this.#names.find(name) ?? null;
  }
  subjectAt = (row: number): number => this.#numbers[NUMBERS * row]!;
  keyAt = (row: number): number => this.#numbers[NUMBERS * row + 1]!;
  idAt = (row: number): string =>
    unpackId(this.#ids.subarray(row * SHORT_ID_BYTES, (row + 1) * SHORT_ID_BYTES), CONSENT_PREFIX);
  isIdAt(row: number, packed: Uint8Array): boolean {
    const from = row * SHORT_ID_BYTES;
    for (let i = 0; i < SHORT_ID_BYTES; i++) if (this.#ids[from + i] !== packed[i]) return false;
    return true;
  }
  /** Ids are random: any four bytes of one are spread evenly. */
  idHashAt = (row: number): number => hashOfId(this.#ids, row * SHORT_ID_BYTES);
  #room(row: number): void {
    if (3 * row < this.#times.length) return;
    this.#ids = doubled(this.#ids, Uint8Array);
    this.#numbers = doubled(this.#numbers, Int32Array);
    this.#times = doubled(this.#times, Float64Array);
    this.#counts = doubled(this.#counts, Int32Array);
  }
}

export const hashOfId = (packed: Uint8Array, from = 0): number =>
  packed[from + 6]! | (packed[from + 7]! << 8) | (packed[from + 8]! << 16) | (packed[from + 9]! << 24);

function doubled<Column extends Uint8Array | Int32Array | Float64Array>(
  column: Column,
  Kind: new (length: number) => Column,
): Column {
  const wider = new Kind(2 * column.length);
  wider.set(column);
  return wider;
}
