/** What all exports of a category have in common: their key, and the sealed book of whom they showed alike. */
import { ok, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import type { Keyring, OpenKey } from '../keys/keyring.ts';
import { openContent, sealContent } from '../keys/sealed.ts';
import { decodeBook, encodeBook, type BudgetBook } from './budget-book.ts';
import * as store from './export-store.ts';

const BOOK_MEDIA = 'application/octet-stream';
/** Names the key by which people are told apart in the book. */
export const PEOPLE_KEY = 'people';

export interface OpenDataset {
  readonly dataset: store.Dataset;
  readonly key: OpenKey;
  readonly book: BudgetBook;
}
/** Its key lies below ranks of its own, so that no person's destruction is that of the dataset. */
export async function openDataset(
  { sql, keyring }: { readonly sql: Sql; readonly keyring: Keyring },
  category: string,
): Promise<Result<OpenDataset, Refusal>> {
  const known = await store.readDataset(sql, category);
  if (known) {
    const key = await keyring.open(known.key);
    if (!key.ok) return key;
    const open = { id: known.key, key: key.value };
    const book = known.book === null ? ok(new Map<string, number>()) : openBook(known, open);
    return book.ok ? ok({ dataset: known, key: open, book: book.value }) : book;
  }
  const subjects = await keyring.addSubjects(1);
  const above = await keyring.addCategories(subjects);
  if (!above.ok) return above;
  const made = await keyring.addRecordKeys(above.value);
  if (!made.ok) return made;
  const key = made.value[0]!;
  await store.addDataset(sql, category, key.id);
  keyring.settle([...subjects, ...above.value, key.id]);
  return ok({ dataset: { category, key: key.id, releases: 0, book: null }, key, book: new Map() });
}

/** Bound to how many releases it is after: an older book put back does not open. */
const bookBinding = (category: string, releases: number) => ({
  ...{ record: `exports of ${category}`, version: releases, subject: 'exports', category, media: BOOK_MEDIA },
});
export const sealBook = ({ category, releases }: store.Dataset, key: OpenKey, book: BudgetBook): Buffer =>
  sealContent(key, bookBinding(category, releases + 1), encodeBook(book));
function openBook({ category, releases, book }: store.Dataset, key: OpenKey): Result<BudgetBook, Refusal> {
  const opened = openContent(key, bookBinding(category, releases), book!);
  return opened.ok ? ok(decodeBook(opened.value)) : opened;
}
