/** Destroying records by destroying their keys: one, or everything of a person in one go. */
import type { LifeReason } from '@cityward/contracts';
import type { Saver } from '@cityward/journal';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { KeyId, Keyring } from '../keys/keyring.ts';
import { openContent } from '../keys/sealed.ts';
import type { VaultOptions } from '../needs.ts';
import { NotConfirmed } from '../nodes/node.ts';
import { ALONE, type Sharing } from '../nodes/shared.ts';
import type { Bar } from '../viewing/deciding.ts';
import type { DestructionAsked, VaultJournal } from '../vault-journal.ts';
import * as store from './destroying-store.ts';
import type { Sample, VersionKey } from './destroying-store.ts';
import { sealedOf, type FetchArchived } from '../archive/fetching.ts';
import type { Shelf } from './shelf.ts';

/** Records in one line of the journal. */
const RECORDS_PER_PART = 5_000;
/** Ciphertext kept back, in memory, to try to open it once the keys are gone. */
export const SAMPLES_MAX = 16;

const UNTRIED = { tried: 0, opened: 0 };

export interface Because {
  readonly by: string;
  readonly code: LifeReason;
  readonly clause: string;
  readonly reason: string;
}
export interface DestroyingParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly sharing: Sharing;
  readonly keyring: Keyring;
  readonly shelf: Shelf;
  readonly fetchArchived: FetchArchived;
}
export interface Wanted {
  readonly subject: string;
  readonly records: readonly string[];
  /** Nothing of the person is left then: their own keys go with it. */
  readonly isAll: boolean;
}
export interface Gone {
  readonly destruction: string;
  readonly at: number;
  readonly versions: readonly VersionKey[];
}
/** Asked in the very turn in which a destruction is asked for on disk: what speaks against it by then wins. */
export type Objection = () => Result<never, Refusal> | null;

export class Destroying {
  readonly #parts: DestroyingParts;
  /** Dark from the moment their destruction was asked for. */
  readonly #doomed = new Set<string>();

  constructor(parts: DestroyingParts) {
    this.#parts = parts;
  }

  isDoomed(record: string): boolean {
    return this.#doomed.has(record);
  }

  /** Ends every destruction that was asked for and cut off. Answers how many records those were. */
  async open(): Promise<number> {
    const { journal, keyring, sql } = this.#parts;
    let ended = 0;
    for (const asked of journal.entries) {
      if (asked.do !== 'destroy') continue;
      for (const record of asked.records) this.#doomed.add(record);
      await keyring.destroy(asked.keys as KeyId[]);
      const unsaved = await store.notDestroyed(sql, asked.records);
      if (unsaved.length === 0) continue;
      await this.#parts.sharing.retell([asked]);
      await sql.transact((tx) => store.saveDestroyed(tx, asked, UNTRIED));
      ended += unsaved.length;
    }
    return ended;
  }

  /** Called in the person's lane. Dark from the call on; asked for on disk, then overwritten on disk, then answered. */
  async run(...[wanted, because, objection]: readonly [Wanted, Because, Objection]): Promise<Result<Gone, Refusal>> {
    const { sql, journal, keyring, saver, shelf } = this.#parts;
    const { records } = wanted;
    const versions = await store.keysOf(sql, records);
    const samples = await this.#samples(records);
    const above = wanted.isAll ? await store.keysAbove(sql, wanted.subject) : [];
    const refused = objection();
    if (refused) return refused;
    for (const record of records) this.#doomed.add(record);
    const asked = this.#partsOf(wanted, because, { versions, above });
    try {
      await journal.append(asked.map((part) => ({ do: 'destroy', ...part })));
    } catch (fault) {
      // Nothing was asked for: nothing is destroyed. What is on disk already is, whoever has heard of it.
      if (!(fault instanceof NotConfirmed)) for (const record of records) this.#doomed.delete(record);
      throw fault;
    }
    await keyring.destroy([...versions.map(({ key }) => key), ...above]);
    const tested = await this.#tryToOpen(samples);
    // In one piece, however many lines of the journal it has: of all keys only those above records are named in SQL beside them.
    const whole = { ...asked[0]!, records, keys: above };
    await saver.save((tx) => store.saveDestroyed(tx, whole, tested));
    // Stored at another node between the list of keys and the word in SQL, after which nothing is stored.
    const late = await this.#lateOf(records, versions);
    for (const record of records) shelf.forget(record);
    return ok({ destruction: asked[0]!.destruction, at: asked[0]!.at, versions: [...versions, ...late] });
  }

  async #lateOf(records: readonly string[], versions: readonly VersionKey[]): Promise<readonly VersionKey[]> {
    const { sql, keyring, sharing } = this.#parts;
    if (sharing === ALONE || (await store.countVersions(sql, records)) === versions.length) return [];
    const known = new Set(versions.map(({ key }) => key));
    const late = (await store.keysOf(sql, records)).filter(({ key }) => !known.has(key));
    await keyring.destroy(late.map(({ key }) => key));
    return late;
  }

  /** Another node has asked for it on disk, and sees to the keys. */
  learn(asked: DestructionAsked): void {
    for (const record of asked.records) {
      this.#doomed.add(record);
      this.#parts.shelf.forget(record);
    }
    void this.#parts.saver.save((tx) => store.saveDestroyed(tx, asked, UNTRIED));
  }

  #partsOf(
    ...[{ subject, records }, because, { versions, above }]: readonly [
      Wanted,
      Because,
      { readonly versions: readonly VersionKey[]; readonly above: readonly KeyId[] },
    ]
  ): DestructionAsked[] {
    const keysOf = Map.groupBy(versions, ({ record }) => record);
    const [destruction, at] = [newId<string>('dst'), this.#parts.clock()];
    const parts: DestructionAsked[] = [];
    for (let from = 0; from < records.length; from += RECORDS_PER_PART) {
      const some = records.slice(from, from + RECORDS_PER_PART);
      const keys = some.flatMap((record) => (keysOf.get(record) ?? []).map(({ key }) => key));
      if (from === 0) keys.push(...above);
      parts.push({ destruction, subject, records: some, keys, at, ...because });
    }
    return parts;
  }

  async #samples(records: readonly string[]): Promise<Sample[]> {
    const samples: Sample[] = [];
    for (const sample of await store.samplesOf(this.#parts.sql, records, SAMPLES_MAX)) {
      const content = await sealedOf(this.#parts.fetchArchived, sample);
      const { archived: _archived, ...about } = sample;
      if (content) samples.push({ ...about, content });
    }
    return samples;
  }

  /** The very ciphertext, by the way that every look takes: none of it may open. */
  async #tryToOpen(samples: readonly Sample[]): Promise<{ tried: number; opened: number }> {
    let opened = 0;
    for (const { key: id, content, ...binding } of samples) {
      const key = await this.#parts.keyring.open(id);
      if (key.ok && openContent({ id, key: key.value }, binding, content).ok) opened++;
      content.fill(0);
    }
    return { tried: samples.length, opened };
  }
}

/** Destroyed, or asked to be. */
export const destroyedBar =
  (destroying: Pick<Destroying, 'isDoomed'>): Bar =>
  ({ id, isDestroyed }) =>
    isDestroyed || destroying.isDoomed(id) ? 'destroyed' : null;

export const recordGone = (where: string): Result<never, Refusal> =>
  refuse('gone', 'RECORD_DESTROYED', `${where}: it is destroyed, wanted one that is not`);
