/** Opens the parts of the vault over what lies on the disk, and closes them again. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSaver, type Saver } from '@cityward/journal';
import type { Refusal, Result } from '@cityward/kernel';
import type { CopyRegister } from './copies/copy.ts';
import { createCopyRegister } from './copies/register.ts';
import { logKeeper, primaryKeeper, cacheKeeper } from './copies/standing.ts';
import { byConsent } from './consents/by-consent.ts';
import { Consents } from './consents/consents.ts';
import { openKeySlots, type KeySlots } from './keys/key-slots.ts';
import { createKeyring, type Keyring, type RootKey } from './keys/keyring.ts';
import { reviewed } from './lease/reviewed.ts';
import { asText } from './lease/as-text.ts';
import { Views } from './lease/views.ts';
import { createLooks } from './looks/looks.ts';
import { createTakeout, type TakeOut } from './takeout/takeout.ts';
import type { VaultOptions } from './needs.ts';
import { destroyedBar, Records } from './records/records.ts';
import { byStanding, outlivedBar } from './lives/by-standing.ts';
import { Lives } from './lives/lives.ts';
import { createExports, exportKeeper, type Exports } from './exports/exports.ts';
import { openRootFile } from './keys/root-file.ts';
import { consentReplayer } from './consents/replay.ts';
import type { Gate } from './gate/gate.ts';
import { gateBar } from './gate/gate.ts';
import {
  bringBack,
  findStanding,
  incarnate,
  SLOTS_FILE,
  type FoundStanding,
  type Incarnation,
} from './gate/incarnation.ts';
import { recordReplayer } from './records/replay.ts';
import { Shelf } from './records/shelf.ts';
import { openVaultJournal, type VaultJournal } from './vault-journal.ts';
import { ownRecord } from './viewing/deciding.ts';
import { createViewing, type Look, type Seen } from './viewing/viewing.ts';

export interface Opened {
  readonly slots: KeySlots;
  readonly keyring: Keyring;
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly consents: Consents;
  readonly records: Records;
  readonly copies: CopyRegister;
  readonly lives: Lives;
  readonly exports: Exports;
  readonly view: (look: Look) => Promise<Result<Seen, Refusal>>;
  readonly views: Views;
  readonly takeOut: TakeOut;
  readonly replayed: number;
  readonly incarnation: Incarnation;
}

const AGE_YEARS = 16;
const OWNER_ONLY_FOLDER = 0o700;
const MIGRATIONS = { module: 'vault', folder: new URL('../migrations/', import.meta.url) };

export async function openAll(options: VaultOptions, gate: Gate): Promise<Opened> {
  const { sql, log, keyFolder, journalFolder, openSlotFile } = options;
  await sql.migrate(MIGRATIONS);
  for (const folder of [keyFolder, journalFolder]) {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    await chmod(folder, OWNER_ONLY_FOLDER);
  }
  const journal = await openVaultJournal(
    journalFolder,
    options.openJournalFile ? { openHandle: options.openJournalFile } : {},
  );
  let slots: KeySlots | null = null;
  try {
    const found = await findStanding(options, journal);
    const root = await openRootFile(join(keyFolder, 'root.key'));
    slots = await openKeySlots({
      path: join(keyFolder, SLOTS_FILE),
      ...(openSlotFile ? { openFile: openSlotFile } : {}),
    });
    if (slots.damaged > 0) log.error('keys of records are damaged; what they open is lost', { slots: slots.damaged });
    return await openOver(options, { gate, journal, slots, root, found });
  } catch (fault) {
    await journal.close();
    await slots?.close();
    throw fault;
  }
}

interface Files {
  readonly gate: Gate;
  readonly journal: VaultJournal;
  readonly slots: KeySlots;
  readonly root: RootKey;
  readonly found: FoundStanding;
}
async function openOver(options: VaultOptions, { gate, journal: written, slots, root, found }: Files): Promise<Opened> {
  const { sql, log } = options;
  const keyring = createKeyring(slots, root);
  const journal = reviewed(written, (changed) => views.review(changed));
  const saver = createSaver(sql, log);
  const shelf = new Shelf(sql);
  const copies = createCopyRegister(options);
  await copies.open();
  copies.keep('primary', primaryKeeper(sql));
  copies.keep('wal', logKeeper);
  const parts = { ...options, journal, saver, keyring, shelf, copies };
  const replayed = await bringBack(options, found, (isWhole) => [
    consentReplayer(sql, isWhole),
    recordReplayer(sql, keyring),
  ]);
  const [consents, records] = [new Consents(parts), new Records(parts)];
  const lives = new Lives({ ...parts, ageYears: AGE_YEARS });
  const fromJournal = (await lives.open()) + (await consents.open()) + (await records.open());
  const incarnation = await incarnate(parts, { found, replayed });
  const consented = byConsent({ ...parts, consents, lives });
  const grounds = [ownRecord, consented, byStanding({ ...parts, lives })];
  const bars = [gateBar(gate), destroyedBar(records), outlivedBar(lives)];
  const view = createViewing({ ...parts, grounds, bars });
  const views = new Views({
    clock: options.clock,
    monotonic: options.monotonic ?? (() => performance.now()),
    incarnation: incarnation.standing.incarnation,
    mayServe: () => gate.isOpen,
    show: asText(view),
    ...(options.viewsPerPersonMax === undefined ? {} : { perPersonMax: options.viewsPerPersonMax }),
  });
  views.start();
  copies.keep('cache', cacheKeeper(shelf, views));
  const looks = createLooks(options);
  const takeOut = createTakeout({ ...parts, view, looks, consents: (subject) => consents.list(subject) });
  copies.keep('export', exportKeeper(parts));
  const exports = createExports({ ...parts, gate, bars, byConsent: consented });
  const made = { slots, keyring, journal, saver, consents, records, copies, lives, exports, view, views, takeOut };
  return { ...made, replayed: fromJournal, incarnation };
}

export async function closeAll({ views, saver, journal, keyring }: Opened): Promise<void> {
  views.stop();
  await saver.stop();
  await journal.close();
  await keyring.close();
}
