/** Backups in the register of copies. */
import { sql as raw } from 'kysely';
import type { Sql } from '@cityward/sql';

export async function lastBackup(
  sql: Pick<Sql, 'for'>,
): Promise<{ readonly at: number; readonly place: string } | null> {
  const { rows } = await raw<{ at: number; place: string }>`select created as at, place from vault.copy
    where kind = 'backup' and closed_at is null order by created desc limit 1`.execute(sql.for());
  return rows[0] ?? null;
}
/** Places of those made between these moments, also of closed ones: what is there is tried, whatever a row says. */
export interface MadeBackup {
  readonly place: string;
  readonly created: number;
}
export async function backupsUntil(sql: Pick<Sql, 'for'>, at: number): Promise<MadeBackup[]> {
  const { rows } = await raw<MadeBackup>`select place, created::float8 as created from vault.copy
    where kind = 'backup' and created <= ${at}::bigint order by created, place`.execute(sql.for());
  return rows;
}
