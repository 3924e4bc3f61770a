/** Temporary access at work: asked, judged, begun and ended; from memory at each decision, its early end journalled first. */
import { join } from 'node:path';
import type { ActionName, TemporaryAccess } from '@cityward/contracts';
import { err, MINUTE_MS, newId, ok, type Clock, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import * as store from './access-store.ts';
import type { AccessTables } from './access-store.ts';
import type { PersonRecord } from './domain/people.ts';
import {
  accessTo,
  accessUnknown,
  decideAsk,
  decideEnd,
  decideJudge,
  isOpen,
  nextTurn,
  rightsOf,
  stateOf,
  type AccessDraft,
  type AccessEnd,
  type AccessRecord,
  type TemporaryRights,
} from './domain/temporary-access.ts';
import { openJournal, type Journal, type Saver } from '@cityward/journal';
import type { Directory } from './needs.ts';

const TIMER_MAX_MS = MINUTE_MS; // also bounds how late an end is told after the machine slept
/** In one answer. */
const LISTED_MAX = 500;
/** Uses that are told already; beyond, they are forgotten and told once more. */
const USES_KEPT_MAX = 100_000;

type Asked = Promise<Result<TemporaryAccess, Refusal>>;
type Draft = Omit<AccessDraft, 'from'> & { readonly from?: number | undefined };
/** An early end; kept in a journal, since a lost one would be access. */
interface Ended {
  readonly sequence: number;
  readonly access: string;
  readonly at: number;
  readonly by: string;
  readonly why: AccessEnd;
  readonly reason: string;
}
export interface AccessEnded {
  readonly access: TemporaryAccess;
  /** It gave rights until now. */
  readonly ran: boolean;
}

/** Temporary access, as other modules use it. */
export interface AccessFace {
  ask(draft: Draft, by: string): Asked;
  /** By somebody else than who asked and whom it is for, or it is refused. */
  judge(id: string, judging: { readonly approve: boolean; readonly reason: string; readonly by: string }): Asked;
  /** In force when it resolves, and after a kill. `why` by default: given back by whom it is for, else taken back. */
  end(id: string, ending: { readonly reason: string; readonly by: string; readonly why?: AccessEnd }): Asked;
  get(id: string): TemporaryAccess | null;
  /** Newest first; of one person, or of all. */
  list(person?: string): readonly TemporaryAccess[];
  /** Told at once when one ends, however. */
  onEnd(listener: (ended: AccessEnded) => void): () => void;
  /** Told of each that is asked for, answered, begun or ended. */
  onChange(listener: AccessListener): () => void;
  /** Somebody did something with a device that only their access lets them: a fact, once for each device and act. */
  used(person: string, use: AccessUse): void;
}
export type AccessListener = (access: TemporaryAccess) => void;
export interface AccessUse {
  readonly device: string;
  readonly action: ActionName;
}

export interface AccessParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly folder: string;
  readonly saver: Saver;
  readonly directory: Pick<Directory, 'device' | 'isSite' | 'siteOf'>;
  readonly person: (id: string) => PersonRecord | undefined;
}

