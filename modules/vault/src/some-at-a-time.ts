/** Long lists of ids, as SQL is asked about them. */

/** Ids in one question to SQL. */
const IDS_PER_QUERY = 500;

export function* someAtATime<Item>(all: readonly Item[], count = IDS_PER_QUERY): Generator<readonly Item[]> {
  for (let from = 0; from < all.length; from += count) yield all.slice(from, from + count);
}
