/** Who touched whom and when, in typed arrays: the evidence that a trace searches. */
import type { Observation } from '@cityward/contracts';

/** The oldest contacts are dropped beyond this: 16 bytes each, so 32 MB. */
export const CONTACTS_MAX = 2_000_000;
const FIRST_CAPACITY = 16_384;
/** Beyond this many pairs none is remembered as new; 10 million pairs are 20 times the peers of 100,000 devices. */
const PAIRS_MAX = 10_000_000;

export const CONTACT_KINDS = ['answered', 'tried', 'command'] as const;
export type ContactKind = (typeof CONTACT_KINDS)[number];

/** One contact as columns hold it; `usual` when the pair was known before this contact was new. */
export interface Contact {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly kind: ContactKind;
  readonly port: number;
}

interface Columns {
  at: Float64Array;
  from: Int32Array;
  to: Int32Array;
  /** port * 4 + kind */
  what: Int32Array;
}

/** Contacts in time order by index; `pairFirstAt` tells when a pair (from, to, port) was first seen, history included. */
export interface ContactView extends Readonly<Columns> {
  readonly length: number;
  pairFirstAt(index: number): number;
  nodeOf(index: number): string;
  indexOf(node: string): number | undefined;
  readonly nodes: number;
}

export interface ContactLog {
  /** Takes the contacts out of one observation. */
  add(body: Observation): void;
  /** Remembers pairs as usual since their time, without keeping contacts: for history. */
  learn(body: Observation): void;
  /** A view in time order; cheap when nothing came out of order since the last. */
  view(): ContactView;
  readonly length: number;
}

export const createContactLog = (max: number = CONTACTS_MAX): ContactLog => new ContactColumns(max);

class ContactColumns implements ContactLog {
  readonly #max: number;
  readonly #names: string[] = [];
  readonly #indexes = new Map<string, number>();
  /** By from, then by to * 65,536 + port. */
  readonly #firstAt = new Map<number, Map<number, number>>();
  #pairs = 0;
  #columns = emptyColumns(FIRST_CAPACITY);
  #sorted = true;
  length = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(body: Observation): void {
    const contact = contactOf(body, (node) => this.#intern(node));
    if (!contact) return;
    this.#remember(contact);
    this.#push(contact);
  }

  learn(body: Observation): void {
    const contact = contactOf(body, (node) => this.#intern(node));
    if (contact) this.#remember(contact);
  }

  view(): ContactView {
    if (!this.#sorted) sortColumns(this.#columns, this.length);
    this.#sorted = true;
    const { at, from, to, what } = this.#columns;
    return {
      at,
      from,
      to,
      what,
      length: this.length,
      nodes: this.#names.length,
      nodeOf: (index) => this.#names[index] ?? '',
      indexOf: (node) => this.#indexes.get(node),
      pairFirstAt: (index) =>
        this.#firstAt.get(from[index]!)?.get(to[index]! * 65_536 + (what[index]! >> 2)) ?? at[index]!,
    };
  }

  #intern(node: string): number {
    let index = this.#indexes.get(node);
    if (index === undefined) {
      index = this.#names.push(node) - 1;
      this.#indexes.set(node, index);
    }
    return index;
  }

  #remember({ from, to, port, at }: Contact): void {
    let row = this.#firstAt.get(from);
    if (!row) this.#firstAt.set(from, (row = new Map()));
    const key = to * 65_536 + port;
    const before = row.get(key);
    if (before === undefined && this.#pairs >= PAIRS_MAX) return;
    if (before === undefined) this.#pairs++;
    if (before === undefined || at < before) row.set(key, at);
  }

  #push(contact: Contact): void {
    if (this.length === this.#max) this.#dropOldest();
    const { length } = this;
    if (length === this.#columns.at.length) this.#columns = grow(this.#columns, Math.min(this.#max, length * 2));
    const columns = this.#columns;
    if (length > 0 && contact.at < columns.at[length - 1]!) this.#sorted = false;
    columns.at[length] = contact.at;
    columns.from[length] = contact.from;
    columns.to[length] = contact.to;
    columns.what[length] = contact.port * 4 + CONTACT_KINDS.indexOf(contact.kind);
    this.length++;
  }

  /** A quarter at once, so that the cost is spread over many contacts. */
  #dropOldest(): void {
    sortColumns(this.#columns, this.length);
    this.#sorted = true;
    const dropped = Math.floor(this.#max / 4);
    for (const column of Object.values(this.#columns)) column.copyWithin(0, dropped, this.length);
    this.length -= dropped;
  }
}

function contactOf(body: Observation, intern: (node: string) => number): Contact | null {
  if (body.kind === 'flow') {
    const kind = body.outcome === 'answered' ? 'answered' : 'tried';
    return { at: body.at, from: intern(body.src), to: intern(body.dst), kind, port: body.dst_port };
  }
  if (body.kind === 'command')
    return { at: body.at, from: intern(body.src), to: intern(body.dst), kind: 'command', port: 0 };
  return null;
}

const emptyColumns = (capacity: number): Columns => ({
  at: new Float64Array(capacity),
  from: new Int32Array(capacity),
  to: new Int32Array(capacity),
  what: new Int32Array(capacity),
});

function grow(columns: Columns, capacity: number): Columns {
  const larger = emptyColumns(capacity);
  larger.at.set(columns.at);
  larger.from.set(columns.from);
  larger.to.set(columns.to);
  larger.what.set(columns.what);
  return larger;
}

/** By time, stable; contacts come nearly in order, so this runs only after a late one. */
function sortColumns(columns: Columns, length: number): void {
  const order = Uint32Array.from({ length }, (_, index) => index).sort(
    (a, b) => columns.at[a]! - columns.at[b]! || a - b,
  );
  columns.at.set(Float64Array.from(order, (index) => columns.at[index]!));
  for (const name of ['from', 'to', 'what'] as const) {
    const column = columns[name];
    column.set(Int32Array.from(order, (index) => column[index]!));
  }
}
