/** Watch at work: folds batches, saves findings with their facts, keeps its state over restarts. */
import { createHash } from 'node:crypto';
import type { Finding, Observed } from '@cityward/contracts';
import { MINUTE_MS, ok, OperationalFault, refuse, SECOND_MS, type Refusal, type Result } from '@cityward/kernel';
import type { Route } from '@cityward/http';
import { behaviourOf } from './domain/behaviour.ts';
import { allow } from './domain/dismiss.ts';
import { advance, learn, observe } from './domain/engine.ts';
import type { LiveFinding } from './domain/findings.ts';
import { LEARNING_HOURS } from './domain/parameters.ts';
import { trustLost, type ToldOfTrust } from './domain/told.ts';
import { decodeState, encodeState } from './domain/snapshot.ts';
import { createState, type Counters, type WatchState } from './domain/state.ts';
import { bytesPerDevice } from './domain/table.ts';
import { HistoryGate } from './history-gate.ts';
import type { WatchNeeds } from './needs.ts';
import { unknownFinding, watchRoutes } from './routes.ts';
import { loadSnapshot, saveSnapshot } from './snapshot-file.ts';
import * as store from './store.ts';

const SAVE_EVERY_MS = MINUTE_MS;
/** A large state is saved more seldom: at most this much a second on the average. */
const SAVED_BYTES_PER_MS_MAX = 1_048;
const TICK_MS = 5 * SECOND_MS;
/** Without a batch for so long, the present is the clock's, not the last batch's. */
const IDLE_MS = MINUTE_MS;
const GROWN_EVERY_MS = 2 * SECOND_MS;
/** Findings waiting for SQL; beyond, `observe` waits too, and so does the stream. */
const RAISED_WAITING_MAX = 500;
const OPEN_LISTED_MAX = 1_000;

export type FindingChange = 'raised' | 'grown' | 'dismissed';
export interface WatchFacet {
  readonly state: 'learning' | 'usual' | 'unusual';
  readonly reason: string;
  /** The finding that makes it unusual; else null. */
  readonly finding: string | null;
}
export interface WatchStats extends Counters {
  readonly devices: number;
  readonly bytesPerDevice: number;
  /** When the last observation folded had been received. */
  readonly lastReceived: number;
  readonly openFindings: number;
  /** Findings that SQL does not have yet. */
  readonly waiting: number;
  /** Observations that could not be folded; 0 in a healthy city. */
  readonly leftOut: number;
}

export interface Watch {
  start(): Promise<void>;
  /** Saves what it knows; nothing may be observed after it. */
  stop(): Promise<void>;
  /** Folds a batch in stream order; what lies at or before the last position folded is left out. Throws an OperationalFault while SQL takes nothing. */
  observe(batch: readonly Observed[]): Promise<void>;
  /**
   * Folds the past, in order of time: teaches, raises nothing. From gateway `history`, once for a city, it comes before all
   * else: `observe` waits until `save()` ends it; stopped before that, nothing of it is kept.
   */
  learn(batch: readonly Observed[]): void;
  /** True when a history has been learned and saved, so that it is not learned twice. */
  hasLearned(): boolean;
  /** Stream position that the last durable snapshot holds; consume after it. */
  position(): number;
  /** Writes a snapshot now. */
  save(): Promise<void>;
  stateOf(device: string): WatchFacet | null;
  /** Another module knows that there is no trust any more in a device that guards lives: an analyst must look. */
  trustLost(told: Omit<ToldOfTrust, 'at'>): void;
  onFinding(listener: (finding: Finding, change: FindingChange) => void): void;
  /** Devices that began (true) or ended (false) learning. */
  onLearning(listener: (changes: readonly { readonly device: string; readonly learning: boolean }[]) => void): void;
  /** The position of each snapshot once it is durable: what the stream may forget up to. */
  onSaved(listener: (position: number) => void): void;
  readonly routes: readonly Route[];
  get(id: string): Promise<Finding | null>;
  listOpen(): Promise<readonly Finding[]>;
  dismiss(id: string, how: { readonly by: string; readonly reason: string }): Promise<Result<Finding, Refusal>>;
  stats(): WatchStats;
}

