import type { Sql } from '@cityward/sql';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;

/** What one refusal costs and says: questions to SQL, entries in the ledger, and its bytes but for the id that was asked. */
interface Told {
  readonly queries: number;
  readonly entries: number;
  readonly text: string;
}

/** Counts the questions: how long each takes is SQL's, how many there are is ours. */
function counted(sql: Sql): { readonly sql: Sql; readonly count: () => number } {
  let queries = 0;
  return {
    count: () => queries,
    sql: { ...sql, for: <Tables>() => (queries++, sql.for<Tables>()) },
  };
}

async function canTell(
  { testVault, must, recordOf, person, AROHA, BEN, OFFICER }: Testing,
  { sql, folder }: Place,
): Promise<boolean> {
  const over = counted(sql);
  const { vault, ledger } = testVault(over.sql, folder);
  await vault.start();
  try {
    const { record } = must(await vault.put(recordOf(), OFFICER));
    const look = { purpose: 'TREAT', right: 'text' } as const;
    const ask = async (asked: string): Promise<Told> => {
      const [queries, entries] = [over.count(), ledger.facts.length];
      const answer = await vault.view({ ...look, record: asked, principal: person(BEN) });
      const text = JSON.stringify(answer).replaceAll(asked, 'rec');
      return { queries: over.count() - queries, entries: ledger.facts.length - entries, text };
    };
    // Its owner has just looked at it: it is at hand.
    must(await vault.view({ ...look, record, purpose: 'PATRQT', principal: person(AROHA) }));
    const unused = `${record.slice(0, -1)}${record.endsWith('0') ? '1' : '0'}`;
    const [there, missing] = [await ask(record), await ask(unused)];
    return JSON.stringify(there) !== JSON.stringify(missing);
  } finally {
    await vault.stop();
  }
}

attack<Testing>({
  id: 'A20',
  name: 'whether a record is there, from how its refusal comes',
  through: 'testing.ts',
  ways: [
    {
      way: 'by the questions that one at hand saves',
      control: {
        file: 'viewing/viewing.ts',
        text: 'if (isAtHand) await parts.shelf.askAgain(look.record);',
        cut: '',
      },
      run: canTell,
    },
    {
      way: 'by what the refusal says',
      control: {
        file: 'viewing/viewing.ts',
        text: "return refuse('not-found', 'RECORD_NOT_SEEN', `${where}: there is none that you may see so`);",
        cut: "return refuse('not-found', 'RECORD_NOT_SEEN', `${where}: ${why}`);",
      },
      run: canTell,
    },
    {
      way: 'by whether anybody is told',
      control: {
        file: 'viewing/viewing.ts',
        text: "  await record(parts, look, { type: 'record.refused', head, data: { why } });",
        cut: "  if (head) await record(parts, look, { type: 'record.refused', head, data: { why } });",
      },
      run: canTell,
    },
  ],
});
