/** Holding, releasing and revoking devices: in force once on disk, then saved, told and, for a hold, ended by itself. */
import { ok, type Clock, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import { decideStanding, evolveStanding, inForce } from './domain/standing.ts';
import type {
  Ending,
  Restriction,
  Standing,
  StandingChange,
  StandingCommand,
  StandingRefusal,
} from './domain/standing.ts';
import type { HolderType } from './domain/names.ts';
import { type Journal, type Pending, createSaver, type Saver } from '@cityward/journal';
import type { Register } from './register.ts';
import { endClaimOf } from './ways-store.ts';
import { dropCode, liftRestriction, putRestriction, revokeCertificatesOf, type DeviceTables } from './store.ts';

const TIMER_MAX_MS = 60_000; // also bounds how late a hold's end is told after the machine slept

export interface Because {
  readonly reason: string;
  /** Who did it: a person, device or service id, or `system`. */
  readonly by: string;
}
type Changed = Promise<Result<void, StandingRefusal>>;
export type StandingListener = (device: string, standing: Standing) => void;

export interface StandingParts {
  readonly register: Register;
  readonly journal: Journal<StandingChange>;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  /** What this id names; without it all are devices. */
  readonly typeOf?: (id: string) => HolderType;
}

const DONE = { hold: 'held', release: 'released', revoke: 'revoked', end: 'ended' } as const;

interface Change {
  readonly change: StandingChange;
  readonly restriction: Restriction | null;
  readonly type: HolderType;
}

/** Saves one change with its fact; nothing happens when the row contains it already. */
async function save(tx: Tx, { change, restriction, type }: Change): Promise<void> {
  const db = tx.for<DeviceTables>();
  const row = await db
    .selectFrom('identity.device')
    .select('sequence')
    .where('id', '=', change.device)
    .executeTakeFirst();
  if (row && row.sequence >= change.sequence) return;
  await putRestriction(db, change, restriction);
  if (change.do === 'revoke' || change.do === 'end') {
    await revokeCertificatesOf(db, change.device, change.at);
    await dropCode(db, change.device);
    if (change.do === 'end') await endClaimOf(db, { device: change.device, at: change.at });
  }
  const { device, at, by, reason } = change;
  const data = {
    reason,
    ...(change.do === 'hold' ? { until: change.until } : {}),
    ...(change.do === 'end' ? { as: change.as } : {}),
    ...(change.do === 'revoke' || change.do === 'end' ? { serials: change.serials } : {}),
  };
  tx.record({ module: 'identity', type: `${type}.${DONE[change.do]}`, actor: by, subject: device, at, data });
}

interface EndedHold {
  readonly device: string;
  readonly sequence: number;
  readonly restriction: Restriction;
  readonly type: HolderType;
  readonly at: number;
}

async function saveEnd(tx: Tx, { device, sequence, restriction, type, at }: EndedHold): Promise<void> {
  await liftRestriction(tx.for<DeviceTables>(), { id: device, sequence });
  const data = { reason: 'the hold has ended', heldBy: restriction.by };
  tx.record({ module: 'identity', type: `${type}.released`, actor: 'system', subject: device, at, data });
}

export class StandingService {
  readonly #parts: StandingParts;
  readonly #saver: Saver;
  readonly #listeners = new Set<StandingListener>();
  /** Restrictions that are being written to the journal: the next command must decide on these. */
  readonly #ahead = new Map<string, Restriction | null>();
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(parts: StandingParts) {
    this.#parts = parts;
    this.#saver = createSaver(parts.sql, parts.log);
  }

  /** Saves what the journal holds and SQL does not. Returns how many changes those were. */
  async replay(): Promise<number> {
    const { journal, register, sql } = this.#parts;
    let replayed = 0;
    for (const change of journal.entries) {
      if (change.sequence <= register.sequence(change.device)) continue;
      const next = evolveStanding(register.restriction(change.device), change);
      this.#inMemory(change, next);
      const type = this.#typeOf(change.device);
      await sql.transact((tx) => save(tx, { change, restriction: next, type }));
      replayed++;
    }
    this.#endHolds();
    return replayed;
  }

  of(device: string): Standing {
    return this.#parts.register.standing(device, this.#parts.clock());
  }

  hold(device: string, { until, ...because }: Because & { readonly until: number }): Changed {
    return this.#change(device, { do: 'hold', until }, because);
  }

  release(device: string, because: Because): Changed {
    return this.#change(device, { do: 'release' }, because);
  }

  revoke(device: string, because: Because): Changed {
    return this.#change(device, { do: 'revoke' }, because);
  }

  /** For good: retired, or replaced by another. */
  end(device: string, { as, ...because }: Because & { readonly as: Ending }): Changed {
    return this.#change(device, { do: 'end', as }, because);
  }

  /** Called at once when a standing changes, before SQL knows: cut connections here. Returns how to stop listening. */
  onStanding(listener: StandingListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells the listeners; also for changes that come with a certificate. */
  tell(device: string): void {
    const standing = this.of(device);
    for (const listener of this.#listeners) {
      try {
        listener(device, standing);
      } catch (fault) {
        this.#parts.log.error('tell standing failed', { device, fault: String(fault) });
      }
    }
  }

  /** Changes in force that SQL has not taken yet. */
  unsaved(): number {
    return this.#saver.unsaved();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#saver.stop();
  }

  async #change(device: string, command: StandingCommand, { reason, by }: Because): Changed {
    const { register, journal, clock } = this.#parts;
    const now = clock();
    const current = this.#ahead.has(device) ? this.#ahead.get(device)! : register.restriction(device);
    const decision = decideStanding(current, command, now);
    if (!decision.ok) return decision;
    const serials = register.liveSerials(device);
    const pending = pendingOf(device, decision.value, { reason, by, at: now, serials });
    const next = evolveStanding(inForce(current, now), { ...pending, sequence: 0 });
    this.#ahead.set(device, next);
    let written: StandingChange;
    try {
      [written] = (await journal.append([pending])) as unknown as [StandingChange];
    } finally {
      if (this.#ahead.get(device) === next) this.#ahead.delete(device);
    }
    this.#inMemory(written, next);
    this.tell(device);
    this.#arm();
    const type = this.#typeOf(device);
    await this.#saver.save((tx) => save(tx, { change: written, restriction: next, type }));
    return ok(undefined);
  }

  #typeOf(id: string): HolderType {
    return this.#parts.typeOf?.(id) ?? 'device';
  }

  #inMemory(change: StandingChange, restriction: Restriction | null): void {
    const { register } = this.#parts;
    register.restrict(change.device, restriction, change.sequence);
    if (change.do !== 'revoke' && change.do !== 'end') return;
    register.end([...change.serials, ...register.liveSerials(change.device)], 'revoked', change.at);
    register.setCode(change.device, null);
    if (change.do === 'end') register.endClaim(change.device, change.at);
  }

  #endHolds(): void {
    const { register, clock } = this.#parts;
    const at = clock();
    for (const [device, restriction] of register.restricted()) {
      if (inForce(restriction, at)) continue;
      register.restrict(device, null);
      this.tell(device);
      const sequence = register.sequence(device);
      const type = this.#typeOf(device);
      void this.#saver.save((tx) => saveEnd(tx, { device, sequence, restriction, type, at }));
    }
    this.#arm();
  }

  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const holds = this.#parts.register.restricted().flatMap(([, r]) => (r.kind === 'held' ? [r.until] : []));
    if (this.#stopped || holds.length === 0) return;
    const next = holds.reduce((first, until) => Math.min(first, until));
    const waitMs = Math.min(TIMER_MAX_MS, Math.max(0, next - this.#parts.clock()));
    this.#timer = setTimeout(() => this.#endHolds(), waitMs).unref();
  }
}

function pendingOf(
  device: string,
  command: StandingCommand,
  because: Because & { readonly at: number; readonly serials: readonly string[] },
): Pending<StandingChange> {
  const common = { device, at: because.at, reason: because.reason, by: because.by };
  if (command.do === 'hold') return { ...common, do: 'hold', until: command.until };
  if (command.do === 'release') return { ...common, do: 'release' };
  const serials = [...because.serials];
  return command.do === 'end'
    ? { ...common, do: 'end', as: command.as, serials }
    : { ...common, do: 'revoke', serials };
}
