import { seeded } from '@cityward/kernel';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;
const ROUNDS = 250;
const VIEWERS = 4;

/** A thousand views in all, each somewhere between its parts when the consent is taken back. */
async function revokeWhileViewed(
  { testVault, must, recordOf, consentTo, person, AROHA, BEN, OFFICER, TEXT }: Testing,
  { sql, folder }: Place,
): Promise<boolean> {
  const { vault, ledger } = testVault(sql, folder);
  await vault.start();
  const random = seeded('attack/view-against-revoke');
  let isServed = false;
  try {
    const { record } = must(await vault.put(recordOf(TEXT), OFFICER));
    for (let round = 0; round < ROUNDS && !isServed; round++) {
      const consent = must(await vault.give(consentTo(BEN), AROHA)).id;
      let [isTakenBack, tell] = [false, (): void => undefined];
      const taken = new Promise<void>((resolve) => (tell = resolve));
      // The slowest disk has a look written only after the consent was taken back.
      ledger.disk = () => (random.int(4) === 0 ? taken : turns(random.int(12)));
      const viewing = Array.from({ length: VIEWERS }, async () => {
        await turns(random.int(12));
        const look = { record, purpose: 'TREAT', right: 'text', principal: person(BEN) } as const;
        if ((await vault.view(look)).ok && isTakenBack) isServed = true;
      });
      await turns(random.int(12));
      await vault.takeBack(consent, AROHA);
      isTakenBack = true;
      tell();
      await Promise.all(viewing);
    }
    return isServed;
  } finally {
    await vault.stop();
  }
}
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

attack<Testing>({
  id: 'A1',
  name: 'consent taken back while a record is opened',
  through: 'testing.ts',
  ways: [
    {
      way: 'content that was opened before and handed out after',
      control: { file: 'viewing/viewing.ts', text: 'if (last.may)', cut: 'if (true)' },
      run: revokeWhileViewed,
    },
  ],
});
