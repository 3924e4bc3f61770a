/** What the records desk reads over all people: records that wait for their end, and the copies of one. Ids, never content. */
import { sql as raw, type Kysely } from 'kysely';
import type {
  CopyKind,
  CopyOutcome,
  DeskCounts,
  HeldCategory,
  HeldPerson,
  LifeReason,
  LifeState,
  RecordCopy,
  WaitingRecord,
} from '@cityward/contracts';
import { CATEGORIES_SHOWN_MAX, COPIES_SHOWN_MAX, HELD_PAGE_MAX, WAITING_SHOWN_MAX } from '@cityward/contracts';
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
        select outcome, why from vault.copy_held where copy = c.id and record = ${record}
        order by case outcome when 'pending' then 1 when 'asked' then 2 when 'beyond' then 3 when 'unreadable' then 4
          when 'purged' then 5 else 0 end limit 1) i on true
      where exists (select 1 from vault.copy_held where copy = c.id and record = ${record})
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

export interface HeldPeople {
  readonly people: HeldPerson[];
  readonly total: number;
}
/** By id; a page of them from after one on, and how many there are in all. */
export async function heldPeople(
  reader: Reader,
  { q = '', after = '' }: { readonly q?: string; readonly after?: string },
): Promise<HeldPeople> {
  const found = raw`from vault.record where destroyed_at is null and position(${q} in subject) > 0`;
  const { rows } = await raw<{ subject: string; records: string }>`
    select subject, count(*) as records ${found} and subject > ${after}
      group by subject order by subject limit ${HELD_PAGE_MAX}`.execute(db(reader));
  const { rows: all } = await raw<{ n: string }>`select count(distinct subject) as n ${found}`.execute(db(reader));
  return {
    people: rows.map(({ subject, records }) => ({ subject, records: Number(records) })),
    total: Number(all[0]!.n),
  };
}

export async function heldCategories(reader: Reader): Promise<HeldCategory[]> {
  const { rows } = await raw<{ category: string; records: string; people: string }>`
    select category, count(*) as records, count(distinct subject) as people from vault.record
      where destroyed_at is null group by category order by category limit ${CATEGORIES_SHOWN_MAX}`.execute(db(reader));
  return rows.map(({ category, records, people }) => ({
    ...{ category, records: Number(records), people: Number(people) },
  }));
}

/** What SQL has of each kind that waits. */
export async function deskCounts(reader: Reader, now: number): Promise<Omit<DeskCounts, 'holds' | 'unsealings'>> {
  const { rows } = await raw<Record<keyof Omit<DeskCounts, 'holds' | 'unsealings'>, string>>`
    select (select count(*) from vault.request where answered_at is null and withdrawn_at is null) as requests,
      (select count(*) from vault.glass where reviewed_at is null) as emergencies,
      (select count(*) from vault.life_proposal where confirmed_at is null and expires > ${now}) as lives,
      (select count(*) from vault.export where state = 'asked') as exports,
      (select count(*) from vault.destruction where state <> 'certified') as destructions,
      (select count(*) from vault.recipient_request where receipt is null) as recipients,
      (select count(*) from vault.recipient_request where state = 'silent') as silent`.execute(db(reader));
  const { requests, emergencies, lives, exports, destructions, recipients, silent } = rows[0]!;
  return {
    ...{ requests: Number(requests), emergencies: Number(emergencies), lives: Number(lives) },
    ...{ exports: Number(exports), destructions: Number(destructions), recipients: Number(recipients) },
    silent: Number(silent),
  };
}
