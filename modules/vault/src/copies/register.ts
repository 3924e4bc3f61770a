/** The copy register: what lies where, and how each copy ends. */
import { newId, type Clock } from '@cityward/kernel';
import type { CopyKind } from '@cityward/contracts';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { Copy, CopyKeeper, CopyRegister, NewCopy, Of, Outcome, PurgedCopy, VersionRef } from './copy.ts';
import * as store from './copy-store.ts';

/** The row of content in SQL. */
export const PRIMARY = 'cpy-primary';
/** Copies whose time is over, and versions of one of them, in one round. */
const ENDED_PER_ROUND = 20;
const ENDED_VERSIONS_MAX = 10_000;
/** Rows that every vault has. They are never closed: what they hold comes and goes. */
const STANDING: readonly (NewCopy & { readonly id: string })[] = [
  {
    id: PRIMARY,
    kind: 'primary',
    place: 'sql:vault.version.content',
    basis: 'the record itself',
    holding: { of: 'content' },
  },
  {
    id: 'cpy-wal',
    kind: 'wal',
    place: 'sql:log',
    basis: 'the database writes what it changes to its log first',
    holding: { of: 'live' },
  },
  {
    id: 'cpy-shelf',
    kind: 'cache',
    place: 'memory:shelf',
    basis: 'ciphertext that was asked for lately, in memory',
    holding: { of: 'live' },
  },
].map((row) => ({ ...row, custodian: 'city', openedBy: 'own', expires: null }) as NewCopy & { readonly id: string });

export interface RegisterParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenRegister extends CopyRegister {
  /** Puts the standing rows where they are missing. */
  open(): Promise<void>;
  /** What was asked for and is not done. */
  unsettled(limit: number): Promise<readonly store.Unsettled[]>;
}

export function createCopyRegister(parts: RegisterParts): OpenRegister {
  const { sql, clock } = parts;
  const keepers = new Map<CopyKind, CopyKeeper>();
  return {
    open: async () => {
      for (const row of STANDING) await store.addCopy(sql, { ...row, created: clock() });
    },
    register: async (copy, tx) => {
      const id = newId<string>('cpy');
      await store.addCopy(tx ?? sql, { ...copy, id, created: clock() });
      return id;
    },
    of: async (what) => {
      const records = await recordsOf(sql, what);
      if (records.length === 0) return [];
      const standing = await standingOf(sql, records);
      return [...(await store.openNamed(sql, records)), ...standing.filter(({ holding }) => holding.of !== 'content')];
    },
    verify: async (id) => {
      const copy = await store.readCopy(sql, id);
      if (!copy) return null;
      const found = (await keepers.get(copy.kind)?.look(copy, [])) ?? 'unknown';
      await store.markVerified(sql, { id, found, at: clock() });
      return found;
    },
    purge: (versions) => purge(parts, keepers, versions),
    endOverdue: (kind) => endOverdue(parts, keepers, kind),
    close: (id, why) => store.closeCopy(sql, { id, why, at: clock() }),
    keep: (kind, keeper) => {
      if (keepers.has(kind)) throw new Error(`keep copies of kind "${kind}": somebody keeps them already`);
      keepers.set(kind, keeper);
    },
    unsettled: (limit) => store.unsettled(sql, limit),
  };
}

async function recordsOf(sql: Sql, of: Of): Promise<string[]> {
  if ('record' in of) return [of.record];
  return 'key' in of ? store.recordsOfKey(sql, of.key) : store.recordsOfSubject(sql, of.subject);
}

/** A snapshot from before they were stored has none of them. */
async function standingOf(sql: Sql, records: readonly string[]): Promise<Copy[]> {
  const standing = await store.openStanding(sql);
  if (standing.every(({ holding }) => holding.of !== 'snapshot')) return standing;
  const since = await store.firstStored(sql, records);
  return standing.filter(({ holding, created }) => holding.of !== 'snapshot' || created >= since);
}

async function purge(
  ...[{ sql, clock, log }, keepers, versions]: readonly [
    RegisterParts,
    ReadonlyMap<CopyKind, CopyKeeper>,
    readonly VersionRef[],
  ]
): Promise<PurgedCopy[]> {
  if (versions.length === 0) return [];
  const records = [...new Set(versions.map(({ record }) => record))];
  const holders = await store.holders(sql, versions);
  const named = holders.filter(({ copy }) => copy.holding.of === 'versions');
  /** Of a standing copy an item is kept only where its end is open: whoever looks for what is left finds it. */
  const items = new Map(holders.map(({ copy, versions: pending }) => [copy.id, pending.length]));
  const inSql = await store.heldInSql(sql, versions);
  const standing = (await standingOf(sql, records)).map((copy) => ({
    copy,
    versions: copy.holding.of === 'content' ? inSql : versions,
  }));
  const all = [...named, ...standing.filter(({ versions: { length } }) => length > 0)];
  const done: PurgedCopy[] = [];
  for (const { copy, versions: held } of all) {
    const outcome = await ended(keepers.get(copy.kind), copy, held).catch(unreachable(log, copy));
    done.push({ copy, outcome, versions: held.length });
  }
  await sql.transact(async (tx) => {
    for (const [i, { copy, outcome }] of done.entries()) {
      const { versions: held } = all[i]!;
      const count = items.get(copy.id) ?? 0;
      const isKept = copy.holding.of !== 'versions' && !isDone(outcome);
      if (isKept && count < held.length) await store.addItems(tx, copy.id, held);
      else if (!isKept && count === 0) continue;
      await store.settle(tx, { copy: copy.id, versions: held, outcome, at: clock() });
    }
  });
  return done;
}
const unreachable =
  (log: Log, { id: copy }: Copy) =>
  (fault: unknown): Outcome => {
    log.error('a copy could not be ended; it is tried again', { copy, fault: String(fault) });
    return { is: 'pending', why: 'it could not be reached' };
  };

/** What is not asked for in one round is in the next. */
async function endOverdue(
  ...[{ sql, clock, log }, keepers, kind]: readonly [RegisterParts, ReadonlyMap<CopyKind, CopyKeeper>, CopyKind]
): Promise<void> {
  const at = clock();
  for (const copy of await store.overdue(sql, { kind, now: at, limit: ENDED_PER_ROUND })) {
    const versions = await store.heldIn(sql, copy.id, ENDED_VERSIONS_MAX);
    const outcome = await ended(keepers.get(kind), copy, versions).catch(unreachable(log, copy));
    if (outcome.is !== 'pending')
      await sql.transact((tx) => store.settle(tx, { copy: copy.id, versions, outcome, at }));
  }
}

const isDone = ({ is }: Outcome): boolean => is === 'purged' || is === 'unreadable';

const ended = async (
  ...[keeper, copy, versions]: readonly [CopyKeeper | undefined, Copy, readonly VersionRef[]]
): Promise<Outcome> =>
  keeper ? keeper.purge(copy, versions) : { is: 'pending', why: 'nobody looks after copies of this kind here' };
