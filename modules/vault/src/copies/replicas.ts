/**
 * Copies that the database itself hands out: standbys, slots that somebody reads by, publications, the archive of its log. Nobody
 * registers them, so they are looked for, at the start and every hour; each is a row of the register from when it is first seen.
 */
import { sql as raw } from 'kysely';
import { DAY_MS, HOUR_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { isSettled, type Copy, type CopyKeeper, type NewCopy, type Outcome } from './copy.ts';
import type { OpenRegister } from './register.ts';
import * as store from './copy-store.ts';

const MODULE = 'vault';
const LOOKED_EVERY_MS = HOUR_MS;
/** What was not seen for so long is named by a certificate as out of the city's hands. */
export const REPLICA_GONE_MS = 7 * DAY_MS;
const PREFIX = 'replica:';

interface Seen {
  readonly place: string;
  /** How far in the database's log it says to have got; `null` where it is nobody who could say so. */
  readonly upTo: number | null;
}
interface Looked {
  /** Where the log ends now. */
  readonly end: number;
  readonly seen: readonly Seen[];
}

/** Of whom the server shows no name: a role needs `pg_monitor` to see it. */
const UNNAMED = 'unnamed';

async function lookAround(sql: Sql): Promise<Looked> {
  const { rows } = await raw<{ place: string | null; upTo: number | null }>`
    with senders as (
      select r.pid, coalesce(r.application_name, ${UNNAMED}) as name, coalesce(host(r.client_addr), 'local') as at,
        coalesce(r.replay_lsn, r.flush_lsn, '0/0') - '0/0'::pg_lsn as up_to
      from pg_stat_replication r),
    slots as (
      select slot_name, active_pid, coalesce((select up_to from senders where pid = active_pid), 0) as up_to
      from pg_replication_slots
      where not temporary and (database is null or database = current_database())),
    found as (
      select ${PREFIX} || 'slot/' || slot_name as place, up_to from slots
      union all select ${PREFIX} || 'standby/' || name || '@' || at, min(up_to) from senders
        where not exists (select from slots where active_pid = pid) group by name, at
      union all select ${PREFIX} || 'publication/' || current_database() || '/' || p.pubname, null from pg_publication p
        where p.puballtables
          or exists (select from pg_publication_tables t where t.pubname = p.pubname and t.schemaname = 'vault')
      union all select ${PREFIX} || 'archived-log', null where current_setting('archive_mode') <> 'off')
    select place, up_to::float8 as "upTo" from found
    union all select null, (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8`.execute(sql.for());
  const seen = rows.flatMap(({ place, upTo }) => (place === null ? [] : [{ place, upTo }]));
  return { end: rows.find(({ place }) => place === null)!.upTo!, seen };
}

export interface ReplicaParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly copies: OpenRegister;
  readonly alarm: (person: string, words: string) => void;
}
export interface Replicas {
  /** Answers how many were not known; looks once an hour, however often it is asked. */
  look(): Promise<number>;
}
/** Of an embedded database there are none. */
export function createReplicas(parts: ReplicaParts): Replicas {
  const { sql, clock, copies } = parts;
  if (sql.engine !== 'postgres') return { look: () => Promise.resolve(0) };
  copies.keep('replica', replicaKeeper(sql, clock));
  let looked = -Infinity;
  return {
    look: async () => {
      const now = clock();
      if (now - looked < LOOKED_EVERY_MS) return 0;
      looked = now;
      return lookNow(parts, now);
    },
  };
}

async function lookNow({ sql, log, copies, alarm }: ReplicaParts, at: number): Promise<number> {
  const { seen } = await lookAround(sql);
  const known = new Map((await store.openOfKind(sql, 'replica')).map(({ place, id }) => [place, id]));
  let found = 0;
  for (const { place } of seen) {
    const id = known.get(place);
    if (id !== undefined) {
      await store.markVerified(sql, { id, found: 'held', at });
      continue;
    }
    await sql.transact(async (tx) => {
      const copy = await copies.register(replicaAt(place), tx);
      await store.markVerified(tx, { id: copy, found: 'held', at });
      tx.record({ module: MODULE, type: 'copy.found', actor: 'system', subject: copy, at, data: { place } });
    });
    found++;
    log.error('the database hands itself out to somebody whom nobody registered', { place });
    alarm('system', `has to be looked at: the database is copied to "${place}"`);
  }
  return found;
}
const replicaAt = (place: string): NewCopy => ({
  ...{ kind: 'replica', place, custodian: 'city', openedBy: 'own', expires: null },
  basis: 'the database hands it out; found, not registered by anybody',
  holding: { of: 'live' },
});

/** So many destructions may wait for one replica and be known apart; of more the oldest is asked anew. */
const ASKED_MAX = 10_000;

function replicaKeeper(sql: Sql, clock: Clock): CopyKeeper {
  /** How far a replica has to get until it has followed a destruction: where the log ended when it was first asked. */
  const asked = new Map<string, number>();
  return {
    look: async ({ place }) => ((await lookAround(sql)).seen.some((one) => one.place === place) ? 'held' : 'unknown'),
    purge: async (copy, versions) => {
      const { end, seen } = await lookAround(sql);
      const key = `${copy.id}/${versions[0]?.record}`;
      const wanted = asked.get(key) ?? end;
      const outcome = outcomeOf(copy, { seen, wanted, now: clock() });
      asked.delete(key);
      if (!isSettled(outcome)) asked.set(key, wanted);
      if (asked.size > ASKED_MAX) asked.delete(asked.keys().next().value!);
      return outcome;
    },
  };
}

interface Around {
  readonly seen: readonly Seen[];
  readonly wanted: number;
  readonly now: number;
}
/** Keys were never in it: what follows the deletion has no ciphertext either, and what does not has ciphertext that nothing opens. */
export function outcomeOf(
  { place, verified, created }: Pick<Copy, 'place' | 'verified' | 'created'>,
  { seen, wanted, now }: Around,
): Outcome {
  const one = seen.find((each) => each.place === place);
  if (one?.upTo === null)
    return { is: 'unreadable', why: 'what it handed on is ciphertext; no key opens it. Whoever reads by it has a row' };
  if (one && one.upTo >= wanted) return { is: 'purged', why: 'it has followed: the ciphertext is taken from it too' };
  if (one) return { is: 'pending', why: 'it has not followed yet' };
  const last = verified?.at ?? created;
  return now - last < REPLICA_GONE_MS
    ? { is: 'pending', why: 'it is not connected; it follows, or its disk is wiped' }
    : { is: 'beyond', why: 'it was not connected for a week: its disk may hold ciphertext, which no key opens' };
}
