/** Opens the parts of the vault over what lies on the disk, and closes them again. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSaver, type Saver } from '@cityward/journal';
import type { Refusal, Result } from '@cityward/kernel';
import { createCopyRegister, type OpenRegister } from './copies/register.ts';
import { createReplicas, type Replicas } from './copies/replicas.ts';
import { logKeeper, primaryKeeper, cacheKeeper } from './copies/standing.ts';
import { byConsent } from './consents/by-consent.ts';
import { Consents } from './consents/consents.ts';
import { settle } from './consents/settling.ts';
import { heldKeys, holdKeys, type CityKeys } from './keys/key-holder.ts';
import { openKeySlots, type KeySlots } from './keys/key-slots.ts';
import { createKeyring, type Keyring, type RootKey } from './keys/keyring.ts';
import { reviewed } from './lease/reviewed.ts';
import { asText } from './lease/as-text.ts';
import { Views, type Changed } from './lease/views.ts';
import { Blind } from './blind/blind.ts';
import { blindReplayer } from './blind/replay.ts';
import { BlindModes } from './blind/modes.ts';
import { createLooks, type Orders } from './looks/looks.ts';
import { createTakeout, type TakeOut } from './takeout/takeout.ts';
import { BACKUP_WEEKS, type SendToRecipient, type VaultOptions } from './needs.ts';
import { Epochs, MARK_FILE, ROOT_FILE } from './backup/epochs.ts';
import { eraseReplayer } from './backup/erase.ts';
import { backupKeeper, sweepCutOff } from './backup/keeper.ts';
import { refuseHalfRestored } from './backup/restore.ts';
import { tryBackups } from './backup/trying.ts';
import { createRecordsDesk, type RecordsDesk } from './life/records-desk.ts';
import { Bulk } from './records/bulk.ts';
import { createLanes } from './records/lanes.ts';
import { Records } from './records/records.ts';
import { createExports, exportKeeper, type Exports } from './exports/exports.ts';
import { DESK_PAPERS } from './desk-papers.ts';
import { tellOfCollection } from './notices/indirect.ts';
import { createLives, createPeople, LAW, type People } from './people.ts';
import { openRootFile } from './keys/root-file.ts';
import { isAmongOthers, openNodes, type Nodes } from './nodes/open-nodes.ts';
import { backupCopyReplayer } from './copies/replay.ts';
import { askReplayer } from './asking/replay.ts';
import { noticeReplayer } from './notices/replay.ts';
import { markReplayer } from './pictures/replay.ts';
import { requestReplayer } from './requests/replay.ts';
import { exportReplayer } from './exports/replay.ts';
import { consentReplayer } from './consents/replay.ts';
import { emergencyReplayer } from './emergency/replay.ts';
import { holdReplayer, recordLifeReplayer } from './life/replay.ts';
import { postReplayer } from './lives/posts-replay.ts';
import { lifeReplayer } from './lives/replay.ts';
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
import { createArchive, type Archive } from './archive/archive.ts';
import { fetchFrom, type FetchArchived } from './archive/fetching.ts';
import { createReceipts, receiptWriter, type Receipts } from './receipts/receipts.ts';
import { keepCopies } from './recipients/lasting.ts';
import { createRecipients, type Recipients } from './recipients/recipients.ts';
import { recordReplayer } from './records/replay.ts';
import { byUnsealing } from './unsealing/by-unsealing.ts';
import { unsealingReplayer } from './unsealing/replay.ts';
import { openMarkKey } from './pictures/mark-key.ts';
import { openPictures, type OpenPictures } from './pictures/open.ts';
import { Shelf } from './records/shelf.ts';
import { openVaultJournal, type VaultJournal } from './vault-journal.ts';
import { ownRecord } from './viewing/deciding.ts';
import { createShowing, viewBy, type Look, type Seen } from './viewing/viewing.ts';

export interface Opened {
  readonly nodes: Nodes;
  readonly damagedKeys: number;
  readonly keyring: Keyring;
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly consents: Consents;
  readonly records: Records;
  readonly bulk: Bulk;
  readonly copies: OpenRegister;
  readonly replicas: Replicas;
  readonly desk: RecordsDesk;
  readonly people: People;
  readonly exports: Exports;
  readonly receipts: Receipts;
  readonly recipients: Recipients;
  readonly archive: Archive;
  readonly fetchArchived: FetchArchived;
  readonly view: (look: Look) => Promise<Result<Seen, Refusal>>;
  readonly views: Views;
  readonly drawing: OpenPictures;
  readonly takeOut: TakeOut;
  readonly blind: Blind;
  readonly replayed: number;
  readonly incarnation: Incarnation;
  /** `null` where another process has the keys. */
  readonly keyStore: KeyStore | null;
}
export interface KeyStore {
  readonly slots: KeySlots;
  readonly root: RootKey;
  readonly epochs: Epochs;
}

const OWNER_ONLY_FOLDER = 0o700;
export const HOLDER_SOCKET = 'holder.sock';
export const MIGRATIONS = { module: 'vault', folder: new URL('../migrations/', import.meta.url) };

