/** Long lists of ids, as SQL is asked about them. */

/** Ids in one question to SQL. */
const IDS_PER_QUERY = 500;

export function* someAtATime<Item>(all: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < all.length; from += IDS_PER_QUERY) yield all.slice(from, from + IDS_PER_QUERY);
}
