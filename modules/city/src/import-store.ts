/** Imports in SQL: their reports, and what they do as packed parts of at most 2,000 changes. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { CompiledQuery, type Kysely } from 'kysely';
import type { ImportReport } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { Change } from './domain/change.ts';

export const CHANGES_PER_PART = 2_000;
/** Previews that nobody commits are forgotten when this many newer ones exist. */
const PREVIEWS_KEPT = 20;
const LISTED_MAX = 200;
const PART_MAX_BYTES = 64 * 1_048_576;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Changes, packed. */
export type Part = Uint8Array;
export const packPart = (changes: readonly Change[]): Promise<Part> =>
  pack(JSON.stringify(changes), { level: 3 }) as Promise<Part>;
export const unpackPart = async (part: Part): Promise<Change[]> =>
  JSON.parse((await unpack(part, { maxOutputLength: PART_MAX_BYTES })).toString('utf8')) as Change[];

export interface StoredImport {
  readonly report: ImportReport;
  /** The city's revision that it was previewed against. */
  readonly revision: number;
  readonly committed: number | null;
}
interface Row {
  readonly id: string;
  readonly at: number;
  readonly by_whom: string;
  readonly file: string;
  readonly format: ImportReport['format'];
  readonly state: ImportReport['state'];
  readonly revision: number;
  readonly committed: number | null;
  readonly counts: ImportReport['counts'];
  readonly sha256: string | null;
  readonly columns?: ImportReport['columns'];
  readonly rows?: ImportReport['rows'];
}

const run = async <R>(db: Kysely<unknown>, text: string, parameters: readonly unknown[]): Promise<readonly R[]> =>
  (await db.executeQuery<R>(CompiledQuery.raw(text, [...parameters]))).rows;

const HEAD = 'id, at, by_whom, file, format, state, revision, committed, counts, sha256';

/** @returns hashes of files that no import refers to any more, now that the oldest previews are gone */
export async function insertImport(tx: Tx, stored: StoredImport, parts: readonly Part[]): Promise<readonly string[]> {
  const { report } = stored;
  const db = tx.for<unknown>();
  await run(
    db,
    `insert into city.import (${HEAD}, columns, rows) values ($1, $2, $3, $4, $5, $6, $7, null, $8, $9, $10, $11)`,
    [
      report.id,
      report.at,
      report.by,
      report.file,
      report.format,
      report.state,
      stored.revision,
      JSON.stringify(report.counts),
      report.sha256,
      JSON.stringify(report.columns),
      JSON.stringify(report.rows),
    ],
  );
  for (const [part, body] of parts.entries())
    await run(db, 'insert into city.import_part values ($1, $2, $3)', [report.id, part, body]);
  const gone = await run<{ sha256: string | null }>(
    db,
    `delete from city.import where state = 'previewed' and id not in
     (select id from city.import where state = 'previewed' order by at desc, id limit ${PREVIEWS_KEPT})
     returning sha256`,
    [],
  );
  const hashes = gone.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256]));
  const kept = await run<{ sha256: string }>(db, 'select sha256 from city.import where sha256 = any($1)', [hashes]);
  return hashes.filter((hash) => !kept.some(({ sha256 }) => sha256 === hash));
}

export async function loadImport(sql: Sql, id: string): Promise<StoredImport | null> {
  const [row] = await run<Row>(sql.for(), `select ${HEAD}, columns, rows from city.import where id = $1`, [id]);
  if (!row) return null;
  const { rows = [], columns = [] } = row;
  return { report: { ...headOf(row), rows, columns }, revision: row.revision, committed: row.committed };
}

export type ImportHead = Omit<ImportReport, 'rows' | 'columns'>;
const headOf = ({ id, at, by_whom: by, file, format, state, counts, sha256 }: Row): ImportHead => ({
  id,
  at,
  by,
  file,
  format,
  state,
  counts,
  sha256,
});

export const listImports = async (sql: Sql): Promise<ImportHead[]> =>
  (await run<Row>(sql.for(), `select ${HEAD} from city.import order by at desc, id limit ${LISTED_MAX}`, [])).map(
    headOf,
  );

/** Committed after one that was previewed at this revision, and not undone; newest first. */
export const laterImports = (sql: Sql, after: number): Promise<readonly { id: string; file: string }[]> =>
  run(
    sql.for(),
    `select id, file from city.import where state = 'committed' and revision > $1 order by revision desc`,
    [after],
  );

export async function loadParts(sql: Sql, id: string): Promise<Part[]> {
  const rows = await run<{ body: Part }>(
    sql.for(),
    'select body from city.import_part where import = $1 order by part',
    [id],
  );
  return rows.map((row) => row.body);
}

/** @returns false when it was not in state `from` any more */
export async function setImportState(
  tx: Tx,
  id: string,
  change: { from: ImportReport['state']; to: 'committed' | 'undone'; at: number; reason: string | null },
): Promise<boolean> {
  const column = change.to === 'committed' ? 'committed' : 'undone';
  const rows = await run(
    tx.for(),
    `update city.import set state = $3, ${column} = $4, reason = coalesce($5, reason) where id = $1 and state = $2 returning id`,
    [id, change.from, change.to, change.at, change.reason],
  );
  return rows.length === 1;
}
