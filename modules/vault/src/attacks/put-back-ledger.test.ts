import type * as disaster from '../testing-disaster.ts';
import { attack, type Control, type Place } from '../testing-attack.ts';

type Disaster = typeof disaster;
type Site = Awaited<ReturnType<Disaster['openSite']>>;

const OFFICER = 'per-olive';
const AROHA = 'per-aroha';
const SEEN = 'HbA1c 41 mmol/mol for 4711-canary';
const CALLS_MAX = 30;

async function taken(site: Site, consent: string): Promise<void> {
  await site.vault.takeBack(consent, AROHA);
  await site.drained();
}
/** Opened as after any other stop: `false` also where it does not open at all. */
async function opensAgain(
  { openSite }: Disaster,
  { sql, folder }: Place,
  isSo: (site: Site) => boolean | Promise<boolean>,
): Promise<boolean> {
  const site = await openSite({ sql, folder }).catch(() => null);
  if (!site) return false;
  try {
    return await isSo(site);
  } finally {
    await site.stop();
  }
}
const sees = (record: string) => async (site: Site) => (await site.seen(record)) === SEEN;
const isOpen = (site: Site): boolean => site.vault.status().gate.is === 'open';

const SIGNED_BEFORE: Control = {
  of: 'ledger',
  file: 'open-log.ts',
  text: 'const published = await readPublished(options, tree);',
  cut: 'const published = null;',
};
const WITNESS_AGREES: Control = {
  file: 'gate/gate.ts',
  text: "state === 'agrees' && cosigned !== null && cosigned > entry;",
  cut: "state !== 'not-asked' || (cosigned ?? 0) > entry;",
};

interface BeforeWitness {
  readonly record: string;
  readonly consent: string;
  /** A folder with a backup of the city as it was before. */
  readonly backup: string;
  /** Entries of the ledger since. */
  readonly entries: number;
}
/** A city whose witness has seen a consent taken back; then all that lies in the city is put back to before, and opened once more. */
async function beforeWitness(
  module: Disaster,
  { sql, folder }: Place,
  then: (city: string, before: BeforeWitness) => Promise<unknown>,
): Promise<boolean> {
  const { openSite, shared, copyTables, putTablesBack, copyFolder, putFolderBack } = module;
  const city = `${folder}/city`;
  const first = await openSite({ sql, folder: city });
  const { record, consent } = await shared(first);
  const backup = await module.backUp(first, city);
  await first.stop();
  const tables = await copyTables(sql);
  copyFolder(city, `${folder}/old`);
  const witness = await module.startWitness(folder, `${city}/ledger.key`);
  const witnesses = [witness.settings];
  try {
    const second = await openSite({ sql, folder: city, witnesses });
    await module.opens(second);
    await taken(second, consent);
    await module.witnessed(second);
    const { durable: entries } = second.ledger.status();
    await second.stop();
    await putTablesBack(sql, tables);
    putFolderBack(`${folder}/old`, city, 'in-place');
    await then(city, { record, consent, backup, entries });
    const old = await openSite({ sql, folder: city, witnesses });
    try {
      await module.heard(old);
      return (await old.seen(record)) === SEEN;
    } finally {
      await old.stop();
    }
  } finally {
    await witness.stop();
  }
}

/** Tables and journal from before a consent was taken back; `spoil` has the ledger forget it. */
async function ledgerForgets(
  module: Disaster,
  { sql, folder }: Place,
  spoil: (about: { readonly consent: string; readonly bytes: number }) => void,
): Promise<boolean> {
  const { openSite, shared, copyTables, putTablesBack, copyFolder, putFolderBack } = module;
  const site = await openSite({ sql, folder });
  const { record, consent } = await shared(site);
  await site.drained();
  const tables = await copyTables(sql);
  copyFolder(`${folder}/journal`, `${folder}/old`);
  const bytes = module.ledgerBytes(folder);
  await taken(site, consent);
  await site.seen(record);
  await site.stop();
  await putTablesBack(sql, tables);
  putFolderBack(`${folder}/old`, `${folder}/journal`, 'in-place');
  spoil({ consent, bytes });
  return opensAgain(module, { sql, folder }, sees(record));
}

