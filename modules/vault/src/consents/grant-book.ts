/**
 * The grants that may be of use, in memory, found by who asks about whom: what a decision looks at never waits. In columns, some
 * 200 bytes a grant; a grant as an object is made when it is looked at.
 */
import type { StoredConsent } from './consent-store.ts';
import type { Grant, GrantState } from '../domain/grant.ts';

/** In one city; more is refused, never forgotten. */
export const GRANTS_MAX = 1_000_000;
/** From one person to another: a decision looks at each. */
export const GRANTS_PER_PAIR_MAX = 200;
/** What many grants have in common is kept once; so many of these are compared with. */
const SHAPES_COMPARED_MAX = 10_000;
const FIRST_ROWS = 1_024;
const NO_LIMIT = -1;

type Shape = Pick<Grant, 'scope' | 'rights' | 'purpose' | 'refrains' | 'depth'>;
const STANDING: GrantState = { is: 'standing' };

export class GrantBook {
  readonly #rows = new Map<string, number>();
  /** Rows by person, then by subject. */
  readonly #byPair = new Map<string, Map<string, number | readonly number[]>>();
  readonly #free: number[] = [];
  readonly #ids: string[] = [];
  readonly #subjects: string[] = [];
  readonly #persons: string[] = [];
  readonly #givers: string[] = [];
  readonly #shapes: Shape[] = [];
  /** From, until, given: three to a row. */
  #times = new Float64Array(3 * FIRST_ROWS);
  /** Uses, used: two to a row. */
  #counts = new Int32Array(2 * FIRST_ROWS);
  readonly #ended = new Map<number, GrantState>();
  #known = new Map<string, Shape>();
  #names = new Map<string, string>();

  get size(): number {
    return this.#rows.size;
  }

  /** Of a person: each grant names one. */
  add({ grant, given }: StoredConsent): void {
    const row = this.#free.pop() ?? this.#ids.length;
    const [person, subject] = [this.#name(grant.grantee.person ?? ''), this.#name(grant.subject)];
    this.#room(row);
    this.#rows.set(grant.id, row);
    this.#ids[row] = grant.id;
    this.#subjects[row] = subject;
    this.#persons[row] = person;
    this.#givers[row] = this.#name(given.by);
    this.#shapes[row] = this.#shape(grant);
    this.#times.set([grant.from, grant.until, given.at], 3 * row);
    this.#counts.set([grant.uses ?? NO_LIMIT, grant.used], 2 * row);
    if (grant.state.is !== 'standing') this.#ended.set(row, grant.state);
    let subjects = this.#byPair.get(person);
    if (!subjects) this.#byPair.set(person, (subjects = new Map()));
    const rows = subjects.get(subject);
    subjects.set(subject, rows === undefined ? row : [...listed(rows), row]);
  }

  get(id: string): StoredConsent | null {
    const row = this.#rows.get(id);
    if (row === undefined) return null;
    return { grant: this.#grant(row), given: { at: this.#times[3 * row + 2]!, by: this.#givers[row]! } };
  }

  /** Every grant from the subject to the person, whatever it allows. */
  from(subject: string, person: string): readonly Grant[] {
    const rows = this.#byPair.get(person)?.get(subject);
    return rows === undefined ? [] : listed(rows).map((row) => this.#grant(row));
  }

  /** Puts what changed of a grant in place of it. */
  change(id: string, change: Pick<Grant, 'state'> | Pick<Grant, 'used'>): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    if ('state' in change) this.#ended.set(row, change.state);
    else this.#counts[2 * row + 1] = change.used;
  }

  /** Drops what nobody can use any more; SQL keeps it. */
  prune(isOver: (grant: Grant) => boolean): void {
    for (const [id, row] of this.#rows) {
      if (!isOver(this.#grant(row))) continue;
      this.#rows.delete(id);
      this.#ended.delete(row);
      this.#free.push(row);
      const [person, subject] = [this.#persons[row]!, this.#subjects[row]!];
      const subjects = this.#byPair.get(person)!;
      const left = listed(subjects.get(subject)!).filter((one) => one !== row);
      if (left.length > 0) subjects.set(subject, left);
      else subjects.delete(subject);
      if (subjects.size === 0) this.#byPair.delete(person);
    }
    this.#names = new Map();
  }

  #grant(row: number): Grant {
    const uses = this.#counts[2 * row]!;
    return {
      ...this.#shapes[row]!,
      id: this.#ids[row]!,
      subject: this.#subjects[row]!,
      grantee: { person: this.#persons[row]!, organisation: null, role: null },
      from: this.#times[3 * row]!,
      until: this.#times[3 * row + 1]!,
      uses: uses === NO_LIMIT ? null : uses,
      used: this.#counts[2 * row + 1]!,
      state: this.#ended.get(row) ?? STANDING,
    };
  }

  #room(row: number): void {
    if (3 * row < this.#times.length) return;
    const [times, counts] = [new Float64Array(2 * this.#times.length), new Int32Array(2 * this.#counts.length)];
    times.set(this.#times);
    counts.set(this.#counts);
    [this.#times, this.#counts] = [times, counts];
  }

  #shape({ scope, rights, purpose, refrains, depth }: Grant): Shape {
    const shape = { scope, rights, purpose, refrains, depth };
    const key = JSON.stringify(shape);
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= SHAPES_COMPARED_MAX) this.#known = new Map();
    this.#known.set(key, shape);
    return shape;
  }

  /** The same text once: a person is named by many grants. */
  #name(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, name);
    return name;
  }
}

const listed = (rows: number | readonly number[]): readonly number[] => (typeof rows === 'number' ? [rows] : rows);
