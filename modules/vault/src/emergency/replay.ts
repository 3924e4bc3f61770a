/** What the ledger says of care and emergencies: ended, reviewed; and that there was one, so that limits and reviews count it. */
import { GLASS_FLAGS, GLASS_OUTCOMES, GLASS_REASONS, type Glass } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { textOf, type ReplayedFact, type Replayer } from '../gate/replay.ts';
import { addNoticeOnce } from '../notices/notices.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './glass-store.ts';
import type { StoredGlass } from './glass-store.ts';

const numberOf = (value: Json | undefined, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;
const oneOf = <Item extends string>(all: readonly Item[], value: Json | undefined): Item | undefined =>
  all.find((one) => one === value);

interface Broken {
  readonly glass: StoredGlass;
  readonly shownFrom: number;
}
type Review = NonNullable<Glass['review']>;

export function emergencyReplayer(sql: Sql): Replayer {
  const careOver = new Map<string, number>();
  const over = new Map<string, number>();
  const broken = new Map<string, Broken>();
  const reviewed = new Map<string, Review>();
  return {
    types: ['care.ended', 'glass.broken', 'glass.ended', 'glass.reviewed'],
    take: ({ body }) => {
      const { type, at, data } = body;
      const id = textOf(data['glass']);
      if (type === 'care.ended') careOver.set(textOf(data['care']), at);
      else if (type === 'glass.broken') broken.set(id, brokenOf(body));
      else if (type === 'glass.ended') over.set(id, at);
      else {
        const outcome = oneOf(GLASS_OUTCOMES, data['outcome']) ?? 'not-justified';
        reviewed.set(id, { at, by: body.actor, outcome });
      }
    },
    apply: async () => {
      let found = 0;
      for (const some of someAtATime([...broken.values()])) found += await addLost(sql, some);
      for (const some of someAtATime([...careOver]))
        found += await sql.transact((tx) => store.endAll(tx, 'vault.care', some));
      for (const some of someAtATime([...over]))
        found += await sql.transact((tx) => store.endAll(tx, 'vault.glass', some));
      for (const some of someAtATime([...reviewed])) found += await sql.transact((tx) => store.reviewAll(tx, some));
      return found;
    },
  };
}

/** The person reads of it again: their list of notices was put back too. */
async function addLost(sql: Sql, some: readonly Broken[]): Promise<number> {
  const known = await store.knownGlasses(
    sql,
    some.map(({ glass: { id } }) => id),
  );
  const lost = some.filter(({ glass }) => !known.has(glass.id));
  if (lost.length === 0) return 0;
  await sql.transact(async (tx) => {
    for (const { glass, shownFrom } of lost) {
      const { id, subject, by, organisation, at, until, reason } = glass;
      await store.addGlass(tx, glass);
      const about = { glass: id, by, organisation, until, reason };
      await addNoticeOnce(tx, { subject, kind: 'glass-broken', at, about, shownFrom, by });
    }
  });
  return lost.length;
}

function brokenOf({ subject, actor: by, at, data }: ReplayedFact['body']): Broken {
  const { care, organisation, paper, until, shownFrom, flags } = data;
  const named = Array.isArray(flags) ? (flags as readonly Json[]) : [];
  const glass: StoredGlass = {
    ...{ id: textOf(data['glass']), subject, by, organisation: textOf(organisation), care: textOf(care) },
    ...{ reason: oneOf(GLASS_REASONS, data['reason']) ?? 'history-needed-now', paper: textOf(paper), at },
    ...{ until: numberOf(until, at + 1), ended: null, review: null },
    flags: GLASS_FLAGS.filter((flag) => named.includes(flag)),
  };
  return { glass, shownFrom: Math.max(at, numberOf(shownFrom, at)) };
}
