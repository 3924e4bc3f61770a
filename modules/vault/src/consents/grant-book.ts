/** The grants that may be of use, in memory, found by who asks about whom: what a decision looks at never waits and never searches. */
import type { StoredConsent } from './consent-store.ts';
import type { Grant, Grantee, Holder } from '../domain/grant.ts';
import { packId, SHORT_ID_BYTES } from '../domain/short-id.ts';
import { CONSENT_PREFIX, GrantColumns, hashOfId } from './grant-columns.ts';
import { mixed, RowTable } from './row-table.ts';
import { SubjectRows } from './subject-rows.ts';

/** In one city; more is refused, never forgotten. */
export const GRANTS_MAX = 1_000_000;
/** From one person to another, or to one role at one organisation: a decision looks at each. */
export const GRANTS_PER_PAIR_MAX = 200;
/** Of one person's records, to all others: nobody fills the room of everybody. */
export const GRANTS_PER_SUBJECT_MAX = 2_000;
/** What others hand on leaves the person room of their own. */
export const HANDED_ON_PER_SUBJECT_MAX = 1_000;
/** That one consent is handed on, at one time. */
export const HANDED_ON_MAX = 20;

const NOBODY_NEXT = -1;
const FIRST_ROWS = 1_024;

/** By the person where it names one, else by the role at the organisation. Ids have no space. */
const keyOf = ({ person, organisation, role }: Grantee): string => person ?? roleKey(organisation!, role!);
const roleKey = (organisation: string, role: string): string => `${organisation} ${role}`;

export class GrantBook {
  #columns = new GrantColumns();
  #byId = this.#idTable();
  /** The first row of each pair; the others follow in `#next`. */
  #byPair = this.#pairTable();
  #next = new Int32Array(FIRST_ROWS).fill(NOBODY_NEXT);
  #bySubject = new SubjectRows();
  #handedOn = new Map<string, number>();
  readonly #packed = new Uint8Array(SHORT_ID_BYTES);

  /** Rows in use, with what is over and not dropped yet. */
  get size(): number {
    return this.#columns.rows;
  }

  add(consent: StoredConsent): void {
    const { parent, grantee } = consent.grant;
    const row = this.#columns.add(consent, keyOf(grantee));
    if (row >= this.#next.length) {
      const wider = new Int32Array(2 * this.#next.length).fill(NOBODY_NEXT);
      wider.set(this.#next);
      this.#next = wider;
    }
    this.#byId.add(row);
    this.#bySubject.add(this.#columns.subjectAt(row), row);
    const first = this.#firstOf(this.#columns.subjectAt(row), this.#columns.keyAt(row));
    if (first === null) this.#byPair.add(row);
    else this.#next[this.#lastFrom(first)] = row;
    if (parent !== null) this.#handedOn.set(parent, this.handedOn(parent) + 1);
  }

  get(id: string): StoredConsent | null {
    const row = this.#rowOf(id);
    return row === null ? null : this.#columns.at(row);
  }

  /** Every consent of the subject for that person by name, and for what they work as, whatever it allows. */
  from(subject: string, { person, posts }: Holder): readonly StoredConsent[] {
    const found: StoredConsent[] = [];
    const of = this.#columns.number(subject);
    if (of === null) return found;
    this.#collect(found, of, person);
    for (const { organisation, role } of posts) this.#collect(found, of, roleKey(organisation, role));
    return found;
  }

  /** How many stand or stood between the two and were not tidied away. */
  between(subject: string, grantee: Grantee): number {
    const found: StoredConsent[] = [];
    const of = this.#columns.number(subject);
    if (of !== null) this.#collect(found, of, keyOf(grantee));
    return found.length;
  }

  /** How many of the person's stand or stood and were not tidied away. */
  of(subject: string): number {
    const number = this.#columns.number(subject);
    return number === null ? 0 : this.#bySubject.count(number);
  }
  /** Counts no more of the person's what is over. */
  tidyOf(subject: string, isOver: (grant: Grant) => boolean): void {
    const number = this.#columns.number(subject);
    if (number !== null) this.#bySubject.tidy(number, (row) => isOver(this.#columns.at(row).grant));
  }

  /** How often the consent was handed on. */
  handedOn(id: string): number {
    return this.#handedOn.get(id) ?? 0;
  }

  /** Puts what changed of a grant in place of it. */
  change(id: string, change: Pick<Grant, 'state'> | Pick<Grant, 'used'>): void {
    const row = this.#rowOf(id);
    if (row !== null) this.#columns.change(row, change);
  }

  /** No decision between the two looks at what is over any more; it is found by its id still. */
  tidy(subject: string, grantee: Grantee, isOver: (grant: Grant) => boolean): void {
    const [of, key] = [this.#columns.number(subject), this.#columns.number(keyOf(grantee))];
    const first = of === null || key === null ? null : this.#firstOf(of, key);
    if (first === null) return;
    const kept = [...this.#rowsFrom(first)].filter((row) => !isOver(this.#columns.at(row).grant));
    if (kept[0] === undefined) this.#byPair.remove(first);
    else if (kept[0] !== first) this.#byPair.replace(first, kept[0]);
    for (const [i, row] of kept.entries()) this.#next[row] = kept[i + 1] ?? NOBODY_NEXT;
  }

  /** Drops what nobody can use any more; SQL keeps it. Looks at every grant. */
  prune(isOver: (grant: Grant) => boolean): void {
    const before = this.#columns;
    this.#columns = new GrantColumns();
    [this.#byId, this.#byPair, this.#handedOn] = [this.#idTable(), this.#pairTable(), new Map()];
    this.#bySubject = new SubjectRows();
    this.#next = new Int32Array(FIRST_ROWS).fill(NOBODY_NEXT);
    for (let row = 0; row < before.rows; row++) {
      const consent = before.at(row);
      if (!isOver(consent.grant)) this.add(consent);
    }
  }

  #collect(...[into, subject, key]: readonly [StoredConsent[], number, string]): void {
    const number = this.#columns.number(key);
    const first = number === null ? null : this.#firstOf(subject, number);
    if (first !== null) for (const row of this.#rowsFrom(first)) into.push(this.#columns.at(row));
  }
  *#rowsFrom(first: number): Generator<number> {
    for (let row = first; row !== NOBODY_NEXT; row = this.#next[row]!) yield row;
  }
  #lastFrom(first: number): number {
    let last = first;
    while (this.#next[last] !== NOBODY_NEXT) last = this.#next[last]!;
    return last;
  }
  #firstOf(subject: number, key: number): number | null {
    const { subjectAt, keyAt } = this.#columns;
    return this.#byPair.find(mixed(subject, key), (row) => subjectAt(row) === subject && keyAt(row) === key);
  }
  #rowOf(id: string): number | null {
    if (!packId(id, CONSENT_PREFIX, this.#packed)) return null;
    return this.#byId.find(hashOfId(this.#packed), (row) => this.#columns.isIdAt(row, this.#packed));
  }
  #idTable(): RowTable {
    return new RowTable((row) => this.#columns.idHashAt(row));
  }
  #pairTable(): RowTable {
    return new RowTable((row) => mixed(this.#columns.subjectAt(row), this.#columns.keyAt(row)));
  }
}
