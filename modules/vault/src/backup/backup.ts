/** Makes a backup of the vault: the tables at one moment, the keys sealed by the key of the week, the journal, and what says so. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { syncFolder } from '@cityward/journal';
import { isoTime, newId, ok, OperationalFault, refuse, type Millis, type Refusal, type Result } from '@cityward/kernel';
import type { FetchArchived } from '../archive/fetching.ts';
import type { CopyRegister } from '../copies/copy.ts';
import { epochEnds } from '../domain/epoch.ts';
import type { KeySlots } from '../keys/key-slots.ts';
import type { RootKey } from '../keys/keyring.ts';
import type { VaultOptions } from '../needs.ts';
import { journalPath } from '../vault-journal.ts';
import { writeArchived, type ArchivedCount } from './archived.ts';
import { isThere, type Epochs } from './epochs.ts';
import {
  FILES,
  FORMAT,
  keysContext,
  MANIFEST,
  manifestText,
  sha256,
  type BackupFile,
  type Manifest,
} from './manifest.ts';
import { draftOf } from './keeper.ts';
import { sealKeys } from './sealed-keys.ts';
import { dumpTables, migrationsOf } from './tables.ts';

const MODULE = 'vault';
const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY = 0o600;
const CHUNK_CHARS = 1_048_576;
const NOTHING_ARCHIVED: ArchivedCount = { objects: 0, missing: 0 };
const BASIS = 'to restore the vault after a disaster';

export type OpenBackupFile = (path: string) => Promise<Pick<FileHandle, 'write' | 'datasync' | 'close'>>;
const openNew: OpenBackupFile = (path) => open(path, 'wx', OWNER_ONLY);

export interface BackupParts extends Pick<VaultOptions, 'sql' | 'clock' | 'log' | 'ledger' | 'journalFolder'> {
  readonly fetchArchived: FetchArchived;
  readonly slots: KeySlots;
  readonly root: RootKey;
  readonly epochs: Epochs;
  readonly weeks: number;
  readonly copies: CopyRegister;
  readonly incarnation: string;
  readonly openFile?: OpenBackupFile | undefined;
}
export interface Asked {
  /** In which a folder is made. */
  readonly folder: string;
  /** On another medium: root and backup keys are brought there. */
  readonly keysTo: string | null;
  readonly by: string;
}
export interface Made {
  readonly folder: string;
  readonly id: string;
  readonly bytes: number;
  readonly unreadableFrom: number;
  readonly archive: ArchivedCount;
}

export async function makeBackup(parts: BackupParts, asked: Asked): Promise<Result<Made, Refusal>> {
  const { clock, copies, weeks } = parts;
  const folder = resolve(asked.folder);
  if (!(await isThere(folder)))
    return refuse(
      'not-found',
      'BACKUP_FOLDER_MISSING',
      `back the vault up to "${asked.folder}": there is no such folder`,
    );
  const at = clock();
  const id = newId<string>('bak');
  const name = `vault-${isoTime(at as Millis).slice(0, 10)}-${id.slice(4)}`;
  const final = join(folder, name);
  const draft = draftOf(final);
  const epoch = await parts.epochs.current();
  const unreadableFrom = epochEnds(epoch.epoch, weeks);
  const copy = await copies.register({
    kind: 'backup',
    place: `backup:${final}`,
    custodian: 'city',
    basis: BASIS,
    holding: { of: 'snapshot' },
    openedBy: [epoch.id],
    expires: unreadableFrom,
  });
  try {
    const manifest = await writeAll(parts, { draft, id, at, epoch });
    if (asked.keysTo !== null) await parts.epochs.keepApart(resolve(asked.keysTo));
    // Known to the ledger before it has its name: one that lies there whole can be restored.
    await tell(parts, { manifest, place: `backup:${final}`, expires: unreadableFrom, by: asked.by });
    await rename(draft, final);
    await syncFolder(folder);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    return ok({ folder: final, id, bytes, unreadableFrom, archive: manifest.archive });
  } catch (fault) {
    for (const left of [draft, final]) await rm(left, { recursive: true, force: true });
    await copies.close(copy, 'it was not finished, and nothing of it is left');
    throw new OperationalFault(
      `back the vault up to "${asked.folder}": ${(fault as Error).message}; nothing was left there`,
      {
        cause: fault,
      },
    );
  } finally {
    epoch.key.fill(0);
  }
}

