/** Changes in SQL: bulk statements whose arrays carry many rows each, so that a million devices are some hundred statements. */
import { CompiledQuery, type Kysely } from 'kysely';
import type { Change, ChangeDraft, ChangeJob, ChangePlan, ChangeSelection } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { Options } from './domain/rollout/draft.ts';
import { O, OUTCOMES, type Attempt, type Outcome, type Part, type Phase, type Skip } from './domain/rollout/state.ts';

export type ChangeState = 'planned' | Phase;
/** One wave of a change as it is kept: `opened` and `quorumAt` are 0 while not. */
export interface WaveRow {
  readonly start: number;
  readonly opened: number;
  readonly quorumAt: number;
  readonly forgiven: number;
  /** As they were when this was saved; null before the change began. */
  readonly counts: WaveCounts | null;
}
export type WaveCounts = Change['waves'][number]['counts'];
export interface ChangeRow {
  readonly id: string;
  readonly number: number;
  readonly counter: number;
  readonly state: ChangeState;
  readonly words: string;
  readonly after: string | null;
  readonly job: ChangeJob;
  readonly plan: ChangePlan;
  readonly options: Options;
  readonly selection: ChangeSelection;
  readonly devices: number;
  readonly planned: number;
  readonly plannedBy: string;
  readonly started: number | null;
  readonly ended: number | null;
  readonly livesUntil: number;
  readonly waves: readonly WaveRow[];
  /** What it was planned from; null for a stepping stone. */
  readonly draft: ChangeDraft | null;
  /** The change that was given to others before, and is given by this one to devices that came later. */
  readonly follows: string | null;
}
export interface Batch {
  readonly batch: number;
  readonly part: Part;
  readonly at: number;
  readonly members: readonly number[];
}
export interface DecisionRow {
  readonly at: number;
  readonly by: string;
  readonly words: string;
}
export interface Members {
  /** Ascending. */
  readonly ids: readonly string[];
  /** By turn: the place among `ids`. */
  readonly turns: Uint32Array;
}

const PART_DEVICES = 50_000;
const ATTEMPTS_PER_STATEMENT = 10_000;
const ATTEMPTS_PER_PAGE = 20_000;
const CHANGES_MAX = 500;
const DECISIONS_MAX = 200;

type Db = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const run = async <Row>(db: Db, text: string, parameters: readonly unknown[]): Promise<readonly Row[]> => {
  const kysely: Kysely<unknown> = db.for<unknown>();
  return (await kysely.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))).rows;
};