export const createWatch = (needs: WatchNeeds): Watch => new WatchService(needs);

const idOf = (text: string): string => `fnd-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;

class WatchService implements Watch {
  readonly #needs: WatchNeeds;
  #state: WatchState;
  #saved = 0;
  #dirty = false;
  #leftOut = 0;
  readonly #history = new HistoryGate(() =>
    this.#needs.log.warn('history stopped coming before it was saved; watch goes on without the rest of it'),
  );
  #savedAt = 0;
  #savedBytes = 0;
  #startedAt = 0;
  #lastBatchAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #grownAt = 0;
  #writing: Promise<void> | null = null;
  #saving: Promise<void> = Promise.resolve();
  /** Raised findings that SQL does not have yet, and grown ones that it has in an older form. */
  #raised: LiveFinding[] = [];
  /** Those open that make a device unusual; oldest first. */
  readonly #unusual = new Map<string, Map<string, string>>();
  readonly #onFinding: ((finding: Finding, change: FindingChange) => void)[] = [];
  readonly #onLearning: ((changes: readonly { device: string; learning: boolean }[]) => void)[] = [];
  readonly #onSaved: ((position: number) => void)[] = [];
  readonly routes: readonly Route[];

  constructor(needs: WatchNeeds) {
    this.#needs = needs;
    this.#state = createState({ kindOf: needs.kindOf, idOf });
    this.routes = watchRoutes({
      list: (query) => store.listFindings(needs.sql, query),
      get: (id) => this.get(id),
      dismiss: (id, how) => this.dismiss(id, how),
      behaviour: (device) => behaviourOf(this.#state, device),
    });
  }

  async start(): Promise<void> {
    const { sql, folder, kindOf, log, clock } = this.#needs;
    await sql.migrate({ module: 'watch', folder: new URL('../migrations/', import.meta.url) });
    const { state, faults } = await loadSnapshot(folder, (body) => decodeState(body, { kindOf, idOf }));
    for (const fault of faults)
      log.warn('a snapshot of watch cannot be used; an older one or the stream stands in', { fault });
    if (state) {
      this.#state = state;
      this.#saved = state.position;
    }
    for (const { live, at } of await store.dismissedFindings(sql))
      if (!this.#state.registry.known.has(live.key)) allow(this.#state, live, at);
    for (const finding of await this.listOpen()) this.#note(finding);
    this.#startedAt = clock();
    this.#savedAt = clock();
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    this.#timer.unref();
    log.info('watch knows its devices', { devices: this.#state.table.ids.length, position: this.#saved });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#saving;
    // Half a history is worth less than none: the next start learns it whole.
    if (this.#history.running) this.#history.end();
    else await this.save();
  }

  async observe(batch: readonly Observed[]): Promise<void> {
    await this.#history.passed();
    for (const observed of batch) this.#fold(observed);
    this.#dirty = true;
    this.#lastBatchAt = this.#needs.clock();
    advance(this.#state, Math.min(this.#state.lastReceived, this.#lastBatchAt));
    this.#collect();
    if (this.#raised.length > RAISED_WAITING_MAX) await this.#write();
    else if (this.#raised.length > 0) this.#write().catch(() => undefined); // the tick tries again
  }

  /** One observation that cannot be folded is a bug; it must not blind watch to all that come after it. */
  #fold(observed: Observed): void {
    try {
      observe(this.#state, observed);
    } catch (error) {
      this.#leftOut++;
      const { position, reporter } = observed;
      this.#needs.log.error('an observation could not be folded and was left out', {
        position,
        reporter,
        error: String(error),
      });
    }
  }

  learn(batch: readonly Observed[]): void {
    const [first] = batch;
    if (first?.gateway === 'history' && !this.#state.taught) {
      if (this.#history.more(first.body.at)) this.#beginHistory();
      this.#history.reached(batch.at(-1)!.body.at);
    }
    for (const observed of batch) learn(this.#state, observed);
    this.#dirty = true;
    this.#collect();
  }

  /** History comes first: what was seen live in the seconds before it is not kept in its way. Findings stay. */
  #beginHistory(): void {
    const { registry, position, lastReceived } = this.#state;
    const fresh = createState({ kindOf: this.#needs.kindOf, idOf });
    this.#state = Object.assign(fresh, { registry, position, lastReceived });
  }

  hasLearned(): boolean {
    return this.#state.taught;
  }

  position(): number {
    return this.#saved;
  }

  /** One snapshot after the other; each holds only findings that SQL has. */
  save(): Promise<void> {
    if (this.#history.running) this.#state.taught = true;
    this.#history.end();
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    // What is under way to SQL is not there yet.
    while (this.#writing || this.#raised.length > 0 || this.#state.registry.grown.size > 0) await this.#write();
    const { position } = this.#state;
    this.#dirty = false;
    try {
      this.#savedBytes = await saveSnapshot(this.#needs.folder, position, encodeState(this.#state));
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
    this.#saved = position;
    this.#savedAt = this.#needs.clock();
    for (const listener of this.#onSaved) listener(position);
  }

  stateOf(device: string): WatchFacet | null {
    const row = this.#state.table.indexOf.get(device);
    if (row === undefined) return null;
    const findings = this.#unusual.get(device);
    if (findings) {
      const [finding, title] = [...findings].at(-1)!;
      return { state: 'unusual', reason: title, finding };
    }
    const learned = this.#state.table.columns.learned[row]!;
    return learned < LEARNING_HOURS
      ? { state: 'learning', reason: `${learned} of its first ${LEARNING_HOURS} hours are known`, finding: null }
      : { state: 'usual', reason: 'nothing unusual has been seen of it', finding: null };
  }

  onFinding(listener: (finding: Finding, change: FindingChange) => void): void {
    this.#onFinding.push(listener);
  }
  onLearning(listener: (changes: readonly { device: string; learning: boolean }[]) => void): void {
    this.#onLearning.push(listener);
  }
  onSaved(listener: (position: number) => void): void {
    this.#onSaved.push(listener);
  }

  trustLost(told: Omit<ToldOfTrust, 'at'>): void {
    trustLost(this.#state, { ...told, at: this.#needs.clock() });
    this.#collect();
    this.#write().catch(() => undefined); // the tick tries again
  }

  get(id: string): Promise<Finding | null> {
    return store.findingById(this.#needs.sql, id);
  }

  async listOpen(): Promise<readonly Finding[]> {
    const query = { state: 'open' as const, offset: 0, limit: OPEN_LISTED_MAX };
    return (await store.listFindings(this.#needs.sql, query)).findings;
  }

  async dismiss(id: string, how: { by: string; reason: string }): Promise<Result<Finding, Refusal>> {
    const at = this.#needs.clock();
    const closed = await this.#needs.sql.transact(async (tx) => {
      const done = await store.closeFinding(tx, id, { ...how, at });
      if (done) {
        const { device, detector } = done.finding;
        const data = { device, detector, reason: how.reason };
        const fact = { module: 'watch', type: 'finding.dismissed', actor: how.by, subject: id, at, data } as const;
        // Free text by a person may tell about a person.
        tx.record({ ...fact, personal: true });
      }
      return done;
    });
    if (!closed) {
      if (await this.get(id))
        return refuse('conflict', 'FINDING_DISMISSED', `dismiss finding "${id}": it has been dismissed already`);
      return unknownFinding(id);
    }
    const open = this.#state.registry.open.get(closed.live.key);
    allow(this.#state, open?.id === id ? open : closed.live, at);
    this.#dirty = true;
    this.#forget(closed.finding);
    for (const listener of this.#onFinding) listener(closed.finding, 'dismissed');
    return ok(closed.finding);
  }

  stats(): WatchStats {
    const { counters, table, lastReceived, registry } = this.#state;
    return {
      ...counters,
      devices: table.ids.length,
      bytesPerDevice: bytesPerDevice(),
      lastReceived,
      openFindings: registry.open.size,
      waiting: this.#raised.length,
      leftOut: this.#leftOut,
    };
  }

  /** Takes over what the fold has put out. */
  #collect(): void {
    const { registry, learningChanges } = this.#state;
    if (registry.raised.length > 0) {
      this.#raised.push(...registry.raised);
      registry.raised = [];
    }
    if (learningChanges.length === 0) return;
    this.#state.learningChanges = [];
    for (const listener of this.#onLearning) listener(learningChanges);
  }

  /** What was raised, and what has grown; one write at a time. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeNow().finally(() => (this.#writing = null));
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const { registry } = this.#state;
    const raised = this.#raised.slice();
    const grown = [...registry.grown];
    this.#raised = [];
    registry.grown = new Set();
    try {
      await this.#needs.sql.transact(async (tx) => {
        const added = await store.addFindings(tx, raised);
        await store.growFindings(tx, grown);
        for (const live of raised) if (added.has(live.id)) tx.record(this.#factOf(live));
      });
    } catch (error) {
      this.#raised = [...raised, ...this.#raised];
      for (const live of grown) registry.grown.add(live);
      const reason = error instanceof Error ? error.message : String(error);
      this.#needs.log.warn('findings wait to be saved', { waiting: this.#raised.length, error: reason });
      throw new OperationalFault(`save ${raised.length} findings: ${reason}`);
    }
    this.#grownAt = this.#needs.clock();
    for (const live of raised) this.#tell(live, 'raised');
    for (const live of grown) if (!raised.includes(live)) this.#tell(live, 'grown');
  }

  #factOf(live: LiveFinding) {
    const finding = store.wireFinding(live);
    const { detector, device, severity, title, peers, port, replay, simulated, authenticated } = finding;
    return {
      module: 'watch',
      type: 'finding.raised',
      actor: 'system',
      subject: live.id,
      at: this.#needs.clock(),
      data: { detector, device, severity, title, peers, port, replay, simulated, authenticated, since: live.at },
    } as const;
  }

  #tell(live: LiveFinding, change: FindingChange): void {
    const finding = store.wireFinding(live);
    // Dismissed while this was being saved.
    if (this.#state.registry.known.has(live.key)) return;
    this.#note(finding);
    for (const listener of this.#onFinding) listener(finding, change);
  }

  /** A notice is no reason to colour a device, nor is what a replayed file says. */
  #note(finding: Finding): void {
    if (finding.severity === 'notice' || finding.replay) return;
    const findings = this.#unusual.get(finding.device) ?? new Map<string, string>();
    findings.set(finding.id, finding.title);
    this.#unusual.set(finding.device, findings);
  }

  #forget(finding: Finding): void {
    const findings = this.#unusual.get(finding.device);
    findings?.delete(finding.id);
    if (findings?.size === 0) this.#unusual.delete(finding.device);
  }

  /** Every few seconds: closes hours, writes what grew, saves when due. Faults are told and tried again. */
  async #tick(): Promise<void> {
    const now = this.#needs.clock();
    const idle = now - Math.max(this.#lastBatchAt, this.#startedAt) > IDLE_MS;
    if (idle) advance(this.#state, now);
    this.#collect();
    try {
      const due = this.#state.registry.grown.size > 0 && now - this.#grownAt >= GROWN_EVERY_MS;
      if (this.#raised.length > 0 || due) await this.#write();
      const every = Math.max(this.#needs.saveEveryMs ?? SAVE_EVERY_MS, this.#savedBytes / SAVED_BYTES_PER_MS_MAX);
      if (this.#dirty && !this.#history.running && now - this.#savedAt >= every) await this.save();
    } catch (error) {
      this.#savedAt = now;
      this.#needs.log.warn('watch could not save; it will try again', { error: String(error) });
    }
  }
}
