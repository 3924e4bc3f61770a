/**
 * Puts a backup in the place of what is there. Everything is checked before anything is touched; from then on a note on disk says
 * that a restore is under way, and a vault that finds it at its start stays closed until the restore is run again.
 */
import { createHash, randomFillSync, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openJournal, syncFolder, writeOwnerFile } from '@cityward/journal';
import { newId, OperationalFault } from '@cityward/kernel';
import { SLOTS_FILE } from '../gate/incarnation.ts';
import { openSlotFile, type SlotFile } from '../keys/key-slots.ts';
import type { RootKey } from '../keys/keyring.ts';
import { SLOT_BYTES, slotState } from '../keys/slot.ts';
import type { ArchiveMedium, VaultOptions } from '../needs.ts';
import { journalPath, openVaultJournal, type VaultChange, type VaultJournal } from '../vault-journal.ts';
import { lookForArchived, putArchived } from './archived.ts';
import { epochFrom, Epochs, isThere, MARK_FILE, ROOT_FILE } from './epochs.ts';
import { FILES, keysContext, readManifest, type Manifest } from './manifest.ts';
import { openKeys } from './sealed-keys.ts';
import { loadTables, migrationsOf } from './tables.ts';

const MODULE = 'vault';
const NOTE = 'restoring';
const OWNER_ONLY = 0o600;
const WIPE_BYTES = 1_048_576;
const READ_BYTES = 1_048_576;
/** Journal entries in one write. */
const ENTRIES_PER_WRITE = 1_000;

export interface RestoreParts extends Pick<
  VaultOptions,
  | 'sql'
  | 'clock'
  | 'log'
  | 'ledger'
  | 'keyFolder'
  | 'journalFolder'
  | 'openJournalFile'
  | 'openSlotFile'
  | 'openArchive'
> {
  readonly weeks: number;
  readonly openRoot: () => Promise<RootKey>;
}
export interface RestoreAsked {
  readonly folder: string;
  /** Where root and backup keys were kept apart, for a machine that has them no more. */
  readonly keysFrom: string | null;
  readonly by: string;
  readonly reason: string;
}
export interface Restored {
  readonly backup: string;
  readonly made: number;
  readonly rows: number;
  readonly keys: number;
  readonly archive: Awaited<ReturnType<typeof lookForArchived>>;
}

/** A vault under restore opens for nobody. Throws where a restore was cut off. */
export async function refuseHalfRestored(journalFolder: string): Promise<void> {
  const note = await readFile(join(journalFolder, NOTE), 'utf8').catch(() => null);
  if (note !== null)
    throw new OperationalFault(
      `open the vault: a restore from "${note.trim()}" was cut off; run "cityward vault restore" again`,
    );
}

/** To be called while no part of the vault is open. */
export async function restore(parts: RestoreParts, asked: RestoreAsked): Promise<Restored> {
  const folder = resolve(asked.folder);
  const medium = parts.openArchive ? await parts.openArchive() : null;
  const { manifest, slots } = await check(parts, { ...asked, folder, medium });
  const { keyFolder, journalFolder, ledger, clock } = parts;
  try {
    await writeOwnerFile(join(journalFolder, NOTE), `${folder}\n`);
    // Objects first: one that no row names is deleted, and a row without its object is lost.
    if (medium) await putArchived(parts, { path: join(folder, FILES.archive), medium });
    const rows = await putTables(parts, { folder, manifest });
    await putKeys(parts, slots);
    await joinJournals(parts, folder);
    const data = { reason: asked.reason, made: manifest.made };
    const fact = {
      module: MODULE,
      type: 'vault.restored',
      actor: asked.by,
      subject: manifest.id,
      at: clock(),
      data,
    } as const;
    await ledger.append([{ ...fact, id: newId<string>('evt') }]);
    await rm(join(journalFolder, NOTE));
    await syncFolder(journalFolder);
    await syncFolder(keyFolder);
    const archive = await lookForArchived(parts.sql, medium);
    return { backup: manifest.id, made: manifest.made, rows, keys: slots.length / SLOT_BYTES, archive };
  } finally {
    slots.fill(0);
  }
}

