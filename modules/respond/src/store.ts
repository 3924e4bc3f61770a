/** Situations, incidents, timelines and containments in SQL. */
import type { GeneratedAlways, Kysely } from 'kysely';
import type { Containment, Incident, Situation, TimelineItem } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

interface Tables {
  'respond.situation': {
    id: string;
    state: Situation['state'];
    incident: string | null;
    opened: number;
    last_at: number;
    body: string;
  };
  'respond.situation_finding': { finding: string; situation: string; device: string; at: number };
  'respond.incident': {
    id: string;
    situation: string;
    state: Incident['state'];
    opened: number;
    opened_by: string;
    title: string;
    closed: string | null;
  };
  'respond.timeline': {
    id: GeneratedAlways<number>;
    incident: string;
    at: number;
    lane: TimelineItem['lane'];
    text: string;
    actor: string;
    subject: string;
    fact: string | null;
  };
  'respond.containment': {
    id: string;
    incident: string;
    state: Containment['state'];
    applied: number;
    ends: number;
    body: string;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export interface IncidentRow {
  readonly id: string;
  readonly situation: string;
  readonly state: Incident['state'];
  readonly opened: number;
  readonly openedBy: string;
  readonly title: string;
  readonly closed: Incident['closed'];
}
export interface TimelineRow {
  readonly at: number;
  readonly lane: TimelineItem['lane'];
  readonly text: string;
  readonly actor: string;
  readonly subject: string;
  readonly fact: string | null;
}
export interface SituationFinding {
  readonly finding: string;
  readonly device: string;
  readonly at: number;
}

const SITUATIONS_MAX = 500;
const TIMELINE_MAX = 5_000;

export async function saveSituation(tx: Tx, situation: Situation): Promise<void> {
  const row = {
    state: situation.state,
    incident: situation.incident,
    opened: situation.opened,
    last_at: situation.lastAt,
    body: JSON.stringify(situation),
  };
  await db(tx)
    .insertInto('respond.situation')
    .values({ id: situation.id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** Links findings to a situation; a finding already linked moves (situations that became one). */
export async function linkFindings(tx: Tx, situation: string, findings: readonly SituationFinding[]): Promise<void> {
  for (const finding of findings) {
    await db(tx)
      .insertInto('respond.situation_finding')
      .values({ ...finding, situation })
      .onConflict((conflict) => conflict.column('finding').doUpdateSet({ situation }))
      .execute();
  }
}
export async function moveFindings(tx: Tx, from: string, to: string): Promise<void> {
  await db(tx).updateTable('respond.situation_finding').set({ situation: to }).where('situation', '=', from).execute();
}
export const findingsOf = (reader: Reader, situation: string): Promise<SituationFinding[]> =>
  db(reader)
    .selectFrom('respond.situation_finding')
    .select(['finding', 'device', 'at'])
    .where('situation', '=', situation)
    .orderBy('at')
    .execute();
export async function situationOfFinding(reader: Reader, finding: string): Promise<string | null> {
  const row = await db(reader)
    .selectFrom('respond.situation_finding')
    .select('situation')
    .where('finding', '=', finding)
    .executeTakeFirst();
  return row?.situation ?? null;
}

const situationFrom = (row: { body: string }): Situation => row.body as unknown as Situation;
export async function loadSituations(reader: Reader, state?: Situation['state']): Promise<Situation[]> {
  let query = db(reader)
    .selectFrom('respond.situation')
    .select('body')
    .orderBy('last_at', 'desc')
    .limit(SITUATIONS_MAX);
  if (state) query = query.where('state', '=', state);
  return (await query.execute()).map(situationFrom);
}
export async function loadSituation(reader: Reader, id: string): Promise<Situation | null> {
  const row = await db(reader).selectFrom('respond.situation').select('body').where('id', '=', id).executeTakeFirst();
  return row ? situationFrom(row) : null;
}

export async function insertIncident(tx: Tx, incident: IncidentRow): Promise<void> {
  const { openedBy, closed, ...row } = incident;
  await db(tx)
    .insertInto('respond.incident')
    .values({ ...row, opened_by: openedBy, closed: closed ? JSON.stringify(closed) : null })
    .execute();
}
export async function closeIncidentRow(tx: Tx, id: string, closed: NonNullable<Incident['closed']>): Promise<void> {
  await db(tx)
    .updateTable('respond.incident')
    .set({ state: 'closed', closed: JSON.stringify(closed) })
    .where('id', '=', id)
    .execute();
}
export async function loadIncidents(reader: Reader, id?: string): Promise<IncidentRow[]> {
  let query = db(reader).selectFrom('respond.incident').selectAll().orderBy('opened', 'desc').limit(SITUATIONS_MAX);
  if (id) query = query.where('id', '=', id);
  const rows = await query.execute();
  return rows.map(({ opened_by, closed, ...row }) => ({
    ...row,
    openedBy: opened_by,
    closed: closed as unknown as Incident['closed'],
  }));
}

export async function addToTimeline(tx: Tx, incident: string, item: TimelineRow): Promise<void> {
  await db(tx)
    .insertInto('respond.timeline')
    .values({ incident, ...item })
    .execute();
}
export const loadTimeline = (reader: Reader, incident: string): Promise<TimelineRow[]> =>
  db(reader)
    .selectFrom('respond.timeline')
    .select(['at', 'lane', 'text', 'actor', 'subject', 'fact'])
    .where('incident', '=', incident)
    .orderBy('at')
    .orderBy('id')
    .limit(TIMELINE_MAX)
    .execute();

export async function saveContainment(tx: Tx, containment: Containment): Promise<void> {
  const { id, incident, state, applied, ends } = containment;
  const row = { incident, state, applied, ends, body: JSON.stringify(containment) };
  await db(tx)
    .insertInto('respond.containment')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}
export async function loadContainments(
  reader: Reader,
  where: { incident?: string; states?: readonly Containment['state'][] },
): Promise<Containment[]> {
  let query = db(reader).selectFrom('respond.containment').select('body').orderBy('applied', 'desc');
  if (where.incident) query = query.where('incident', '=', where.incident);
  if (where.states) query = query.where('state', 'in', [...where.states]);
  return (await query.execute()).map((row) => row.body as unknown as Containment);
}
