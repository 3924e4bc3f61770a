/** How each thing of the inventory stands in SQL: one table each, read and written as JSON so that a statement carries many rows. */
import type { Things, What } from './domain/change.ts';

/** Property, column, SQL type, and whether equal values are frequent enough to be kept once. */
type Column = readonly [property: string, column: string, type: string, shared?: 'shared'];

export interface TableSpec {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
}

const text = (...names: readonly string[]): Column[] => names.map((name) => [name, name, 'text']);
const shared = (...names: readonly string[]): Column[] => names.map((name) => [name, name, 'text', 'shared']);
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
      ...text('id', 'name'),
      ...shared('class', 'model', 'firmware'),
      ['hardwareRevision', 'hardware_revision', 'text', 'shared'],
      ...text('serial', 'mac', 'ip'),
      ...shared('street', 'site', 'ward'),
      ...PLACE,
      ...shared('maker', 'owner', 'maintainer', 'installer'),
      ['installed', 'installed', 'bigint'],
      ...shared('criticality'),
      ['failSafe', 'fail_safe', 'text', 'shared'],
      ...shared('backup'),
      ['neverCut', 'never_cut', 'boolean'],
      ...shared('source'),
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
  // An aggregate over a sorted subquery with a limit takes its rows in that order; sorting once more would double the time.
  return `select coalesce(string_agg(${cells}, chr(30)), '') as page from
    (select * from ${spec.table} where (${keys}) > (${last}) order by ${keys} limit $${spec.key.length + 1}::int) t`;
}

/** @throws Error where a row has not as many cells as the table has columns: somebody wrote a control character by hand */
export function thingsOfPage<W extends What>(what: W, page: string): Things[W][] {
  if (page === '') return [];
  const spec = TABLES[what];
  const names = spec.columns.map(([property]) => property);
  // Ends of edges are only looked up: slices of the page serve.
  const readers = spec.columns.map((column) => (what === 'edge' ? asIs : readerOf(column)));
  return page.split(ROW_END).map((row) => {
    const cells = row.split(CELL_END);
    if (cells.length !== readers.length)
      throw new Error(`load ${spec.table}: row "${cells[0]}" has ${cells.length} cells, ${readers.length} wanted`);
    const thing: Record<string, unknown> = {};
    for (let i = 0; i < readers.length; i++) thing[names[i]!] = cells[i] === NULL ? null : readers[i]!(cells[i]!);
    return thing as unknown as Things[W];
  });
}

const asIs = (cell: string): string => cell;

function readerOf([, , type, often]: Column): (cell: string) => unknown {
  if (type === 'text') return often ? intern : owned;
  if (type === 'boolean') return (cell) => cell === 'true';
  if (type === 'json') return (cell) => JSON.parse(cell) as unknown;
  return Number;
}

const INTERNED_MAX = 50_000;
let interned = new Map<string, string>();

/** Gives equal cells one string. */
function intern(cell: string): string {
  const known = interned.get(cell);
  if (known !== undefined) return known;
  if (interned.size >= INTERNED_MAX) interned = new Map();
  const own = owned(cell);
  interned.set(own, own);
  return own;
}

const SLICE_FROM_CHARS = 13;

/** A string of its own: a slice of 13 characters or more would keep its whole page in memory. */
const owned = (cell: string): string => (cell.length < SLICE_FROM_CHARS ? cell : Buffer.from(cell).toString());
