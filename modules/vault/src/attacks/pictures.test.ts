import { randomBytes } from 'node:crypto';
import { averaged, createMarker } from '@cityward/pictures/testing';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;
const CAT = 'per-cat';

interface Bench extends testing.TestVault {
  readonly record: string;
  see(who: string): Promise<Buffer>;
}
/** A record of AROHA that BEN and CAT may see as pictures. */
async function withBench(
  tools: Testing,
  { sql, folder }: Place,
  run: (bench: Bench) => Promise<boolean>,
): Promise<boolean> {
  const { testVault, must, recordOf, consentTo, person, AROHA, BEN, OFFICER } = tools;
  const at = testVault(sql, folder);
  await at.vault.start();
  try {
    const { record } = must(await at.vault.put(recordOf(), OFFICER));
    must(await at.vault.give(consentTo(BEN, { rights: ['view'] }), AROHA));
    must(await at.vault.give(consentTo(CAT, { rights: ['view'] }), AROHA));
    const see = async (who: string): Promise<Buffer> => {
      const look = { record, purpose: 'TREAT', principal: person(who) } as const;
      return must(await at.vault.picture({ look, page: 1, session: `ses-${who}` })).jpeg;
    };
    return await run({ ...at, record, see });
  } finally {
    await at.vault.stop();
  }
}
const namedIn = async ({ must, OFFICER }: Testing, { vault }: Bench, picture: Buffer): Promise<string[]> =>
  must(await vault.trace(picture, OFFICER)).copies.map(({ person }) => person);

/** Somebody who has a copy, and the database: every mark, and how they are made, but not the key. */
const forge = (tools: Testing, place: Place): Promise<boolean> =>
  withBench(tools, place, async (bench) => {
    await bench.see(tools.BEN);
    const [known] = bench.ledger.of('record.viewed');
    const forger = createMarker(Buffer.alloc(32));
    const page = await forger.page({ media: 'text/plain', content: Buffer.from('made up '.repeat(200)), page: 1 });
    const forged = await averaged(await bench.see(CAT), forger.hidden(page, String(known!.data['mark'])));
    return (await namedIn(tools, bench, forged)).includes(tools.BEN);
  });

const blameAnother = (tools: Testing, place: Place): Promise<boolean> =>
  withBench(tools, place, async (bench) => {
    await bench.see(tools.BEN);
    return (await namedIn(tools, bench, await bench.see(CAT))).includes(tools.BEN);
  });

const stayInMemory = (tools: Testing, place: Place): Promise<boolean> =>
  withBench(tools, place, async ({ see, record, vault }) => {
    await see(tools.BEN);
    tools.must(await vault.destroy(record, { by: tools.OFFICER, reason: randomBytes(4).toString('hex') }));
    return vault.status().drawnBytes > 0;
  });

/** The disk is so slow that the consent ends while the look is written down. */
const pageAfterTheEnd = (tools: Testing, place: Place): Promise<boolean> =>
  withBench(tools, place, async ({ see, clock, ledger }) => {
    await see(tools.BEN);
    ledger.disk = () => {
      clock.now = tools.consentTo(tools.BEN).until;
      return Promise.resolve();
    };
    return see(tools.BEN).then(
      () => true,
      () => false,
    );
  });

attack<Testing>({
  id: 'A21',
  name: 'a picture of a page names another than it is of',
  through: 'testing.ts',
  ways: [
    {
      way: 'a mark made without the key',
      control: {
        file: 'pictures/open.ts',
        text: 'createStudio({ key })',
        cut: 'createStudio({ key: key.fill(0) })',
      },
      run: forge,
    },
    {
      way: 'one mark for two people',
      control: {
        file: 'pictures/pictures.ts',
        text: '[about.session, about.record, about.person, about.consent, about.purpose]',
        cut: '[about.record]',
      },
      run: blameAnother,
    },
  ],
});

attack<Testing>({
  id: 'A9',
  name: 'what is left of a page that was shown',
  through: 'testing.ts',
  ways: [
    {
      way: 'a page at hand after its record was destroyed',
      control: [
        {
          file: 'pictures/pictures.ts',
          text: 'if (record === undefined && consent === undefined) this.cache.clear();',
          cut: '',
        },
        {
          file: 'copies/standing.ts',
          text: 'for (const one of all) for (const { record } of versions) one.forget(record);',
          cut: '',
        },
      ],
      run: stayInMemory,
    },
    {
      way: 'a page handed out after its consent has ended',
      control: { file: 'viewing/viewing.ts', text: 'if (last.may)', cut: 'if (true)' },
      run: pageAfterTheEnd,
    },
  ],
});
