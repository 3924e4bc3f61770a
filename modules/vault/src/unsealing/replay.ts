/** What the ledger says of openings of sealed records: one that ended stays ended, and one that SQL forgot is opened by nobody again. */
import type { Unsealing } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { numberOf, textOf, type ReplayedFact, type Replayer } from '../gate/replay.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './unsealing-store.ts';
import { tellOf } from './unsealings.ts';

interface Told {
  readonly opened: Unsealing | null;
  readonly ended: Unsealing['ended'];
}
const NOTHING: Told = { opened: null, ended: null };

export function unsealingReplayer(sql: Sql): Replayer {
  const told = new Map<string, Told>();
  return {
    types: ['unsealing.opened', 'unsealing.ended', 'unsealing.lapsed'],
    take: ({ body }) => {
      const id = textOf(body.data['unsealing']);
      const before = told.get(id) ?? NOTHING;
      const { at, actor: by } = body;
      told.set(
        id,
        body.type === 'unsealing.opened' ? { ...before, opened: openedOf(id, body) } : { ...before, ended: { at, by } },
      );
    },
    apply: async () => {
      let found = 0;
      for (const some of someAtATime([...told])) {
        const known = await store.unsealingsNamed(
          sql,
          some.map(([id]) => id),
        );
        await sql.transact(async (tx) => {
          for (const [id, { opened, ended }] of some) {
            const [before, last] = [known.get(id), opened ?? known.get(id)];
            const isForgotten = opened !== null && !before?.approved;
            // Open in both and not ended: it goes on. Whatever SQL forgot is over: two officers open it anew.
            if (!last || (ended === null && !isForgotten)) continue;
            const over = { ...last, state: 'ended' as const, ended: ended ?? last.approved };
            if (!(await store.saveUnsealing(tx, over, over.ended!.at))) continue;
            if (isForgotten) await tellOf(tx, over);
            found++;
          }
        });
      }
      return found;
    },
  };
}

function openedOf(id: string, { subject, actor, at, data }: ReplayedFact['body']): Unsealing {
  const { records, asked } = data;
  const { at: askedAt, by: askedBy } = (asked ?? {}) as { readonly [key: string]: Json };
  const order = textOf(data['order']);
  return {
    ...{ id, subject, records: Array.isArray(records) ? records.map(String) : [], reader: textOf(data['reader']) },
    ...{ reason: textOf(data['reason']), clause: textOf(data['clause']), reference: textOf(data['reference']) },
    ...{ days: numberOf(data['days']) ?? 1, quiet: data['quiet'] === true, state: 'open' },
    ...{ asked: { at: numberOf(askedAt) ?? at, by: textOf(askedBy) }, approved: { at, by: actor } },
    ...{ until: numberOf(data['until']) ?? at, order: order === '' ? null : order },
    ...{ hiddenUntil: numberOf(data['hiddenUntil']), ended: null },
  };
}
