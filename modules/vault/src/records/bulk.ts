/** Many new records at once: their keys in one write of the key file, their rows in one transaction, every copy registered with them. */
import { RECORD_MAX_BYTES, type BulkRecord } from '@cityward/contracts';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { KeyId, Keyring } from '../keys/keyring.ts';
import type { AsChosen, Hold, Veil, Veiled } from '../blind/modes.ts';
import { sealContent } from '../keys/sealed.ts';
import type { VaultOptions } from '../needs.ts';
import type { Tx } from '@cityward/sql';
import type { Collected } from '../notices/indirect.ts';
import * as store from './bulk-store.ts';
import { inLanes, type Lanes } from './lanes.ts';
import type { RetentionLaw } from '../domain/retention.ts';
import { draftRefusal } from './records.ts';

const MODULE = 'vault';
const FIRST = 1;

export interface BulkParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly keyring: Keyring;
  readonly inLane: Lanes;
  readonly retention: RetentionLaw;
  readonly veil: Veil;
  readonly asChosen: AsChosen;
  /** Whom a new record is about is told, with the transaction that stores it. */
  readonly tell: (tx: Tx, collected: Collected) => Promise<void>;
}

export class Bulk {
  readonly #parts: BulkParts;

  constructor(parts: BulkParts) {
    this.#parts = parts;
  }

  async putMany(drafts: readonly BulkRecord[], by: string): Promise<Result<readonly string[], Refusal>> {
    const contents = drafts.map(({ content }) => Buffer.from(content, 'base64'));
    const bytes = contents.reduce((sum, { length }) => sum + length, 0);
    if (bytes > RECORD_MAX_BYTES)
      return refuse(
        'too-large',
        'BULK_TOO_LARGE',
        `store ${drafts.length} records: they have ${bytes} bytes, wanted at most ${RECORD_MAX_BYTES} at once`,
      );
    for (const [i, draft] of drafts.entries()) {
      const refused = draftRefusal(draft, contents[i]!, this.#parts.retention);
      if (refused) return refuse(refused.error.kind, refused.error.code, `record ${i + 1}: ${refused.error.message}`);
    }
    try {
      const subjects = drafts.map(({ subject }) => subject);
      const { inLane, asChosen } = this.#parts;
      return await inLanes(inLane, subjects, () =>
        asChosen([...new Set(subjects)], (hold) => this.#store(drafts, contents, { by, hold })),
      );
    } finally {
      for (const content of contents) content.fill(0);
    }
  }

  async #store(
    drafts: readonly BulkRecord[],
    contents: readonly Buffer[],
    { by, hold }: { readonly by: string; readonly hold: Hold },
  ): Promise<Result<readonly string[], Refusal>> {
    const { sql, clock, keyring } = this.#parts;
    const categories = await this.#categoriesOf(drafts);
    if (!categories.ok) return categories;
    const keys = await keyring.addRecordKeys(categories.value);
    if (!keys.ok) return keys;
    const ids = keys.value.map(({ id }) => id);
    const at = clock();
    const veils: Veiled[] = [];
    const records: store.BulkRow[] = [];
    for (const [i, { subject, category, media }] of drafts.entries()) {
      const [record, key, content] = [newId<string>('rec'), keys.value[i]!, contents[i]!];
      const binding = { record, version: FIRST, subject, category, media };
      const veiled = await this.#parts.veil(binding, content);
      if (veiled) veils.push(veiled);
      const sealed = sealContent(key, binding, veiled?.content ?? content);
      key.key.fill(0);
      records.push({ record, subject, category, media, key: key.id, bytes: content.length, sealed });
    }
    try {
      await sql.transact(async (tx) => {
        await hold(tx);
        await store.addRecords(tx, records, { at, by });
        for (const veiled of veils) await veiled.save(tx);
        const told = new Map(records.map((one) => [store.placeOf(one.subject, one.category), one]));
        await this.#parts.tell(tx, { places: [...told.values()], by, at });
        for (const [subject, some] of Map.groupBy(records, (one) => one.subject)) {
          const data = { records: some.map(({ record }) => record) };
          tx.record({ module: MODULE, type: 'records.put', actor: by, subject, at, personal: true, data });
        }
      });
    } catch (fault) {
      await keyring.destroy(ids).catch(() => undefined); // they open nothing
      throw fault;
    } finally {
      keyring.settle(ids);
    }
    return ok(records.map(({ record }) => record));
  }

  /** The key of each one's category, in that order; what a person or a category lacks is made, each rank in one write. */
  async #categoriesOf(drafts: readonly BulkRecord[]): Promise<Result<readonly KeyId[], Refusal>> {
    const { sql, keyring } = this.#parts;
    const subjects = [...new Set(drafts.map(({ subject }) => subject))];
    const above = await store.subjectKeys(sql, subjects);
    const newcomers = subjects.filter((subject) => !above.has(subject));
    if (newcomers.length > 0) {
      const made = await keyring.addSubjects(newcomers.length);
      newcomers.forEach((subject, i) => above.set(subject, made[i]!));
      await store.addSubjects(sql, newcomers, made);
      keyring.settle(made);
    }
    const named = await store.categoryKeys(sql, subjects);
    const missing = new Map(
      drafts
        .filter(({ subject, category }) => !named.has(store.placeOf(subject, category)))
        .map(({ subject, category }) => [store.placeOf(subject, category), { subject, category }]),
    );
    if (missing.size > 0) {
      const places = [...missing.values()];
      const made = await keyring.addCategories(places.map(({ subject }) => above.get(subject)!));
      if (!made.ok) return made;
      places.forEach(({ subject, category }, i) => named.set(store.placeOf(subject, category), made.value[i]!));
      await store.addCategories(sql, places, made.value);
      keyring.settle(made.value);
    }
    return ok(drafts.map(({ subject, category }) => named.get(store.placeOf(subject, category))!));
  }
}
