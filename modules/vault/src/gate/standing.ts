/** Where the vault stands, kept twice: in SQL, and in a file beside the journal that knows who it is on its file system. */
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql as raw, type Kysely } from 'kysely';
import { syncFolder } from '@cityward/journal';
import type { Sql, Tx } from '@cityward/sql';
import type { FileSelf, FileStanding, Standing } from '../domain/standing.ts';

const OWNER_ONLY = 0o600;
const FILE = 'standing.json';

interface Tables {
  'vault.incarnation': { id: string; begun: number; why: string };
  'vault.standing': {
    one: boolean;
    incarnation: string;
    ledger_size: number;
    journal_sequence: number;
    awaiting: boolean;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export async function readStanding(reader: Reader): Promise<Standing | null> {
  const row = await db(reader)
    .selectFrom('vault.standing')
    .innerJoin('vault.incarnation', 'vault.incarnation.id', 'vault.standing.incarnation')
    .select(['incarnation', 'ledger_size', 'journal_sequence', 'awaiting', 'why'])
    .executeTakeFirst();
  if (!row) return null;
  const { incarnation, ledger_size: ledgerSize, journal_sequence: journalSequence, awaiting, why } = row;
  return { incarnation, ledgerSize, journalSequence, awaiting, why: why as Standing['why'] };
}
export async function writeStanding(tx: Tx, standing: Standing): Promise<void> {
  const { incarnation, ledgerSize, journalSequence, awaiting } = standing;
  const row = { incarnation, ledger_size: ledgerSize, journal_sequence: journalSequence, awaiting };
  await db(tx)
    .insertInto('vault.standing')
    .values({ one: true, ...row })
    .onConflict((conflict) => conflict.column('one').doUpdateSet(row))
    .execute();
}
export const addIncarnation = async (
  tx: Tx,
  life: { readonly id: string; readonly begun: number; readonly why: string },
): Promise<void> => void (await db(tx).insertInto('vault.incarnation').values(life).execute());

/** Ids of keys, of whatever rank and version, that belong to destroyed records. */
export async function keysOfDestroyed(reader: Reader): Promise<string[]> {
  const { rows } = await raw<{ key: string }>`select version.key from vault.version as version
    join vault.record as record on record.id = version.record where record.destroyed_at is not null`.execute(
    db(reader),
  );
  return rows.map(({ key }) => key);
}

/** `null` for no such file. */
export async function selfOf(path: string): Promise<FileSelf | null> {
  try {
    const { ino, birthtimeNs } = await stat(path, { bigint: true });
    return { inode: String(ino), born: String(birthtimeNs) };
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fault;
  }
}
/** Where a file system knows no time of birth, it gives the time of the last change, which no second look finds again. */
async function lastingSelf(handle: Awaited<ReturnType<typeof open>>): Promise<FileSelf> {
  await handle.chmod(OWNER_ONLY);
  const { ino, birthtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  return { inode: String(ino), born: birthtimeNs === ctimeNs ? '0' : String(birthtimeNs) };
}

/** `null` where there is none, or one that nobody wrote: both are a folder that is not the one it was. */
export async function readFileStanding(
  folder: string,
): Promise<{ readonly standing: FileStanding; readonly self: FileSelf } | null> {
  const path = join(folder, FILE);
  const self = await selfOf(path);
  if (!self) return null;
  try {
    return { standing: JSON.parse(await readFile(path, 'utf8')) as FileStanding, self };
  } catch {
    return null;
  }
}

/** Complete and on disk, or as it was before. */
export async function writeFileStanding(folder: string, standing: Omit<FileStanding, 'self'>): Promise<void> {
  const [path, draft] = [join(folder, FILE), join(folder, `${FILE}.new`)];
  const handle = await open(draft, 'w', OWNER_ONLY);
  try {
    const self = await lastingSelf(handle);
    await handle.writeFile(`${JSON.stringify({ ...standing, self } satisfies FileStanding)}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}
