import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { decodeSlot, encodeSlot, SLOT_BYTES, slotState } from '../keys/slot.ts';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;
type Vault = ReturnType<Testing['testVault']>['vault'];
const ROUNDS = 40;
const SECOND = 'per-second';
const VERIFIER = { name: 'Otto', title: 'officer', location: 'City Hall', contact: 'records@port.test' };

async function within(
  { testVault }: Testing,
  { sql, folder }: Place,
  work: (vault: Vault) => Promise<boolean>,
): Promise<boolean> {
  const { vault } = testVault(sql, folder);
  await vault.start();
  try {
    return await work(vault);
  } finally {
    await vault.stop();
  }
}
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** In which order the journal was asked for the hold and for the destruction. */
function isHoldFirst(folder: string, hold: string, record: string): boolean {
  const lines = readFileSync(join(folder, 'journal', 'vault.journal'), 'utf8')
    .trim()
    .split('\n');
  const changes = lines.flatMap((line) => JSON.parse(line.slice(9)) as { hold?: { id: string }; records?: string[] }[]);
  const at = (is: (change: (typeof changes)[number]) => boolean): number => changes.findIndex(is);
  return at(({ hold: held }) => held?.id === hold) < at(({ records }) => records?.includes(record) ?? false);
}

/** A hold that was there before the destruction was asked for, however late in it: something is destroyed all the same. */
async function holdMeanwhile(module: Testing, place: Place): Promise<boolean> {
  const { must, recordOf, AROHA, OFFICER } = module;
  return within(module, place, async (vault) => {
    for (let round = 0; round < ROUNDS; round++) {
      const { record } = must(await vault.put(recordOf(), OFFICER));
      const destroying = vault.destroy(record, { by: OFFICER, reason: 'tidy' });
      await turns(round);
      const draft = { subject: AROHA, category: null, record, basis: 'claim 12/27', clause: 'HCR 8.3' };
      const hold = must(await vault.desk().holds.ask(draft, SECOND));
      if ((await destroying).ok && isHoldFirst(place.folder, hold.id, record)) return true;
    }
    return false;
  });
}

/** A certificate although a copy could not be reached. */
const certifiedWith =
  (kind: 'replica' | 'search-index') =>
  async (module: Testing, place: Place): Promise<boolean> => {
    const { must, recordOf, OFFICER } = module;
    return within(module, place, async (vault) => {
      const { record } = must(await vault.put(recordOf(), OFFICER));
      const copies = vault.copies();
      copies.keep(kind, {
        look: () => Promise.resolve('unknown'),
        purge: () =>
          Promise.resolve({ is: 'pending', why: kind === 'replica' ? 'it is offline' : 'it is being written' }),
      });
      await copies.register({
        kind,
        place: `${kind}:b`,
        custodian: 'city',
        basis: 'test',
        holding: kind === 'replica' ? { of: 'live' } : { of: 'versions', versions: [{ record, version: 1 }] },
        openedBy: 'own',
        expires: null,
      });
      must(await vault.destroy(record, { by: OFFICER, reason: 'tidy' }));
      const { destructions } = vault.desk();
      const [destruction] = await destructions.list();
      const drafted = await destructions.draft(destruction!.id, { verifier: VERIFIER, by: SECOND });
      if (drafted.ok) return true;
      const [shown] = await destructions.list('copies-left');
      if (shown?.left[0]?.kind !== kind) throw new Error('the copy that is left is not named');
      return false;
    });
  };

/** The wrapped key lies under another id before its own is destroyed: the record's key can be had again. */
async function movedKey(module: Testing, place: Place): Promise<boolean> {
  const { must, recordOf, OFFICER, keysInTheClear } = module;
  const keys = join(place.folder, 'keys');
  let record = '';
  let secret: Buffer = Buffer.alloc(0);
  await within(module, place, async (vault) => {
    ({ record } = must(await vault.put(recordOf(), OFFICER)));
    // The person's, the category's, the record's, the root's.
    secret = (await keysInTheClear(keys))[2]!;
    return false;
  });
  const file = join(keys, 'slots');
  const bytes = readFileSync(file);
  const free = Array.from({ length: bytes.length / SLOT_BYTES }, (_, i) => i * SLOT_BYTES);
  const mine = free.find((at) => slotState(bytes, at) === 'live' && decodeSlot(bytes, at).role === 'record')!;
  const hidden = free.find((at) => slotState(bytes, at) === 'free')!;
  encodeSlot(bytes, hidden, { ...decodeSlot(bytes, mine), id: randomBytes(16) });
  writeFileSync(file, bytes);
  return within(module, place, async (vault) => {
    must(await vault.destroy(record, { by: OFFICER, reason: 'tidy' }));
    return (await keysInTheClear(keys)).some((key) => key.equals(secret));
  });
}

attack<Testing>({
  id: 'A14',
  name: 'destroyed while something else happens',
  through: 'testing.ts',
  ways: [
    {
      way: 'a legal hold is set',
      control: { file: 'records/destroying.ts', text: 'if (refused) return refused;', cut: '' },
      run: holdMeanwhile,
    },
    {
      way: 'a replica is offline',
      control: {
        file: 'life/destructions.ts',
        text: 'const openCopies = all.filter(({ outcome }) => !isSettled({ is: outcome })).length;',
        cut: 'const openCopies = 0;',
      },
      run: certifiedWith('replica'),
    },
    {
      way: 'another copy is being written',
      control: { file: 'copies/register.ts', text: 'const all = [...named, ', cut: 'const all = [' },
      run: certifiedWith('search-index'),
    },
    {
      way: 'its wrapped key lies under another id',
      control: {
        file: 'domain/binding.ts',
        text: 'joined([KEY, key.role, key.id, key.parent])',
        cut: 'joined([KEY, key.role, key.parent])',
      },
      run: movedKey,
    },
  ],
});
