import type * as disaster from '../testing-disaster.ts';
import { attack, type Place } from '../testing-attack.ts';

type Disaster = typeof disaster;
type Site = Awaited<ReturnType<Disaster['openSite']>>;

const OFFICER = 'per-olive';
const AROHA = 'per-aroha';
const opening = { city: 'Test', check: () => ({ ok: true as const, value: ['ann', 'bob'] }) };
const SEEN = 'HbA1c 41 mmol/mol for 4711-canary';

async function taken(site: Site, consent: string): Promise<void> {
  await site.vault.takeBack(consent, AROHA);
  await site.drained();
}
async function passed(site: Site): Promise<void> {
  const wanted = await site.vault.custody.opening();
  if (wanted.ok) await site.vault.custody.open(wanted.value, []);
}
/** Opened again, by two officers where they are asked; is the record seen? */
async function isSeenAgain(
  { openSite }: Disaster,
  { sql, folder }: Place,
  { record, byOfficers }: { readonly record: string; readonly byOfficers: boolean },
): Promise<boolean> {
  const site = await openSite({ sql, folder, opening });
  try {
    if (byOfficers) await passed(site);
    return (await site.seen(record)) === SEEN;
  } finally {
    await site.stop();
  }
}

attack<Disaster>({
  id: 'A12',
  name: 'old data, keys or grants put back',
  through: 'testing-disaster.ts',
  ways: [
    {
      way: 'the whole data folder and database of an earlier day, copied back',
      control: { file: 'domain/standing.ts', text: "return 'folder-copied';", cut: 'return null;' },
      run: async (module, { sql, folder }) => {
        const { openSite, shared, copyTables, putTablesBack, copyFolder, putFolderBack } = module;
        const site = await openSite({ sql, folder: `${folder}/city` });
        const { record, consent } = await shared(site);
        await site.drained();
        await site.stop();
        const tables = await copyTables(sql);
        copyFolder(`${folder}/city`, `${folder}/old`);
        const again = await openSite({ sql, folder: `${folder}/city` });
        await taken(again, consent);
        await again.stop();
        await putTablesBack(sql, tables);
        // The key file stays the same file: what the folder itself says is what is tried here.
        putFolderBack(`${folder}/old/ledger`, `${folder}/city/ledger`, 'as-copy');
        putFolderBack(`${folder}/old/journal`, `${folder}/city/journal`, 'as-copy');
        return isSeenAgain(module, { sql, folder: `${folder}/city` }, { record, byOfficers: false });
      },
    },
    {
      way: 'data and journal of an earlier day, opened by officers who know no better',
      control: {
        file: 'consents/replay.ts',
        text: "types: ['consent.taken-back', 'record.viewed'],",
        cut: 'types: [],',
      },
      run: async (module, place) => {
        const { openSite, shared, copyTables, putTablesBack, copyFolder, putFolderBack } = module;
        const { sql, folder } = place;
        const site = await openSite({ sql, folder, opening });
        const { record, consent } = await shared(site);
        await site.drained();
        const tables = await copyTables(sql);
        copyFolder(`${folder}/journal`, `${folder}/old`);
        await taken(site, consent);
        await site.stop();
        await putTablesBack(sql, tables);
        putFolderBack(`${folder}/old`, `${folder}/journal`, 'as-copy');
        return isSeenAgain(module, place, { record, byOfficers: true });
      },
    },
    {
      way: 'data, keys and journal from before a destruction',
      control: {
        file: 'records/replay.ts',
        text: "types: ['record.destroyed', 'records.destroyed'],",
        cut: 'types: [],',
      },
      run: async (module, place) => {
        const { openSite, shared, copyTables, putTablesBack, copyFolder, putFolderBack } = module;
        const { sql, folder } = place;
        const site = await openSite({ sql, folder, opening });
        const { record } = await shared(site);
        await site.drained();
        const tables = await copyTables(sql);
        for (const part of ['journal', 'keys']) copyFolder(`${folder}/${part}`, `${folder}/old-${part}`);
        await site.vault.destroy(record, { by: OFFICER, reason: 'asked for' });
        await site.drained();
        await site.stop();
        await putTablesBack(sql, tables);
        for (const part of ['journal', 'keys']) putFolderBack(`${folder}/old-${part}`, `${folder}/${part}`, 'as-copy');
        return isSeenAgain(module, place, { record, byOfficers: true });
      },
    },
    {
      way: 'only the grants of an earlier day',
      control: {
        file: 'consents/consents.ts',
        text: "this.#book.change(id, { state: { is: 'taken-back', at, by } });\n        await sql",
        cut: 'await sql',
      },
      run: async (module, place) => {
        const { openSite, shared, copyTables, putTablesBack } = module;
        const { sql, folder } = place;
        const site = await openSite({ sql, folder });
        const { record, consent } = await shared(site);
        const tables = await copyTables(sql);
        await taken(site, consent);
        await site.stop();
        // By now the database counts as having all that the ledger has.
        await (await openSite({ sql, folder })).stop();
        await putTablesBack(sql, tables, 'consent');
        return isSeenAgain(module, place, { record, byOfficers: false });
      },
    },
    {
      way: 'only the grants of an earlier day, once the journal has let go of what was taken back since',
      control: {
        file: 'gate/incarnation.ts',
        text: "const isBehind = judged.is === 'same' && (await hasForgotten({ sql }, journal));",
        cut: 'const isBehind = false;',
      },
      run: async (module, place) => {
        const { openSite, shared, copyTables, putTablesBack, TWO_HOURS_LATER: now } = module;
        const { sql, folder } = place;
        const site = await openSite({ sql, folder });
        const { record, consent } = await shared(site);
        const tables = await copyTables(sql);
        await taken(site, consent);
        await site.stop();
        // Whatever was not in SQL yet is by the end of this start, and in the ledger.
        const next = await openSite({ sql, folder });
        await next.drained();
        await next.stop();
        await (await openSite({ sql, folder, now, settleAbove: 0 })).stop();
        await putTablesBack(sql, tables, 'consent');
        return isSeenAgain(module, place, { record, byOfficers: false });
      },
    },
    {
      way: 'only the key file from before a destruction, into the same file',
      control: {
        file: 'gate/incarnation.ts',
        text: 'return keyring.destroy((await store.keysOfDestroyed(sql)) as KeyId[]);',
        cut: 'return Promise.resolve(0);',
      },
      run: async (module, { sql, folder }) => {
        const { openSite, shared, copyFolder, putFolderBack } = module;
        const site = await openSite({ sql, folder });
        const { record } = await shared(site);
        copyFolder(`${folder}/keys`, `${folder}/old`);
        await site.vault.destroy(record, { by: OFFICER, reason: 'asked for' });
        await site.drained();
        await site.stop();
        // Nor does the journal name it any more.
        await module.forgetJournal(folder);
        putFolderBack(`${folder}/old`, `${folder}/keys`, 'in-place');
        const again = await openSite({ sql, folder });
        try {
          return (await again.vault.custody.standing()).keys.live === 3;
        } finally {
          await again.stop();
        }
      },
    },
    {
      way: 'a snapshot of the whole disk, which only a witness can tell from the disk',
      control: { file: 'gate/incarnation.ts', text: 'standing.awaiting || hasWitness) {', cut: 'standing.awaiting) {' },
      run: async (module, { sql, folder }) => {
        const { openSite, shared, copyTables, putTablesBack, copyFolder, putFolderBack } = module;
        const city = `${folder}/city`;
        const first = await openSite({ sql, folder: city });
        const { record, consent } = await shared(first);
        await first.drained();
        await first.stop();
        const witness = await module.startWitness(folder, `${city}/ledger.key`);
        const witnesses = [witness.settings];
        try {
          const second = await openSite({ sql, folder: city, witnesses });
          await module.opens(second);
          await second.stop();
          const tables = await copyTables(sql);
          copyFolder(city, `${folder}/old`);
          const third = await openSite({ sql, folder: city, witnesses });
          await module.opens(third);
          await taken(third, consent);
          await module.witnessed(third);
          await third.stop();
          await putTablesBack(sql, tables);
          putFolderBack(`${folder}/old`, city, 'in-place');
          const old = await openSite({ sql, folder: city, witnesses });
          await module.heard(old);
          const isSeen = (await old.seen(record)) === SEEN;
          await old.stop();
          return isSeen;
        } finally {
          await witness.stop();
        }
      },
    },
    {
      way: 'a backup in which somebody took the taking back out',
      control: { file: 'backup/restore.ts', text: 'if (told === hash) return;', cut: 'return;' },
      run: async (module, { sql, folder }) => {
        const site = await module.openSite({ sql, folder, opening });
        try {
          const { record, consent } = await module.shared(site);
          await taken(site, consent);
          const made = await module.backUp(site, folder);
          await module.forgeBackup(made, (text) =>
            text.replace(/"taken_back_at":\d+,"taken_back_by":"[^"]*"/, '"taken_back_at":null,"taken_back_by":null'),
          );
          const before = site.vault.incarnation();
          await site.vault.custody.restore({ folder: made, keysFrom: null, reason: 'a fire', by: OFFICER });
          return site.vault.incarnation() !== before && record !== '';
        } finally {
          await site.stop();
        }
      },
    },
    {
      way: 'a restored vault that is started once more before anybody gave their word',
      control: {
        file: 'gate/incarnation.ts',
        text: "const awaiting = course.is === 'other' || (before?.awaiting ?? false);",
        cut: 'const awaiting = false;',
      },
      run: async (module, place) => {
        const { sql, folder } = place;
        const site = await module.openSite({ sql, folder, opening });
        const { record } = await module.shared(site);
        const made = await module.backUp(site, folder);
        await site.vault.custody.restore({ folder: made, keysFrom: null, reason: 'a fire', by: OFFICER });
        await site.stop();
        return isSeenAgain(module, place, { record, byOfficers: false });
      },
    },
  ],
});

