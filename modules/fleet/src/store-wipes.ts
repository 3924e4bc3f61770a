/** What was last reported on orders to erase devices, in SQL: by whom, and item by item. */
import type { Kysely } from 'kysely';
import type { Erased, JobReport } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

interface Tables {
  'fleet.wipe_report': {
    change: string;
    device: string;
    reported_by: string;
    reason: string | null;
    erased: unknown;
    at: number;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export interface WipeReport {
  readonly by: string;
  readonly reason: string | null;
  readonly erased: readonly Erased[];
}

export async function putWipeReport(
  tx: Tx,
  change: string,
  told: { readonly wiped: string; readonly by: string; readonly report: JobReport; readonly at: number },
): Promise<void> {
  const { wiped: device, by, report, at } = told;
  const kept = { reported_by: by, reason: report.reason, erased: JSON.stringify(report.erased ?? []), at };
  await db(tx)
    .insertInto('fleet.wipe_report')
    .values({ change, device, ...kept })
    .onConflict((conflict) => conflict.columns(['change', 'device']).doUpdateSet(kept))
    .execute();
}

/** Null where nobody has reported that it has ended, well or not. */
export async function wipeReportOf(reader: Reader, change: string, device: string): Promise<WipeReport | null> {
  const row = await db(reader)
    .selectFrom('fleet.wipe_report')
    .select(['reported_by', 'reason', 'erased'])
    .where('change', '=', change)
    .where('device', '=', device)
    .executeTakeFirst();
  return row ? { by: row.reported_by, reason: row.reason, erased: row.erased as Erased[] } : null;
}