/** Everything that can be wrong with a backup is found here, where nothing has changed yet. */
async function check(
  parts: RestoreParts,
  { folder, keysFrom, medium }: RestoreAsked & { readonly medium: ArchiveMedium | null },
): Promise<{ manifest: Manifest; slots: Buffer }> {
  const { manifest, hash } = await readManifest(folder);
  const where = `restore from "${folder}"`;
  const known = JSON.stringify(await migrationsOf(parts.sql));
  if (JSON.stringify(manifest.migrations) !== known)
    throw new OperationalFault(
      `${where}: it was made by another version; restore it with that one, then go on to this one`,
    );
  await knownToLedger(parts, { manifest, hash, where });
  if (manifest.archive.objects > 0 && !medium)
    throw new OperationalFault(`${where}: it holds what lay in an archive, and there is none here`);
  for (const { name, bytes, sha256 } of manifest.files) {
    if (!Object.values(FILES).includes(name as (typeof FILES)['keys']))
      throw new OperationalFault(`${where}: it names a file "${name}"`);
    const found = await hashOf(join(folder, name));
    if (found.bytes !== bytes || found.sha256 !== sha256)
      throw new OperationalFault(`${where}: "${name}" is not the file that was written`);
  }
  const root = await rootFor(parts, { manifest, keysFrom, where });
  const key = await epochKey(parts, { manifest, root, keysFrom, where });
  const sealed = await readFile(join(folder, FILES.keys));
  const slots = openKeys(
    key,
    sealed,
    keysContext({ id: manifest.id, epoch: manifest.epoch.number, root: manifest.root }),
  );
  key.fill(0);
  if (!slots) throw new OperationalFault(`${where}: its keys do not open with the key of their week`);
  return { manifest, slots };
}

interface Checking {
  readonly manifest: Manifest;
  readonly where: string;
}
/** A backup that was changed, or that nobody made here, would bring consents that nobody gave. */
async function knownToLedger(
  { ledger }: RestoreParts,
  { manifest, hash, where }: Checking & { readonly hash: string },
): Promise<void> {
  let told: unknown;
  const size = await ledger.scan(0, (part) => {
    for (const { body } of part)
      if (body.type === 'vault.backed-up' && body.subject === manifest.id) told = body.data['manifest'];
  });
  if (told === hash) return;
  if (told !== undefined) throw new OperationalFault(`${where}: it is not the backup that the ledger knows by this id`);
  if (size > manifest.ledger.size) throw new OperationalFault(`${where}: the ledger knows of no such backup`);
}

async function rootFor(
  { keyFolder, openRoot }: RestoreParts,
  { manifest, keysFrom, where }: Checking & Pick<RestoreAsked, 'keysFrom'>,
): Promise<RootKey> {
  const root = await openRoot();
  if (root.id === manifest.root) return root;
  const kept = keysFrom === null ? null : join(resolve(keysFrom), ROOT_FILE);
  const isIt =
    kept !== null && (await isThere(kept)) && (await readFile(kept)).toString('hex').startsWith(manifest.root);
  if (!isIt)
    throw new OperationalFault(
      `${where}: its root key is another than the one here; give the folder where it was kept apart`,
    );
  // What the root here opens is put away by this restore; without it the root is of no use to anybody.
  for (const name of [ROOT_FILE, MARK_FILE]) {
    const [here, apart] = [join(keyFolder, name), join(dirname(kept), name)];
    if (await isThere(here)) await rename(here, `${here}.before`);
    if (!(await isThere(apart))) continue;
    await copyFile(apart, here);
    await chmod(here, OWNER_ONLY);
  }
  await syncFolder(keyFolder);
  return openRoot();
}

async function epochKey(
  parts: RestoreParts,
  { manifest, root, keysFrom, where }: Checking & { readonly root: RootKey } & Pick<RestoreAsked, 'keysFrom'>,
): Promise<Buffer> {
  const { keyFolder, clock, weeks, openSlotFile: openFile } = parts;
  const epochs = await Epochs.open({ keyFolder, root, clock, weeks, openFile });
  try {
    const { number } = manifest.epoch;
    const held =
      (await epochs.open(number)) ?? (keysFrom === null ? null : await epochFrom(resolve(keysFrom), root, number));
    if (held) return held.key;
    throw new OperationalFault(
      `${where}: the key of its week is destroyed, or was kept apart; without it its keys open for nobody`,
    );
  } finally {
    await epochs.close();
  }
}

