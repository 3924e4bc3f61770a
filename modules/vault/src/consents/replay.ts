/** What the ledger says of consents: taken back, and how often used. */
import type { Json } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import type { Replayer } from '../gate/replay.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './consent-store.ts';

const idsIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** @param isWhole from the ledger's first entry on: only then its looks are all the uses there were */
export function consentReplayer(sql: Sql, isWhole: boolean): Replayer {
  const taken = new Map<string, { readonly id: string; readonly at: number; readonly by: string }>();
  const used = new Map<string, number>();
  return {
    types: ['consent.taken-back', 'record.viewed'],
    take: ({ body: { type, actor: by, at, data } }) => {
      const id = data['consent'];
      if (typeof id !== 'string') return;
      if (type === 'consent.taken-back') taken.set(id, { id, at, by });
      // What was handed on was a use of each that it came from.
      else if (isWhole) for (const one of [id, ...idsIn(data['after'])]) used.set(one, (used.get(one) ?? 0) + 1);
    },
    apply: async () => {
      let found = 0;
      for (const some of someAtATime([...taken.values()]))
        found += await sql.transact((tx) => store.markAllTakenBack(tx, some));
      for (const some of someAtATime([...used])) found += await sql.transact((tx) => store.raiseUses(tx, some));
      return found;
    },
  };
}
