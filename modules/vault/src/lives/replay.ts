/** What the ledger says of people's lives: every change, also the ones that the tables put back have lost. */
import type { Json } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import type { LifeChange, LifeEvent } from '../domain/lives/life.ts';
import type { ReplayedFact, Replayer } from '../gate/replay.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './lives-store.ts';

export function lifeReplayer(sql: Sql): Replayer {
  const events = new Map<string, LifeEvent>();
  const turned = new Map<string, number>();
  return {
    types: ['life.changed', 'life.turned-sixteen'],
    take: ({ entry, body }) => {
      if (body.type === 'life.turned-sixteen') return void turned.set(body.subject, body.at);
      const event = eventOf({ entry, body });
      events.set(event.id, event);
    },
    apply: async () => {
      let found = 0;
      // In the order of the ledger: a life is its changes one after the other.
      for (const some of someAtATime([...events.values()])) {
        const known = await store.knownEvents(
          sql,
          some.map(({ id }) => id),
        );
        const lost = some.filter(({ id }) => !known.has(id));
        if (lost.length > 0)
          await sql.transact(async (tx) => {
            for (const event of lost) await store.addEvent(tx, event);
          });
        found += lost.length;
      }
      for (const some of someAtATime([...turned])) found += await sql.transact((tx) => store.markAllTurned(tx, some));
      return found;
    },
  };
}

/** Of one that does not say what changed nothing is known but that something did: nobody acts for that person until it is settled. */
function eventOf({ entry, body: { subject, at, actor: by, data } }: ReplayedFact): LifeEvent {
  const { event, proposal } = data;
  const change = isChange(data['change']) ? data['change'] : ({ do: 'dispute' } as const);
  const id = typeof event === 'string' ? event : `lif-entry-${entry}`;
  return { id, subject, at, by, change, ...(typeof proposal === 'string' ? { proposal } : {}) };
}
/** As this program wrote it: the ledger's chain vouches for it. */
const isChange = (value: Json | undefined): value is Json & LifeChange =>
  typeof value === 'object' && value !== null && 'do' in value;
