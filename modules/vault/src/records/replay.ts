/** What the ledger says of records: destroyed. Their keys go again, whatever key file lies there. */
import type { Sql } from '@cityward/sql';
import type { Replayer } from '../gate/replay.ts';
import type { Keyring } from '../keys/keyring.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './store.ts';

export function recordReplayer(sql: Sql, keyring: Pick<Keyring, 'destroy'>): Replayer {
  const destroyed = new Map<string, store.Destroyed>();
  return {
    types: ['record.destroyed'],
    take: ({ body: { actor: by, at, data } }) => {
      const { record, reason } = data;
      if (typeof record === 'string')
        destroyed.set(record, { record, at, by, reason: typeof reason === 'string' ? reason : 'as the ledger says' });
    },
    apply: async () => {
      let found = 0;
      for (const some of someAtATime([...destroyed.keys()])) {
        const unsaved = await store.notDestroyed(sql, some);
        for (const record of unsaved) await keyring.destroy(await store.keysOf(sql, record));
        if (unsaved.size === 0) continue;
        await sql.transact(async (tx) => {
          for (const record of unsaved) await store.markDestroyed(tx, destroyed.get(record)!);
        });
        found += unsaved.size;
      }
      return found;
    },
  };
}
