/** Where each record is in its life: restricted, sealed, due. In memory what is in force; on disk in the journal first. */
import type { LifeState, RecordLife } from '@cityward/contracts';
import type { Saver } from '@cityward/journal';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import { ACTIVE, isDark, take, type Because, type Circumstances, type Life, type Step } from '../domain/life.ts';
import type { VaultOptions } from '../needs.ts';
import type { Lanes } from '../records/lanes.ts';
import type { Sharing } from '../nodes/shared.ts';
import { readHead } from '../records/store.ts';
import type { Bar } from '../viewing/deciding.ts';
import type { VaultJournal } from '../vault-journal.ts';
import * as store from './life-store.ts';

const MODULE = 'vault';
const SHOWN_MAX = 1_000;
const FACTS = {
  active: 'record.used-again',
  restricted: 'record.restricted',
  sealed: 'record.sealed',
  due: 'record.fell-due',
} as const;
type Kept = keyof typeof FACTS;
const isKept = (state: LifeState): state is Kept => Object.hasOwn(FACTS, state);

export interface LifeParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly sharing: Sharing;
  readonly inLane: Lanes;
}
/** Nothing stands in the way. */
export const UNHINDERED: Circumstances = { isHeld: false, keptUntil: null, openCopies: 0, isCertified: false };

export interface Move {
  readonly record: string;
  readonly subject: string;
  readonly step: Step;
  readonly because: Because;
  readonly at: Circumstances;
}

export class RecordLives {
  readonly #parts: LifeParts;
  readonly #lives = new Map<string, { readonly subject: string; readonly life: Life }>();

  constructor(parts: LifeParts) {
    this.#parts = parts;
  }

  async open(): Promise<number> {
    const { sql, journal } = this.#parts;
    for (const { record, subject, life } of await store.readLives(sql)) this.#lives.set(record, { subject, life });
    let replayed = 0;
    for (const change of journal.entries) {
      if (change.do !== 'record-life' || this.of(change.record).since > change.life.since) continue;
      await this.#parts.sharing.retell([change]);
      if (await sql.transact((tx) => save(tx, change))) replayed++;
      this.#keep(change);
    }
    return replayed;
  }

  of(record: string): Life {
    return this.#lives.get(record)?.life ?? ACTIVE;
  }
  /** The ones with a date that has come, sealed or due. */
  ready(now: number): { readonly record: string; readonly subject: string; readonly life: Life }[] {
    return [...this.#lives].flatMap(([record, { subject, life }]) =>
      isDark(life) && (life.next ?? life.since) <= now ? [{ record, subject, life }] : [],
    );
  }
  isDark(record: string): boolean {
    return isDark(this.of(record));
  }
  forget(records: readonly string[]): void {
    for (const record of records) this.#lives.delete(record);
  }
  /** Whose it is, for policy to decide by; of one that is not there nothing. */
  async ownerOf(record: string): Promise<{ readonly subject?: string }> {
    const head = await readHead(this.#parts.sql, record);
    return head ? { subject: head.subject } : {};
  }
  list(subject: string): Promise<RecordLife[]> {
    return store.listLives(this.#parts.sql, subject, SHOWN_MAX);
  }

  /** Nobody but its owner sees it from the call on; or it is used again, once that is on disk. */
  async restrict(
    record: string,
    { restricted, ...because }: Pick<Because, 'by' | 'clause'> & { readonly restricted: boolean },
  ): Promise<Result<RecordLife, Refusal>> {
    const head = await readHead(this.#parts.sql, record);
    if (!head || head.isDestroyed)
      return refuse('not-found', 'RECORD_UNKNOWN', `restrict record "${record}": there is none of that id`);
    const { subject, category } = head;
    return this.#parts.inLane(subject, async () => {
      const step: Step = { do: restricted ? 'restrict' : 'use-again' };
      const reason = because.by === subject ? 'asked-by-person' : 'officer';
      const moved = await this.move([
        { record, subject, step, because: { ...because, reason, next: null }, at: UNHINDERED },
      ]);
      return moved.ok ? ok({ record, category, ...moved.value[0]! }) : moved;
    });
  }

  /** All of them or none; called in the person's lane. What darkens is dark from the call on, on disk when it resolves. */
  async move(moves: readonly Move[]): Promise<Result<readonly Life[], Refusal>> {
    const { journal, saver, clock } = this.#parts;
    const now = clock();
    const lives: Life[] = [];
    for (const { record, step, because, at } of moves) {
      const taken = take(this.of(record), step, { ...at, because, now });
      if (!taken.ok) return refuse(taken.error.kind, taken.error.code, `record "${record}": ${taken.error.message}`);
      lives.push(taken.value);
    }
    const changes = moves.map(({ record, subject }, i) => ({ record, subject, at: now, life: lives[i]! }));
    for (const change of changes) if (change.life.state !== 'active') this.#keep(change);
    await journal.append(changes.map((change) => ({ do: 'record-life' as const, ...change })));
    for (const change of changes) this.#keep(change);
    await saver.save(async (tx) => {
      for (const change of changes) await save(tx, change);
    });
    return ok(lives);
  }

  /** Another node has it on disk. */
  learn(change: Changed): void {
    this.#keep(change);
    void this.#parts.saver.save(async (tx) => void (await save(tx, change)));
  }

  #keep({ record, subject, life }: Changed): void {
    if (life.state === 'active') this.#lives.delete(record);
    else this.#lives.set(record, { subject, life });
  }
}

interface Changed {
  readonly record: string;
  readonly subject: string;
  readonly life: Life;
}
async function save(tx: Tx, { record, subject, life }: Changed): Promise<boolean> {
  const { state, reason, by, clause, since, next } = life;
  if (!isKept(state) || !(await store.saveLife(tx, record, life))) return false;
  const data = { record, reason, clause, next };
  tx.record({ module: MODULE, type: FACTS[state], actor: by, subject, at: since, personal: true, data });
  return true;
}

/** Sealed or due: nobody. Restricted: only whose record it is. */
export const lifeBar =
  (lives: Pick<RecordLives, 'of'>): Bar =>
  ({ id, subject }, { principal }) => {
    const life = lives.of(id);
    if (isDark(life)) return 'sealed';
    return life.state === 'restricted' && principal.id !== subject ? 'restricted' : null;
  };
