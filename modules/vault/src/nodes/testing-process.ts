/** A vault in a process of its own, behind a listener, over a database that others use too: it does what its parent says. */
import type { ConsentDraft, RecordDraft } from '@cityward/contracts';
import type { Clock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openPostgres } from '@cityward/sql';
import { testVault } from '../testing.ts';
import { openDoor } from '../lease/testing-views.ts';

const [url, folder, keyHolder] = process.argv.slice(2) as [string, string, string];
const sql = await openPostgres(url, silentLog);
const { vault, clock } = testVault(sql, folder, {
  processes: 'many',
  ...(keyHolder === '' ? {} : { keyHolder }),
});
// Time goes on as everywhere.
const now: Clock = () => Date.now() as ReturnType<Clock>;
Object.defineProperty(clock, 'now', { get: now });
await vault.start();
const door = await openDoor(vault, { connectionsMax: 10_000 });

const calls: Readonly<Record<string, (...given: never[]) => Promise<unknown>>> = {
  put: (draft: RecordDraft, by: string) => vault.put(draft, by),
  give: (draft: ConsentDraft, by: string) => vault.give(draft, by),
  takeBack: (consent: string, by: string) => vault.takeBack(consent, by),
  destroy: (record: string, by: string) => vault.destroy(record, { by, reason: 'asked for' }),
  status: () => Promise.resolve(vault.status()),
  stop: async () => {
    await door.listener.stop();
    await vault.stop();
    await sql.stop();
    return null;
  },
};
process.on('message', ({ id, call, given }: { id: number; call: string; given: never[] }) => {
  calls[call]!(...given).then(
    (value) => process.send!({ id, value }),
    (fault: unknown) => process.send!({ id, fault: String(fault) }),
  );
});
process.send!({ base: door.base });