async function hashOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

const NEWLINE = 0x0a;
/** Whole lines; what was read goes through the hash. */
async function* linesOf(path: string, hash: Hash): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
      yield rest.toString('utf8', from, end);
      from = end + 1;
    }
    rest = rest.subarray(from);
  }
}

async function putTables(
  { sql }: RestoreParts,
  { folder, manifest }: { folder: string; manifest: Manifest },
): Promise<number> {
  const hash = createHash('sha256');
  return sql.transact(async (tx) => {
    const rows = await loadTables(tx, linesOf(join(folder, FILES.tables), hash));
    // Read twice: what was changed in between is not put in force.
    if (hash.digest('hex') !== manifest.files.find(({ name }) => name === FILES.tables)!.sha256)
      throw new OperationalFault(`restore from "${folder}": "${FILES.tables}" changed while it was read`);
    return rows;
  });
}

/** The keys that were there are overwritten where they lie; those of the backup come into a file of their own. */
async function putKeys(
  { keyFolder, openSlotFile: openFile = openSlotFile }: RestoreParts,
  slots: Buffer,
): Promise<void> {
  const path = join(keyFolder, SLOTS_FILE);
  if (await isThere(path)) await wipe(await openFile(path));
  await rm(path, { force: true });
  await rm(`${path}.new`, { force: true });
  const file = await openFile(`${path}.new`);
  try {
    for (let at = 0; at < slots.length; at += SLOT_BYTES)
      if (slotState(slots, at) !== 'live') throw new OperationalFault('restore the keys: one of them is damaged');
    if (slots.length > 0) await file.write(slots, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(keyFolder);
}
async function wipe(file: SlotFile): Promise<void> {
  try {
    const size = await file.size();
    for (const fill of ['noise', 'zeros'] as const) {
      for (let at = 0; at < size; at += WIPE_BYTES) {
        const bytes = Buffer.alloc(Math.min(WIPE_BYTES, size - at));
        if (fill === 'noise') randomFillSync(bytes);
        await file.write(bytes, at);
      }
      await file.datasync();
    }
  } finally {
    await file.close();
  }
}

/** What was acknowledged since the backup and is only in the journal here stays in force; what is only in the backup's comes to it. */
async function joinJournals({ journalFolder, openJournalFile, log }: RestoreParts, folder: string): Promise<void> {
  const about = (change: VaultChange): string => JSON.stringify(unnumbered(change));
  const copy = join(journalFolder, 'restored.journal');
  await copyFile(join(folder, FILES.journal), copy);
  const old = await openJournal<VaultChange>({ path: copy, after: 0, about });
  await old.close();
  const options = openJournalFile ? { openHandle: openJournalFile } : {};
  const here = await openVaultJournal(journalFolder, options).catch(async (fault: unknown) => {
    log.error('the journal here is damaged; it is put aside', { fault: String(fault) });
    await rename(journalPath(journalFolder), `${journalPath(journalFolder)}.damaged`);
    return openVaultJournal(journalFolder, options);
  });
  try {
    await append(here, old.entries, about);
  } finally {
    await here.close();
    await rm(copy);
  }
}
async function append(
  ...[here, entries, about]: readonly [VaultJournal, readonly VaultChange[], (change: VaultChange) => string]
): Promise<void> {
  const known = new Set(here.entries.map(about));
  // What another SQL had to say says nothing of this one.
  const missing = entries.filter((entry) => entry.do !== 'settled' && !known.has(about(entry))).map(unnumbered);
  for (let from = 0; from < missing.length; from += ENTRIES_PER_WRITE)
    await here.append(missing.slice(from, from + ENTRIES_PER_WRITE) as Parameters<VaultJournal['append']>[0]);
}
const unnumbered = ({ sequence: _sequence, ...rest }: VaultChange): Omit<VaultChange, 'sequence'> => rest;
