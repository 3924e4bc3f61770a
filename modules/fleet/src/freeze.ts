/** While an incident touches a site, nothing there changes; it thaws by itself. */
import { CompiledQuery } from 'kysely';
import { inTurn, newId, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Sql, Tx } from '@cityward/sql';

/** An incident holds for a week at most; whoever needs longer says so again. */
const FREEZE_MAX_MS = 7 * 24 * 3_600_000;
export const EVERYWHERE = 'all';

export interface Freeze {
  readonly id: string;
  /** A site, or `all`. */
  readonly scope: string;
  readonly until: number;
  readonly reason: string;
  /** Such as an incident; null for one that a person ordered. */
  readonly cause: string | null;
}
export interface CausedFreeze {
  readonly cause: string;
  readonly scopes: readonly string[];
  readonly until: number;
  readonly reason: string;
  readonly by: string;
}
export interface Freezes {
  start(): Promise<void>;
  freeze(order: { scope: string; until: number; reason: string; by: string }): Promise<Result<Freeze, Refusal>>;
  /** The same again changes nothing, a later end moves the end. Answers the scopes that were not frozen for this cause before. */
  freezeFor(caused: CausedFreeze): Promise<readonly string[]>;
  /** Ends all that were for this cause. */
  thawFor(cause: string, by: string): Promise<void>;
  /** Causes of what is in force. */
  causes(): readonly string[];
  thaw(id: string, by: string): Promise<void>;
  /** Thaws what is over; called with time. */
  tick(): Promise<void>;
  /** Cheap: asked before anything else. */
  any(): boolean;
  /** Whether nothing may begin at this site now; devices without one are held by `all` alone. */
  holds(site: string | null): boolean;
  list(): readonly Freeze[];
}

interface Kept {
  all: readonly Freeze[];
  load(): Promise<void>;
  begin(freezes: readonly Freeze[], by: string): Promise<void>;
  prolong(freeze: Freeze, until: number, by: string): Promise<void>;
  end(freeze: Freeze, by: string): Promise<void>;
}

/** In memory and in SQL, each step a fact in the same transaction. */
function createKept({ sql, clock }: { readonly sql: Sql; readonly clock: Clock }): Kept {
  const run = (tx: Pick<Tx, 'for'>, text: string, values: readonly unknown[]) =>
    tx.for().executeQuery(CompiledQuery.raw(text, [...values]));
  const kept: Kept = {
    all: [],
    load: async () => {
      const text = 'select id, scope, until, reason, cause from fleet.freeze where thawed is null order by at';
      kept.all = (await sql.for<unknown>().executeQuery<Freeze>(CompiledQuery.raw(text, []))).rows;
    },
    begin: async (freezes, by) => {
      if (freezes.length === 0) return;
      const at = clock();
      const text =
        'insert into fleet.freeze (id, scope, until, reason, cause, by_whom, at) values ($1, $2, $3, $4, $5, $6, $7)';
      await sql.transact(async (tx) => {
        for (const { id, scope, until, reason, cause } of freezes) {
          await run(tx, text, [id, scope, until, reason, cause, by, at]);
          tx.record({ module: 'fleet', type: 'fleet.frozen', actor: by, subject: scope, at, data: { until, reason } });
        }
      });
      kept.all = [...kept.all, ...freezes];
    },
    prolong: async (freeze, until, by) => {
      const { id, scope, reason } = freeze;
      await sql.transact(async (tx) => {
        await run(tx, 'update fleet.freeze set until = $2 where id = $1', [id, until]);
        const data = { until, reason };
        tx.record({ module: 'fleet', type: 'fleet.frozen', actor: by, subject: scope, at: clock(), data });
      });
      kept.all = kept.all.map((one) => (one.id === id ? { ...one, until } : one));
    },
    end: async ({ id, scope }, by) => {
      await sql.transact(async (tx) => {
        await run(tx, 'update fleet.freeze set thawed = $2 where id = $1', [id, clock()]);
        const data = { freeze: id };
        tx.record({ module: 'fleet', type: 'fleet.thawed', actor: by, subject: scope, at: clock(), data });
      });
      kept.all = kept.all.filter((one) => one.id !== id);
    },
  };
  return kept;
}

export function createFreezes(parts: { readonly sql: Sql; readonly clock: Clock }): Freezes {
  const { clock } = parts;
  const kept = createKept(parts);
  const turn = inTurn();
  const now = (): readonly Freeze[] =>
    kept.all.length === 0 ? kept.all : kept.all.filter((one) => one.until > clock());
  return {
    start: kept.load,
    freeze: async ({ scope, until, reason, by }) => {
      if (until <= clock() || until > clock() + FREEZE_MAX_MS)
        return refuse(
          'invalid',
          'FREEZE_TIME',
          `freeze "${scope}" until ${until}: an end within the next seven days is wanted`,
        );
      const freeze: Freeze = { id: newId<string>('frz'), scope, until, reason, cause: null };
      await kept.begin([freeze], by);
      return ok(freeze);
    },
    freezeFor: ({ cause, scopes, until, reason, by }) =>
      turn(async () => {
        const end = Math.min(until, clock() + FREEZE_MAX_MS);
        if (end <= clock()) return [];
        const known = kept.all.filter((one) => one.cause === cause);
        const fresh = scopes.filter((scope) => !known.some((one) => one.scope === scope));
        const made = fresh.map((scope) => ({ id: newId<string>('frz'), scope, until: end, reason, cause }));
        await kept.begin(made, by);
        for (const one of known) if (one.until < end) await kept.prolong(one, end, by);
        return fresh;
      }),
    thawFor: (cause, by) =>
      turn(async () => {
        for (const freeze of kept.all) if (freeze.cause === cause) await kept.end(freeze, by);
      }),
    causes: () => [...new Set(kept.all.flatMap(({ cause }) => cause ?? []))],
    thaw: (id, by) =>
      turn(async () => {
        const freeze = kept.all.find((one) => one.id === id);
        if (freeze) await kept.end(freeze, by);
      }),
    tick: () =>
      turn(async () => {
        for (const freeze of kept.all) if (freeze.until <= clock()) await kept.end(freeze, 'system');
      }),
    any: () => kept.all.length > 0,
    holds: (site) => now().some(({ scope }) => scope === EVERYWHERE || scope === site),
    list: now,
  };
}
