/** Storing records: each version under a key of its own. */
import { RECORD_MAX_BYTES, RECORD_VERSIONS_MAX, type HeldRecord, type RecordDraft } from '@cityward/contracts';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { clipFault, contentFault } from '../domain/content.ts';
import type { KeyId, Keyring, OpenKey } from '../keys/keyring.ts';
import type { RetentionLaw } from '../domain/retention.ts';
import type { Lanes } from './lanes.ts';
import type { Tx } from '@cityward/sql';
import type { VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import type { Collected } from '../notices/indirect.ts';
import type { Shelf } from './shelf.ts';
import type { AsChosen, Hold, Veil } from '../blind/modes.ts';
import { sealContent } from '../keys/sealed.ts';
import * as store from './store.ts';
import type { RecordHead } from './store.ts';

const MODULE = 'vault';
const FIRST = 1;

export interface RecordParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly sharing: Sharing;
  readonly keyring: Keyring;
  readonly shelf: Shelf;
  /** Whom a new record is about is told, with the transaction that stores it. */
  readonly tell: (tx: Tx, collected: Collected) => Promise<void>;
  /** One after the other for each person: a version never slips in behind the list of keys that are destroyed. */
  readonly inLane: Lanes;
  readonly retention: RetentionLaw;
  /** Destroyed, or asked to be. */
  readonly isDoomed: (record: string) => boolean;
  /** For whom the city keeps what it cannot read itself. */
  readonly veil: Veil;
  readonly asChosen: AsChosen;
  /** In its life it takes no new version. */
  readonly isDark: (record: string) => boolean;
}
export class Records {
  readonly #parts: RecordParts;
  constructor(parts: RecordParts) {
    this.#parts = parts;
  }

  async put(draft: RecordDraft, by: string): Promise<Result<{ record: string; version: number }, Refusal>> {
    const content = Buffer.from(draft.content, 'base64');
    const refused = draftRefusal(draft, content, this.#parts.retention);
    if (refused) return refused;
    try {
      const { inLane, asChosen } = this.#parts;
      return await inLane(draft.subject, () =>
        asChosen([draft.subject], (hold) => this.#store(draft, content, { by, hold })),
      );
    } finally {
      content.fill(0);
    }
  }

  async #store(draft: RecordDraft, content: Buffer, { by, hold }: { readonly by: string; readonly hold: Hold }) {
    const { sql, clock, keyring } = this.#parts;
    const place = await this.#placeFor(draft);
    if (!place.ok) return place;
    const { head, version } = place.value;
    const key = await this.#newKey(draft);
    if (!key.ok) return key;
    const { media } = draft;
    const { id: record, subject, category } = head;
    const binding = { record, version, subject, category, media };
    const veiled = await this.#parts.veil(binding, content);
    const sealed = sealContent(key.value, binding, veiled?.content ?? content);
    key.value.key.fill(0);
    const at = clock();
    const stored = { record, version, key: key.value.id, media, bytes: content.length, at, by, content: sealed };
    let isStored = false;
    try {
      isStored = await sql.transact(async (tx) => {
        await hold(tx);
        if (version > FIRST) {
          // Another node may have destroyed it since it was looked at.
          if (!(await store.lockLive(tx, record))) return false;
          await this.#parts.sharing.tell(tx, { do: 'changed', record });
        }
        await store.addVersion(tx, head, stored);
        await veiled?.save(tx);
        const data = { record, version };
        tx.record({ module: MODULE, type: 'record.put', actor: by, subject, at, personal: true, data });
        await this.#parts.tell(tx, { places: [{ subject, category }], by, at });
        return true;
      });
    } catch (fault) {
      await keyring.destroy([key.value.id]).catch(() => undefined); // it opens nothing
      throw fault;
    } finally {
      keyring.settle([key.value.id]);
    }
    this.#parts.shelf.forget(record);
    if (isStored) return ok({ record, version });
    await keyring.destroy([key.value.id]);
    return gone(`store a version of record "${record}"`);
  }

  /** A new record, or the next version of one that is there and the same person's. */
  async #placeFor({ record, subject, category }: RecordDraft) {
    if (record === undefined)
      return ok({ head: { id: newId<string>('rec'), subject, category, isDestroyed: false }, version: FIRST });
    const head = await store.readHead(this.#parts.sql, record);
    const where = `store a version of record "${record}"`;
    if (head?.subject !== subject || head.category !== category)
      return refuse('not-found', 'RECORD_UNKNOWN', `${where}: "${subject}" has no such record in "${category}"`);
    if (head.isDestroyed || this.#parts.isDoomed(record)) return gone(where);
    if (this.#parts.isDark(record))
      return refuse('conflict', 'RECORD_SEALED', `${where}: it is sealed, wanted one that is in use`);
    const version = (await store.lastVersion(this.#parts.sql, record)) + 1;
    if (version > RECORD_VERSIONS_MAX)
      return refuse('conflict', 'RECORD_VERSIONS_FULL', `${where}: wanted at most ${RECORD_VERSIONS_MAX} versions`);
    return ok<{ head: RecordHead; version: number }>({ head, version });
  }

  async #newKey({ subject, category }: RecordDraft): Promise<Result<OpenKey, Refusal>> {
    const { sql, keyring } = this.#parts;
    let above = await store.subjectKey(sql, subject);
    if (above === null) {
      [above] = (await keyring.addSubjects(1)) as [KeyId];
      await store.addSubject(sql, subject, above);
      keyring.settle([above]);
    }
    let key = await store.categoryKey(sql, subject, category);
    if (key === null) {
      const made = await keyring.addCategories([above]);
      if (!made.ok) return made;
      [key] = made.value as [KeyId];
      await store.addCategory(sql, { subject, name: category, key });
      keyring.settle([key]);
    }
    const keys = await keyring.addRecordKeys([key]);
    return keys.ok ? ok(keys.value[0]!) : keys;
  }

  list(subject: string): Promise<readonly HeldRecord[]> {
    return store.readRecords(this.#parts.sql, { subject });
  }
}

const gone = (where: string): Result<never, Refusal> =>
  refuse('gone', 'RECORD_DESTROYED', `${where}: it is destroyed, wanted one that is not`);

export function draftRefusal(
  { subject, category, media }: Pick<RecordDraft, 'subject' | 'category' | 'media'>,
  content: Buffer,
  law: RetentionLaw,
): { readonly ok: false; readonly error: Refusal } | null {
  const where = `store a record of "${subject}"`;
  if (content.length > RECORD_MAX_BYTES)
    return refuse(
      'too-large',
      'RECORD_TOO_LARGE',
      `${where}: it has ${content.length} bytes, wanted at most ${RECORD_MAX_BYTES}`,
    );
  const place = clipFault(law, media, category);
  if (place !== null)
    return refuse(
      'invalid',
      'CLIP_WITHOUT_END',
      `${where} as "${media}" in "${category}": nothing says when it ends, wanted ${place}`,
    );
  const wanted = contentFault(media, content);
  return wanted === null
    ? null
    : refuse(
        'invalid',
        'RECORD_NOT_AS_SAID',
        `${where} as "${media}": its content is something else, wanted ${wanted}`,
      );
}
