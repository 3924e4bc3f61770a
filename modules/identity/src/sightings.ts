/** When each identity was last let in: from memory, written seldom, since only days count. */
import { DAY_MS, type Clock } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { sql, type Kysely } from 'kysely';
import type { Subject } from './domain/trust.ts';

/** A later sighting is written when it is so much later. */
const WRITTEN_EVERY_MS = DAY_MS;
const ROWS_PER_WRITE = 5_000;

export interface Sightings {
  note(subject: Subject, at: number): void;
  /** The latest of what was noted and what its owner knows; whoever nobody has seen counts from the first question. */
  latest(subject: Subject, known: number | null): number;
  save(): Promise<void>;
}

interface SeenTables {
  'identity.seen': { kind: Subject['kind']; id: string; at: number };
}
interface Seen {
  readonly subject: Subject;
  at: number;
  written: number;
}

export async function openSightings(parts: { readonly sql: Sql; readonly clock: Clock }): Promise<Sightings> {
  const db = parts.sql.for<SeenTables>();
  const all = new Map<string, Seen>();
  for (const { kind, id, at } of await db.selectFrom('identity.seen').selectAll().execute())
    all.set(`${kind} ${id}`, { subject: { kind, id }, at, written: at });
  const note = (subject: Subject, at: number): void => {
    const key = `${subject.kind} ${subject.id}`;
    const seen = all.get(key);
    if (seen) seen.at = Math.max(seen.at, at);
    else all.set(key, { subject, at, written: 0 });
  };
  return {
    note,
    latest: (subject, known) => {
      const noted = all.get(`${subject.kind} ${subject.id}`)?.at ?? null;
      if (noted !== null || known !== null) return Math.max(noted ?? 0, known ?? 0);
      const now = parts.clock();
      note(subject, now);
      return now;
    },
    save: async () => {
      const due = [...all.values()].filter(({ at, written }) => at - written >= WRITTEN_EVERY_MS);
      for (let from = 0; from < due.length; from += ROWS_PER_WRITE) {
        const rows = due.slice(from, from + ROWS_PER_WRITE);
        const written = rows.map(({ at }) => at);
        await put(db, rows);
        for (const [at, row] of rows.entries()) row.written = written[at]!;
      }
    },
  };
}

async function put(db: Kysely<SeenTables>, rows: readonly Seen[]): Promise<void> {
  await sql`
    insert into identity.seen (kind, id, at)
    select * from unnest(
      ${rows.map((row) => row.subject.kind)}::text[], ${rows.map((row) => row.subject.id)}::text[],
      ${rows.map((row) => row.at)}::bigint[]
    )
    on conflict (kind, id) do update set at = excluded.at`.execute(db);
}
