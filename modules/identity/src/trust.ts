/** Trust at work: takes signals, keeps every level in memory, tells at once when one changes, and saves behind that. */
import type { IdentityKind, Trust } from '@cityward/contracts';
import { MINUTE_MS, ok, refuse, SECOND_MS, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import {
  checkSignal,
  decideRestore,
  isSameMark,
  isWorse,
  markOf,
  nextEnd,
  TAKEN_BACK,
  UNKNOWN_MARK,
  viewOf,
  withSignal,
} from './domain/trust.ts';
import type { Restorable, Signal, SignalDraft, Subject, TrustMark } from './domain/trust.ts';
import { createSaver, type Saver } from '@cityward/journal';
import {
  dropSignals,
  putSignals,
  putTold,
  readSignals,
  readTold,
  type SignalRow,
  type ToldRow,
} from './trust-store.ts';
import type { SignalKey, TrustTables } from './trust-store.ts';

/** Identities with signals; beyond, a new one is refused and stays unknown. */
export const SUBJECTS_MAX = 1_200_000;
/** How long changes gather before they are written together. */
const GATHER_MS = 200;
const ROWS_PER_WRITE = 5_000;
/** How late the end of a signal may be told. A decision that asks meets it on time all the same. */
const SWEEP_MS = SECOND_MS / 2;
/** A level that rises again is told at most so often: nobody fills the ledger by going up and down. */
export const RISE_TOLD_AFTER_MS = MINUTE_MS;
/** What only lives longer is written after so much of its life: a restart then meets a somewhat earlier end, never a later one. */
const EXTENDED_BY = 1 / 8;

const NOTHING: readonly Signal[] = [];

export interface TrustChange {
  readonly subject: Subject;
  readonly from: TrustMark;
  readonly to: TrustMark;
}
export type TrustListener = (change: TrustChange) => void;

interface Entry {
  signals: readonly Signal[];
  mark: TrustMark;
  /** When time alone next changes the mark. */
  next: number;
  /** Since when the level stands. */
  since: number;
  /** What the ledger was told last, and when. */
  told: TrustMark['level'] | null;
  toldAt: number;
  /** When its signals were last written. */
  writtenAt: number;
}

interface Because {
  readonly by: string;
  readonly reason: string;
}

export interface TrustParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
}

