/** Entries as people read them: newest first, filtered, in plain English. */
import type { LedgerEntry } from '@cityward/contracts';
import type { LogCore } from './core.ts';
import { describeFact } from './domain/text.ts';
import type { StoredRecord } from './read-back.ts';
import type { EntryFilter, EntryWindow, IndexStore } from './store.ts';

const LIMIT_DEFAULT = 100;
/** While the SQL index is behind, so many of the newest entries are searched in the log itself. */
const TAIL_ENTRIES_MAX = 20_000;
const TAIL_STEP_ENTRIES = 1_000;

export interface EntryQuery extends EntryFilter {
  readonly before?: number;
  readonly limit?: number;
}

export interface EntryNeeds {
  readonly core: LogCore;
  readonly store: IndexStore;
  /** Entries that SQL knows. */
  indexed(): number;
}

const descending = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, from - to) }, (_, i) => from - 1 - i);

/** The body of a personal fact leaves only in a pack, whose export is logged. */
function shown({ index, body, commitment }: StoredRecord): LedgerEntry {
  const { at, module, type, actor, subject, personal } = body;
  return {
    index,
    at,
    module,
    type,
    actor,
    subject,
    text: describeFact(body),
    commitment,
    personal,
    body: personal ? null : { ...body.data },
  };
}

const fits = (body: StoredRecord['body'], { type, types, subject, actor, from, to }: EntryFilter): boolean =>
  (type ?? body.type) === body.type &&
  (types?.includes(body.type) ?? true) &&
  (subject ?? body.subject) === body.subject &&
  (actor ?? body.actor) === body.actor &&
  (from ?? body.at) <= body.at &&
  (to ?? body.at) >= body.at;

/** What SQL does not know yet is searched in the log; what it knows, in SQL. */
async function filteredIndices(
  { core, store, ...needs }: EntryNeeds,
  filter: EntryFilter,
  { before, limit }: EntryWindow,
): Promise<number[]> {
  const indexed = needs.indexed();
  const floor = Math.max(indexed, before - TAIL_ENTRIES_MAX);
  const found: number[] = [];
  for (let high = before; high > floor && found.length < limit; high -= TAIL_STEP_ENTRIES) {
    const part = await core.read(descending(high, Math.max(floor, high - TAIL_STEP_ENTRIES)));
    for (const { index, body } of part) if (fits(body, filter)) found.push(index);
  }
  if (found.length < limit) {
    const rest = { before: Math.min(before, indexed), limit: limit - found.length };
    found.push(...(await store.find(filter, rest)));
  }
  return found.slice(0, limit);
}

export async function listEntries(
  needs: EntryNeeds,
  query: EntryQuery,
): Promise<{ size: number; entries: LedgerEntry[] }> {
  const { size, records } = await listRecords(needs, query);
  return { size, entries: records.map(shown) };
}

/** With the bodies of personal facts: for a module that answers to the person alone. */
export async function listRecords(
  needs: EntryNeeds,
  { before: wanted, limit = LIMIT_DEFAULT, ...filter }: EntryQuery,
): Promise<{ size: number; records: readonly StoredRecord[] }> {
  const { core } = needs;
  const before = Math.min(wanted ?? core.size, core.size);
  const isFiltered = Object.keys(filter).length > 0;
  const indices = isFiltered
    ? await filteredIndices(needs, filter, { before, limit })
    : descending(before, Math.max(0, before - limit));
  return { size: core.size, records: await core.read(indices) };
}
