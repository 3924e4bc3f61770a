/** Erasure: destroyed now where law and holds let it, sealed until then where they do not, and said in plain words which. */
import type { ErasureAnswer, LifeReason } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { classOf, retentionOf, type Retention, type RetentionLaw } from '../domain/retention.ts';
import { dayOf, hindrance, type Because as LifeBecause } from '../domain/life.ts';
import type { VaultOptions } from '../needs.ts';
import type { Because, Destroying, Gone } from '../records/destroying.ts';
import { recordGone } from '../records/destroying.ts';
import type { Lanes } from '../records/lanes.ts';
import { readHead } from '../records/store.ts';
import type { Holds } from './holds.ts';
import * as store from './life-store.ts';
import type { Ending } from './life-store.ts';
import { UNHINDERED, type RecordLives, type Move } from './record-lives.ts';

/** How often holds that were set meanwhile may have the list drawn up anew. */
const ROUNDS_MAX = 5;

export interface ErasingParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly law: RetentionLaw;
  readonly lives: RecordLives;
  readonly holds: Holds;
  readonly destroying: Destroying;
  readonly inLane: Lanes;
  /** Everything after the keys are gone: copies, and what is looked at. */
  readonly gone: (gone: Gone) => Promise<void>;
}
export interface Erasure {
  readonly subject: string;
  /** Without it everything. */
  readonly records?: readonly string[];
  readonly by: string;
  readonly code: LifeReason;
  readonly reason: string;
}

interface Judged extends Ending {
  readonly isHeld: boolean;
  readonly retention: Retention | null;
  readonly keptUntil: number | null;
}

export class Erasing {
  readonly #parts: ErasingParts;

  constructor(parts: ErasingParts) {
    this.#parts = parts;
  }

