/** What the records desk reads over all people: records that wait for their end, and the copies of one. Ids, never content. */
import { sql as raw, type Kysely } from 'kysely';
import type { CopyKind, CopyOutcome, LifeReason, LifeState, RecordCopy, WaitingRecord } from '@cityward/contracts';
import { COPIES_SHOWN_MAX, WAITING_SHOWN_MAX } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';

type Reader = Pick<Sql, 'for'>;
const db = (reader: Reader): Kysely<object> => reader.for<object>();
const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

interface WaitingRow {
  readonly record: string;
  readonly subject: string;
  readonly category: string;
  readonly state: LifeState;
  readonly reason: LifeReason;
  readonly by_whom: string;
  readonly clause: string;
  readonly since: string | number;
  readonly next: string | number | null;
}
export interface Waiting {
  readonly records: WaitingRecord[];
  readonly sealed: number;
  readonly due: number;
}
export async function waitingRecords(reader: Reader): Promise<Waiting> {
  const { rows } = await raw<WaitingRow>`
    select l.record, r.subject, r.category, l.state, l.reason, l.by_whom, l.clause, l.since, l.next
      from vault.life l join vault.record r on r.id = l.record
      where l.state in ('sealed', 'due') order by l.next nulls last, l.record limit ${WAITING_SHOWN_MAX}`.execute(
    db(reader),
  );
  const { rows: counts } = await raw<{ state: LifeState; n: string }>`
    select state, count(*) as n from vault.life where state in ('sealed', 'due') group by state`.execute(db(reader));
  const of = (state: LifeState): number => Number(counts.find((one) => one.state === state)?.n ?? 0);
  const records = rows.map(({ by_whom: by, since, next, ...row }) => ({
    ...{ ...row, by, since: Number(since), next: numberOrNull(next) },
  }));
  return { records, sealed: of('sealed'), due: of('due') };
}

export interface CopiesOfRecord {
  readonly record: string;
  readonly subject: string;
  readonly category: string;
  readonly versions: number;
  readonly state: LifeState;
  readonly copies: RecordCopy[];
}
interface HeadRow {
  readonly subject: string;
  readonly category: string;
  readonly versions: string;
  readonly state: LifeState;
}
interface CopyRow {
  readonly id: string;
  readonly kind: CopyKind;
  readonly place: string;
  readonly custodian: string;
  readonly basis: string;
  readonly created: string | number;
  readonly expires: string | number | null;
  readonly closed_at: string | number | null;
  readonly closed_why: string | null;
  readonly verified_at: string | number | null;
  readonly verified: 'held' | 'gone' | 'unknown' | null;
  readonly outcome: CopyOutcome | null;
  readonly why: string | null;
}

/** Every row that names it, open or ended, and those that hold whatever the vault held since it was stored; null for no such record. */
export async function copiesOfRecord(reader: Reader, record: string): Promise<CopiesOfRecord | null> {
  const { rows: heads } = await raw<HeadRow>`
    select r.subject, r.category, (select count(*) from vault.version v where v.record = r.id) as versions,
        case when d.state = 'copies-left' then 'keys-destroyed' when d.state = 'to-certify' then 'copies-purged'
          when d.state = 'certified' then 'closed' when r.destroyed_at is not null then 'keys-destroyed'
          else coalesce(l.state, 'active') end as state
      from vault.record r left join vault.life l on l.record = r.id left join vault.destruction d on d.id = r.destruction
      where r.id = ${record}`.execute(db(reader));
  const head = heads[0];
  if (!head) return null;
  // The least settled of its versions speaks for the record: what still lies there, before what was asked for, before what is done.
  const { rows } = await raw<CopyRow>`
    select c.id, c.kind, c.place, c.custodian, c.basis, c.created, c.expires, c.closed_at, c.closed_why, c.verified_at,
        c.verified, i.outcome, i.why
      from vault.copy c left join lateral (
        select outcome, why from vault.copy_item where copy = c.id and record = ${record}
        order by case outcome when 'pending' then 1 when 'asked' then 2 when 'beyond' then 3 when 'unreadable' then 4
          when 'purged' then 5 else 0 end limit 1) i on true
      where exists (select 1 from vault.copy_item where copy = c.id and record = ${record})
        or (c.closed_at is null and c.scope = 'live')
        or (c.scope = 'snapshot' and c.created >= (select created from vault.record where id = ${record}))
      order by (c.closed_at is not null), c.created, c.id limit ${COPIES_SHOWN_MAX}`.execute(db(reader));
  return { record, ...head, versions: Number(head.versions), copies: rows.map(copyOf) };
}

const copyOf = ({ closed_at, closed_why, verified_at, verified, outcome, why, ...row }: CopyRow): RecordCopy => ({
  ...{ ...row, created: Number(row.created), expires: numberOrNull(row.expires) },
  closed: closed_at === null ? null : { at: Number(closed_at), why: closed_why ?? '' },
  verified: verified_at === null || verified === null ? null : { at: Number(verified_at), found: verified },
  outcome: outcome === null ? null : { is: outcome, why: why ?? '' },
});
