/** Replacements, retirements and thefts in SQL. */
import type { Kysely } from 'kysely';
import type { Erased, Hardware, Held, Replacement, Retirement, Theft } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

interface Tables {
  'fleet.replacement': {
    id: string;
    device: string;
    state: Replacement['state'];
    before: unknown;
    after: unknown;
    certificate: string | null;
    reason: string;
    by_whom: string;
    at: number;
    ended: number | null;
  };
  'fleet.retirement': {
    device: string;
    state: Retirement['state'];
    change: string | null;
    wiped: Retirement['wiped'];
    why: string;
    erased: unknown;
    reported_by: string | null;
    reason: string;
    by_whom: string;
    at: number;
    closed: number | null;
    hash: string | null;
    certificate: string | null;
    signature: string | null;
  };
  'fleet.theft': {
    device: string;
    at: number;
    by_whom: string;
    reason: string;
    seen: number;
    last_at: number | null;
    last_how: string | null;
    held: unknown;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();
const timeOf = (value: number | null): number | null => (value === null ? null : Number(value));

const replacementOf = ({ by_whom, at, ended, before, after, ...row }: Tables['fleet.replacement']): Replacement => ({
  ...row,
  before: before as Hardware,
  after: after as Hardware,
  by: by_whom,
  at: Number(at),
  ended: timeOf(ended),
});
export const replacementsOf = async (reader: Reader, device: string): Promise<Replacement[]> =>
  (
    await db(reader)
      .selectFrom('fleet.replacement')
      .selectAll()
      .where('device', '=', device)
      .orderBy('at', 'desc')
      .orderBy('id')
      .execute()
  ).map(replacementOf);
export const openReplacements = async (reader: Reader): Promise<Replacement[]> =>
  (await db(reader).selectFrom('fleet.replacement').selectAll().where('ended', 'is', null).execute()).map(
    replacementOf,
  );
export async function insertReplacement(tx: Tx, { by, before, after, ...row }: Replacement): Promise<void> {
  const texts = { before: JSON.stringify(before), after: JSON.stringify(after) };
  await db(tx)
    .insertInto('fleet.replacement')
    .values({ ...row, ...texts, by_whom: by })
    .execute();
}
/** False where it was no longer in that state. */
export async function moveReplacement(
  tx: Tx,
  id: string,
  move: { from: Replacement['state']; to: Replacement['state']; ended: number | null },
): Promise<boolean> {
  const moved = await db(tx)
    .updateTable('fleet.replacement')
    .set({ state: move.to, ended: move.ended })
    .where('id', '=', id)
    .where('state', '=', move.from)
    .returning('id')
    .execute();
  return moved.length > 0;
}

/** With the signed files of a closed one. */
export interface RetirementRow extends Retirement {
  readonly certificate: string | null;
  readonly signature: string | null;
}
const retirementOf = ({
  by_whom,
  at,
  closed,
  erased,
  reported_by,
  ...row
}: Tables['fleet.retirement']): RetirementRow => ({
  ...row,
  erased: erased as Erased[],
  reportedBy: reported_by,
  by: by_whom,
  at: Number(at),
  closed: timeOf(closed),
});
export async function retirementBy(reader: Reader, device: string): Promise<RetirementRow | null> {
  const row = await db(reader)
    .selectFrom('fleet.retirement')
    .selectAll()
    .where('device', '=', device)
    .executeTakeFirst();
  return row ? retirementOf(row) : null;
}
export const openRetirements = async (reader: Reader): Promise<RetirementRow[]> =>
  (await db(reader).selectFrom('fleet.retirement').selectAll().where('state', '<>', 'closed').execute()).map(
    retirementOf,
  );
export async function insertRetirement(tx: Tx, { by, erased, reportedBy, ...row }: RetirementRow): Promise<void> {
  await db(tx)
    .insertInto('fleet.retirement')
    .values({ ...row, by_whom: by, erased: JSON.stringify(erased), reported_by: reportedBy })
    .execute();
}
export interface Verdict extends Pick<Retirement, 'why' | 'erased' | 'reportedBy'> {
  readonly wiped: NonNullable<Retirement['wiped']>;
}
/** The verdict, before anything is done about it; false where there is one already. */
export async function judgeRetirement(
  tx: Tx,
  device: string,
  { wiped, why, erased, reportedBy }: Verdict,
): Promise<boolean> {
  const moved = await db(tx)
    .updateTable('fleet.retirement')
    .set({ state: 'closing', wiped, why, erased: JSON.stringify(erased), reported_by: reportedBy })
    .where('device', '=', device)
    .where('state', '=', 'wiping')
    .returning('device')
    .execute();
  return moved.length > 0;
}
export async function closeRetirement(
  tx: Tx,
  device: string,
  closed: { closed: number; hash: string; certificate: string; signature: string },
): Promise<void> {
  await db(tx)
    .updateTable('fleet.retirement')
    .set({ state: 'closed', ...closed })
    .where('device', '=', device)
    .execute();
}

const theftOf = ({ by_whom, at, seen, last_at, last_how, held, ...row }: Tables['fleet.theft']): Theft => ({
  ...row,
  at: Number(at),
  by: by_whom,
  seen: Number(seen),
  last: last_at === null ? null : { at: Number(last_at), how: last_how ?? '' },
  held: held as Held,
});
export async function theftBy(reader: Reader, device: string): Promise<Theft | null> {
  const row = await db(reader).selectFrom('fleet.theft').selectAll().where('device', '=', device).executeTakeFirst();
  return row ? theftOf(row) : null;
}
export const stolenDevices = async (reader: Reader): Promise<string[]> =>
  (await db(reader).selectFrom('fleet.theft').select('device').execute()).map(({ device }) => device);
export async function putTheft(tx: Tx, { device, at, by, reason, held }: Theft): Promise<void> {
  const kept = { at, by_whom: by, reason, held: JSON.stringify(held) };
  await db(tx)
    .insertInto('fleet.theft')
    .values({ device, ...kept, seen: 0, last_at: null, last_how: null })
    .onConflict((conflict) => conflict.column('device').doUpdateSet(kept))
    .execute();
}
export async function seeStolen(
  tx: Tx,
  device: string,
  seen: { times: number; at: number; how: string },
): Promise<void> {
  await db(tx)
    .updateTable('fleet.theft')
    .set((row) => ({ seen: row('seen', '+', seen.times), last_at: seen.at, last_how: seen.how }))
    .where('device', '=', device)
    .execute();
}
