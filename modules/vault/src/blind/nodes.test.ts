/** Two vaults over one SQL: what one stores while a choice is made at the other is as its owner chose, and never lost. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOLDER_SOCKET } from '../opening.ts';
import { AROHA, must, NOW, OFFICER, recordOf, testVault, type TestVault } from '../testing.ts';
import { gate, useVault } from '../testing-rig.ts';
import { countClear } from './seal-store.ts';
import { passkeyAtPortal, TestBrowser } from './testing-browser.ts';

/** No lease ends here, however slow the machine is. */
const AMONG_OTHERS = { passkeyAtPortal, processes: 'many', monotonic: () => 0 } as const;
const rig = useVault(AMONG_OTHERS);
const OWN = { purpose: 'PATRQT' } as const;
let second: TestVault['vault'];
let aroha: TestBrowser;
/** What the second node writes waits here, once it is armed. */
let waiting: ReturnType<typeof gate> | null;

beforeEach(async () => {
  waiting = null;
  const slow: typeof rig.sql = {
    ...rig.sql,
    transact: async (work) => {
      const held = waiting;
      waiting = null;
      await held?.pass();
      return rig.sql.transact(work);
    },
  };
  const keyHolder = join(rig.folder, 'keys', HOLDER_SOCKET);
  second = testVault(slow, join(rig.folder, 'second'), { ...AMONG_OTHERS, keyHolder }).vault;
  await second.start();
  aroha = new TestBrowser(AROHA, () => rig.at.vault);
  await aroha.keepKey();
});
afterEach(() => second.stop());

/** Everything is made ready at the second node before the choice, and stored after it. */
async function storedDuring<Stored>(store: () => Promise<Stored>, choice: () => Promise<unknown>): Promise<Stored> {
  const held = gate();
  waiting = held;
  const storing = store();
  await held.isReached;
  await choice();
  held.open();
  return storing;
}
const owner = { type: 'Person', id: AROHA, roles: [], attributes: { signedInBy: 'passkey' } } as const;
const inTheClear = () => countClear(rig.sql, AROHA, []);

describe('a record put at one node', () => {
  const ways = {
    alone: async () => must(await second.put(recordOf('late'), OFFICER)).record,
    'in bulk': async () => must(await second.putMany([recordOf('late')], OFFICER))[0]!,
  };
  it.each(Object.entries(ways))('%s, is sealed where its owner turned it on at another', async (_, store) => {
    await store();
    const record = await storedDuring(store, async () => must(await aroha.choose(NOW)));
    expect([await inTheClear(), await aroha.read(record)]).toEqual([0, 'late']);
  });

  it.each(Object.entries(ways))('%s, is not lost where its owner turned it off at another', async (_, store) => {
    must(await aroha.choose(NOW));
    await store();
    const record = await storedDuring(store, async () => {
      must(await aroha.choose(NOW, { do: 'turn-off' }));
      expect(await aroha.handBack()).toEqual({ done: 1, left: 0 });
    });
    expect(await rig.seen(record, { ...OWN, principal: owner })).toBe('late');
  });
});
