/** Records as they lie in SQL, the last that were asked for at hand: their heads and their newest ciphertext, never anything in the clear. */
import type { Sql } from '@cityward/sql';
import { sealedOf, type FetchArchived } from '../archive/fetching.ts';
import { readHead, readVersion, type RecordHead, type StoredVersion } from './store.ts';

/** Of ciphertext that is kept at hand; the least lately used makes room. */
export const SHELF_MAX_BYTES = 64 * 1_048_576;
/** What an entry costs beside its ciphertext. */
const ENTRY_BYTES = 512;

interface Entry {
  readonly head: RecordHead;
  /** The newest version; `null` until it is asked for. */
  readonly newest: StoredVersion | null;
}
const sizeOf = ({ newest }: Entry): number => ENTRY_BYTES + (newest?.content.length ?? 0);

export interface ShelfOptions {
  readonly maxBytes?: number;
  readonly fetchArchived?: FetchArchived;
}
const NOTHING_ARCHIVED: FetchArchived = () => Promise.resolve(null);

export class Shelf {
  readonly #sql: Sql;
  readonly #maxBytes: number;
  readonly #fetchArchived: FetchArchived;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  /** Grows when anything is forgotten: what was read before that is not put back. */
  #generation = 0;

  constructor(sql: Sql, { maxBytes = SHELF_MAX_BYTES, fetchArchived = NOTHING_ARCHIVED }: ShelfOptions = {}) {
    this.#sql = sql;
    this.#maxBytes = maxBytes;
    this.#fetchArchived = fetchArchived;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async head(record: string): Promise<RecordHead | null> {
    const held = this.#entries.get(record);
    if (held) return held.head;
    const generation = this.#generation;
    const head = await readHead(this.#sql, record);
    if (head && generation === this.#generation) this.#put(record, { head, newest: null });
    return head;
  }

  /** Asks SQL for what is at hand, for nothing but the time it takes. */
  async askAgain(record: string): Promise<void> {
    await readHead(this.#sql, record);
  }

  /** The newest without a number; `null` where there is no such version, its content is gone; said where the archive does not have it. */
  async version(head: RecordHead, version?: number): Promise<StoredVersion | 'not-in-archive' | null> {
    if (version !== undefined) return this.#read(head.id, version);
    const held = this.#entries.get(head.id);
    if (held?.newest) {
      this.#put(head.id, held);
      return held.newest;
    }
    const generation = this.#generation;
    const newest = await this.#read(head.id);
    if (newest && newest !== 'not-in-archive' && generation === this.#generation) this.#put(head.id, { head, newest });
    return newest;
  }

  /** From SQL, or from the archive, where it lies as it lay in SQL. */
  async #read(record: string, version?: number): Promise<StoredVersion | 'not-in-archive' | null> {
    const row = await readVersion(this.#sql, record, version);
    if (row === null) return null;
    const { archived, content: _content, ...about } = row;
    const content = await sealedOf(this.#fetchArchived, row);
    if (content) return { ...about, content };
    return archived === null ? null : 'not-in-archive';
  }

  holds(record: string): boolean {
    return this.#entries.get(record)?.newest != null;
  }

  /** It has changed. */
  forget(record: string): void {
    this.#generation++;
    this.#drop(record);
  }

  #put(record: string, entry: Entry): void {
    this.#drop(record);
    this.#entries.set(record, entry);
    this.#bytes += sizeOf(entry);
    while (this.#bytes > this.#maxBytes) this.#drop(this.#entries.keys().next().value!);
  }

  #drop(record: string): void {
    const entry = this.#entries.get(record);
    if (!entry) return;
    this.#entries.delete(record);
    this.#bytes -= sizeOf(entry);
  }
}
