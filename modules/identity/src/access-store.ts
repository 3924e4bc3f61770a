/** Temporary access in SQL: its table and what is asked of it. */
import type { TemporaryRole } from '@cityward/contracts';
import type { Kysely } from 'kysely';
import type { AccessEnd, AccessRecord } from './domain/temporary-access.ts';

export interface AccessTables {
  'identity.temporary_access': {
    id: string;
    person: string;
    role: TemporaryRole;
    sites: string;
    devices: string;
    begins: number | null;
    until: number;
    reason: string;
    asked: number;
    by: string;
    judged_at: number | null;
    judged_by: string | null;
    judged_reason: string | null;
    approved: boolean | null;
    begun: boolean;
    ended_at: number | null;
    ended_by: string | null;
    ended_why: AccessEnd | null;
    ended_reason: string | null;
  };
}
type Row = AccessTables['identity.temporary_access'];
type Db = Kysely<AccessTables>;
const TABLE = 'identity.temporary_access';

/** Those that are over stay in SQL; so many of the newest are shown. */
export const ACCESS_KEPT_MAX = 1_000;

/** Every one that may still count, and the newest of the rest. */
export async function readAccess(db: Db, now: number): Promise<AccessRecord[]> {
  const open = await db
    .selectFrom(TABLE)
    .selectAll()
    .where('until', '>', now)
    .where('ended_at', 'is', null)
    .orderBy('asked')
    .execute();
  const newest = await db.selectFrom(TABLE).selectAll().orderBy('asked', 'desc').limit(ACCESS_KEPT_MAX).execute();
  const seen = new Set(open.map((row) => row.id));
  return [...newest.filter((row) => !seen.has(row.id)).reverse(), ...open].map(recordOf);
}

/** Approved, over by time, and not yet told so. */
export async function readUntold(db: Db, now: number): Promise<AccessRecord[]> {
  const rows = await db
    .selectFrom(TABLE)
    .selectAll()
    .where('approved', '=', true)
    .where('until', '<=', now)
    .where('ended_at', 'is', null)
    .execute();
  return rows.map(recordOf);
}

export const addAccess = async (db: Db, access: AccessRecord): Promise<void> =>
  void (await db
    .insertInto(TABLE)
    .values({ ...rowOf(access), begun: false })
    .execute());

export const judgeAccess = async (db: Db, access: AccessRecord): Promise<void> => {
  const { judged_at, judged_by, judged_reason, approved, begins } = rowOf(access);
  await db
    .updateTable(TABLE)
    .set({ judged_at, judged_by, judged_reason, approved, begins })
    .where('id', '=', access.id)
    .execute();
};

/** False when its beginning was told already. */
export async function tellBegun(db: Db, id: string): Promise<boolean> {
  const done = await db
    .updateTable(TABLE)
    .set({ begun: true })
    .where('id', '=', id)
    .where('begun', '=', false)
    .executeTakeFirst();
  return Number(done.numUpdatedRows) > 0;
}

/** False when it had ended already. */
export async function endAccess(db: Db, { id, ended }: AccessRecord): Promise<boolean> {
  if (!ended) return false;
  const { at, by, why, reason } = ended;
  const done = await db
    .updateTable(TABLE)
    .set({ ended_at: at, ended_by: by, ended_why: why, ended_reason: reason })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return Number(done.numUpdatedRows) > 0;
}

const rowOf = ({ sites, devices, from, judged, ended, ...own }: AccessRecord): Omit<Row, 'begun'> => ({
  ...own,
  sites: JSON.stringify(sites),
  devices: JSON.stringify(devices),
  begins: from,
  judged_at: judged?.at ?? null,
  judged_by: judged?.by ?? null,
  judged_reason: judged?.reason ?? null,
  approved: judged?.approved ?? null,
  ended_at: ended?.at ?? null,
  ended_by: ended?.by ?? null,
  ended_why: ended?.why ?? null,
  ended_reason: ended?.reason ?? null,
});

const recordOf = (row: Row): AccessRecord => ({
  id: row.id,
  person: row.person,
  role: row.role,
  sites: JSON.parse(row.sites) as string[],
  devices: JSON.parse(row.devices) as string[],
  from: row.begins,
  until: row.until,
  reason: row.reason,
  asked: row.asked,
  by: row.by,
  judged:
    row.judged_at === null
      ? null
      : { at: row.judged_at, by: row.judged_by!, reason: row.judged_reason!, approved: row.approved! },
  ended:
    row.ended_at === null
      ? null
      : { at: row.ended_at, by: row.ended_by!, why: row.ended_why!, reason: row.ended_reason! },
});
