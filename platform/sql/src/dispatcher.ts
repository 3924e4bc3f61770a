/** Carries committed facts to each handler, in order, at least once, each at its own durable place. */
import type { Kysely } from 'kysely';
import type { Fact } from '@cityward/contracts';
import type { Log } from '@cityward/log';
import { factsAfter, type PlatformTables } from './outbox.ts';
import type { SqlWithCommits } from './sql.ts';
import type { Dispatcher, FactHandler } from './types.ts';

const BATCH_MAX = 500;
/** Other processes commit without telling us. */
const POLL_MS = 1_000;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 10_000;
const DRAIN_POLL_MS = 10;
/** Facts that every handler has seen are kept this long for look-ups, then dropped: the ledger has them. */
const KEPT_BEHIND_ALL = 20_000;

export interface DispatcherOptions {
  readonly sql: SqlWithCommits;
  readonly handlers: readonly FactHandler[];
  readonly log: Log;
}

interface Lane {
  readonly handler: FactHandler;
  position: number;
  failures: number;
  retryAt: number;
}

export const createDispatcher = (options: DispatcherOptions): Dispatcher => new OutboxDispatcher(options);

class OutboxDispatcher implements Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #db: Kysely<PlatformTables>;
  #lanes: Lane[] = [];
  #running: Promise<void> = Promise.resolve();
  #wanted = false;
  #busy = false;
  #stopped = true;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe = (): void => {};

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#db = options.sql.for<PlatformTables>();
  }

  async start(): Promise<void> {
    this.#lanes = [];
    for (const handler of this.#options.handlers) this.#lanes.push(await this.#loadLane(handler));
    this.#stopped = this.#lanes.length === 0;
    if (this.#stopped) return;
    await this.#prune();
    this.#unsubscribe = this.#options.sql.onCommit(() => this.#poke());
    this.#timer = setInterval(() => this.#poke(), POLL_MS);
    this.#timer.unref();
    this.#poke();
  }

  async drained(): Promise<void> {
    const last = await this.#lastPosition();
    while (!this.#stopped && this.#lanes.some((lane) => lane.position < last)) {
      this.#poke();
      await this.#running;
      if (this.#lanes.some((lane) => lane.position < last))
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
  }

  async behind(): Promise<Record<string, number>> {
    const last = await this.#lastPosition();
    return Object.fromEntries(this.#lanes.map((lane) => [lane.handler.name, Math.max(0, last - lane.position)]));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#unsubscribe();
    await this.#running;
  }

  async #loadLane(handler: FactHandler): Promise<Lane> {
    const { name } = handler;
    const row = await this.#db
      .selectFrom('platform.cursor')
      .select('position')
      .where('handler', '=', name)
      .executeTakeFirst();
    if (!row) await this.#db.insertInto('platform.cursor').values({ handler: name, position: 0 }).execute();
    return { handler, position: row?.position ?? 0, failures: 0, retryAt: 0 };
  }

  async #lastPosition(): Promise<number> {
    const row = await this.#db
      .selectFrom('platform.outbox')
      .select((select) => select.fn.max('position').as('last'))
      .executeTakeFirst();
    return row?.last ?? 0;
  }

  #poke(): void {
    this.#wanted = true;
    if (!this.#busy && !this.#stopped) this.#running = this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#wanted && !this.#stopped) {
        this.#wanted = false;
        while (!this.#stopped && (await this.#round()));
      }
    } catch (error) {
      if (!this.#stopped)
        this.#options.log.warn('reading the outbox failed and will be tried again', { error: String(error) });
    } finally {
      this.#busy = false;
    }
  }

  /** Every lane reads from its own place; lanes at the same place share one read. True when any of them moved. */
  async #round(): Promise<boolean> {
    const reads = new Map<number, readonly Fact[]>();
    let moved = false;
    for (const lane of this.#lanes) {
      if (Date.now() < lane.retryAt) continue;
      const facts = reads.get(lane.position) ?? (await factsAfter(this.#db, lane.position, BATCH_MAX));
      reads.set(lane.position, facts);
      moved = (await this.#advance(lane, facts)) || moved;
    }
    return moved;
  }

  /** Hands one batch to one lane; false when there was nothing or its handler failed. */
  async #advance(lane: Lane, facts: readonly Fact[]): Promise<boolean> {
    if (facts.length === 0) return false;
    const { name } = lane.handler;
    try {
      await lane.handler.handle(facts);
    } catch (error) {
      lane.failures++;
      lane.retryAt = Date.now() + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** lane.failures);
      this.#options.log.warn('a handler of facts failed and will be asked again', {
        handler: name,
        failures: lane.failures,
        error: String(error),
      });
      return false;
    }
    lane.failures = 0;
    lane.position = facts.at(-1)!.position;
    await this.#db
      .updateTable('platform.cursor')
      .set({ position: lane.position })
      .where('handler', '=', name)
      .execute();
    return true;
  }

  async #prune(): Promise<void> {
    const limit = Math.min(...this.#lanes.map((lane) => lane.position)) - KEPT_BEHIND_ALL;
    if (limit > 0) await this.#db.deleteFrom('platform.outbox').where('position', '<=', limit).execute();
  }
}
