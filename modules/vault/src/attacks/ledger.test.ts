import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import type * as disaster from '../testing-disaster.ts';
import type * as testing from '../testing.ts';
import { Disk } from '../nodes/model/disk.ts';
import { attack, type Place } from '../testing-attack.ts';
import { deaf } from '../testing-rig.ts';

type Disaster = typeof disaster;
type Testing = typeof testing;

const AROHA = 'per-aroha';
const JOURNAL_OLDER = {
  file: 'domain/standing.ts',
  text: "return found.journalSequence < sql.journalSequence ? 'journal-older' : null;",
  cut: 'return null;',
};

/** A city in which a consent was taken back since the parts were copied, and which has been started since then. */
type Tamper = (module: Disaster, place: Place, ledgerSize: number) => Promise<void> | void;
interface Tampered {
  /** Go back to before it, in place, as on a disk that does. */
  readonly parts: readonly ('ledger' | 'journal')[];
  readonly then?: Tamper;
}
/** Does the vault go on as if nothing were, with nobody's word? */
const goesOn =
  ({ parts, then }: Tampered) =>
  async (module: Disaster, place: Place): Promise<boolean> => {
    const { openSite, shared, copyFolder, putFolderBack } = module;
    const { sql, folder } = place;
    const first = await openSite({ sql, folder });
    const { consent } = await shared(first);
    await first.drained();
    await first.stop();
    for (const part of parts) copyFolder(`${folder}/${part}`, `${folder}/old-${part}`);
    const second = await openSite({ sql, folder });
    await second.vault.takeBack(consent, AROHA);
    await second.drained();
    await second.stop();
    const third = await openSite({ sql, folder });
    await third.drained();
    const { durable } = third.ledger.status();
    await third.stop();
    for (const part of parts) putFolderBack(`${folder}/old-${part}`, `${folder}/${part}`, 'in-place');
    await then?.(module, place, durable);
    // A ledger that does not open at all is a fault that nobody overlooks.
    const again = await openSite({ sql, folder }).catch(() => null);
    const isOpen = again?.vault.status().gate.is === 'open';
    await again?.stop();
    return isOpen;
  };
const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  writeFileSync(path, bytes);
};
const journalIn = ({ folder }: Place): string => `${folder}/journal/vault.journal`;

attack<Disaster>({
  id: 'A13',
  name: 'ledger or journal rolled back, forked, cut short or with a bit flipped',
  through: 'testing-disaster.ts',
  ways: [
    {
      way: 'the ledger of an earlier day',
      control: [
        {
          file: 'domain/standing.ts',
          text: "if (found.ledgerSize < Math.max(file.ledgerSize, sql.ledgerSize)) return 'ledger-older';",
          cut: '',
        },
        { file: 'domain/standing.ts', text: "if (found.rootThen !== file.root) return 'ledger-other';", cut: '' },
      ],
      run: goesOn({ parts: ['ledger'] }),
    },
    {
      way: 'a ledger that goes on from an earlier day with other entries, as long as the one it was',
      control: {
        file: 'domain/standing.ts',
        text: "if (found.rootThen !== file.root) return 'ledger-other';",
        cut: '',
      },
      run: goesOn({ parts: ['ledger'], then: (module, place, size) => module.forkLedger(place, size) }),
    },
    {
      way: 'a journal without its end',
      control: JOURNAL_OLDER,
      run: goesOn({ parts: [], then: (_module, place) => truncateSync(journalIn(place), 0) }),
    },
    {
      way: 'a flipped bit in the newest line of the journal',
      control: JOURNAL_OLDER,
      run: goesOn({ parts: [], then: (_module, place) => flip(journalIn(place), -5) }),
    },
    {
      way: 'a flipped bit in what says where the vault stands',
      control: {
        file: 'domain/standing.ts',
        text: "if (!file) return sql ? other('folder-other') : { is: 'founded' };",
        cut: "if (!file) return { is: 'same' };",
      },
      run: goesOn({ parts: [], then: (_module, { folder }) => flip(`${folder}/journal/standing.json`, 0) }),
    },
  ],
});

/** Of the disk for one taking back: written, and synced. */
const WRITES = 2;

attack<Testing>({
  id: 'A13',
  name: 'the power fails at a write of what was taken back',
  through: 'testing.ts',
  ways: [
    {
      way: 'answered, and in force no more after the next start',
      control: {
        file: 'consents/consents.ts',
        text: "await journal.append([{ do: 'take-back', consent: id, at, by }]);",
        cut: "void journal.append([{ do: 'take-back', consent: id, at, by }]).catch(() => undefined);",
      },
      run: async (module, { sql, folder }) => {
        const { testVault, must, recordOf, consentTo, person, AROHA: subject, BEN, OFFICER } = module;
        const disk = new Disk();
        let left = Infinity;
        const later = async <T>(work: () => T): Promise<T> => {
          await new Promise((turn) => setImmediate(turn));
          if (--left < 0) throw new Error('the power is off');
          return work();
        };
        const openJournalFile = () => Promise.resolve(disk.open(later));
        let lost = false;
        for (let writes = 0; writes <= WRITES; writes++) {
          const over = deaf(sql);
          const { vault } = testVault(over, folder, { openJournalFile });
          await vault.start();
          const { record } = must(await vault.put(recordOf(), OFFICER));
          const scope = { of: 'records' as const, records: [record] };
          const { id } = must(await vault.give(consentTo(BEN, { scope }), subject));
          over.deafen();
          left = writes;
          const isAnswered = await vault.takeBack(id, subject).then(
            ({ ok }) => ok,
            () => false,
          );
          await vault.stop();
          disk.crash({ int: () => 0 } as never);
          left = Infinity;
          if (writes === WRITES && !isAnswered) throw new Error('nothing was answered with all writes done');
          const again = testVault(sql, folder, { openJournalFile });
          await again.vault.start();
          const ask = { record, purpose: 'TREAT', right: 'text', principal: person(BEN) } as const;
          if (isAnswered && (await again.vault.view(ask)).ok) lost = true;
          await again.vault.stop();
        }
        return lost;
      },
    },
  ],
});