attack<Disaster>({
  id: 'A13',
  name: 'a ledger that goes back, forks, is cut or flipped, and a crash at every write',
  through: 'testing-disaster.ts',
  ways: [
    {
      way: 'an older ledger under a restored vault, against what the witness has seen',
      control: WITNESS_AGREES,
      run: (module, place) =>
        beforeWitness(module, place, async (city, { backup }) => {
          const site = await module.openSite({ sql: place.sql, folder: city });
          await site.vault.custody.restore({ folder: backup, keysFrom: null, reason: 'a fire', by: OFFICER });
          await site.stop();
        }),
    },
    {
      way: 'another ledger of the same size and key, against what the witness has seen',
      control: WITNESS_AGREES,
      run: (module, place) =>
        beforeWitness(module, place, (city, { entries }) =>
          module.forkLedger({ sql: place.sql, folder: city }, entries),
        ),
    },
    {
      way: 'another ledger of the same size and key, without a witness',
      control: {
        file: 'domain/standing.ts',
        text: "if (found.rootThen !== file.root) return 'ledger-other';",
        cut: '',
      },
      run: async (module, place) => {
        const { openSite, shared, copyFolder, putFolderBack } = module;
        const { sql, folder } = place;
        const site = await openSite({ sql, folder });
        const { consent } = await shared(site);
        await site.drained();
        await site.stop();
        copyFolder(`${folder}/ledger`, `${folder}/old`);
        const again = await openSite({ sql, folder });
        await taken(again, consent);
        await again.stop();
        // From this start on the vault counts on what the ledger says of it.
        const last = await openSite({ sql, folder });
        const { durable } = last.ledger.status();
        await last.stop();
        putFolderBack(`${folder}/old`, `${folder}/ledger`, 'in-place');
        await module.forkLedger({ sql, folder }, durable);
        return opensAgain(module, place, isOpen);
      },
    },
    {
      way: 'the end of the ledger, cut off',
      control: SIGNED_BEFORE,
      run: (module, place) => ledgerForgets(module, place, ({ bytes }) => module.cutLedger(place.folder, bytes)),
    },
    {
      way: 'a bit of an entry, flipped',
      control: [
        SIGNED_BEFORE,
        { of: 'ledger', file: 'wal-recover.ts', text: ' || crc32(payload) !== head.crc', cut: '' },
      ],
      run: (module, place) =>
        ledgerForgets(module, place, ({ consent: id }) =>
          module.flipInLedger(place.folder, { type: 'consent.taken-back', id }),
        ),
    },
    {
      way: 'a bit of a tile, flipped',
      control: [
        SIGNED_BEFORE,
        {
          of: 'ledger',
          file: 'open-log.ts',
          text: '(mark.size === 0 || root === mark.root)',
          cut: '(mark.size === 0 || root !== "")',
        },
      ],
      run: async (module, { sql, folder }) => {
        const site = await module.openSite({ sql, folder });
        await module.shared(site);
        await site.drained();
        const { durable } = site.ledger.status();
        const root = await site.ledger.rootOf(durable);
        await site.stop();
        module.flipInTile(folder);
        return opensAgain(module, { sql, folder }, async ({ ledger }) => (await ledger.rootOf(durable)) !== root);
      },
    },
    {
      way: 'a bit of the journal, flipped, before SQL had what it says',
      control: {
        of: 'journal',
        file: 'journal.ts',
        text: 'if (!match || crc32(match[2]!) !== parseInt(match[1]!, 16)) return null;',
        cut: 'if (!match) return null;',
      },
      run: async (module, { sql, folder }) => {
        let isFull = false;
        const transact: typeof sql.transact = async (work) => {
          if (isFull) throw new Error('ENOSPC: no space left on device');
          return sql.transact(work);
        };
        const site = await module.openSite({ sql: { ...sql, transact }, folder });
        const [{ record, consent }, other] = [await module.shared(site), await module.shared(site)];
        await site.drained();
        isFull = true;
        await site.vault.takeBack(consent, AROHA);
        await site.vault.takeBack(other.consent, AROHA);
        await site.stop();
        module.flipInJournal(folder, consent);
        return opensAgain(module, { sql, folder }, sees(record));
      },
    },
    {
      way: 'a crash at each write of journal, database and ledger while consent is taken back',
      control: {
        file: 'consents/consents.ts',
        text: "await journal.append([{ do: 'take-back', consent: id, at, by }]);",
        cut: '',
      },
      run: async (module, { sql, folder }) => {
        let left = Infinity;
        let gone = Promise.withResolvers<void>();
        // Once one has failed, none is made any more: as in a process that is gone.
        const step = async (): Promise<void> => {
          if (--left >= 0) return;
          gone.resolve();
          await Promise.reject(new Error('gone'));
        };
        const transact: typeof sql.transact = async (work) => (await step(), sql.transact(work));
        const faults = { beforeAppend: step, beforeFacts: step, ...module.steppedFiles(step) };
        for (let calls = 0; calls < CALLS_MAX; calls++) {
          left = Infinity;
          gone = Promise.withResolvers();
          const site = await module.openSite({ sql: { ...sql, transact }, folder, ...faults });
          const { record, consent } = await module.shared(site);
          await site.drained();
          left = calls;
          const isAcknowledged = await site.vault.takeBack(consent, AROHA).then(
            ({ ok }) => ok,
            () => false,
          );
          await Promise.race([gone.promise, module.settled(site)]);
          const isWhole = left >= 0;
          await site.stop();
          if (isAcknowledged && (await opensAgain(module, { sql, folder }, sees(record)))) return true;
          if (isWhole) return false;
        }
        throw new Error(`take consent back: wanted fewer writes than ${CALLS_MAX}`);
      },
    },
  ],
});
