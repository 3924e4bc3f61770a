/**
 * Keys in slots that no row of SQL names: left by a kill between the two. They open nothing, and go. Only those of record versions,
 * below a category that SQL knows: what else lies in the key file has its own owner, who names it elsewhere.
 */
import { sql as raw } from 'kysely';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { KeyId, Keyring } from '../keys/keyring.ts';
import { someAtATime } from '../some-at-a-time.ts';

/** More at once is no kill between two writes: perhaps SQL was brought back from an older copy. Then nothing is touched, and it is said. */
export const ORPHANS_MAX = 10_000;
const IDS_PER_QUERY = 20_000;

export interface SweepParts {
  readonly sql: Sql;
  readonly log: Log;
  readonly keyring: Pick<Keyring, 'destroy' | 'unsettled' | 'recordKeys'>;
}

/** Answers how many were destroyed. */
export async function sweepOrphans({ sql, log, keyring }: SweepParts): Promise<number> {
  // Both taken in one turn, before SQL is asked: a key that is neither being written nor known by then is known to nobody.
  const unsettled = new Set<string>(keyring.unsettled());
  const there = keyring.recordKeys().filter(({ id }) => !unsettled.has(id));
  const orphans: KeyId[] = [];
  for (const some of someAtATime(there, IDS_PER_QUERY)) {
    const { rows } = await raw<{ id: KeyId }>`select there.key as id
      from unnest(${some.map(({ id }) => id)}::text[], ${some.map(({ parent }) => parent)}::text[]) as there (key, parent)
      where exists (select 1 from vault.category where category.key = there.parent)
        and not exists (select 1 from vault.version where version.key = there.key)`.execute(sql.for());
    orphans.push(...rows.map(({ id }) => id));
  }
  if (orphans.length > ORPHANS_MAX) {
    log.error('so many keys belong to no record that none is destroyed; was SQL brought back from an older copy?', {
      keys: orphans.length,
    });
    return 0;
  }
  return orphans.length === 0 ? 0 : keyring.destroy(orphans);
}
