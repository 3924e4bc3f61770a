/** The baseline in SQL: the newest reading of each device, its changes of score, exceptions, and since when keys are in use. */
import { CompiledQuery } from 'kysely';
import type { BaselineReport } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { Exception } from './domain/baseline/exceptions.ts';

export const SCORES_PER_DEVICE_MAX = 100;
const ROWS_PER_STATEMENT = 1_000;
const ROWS_PER_PAGE = 20_000;
export const EXCEPTIONS_MAX = 10_000;

type Db = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const run = async <Row>(db: Db, text: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> =>
  (await db.for<unknown>().executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))).rows;

export interface ReadingRow {
  readonly device: string;
  readonly reporter: string;
  readonly at: number;
  readonly received: number;
  readonly set: string;
  readonly digest: string;
  /** One letter for each control. */
  readonly outcomes: string;
}
export type Sources = BaselineReport['sources'];
export interface ScoreRow {
  readonly device: string;
  readonly at: number;
  readonly score: number | null;
  readonly failed: number;
  readonly unknown: number;
}

export async function saveReadings(
  tx: Tx,
  rows: readonly (ReadingRow & { readonly sources: Sources })[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const page = rows
      .slice(from, from + ROWS_PER_STATEMENT)
      .map(({ set, sources, ...row }) => ({ ...row, control_set: set, sources: JSON.stringify(sources) }));
    await run(
      tx,
      `insert into fleet.baseline_reading
       select device, reporter, at, received, control_set, digest, outcomes, sources from json_to_recordset($1::json)
         as row (device text, reporter text, at bigint, received bigint, control_set text, digest text, outcomes text, sources text)
       on conflict (device) do update set reporter = excluded.reporter, at = excluded.at, received = excluded.received,
         control_set = excluded.control_set, digest = excluded.digest, outcomes = excluded.outcomes, sources = excluded.sources`,
      [JSON.stringify(page)],
    );
  }
}

/** Without what was read: that is large, and asked for one device at a time. */
export async function* allReadings(db: Db): AsyncGenerator<readonly ReadingRow[], void> {
  let after = '';
  for (;;) {
    const rows = await run<ReadingRow>(
      db,
      `select device, reporter, at, received, control_set as set, digest, outcomes from fleet.baseline_reading
       where device > $1 order by device limit ${ROWS_PER_PAGE}`,
      [after],
    );
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_PER_PAGE) return;
    after = rows.at(-1)!.device;
  }
}

export async function loadSources(db: Db, devices: readonly string[]): Promise<ReadonlyMap<string, Sources>> {
  const found = new Map<string, Sources>();
  for (let from = 0; from < devices.length; from += ROWS_PER_STATEMENT) {
    const page = devices.slice(from, from + ROWS_PER_STATEMENT);
    const rows = await run<{ device: string; sources: string }>(
      db,
      'select device, sources from fleet.baseline_reading where device = any(select json_array_elements_text($1::json))',
      [JSON.stringify(page)],
    );
    for (const { device, sources } of rows) found.set(device, JSON.parse(sources) as Sources);
  }
  return found;
}

export async function saveScores(tx: Tx, rows: readonly ScoreRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const page = rows.slice(from, from + ROWS_PER_STATEMENT);
    await run(
      tx,
      `insert into fleet.baseline_score select device, at, score, failed, unknown from json_to_recordset($1::json)
         as row (device text, at bigint, score smallint, failed smallint, unknown smallint)
       on conflict (device, at) do update set score = excluded.score, failed = excluded.failed, unknown = excluded.unknown`,
      [JSON.stringify(page)],
    );
    await run(
      tx,
      `delete from fleet.baseline_score old using (
         select device, at from (
           select device, at, row_number() over (partition by device order by at desc) as place from fleet.baseline_score
           where device = any(select json_array_elements_text($1::json))
         ) ranked where place > ${SCORES_PER_DEVICE_MAX}
       ) gone where old.device = gone.device and old.at = gone.at`,
      [JSON.stringify(page.map(({ device }) => device))],
    );
  }
}

export const loadScores = (db: Db, device: string): Promise<readonly ScoreRow[]> =>
  run<ScoreRow>(
    db,
    `select device, at, score, failed, unknown from fleet.baseline_score where device = $1 order by at desc limit ${SCORES_PER_DEVICE_MAX}`,
    [device],
  );

export const loadExceptions = (db: Db): Promise<readonly Exception[]> =>
  run<Exception>(
    db,
    `select id, control, scope, key, owner, reason, by_whom as by, at, until from fleet.baseline_exception
     where ended is null order by until limit ${EXCEPTIONS_MAX}`,
  );

export async function insertException(tx: Tx, one: Exception): Promise<void> {
  const { id, control, scope, key, owner, reason, by, at, until } = one;
  await run(tx, 'insert into fleet.baseline_exception values ($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
    ...[id, control, scope, key, owner, reason, by, at, until],
  ]);
}

export const endException = async (tx: Tx, id: string, at: number): Promise<void> =>
  void (await run(tx, 'update fleet.baseline_exception set ended = $2 where id = $1 and ended is null', [id, at]));

export interface RotationRow {
  readonly device: string;
  readonly what: 'credentials' | 'certificate';
  readonly since: number;
  readonly change: string | null;
}
export const loadRotations = (db: Db): Promise<readonly RotationRow[]> =>
  run<RotationRow>(db, 'select device, what, since, change from fleet.rotation');

export async function saveRotation(tx: Tx, { device, what, since, change }: RotationRow): Promise<void> {
  await run(
    tx,
    `insert into fleet.rotation values ($1, $2, $3, $4)
     on conflict (device, what) do update set since = excluded.since, change = excluded.change`,
    [device, what, since, change],
  );
}
