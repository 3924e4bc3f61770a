/** Who waits for a person to let them in: one open request per device, bound to the key it wants certified and to what it showed. */
import type { Waiting } from '@cityward/contracts';
import { DAY_MS, MINUTE_MS, newId, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { dropWaiting, putWaiting, readWaiting, type WaitingRow } from './ways-store.ts';

const OPEN_MAX = 2_000;
const KEPT_MAX = 4_000;
/** An approval that the device never came for. */
const APPROVAL_LIFE_MS = 7 * DAY_MS;
/** Who was refused may ask a person again after this. */
const REFUSAL_LIFE_MS = DAY_MS;
/** How often a device that keeps asking is written down. */
const REWRITTEN_AFTER_MS = MINUTE_MS;

export interface Asking {
  readonly device: string;
  readonly way: Waiting['way'];
  readonly why: Waiting['why'];
  readonly serial: string | null;
  readonly maker: string | null;
  readonly keyHash: string;
  /** Hash of the code, or of the factory key. */
  readonly credentialHash: string;
  readonly address: string;
}

export type Approved = { readonly request: string } | 'waiting';

export interface Approvals {
  /** Open ones and the last decided, the newest first. */
  list(): readonly Waiting[];
  /** `waiting` until somebody has decided; a refusal carries the person's reason. */
  ask(asking: Asking): Promise<Result<Approved, Refusal>>;
  approve(id: string, by: string, reason: string): Promise<Result<Waiting, Refusal>>;
  refuse(id: string, by: string, reason: string): Promise<Result<Waiting, Refusal>>;
  /** Does somebody wait with another factory key for this device's serial? */
  isClaimedTwice(device: string): boolean;
  /** Told of the device whenever what waits for it has changed. */
  onChange(listener: (device: string) => void): void;
  /** The row to save with the certificate that the approval led to. */
  issuedRow(id: string): WaitingRow | null;
  /** Once that is saved. */
  issued(id: string): void;
}

export async function openApprovals(parts: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Approvals> {
  const queue = new Queue(parts);
  await queue.load();
  return {
    list: () => queue.list(),
    ask: (asking) => queue.ask(asking),
    approve: (id, by, reason) => queue.judge(id, 'approved', { by, reason }),
    refuse: (id, by, reason) => queue.judge(id, 'refused', { by, reason }),
    isClaimedTwice: (device) => queue.isClaimedTwice(device),
    onChange: (listener) => void queue.listeners.push(listener),
    issuedRow: (id) => queue.issuedRow(id),
    issued: (id) => queue.issued(id),
  };
}

const shown = ({ credentialHash: _hash, ...row }: WaitingRow): Waiting => row;
const isOpen = ({ state }: WaitingRow): boolean => state === 'waiting' || state === 'approved';

class Queue {
  readonly #sql: Sql;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #rows = new Map<string, WaitingRow>();
  /** The open request of each device. */
  readonly #open = new Map<string, string>();

  readonly listeners: ((device: string) => void)[] = [];

  constructor({ sql, clock, log }: { readonly sql: Sql; readonly clock: Clock; readonly log: Log }) {
    this.#sql = sql;
    this.#clock = clock;
    this.#log = log;
  }

  async load(): Promise<void> {
    const rows = await readWaiting(this.#sql.for(), KEPT_MAX);
    for (const row of rows.reverse()) this.#keep(row);
  }

  list(): readonly Waiting[] {
    return [...this.#rows.values()].sort((a, b) => b.lastAsked - a.lastAsked).map(shown);
  }

  async ask(asking: Asking): Promise<Result<Approved, Refusal>> {
    const now = this.#clock();
    const open = this.#rows.get(this.#open.get(asking.device) ?? '');
    const same = open && open.keyHash === asking.keyHash && open.credentialHash === asking.credentialHash;
    if (open && same && open.state === 'approved' && now <= open.judged! + APPROVAL_LIFE_MS)
      return ok({ request: open.id });
    if (open && same && open.state === 'waiting') {
      this.#touch(open, now);
      return ok('waiting');
    }
    const refused = this.#refusalOf(asking, now);
    if (refused)
      return refuse(
        'forbidden',
        'ENROLMENT_REFUSED',
        `enrol "${asking.device}": a person refused it: ${refused.reason ?? ''}`,
      );
    if (!open && this.#open.size >= OPEN_MAX)
      return refuse('unavailable', 'TOO_MANY_WAIT', `enrol "${asking.device}": ${OPEN_MAX} devices wait already`);
    await this.#begin(asking, open, now);
    return ok('waiting');
  }

  async judge(
    id: string,
    state: 'approved' | 'refused',
    { by, reason }: { readonly by: string; readonly reason: string },
  ): Promise<Result<Waiting, Refusal>> {
    const row = this.#rows.get(id);
    if (!row) return refuse('not-found', 'ENROLMENT_UNKNOWN', `judge enrolment "${id}": nobody waits under this id`);
    if (row.state !== 'waiting')
      return refuse(
        'conflict',
        'ENROLMENT_JUDGED',
        `judge enrolment "${id}": it is ${row.state}, wanted one that waits`,
      );
    const next: WaitingRow = { ...row, state, judged: this.#clock(), by, reason };
    this.#keep(next); // at once: of two who decide together the second is told so
    try {
      await this.#sql.transact(async (tx) => {
        await putWaiting(tx.for(), next);
        const type = state === 'approved' ? 'enrolment.approved' : 'enrolment.refused';
        const data = { reason, way: row.way, keyHash: row.keyHash };
        tx.record({ module: 'identity', type, actor: by, subject: row.device, at: next.judged!, data });
      });
    } catch (fault) {
      this.#keep(row);
      throw fault;
    }
    return ok(shown(next));
  }

  isClaimedTwice(device: string): boolean {
    const open = this.#rows.get(this.#open.get(device) ?? '');
    return open?.why === 'second-claim' && open.state === 'waiting';
  }

  issuedRow(id: string): WaitingRow | null {
    const row = this.#rows.get(id);
    return row ? { ...row, state: 'issued' } : null;
  }

  issued(id: string): void {
    const row = this.issuedRow(id);
    if (row) this.#keep(row);
  }

  #refusalOf({ device, credentialHash }: Asking, now: number): WaitingRow | undefined {
    for (const row of this.#rows.values())
      if (
        row.state === 'refused' &&
        row.device === device &&
        row.credentialHash === credentialHash &&
        now < row.judged! + REFUSAL_LIFE_MS
      )
        return row;
    return undefined;
  }

  /** A new request; one that was open for the same device gives way: its key is asked for no longer. */
  async #begin(asking: Asking, open: WaitingRow | undefined, now: number): Promise<void> {
    const row: WaitingRow = {
      id: newId('enr'),
      state: 'waiting',
      ...asking,
      asked: now,
      lastAsked: now,
      judged: null,
      by: null,
      reason: null,
    };
    const dropped = [...(open ? [open.id] : []), ...this.#surplus()];
    for (const id of dropped) this.#rows.delete(id);
    this.#keep(row);
    try {
      await this.#sql.transact(async (tx) => {
        if (dropped.length > 0) await dropWaiting(tx.for(), dropped);
        await putWaiting(tx.for(), row);
        const { why, way, serial, maker, address } = row;
        const data = { why, way, serial, maker, address, keyHash: row.keyHash };
        tx.record({
          module: 'identity',
          type: 'enrolment.waiting',
          actor: row.device,
          subject: row.device,
          at: now,
          data,
        });
      });
    } catch (fault) {
      this.#rows.delete(row.id);
      this.#open.delete(row.device);
      if (open) this.#keep(open);
      throw fault;
    }
  }

  /** Decided ones that make room, the oldest first. */
  #surplus(): string[] {
    if (this.#rows.size < KEPT_MAX) return [];
    return [...this.#rows.values()]
      .filter((row) => !isOpen(row))
      .slice(0, 100)
      .map((row) => row.id);
  }

  #touch(row: WaitingRow, now: number): void {
    if (now - row.lastAsked < REWRITTEN_AFTER_MS) return;
    const next = { ...row, lastAsked: now };
    this.#keep(next);
    this.#sql
      .transact((tx) => putWaiting(tx.for(), next))
      .catch((fault: unknown) => this.#log.warn('save waiting enrolment failed', { id: row.id, fault: String(fault) }));
  }

  #keep(row: WaitingRow): void {
    this.#rows.set(row.id, row);
    if (isOpen(row)) this.#open.set(row.device, row.id);
    else if (this.#open.get(row.device) === row.id) this.#open.delete(row.device);
    for (const listener of this.listeners) listener(row.device);
  }
}