interface Writing {
  readonly draft: string;
  readonly id: string;
  readonly at: number;
  readonly epoch: { readonly epoch: number; readonly id: string; readonly key: Buffer };
}
/** The ledger first, then the tables, then keys and journal: what comes after is at least as new as what came before. */
async function writeAll(parts: BackupParts, { draft, id, at, epoch }: Writing): Promise<Manifest> {
  const { sql, log, ledger, slots, root, weeks, incarnation, journalFolder, fetchArchived, openFile = openNew } = parts;
  await mkdir(draft, { mode: OWNER_ONLY_FOLDER });
  const { origin, size, checkpoint } = ledger.standing();
  const migrations = await migrationsOf(sql);
  let archived = NOTHING_ARCHIVED;
  let archive: BackupFile | null = null;
  const tables = await writeFile(openFile, join(draft, FILES.tables), (write) =>
    dumpTables(
      sql,
      (line) => write(`${line}\n`),
      async (tx) => {
        archive = await writeFile(openFile, join(draft, FILES.archive), async (put) => {
          archived = await writeArchived(tx, fetchArchived, put);
        });
      },
    ),
  );
  if (archived.missing > 0)
    log.error('objects are not in the archive, nor in this backup', { objects: archived.missing });
  const context = keysContext({ id, epoch: epoch.epoch, root: root.id });
  const sealed = sealKeys(epoch.key, slots.copyOut(), context);
  const keys = await writeFile(openFile, join(draft, FILES.keys), (write) => write(sealed));
  const lines = await readFile(journalPath(journalFolder));
  const journal = await writeFile(openFile, join(draft, FILES.journal), (write) => write(lines));
  const manifest: Manifest = {
    ...{ format: FORMAT, id, made: at, incarnation, root: root.id, migrations },
    epoch: { number: epoch.epoch, key: epoch.id, destroyed: epochEnds(epoch.epoch, weeks) },
    ledger: { origin, size, checkpoint },
    archive: archived,
    files: [tables, archive!, keys, journal],
  };
  await writeFile(openFile, join(draft, MANIFEST), (write) => write(manifestText(manifest)));
  await syncFolder(draft);
  return manifest;
}

type Write = (part: string | Uint8Array) => Promise<void>;
/** On disk when it resolves. */
async function writeFile(
  ...[openFile, path, fill]: readonly [OpenBackupFile, string, (write: Write) => Promise<void>]
): Promise<BackupFile> {
  const handle = await openFile(path);
  const hash = createHash('sha256');
  let [bytes, waiting] = [0, ''];
  const put = async (part: Uint8Array): Promise<void> => {
    hash.update(part);
    for (let done = 0; done < part.length;)
      done += (await handle.write(part, done, part.length - done, bytes + done)).bytesWritten;
    bytes += part.length;
  };
  const flush = async (): Promise<void> => {
    const part = Buffer.from(waiting);
    waiting = '';
    await put(part);
  };
  try {
    await fill(async (part) => {
      if (typeof part !== 'string') return put(part);
      waiting += part;
      if (waiting.length > CHUNK_CHARS) await flush();
    });
    await flush();
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return { name: path.slice(path.lastIndexOf('/') + 1), bytes, sha256: hash.digest('hex') };
}

interface Telling {
  readonly manifest: Manifest;
  readonly place: string;
  readonly expires: number;
  readonly by: string;
}
/** On disk in the ledger before it is answered for: a backup that it does not know, or knows otherwise, is not restored. */
async function tell({ ledger, clock }: BackupParts, { manifest, place, expires, by }: Telling): Promise<void> {
  const copy = { place, expires, key: manifest.epoch.key, basis: BASIS };
  const data = { manifest: sha256(manifestText(manifest)), entries: manifest.ledger.size, ...copy };
  const fact = { module: MODULE, type: 'vault.backed-up', actor: by, subject: manifest.id, at: clock(), data } as const;
  await ledger.append([{ ...fact, id: newId<string>('evt') }]);
}
