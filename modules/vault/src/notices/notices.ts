/** What people are told about what is held about them: one list for each person, and a fact for each notice. */
import { sql as raw, type Kysely } from 'kysely';
import { NOTICES_SHOWN_MAX, type Notice, type NoticeKind } from '@cityward/contracts';
import { canonicalJson, newId } from '@cityward/kernel';
import type { Sql, Tx } from '@cityward/sql';
import { someAtATime } from '../some-at-a-time.ts';

const MODULE = 'vault';

interface Tables {
  'vault.notice': {
    id: string;
    subject: string;
    at: number;
    kind: string;
    about: string;
    clauses: string;
    shown_from: number;
    read_at: number | null;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export interface NewNotice {
  readonly subject: string;
  readonly kind: NoticeKind;
  readonly at: number;
  /** Ids and times alone: whoever reads it knows what they stand for. */
  readonly about: Notice['about'];
  /** By which clauses of the law it is told. */
  readonly clauses?: readonly string[];
  /** Later than `at` only where a signed order says so. */
  readonly shownFrom?: number;
  /** Who did what it tells of. */
  readonly by: string;
}

/** With the transaction that does what it tells of, or not at all. */
export async function addNotice(tx: Tx, notice: NewNotice): Promise<string> {
  const [id] = await addNotices(tx, [notice]);
  return id!;
}

/** Unless they were told of the very same. */
export async function addNoticeOnce(tx: Tx, notice: NewNotice): Promise<void> {
  const { kind, at: since } = notice;
  for (const one of await untold(tx, [notice], { kind, since })) await addNotice(tx, one);
}

export interface StoredNotice extends Required<Omit<NewNotice, 'by'>> {
  readonly id: string;
}
const rowOf = ({ id, subject, at, kind, about, clauses, shownFrom }: StoredNotice): Tables['vault.notice'] => ({
  ...{ id, subject, at, kind, about: canonicalJson(about), clauses: JSON.stringify(clauses) },
  ...{ shown_from: shownFrom, read_at: null },
});
/** Without facts, since the ledger has them; those that are there stay as they are. Answers how many were not. */
export async function addLostNotices(tx: Tx, notices: readonly StoredNotice[]): Promise<number> {
  const added = await db(tx)
    .insertInto('vault.notice')
    .values(notices.map(rowOf))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return Number(added.numInsertedOrUpdatedRows ?? 0);
}

/** Few enough values for one statement. */
const NOTICES_PER_STATEMENT = 1_000;

export async function addNotices(tx: Tx, notices: readonly NewNotice[]): Promise<string[]> {
  const rows = notices.map((notice) => {
    const { subject, kind, at, about, clauses = [], shownFrom = at, by } = notice;
    const id = newId<string>('not');
    // Whole: a vault that is put back knows it from the ledger.
    const data = { notice: id, kind, shownFrom, about, clauses: [...clauses] };
    tx.record({ module: MODULE, type: 'notice.given', actor: by, subject, at, personal: true, data });
    return rowOf({ id, subject, at, kind, about, clauses, shownFrom });
  });
  for (const some of someAtATime(rows, NOTICES_PER_STATEMENT))
    await db(tx)
      .insertInto('vault.notice')
      .values([...some])
      .execute();
  return rows.map(({ id }) => id);
}

export async function noticesOf(sql: Reader, subject: string, now: number): Promise<Notice[]> {
  const rows = await db(sql)
    .selectFrom('vault.notice')
    .selectAll()
    .where('subject', '=', subject)
    .where('shown_from', '<=', now)
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(NOTICES_SHOWN_MAX)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    kind: row.kind as NoticeKind,
    about: JSON.parse(row.about) as Notice['about'],
    clauses: JSON.parse(row.clauses) as string[],
    readAt: row.read_at,
  }));
}

export async function unreadOf(sql: Reader, subject: string, now: number): Promise<number> {
  const { count } = await db(sql)
    .selectFrom('vault.notice')
    .select((select) => select.fn.countAll<string>().as('count'))
    .where('subject', '=', subject)
    .where('shown_from', '<=', now)
    .where('read_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Those of the person alone that they were shown. */
export const markRead = async (
  sql: Reader,
  { subject, ids, at }: { readonly subject: string; readonly ids: readonly string[]; readonly at: number },
): Promise<void> =>
  void (await db(sql)
    .updateTable('vault.notice')
    .set({ read_at: at })
    .where('subject', '=', subject)
    .where('id', 'in', ids)
    .where('shown_from', '<=', at)
    .where('read_at', 'is', null)
    .execute());

type Told = Pick<NewNotice, 'subject' | 'about'>;
/** Of these, the ones of whom there is none of this kind about the same, from then on: whoever was told lately is not told again. */
export async function untold<Each extends Told>(
  sql: Reader,
  each: readonly Each[],
  { kind, since }: { readonly kind: NoticeKind; readonly since: number },
): Promise<Each[]> {
  const abouts = each.map(({ about }) => canonicalJson(about));
  const { rows } = await raw<{ place: number }>`
    select place::int from unnest(${each.map(({ subject }) => subject)}::text[], ${abouts}::text[])
      with ordinality as asked (subject, about, place)
    where not exists (select 1 from vault.notice as notice
      where notice.subject = asked.subject and notice.kind = ${kind} and notice.about = asked.about
        and notice.at >= ${since}::bigint)
    order by place`.execute(db(sql));
  return rows.map(({ place }) => each[place - 1]!);
}
