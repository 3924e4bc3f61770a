/** Cards about unknown devices that asked to be let in: what was seen of them, few enough that nobody can fill the list by knocking. */
import type { Discovery } from '@cityward/contracts';
import { HOUR_MS, MINUTE_MS, newId, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { dropDiscovery, putDiscovery, readDiscoveries, type DiscoveryRow } from './ways-store.ts';

export const DISCOVERIES_MAX = 1_000;
const CARDS_PER_HOUR_MAX = 200;
/** A card that is seen again is written at most so often. */
const REWRITTEN_AFTER_MS = MINUTE_MS;

export type Sighting = Pick<
  Discovery,
  'why' | 'way' | 'claimed' | 'serial' | 'maker' | 'subject' | 'keyHash' | 'address'
>;

export interface Discoveries {
  /** The newest first. */
  list(): readonly Discovery[];
  /** Counts the sighting up, or makes its card; never throws. A proven factory certificate displaces the oldest hearsay. */
  saw(sighting: Sighting): void;
  dismiss(id: string, by: string, reason: string): Promise<Result<Discovery, Refusal>>;
}

interface Card extends DiscoveryRow {
  readonly written: number;
}

const whatOf = ({ way, claimed, serial, keyHash }: Sighting): string =>
  way === 'factory' ? `factory ${serial} ${keyHash}` : way === 'mender' ? `mender ${keyHash}` : `code ${claimed}`;
const shown = ({ what: _what, written: _written, ...card }: Card): Discovery => card;

export interface DiscoveriesParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
}

export async function openDiscoveries(parts: DiscoveriesParts): Promise<Discoveries> {
  const cards = new Cards(parts);
  await cards.load();
  return {
    list: () => cards.list(),
    saw: (sighting) => cards.saw(sighting),
    dismiss: (id, by, reason) => cards.dismiss(id, by, reason),
  };
}

class Cards {
  readonly #parts: DiscoveriesParts;
  readonly #cards = new Map<string, Card>();
  #hour = { at: 0, made: 0 };

  constructor(parts: DiscoveriesParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    for (const row of await readDiscoveries(this.#parts.sql.for()))
      this.#cards.set(row.what, { ...row, written: row.last });
  }

  list(): readonly Discovery[] {
    return [...this.#cards.values()].sort((a, b) => b.last - a.last).map(shown);
  }

  saw(sighting: Sighting): void {
    const now = this.#parts.clock();
    const what = whatOf(sighting);
    const before = this.#cards.get(what);
    if (before) {
      this.#again(before, sighting, now);
      return;
    }
    if (now - this.#hour.at >= HOUR_MS) this.#hour = { at: now, made: 0 };
    if (this.#hour.made >= CARDS_PER_HOUR_MAX) return;
    const { free, dropped } = this.#room(sighting.way);
    if (!free) return;
    this.#hour.made++;
    const times = { first: now, last: now, times: 1, written: now };
    const card: Card = { id: newId('disc'), what, state: 'quarantined', ...sighting, ...times };
    this.#cards.set(what, card);
    this.#save(card, true, dropped);
  }

  async dismiss(id: string, by: string, reason: string): Promise<Result<Discovery, Refusal>> {
    const card = [...this.#cards.values()].find((one) => one.id === id);
    if (!card) return refuse('not-found', 'DISCOVERY_UNKNOWN', `dismiss discovery "${id}": there is no such card`);
    const next: Card = { ...card, state: 'dismissed' };
    const { written: _written, ...row } = next;
    await this.#parts.sql.transact(async (tx) => {
      await putDiscovery(tx.for(), row);
      const fact = { module: 'identity', type: 'discovery.dismissed', actor: by, subject: id } as const;
      tx.record({ ...fact, at: this.#parts.clock(), data: { reason } });
    });
    this.#cards.set(card.what, next);
    return ok(shown(next));
  }

  #again(before: Card, { why, address, subject }: Sighting, now: number): void {
    const due = now - before.written >= REWRITTEN_AFTER_MS;
    const next = { ...before, why, address, subject, last: Math.max(now, before.first), times: before.times + 1 };
    this.#cards.set(before.what, due ? { ...next, written: now } : next);
    if (due) this.#save(next, false, null);
  }

  /** Room for one more: what was put aside makes it, and hearsay does for what is proven. */
  #room(way: Sighting['way']): { readonly free: boolean; readonly dropped: string | null } {
    if (this.#cards.size < DISCOVERIES_MAX) return { free: true, dropped: null };
    const all = [...this.#cards.values()].sort((a, b) => a.last - b.last);
    const oldest = all.find((card) => card.state === 'dismissed' || (way === 'factory' && card.way !== 'factory'));
    if (!oldest) return { free: false, dropped: null };
    this.#cards.delete(oldest.what);
    return { free: true, dropped: oldest.id };
  }

  #save(card: Card, fresh: boolean, dropped: string | null): void {
    const { written: _written, ...row } = card;
    const { sql, log } = this.#parts;
    sql
      .transact(async (tx) => {
        if (dropped !== null) await dropDiscovery(tx.for(), dropped);
        await putDiscovery(tx.for(), row);
        if (!fresh) return;
        const fact = { module: 'identity', type: 'device.discovered', actor: 'unknown', subject: row.id } as const;
        const { why, way, serial, maker, claimed, address } = row;
        tx.record({ ...fact, at: row.first, data: { reason: why, way, serial, maker, claimed, address } });
      })
      .catch((fault: unknown) => log.warn('save discovery failed', { id: card.id, fault: String(fault) }));
  }
}
