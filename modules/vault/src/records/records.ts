/** Storing and destroying records: each version under a key of its own, destroyed by destroying that key. */
import { RECORD_MAX_BYTES, RECORD_VERSIONS_MAX, type HeldRecord, type RecordDraft } from '@cityward/contracts';
import type { Saver } from '@cityward/journal';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import { contentFault } from '../domain/content.ts';
import type { KeyId, Keyring, OpenKey } from '../keys/keyring.ts';
import { someAtATime } from '../some-at-a-time.ts';
import { createLanes } from './lanes.ts';
import type { VaultOptions } from '../needs.ts';
import { NotConfirmed } from '../nodes/node.ts';
import type { Sharing } from '../nodes/shared.ts';
import type { Collected } from '../notices/indirect.ts';
import type { Shelf } from './shelf.ts';
import { sealContent } from '../keys/sealed.ts';
import * as store from './store.ts';
import type { RecordHead } from './store.ts';
import type { Bar } from '../viewing/deciding.ts';
import type { VaultChange, VaultJournal } from '../vault-journal.ts';

const MODULE = 'vault';
const FIRST = 1;

export interface RecordParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly sharing: Sharing;
  readonly keyring: Keyring;
  readonly shelf: Shelf;
  /** Whom a new record is about is told, with the transaction that stores it. */
  readonly tell: (tx: Tx, collected: Collected) => Promise<void>;
}
type Destruction = Extract<VaultChange, { do: 'destroy' }>;
interface Because {
  readonly by: string;
  readonly reason: string;
}

export class Records {
  readonly #parts: RecordParts;
  /** One after the other for each person: a version never slips in behind the list of keys that are destroyed. */
  readonly #inLane = createLanes();
  /** Dark from the moment their destruction was asked for. */
  readonly #doomed = new Set<string>();

  constructor(parts: RecordParts) {
    this.#parts = parts;
  }

  isDoomed(record: string): boolean {
    return this.#doomed.has(record);
  }

  /** Ends every destruction that was asked for and cut off. Answers how many those were. */
  async open(): Promise<number> {
    const { journal, keyring, sql } = this.#parts;
    const asked = journal.entries.filter((change): change is Destruction => change.do === 'destroy');
    let ended = 0;
    for (const some of someAtATime(asked)) {
      for (const { record } of some) this.#doomed.add(record);
      await keyring.destroy(some.flatMap(({ keys }) => keys as KeyId[]));
      const ids = some.map(({ record }) => record);
      const unsaved = await store.notDestroyed(sql, ids);
      const found = some.filter(({ record }) => unsaved.has(record));
      await this.#parts.sharing.retell(found);
      for (const change of found) {
        await sql.transact((tx) => saveDestroyed(tx, change));
        ended++;
      }
    }
    return ended;
  }

  async put(draft: RecordDraft, by: string): Promise<Result<{ record: string; version: number }, Refusal>> {
    const content = Buffer.from(draft.content, 'base64');
    const refused = refusalOf(draft, content);
    if (refused) return refused;
    try {
      return await this.#inLane(draft.subject, () => this.#store(draft, content, by));
    } finally {
      content.fill(0);
    }
  }

