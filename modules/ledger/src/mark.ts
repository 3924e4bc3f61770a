/** Small files beside the log: who it is, and how far its derived files are known to be on disk. */
import { readFileSync } from 'node:fs';
import { OperationalFault } from '@cityward/kernel';
import { replaceFile } from './files.ts';
import type { TreeMark } from './tree-store.ts';
import type { WalPlace } from './wal.ts';

/** Everything derived from the first `size` entries was synced when this was written. */
export interface Mark extends TreeMark {
  readonly root: string;
  readonly wal: WalPlace;
  /** The place in the outbox of the newest entry that came from there. */
  readonly position: number;
}

export interface LogName {
  readonly origin: string;
  readonly verifierKey: string;
}

function readJson(path: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** `null` when there is none that can be used: then everything is derived again. */
export function readMark(path: string): Mark | null {
  const value = readJson(path);
  if (!value) return null;
  const { size, entriesBytes, root, position } = value;
  const wal = value['wal'] as Partial<WalPlace> | undefined;
  if (!isCount(size) || !isCount(entriesBytes) || !isCount(position) || typeof root !== 'string') return null;
  if (!isCount(wal?.segment) || !isCount(wal.offset)) return null;
  return { size, entriesBytes, root, position, wal: { segment: wal.segment, offset: wal.offset } };
}

export const writeMark = (path: string, mark: Mark): Promise<void> =>
  replaceFile(path, `${JSON.stringify(mark)}\n`, 'name-too');

/** Writes the log's name at its first start; later refuses any other, since proofs handed out name this one. */
export async function holdName(path: string, name: LogName): Promise<void> {
  const held = readJson(path);
  if (!held) return replaceFile(path, `${JSON.stringify(name, null, 2)}\n`, 'name-too');
  if (held['origin'] !== name.origin)
    throw new OperationalFault(
      `open the ledger: it is "${String(held['origin'])}", not "${name.origin}"; keep the origin it began with`,
    );
  if (held['verifierKey'] !== name.verifierKey)
    throw new OperationalFault(
      `open the ledger: its key file holds another key than "${String(held['verifierKey'])}"; restore the key it began with`,
    );
}
