/** Drawn pages but for their marks, in memory only: few, for minutes, and overwritten when they go. */
import { sizeInMemory, wipe, type PreparedPage } from '@cityward/pictures';

export const PAGES_MAX_BYTES = 192 * 1_048_576;
export const PAGE_IDLE_MS = 120_000;

export interface PageOf {
  readonly record: string;
  readonly version: number;
  readonly page: number;
}
/** A page in use: as long as it is, it makes room for no other, and is overwritten only when its record ends. */
export interface PageInUse {
  /** `null` once it was overwritten. */
  readonly drawn: PreparedPage | null;
  leave(): void;
}
interface Entry {
  readonly record: string;
  readonly key: string;
  readonly consents: Set<string>;
  drawn: PreparedPage | null;
  users: number;
  lastUsed: number;
}
const keyOf = ({ record, version, page }: PageOf): string => `${record}/${version}/${page}`;

export class PageCache {
  readonly #now: () => number;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  /** Grows when anything is forgotten: what was drawn from before is not kept. */
  #generation = 0;

  constructor(now: () => number, maxBytes = PAGES_MAX_BYTES) {
    this.#now = now;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }
  get bytes(): number {
    return this.#bytes;
  }
  get generation(): number {
    return this.#generation;
  }

  /** `null` where it is not at hand. */
  use(page: PageOf, consent: string | null): PageInUse | null {
    const entry = this.#entries.get(keyOf(page));
    return entry ? this.#enter(entry, consent) : null;
  }

  /** `since`: the generation when its content was opened. */
  keep(page: PageOf, drawn: PreparedPage, { consent, since }: { consent: string | null; since: number }): PageInUse {
    const entry: Entry = { record: page.record, key: keyOf(page), consents: new Set(), drawn, users: 0, lastUsed: 0 };
    // Where two drew it at once, the first is kept.
    const isKept = since === this.#generation && !this.#entries.has(entry.key);
    if (isKept) this.#entries.set(entry.key, entry);
    const use = this.#enter(entry, consent);
    if (!isKept)
      return {
        get drawn() {
          return entry.drawn;
        },
        leave: () => wipeEntry(entry),
      };
    this.#bytes += sizeInMemory(drawn.page);
    this.#makeRoom();
    return use;
  }

  #enter(entry: Entry, consent: string | null): PageInUse {
    entry.users++;
    entry.lastUsed = this.#now();
    if (consent !== null) entry.consents.add(consent);
    if (this.#entries.get(entry.key) === entry) {
      this.#entries.delete(entry.key);
      this.#entries.set(entry.key, entry);
    }
    let isIn = true;
    return {
      get drawn() {
        return entry.drawn;
      },
      leave: () => {
        if (isIn) entry.users--;
        isIn = false;
      },
    };
  }

  #makeRoom(): void {
    for (const entry of this.#entries.values()) {
      if (this.#bytes <= this.#maxBytes) return;
      if (entry.users === 0) this.#drop(entry);
    }
  }

  holds(record: string): boolean {
    return [...this.#entries.values()].some((entry) => entry.record === record);
  }

  /** Overwritten in this call, in use or not. */
  forget(record: string): void {
    this.#forgetAll((entry) => entry.record === record);
  }
  forgetSeenBy(consent: string): void {
    this.#forgetAll((entry) => entry.consents.has(consent));
  }
  clear(): void {
    this.#forgetAll(() => true);
  }
  sweep(): void {
    const before = this.#now() - PAGE_IDLE_MS;
    for (const entry of [...this.#entries.values()])
      if (entry.users === 0 && entry.lastUsed <= before) this.#drop(entry);
  }

  #forgetAll(isMeant: (entry: Entry) => boolean): void {
    this.#generation++;
    for (const entry of [...this.#entries.values()]) if (isMeant(entry)) this.#drop(entry);
  }
  #drop(entry: Entry): void {
    if (!this.#entries.delete(entry.key)) return;
    if (entry.drawn) this.#bytes -= sizeInMemory(entry.drawn.page);
    wipeEntry(entry);
  }
}

function wipeEntry(entry: Entry): void {
  if (entry.drawn) wipe(entry.drawn.page);
  entry.drawn = null;
}
