/** What the ledger says of records: destroyed. Their keys go again, whatever key file lies there. */
import { LIFE_REASONS } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { textOf, textOrNull, type Replayer } from '../gate/replay.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { DestructionAsked } from '../vault-journal.ts';
import * as store from './destroying-store.ts';

const idsIn = (data: { readonly [key: string]: Json }): string[] => {
  const { record, records } = data;
  const named = Array.isArray(records) ? (records as readonly Json[]) : [record];
  return named.filter((one) => typeof one === 'string');
};

export function recordReplayer(sql: Sql, keyring: Pick<Keyring, 'destroy'>): Replayer {
  const asked = new Map<string, Omit<DestructionAsked, 'keys'> & { readonly records: string[] }>();
  return {
    types: ['record.destroyed', 'records.destroyed'],
    take: ({ entry, body: { subject, actor: by, at, data } }) => {
      const destruction = textOrNull(data['destruction']) ?? `dst-entry-${entry}`;
      const known = asked.get(destruction);
      if (known) return void known.records.push(...idsIn(data));
      const code = LIFE_REASONS.find((one) => one === data['code']) ?? 'officer';
      const reason = textOrNull(data['reason']) ?? 'as the ledger says';
      const clause = textOf(data['clause']);
      asked.set(destruction, { destruction, subject, records: idsIn(data), at, by, code, clause, reason });
    },
    apply: async () => {
      let found = 0;
      for (const one of asked.values()) {
        const unsaved = await store.notDestroyed(sql, one.records);
        if (unsaved.length === 0) continue;
        const versions = await store.keysOf(sql, unsaved);
        await keyring.destroy(versions.map(({ key }) => key));
        await sql.transact((tx) => store.markDestroyed(tx, { ...one, records: unsaved }, { tried: 0, opened: 0 }));
        found += unsaved.length;
      }
      return found;
    },
  };
}
