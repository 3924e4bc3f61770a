/** What the ledger says of records' lives and legal holds: restricted, sealed, used again; held, and let go. */
import { LIFE_REASONS, type Hold } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import type { Life } from '../domain/life.ts';
import { textOf, textOrNull, type ReplayedFact, type Replayer } from '../gate/replay.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './life-store.ts';

const LIFE_OF = {
  'record.used-again': 'active',
  'record.restricted': 'restricted',
  'record.sealed': 'sealed',
  'record.fell-due': 'due',
} as const;
const HOLD_OF = {
  'hold.asked': 'asked',
  'hold.set': 'set',
  'hold.lift-asked': 'lift-asked',
  'hold.lifted': 'lifted',
  'hold.lapsed': 'lapsed',
} as const;
type LifeType = keyof typeof LIFE_OF;
type HoldType = keyof typeof HOLD_OF;

export function recordLifeReplayer(sql: Sql): Replayer {
  const lives = new Map<string, Life>();
  return {
    types: Object.keys(LIFE_OF) as LifeType[],
    take: ({ body: { type, actor: by, at: since, data } }) => {
      const reason = LIFE_REASONS.find((one) => one === data['reason']) ?? 'officer';
      const next = typeof data['next'] === 'number' ? data['next'] : null;
      const state = LIFE_OF[type as LifeType];
      // The last one counts.
      lives.set(textOf(data['record']), { state, reason, by, clause: textOf(data['clause']), since, next });
    },
    apply: async () => {
      if (lives.size === 0) return 0;
      let found = 0;
      const known = new Map((await store.readLives(sql)).map(({ record, life }) => [record, life]));
      const lost = [...lives].filter(([record, { state }]) => (known.get(record)?.state ?? 'active') !== state);
      for (const some of someAtATime(lost))
        await sql.transact(async (tx) => {
          for (const [record, life] of some) if (await store.saveLife(tx, record, life)) found++;
        });
      return found;
    },
  };
}

export function holdReplayer(sql: Sql): Replayer {
  const told = new Map<string, ReplayedFact[]>();
  return {
    types: Object.keys(HOLD_OF) as HoldType[],
    take: (fact) => {
      const id = textOf(fact.body.data['hold']);
      told.set(id, [...(told.get(id) ?? []), fact]);
    },
    apply: async () => {
      let found = 0;
      for (const some of someAtATime([...told])) {
        const known = await store.readHolds(
          sql,
          some.map(([id]) => id),
        );
        await sql.transact(async (tx) => {
          for (const [id, facts] of some) {
            const before = known.get(id) ?? null;
            const hold = facts.reduce(after, before ?? bornOf(id, facts[0]!));
            const isNews = before === null || rankOf(before) < rankOf(hold);
            if (isNews && (await store.saveHold(tx, hold, facts.at(-1)!.body.at))) found++;
          }
        });
      }
      return found;
    },
  };
}

const STATES = ['asked', 'set', 'lift-asked', 'lifted', 'lapsed'] as const;
const rankOf = ({ state }: Pick<Hold, 'state'>): number => STATES.indexOf(state);

/** What came before is in SQL; where it is in neither, it holds all the same. */
function bornOf(id: string, { body }: ReplayedFact): Hold {
  const { subject, at, data } = body;
  const { category, record, clause, reason: basis } = data;
  return {
    ...{ id, subject, category: textOrNull(category), record: textOrNull(record) },
    ...{ basis: textOf(basis), clause: textOf(clause), state: 'asked' },
    ...{ asked: { at, by: '' }, set: null, liftAsked: null, lifted: null },
  };
}
function after(hold: Hold, { body: { type, actor: by, at } }: ReplayedFact): Hold {
  const state = HOLD_OF[type as HoldType];
  const now = { at, by };
  const moved = { ...hold, state };
  if (state === 'asked') return { ...moved, asked: now };
  if (state === 'set') return { ...moved, set: now };
  if (state === 'lift-asked') return { ...moved, liftAsked: now };
  return state === 'lifted' ? { ...moved, lifted: now } : moved;
}