/** A PostgreSQL array as text: both drivers hand it on as it is, a tenth of the cost of a list of values. */
const numbers = (values: Iterable<number>): string => `{${[...values].join(',')}}`;
const quoted = (text: string): string => `"${text.replaceAll('\0', '').replace(/["\\]/g, '\\$&')}"`;
const texts = (values: readonly (string | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : quoted(value))).join(',')}}`;

/** The highest counter given so far; 0 for none. */
export async function highestCounter(db: Db): Promise<number> {
  const [row] = await run<{ most: number | null }>(db, 'select max(counter) as most from fleet.change', []);
  return row?.most ?? 0;
}

export async function insertChange(tx: Tx, row: Omit<ChangeRow, 'number'>, members: Members): Promise<number> {
  const [made] = await run<{ number: number }>(
    tx,
    `insert into fleet.change (id, counter, state, words, after_change, job, plan, options, selection, devices, planned,
       planned_by, started, ended, not_after, lives_until, waves, draft, follows)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) returning number`,
    [
      row.id,
      row.counter,
      row.state,
      row.words,
      row.after,
      ...[row.job, row.plan, row.options, row.selection].map((value) => JSON.stringify(value)),
      row.devices,
      row.planned,
      row.plannedBy,
      row.started,
      row.ended,
      row.job.notAfter,
      row.livesUntil,
      JSON.stringify(row.waves),
      row.draft && JSON.stringify(row.draft),
      row.follows,
    ],
  );
  const { number } = made!;
  for (let from = 0, part = 0; from < members.ids.length; from += PART_DEVICES, part++) {
    const turns = members.turns.slice(from, from + PART_DEVICES);
    await run(tx, 'insert into fleet.change_part values ($1, $2, $3, $4)', [
      number,
      part,
      members.ids.slice(from, from + PART_DEVICES).join('\n'),
      Buffer.from(turns.buffer, turns.byteOffset, turns.byteLength),
    ]);
  }
  return number;
}

const SELECT = `select id, number, counter, state, words, after_change as after, job, plan, options, selection, devices, planned,
  planned_by as "plannedBy", started, ended, lives_until as "livesUntil", waves, draft, follows from fleet.change`;

export const loadChanges = (db: Db): Promise<readonly ChangeRow[]> =>
  run<ChangeRow>(db, `${SELECT} order by planned desc, number desc limit ${CHANGES_MAX}`, []);
export const loadChange = async (db: Db, id: string): Promise<ChangeRow | null> =>
  (await run<ChangeRow>(db, `${SELECT} where id = $1`, [id]))[0] ?? null;
/** Those of which devices may still be told something. */
export const loadLiving = (db: Db, now: number): Promise<readonly ChangeRow[]> =>
  run<ChangeRow>(
    db,
    `${SELECT} where state in ('running', 'paused', 'rolling-back')
       or (state in ('stopped', 'finished', 'rolled-back') and lives_until > $1) order by number`,
    [now],
  );

export async function loadMembers(db: Db, number: number): Promise<Members> {
  const ids: string[] = [];
  const turns: Uint32Array[] = [];
  for (let part = 0; ; part++) {
    const [row] = await run<{ ids: string; turns: Uint8Array }>(
      db,
      'select ids, turns from fleet.change_part where change_number = $1 and part = $2',
      [number, part],
    );
    if (!row) break;
    for (const id of row.ids.split('\n')) ids.push(id);
    // Copied: with PostgreSQL the bytes are a view of a pool, at any offset.
    turns.push(new Uint32Array(new Uint8Array(row.turns).buffer));
  }
  const all = new Uint32Array(ids.length);
  let at = 0;
  for (const part of turns) {
    all.set(part, at);
    at += part.length;
  }
  return { ids, turns: all };
}

export interface Progress {
  readonly number: number;
  readonly attempts: readonly Attempt[];
  readonly skips: readonly Skip[];
  readonly at: number;
  readonly batches: readonly Batch[];
  readonly decisions: readonly DecisionRow[];
  /** Null when nothing of the change itself has moved. */
  readonly change: Pick<ChangeRow, 'state' | 'words' | 'started' | 'ended' | 'waves' | 'livesUntil'> | null;
  /** Id of a member. */
  readonly deviceOf: (member: number) => string;
}

/** Saves what has moved since the last time. Saving the same again changes nothing. */
export async function saveProgress(tx: Tx, progress: Progress): Promise<void> {
  const { number, attempts, batches, decisions, change } = progress;
  for (let from = 0; from < attempts.length; from += ATTEMPTS_PER_STATEMENT)
    await insertAttempts(tx, attempts.slice(from, from + ATTEMPTS_PER_STATEMENT), progress);
  for (let from = 0; from < progress.skips.length; from += ATTEMPTS_PER_STATEMENT)
    await insertSkips(tx, progress.skips.slice(from, from + ATTEMPTS_PER_STATEMENT), progress);
  for (const { batch, part, at, members } of batches)
    await run(
      tx,
      'insert into fleet.change_order values ($1, $2, $3, $4, $5::integer[]) on conflict (change_number, batch) do nothing',
      [number, batch, part, at, numbers(members)],
    );
  for (const { at, by, words } of decisions)
    await run(tx, 'insert into fleet.change_decision (change_number, at, by_whom, words) values ($1, $2, $3, $4)', [
      number,
      at,
      by,
      words,
    ]);
  if (change)
    await run(
      tx,
      'update fleet.change set state = $2, words = $3, started = $4, ended = $5, waves = $6, lives_until = $7 where number = $1',
      [
        number,
        change.state,
        change.words,
        change.started,
        change.ended,
        JSON.stringify(change.waves),
        change.livesUntil,
      ],
    );
}

async function insertAttempts(tx: Tx, rows: readonly Attempt[], { number, deviceOf }: Progress): Promise<void> {
  const sorted = rows.slice().sort((a, b) => a.member - b.member || a.part - b.part || a.attempt - b.attempt);
  const column = (of: (row: Attempt) => number): string => numbers(sorted.map(of));
  await run(
    tx,
    `insert into fleet.attempt
     select $1::integer, * from unnest($2::integer[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[],
       $7::integer[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::text[])
     on conflict (change_number, member, part, attempt) do nothing`,
    [
      number,
      column((row) => row.member),
      column((row) => row.part),
      column((row) => row.attempt),
      column((row) => row.wave),
      column((row) => O[row.outcome]),
      column((row) => row.seq),
      column((row) => row.ordered),
      column((row) => row.ended),
      `{${sorted.map((row) => deviceOf(row.member)).join(',')}}`,
      texts(sorted.map((row) => row.running)),
      texts(sorted.map((row) => row.reason)),
    ],
  );
}

async function insertSkips(tx: Tx, rows: readonly Skip[], { number, at, deviceOf }: Progress): Promise<void> {
  await run(
    tx,
    `insert into fleet.skip select $1::integer, *, $5::bigint from unnest($2::integer[], $3::text[], $4::text[])
     on conflict (change_number, member) do nothing`,
    [
      number,
      numbers(rows.map(({ member }) => member)),
      `{${rows.map(({ member }) => deviceOf(member)).join(',')}}`,
      texts(rows.map(({ reason }) => reason)),
      at,
    ],
  );
}
export const loadSkips = (db: Db, number: number): Promise<readonly Skip[]> =>
  run<Skip>(db, 'select member, reason from fleet.skip where change_number = $1', [number]);

export interface AttemptRow extends Attempt {
  readonly device: string;
}
export interface Place {
  readonly member: number;
  readonly part: number;
  readonly attempt: number;
}
export const FIRST: Place = { member: -1, part: 0, attempt: 0 };

/** A page of attempts in the order of the plan. */
export async function loadAttempts(
  db: Db,
  number: number,
  page: { readonly after: Place; readonly limit: number; readonly outcome?: Outcome | undefined },
): Promise<readonly AttemptRow[]> {
  const { after, limit, outcome } = page;
  const rows = await run<Omit<AttemptRow, 'outcome'> & { outcome: number }>(
    db,
    `select member, part, attempt, wave, outcome, ordered, ended, seq, device, running, reason from fleet.attempt
     where change_number = $1 and (member, part, attempt) > ($2::integer, $3::smallint, $4::smallint)
       and ($5::smallint is null or outcome = $5) order by member, part, attempt limit $6`,
    [number, after.member, after.part, after.attempt, outcome ? O[outcome] : null, limit],
  );
  return rows.map((row) => ({ ...row, outcome: OUTCOMES[row.outcome]! }));
}

/** Every attempt of a change in the order of the plan, a page at a time. */
export async function* allAttempts(db: Db, number: number): AsyncGenerator<readonly AttemptRow[], void> {
  let after: Place = FIRST;
  for (;;) {
    const rows = await loadAttempts(db, number, { after, limit: ATTEMPTS_PER_PAGE });
    if (rows.length > 0) yield rows;
    if (rows.length < ATTEMPTS_PER_PAGE) return;
    after = rows.at(-1)!;
  }
}
export const loadBatches = (db: Db, number: number): Promise<readonly Batch[]> =>
  run<Batch>(db, 'select batch, part, at, members from fleet.change_order where change_number = $1 order by batch', [
    number,
  ]);

/** What is kept of one device: its last attempt, and why it was left out. */
export interface LastOf {
  readonly attempts: number;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  readonly leftOut: string | null;
}
export async function loadLasts(
  db: Db,
  number: number,
  members: readonly number[],
): Promise<ReadonlyMap<number, LastOf>> {
  const rows = await run<Omit<LastOf, 'outcome'> & { member: number; outcome: number | null }>(
    db,
    `select wanted.member, last.outcome, last.reason, skip.reason as "leftOut",
       (select count(*)::integer from fleet.attempt as every
         where every.change_number = $1 and every.member = wanted.member) as attempts
     from unnest($2::integer[]) as wanted (member)
     left join lateral (select outcome, reason from fleet.attempt where change_number = $1 and member = wanted.member
       order by part desc, attempt desc limit 1) as last on true
     left join fleet.skip on skip.change_number = $1 and skip.member = wanted.member`,
    [number, numbers(members)],
  );
  return new Map(
    rows.map(({ member, outcome, ...rest }) => [
      member,
      { ...rest, outcome: outcome === null ? null : OUTCOMES[outcome]! },
    ]),
  );
}

/** Attempts by part, wave and outcome, counted anew from the rows. */
export async function recount(
  db: Db,
  number: number,
): Promise<
  readonly { readonly part: Part; readonly wave: number; readonly outcome: Outcome; readonly count: number }[]
> {
  const rows = await run<{ part: Part; wave: number; outcome: number; count: number }>(
    db,
    `select part, wave, outcome, count(*)::integer as count from fleet.attempt where change_number = $1
     group by part, wave, outcome`,
    [number],
  );
  return rows.map((row) => ({ ...row, outcome: OUTCOMES[row.outcome]! }));
}

export const loadDecisions = (db: Db, number: number): Promise<readonly DecisionRow[]> =>
  run<DecisionRow>(
    db,
    `select at, by_whom as by, words from fleet.change_decision where change_number = $1 order by id desc limit ${DECISIONS_MAX}`,
    [number],
  );

/** Attempts that ended in each span of `spanMs`, by wave. */
export const loadChart = (
  db: Db,
  number: number,
  spanMs: number,
): Promise<readonly { at: number; wave: number; done: number; failed: number; reverted: number }[]> =>
  run(
    db,
    `select (ended / $2::bigint) * $2::bigint as at, wave, count(*) filter (where outcome = ${O.done})::integer as done,
       count(*) filter (where outcome between ${O.error} and ${O['lost-health']})::integer as failed,
       count(*) filter (where outcome = ${O.reverted})::integer as reverted
     from fleet.attempt where change_number = $1 group by 1, 2 order by 1, 2`,
    [number, spanMs],
  );
