/** Whatever was put back is noticed, and a vault that went on where it stopped is not bothered. */
import { describe, expect, it } from 'vitest';
import { judgeStanding, type FoundNow } from './standing.ts';

const self = { inode: '7', born: '100' };
const keys = { inode: '8', born: '101' };
const sql = { incarnation: 'inc-1', why: 'founded', ledgerSize: 5, journalSequence: 3, awaiting: false } as const;
const file = { incarnation: 'inc-1', ledgerSize: 5, awaiting: false, from: null, root: 'r5', keys, self };
const found: FoundNow = { sql, file, self, keys, journalSequence: 4, ledgerSize: 9, rootThen: 'r5' };
const judged = (change: Partial<FoundNow>) => {
  const course = judgeStanding({ ...found, ...change });
  return 'why' in course ? course.why : course.is;
};

describe('how the vault stands at its start', () => {
  it.each([
    [{}, 'same'],
    [{ sql: null, file: null }, 'founded'],
    // Cut off while it was founded, and while a new incarnation began.
    [{ sql: null, file: { ...file, from: '' } }, 'founded'],
    [{ file: { ...file, incarnation: 'inc-2', from: 'inc-1' } }, 'sql-behind'],
    // A file system that tells no time of birth.
    [{ file: { ...file, self: { ...self, born: '0' } } }, 'same'],
    // A power cut took the newest rows.
    [{ sql: { ...sql, ledgerSize: 4 } }, 'sql-behind'],
  ] as const)('%j goes on: %s', (change, course) => expect(judged(change)).toBe(course));

  it.each([
    [{ sql: null }, 'sql-other'],
    [{ file: null }, 'folder-other'],
    [{ sql: { ...sql, incarnation: 'inc-0' } }, 'sql-other'],
    [{ self: { ...self, inode: '9' } }, 'folder-copied'],
    [{ self: { ...self, born: '200' } }, 'folder-copied'],
    [{ keys: { ...keys, born: '200' } }, 'keys-copied'],
    [{ keys: null }, 'keys-copied'],
    [{ ledgerSize: 4, rootThen: null }, 'ledger-older'],
    [{ rootThen: 'other' }, 'ledger-other'],
    [{ journalSequence: 2 }, 'journal-older'],
  ] as const)('%j was put back: %s', (change, why) => expect(judged(change)).toBe(why));
});