/** In a file, unless the city has a key service. */
export const openVaultRoot = ({ openRoot, keyFolder }: VaultOptions): Promise<RootKey> =>
  openRoot ? openRoot() : openRootFile(join(keyFolder, ROOT_FILE));

export async function openAll(options: VaultOptions, gate: Gate): Promise<Opened> {
  const { sql, log, keyFolder, journalFolder, openSlotFile } = options;
  await sql.migrate(MIGRATIONS);
  for (const folder of [keyFolder, journalFolder]) {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    await chmod(folder, OWNER_ONLY_FOLDER);
  }
  const journal = await openVaultJournal(journalFolder, {
    ...(options.openJournalFile ? { openHandle: options.openJournalFile } : {}),
    beforeStep: options.beforeJournalStep,
  });
  let [slots, epochs]: [KeySlots | null, Epochs | null] = [null, null];
  if (options.keyHolder !== undefined) {
    const keys = { keyring: heldKeys(options.keyHolder), keyStore: null, found: null };
    return openOver(options, { gate, journal, ...keys });
  }
  try {
    await refuseHalfRestored(journalFolder);
    const found = await findStanding(options, journal);
    const root = await openVaultRoot(options);
    slots = await openKeySlots({
      path: join(keyFolder, SLOTS_FILE),
      ...(openSlotFile ? { openFile: openSlotFile } : {}),
    });
    if (slots.damaged > 0) log.error('keys of records are damaged; what they open is lost', { slots: slots.damaged });
    const markKey = (): Promise<Buffer> => openMarkKey(join(keyFolder, MARK_FILE), root);
    const keyring = await shared(options, gate, { ...createKeyring(slots, root), markKey });
    epochs = await openEpochs(options, root);
    return await openOver(options, { gate, journal, keyring, keyStore: { slots, root, epochs }, found });
  } catch (fault) {
    await journal.close();
    await slots?.close();
    await epochs?.close();
    throw fault;
  }
}

function openEpochs(options: VaultOptions, root: RootKey): Promise<Epochs> {
  const { keyFolder, clock, backupWeeks: weeks = BACKUP_WEEKS, openSlotFile: openFile } = options;
  return Epochs.open({ keyFolder, root, clock, weeks, openFile });
}

/** Given out to the other processes of this machine that serve over the same database. */
async function shared(options: VaultOptions, gate: Gate, keyring: CityKeys): Promise<CityKeys> {
  if (!isAmongOthers(options)) return keyring;
  const holder = await holdKeys(keyring, join(options.keyFolder, HOLDER_SOCKET), () => gate.isOpen);
  const close = async (): Promise<void> => {
    await holder.stop();
    await keyring.close();
  };
  return { ...keyring, close };
}

interface Files {
  readonly gate: Gate;
  readonly journal: VaultJournal;
  readonly keyring: CityKeys;
  readonly keyStore: KeyStore | null;
  /** `null` where another process has the keys: whether anything was put back is its to say. */
  readonly found: FoundStanding | null;
}
const replayersOf = (options: VaultOptions, keyring: CityKeys) => (isWhole: boolean) => {
  const { sql } = options;
  return [
    // Notices first: what comes after tells again of what it brings back, unless that is told already.
    ...[noticeReplayer(sql), consentReplayer(sql, isWhole)],
    ...[recordLifeReplayer(sql), holdReplayer(sql), recordReplayer(sql, keyring), eraseReplayer(sql, keyring)],
    ...[lifeReplayer(sql), emergencyReplayer(sql), postReplayer(options), blindReplayer(sql), unsealingReplayer(sql)],
    ...[backupCopyReplayer(sql), exportReplayer({ ...options, keyring })],
    ...[requestReplayer(sql), askReplayer(sql), markReplayer(sql)],
  ];
};

