import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openObjects } from '@cityward/objects';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;
const YEAR_MS = 366 * 86_400_000;

/** A record is archived, then destroyed: its ciphertext is still there. */
async function outlives(module: Testing, { sql, folder }: Place): Promise<boolean> {
  const { testVault, testDestruction, retentionLaw, must, recordOf, OFFICER } = module;
  const archive = join(folder, 'archive');
  mkdirSync(archive);
  const objects = await openObjects({ folder: archive });
  const { vault, clock } = testVault(sql, folder, {
    retention: retentionLaw(),
    destruction: { ...testDestruction, sign: () => Promise.resolve(Buffer.from('the city')) },
    openArchive: () => Promise.resolve(objects),
  });
  await vault.start();
  try {
    const { record } = must(await vault.put(recordOf(), OFFICER));
    clock.now += 3 * YEAR_MS;
    await vault.archive().tend();
    if ((await objects.list()).length !== 1) throw new Error('the record was not archived');
    clock.now += 20 * YEAR_MS;
    must(await vault.destroy(record, { by: OFFICER, reason: 'tidy' }));
    return (await objects.list()).length > 0;
  } finally {
    await vault.stop();
  }
}

attack<Testing>({
  id: 'A14',
  name: 'archived, and there after its record was destroyed',
  through: 'testing.ts',
  ways: [
    {
      way: 'the object has no row',
      control: {
        file: 'archive/archive.ts',
        text: 'await copies.register({ ...row, bytes: content.length, sha256: hash }, tx);',
        cut: '',
      },
      run: outlives,
    },
    {
      way: 'the row is closed and the object left',
      control: { file: 'archive/archive.ts', text: 'await medium.delete(place.slice(PREFIX.length));', cut: '' },
      run: outlives,
    },
  ],
});