attack<Disaster>({
  id: 'A17',
  name: 'an insider with database and key file, without the root',
  through: 'testing-disaster.ts',
  ways: [
    {
      way: 'opens records with what lies in database and key file',
      control: {
        file: 'keys/root-file.ts',
        text: 'const key = bytes.subarray(KEY_ID_BYTES);',
        cut: 'const key = Buffer.alloc(KEY_BYTES);',
      },
      run: async (module, { sql, folder }) => {
        const site = await module.openSite({ sql, folder });
        const { record } = await module.shared(site);
        await site.stop();
        return (await module.insiderReads(sql, folder, record)).includes(SEEN);
      },
    },
    {
      way: 'opens keys with what lies in the key file alone',
      control: {
        file: 'keys/root-file.ts',
        text: 'const key = bytes.subarray(KEY_ID_BYTES);',
        cut: 'const key = Buffer.alloc(KEY_BYTES);',
      },
      run: async (module, { sql, folder }) => {
        const site = await module.openSite({ sql, folder });
        await module.shared(site);
        await site.stop();
        return module.keysOpened(folder) > 0;
      },
    },
    {
      way: 'opens the keys of a backup whose week is over',
      control: {
        file: 'backup/epochs.ts',
        text: 'await this.#slots.destroy(ids);\n    return [...due];',
        cut: 'return [...due];',
      },
      run: async (module, { sql, folder }) => {
        const site = await module.openSite({ sql, folder });
        try {
          await module.shared(site);
          const made = await module.backUp(site, folder);
          site.clock.now += 50 * 86_400_000;
          await site.vault.tick();
          const answer = await site.vault.custody.restore({
            folder: made,
            keysFrom: null,
            reason: 'curious',
            by: OFFICER,
          });
          return answer.ok;
        } finally {
          await site.stop();
        }
      },
    },
  ],
});
