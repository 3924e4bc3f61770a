/** Findings in SQL. The fold decides; these rows are what people list, dismiss and cite. */
import type { Finding } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { LiveFinding } from './domain/findings.ts';
import { describe } from './domain/words.ts';

interface FindingTable {
  id: string;
  detector: Finding['detector'];
  device: string;
  at: number;
  last_at: number;
  count: number;
  severity: Finding['severity'];
  state: Finding['state'];
  title: string;
  observed: string;
  expected: string;
  why: string;
  would_not_have: string;
  peers: unknown;
  port: number | null;
  replay: boolean;
  simulated: boolean;
  authenticated: boolean;
  live: unknown;
  dismissed_by: string | null;
  dismissed_at: number | null;
  dismissed_reason: string | null;
}
interface Tables {
  'watch.finding': FindingTable;
}

/** One statement writes at most so many rows. */
const ROWS_PER_STATEMENT = 100;
const DISMISSED_LOADED_MAX = 50_000;

export interface FindingQuery {
  readonly device?: string;
  readonly state?: Finding['state'];
  readonly offset: number;
  readonly limit: number;
}
export interface Dismissal {
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}

/** Adds those not there yet; answers their ids. A finding that was saved before a restart is not added again. */
export async function addFindings(tx: Tx, findings: readonly LiveFinding[]): Promise<Set<string>> {
  const added = new Set<string>();
  for (let from = 0; from < findings.length; from += ROWS_PER_STATEMENT) {
    const rows = await tx
      .for<Tables>()
      .insertInto('watch.finding')
      .values(findings.slice(from, from + ROWS_PER_STATEMENT).map(rowOf))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute();
    for (const row of rows) added.add(row.id);
  }
  return added;
}

/** Brings open rows up to what has been seen since; never back, so that folding again after a restart loses nothing. */
export async function growFindings(tx: Tx, findings: readonly LiveFinding[]): Promise<void> {
  for (let from = 0; from < findings.length; from += ROWS_PER_STATEMENT)
    await tx
      .for<Tables>()
      .insertInto('watch.finding')
      .values(findings.slice(from, from + ROWS_PER_STATEMENT).map(rowOf))
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((set) => ({
            last_at: set.ref('excluded.last_at'),
            count: set.ref('excluded.count'),
            severity: set.ref('excluded.severity'),
            title: set.ref('excluded.title'),
            observed: set.ref('excluded.observed'),
            expected: set.ref('excluded.expected'),
            why: set.ref('excluded.why'),
            would_not_have: set.ref('excluded.would_not_have'),
            peers: set.ref('excluded.peers'),
            replay: set.ref('excluded.replay'),
            simulated: set.ref('excluded.simulated'),
            authenticated: set.ref('excluded.authenticated'),
            live: set.ref('excluded.live'),
          }))
          .where('watch.finding.state', '=', 'open')
          .whereRef('watch.finding.count', '<=', 'excluded.count'),
      )
      .execute();
}

export async function listFindings(sql: Sql, query: FindingQuery): Promise<{ total: number; findings: Finding[] }> {
  let matching = sql.for<Tables>().selectFrom('watch.finding');
  if (query.device !== undefined) matching = matching.where('device', '=', query.device);
  if (query.state !== undefined) matching = matching.where('state', '=', query.state);
  const { total } = await matching
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await matching
    .selectAll()
    .orderBy('at', 'desc')
    .orderBy('id')
    .offset(query.offset)
    .limit(query.limit)
    .execute();
  return { total: Number(total), findings: rows.map(findingOf) };
}

export async function findingById(sql: Sql, id: string): Promise<Finding | null> {
  const row = await sql.for<Tables>().selectFrom('watch.finding').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? findingOf(row) : null;
}

/** Closes an open finding; null when there is no open one of that id. */
export async function closeFinding(
  tx: Tx,
  id: string,
  dismissal: Dismissal,
): Promise<{ finding: Finding; live: LiveFinding } | null> {
  const row = await tx
    .for<Tables>()
    .updateTable('watch.finding')
    .set({
      state: 'dismissed',
      dismissed_by: dismissal.by,
      dismissed_at: dismissal.at,
      dismissed_reason: dismissal.reason,
    })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .returningAll()
    .executeTakeFirst();
  return row ? { finding: findingOf(row), live: row.live as LiveFinding } : null;
}

/** What was dismissed, with when, oldest first: a snapshot may be older than the last dismissals. */
export async function dismissedFindings(sql: Sql): Promise<{ live: LiveFinding; at: number }[]> {
  const rows = await sql
    .for<Tables>()
    .selectFrom('watch.finding')
    .select(['live', 'dismissed_at'])
    .where('state', '=', 'dismissed')
    .orderBy('dismissed_at', 'desc')
    .limit(DISMISSED_LOADED_MAX)
    .execute();
  return rows.reverse().map((row) => ({ live: row.live as LiveFinding, at: Number(row.dismissed_at) }));
}

function rowOf(live: LiveFinding): FindingTable {
  const words = describe(live);
  return {
    id: live.id,
    detector: live.cause.detector,
    device: live.device,
    at: live.at,
    last_at: live.lastAt,
    count: live.count,
    severity: live.severity,
    state: 'open',
    title: words.title,
    observed: words.observed,
    expected: words.expected,
    why: words.why,
    would_not_have: words.wouldNotHaveAlarmedIf,
    peers: JSON.stringify(live.peers),
    port: live.port,
    replay: live.replay,
    simulated: live.simulated,
    authenticated: live.authenticated,
    live: JSON.stringify(live),
    dismissed_by: null,
    dismissed_at: null,
    dismissed_reason: null,
  };
}

/** A finding as it goes over the wire, before or without its row. */
export function wireFinding(live: LiveFinding): Finding {
  return findingOf({ ...rowOf(live), peers: live.peers });
}

function findingOf(row: FindingTable): Finding {
  return {
    id: row.id,
    detector: row.detector,
    device: row.device,
    at: Number(row.at),
    lastAt: Number(row.last_at),
    count: Number(row.count),
    severity: row.severity,
    state: row.state,
    title: row.title,
    observed: row.observed,
    expected: row.expected,
    why: row.why,
    wouldNotHaveAlarmedIf: row.would_not_have,
    peers: row.peers as string[],
    port: row.port,
    replay: row.replay,
    simulated: row.simulated,
    authenticated: row.authenticated,
    dismissed:
      row.dismissed_at === null
        ? null
        : { by: row.dismissed_by!, at: Number(row.dismissed_at), reason: row.dismissed_reason! },
  };
}
