/** Carries committed facts to each handler, in order, at least once, each at its own durable place. */
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

export function createDispatcher({ sql, handlers, log }: DispatcherOptions): Dispatcher {
  const db = sql.for<PlatformTables>();
  let lanes: Lane[] = [];
  let running: Promise<void> = Promise.resolve();
  let wanted = false;
  let busy = false;
  let stopped = true;
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe = (): void => {};

  const loadLane = async (handler: FactHandler): Promise<Lane> => {
    const row = await db
      .selectFrom('platform.cursor')
      .select('position')
      .where('handler', '=', handler.name)
      .executeTakeFirst();
    if (!row) await db.insertInto('platform.cursor').values({ handler: handler.name, position: 0 }).execute();
    return { handler, position: row?.position ?? 0, failures: 0, retryAt: 0 };
  };

  /** Hands one batch to one lane; false when there was nothing, or it must wait after a failure. */
  const advance = async (lane: Lane, facts: readonly Fact[]): Promise<boolean> => {
    const mine = facts.filter((fact) => fact.position > lane.position);
    if (mine.length === 0 || Date.now() < lane.retryAt) return false;
    try {
      await lane.handler.handle(mine);
    } catch (error) {
      lane.failures++;
      lane.retryAt = Date.now() + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** lane.failures);
      log.warn('a handler of facts failed and will be asked again', {
        handler: lane.handler.name,
        failures: lane.failures,
        error: String(error),
      });
      return false;
    }
    lane.failures = 0;
    lane.position = mine.at(-1)!.position;
    await db
      .updateTable('platform.cursor')
      .set({ position: lane.position })
      .where('handler', '=', lane.handler.name)
      .execute();
    return true;
  };

  const round = async (): Promise<boolean> => {
    const from = Math.min(...lanes.map((lane) => lane.position));
    const facts = await factsAfter(db, from, BATCH_MAX);
    let moved = false;
    for (const lane of lanes) moved = (await advance(lane, facts)) || moved;
    // A lane far ahead of a failing one still gets its facts: read again from its own place.
    for (const lane of lanes) {
      if (lane.failures === 0 && facts.length === BATCH_MAX && lane.position >= facts.at(-1)!.position) {
        moved = (await advance(lane, await factsAfter(db, lane.position, BATCH_MAX))) || moved;
      }
    }
    return moved;
  };

  const run = async (): Promise<void> => {
    busy = true;
    try {
      while (wanted && !stopped) {
        wanted = false;
        while (!stopped && (await round()));
      }
    } catch (error) {
      if (!stopped) log.warn('reading the outbox failed and will be tried again', { error: String(error) });
    } finally {
      busy = false;
    }
  };
  const poke = (): void => {
    wanted = true;
    if (!busy && !stopped) running = run();
  };
  const prune = async (): Promise<void> => {
    const limit = Math.min(...lanes.map((lane) => lane.position)) - KEPT_BEHIND_ALL;
    if (limit > 0) await db.deleteFrom('platform.outbox').where('position', '<=', limit).execute();
  };
  const behind = async (): Promise<Record<string, number>> => {
    const row = await db
      .selectFrom('platform.outbox')
      .select((select) => select.fn.max('position').as('last'))
      .executeTakeFirst();
    return Object.fromEntries(lanes.map((lane) => [lane.handler.name, Math.max(0, (row?.last ?? 0) - lane.position)]));
  };

  return {
    start: async () => {
      lanes = [];
      for (const handler of handlers) lanes.push(await loadLane(handler));
      stopped = lanes.length === 0;
      if (stopped) return;
      await prune();
      unsubscribe = sql.onCommit(poke);
      timer = setInterval(poke, POLL_MS);
      timer.unref();
      poke();
    },
    drained: async () => {
      const row = await db
        .selectFrom('platform.outbox')
        .select((select) => select.fn.max('position').as('last'))
        .executeTakeFirst();
      const last = row?.last ?? 0;
      while (!stopped && lanes.some((lane) => lane.position < last)) {
        poke();
        await running;
        if (lanes.some((lane) => lane.position < last))
          await new Promise((resolve) => setTimeout(resolve, RETRY_FIRST_MS / 10));
      }
    },
    behind,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      unsubscribe();
      await running;
    },
  };
}
