/** Objects of the archive in a backup, one after the other: SHA-256, length, bytes. A backup without them would not bring back what lies there. */
import { open } from 'node:fs/promises';
import { sql as raw } from 'kysely';
import { OperationalFault } from '@cityward/kernel';
import type { Sql, Tx } from '@cityward/sql';
import { fetchFrom, type FetchArchived } from '../archive/fetching.ts';
import { sha256 } from '../domain/destruction.ts';
import type { ArchiveMedium, VaultOptions } from '../needs.ts';

const HASH_BYTES = 32;
const HEAD_BYTES = HASH_BYTES + 8;
/** Objects whose names are read at once. */
const NAMES = 1_000;
/** Records that are named where their objects are missing. */
export const MISSING_NAMED_MAX = 100;

export interface Archived {
  readonly hash: string;
  /** One of those whose content it is. */
  readonly record: string;
}
/** Of what is not destroyed, as it is in that transaction. */
export async function* archivedIn(tx: Tx): AsyncGenerator<Archived> {
  for (let after = ''; ;) {
    const { rows } = await raw<Archived>`select v.archived as hash, min(v.record) as record
      from vault.version v join vault.record r on r.id = v.record
      where v.archived is not null and v.archived > ${after} and r.destroyed_at is null
      group by v.archived order by v.archived limit ${NAMES}`.execute(tx.for());
    yield* rows;
    if (rows.length < NAMES) return;
    after = rows.at(-1)!.hash;
  }
}

/** What of the archive is in a backup. */
export interface ArchivedCount {
  readonly objects: number;
  /** That the archive had not as they were put there. */
  readonly missing: number;
}
export async function writeArchived(
  tx: Tx,
  fetch: FetchArchived,
  write: (part: Uint8Array) => Promise<void>,
): Promise<ArchivedCount> {
  let [objects, missing] = [0, 0];
  for await (const { hash } of archivedIn(tx)) {
    const bytes = await fetch(hash);
    if (!bytes) {
      missing++;
      continue;
    }
    const head = Buffer.alloc(HEAD_BYTES);
    head.write(hash, 'hex');
    head.writeBigUInt64BE(BigInt(bytes.length), HASH_BYTES);
    await write(head);
    await write(bytes);
    objects++;
  }
  return { objects, missing };
}

/** Into the archive, where it has them not or has them otherwise. What is there already stays. */
export async function putArchived(
  { log }: Pick<VaultOptions, 'log'>,
  { path, medium }: { readonly path: string; readonly medium: ArchiveMedium },
): Promise<void> {
  const fetch = fetchFrom({ medium, log });
  const file = await open(path);
  const read = async (length: number, at: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(length);
    for (let got = 0; got < length;) {
      const { bytesRead } = await file.read(bytes, got, length - got, at + got);
      if (bytesRead === 0) throw new OperationalFault(`read "${path}": it ends in the middle of an object`);
      got += bytesRead;
    }
    return bytes;
  };
  try {
    const { size } = await file.stat();
    for (let at = 0; at < size;) {
      const head = await read(HEAD_BYTES, at);
      const [hash, length] = [head.toString('hex', 0, HASH_BYTES), Number(head.readBigUInt64BE(HASH_BYTES))];
      if (length > size - at - HEAD_BYTES)
        throw new OperationalFault(`read "${path}": it ends in the middle of an object`);
      const bytes = await read(length, at + HEAD_BYTES);
      if (sha256(bytes) !== hash) throw new OperationalFault(`read "${path}": object "${hash}" is another there`);
      if (!(await fetch(hash))) {
        await medium.delete(hash);
        await medium.put(bytes);
      }
      at += HEAD_BYTES + length;
    }
  } finally {
    await file.close();
  }
}

/** Asked of what was put back: how many objects the tables name, and records whose object is nowhere. */
export async function lookForArchived(
  sql: Sql,
  medium: ArchiveMedium | null,
): Promise<{ readonly objects: number; readonly missing: number; readonly records: string[] }> {
  const records: string[] = [];
  let [objects, missing] = [0, 0];
  await sql.transact(async (tx) => {
    for await (const { hash, record } of archivedIn(tx)) {
      objects++;
      if (await medium?.has(hash)) continue;
      missing++;
      if (records.length < MISSING_NAMED_MAX) records.push(record);
    }
  });
  return { objects, missing, records };
}
