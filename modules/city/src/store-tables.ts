/** How each thing of the inventory stands in SQL: one table each, read and written as JSON so that a statement carries many rows. */
import type { Things, What } from './domain/change.ts';

/** Property, column, SQL type. */
type Column = readonly [property: string, column: string, type: string];

export interface TableSpec {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
}

const text = (...names: readonly string[]): Column[] => names.map((name) => [name, name, 'text']);
const PLACE: Column[] = [
  ['lon', 'lon', 'double precision'],
  ['lat', 'lat', 'double precision'],
];

export const TABLES: Readonly<Record<What, TableSpec>> = {
  party: { table: 'city.party', key: ['id'], columns: text('id', 'name', 'kind') },
  site: { table: 'city.site', key: ['id'], columns: [...text('id', 'name', 'kind', 'ward'), ...PLACE] },
  network: { table: 'city.network', key: ['id'], columns: [...text('id', 'name', 'kind', 'level'), ...PLACE] },
  device: {
    table: 'city.device',
    key: ['id'],
    columns: [
      ...text('id', 'name', 'class', 'model', 'firmware', 'serial', 'mac', 'ip', 'street', 'site', 'ward'),
      ...PLACE,
      ...text('maker', 'owner', 'maintainer', 'installer'),
      ['installed', 'installed', 'bigint'],
      ...text('criticality'),
      ['failSafe', 'fail_safe', 'text'],
      ...text('backup'),
      ['neverCut', 'never_cut', 'boolean'],
      ...text('source'),
      ['sourceId', 'source_id', 'text'],
      ['simulated', 'simulated', 'boolean'],
    ],
  },
  service: { table: 'city.service', key: ['id'], columns: [...text('id', 'name', 'kind', 'criticality'), ...PLACE] },
  dataset: {
    table: 'city.dataset',
    key: ['id'],
    columns: [...text('id', 'name', 'purpose', 'cohort'), ['subjects', 'subjects', 'json']],
  },
  edge: {
    table: 'city.edge',
    key: ['from', 'to', 'kind'],
    columns: [['from', 'from_id', 'text'], ['to', 'to_id', 'text'], ['kind', 'kind', 'text'], ['note', 'note', 'text']], // prettier-ignore
  },
};

/** One parameter per column, each an array literal by columnArrays(); a thing that is there already is replaced. */
export function upsertText(spec: TableSpec): string {
  const columns = spec.columns.map((column) => column[1]).join(', ');
  const arrays = spec.columns.map(([, , type], index) => `$${index + 1}::${type}[]`).join(', ');
  const key = spec.key.map((property) => columnOf(spec, property)[1]).join(', ');
  const rest = spec.columns.filter(([property]) => !spec.key.includes(property));
  const set = rest.map(([, column]) => `${column} = excluded.${column}`).join(', ');
  return `insert into ${spec.table} (${columns}) select * from unnest(${arrays}) on conflict (${key}) do update set ${set}`;
}

/** One parameter per key column. */
export function deleteText(spec: TableSpec): string {
  const columns = spec.key.map((property) => columnOf(spec, property)[1]);
  const arrays = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const same = columns.map((column, index) => `t.${column} = k.k${index}`).join(' and ');
  const names = columns.map((_, index) => `k${index}`).join(', ');
  return `delete from ${spec.table} t using unnest(${arrays}) as k(${names}) where ${same}`;
}

const columnOf = (spec: TableSpec, property: string): Column => spec.columns.find((column) => column[0] === property)!;

/** The things as PostgreSQL array literals, one for each property: twice as fast to read for the database as JSON. */
export function columnArrays(things: readonly object[], properties: readonly string[]): string[] {
  return properties.map((property) => {
    const items = things.map((thing) => arrayItem((thing as Record<string, unknown>)[property]));
    return `{${items.join(',')}}`;
  });
}

function arrayItem(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Between cells and rows of a page, and for null: control characters that no value of the inventory may hold. */
const CELL_END = '\u001f';
const ROW_END = '\u001e';
const NULL = '\u001d';

/** `$1…` the key of the last row seen, then how many rows; a page is one text, in key order: far faster to hand over than rows. */
export function pageText(spec: TableSpec): string {
  const keys = spec.key.map((property) => columnOf(spec, property)[1]).join(', ');
  const last = spec.key.map((_, index) => `$${index + 1}::text`).join(', ');
  const cells = spec.columns.map(([, column]) => `coalesce(${column}::text, chr(29))`).join(' || chr(31) || ');
  return `select coalesce(string_agg(${cells}, chr(30) order by ${keys}), '') as page from
    (select * from ${spec.table} where (${keys}) > (${last}) order by ${keys} limit $${spec.key.length + 1}::int) t`;
}

/** @throws Error where a row has not as many cells as the table has columns: somebody wrote a control character by hand */
export function* thingsOfPage<W extends What>(what: W, page: string): Generator<Things[W], void> {
  if (page === '') return;
  const spec = TABLES[what];
  const readers = spec.columns.map(([property, , type]) => [property, readerOf(type)] as const);
  for (const row of page.split(ROW_END)) {
    const cells = row.split(CELL_END);
    if (cells.length !== readers.length)
      throw new Error(`load ${spec.table}: row "${cells[0]}" has ${cells.length} cells, ${readers.length} wanted`);
    const thing: Record<string, unknown> = {};
    for (let i = 0; i < readers.length; i++) {
      const [property, read] = readers[i]!;
      const cell = cells[i]!;
      thing[property] = cell === NULL ? null : read(cell);
    }
    yield thing as unknown as Things[W];
  }
}

function readerOf(type: string): (cell: string) => unknown {
  if (type === 'text') return (cell) => intern(cell);
  if (type === 'boolean') return (cell) => cell === 'true';
  if (type === 'json') return (cell) => JSON.parse(cell) as unknown;
  return Number;
}

const INTERNED_MAX = 50_000;
const INTERNED_CHARS_MAX = 80;
let interned = new Map<string, string>();

/** Gives equal cells one string, and a string of its own: a slice would keep its whole page in memory. */
function intern(cell: string): string {
  if (cell.length > INTERNED_CHARS_MAX) return owned(cell);
  const known = interned.get(cell);
  if (known !== undefined) return known;
  if (interned.size >= INTERNED_MAX) interned = new Map();
  const own = owned(cell);
  interned.set(own, own);
  return own;
}

const owned = (cell: string): string => (cell.length < 13 ? cell : Buffer.from(cell).toString());
