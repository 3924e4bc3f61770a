/** Legal holds: asked for by one officer, set by another, lifted by two. From the asking on nothing they cover is destroyed. */
import { HOLD_ASKED_LIFE_DAYS, HOLDS_MAX, type Hold, type HoldDraft } from '@cityward/contracts';
import { DAY_MS, newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Saver } from '@cityward/journal';
import type { Tx } from '@cityward/sql';
import type { VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import type { VaultJournal } from '../vault-journal.ts';
import * as store from './life-store.ts';

const MODULE = 'vault';
/** One that no second officer set by then lapses: asking alone must not keep something for ever. */
export const ASKED_LIFE_MS = HOLD_ASKED_LIFE_DAYS * DAY_MS;
const FACTS = {
  asked: 'hold.asked',
  set: 'hold.set',
  'lift-asked': 'hold.lift-asked',
  lifted: 'hold.lifted',
  lapsed: 'hold.lapsed',
} as const;
const HOLDING: readonly Hold['state'][] = ['asked', 'set', 'lift-asked'];

export interface HoldParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly sharing: Sharing;
}
export interface Covered {
  readonly id: string;
  readonly subject: string;
  readonly category: string;
}

export class Holds {
  readonly #parts: HoldParts;
  readonly #open = new Map<string, Hold>();

  constructor(parts: HoldParts) {
    this.#parts = parts;
  }

  async open(): Promise<number> {
    const { sql, journal } = this.#parts;
    for (const hold of await store.readOpenHolds(sql)) this.#open.set(hold.id, hold);
    let replayed = 0;
    for (const change of journal.entries) {
      if (change.do !== 'hold') continue;
      await this.#parts.sharing.retell([change]);
      if (await sql.transact((tx) => save(tx, change.hold, change.at))) replayed++;
      this.#keep(change.hold);
    }
    return replayed;
  }

  list(subject?: string): readonly Hold[] {
    const all = [...this.#open.values()];
    return subject === undefined ? all : all.filter((hold) => hold.subject === subject);
  }

  /** In memory, at this moment: one that somebody only asked for holds too. */
  covers({ id, subject, category }: Covered): Hold | null {
    for (const hold of this.#open.values()) {
      if (hold.subject !== subject) continue;
      if (hold.record !== null ? hold.record === id : hold.category === null || hold.category === category) return hold;
    }
    return null;
  }

  /** In force from the call on, answered once it is on disk. */
  async ask(draft: HoldDraft, by: string): Promise<Result<Hold, Refusal>> {
    if (this.#open.size >= HOLDS_MAX)
      return refuse('conflict', 'HOLDS_FULL', `hold records of "${draft.subject}": wanted at most ${HOLDS_MAX} holds`);
    const asked = { at: this.#parts.clock(), by };
    const hold: Hold = {
      id: newId<string>('hld'),
      ...draft,
      state: 'asked',
      asked,
      set: null,
      liftAsked: null,
      lifted: null,
    };
    this.#keep(hold);
    return this.#write(hold);
  }

  async set(id: string, by: string): Promise<Result<Hold, Refusal>> {
    const hold = this.#open.get(id);
    const where = `set hold "${id}"`;
    if (!hold) return unknown(where);
    if (hold.state !== 'asked') return notSo(where, hold, 'asked');
    if (hold.asked.by === by) return refuse('forbidden', 'SECOND_OFFICER', `${where}: wanted another than who asked`);
    return this.#write({ ...hold, state: 'set', set: { at: this.#parts.clock(), by } });
  }

  /** The first officer asks, another lifts; until then it holds. */
  async lift(
    id: string,
    { by, basis }: { readonly by: string; readonly basis: string },
  ): Promise<Result<Hold, Refusal>> {
    const hold = this.#open.get(id);
    const where = `lift hold "${id}"`;
    if (!hold) return unknown(where);
    const now = { at: this.#parts.clock(), by };
    if (hold.state === 'set') return this.#write({ ...hold, state: 'lift-asked', liftAsked: now }, basis);
    if (hold.state !== 'lift-asked') return notSo(where, hold, 'set');
    if (hold.liftAsked!.by === by)
      return refuse('forbidden', 'SECOND_OFFICER', `${where}: wanted another than who asked for it`);
    return this.#write({ ...hold, state: 'lifted', lifted: now }, basis);
  }

  /** Those that nobody set in time; answers how many. */
  async lapse(): Promise<number> {
    const now = this.#parts.clock();
    const late = this.list().filter(({ state, asked }) => state === 'asked' && asked.at + ASKED_LIFE_MS <= now);
    for (const hold of late) await this.#write({ ...hold, state: 'lapsed' });
    return late.length;
  }

  /** Another node has it on disk. */
  learn({ hold, at }: { readonly hold: Hold; readonly at: number }): void {
    this.#keep(hold);
    void this.#parts.saver.save(async (tx) => void (await save(tx, hold, at)));
  }

  #keep(hold: Hold): void {
    if (HOLDING.includes(hold.state)) this.#open.set(hold.id, hold);
    else this.#open.delete(hold.id);
  }

  /** On disk, then in memory where it ends something; one that begins was in memory before. */
  async #write(hold: Hold, basis?: string): Promise<Result<Hold, Refusal>> {
    const { journal, saver, clock } = this.#parts;
    const at = clock();
    await journal.append([{ do: 'hold', hold, at }]);
    this.#keep(hold);
    await saver.save(async (tx) => void (await save(tx, hold, at, basis)));
    return ok(hold);
  }
}

const unknown = (where: string): Result<never, Refusal> =>
  refuse('not-found', 'HOLD_UNKNOWN', `${where}: there is none of that id that holds`);
const notSo = (...[where, { state }, wanted]: readonly [string, Hold, string]): Result<never, Refusal> =>
  refuse('conflict', 'HOLD_NOT_SO', `${where}: it is ${state}, wanted ${wanted}`);

async function save(...[tx, hold, at, basis]: readonly [Tx, Hold, number, string?]): Promise<boolean> {
  if (!(await store.saveHold(tx, hold, at))) return false;
  const { id, subject, category, record, clause, state } = hold;
  const by = (
    state === 'asked' ? hold.asked : state === 'set' ? hold.set : state === 'lift-asked' ? hold.liftAsked : hold.lifted
  )?.by;
  const data = { hold: id, category, record, clause, reason: basis ?? hold.basis };
  tx.record({ module: MODULE, type: FACTS[state], actor: by ?? 'system', subject, at, personal: true, data });
  return true;
}
