/** Did the vault go on where it stopped, or was something put back? Judged from what SQL, the files and the ledger say. */

/** Who a file is on this file system: a copy of it is another. */
export interface FileSelf {
  readonly inode: string;
  /** Nanoseconds since 1970; `0` where the file system does not say. */
  readonly born: string;
}
export interface Standing {
  readonly incarnation: string;
  /** Why this life began. */
  readonly why: PutBack | 'founded';
  /** Every fact of the ledger before this entry is in SQL. */
  readonly ledgerSize: number;
  readonly journalSequence: number;
  /** The gate was not passed yet in this life. */
  readonly awaiting: boolean;
}
/** The same in a file beside the journal. */
export interface FileStanding extends Pick<Standing, 'incarnation' | 'ledgerSize' | 'awaiting'> {
  /** The life before, while this one is being written down; empty for none. */
  readonly from: string | null;
  /** Of the ledger at that size, base64. */
  readonly root: string;
  /** The key file, and the file itself, as they were when this was written. */
  readonly keys: FileSelf;
  readonly self: FileSelf;
}
export interface FoundNow {
  readonly sql: Standing | null;
  readonly file: FileStanding | null;
  readonly self: FileSelf | null;
  readonly keys: FileSelf | null;
  readonly journalSequence: number;
  readonly ledgerSize: number;
  /** The ledger's root at the size that the file names; `null` where it does not reach that far. */
  readonly rootThen: string | null;
}

/** `founded`: the first start. `same`: it went on. `behind`: SQL lost its newest rows. `other`: something was put back. */
export type Course = { readonly is: 'founded' | 'same' } | { readonly is: 'behind' | 'other'; readonly why: PutBack };
/** What the words are for whoever operates it. */
export const PUT_BACK = {
  'sql-other': 'the database was restored, or is another one',
  'folder-other': 'the folder of the vault is missing, older, or another vault’s',
  'folder-copied': 'the folder of the vault was copied here',
  'keys-copied': 'the key file was put in its place',
  'ledger-older': 'the ledger is an older one',
  'ledger-other': 'the ledger is another than the one it was',
  'journal-older': 'the journal is an older one',
  'keys-older': 'the key file held keys that were destroyed',
  'sql-behind': 'the database had lost its newest rows',
} as const;
export type PutBack = keyof typeof PUT_BACK;

/** `kept` without an inode: there was no such file. */
const isSame = (kept: FileSelf, now: FileSelf | null): boolean =>
  now === null ? kept.inode === '' : kept.inode === now.inode && (kept.born === '0' || kept.born === now.born);

export function judgeStanding(found: FoundNow): Course {
  const { sql, file } = found;
  if (!file) return sql ? other('folder-other') : { is: 'founded' };
  if (!sql) return file.from === '' ? { is: 'founded' } : other('sql-other');
  const why = putBack(found, sql, file);
  if (why) return other(why);
  const isBehind = sql.ledgerSize < file.ledgerSize || sql.incarnation !== file.incarnation;
  return isBehind ? { is: 'behind', why: 'sql-behind' } : { is: 'same' };
}
const other = (why: PutBack): Course => ({ is: 'other', why });

function putBack(found: FoundNow, sql: Standing, file: FileStanding): PutBack | null {
  if (!isSame(file.self, found.self)) return 'folder-copied';
  if (!isSame(file.keys, found.keys)) return 'keys-copied';
  if (sql.incarnation !== file.incarnation && sql.incarnation !== file.from) return 'sql-other';
  if (found.ledgerSize < Math.max(file.ledgerSize, sql.ledgerSize)) return 'ledger-older';
  if (found.rootThen !== file.root) return 'ledger-other';
  return found.journalSequence < sql.journalSequence ? 'journal-older' : null;
}