export class TrustService {
  readonly #parts: TrustParts;
  readonly #saver: Saver;
  readonly #entries: Readonly<Record<IdentityKind, Map<string, Entry>>> = {
    device: new Map(),
    person: new Map(),
    service: new Map(),
    network: new Map(),
  };
  readonly #listeners = new Set<TrustListener>();
  #count = 0;
  /** No signal ends before this. */
  #earliest = Infinity;
  #signals = new Map<string, SignalKey>();
  #levels = new Map<string, Subject>();
  /** Levels that rose, and when that may be told. */
  readonly #rising = new Map<string, { readonly subject: Subject; readonly due: number }>();
  #gathered: Promise<void> | null = null;
  #gathering: NodeJS.Timeout | null = null;
  #sweeping: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: TrustParts) {
    this.#parts = parts;
    this.#saver = createSaver(parts.sql, parts.log);
  }

  /** Reads what was said before. What ended while nobody looked is told now. */
  static async open(parts: TrustParts): Promise<TrustService> {
    const trust = new TrustService(parts);
    const db = parts.sql.for<TrustTables>();
    trust.#load(await readSignals(db), await readTold(db));
    trust.#sweeping = setInterval(() => trust.sweep(), SWEEP_MS).unref();
    return trust;
  }

  /** In force when it returns; resolves once it is saved. */
  put(draft: SignalDraft): Result<Promise<void>, Refusal> {
    const now = this.#parts.clock();
    const checked = checkSignal(draft, now);
    if (!checked.ok) return checked;
    const { subject } = draft;
    const entry = this.#entries[subject.kind].get(subject.id);
    if (!entry && this.#count >= SUBJECTS_MAX)
      return refuse('conflict', 'TOO_MANY_IDENTITIES', `take signal about "${subject.id}": no room for one more`);
    const before = entry?.signals ?? NOTHING;
    const after = withSignal(before, draft, now);
    if (!after.ok) return after;
    if (!entry && after.value.length === 0) return ok(Promise.resolve());
    const { kind, source } = draft;
    const kept = entry ?? this.#enter(subject, now);
    this.#apply(subject, kept, { signals: after.value, now });
    const said = find(after.value, draft);
    if (!isNews(find(before, draft), said)) {
      // A source that has nothing more to say of what it never said changes no row, whatever else stands about the identity.
      if (!said) return ok(Promise.resolve());
      if (now - kept.writtenAt < EXTENDED_BY * (draft.expires - now)) return ok(Promise.resolve());
      kept.writtenAt = now;
      for (const one of kept.signals) this.#toWrite(subject, one);
    } else this.#toWrite(subject, { kind, source });
    return ok(this.#gather());
  }

  /** The level now, from memory: the same object until it changes. */
  markOf(subject: Subject): TrustMark {
    const entry = this.#entries[subject.kind].get(subject.id);
    if (!entry) return UNKNOWN_MARK;
    const now = this.#parts.clock();
    if (entry.next <= now) this.#apply(subject, entry, { signals: entry.signals, now });
    return entry.mark;
  }

  viewOf(subject: Subject): Trust {
    const now = this.#parts.clock();
    const entry = this.#entries[subject.kind].get(subject.id);
    return viewOf(subject, entry ?? { signals: NOTHING, since: 0 }, now);
  }

  /** What one source last said of a component, ended or not. */
  said(subject: Subject, { kind, source }: Pick<SignalKey, 'kind' | 'source'>): Signal | null {
    return find(this.#entries[subject.kind].get(subject.id)?.signals ?? NOTHING, { kind, source }) ?? null;
  }

  /** A person takes back that a device lied, or what the calls of a service showed. Trust rises only once the ledger will know by whom and why. */
  async restore(subject: Restorable, { by, reason }: Because): Promise<Result<Trust, Refusal>> {
    const { kind, source } = TAKEN_BACK[subject.kind];
    const decision = decideRestore(subject, this.said(subject, { kind, source }), this.#parts.clock());
    if (!decision.ok) return decision;
    const taken = decision.value;
    await this.#parts.sql.transact(async (tx) => {
      await dropSignals(tx.for<TrustTables>(), [{ subject, kind, source }]);
      const data = { of: subject.kind, said: taken.reason, value: taken.value, reason };
      const at = this.#parts.clock();
      tx.record({ module: 'identity', type: 'trust.restored', actor: by, subject: subject.id, at, data });
    });
    // It may have done it again meanwhile: that word is another, stands, and is written anew.
    if (this.said(subject, { kind, source }) === taken) {
      const entry = this.#entries[subject.kind].get(subject.id)!;
      this.#apply(subject, entry, {
        signals: entry.signals.filter((one) => one !== taken),
        now: this.#parts.clock(),
      });
    }
    this.#toWrite(subject, { kind, source });
    await this.#gather();
    return ok(this.viewOf(subject));
  }

  onTrust(listener: TrustListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Lets time do its part; runs by itself. */
  sweep(): void {
    const now = this.#parts.clock();
    for (const [key, { subject, due }] of this.#rising) {
      if (due > now) continue;
      this.#rising.delete(key);
      this.#levels.set(key, subject);
      void this.#gather();
    }
    if (now < this.#earliest) return;
    this.#earliest = Infinity;
    for (const kind of Object.keys(this.#entries) as IdentityKind[])
      for (const [id, entry] of this.#entries[kind]) {
        if (entry.next <= now) this.#apply({ kind, id }, entry, { signals: entry.signals, now });
        else this.#earliest = Math.min(this.#earliest, entry.next);
      }
  }

  unsaved(): number {
    return this.#saver.unsaved() + this.#signals.size;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#sweeping) clearInterval(this.#sweeping);
    if (this.#gathering) clearTimeout(this.#gathering);
    await this.#writing;
    await this.#write();
    await this.#saver.stop();
  }

  #toWrite(subject: Subject, { kind, source }: Pick<SignalKey, 'kind' | 'source'>): void {
    this.#signals.set(`${subject.kind} ${subject.id} ${kind} ${source}`, { subject, kind, source });
  }

  #load(signals: readonly SignalRow[], told: readonly ToldRow[]): void {
    const now = this.#parts.clock();
    for (const { kind, id, level, since } of told) {
      const entry = this.#enter({ kind, id }, now);
      Object.assign(entry, { since, told: level, mark: { level, value: -1, conduct: -1 } });
    }
    for (const { subject, ...signal } of signals) {
      const entry = this.#entries[subject.kind].get(subject.id) ?? this.#enter(subject, now);
      entry.signals = [...entry.signals, signal];
    }
    for (const kind of Object.keys(this.#entries) as IdentityKind[])
      for (const [id, entry] of this.#entries[kind]) this.#apply({ kind, id }, entry, { signals: entry.signals, now });
  }

  #enter({ kind, id }: Subject, now: number): Entry {
    const untold = { told: null, toldAt: 0, writtenAt: now };
    const entry: Entry = { signals: NOTHING, mark: UNKNOWN_MARK, next: Infinity, since: now, ...untold };
    this.#entries[kind].set(id, entry);
    this.#count++;
    return entry;
  }

  #apply(subject: Subject, entry: Entry, { signals, now }: { signals: readonly Signal[]; now: number }): void {
    entry.signals = signals;
    entry.next = nextEnd(signals, now);
    this.#earliest = Math.min(this.#earliest, entry.next);
    const from = entry.mark;
    const to = markOf(subject.kind, signals, now);
    if (isSameMark(from, to)) return;
    entry.mark = to;
    if (from.level !== to.level) entry.since = now;
    this.#tell({ subject, from, to });
    if (entry.told === to.level) return;
    this.#levels.set(`${subject.kind} ${subject.id}`, subject);
    void this.#gather();
  }

  #tell(change: TrustChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (fault) {
        this.#parts.log.error('tell trust failed', { subject: change.subject.id, fault: String(fault) });
      }
    }
  }

  /** Resolves when what has been gathered until then is saved. */
  #gather(): Promise<void> {
    this.#gathered ??= new Promise((resolve) => {
      this.#gathering = setTimeout(() => {
        this.#gathered = null;
        this.#gathering = null;
        this.#writing = this.#writing.then(() => this.#write());
        void this.#writing.then(resolve);
      }, GATHER_MS).unref();
    });
    return this.#gathered;
  }

  async #write(): Promise<void> {
    const signals = [...this.#signals.values()];
    const levels = [...this.#levels.values()];
    this.#signals = new Map();
    this.#levels = new Map();
    for (let from = 0; from < Math.max(signals.length, levels.length); from += ROWS_PER_WRITE) {
      const to = from + ROWS_PER_WRITE;
      const told = this.#toTell(levels.slice(from, to));
      const rows = this.#rowsOf(signals.slice(from, to));
      await this.#saver.save((tx) => save(tx, rows, told));
    }
  }

  #rowsOf(keys: readonly SignalKey[]): Rows {
    const put: SignalRow[] = [];
    const drop: SignalKey[] = [];
    for (const key of keys) {
      const signal = this.said(key.subject, key);
      if (signal) put.push({ subject: key.subject, ...signal });
      else drop.push(key);
    }
    return { put, drop };
  }

  /** The net changes: what fell is told now, what rose only when it was not told of a moment ago. */
  #toTell(subjects: readonly Subject[]): Told[] {
    const now = this.#parts.clock();
    return subjects.flatMap((subject) => {
      const entry = this.#entries[subject.kind].get(subject.id)!;
      const { mark, told, since } = entry;
      if (told === mark.level) return [];
      if (!isWorse(mark.level, told ?? 'full') && now - entry.toldAt < RISE_TOLD_AFTER_MS && !this.#stopped) {
        const due = entry.toldAt + RISE_TOLD_AFTER_MS;
        this.#rising.set(`${subject.kind} ${subject.id}`, { subject, due });
        return [];
      }
      // The first level of an identity is news only when it is bad.
      const news = told !== null || isWorse(mark.level, 'reduced');
      entry.told = mark.level;
      if (news) entry.toldAt = now;
      const { reason } = this.viewOf(subject);
      return [{ ...subject, level: mark.level, since, from: told, value: mark.value, reason, news }];
    });
  }
}

interface Rows {
  readonly put: readonly SignalRow[];
  readonly drop: readonly SignalKey[];
}
interface Told extends ToldRow {
  readonly from: TrustMark['level'] | null;
  readonly value: number;
  readonly reason: string;
  readonly news: boolean;
}

async function save(tx: Tx, { put, drop }: Rows, told: readonly Told[]): Promise<void> {
  const db = tx.for<TrustTables>();
  await putSignals(db, put);
  await dropSignals(db, drop);
  await putTold(db, told);
  for (const { kind, id, level, since, from, value, reason, news } of told) {
    if (!news) continue;
    const data = { kind, level, from: from ?? 'unknown', value, reason };
    const personal = kind === 'person';
    tx.record({ module: 'identity', type: 'trust.changed', actor: 'system', subject: id, at: since, data, personal });
  }
}

const find = (signals: readonly Signal[], { kind, source }: Pick<SignalKey, 'kind' | 'source'>): Signal | undefined =>
  signals.find((one) => one.kind === kind && one.source === source);

/** Has the source said another thing, or the same for another time than it would have stood? */
function isNews(before: Signal | undefined, after: Signal | undefined): boolean {
  if (!before || !after) return before !== after;
  return before.since !== after.since || after.expires < before.expires;
}
