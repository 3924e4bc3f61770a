/** What an entry of the ledger says beside its kind and its subject: without repeating either. Pure. */
import type { LedgerEntry } from '@cityward/contracts';

/** `A situation grew: sit-1 (14 cameras began…), 14 devices` reads `14 cameras began…, 14 devices`; other sentences stay. */
export function said({ text, subject }: Pick<LedgerEntry, 'text' | 'subject'>): string {
  const mark = `${subject} (`;
  const from = text.indexOf(mark);
  const to = text.lastIndexOf(')');
  if (subject === '' || from < 0 || to < from + mark.length) return text;
  return `${text.slice(from + mark.length, to)}${text.slice(to + 1)}`;
}
