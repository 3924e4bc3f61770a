/** The inventory in SQL: pages out, changes in, in statements of many rows. */
import { CompiledQuery, type Kysely } from 'kysely';
import type { Sql, Tx } from '@cityward/sql';
import { WHATS, type Change, type Things, type What } from './domain/change.ts';
import type { Bounds, Geometry } from './domain/model.ts';
import {
  TABLES,
  columnArrays,
  deleteText,
  pageText,
  thingsOfPage,
  upsertText,
  type TableSpec,
} from './store-tables.ts';

export const ROWS_PER_STATEMENT = 2_000;
const ROWS_PER_PAGE = 10_000;

/** The one row of the city itself. */
export interface CityRow {
  readonly name: string;
  readonly seed: string;
  readonly founded: number;
  readonly bounds: Bounds;
  readonly geometry: Geometry;
  readonly revision: number;
}

const run = async <Row>(db: Kysely<unknown>, text: string, parameters: readonly unknown[]): Promise<readonly Row[]> =>
  (await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))).rows;

export async function loadCity(sql: Sql): Promise<CityRow | null> {
  const rows = await run<CityRow>(
    sql.for(),
    'select name, seed, founded, bounds, geometry, revision from city.city',
    [],
  );
  return rows[0] ?? null;
}

export const insertCity = async (tx: Tx, city: CityRow): Promise<void> => {
  await run(tx.for(), 'insert into city.city values (true, $1, $2, $3, $4, $5, $6)', [
    city.name,
    city.seed,
    city.founded,
    JSON.stringify(city.bounds),
    JSON.stringify(city.geometry),
    city.revision,
  ]);
};

/** Reads a whole table in key order, a page at a time. */
export async function* loadAll<W extends What>(sql: Sql, what: W): AsyncGenerator<Things[W][], void> {
  const spec = TABLES[what];
  const text = pageText(spec);
  let last: readonly unknown[] = spec.key.map(() => '');
  for (;;) {
    const [answer] = await run<{ page: string }>(sql.for(), text, [...last, ROWS_PER_PAGE]);
    const things = thingsOfPage(what, answer!.page);
    if (things.length > 0) yield things;
    if (things.length < ROWS_PER_PAGE) return;
    const end = things.at(-1) as unknown as Record<string, unknown>;
    last = spec.key.map((property) => end[property]);
  }
}

/** Writes changes: what goes first, so that a serial may pass from one device to another; nodes before edges. */
export async function writeChanges(tx: Tx, changes: readonly Change[]): Promise<void> {
  const db = tx.for<unknown>();
  for (const what of [...WHATS].reverse()) {
    const gone = changes.flatMap((change) => (change.what === what && !change.after ? [change.before!] : []));
    await inStatements(db, { text: deleteText, what, rows: gone, properties: TABLES[what].key });
  }
  for (const what of WHATS) {
    const here = changes.flatMap((change) => (change.what === what && change.after ? [change.after] : []));
    const properties = TABLES[what].columns.map((column) => column[0]);
    await inStatements(db, { text: upsertText, what, rows: here, properties });
  }
}

interface Statement {
  readonly text: (spec: TableSpec) => string;
  readonly what: What;
  readonly rows: readonly object[];
  readonly properties: readonly string[];
}

async function inStatements(db: Kysely<unknown>, { text, what, rows, properties }: Statement): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT)
    await run(db, text(TABLES[what]), columnArrays(rows.slice(at, at + ROWS_PER_STATEMENT), properties));
}

/** @returns the new revision, or null when the city has changed since `expected` */
export async function raiseRevision(tx: Tx, expected: number): Promise<number | null> {
  const rows = await run<{ revision: number }>(
    tx.for(),
    'update city.city set revision = revision + 1 where revision = $1 returning revision',
    [expected],
  );
  return rows[0]?.revision ?? null;
}

export interface HeardRow {
  readonly at: number;
  readonly body: Uint8Array;
}
export const loadHeard = async (sql: Sql): Promise<HeardRow | null> =>
  (await run<HeardRow>(sql.for(), 'select at, body from city.heard', []))[0] ?? null;
export const saveHeard = async (sql: Sql, heard: HeardRow): Promise<void> => {
  await run(
    sql.for(),
    `insert into city.heard values (true, $1, $2)
     on conflict (only_row) do update set at = excluded.at, body = excluded.body`,
    [heard.at, heard.body],
  );
};
