/** What a backup says of itself; its hash is in the ledger, so that nobody changes a backup unseen. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationalFault } from '@cityward/kernel';
import type { ArchivedCount } from './archived.ts';
import type { Migration } from './tables.ts';

export const FORMAT = 'cityward-vault-backup-2';
export const FILES = {
  tables: 'tables.ndjson',
  keys: 'keys.sealed',
  journal: 'vault.journal',
  archive: 'archive.objects',
} as const;
export const MANIFEST = 'manifest.json';
const MANIFEST_MAX_BYTES = 1_048_576;

export interface BackupFile {
  readonly name: string;
  readonly bytes: number;
  /** Hex SHA-256. */
  readonly sha256: string;
}
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly id: string;
  readonly made: number;
  readonly incarnation: string;
  /** Id of the root key. */
  readonly root: string;
  readonly epoch: { readonly number: number; readonly key: string; readonly destroyed: number };
  readonly migrations: readonly Migration[];
  /** As it was before the first row was read: what is in it, and more, is in the tables. */
  readonly ledger: { readonly origin: string; readonly size: number; readonly checkpoint: string };
  readonly archive: ArchivedCount;
  readonly files: readonly BackupFile[];
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

/** Additional data of the sealed keys: those of another backup, or another week, do not open in their place. */
export const keysContext = ({ id, epoch, root }: Pick<Manifest, 'id' | 'root'> & { readonly epoch: number }): Buffer =>
  Buffer.from(JSON.stringify(['cityward-backup-keys-v1', id, epoch, root]));

export async function readManifest(folder: string): Promise<{ readonly manifest: Manifest; readonly hash: string }> {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (fault) {
    throw new OperationalFault(`read the backup "${folder}": ${(fault as Error).message}`, { cause: fault });
  }
  const manifest = text.length > MANIFEST_MAX_BYTES ? null : parsed(text);
  if (manifest?.format !== FORMAT || manifestText(manifest) !== text)
    throw new OperationalFault(`read the backup "${folder}": its ${MANIFEST} is none of this kind`);
  return { manifest, hash: sha256(text) };
}
function parsed(text: string): Manifest | null {
  try {
    const value = JSON.parse(text) as Manifest | null;
    const isWhole =
      typeof value === 'object' &&
      value !== null &&
      typeof value.id === 'string' &&
      typeof value.epoch?.number === 'number' &&
      Array.isArray(value.files) &&
      Array.isArray(value.migrations) &&
      typeof value.archive?.objects === 'number' &&
      typeof value.ledger?.size === 'number';
    return isWhole ? value : null;
  } catch {
    return null;
  }
}
