/** What is said of identities and how far they were trusted last: the tables, written many rows a statement. */
import type { IdentityKind, TrustKind, TrustLevel } from '@cityward/contracts';
import { sql, type Kysely } from 'kysely';
import type { Signal, Subject } from './domain/trust.ts';

export interface TrustTables {
  'identity.signal': {
    subject_kind: IdentityKind;
    subject: string;
    kind: TrustKind;
    source: string;
    value: number;
    reason: string;
    since: number;
    expires: number;
  };
  'identity.trust': { kind: IdentityKind; id: string; level: TrustLevel; since: number };
}
type Db = Kysely<TrustTables>;

export interface SignalRow extends Signal {
  readonly subject: Subject;
}
/** The level that the ledger was told last, and since when it stands. */
export interface ToldRow extends Subject {
  readonly level: TrustLevel;
  readonly since: number;
}
export type SignalKey = Pick<SignalRow, 'subject' | 'kind' | 'source'>;

export async function readSignals(db: Db): Promise<SignalRow[]> {
  const rows = await db.selectFrom('identity.signal').selectAll().execute();
  return rows.map(({ subject_kind: kind, subject: id, ...signal }) => ({ ...signal, subject: { kind, id } }));
}

export const readTold = (db: Db): Promise<ToldRow[]> => db.selectFrom('identity.trust').selectAll().execute();

const keyColumns = (rows: readonly SignalKey[]) => ({
  subjectKinds: rows.map((row) => row.subject.kind),
  subjects: rows.map((row) => row.subject.id),
  kinds: rows.map((row) => row.kind),
  sources: rows.map((row) => row.source),
});

export async function putSignals(db: Db, rows: readonly SignalRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { subjectKinds, subjects, kinds, sources } = keyColumns(rows);
  await sql`
    insert into identity.signal (subject_kind, subject, kind, source, value, reason, since, expires)
    select * from unnest(
      ${subjectKinds}::text[], ${subjects}::text[], ${kinds}::text[], ${sources}::text[],
      ${rows.map((row) => row.value)}::smallint[], ${rows.map((row) => row.reason)}::text[],
      ${rows.map((row) => row.since)}::bigint[], ${rows.map((row) => row.expires)}::bigint[]
    )
    on conflict (subject_kind, subject, kind, source) do update
    set value = excluded.value, reason = excluded.reason, since = excluded.since, expires = excluded.expires`.execute(
    db,
  );
}

export async function dropSignals(db: Db, keys: readonly SignalKey[]): Promise<void> {
  if (keys.length === 0) return;
  const { subjectKinds, subjects, kinds, sources } = keyColumns(keys);
  await sql`
    delete from identity.signal as signal
    using unnest(${subjectKinds}::text[], ${subjects}::text[], ${kinds}::text[], ${sources}::text[])
      as gone (subject_kind, subject, kind, source)
    where signal.subject_kind = gone.subject_kind and signal.subject = gone.subject
      and signal.kind = gone.kind and signal.source = gone.source`.execute(db);
}

export async function putTold(db: Db, rows: readonly ToldRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into identity.trust (kind, id, level, since)
    select * from unnest(
      ${rows.map((row) => row.kind)}::text[], ${rows.map((row) => row.id)}::text[],
      ${rows.map((row) => row.level)}::text[], ${rows.map((row) => row.since)}::bigint[]
    )
    on conflict (kind, id) do update set level = excluded.level, since = excluded.since`.execute(db);
}
