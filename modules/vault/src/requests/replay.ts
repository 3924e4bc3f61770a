/** What the ledger says of requests by law: filed, made longer, answered, withdrawn. The words on their papers are where records are: what was put back has not those that came after. */
import type { Json } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { numberOf, textOf, textOrNull, type ReplayedFact, type Replayer } from '../gate/replay.ts';
import { someAtATime } from '../some-at-a-time.ts';
import * as store from './request-store.ts';
import type { RequestRow } from './request-store.ts';

type Body = ReplayedFact['body'];

export function requestReplayer(sql: Sql): Replayer {
  const told = new Map<string, Body[]>();
  return {
    types: [
      ...(['request.received', 'request.extended', 'request.reminded'] as const),
      ...(['request.overdue', 'request.answered', 'request.withdrawn'] as const),
    ],
    take: ({ body }) => {
      const id = textOf(body.data['request']);
      told.set(id, [...(told.get(id) ?? []), body]);
    },
    apply: async () => {
      let found = 0;
      for (const some of someAtATime([...told])) found += await sql.transact((tx) => putBack(tx, some));
      return found;
    },
  };
}

async function putBack(
  tx: Parameters<typeof store.rowsOf>[0],
  some: readonly (readonly [string, readonly Body[]])[],
): Promise<number> {
  const known = await store.rowsOf(
    tx,
    some.map(([id]) => id),
  );
  let found = 0;
  for (const [id, bodies] of some) {
    const before = known.get(id) ?? bornOf(id, bodies[0]!);
    if (!before) continue;
    const now = bodies.reduce(after, before);
    if (known.has(id) && now === before) continue;
    await store.putRow(tx, now);
    found++;
  }
  return found;
}

/** `null` for what does not say how it began. */
function bornOf(id: string, { type, subject, actor: by, at, data }: Body): RequestRow | null {
  const [regime, paper, clause, due] = [data['regime'], data['paper'], data['clause'], numberOf(data['due'])];
  if (type !== 'request.received' || typeof paper !== 'string' || due === null) return null;
  const draft = { id, subject, kind: textOf(data['kind']), regime: textOf(regime), by, at };
  return store.rowOf({ ...draft, paper, clause: textOf(clause), due });
}

/** The same row where it says nothing new. */
function after(row: RequestRow, { type, actor: by, at, data }: Body): RequestRow {
  const isOpen = row.answered_at === null && row.withdrawn_at === null;
  const due = numberOf(data['due']);
  switch (type) {
    case 'request.extended':
      if (row.extended_at !== null || due === null) return row;
      return {
        ...{
          ...row,
          due,
          reminded_at: null,
          extended_at: at,
          extended_by: by,
          extended_clause: textOf(data['clause']),
        },
        ...{ extended_from: numberOf(data['was']) ?? row.due, extended_paper: textOrNull(data['paper']) },
      };
    case 'request.reminded':
      return row.reminded_at === null ? { ...row, reminded_at: at } : row;
    case 'request.overdue':
      return row.overdue_at === null ? { ...row, overdue_at: at } : row;
    case 'request.withdrawn':
      return isOpen ? { ...row, withdrawn_at: at } : row;
    case 'request.answered':
      if (!isOpen) return row;
      return {
        ...{ ...row, answered_at: at, answered_by: by, outcome: textOf(data['outcome']) },
        ...{ clauses: JSON.stringify(textsIn(data['clauses'])), answer_paper: textOrNull(data['paper']) },
      };
    default:
      return row;
  }
}
const textsIn = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : []);
