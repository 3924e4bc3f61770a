/** While an incident touches a site, nothing there changes; it thaws by itself. */
import { CompiledQuery } from 'kysely';
import { newId, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';

/** An incident holds for a week at most; whoever needs longer says so again. */
const FREEZE_MAX_MS = 7 * 24 * 3_600_000;
export const EVERYWHERE = 'all';

export interface Freeze {
  readonly id: string;
  /** A site, or `all`. */
  readonly scope: string;
  readonly until: number;
  readonly reason: string;
}
export interface Freezes {
  start(): Promise<void>;
  freeze(order: { scope: string; until: number; reason: string; by: string }): Promise<Result<Freeze, Refusal>>;
  thaw(id: string, by: string): Promise<void>;
  /** Thaws what is over; called with time. */
  tick(): Promise<void>;
  /** Cheap: asked before anything else. */
  any(): boolean;
  /** Whether nothing may begin at this site now; devices without one are held by `all` alone. */
  holds(site: string | null): boolean;
  list(): readonly Freeze[];
}

export function createFreezes({ sql, clock }: { readonly sql: Sql; readonly clock: Clock }): Freezes {
  let all: readonly Freeze[] = [];
  const now = (): readonly Freeze[] => (all.length === 0 ? all : all.filter((one) => one.until > clock()));
  const end = async (freeze: Freeze, by: string): Promise<void> => {
    await sql.transact(async (tx) => {
      await tx
        .for()
        .executeQuery(CompiledQuery.raw('update fleet.freeze set thawed = $2 where id = $1', [freeze.id, clock()]));
      tx.record({
        module: 'fleet',
        type: 'fleet.thawed',
        actor: by,
        subject: freeze.scope,
        at: clock(),
        data: { freeze: freeze.id },
      });
    });
    all = all.filter((one) => one.id !== freeze.id);
  };
  return {
    start: async () => {
      const text = 'select id, scope, until, reason from fleet.freeze where thawed is null order by at';
      all = (await sql.for<unknown>().executeQuery<Freeze>(CompiledQuery.raw(text, []))).rows;
    },
    freeze: async ({ scope, until, reason, by }) => {
      const at = clock();
      if (until <= at || until > at + FREEZE_MAX_MS)
        return refuse(
          'invalid',
          'FREEZE_TIME',
          `freeze "${scope}" until ${until}: an end within the next seven days is wanted`,
        );
      const freeze: Freeze = { id: newId<string>('frz'), scope, until, reason };
      await sql.transact(async (tx) => {
        const text = 'insert into fleet.freeze (id, scope, until, reason, by_whom, at) values ($1, $2, $3, $4, $5, $6)';
        await tx.for().executeQuery(CompiledQuery.raw(text, [freeze.id, scope, until, reason, by, at]));
        tx.record({ module: 'fleet', type: 'fleet.frozen', actor: by, subject: scope, at, data: { until, reason } });
      });
      all = [...all, freeze];
      return ok(freeze);
    },
    thaw: async (id, by) => {
      const freeze = all.find((one) => one.id === id);
      if (freeze) await end(freeze, by);
    },
    tick: async () => {
      for (const freeze of all) if (freeze.until <= clock()) await end(freeze, 'system');
    },
    any: () => all.length > 0,
    holds: (site) => now().some(({ scope }) => scope === EVERYWHERE || scope === site),
    list: now,
  };
}