export class AccessDesk implements AccessFace {
  readonly #parts: AccessParts;
  readonly #journal: Journal<Ended>;
  readonly #all = new Map<string, AccessRecord>();
  /** Those that may still count, by person: asked on every request. */
  readonly #open = new Map<string, Map<string, AccessRecord>>();
  /** Being judged: whoever comes second is refused. */
  readonly #busy = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #listeners = new Set<(ended: AccessEnded) => void>();
  readonly #hearers = new Set<AccessListener>();
  readonly #used = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  private constructor(parts: AccessParts, journal: Journal<Ended>) {
    this.#parts = parts;
    this.#journal = journal;
  }

  static async open(parts: AccessParts): Promise<AccessDesk> {
    const path = join(parts.folder, 'access.journal');
    const journal = await openJournal<Ended>({ path, after: 0, about: (entry) => entry.access });
    const desk = new AccessDesk(parts, journal);
    const db = parts.sql.for<AccessTables>();
    const now = parts.clock();
    for (const access of await store.readAccess(db, now)) desk.#keep(access);
    for (const access of await store.readUntold(db, now)) desk.#keep(access);
    for (const { access: id, sequence: _, ...ended } of journal.entries) {
      const access = desk.#all.get(id);
      if (access && !access.ended) await desk.#ended(access, ended);
    }
    desk.#turn();
    return desk;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#journal.close();
  }

  /** What a person may do beyond their standing roles, at this moment. */
  rights(person: string): TemporaryRights {
    return rightsOf(this.#open.get(person)?.values() ?? [], this.#parts.clock());
  }

  get(id: string): TemporaryAccess | null {
    const access = this.#all.get(id);
    return access ? this.#face(access) : null;
  }

  list(person?: string): readonly TemporaryAccess[] {
    const found = [...this.#all.values()].filter((access) => person === undefined || access.person === person);
    return found
      .sort((a, b) => b.asked - a.asked)
      .slice(0, LISTED_MAX)
      .map((access) => this.#face(access));
  }

  onEnd(listener: (ended: AccessEnded) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onChange(listener: AccessListener): () => void {
    this.#hearers.add(listener);
    return () => void this.#hearers.delete(listener);
  }

  used(person: string, { device, action }: AccessUse): void {
    const { clock, directory, saver } = this.#parts;
    const access = accessTo(
      { device, site: directory.siteOf(device) },
      this.#open.get(person)?.values() ?? [],
      clock(),
    );
    if (!access) return;
    const use = `${access.id} ${device} ${action}`;
    if (this.#used.has(use)) return;
    if (this.#used.size >= USES_KEPT_MAX) this.#used.clear();
    this.#used.add(use);
    const data = { access: access.id, action };
    const fact = { module: 'identity', type: 'access.used', actor: person, subject: device, personal: true } as const;
    void saver.save(async (tx) => void tx.record({ ...fact, at: clock(), data }));
  }

  async ask({ from, ...draft }: Draft, by: string): Asked {
    const { clock, directory, person, sql } = this.#parts;
    const now = clock();
    const known = person(draft.person);
    const wanted: AccessDraft = { ...draft, from: from !== undefined && from > now ? from : null };
    const decision = decideAsk(wanted, {
      now,
      roles: known && known.state !== 'disabled' ? known.roles : null,
      open: [...(this.#open.get(draft.person)?.values() ?? [])].filter((one) => isOpen(stateOf(one, now))).length,
      knows: (kind, id) => (kind === 'device' ? directory.device(id) !== null : (directory.isSite?.(id) ?? true)),
    });
    if (!decision.ok) return decision;
    const access: AccessRecord = { ...wanted, id: newId('acc'), asked: now, by, judged: null, ended: null };
    await sql.transact(async (tx) => {
      await store.addAccess(tx.for<AccessTables>(), access);
      this.#record(tx, access, { type: 'access.asked', actor: by });
    });
    this.#keep(access);
    this.#tell(access);
    this.#arm();
    return ok(this.#face(access));
  }

  async judge(id: string, { approve, reason, by }: Parameters<AccessFace['judge']>[1]): Asked {
    const { clock, sql } = this.#parts;
    const access = this.#all.get(id);
    if (!access) return accessUnknown(id);
    const now = clock();
    const decision = decideJudge(access, { by, approve, now, busy: this.#busy.has(id) });
    if (!decision.ok) return decision;
    const judged: AccessRecord = { ...access, judged: { at: now, by, reason, approved: approve } };
    this.#busy.add(id);
    try {
      await sql.transact(async (tx) => {
        await store.judgeAccess(tx.for<AccessTables>(), judged);
        this.#record(tx, judged, { type: approve ? 'access.approved' : 'access.refused', actor: by });
      });
    } finally {
      this.#busy.delete(id);
    }
    // Whatever ended it meanwhile stands.
    this.#keep({ ...judged, ended: this.#all.get(id)!.ended });
    this.#tell(this.#all.get(id)!);
    this.#turn();
    return ok(this.#face(this.#all.get(id)!));
  }

  async end(id: string, { reason, by, why }: Parameters<AccessFace['end']>[1]): Asked {
    const access = this.#all.get(id);
    if (!access) return accessUnknown(id);
    const at = this.#parts.clock();
    const decision = decideEnd(access, at);
    if (!decision.ok) return err(decision.error);
    const ended = { at, by, why: why ?? (by === access.person ? 'given-back' : 'taken-back'), reason };
    await this.#journal.append([{ access: id, ...ended }]);
    await this.#ended(this.#all.get(id)!, ended);
    return ok(this.#face(this.#all.get(id)!));
  }

  /** Everything that a person has asked for or holds: they have no access to anything any more. */
  async endAllOf(person: string, by: string): Promise<void> {
    const now = this.#parts.clock();
    for (const access of [...(this.#open.get(person)?.values() ?? [])])
      if (isOpen(stateOf(access, now)))
        await this.end(access.id, { reason: 'the person has no access any more', by, why: 'disabled' });
  }

  /** In memory and told at once; in SQL as soon as it takes it. */
  async #ended(access: AccessRecord, ended: NonNullable<AccessRecord['ended']>): Promise<void> {
    if (this.#all.get(access.id)?.ended) return;
    const ran = access.judged?.approved === true && (access.from ?? access.judged.at) <= ended.at;
    const over = { ...access, ended };
    this.#keep(over);
    for (const listener of this.#listeners) listener({ access: this.#face(over), ran });
    this.#tell(over);
    await this.#parts.saver.save(async (tx) => {
      if (await store.endAccess(tx.for<AccessTables>(), over))
        this.#record(tx, over, { type: 'access.ended', actor: ended.by });
    });
    this.#arm();
  }

  #keep(access: AccessRecord): void {
    this.#all.set(access.id, access);
    let own = this.#open.get(access.person);
    if (!own) this.#open.set(access.person, (own = new Map()));
    if (isOpen(stateOf(access, this.#parts.clock()))) own.set(access.id, access);
    else own.delete(access.id);
  }

  /** Tells what has begun and what has ended by itself. */
  #turn(): void {
    const now = this.#parts.clock();
    for (const access of [...this.#all.values()]) {
      if (!access.judged?.approved || access.ended) continue;
      if (stateOf(access, now) === 'running') this.#tellBegun(access);
      else if (now >= access.until)
        void this.#ended(access, { at: access.until, by: 'system', why: 'time', reason: 'its time was over' });
    }
    this.#arm();
  }

  #tellBegun(access: AccessRecord): void {
    if (this.#begun.has(access.id)) return;
    this.#begun.add(access.id);
    this.#tell(access);
    void this.#parts.saver.save(async (tx) => {
      if (await store.tellBegun(tx.for<AccessTables>(), access.id))
        this.#record(tx, access, { type: 'access.begun', actor: 'system' });
    });
  }

  #tell(access: AccessRecord): void {
    for (const hear of this.#hearers) hear(this.#face(access));
  }

  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const now = this.#parts.clock();
    const next = nextTurn(this.#all.values(), now);
    if (this.#stopped || next === null) return;
    this.#timer = setTimeout(() => this.#turn(), Math.min(TIMER_MAX_MS, Math.max(0, next - now))).unref();
  }

  /** Personal: the ledger shows a commitment. It says which access, for whom, what for, until when. */
  #record(tx: Tx, access: AccessRecord, fact: { type: AccessFactType; actor: string }): void {
    const { id, person, role, sites, devices, from, until } = access;
    const data: Record<string, Json> = { access: id, role, sites: [...sites], devices: [...devices], from, until };
    const reason = access.ended?.reason ?? access.judged?.reason ?? access.reason;
    const why = access.ended ? { why: access.ended.why } : {};
    const at = this.#parts.clock();
    tx.record({
      module: 'identity',
      ...fact,
      subject: person,
      at,
      personal: true,
      data: { ...data, reason, ...why },
    });
  }

  #face(access: AccessRecord): TemporaryAccess {
    const { id, person, role, sites, devices, until, reason, asked, by, judged, ended } = access;
    return {
      id,
      person,
      role,
      sites: [...sites],
      devices: [...devices],
      from: access.from ?? judged?.at ?? asked,
      until,
      reason,
      state: stateOf(access, this.#parts.clock()),
      asked,
      by,
      judged: judged ? { at: judged.at, by: judged.by, reason: judged.reason } : null,
      ended: ended ? { ...ended } : null,
    };
  }
}

type AccessFactType = 'access.asked' | 'access.approved' | 'access.refused' | 'access.begun' | 'access.ended';
