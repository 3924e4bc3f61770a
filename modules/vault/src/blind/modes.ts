/** Who chose that the city cannot read their records: in memory, so that a look is decided without waiting, and asked when one is stored. */
import { randomBytes } from 'node:crypto';
import type { Sql, Tx } from '@cityward/sql';
import { DESK_PAPERS } from '../desk-papers.ts';
import type { BlindBinding } from '../domain/blind/contexts.ts';
import type { Bar } from '../viewing/deciding.ts';
import { lockChoices, readModes, stampOf, type Mode } from './mode-store.ts';
import { CONTENT_KEY_BYTES, sealKey, veil } from './sealing.ts';
import { addVersion } from './seal-store.ts';

export interface BlindModesParts {
  readonly sql: Sql;
  /** Do other processes store too? In one process the lane of a person keeps a choice and what is stored apart. */
  readonly isShared: boolean;
}
export interface Veiled {
  readonly content: Buffer;
  /** With the transaction that stores it. */
  save(tx: Tx): Promise<void>;
}
/** `null` where the city keeps it readable. */
export type Veil = (binding: BlindBinding, content: Uint8Array) => Promise<Veiled | null>;

/** To be called first in the transaction that stores what was made ready: it ends where another node heard of a choice that this one had not. */
export type Hold = (tx: Tx) => Promise<void>;
/** What stores content of these people, by what they chose: done again where that changed on the way. */
export type AsChosen = <T>(subjects: readonly string[], work: (hold: Hold) => Promise<T>) => Promise<T>;

class ChosenOtherwise extends Error {}
/** Of one who turns it on and off all the time; then the caller is told that it failed. */
const TRIES_MAX = 5;

export class BlindModes {
  readonly #sql: Sql;
  readonly #isShared: boolean;
  readonly #modes = new Map<string, Mode>();

  private constructor({ sql, isShared }: BlindModesParts, modes: readonly Mode[]) {
    [this.#sql, this.#isShared] = [sql, isShared];
    for (const mode of modes) this.#modes.set(mode.subject, mode);
  }
  static async open(parts: BlindModesParts): Promise<BlindModes> {
    return new BlindModes(parts, await readModes(parts.sql, null));
  }

  /** As SQL has it by now. */
  async learn(subject: string): Promise<void> {
    const [mode] = await readModes(this.#sql, [subject]);
    if (mode) this.#modes.set(subject, mode);
    else this.#modes.delete(subject);
  }
  of(subject: string): Mode | null {
    return this.#modes.get(subject) ?? null;
  }
  get turningOff(): readonly string[] {
    return [...this.#modes.values()].filter(({ state }) => state === 'turning-off').map(({ subject }) => subject);
  }

  readonly asChosen: AsChosen = async (subjects, work) => {
    for (let tries = 1; ; tries++) {
      const before = subjects.map((subject) => stampOf(this.#modes.get(subject)));
      try {
        return await work((tx) => this.#hold(tx, subjects, before));
      } catch (fault) {
        if (!(fault instanceof ChosenOtherwise) || tries >= TRIES_MAX) throw fault;
        for (const subject of subjects) await this.learn(subject);
      }
    }
  };
  /** From then on to the end of the transaction nobody's choice changes. */
  async #hold(...[tx, subjects, before]: readonly [Tx, readonly string[], readonly string[]]): Promise<void> {
    if (!this.#isShared) return;
    await lockChoices(tx, subjects);
    const now = new Map((await readModes(tx, subjects)).map((mode) => [mode.subject, mode]));
    if (subjects.some((subject, i) => stampOf(now.get(subject)) !== before[i]))
      throw new ChosenOtherwise('store a record: its owner chose otherwise on the way, at another node');
  }

  /** Nobody gets it in the clear here, and nobody gets what is in the clear as if it were not. */
  readonly bar: Bar = ({ subject, category }, { isSealed = false }) => {
    const isBlind = this.#modes.has(subject) && !DESK_PAPERS.has(category);
    if (isBlind === isSealed) return null;
    return isBlind ? 'blind' : 'not-blind';
  };

  /** The key is made here, used, sealed to others, and overwritten before anybody has an answer. */
  readonly veil: Veil = async (binding, content) => {
    const mode = this.#modes.get(binding.subject);
    if (mode?.state !== 'on' || DESK_PAPERS.has(binding.category)) return null;
    const key = randomBytes(CONTENT_KEY_BYTES);
    try {
      const seals = await sealKey(mode, binding, key);
      return { content: veil(key, binding, content), save: (tx) => addVersion(tx, binding, seals) };
    } finally {
      key.fill(0);
    }
  };
}
