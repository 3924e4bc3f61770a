/** Who chose that the city cannot read their records: in memory, so that a look is decided without waiting, and asked when one is stored. */
import { randomBytes } from 'node:crypto';
import type { Sql, Tx } from '@cityward/sql';
import { DESK_PAPERS } from '../desk-papers.ts';
import type { BlindBinding } from '../domain/blind/contexts.ts';
import type { Bar } from '../viewing/deciding.ts';
import { readModes, type Mode } from './mode-store.ts';
import { CONTENT_KEY_BYTES, sealKey, veil } from './sealing.ts';
import { addVersion } from './seal-store.ts';

export interface Veiled {
  readonly content: Buffer;
  /** With the transaction that stores it. */
  save(tx: Tx): Promise<void>;
}
/** `null` where the city keeps it readable. */
export type Veil = (binding: BlindBinding, content: Uint8Array) => Promise<Veiled | null>;

export class BlindModes {
  readonly #sql: Sql;
  readonly #modes = new Map<string, Mode>();

  private constructor(sql: Sql, modes: readonly Mode[]) {
    this.#sql = sql;
    for (const mode of modes) this.#modes.set(mode.subject, mode);
  }
  static async open(sql: Sql): Promise<BlindModes> {
    return new BlindModes(sql, await readModes(sql, null));
  }

  /** As SQL has it by now. */
  async learn(subject: string): Promise<void> {
    const [mode] = await readModes(this.#sql, subject);
    if (mode) this.#modes.set(subject, mode);
    else this.#modes.delete(subject);
  }
  of(subject: string): Mode | null {
    return this.#modes.get(subject) ?? null;
  }
  get turningOff(): readonly string[] {
    return [...this.#modes.values()].filter(({ state }) => state === 'turning-off').map(({ subject }) => subject);
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
