/** Which set of a dataset's people each is in by all its exports so far: keyed digests and numbers, sealed where they lie. */
import { createHmac } from 'node:crypto';
import { LEFT_OUT, OUTSIDE, setsAfter } from '../domain/exports/budget.ts';

/** Of a digest: people of one dataset do not meet in it. */
const DIGEST_BYTES = 12;
const SET_BYTES = 4;
const ENTRY_BYTES = DIGEST_BYTES + SET_BYTES;
/** People of one dataset that any export ever showed. */
export const BUDGET_PEOPLE_MAX = 1_000_000;

/** The set of each person, by digest; whoever is not in it no export has shown. */
export type BudgetBook = ReadonlyMap<string, number>;

export const digestOf = (key: Buffer, subject: string): string =>
  createHmac('sha256', key).update(subject).digest().subarray(0, DIGEST_BYTES).toString('base64url');

export function encodeBook(book: BudgetBook): Buffer {
  const bytes = Buffer.alloc(book.size * ENTRY_BYTES);
  let at = 0;
  // In the order of the digests: the order in which people came in is not kept.
  for (const [digest, set] of [...book].sort(([a], [b]) => (a < b ? -1 : 1))) {
    bytes.write(digest, at, 'base64url');
    bytes.writeUInt32BE(set, at + DIGEST_BYTES);
    at += ENTRY_BYTES;
  }
  return bytes;
}

export function decodeBook(bytes: Buffer): BudgetBook {
  const book = new Map<string, number>();
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES)
    book.set(bytes.toString('base64url', at, at + DIGEST_BYTES), bytes.readUInt32BE(at + DIGEST_BYTES));
  return book;
}

/** How many people are in a book of so many bytes. */
export const peopleIn = (bytes: number): number => Math.floor(bytes / ENTRY_BYTES);

/** Where each row stands, and how many people of each set have no row. */
export function standingIn(book: BudgetBook, digests: readonly string[]) {
  const gone = new Map<number, number>();
  const here = new Set(digests);
  for (const [digest, set] of book) if (!here.has(digest)) gone.set(set, (gone.get(set) ?? 0) + 1);
  return { sets: Int32Array.from(digests, (digest) => book.get(digest) ?? OUTSIDE), gone };
}

/** Whoever left keeps their digest: shown once, they count for good. */
export function bookAfter(
  book: BudgetBook,
  digests: readonly string[],
  { sets, gone }: { readonly sets: Int32Array; readonly gone: ReadonlyMap<number, number> },
): BudgetBook {
  const here = new Set(digests);
  const left = [...book].filter(([digest]) => !here.has(digest));
  return new Map([
    ...left.map(([digest, set]) => [digest, gone.get(set)!] as const),
    ...digests.flatMap((digest, row) => (sets[row] === OUTSIDE ? [] : [[digest, sets[row]!] as const])),
  ]);
}

/** The same once more, from what everybody was told of a release: whom it showed, and in which class. */
export function bookAfterTold(book: BudgetBook, told: ReadonlyMap<string, number>): BudgetBook {
  const digests = [...new Set([...book.keys(), ...told.keys()])];
  const sets = Int32Array.from(digests, (digest) => book.get(digest) ?? OUTSIDE);
  const classes = Int32Array.from(digests, (digest) => told.get(digest) ?? LEFT_OUT);
  return bookAfter(book, digests, setsAfter(sets, classes, new Map()));
}
