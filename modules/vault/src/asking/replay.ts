/** What the ledger says of requests to see records: what waits for an answer waits again, and what was answered is not asked again. */
import type { AccessRequest } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { numberOf, textOf, textOrNull, type ReplayedFact, type Replayer } from '../gate/replay.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './store.ts';

/** Somebody's own words are in no ledger. */
export const WORDS_LOST =
  'What they wrote to you was lost when the records were put back. You can ask them, or say no.';

type Closed = Parameters<typeof store.closeRequest>[2];

export function askReplayer(sql: Sql): Replayer {
  const asked = new Map<string, AccessRequest>();
  const closed = new Map<string, Closed>();
  return {
    types: ['consent.asked', 'consent.ask-closed'],
    take: ({ body }) => {
      const id = textOf(body.data['request']);
      if (body.type === 'consent.ask-closed') return void closed.set(id, closingOf(body));
      const request = requestOf(id, body);
      if (request) asked.set(id, request);
    },
    apply: async () => {
      let found = 0;
      // In the order of the ledger: of one person about another, the one before was over when the next came.
      for (const some of someAtATime([...asked]))
        found += await sql.transact(async (tx) => {
          let added = 0;
          for (const [id, request] of some) {
            await store.dropLapsed(tx, request.asker, request.at);
            if (await store.addLost(tx, request)) added++;
            const closing = closed.get(id);
            if (closing && (await store.closeRequest(tx, id, closing))) added++;
            closed.delete(id);
          }
          return added;
        });
      for (const some of someAtATime([...closed]))
        found += await sql.transact(async (tx) => {
          let over = 0;
          for (const [id, closing] of some) if (await store.closeRequest(tx, id, closing)) over++;
          return over;
        });
      return found;
    },
  };
}

function closingOf({ at, data }: ReplayedFact['body']): Closed {
  const [state, consent] = [data['state'], textOrNull(data['consent'])];
  // Agreed to by a consent that nobody knows any more: over all the same.
  if (state === 'agreed' && consent !== null) return { state, at, consent };
  return { state: state === 'declined' ? state : 'withdrawn', at, consent: null };
}

/** `null` for what does not say what was asked for. */
function requestOf(id: string, { subject, at, data }: ReplayedFact['body']): AccessRequest | null {
  const { asker, organisation, role, purpose, scope, rights, days, until } = data;
  if (typeof asker !== 'string' || typeof until !== 'number' || !isScope(scope) || !Array.isArray(rights)) return null;
  return {
    ...{ id, asker, subject, at, until, scope, state: 'open', consent: null, why: WORDS_LOST },
    ...{ organisation: textOf(organisation), role: textOf(role) as AccessRequest['role'] },
    ...{ purpose: textOf(purpose) as AccessRequest['purpose'], rights: rights as AccessRequest['rights'] },
    days: numberOf(days) ?? 1,
  };
}
/** As this program wrote it: the ledger's chain vouches for it. */
const isScope = (value: Json | undefined): value is Json & AccessRequest['scope'] =>
  typeof value === 'object' && value !== null && 'of' in value;
