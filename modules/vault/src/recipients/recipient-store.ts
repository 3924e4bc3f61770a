/** Recipients and what they were asked, in SQL. */
import { sql as raw, type Kysely } from 'kysely';
import {
  RECIPIENT_REQUESTS_SHOWN_MAX,
  RECIPIENTS_MAX,
  type Recipient,
  type RecipientAsk,
  type RecipientListed,
  type RecipientRequestShown,
  type RecipientRequestState,
} from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { VersionRef } from '../copies/copy.ts';
import { packedIds, packedVersions } from '../packed.ts';

export interface RequestRow {
  id: string;
  recipient: string;
  subject: string;
  copy: string;
  ask: RecipientAsk;
  at: number;
  answer_by: number;
  request: string;
  signature: string;
  versions: number;
  state: RecipientRequestState;
  tries: number;
  next_try: number | null;
  fault: string | null;
  receipt: string | null;
  answered_at: number | null;
}
interface Tables {
  'vault.recipient': {
    id: string;
    name: string;
    url: string | null;
    public_key: string;
    by_whom: string;
    at: number;
  };
  'vault.recipient_request': RequestRow;
  'vault.copy_item': { copy: string; record: string; version: number; outcome: string | null };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

const recipientOf = ({ public_key: publicKey, by_whom: by, ...row }: Tables['vault.recipient']): Recipient => ({
  ...row,
  publicKey,
  by,
});
export async function listRecipients(reader: Reader): Promise<Recipient[]> {
  const rows = await db(reader).selectFrom('vault.recipient').selectAll().orderBy('id').limit(RECIPIENTS_MAX).execute();
  return rows.map(recipientOf);
}
/** Each with how much waits of it. */
export async function recipientsListed(reader: Reader): Promise<RecipientListed[]> {
  const rows = await db(reader)
    .selectFrom('vault.recipient_request')
    .select(['recipient', raw<number>`count(*)::int`.as('waiting')])
    .select(raw<number>`(count(*) filter (where state = 'silent'))::int`.as('silent'))
    .where('receipt', 'is', null)
    .groupBy('recipient')
    .execute();
  const counts = new Map(rows.map((row) => [row.recipient, row]));
  return (await listRecipients(reader)).map((one) => {
    const { waiting = 0, silent = 0 } = counts.get(one.id) ?? {};
    return { ...one, waiting, silent };
  });
}
export async function readRecipient(reader: Reader, id: string): Promise<Recipient | null> {
  const row = await db(reader).selectFrom('vault.recipient').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? recipientOf(row) : null;
}
/** By its id, or by the name that it is registered with. */
export async function recipientCalled(reader: Reader, name: string): Promise<Recipient | null> {
  const row = await db(reader)
    .selectFrom('vault.recipient')
    .selectAll()
    .where((where) => where.or([where('id', '=', name), where('name', '=', name)]))
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row ? recipientOf(row) : null;
}
export async function saveRecipient(tx: Tx, { publicKey: public_key, by: by_whom, ...rest }: Recipient): Promise<void> {
  const row = { ...rest, public_key, by_whom };
  await db(tx)
    .insertInto('vault.recipient')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}
/** Changed or new, whatever waits for it is sent anew. */
export const sendAgain = async (tx: Tx, recipient: string, at: number | null): Promise<void> =>
  void (await db(tx)
    .updateTable('vault.recipient_request')
    .set({ next_try: at })
    .where('recipient', '=', recipient)
    .where('receipt', 'is', null)
    .execute());

export const shownOf = (row: RequestRow): RecipientRequestShown => {
  const { id, recipient, subject, ask, copy, versions, at, state, tries, fault } = row;
  const { answer_by: answerBy, next_try: nextTry, answered_at: answeredAt } = row;
  return { id, recipient, subject, ask, copy, versions, at, answerBy, state, tries, nextTry, fault, answeredAt };
};
export function listRequests(reader: Reader, state?: RecipientRequestState): Promise<RequestRow[]> {
  return db(reader)
    .selectFrom('vault.recipient_request')
    .selectAll()
    .$if(state !== undefined, (query) => query.where('state', '=', state!))
    .orderBy(raw`receipt is not null`)
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(RECIPIENT_REQUESTS_SHOWN_MAX)
    .execute();
}
export async function readRequest(reader: Reader, id: string): Promise<RequestRow | null> {
  const row = await db(reader)
    .selectFrom('vault.recipient_request')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}
/** Until the transaction ends nobody else asks about this copy. */
export async function requestsOfCopy(tx: Tx, copy: string): Promise<RequestRow[]> {
  await raw`select 1 from vault.copy where id = ${copy} for update`.execute(db(tx));
  return db(tx).selectFrom('vault.recipient_request').selectAll().where('copy', '=', copy).orderBy('at').execute();
}
/** False where the copy was asked for by a `revoke` already. */
export async function addRequest(
  tx: Tx,
  row: Omit<RequestRow, 'tries' | 'fault' | 'receipt' | 'answered_at'>,
): Promise<boolean> {
  const added = await db(tx)
    .insertInto('vault.recipient_request')
    .values({ ...row, tries: 0, fault: null, receipt: null, answered_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(added.numInsertedOrUpdatedRows ?? 0) === 1;
}

/** Not answered, and asked no later than is given for the state that they are in. */
export function overdueRequests(
  reader: Reader,
  before: { readonly asked: number; readonly reminded: number },
  limit: number,
): Promise<RequestRow[]> {
  return db(reader)
    .selectFrom('vault.recipient_request')
    .selectAll()
    .where((where) =>
      where.or([
        where.and({ state: 'asked' }).and('at', '<=', before.asked),
        where.and({ state: 'reminded' }).and('at', '<=', before.reminded),
      ]),
    )
    .orderBy('at')
    .limit(limit)
    .execute();
}
export function toSend(reader: Reader, now: number, limit: number): Promise<RequestRow[]> {
  return db(reader)
    .selectFrom('vault.recipient_request')
    .selectAll()
    .where('receipt', 'is', null)
    .where('next_try', '<=', now)
    .orderBy('next_try')
    .limit(limit)
    .execute();
}
export const saveTry = async (
  reader: Reader,
  { id, tries, next_try, fault }: Pick<RequestRow, 'id' | 'tries' | 'next_try' | 'fault'>,
): Promise<void> =>
  void (await db(reader)
    .updateTable('vault.recipient_request')
    .set({ tries, next_try, fault })
    .where('id', '=', id)
    .where('receipt', 'is', null)
    .execute());
/** False where somebody was first. */
export async function saveState(
  tx: Tx,
  { id, from, to }: { readonly id: string; readonly from: RecipientRequestState; readonly to: RecipientRequestState },
): Promise<boolean> {
  const done = await db(tx)
    .updateTable('vault.recipient_request')
    .set({ state: to })
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst();
  return Number(done.numUpdatedRows) === 1;
}
/** False where there is an answer already. */
export async function saveReceipt(
  tx: Tx,
  {
    id,
    state,
    receipt,
    at,
  }: { readonly id: string; readonly state: 'deleted' | 'kept' } & {
    readonly receipt: string;
    readonly at: number;
  },
): Promise<boolean> {
  const done = await db(tx)
    .updateTable('vault.recipient_request')
    .set({ state, receipt, answered_at: at, next_try: null, fault: null })
    .where('id', '=', id)
    .where('receipt', 'is', null)
    .executeTakeFirst();
  return Number(done.numUpdatedRows) === 1;
}

export const NOBODY = 'nobody';
/** Whose all of these are; nobody's where they are of several people, whom one request is not to bring together. */
export async function subjectOf(tx: Tx, versions: readonly VersionRef[]): Promise<string> {
  const { rows } = await raw<{ subject: string }>`select distinct subject from vault.record
    where id = any(${packedIds(versions.map(({ record }) => record))}) limit 2`.execute(db(tx));
  return rows.length === 1 ? rows[0]!.subject : NOBODY;
}
/** Of these, what no destruction waits for: it asks again by itself. */
export async function notAskedFor(
  tx: Tx,
  copy: string,
  versions: readonly VersionRef[],
): Promise<readonly VersionRef[]> {
  const { rows } = await raw<VersionRef>`select item.record, item.version from vault.copy_item as item
    join ${packedVersions(versions)} as asked (record, version) using (record, version)
    where item.copy = ${copy} and (item.outcome is null or item.outcome = 'beyond' or (item.outcome = 'asked'
      and not exists (select 1 from vault.record where id = item.record and destroyed_at is not null)))`.execute(
    db(tx),
  );
  return rows;
}

export interface TakenBack {
  readonly copy: string;
  readonly recipient: string;
  readonly place: string;
  readonly consent: string;
  readonly subject: string;
}
/** Copies that rest on a consent that was taken back, or on one that was handed on from it, and that nobody asked about. */
export async function takenBack(reader: Reader, limit: number): Promise<TakenBack[]> {
  const { rows } = await raw<TakenBack>`
    select copy.id as copy, copy.custodian as recipient, copy.place, own.id as consent, own.subject
    from vault.copy join vault.consent as own on own.id = split_part(copy.place, '/', 2)
    where copy.kind = 'recipient' and copy.closed_at is null
      and not exists (select 1 from vault.recipient_request where copy = vault.copy.id and ask = 'revoke')
      and exists (select 1 from vault.copy_item as item where item.copy = vault.copy.id and item.outcome is null)
      and exists (
        with recursive above as (
          select id, parent, taken_back_at from vault.consent where id = own.id
          union all
          select c.id, c.parent, c.taken_back_at from vault.consent c join above on c.id = above.parent)
        select 1 from above where taken_back_at is not null)
    order by copy.created limit ${limit}`.execute(db(reader));
  return rows;
}
/** All versions of these that are not destroyed, and whose they are. */
export async function versionsOf(
  reader: Reader,
  records: readonly string[],
): Promise<(VersionRef & { readonly subject: string })[]> {
  const { rows } = await raw<VersionRef & { subject: string }>`select v.record, v.version, r.subject
    from vault.version v join vault.record r on r.id = v.record
    where v.record = any(${records}::text[]) and r.destroyed_at is null order by v.record, v.version`.execute(
    db(reader),
  );
  return rows;
}
export async function holdsAlready(reader: Reader, copy: string, { record, version }: VersionRef): Promise<boolean> {
  const row = await db(reader)
    .selectFrom('vault.copy_item')
    .select('copy')
    .where('copy', '=', copy)
    .where('record', '=', record)
    .where('version', '=', version)
    .executeTakeFirst();
  return row !== undefined;
}