async function openOver(options: VaultOptions, files: Files): Promise<Opened> {
  const { gate, journal: written, keyring, keyStore, found } = files;
  const { sql, log } = options;
  const nodes = openNodes(options);
  const { sharing, isShared } = nodes;
  const review = (changed: Changed): void => {
    views.review(changed);
    drawing.pictures.review(changed);
  };
  const journal = reviewed(nodes.over(written), review);
  const saver = createSaver(sql, log);
  const { recipients, replicas, ...places } = await openPlaces(options, keyStore);
  const { shelf, copies, fetchArchived } = places;
  const replayed = found && (await bringBack(options, found, replayersOf(options, keyring)));
  const modes = await BlindModes.open({ sql, isShared });
  const common = { ...options, ...places, journal, saver, keyring, sharing, isShared, inLane: createLanes() };
  const parts = { ...common, modes, veil: modes.veil, asChosen: modes.asChosen };
  const archive = createArchive({ ...parts, needs: options.destruction });
  copies.keep('archive', archive.keeper);
  const lives = createLives(parts);
  const tell = tellOfCollection({ ...parts, law: LAW, lives, papers: DESK_PAPERS });
  const desk = createRecordsDesk({ ...parts, tryBackups: tryBackups({ sql, keyStore }) });
  const writeReceipt = receiptWriter(options);
  const [consents, records] = [
    new Consents({ ...parts, writeReceipt }),
    new Records({ ...parts, tell, ...desk.standing }),
  ];
  const people = createPeople({ ...parts, records, seals: desk.lives }, lives);
  const fromJournal = (await people.open()) + (await consents.open()) + (await desk.open());
  // Not over what was put back until somebody gave their word for it.
  if (found && found.course.is !== 'other') await settle({ ...options, journal }, found.course.is === 'behind');
  journal.release();
  const incarnation = found && replayed ? await incarnate(parts, { found, replayed }) : follow(nodes.id);
  const consented = byConsent({ ...parts, consents, lives });
  const grounds = [byUnsealing(people.unsealings), ownRecord, consented, ...people.grounds];
  const bars = [gateBar(gate), ...desk.bars, ...people.bars, modes.bar];
  const mayServe = (): boolean => gate.isOpen && nodes.mayServe();
  const show = createShowing({ ...parts, grounds, bars, mayServe, keepCopy: keepCopies(parts) });
  const view = viewBy(show);
  const blind = new Blind({ ...parts, ...people, consents, show, review });
  const drawing = await openPictures(options, { keyring, show, isHolder: found !== null });
  const lend = drawing.lendAs(asText(view));
  const views = viewsOver(options, { incarnation: nodes.id, mayServe, show: lend });
  await nodes.start({ consents, desk, people, modes, shelf, review });
  views.start();
  copies.keep('cache', cacheKeeper(shelf, views, drawing.pictures.cache));
  const looks = createLooks({ ...options, ...told(people) });
  const takeOut = createTakeout({ ...parts, lives, view, looks, consents: (subject) => consents.list(subject) });
  copies.keep('export', exportKeeper({ ...parts, recipients }));
  const exports = createExports({ ...parts, gate, bars, byConsent: consented });
  const bulk = new Bulk({ ...parts, tell });
  const receipts = createReceipts({ ...options, write: writeReceipt, saved: (consent) => consents.saved(consent) });
  const rights = { consents, receipts, people, exports, recipients, fetchArchived };
  const open = { ...rights, archive, records, bulk, copies, replicas, desk, view, views, drawing, takeOut, blind };
  const made = { nodes, keyStore, damagedKeys: keyStore?.slots.damaged ?? 0, keyring, journal, saver, ...open };
  return { ...made, replayed: fromJournal, incarnation };
}

/** Where content lies, within and without; with what an earlier start left and what the database hands out by itself. */
async function openPlaces(options: VaultOptions, keyStore: KeyStore | null) {
  const { sql, log, openArchive } = options;
  const medium = openArchive ? await openArchive() : null;
  const fetchArchived = fetchFrom({ medium, log });
  const copies = createCopyRegister(options);
  await copies.open();
  copies.keep('backup', backupKeeper(keyStore?.epochs ?? { holds: () => true }));
  if (keyStore) await sweepCutOff(sql, copies);
  const replicas = createReplicas({ ...options, copies });
  await replicas.look();
  copies.keep('primary', primaryKeeper(sql));
  copies.keep('wal', logKeeper);
  const recipients = createRecipients({ ...options, ...sendBy(options), copies, needs: options.destruction });
  copies.keep('recipient', recipients.keeper);
  return { medium, fetchArchived, copies, recipients, replicas, shelf: new Shelf(sql, { fetchArchived }) };
}

/** What an order keeps from a person for a time. */
const told = ({ lives, unsealings }: Pick<People, 'lives' | 'unsealings'>): Orders => ({
  isHushed: (subject) => lives.isHushed(subject),
  unsealedQuietly: (subject) => unsealings.keptFrom(subject),
});

const sendBy = ({ sendToRecipient: send }: VaultOptions): { send?: SendToRecipient } => (send ? { send } : {});

const viewsOver = (
  { clock, monotonic = () => performance.now(), viewsPerPersonMax: perPersonMax }: VaultOptions,
  given: Pick<ConstructorParameters<typeof Views>[0], 'incarnation' | 'mayServe' | 'show'>,
): Views => new Views({ clock, monotonic, ...given, ...(perPersonMax === undefined ? {} : { perPersonMax }) });

/** It opens nothing while the gate of the process that has the keys is closed: it gives none out. */
const follow = (id: string): Incarnation => ({
  standing: { incarnation: id, why: 'founded', awaiting: false, ledgerSize: 0, journalSequence: 0 },
  broughtBack: 0,
  begin: (gate) => Promise.resolve(gate.open()),
  pass: () => Promise.resolve(),
});

export async function closeAll({
  desk,
  views,
  drawing,
  saver,
  nodes,
  journal,
  keyring,
  keyStore,
}: Opened): Promise<void> {
  await desk.rest();
  views.stop();
  await drawing.pictures.stop();
  await saver.stop();
  await nodes.stop();
  await journal.close();
  await keyring.close();
  await keyStore?.epochs.close();
}