  async #store(...[draft, content, by]: readonly [RecordDraft, Buffer, string]) {
    const { sql, clock, keyring } = this.#parts;
    const place = await this.#placeFor(draft);
    if (!place.ok) return place;
    const { head, version } = place.value;
    const key = await this.#newKey(draft);
    if (!key.ok) return key;
    const { media } = draft;
    const { id: record, subject, category } = head;
    const sealed = sealContent(key.value, { record, version, subject, category, media }, content);
    key.value.key.fill(0);
    const at = clock();
    const stored = { record, version, key: key.value.id, media, bytes: content.length, at, by, content: sealed };
    let isStored = false;
    try {
      isStored = await sql.transact(async (tx) => {
        if (version > FIRST) {
          // Another node may have destroyed it since it was looked at.
          if (!(await store.lockLive(tx, record))) return false;
          await this.#parts.sharing.tell(tx, { do: 'changed', record });
        }
        await store.addVersion(tx, head, stored);
        const data = { record, version };
        tx.record({ module: MODULE, type: 'record.put', actor: by, subject, at, personal: true, data });
        await this.#parts.tell(tx, { subject, category, by, at });
        return true;
      });
    } catch (fault) {
      await keyring.destroy([key.value.id]).catch(() => undefined); // it opens nothing
      throw fault;
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
    if (head.isDestroyed || this.#doomed.has(record)) return gone(where);
    const version = (await store.lastVersion(this.#parts.sql, record)) + 1;
    if (version > RECORD_VERSIONS_MAX)
      return refuse('conflict', 'RECORD_VERSIONS_FULL', `${where}: wanted at most ${RECORD_VERSIONS_MAX} versions`);
    return ok<{ head: RecordHead; version: number }>({ head, version });
  }

  async #newKey({ subject, category }: RecordDraft): Promise<Result<OpenKey, Refusal>> {
    const { sql, keyring } = this.#parts;
    let above = await store.subjectKey(sql, subject);
    if (above === null) await store.addSubject(sql, subject, (above = await keyring.addSubject()));
    let key = await store.categoryKey(sql, subject, category);
    if (key === null) {
      const made = await keyring.addCategory(above);
      if (!made.ok) return made;
      await store.addCategory(sql, { subject, name: category, key: (key = made.value) });
    }
    const keys = await keyring.addRecordKeys(key, 1);
    return keys.ok ? ok(keys.value[0]!) : keys;
  }

  /** Dark from the call on; asked for on disk, then overwritten on disk, then answered. */
  async destroy(record: string, because: Because): Promise<Result<HeldRecord, Refusal>> {
    const { sql } = this.#parts;
    const where = `destroy record "${record}"`;
    const head = await store.readHead(sql, record);
    if (!head) return refuse('not-found', 'RECORD_UNKNOWN', `${where}: there is none of that id`);
    return this.#inLane(head.subject, async () => {
      if (head.isDestroyed || this.#doomed.has(record)) return gone(where);
      await this.#destroyKeys(record, because);
      return ok((await store.readRecords(sql, { id: record }))[0]!);
    });
  }

  async #destroyKeys(record: string, { by, reason }: Because): Promise<void> {
    const { sql, clock, journal, keyring, saver, shelf } = this.#parts;
    const keys = await store.keysOf(sql, record);
    this.#doomed.add(record);
    let asked: VaultChange;
    try {
      [asked] = (await journal.append([{ do: 'destroy', record, keys, at: clock(), by, reason }])) as [VaultChange];
    } catch (fault) {
      // Nothing was asked for: nothing is destroyed. What is on disk already is, whoever has heard of it.
      if (!(fault instanceof NotConfirmed)) this.#doomed.delete(record);
      throw fault;
    }
    await keyring.destroy(keys);
    await saver.save((tx) => saveDestroyed(tx, asked as Destruction));
    // Stored at another node between the list of keys and the word in SQL, after which nothing is stored.
    const late = (await store.keysOf(sql, record)).filter((key) => !keys.includes(key));
    if (late.length > 0) await keyring.destroy(late);
    shelf.forget(record);
  }

  /** Another node has asked for it on disk, and sees to the keys. */
  learnDestroyed(change: Destruction): void {
    this.#doomed.add(change.record);
    this.#parts.shelf.forget(change.record);
    void this.#parts.saver.save((tx) => saveDestroyed(tx, change));
  }

  list(subject: string): Promise<readonly HeldRecord[]> {
    return store.readRecords(this.#parts.sql, { subject });
  }
}

/** Destroyed, or asked to be. */
export const destroyedBar =
  (records: Pick<Records, 'isDoomed'>): Bar =>
  ({ id, isDestroyed }) =>
    isDestroyed || records.isDoomed(id) ? 'destroyed' : null;

const gone = (where: string): Result<never, Refusal> =>
  refuse('gone', 'RECORD_DESTROYED', `${where}: it is destroyed, wanted one that is not`);

function refusalOf({ subject, media }: RecordDraft, content: Buffer): Result<never, Refusal> | null {
  const where = `store a record of "${subject}"`;
  if (content.length > RECORD_MAX_BYTES)
    return refuse(
      'too-large',
      'RECORD_TOO_LARGE',
      `${where}: it has ${content.length} bytes, wanted at most ${RECORD_MAX_BYTES}`,
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

async function saveDestroyed(tx: Tx, { record, at, by, reason, keys }: Destruction): Promise<void> {
  const subject = await store.markDestroyed(tx, { record, at, by, reason });
  if (subject === null) return;
  const data = { record, versions: keys.length, reason };
  tx.record({ module: MODULE, type: 'record.destroyed', actor: by, subject, at, personal: true, data });
}