  /** Nothing half-done: where one of the records is no such, none is touched. */
  erase(erasure: Erasure): Promise<Result<ErasureAnswer, Refusal>> {
    const { subject } = erasure;
    return this.#parts.inLane(subject, async () => {
      for (let round = 0; round < ROUNDS_MAX; round++) {
        const drawn = await this.#draw(erasure);
        if (!drawn.ok) return drawn;
        const done = await this.#carryOut(erasure, drawn.value);
        // A hold that was set since has the list drawn up anew: it wins.
        if (done.ok || done.error.code !== 'RECORD_HELD') return done;
      }
      return refuse('conflict', 'RECORD_HELD', `erase records of "${subject}": holds are being set, try again`);
    });
  }

  /** One record, or a refusal that says what keeps it. */
  async destroy(record: string, because: Omit<Because, 'clause'>): Promise<Result<Gone, Refusal>> {
    const where = `destroy record "${record}"`;
    const head = await readHead(this.#parts.sql, record);
    if (!head) return refuse('not-found', 'RECORD_UNKNOWN', `${where}: there is none of that id`);
    return this.#parts.inLane(head.subject, async () => {
      if (head.isDestroyed || this.#parts.destroying.isDoomed(record)) return recordGone(where);
      const judged = (await this.judge(head.subject)).find(({ id }) => id === record);
      if (!judged) return recordGone(where);
      return this.#destroy([judged], { ...because, subject: head.subject, isAll: false });
    });
  }

  /** Every record of a person that is not destroyed, with what keeps it. */
  async judge(subject: string): Promise<Judged[]> {
    const { sql, law, holds } = this.#parts;
    const endings = await store.endingsOf(sql, subject);
    const newest = new Map<string | null, number>();
    for (const [name, some] of Map.groupBy(endings, ({ category }) => classOf(law, category)))
      if (name !== null && law.classes[name]!.from === 'last-encounter') {
        const ids = some.map(({ id }) => id);
        newest.set(name, await store.newestOf(sql, ids));
      }
    return endings.map((ending) => {
      const { id, category, stored } = ending;
      const lastEncounter = newest.get(classOf(law, category)) ?? stored;
      const retention = retentionOf(law, { category, stored, lastEncounter });
      const isHeld = holds.covers({ id, subject, category }) !== null;
      return { ...ending, isHeld, retention, keptUntil: retention?.until ?? null };
    });
  }

  async #draw({ subject, records }: Erasure): Promise<Result<readonly Judged[], Refusal>> {
    const all = await this.judge(subject);
    if (records === undefined) return ok(all);
    const known = new Map(all.map((one) => [one.id, one]));
    const missing = records.find((id) => !known.has(id));
    return missing === undefined
      ? ok(records.map((id) => known.get(id)!))
      : refuse('not-found', 'RECORD_UNKNOWN', `erase record "${missing}": "${subject}" has no such record`);
  }

  async #carryOut(erasure: Erasure, drawn: readonly Judged[]): Promise<Result<ErasureAnswer, Refusal>> {
    const { subject, by, code, reason } = erasure;
    const now = this.#parts.clock();
    const isKept = ({ isHeld, keptUntil }: Judged): boolean => isHeld || (keptUntil !== null && now < keptUntil);
    const [kept, free] = [drawn.filter(isKept), drawn.filter((one) => !isKept(one))];
    let destruction: string | null = null;
    if (free.length > 0) {
      const isAll = erasure.records === undefined && kept.length === 0;
      const gone = await this.#destroy(free, { by, code, reason, subject, isAll });
      if (!gone.ok) return gone;
      ({ destruction } = gone.value);
    }
    const sealed = await this.#seal(subject, kept, by);
    if (!sealed.ok) return sealed;
    return ok({ destroyed: free.length, sealed: kept.length, words: wordsOf(free.length, kept), destruction });
  }

  async #destroy(
    judged: readonly Judged[],
    {
      subject,
      isAll,
      by,
      code,
      reason,
    }: Omit<Because, 'clause'> & { readonly subject: string; readonly isAll: boolean },
  ): Promise<Result<Gone, Refusal>> {
    const { destroying, holds, lives, clock } = this.#parts;
    const objection = (): Result<never, Refusal> | null => {
      const now = clock();
      for (const { id, category, keptUntil } of judged) {
        const isHeld = holds.covers({ id, subject, category }) !== null;
        const state = sealedIsDue(lives.of(id).state);
        const hindered = hindrance({ state }, { do: 'destroy-keys' }, { ...UNHINDERED, isHeld, keptUntil, now });
        if (hindered) return refuse('conflict', hindered.code, `destroy record "${id}": ${hindered.why}`);
      }
      return null;
    };
    const clause = judged.find(({ retention }) => retention !== null)?.retention?.clause ?? '';
    const records = judged.map(({ id }) => id);
    const gone = await destroying.run({ subject, records, isAll }, { by, code, clause, reason }, objection);
    if (!gone.ok) return gone;
    lives.forget(records);
    await this.#parts.gone(gone.value);
    return gone;
  }

  #seal(subject: string, kept: readonly Judged[], by: string): Promise<Result<unknown, Refusal>> {
    const moves = kept
      .filter(({ id }) => this.#parts.lives.of(id).state !== 'sealed')
      .map(({ id, isHeld, retention, keptUntil }): Move => {
        const because: LifeBecause = {
          reason: isHeld ? 'legal-hold' : 'kept-by-law',
          by,
          clause: retention?.clause ?? '',
          next: keptUntil,
        };
        return { record: id, subject, step: { do: 'seal' }, because, at: UNHINDERED };
      });
    return moves.length === 0 ? Promise.resolve(ok(null)) : this.#parts.lives.move(moves);
  }
}

/** Whoever may destroy it now may do so from the seal too: the time that it stood for is over, which is asked beside. */
const sealedIsDue = <State extends string>(state: State): State | 'due' => (state === 'sealed' ? 'due' : state);

const count = (records: number): string => (records === 1 ? 'One record' : `${records} records`);
function wordsOf(destroyed: number, kept: readonly Judged[]): string[] {
  const words: string[] = [];
  if (destroyed > 0) words.push(`${count(destroyed)} destroyed now. Nobody can read this again, not even the city.`);
  const held = kept.filter(({ isHeld }) => isHeld);
  if (held.length > 0)
    words.push(
      `${count(held.length)} locked because of a legal matter. Nobody can look at it. It is destroyed when that is over.`,
    );
  const byLaw = Map.groupBy(
    kept.filter(({ isHeld }) => !isHeld),
    ({ retention, keptUntil }) => `${retention!.clause}|${keptUntil}`,
  );
  for (const some of byLaw.values()) {
    const { retention, keptUntil } = some[0]!;
    words.push(
      `${count(some.length)} locked until ${dayOf(keptUntil!)}. ${retention!.words} Until then nobody can look at it, and then it is destroyed. (${retention!.clause})`,
    );
  }
  return words.length > 0 ? words : ['Nothing is held that could be destroyed.'];
}
