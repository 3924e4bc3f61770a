/** What the ledger says of choices that the city cannot read records: in force again where an older copy was put back, and what it brought back is sealed anew. */
import type { Sql } from '@cityward/sql';
import { textOf, type Replayer } from '../gate/replay.ts';
import { addMode, putKeyBack, readModes, type Mode } from './mode-store.ts';

export function blindReplayer(sql: Sql): Replayer {
  const chosen = new Map<string, { mode: Mode; choice: string }>();
  return {
    types: ['blind.turned-on', 'blind.turned-off'],
    take: ({ body: { type, subject, at, data } }) => {
      const known = chosen.get(subject);
      if (type === 'blind.turned-off')
        return void (known && chosen.set(subject, { ...known, mode: { ...known.mode, state: 'turning-off' } }));
      const holders = ((data['holders'] as readonly string[] | undefined) ?? []).map((holder) => {
        const [person, publicKey, share] = holder.split(' ');
        return { person: person!, publicKey: publicKey!, share: share! };
      });
      const needed = typeof data['needed'] === 'number' ? data['needed'] : 0;
      const mode = { subject, state: 'on', since: at, needed, publicKey: textOf(data['publicKey']), holders } as const;
      const choice = JSON.stringify({ text: textOf(data['text']), signature: data['signature'] ?? null });
      chosen.set(subject, { mode, choice });
    },
    apply: async () => {
      let found = 0;
      for (const { mode, choice } of chosen.values()) {
        // One that was turned off is left as SQL has it: whoever had handed everything back has no mode.
        if (mode.state === 'turning-off') continue;
        const [there] = await readModes(sql, mode.subject);
        if (there) continue;
        await sql.transact(async (tx) => {
          for (const { person, publicKey } of [{ person: mode.subject, publicKey: mode.publicKey }, ...mode.holders])
            await putKeyBack(tx, { person, publicKey, at: mode.since });
          await addMode(tx, mode, choice);
        });
        found++;
      }
      return found;
    },
  };
}
