/** From readable to blind and back, version by version: each under a new key of the city's, the old one destroyed. Cut off anywhere, it goes on from what SQL says. */
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { DESK_PAPERS } from '../desk-papers.ts';
import type { RecordBinding } from '../domain/binding.ts';
import type { Keyring } from '../keys/keyring.ts';
import { openContent, sealContent } from '../keys/sealed.ts';
import type { Sharing } from '../nodes/shared.ts';
import type { Lanes } from '../records/lanes.ts';
import type { Shelf } from '../records/shelf.ts';
import { categoryKey, lockLive } from '../records/store.ts';
import type { BlindModes, Hold, Veiled } from './modes.ts';
import { unveil } from './sealing.ts';
import * as seals from './seal-store.ts';
import type { StoredContent } from './seal-store.ts';

const EXCEPT = [...DESK_PAPERS];

export interface ResealParts {
  readonly sql: Sql;
  readonly log: Log;
  readonly keyring: Keyring;
  readonly shelf: Shelf;
  readonly sharing: Sharing;
  readonly inLane: Lanes;
  readonly modes: BlindModes;
}
interface Replacement extends Veiled {
  readonly subject: string;
  readonly hold: Hold;
}
interface Place {
  readonly record: string;
  readonly version: number;
}

export class Resealing {
  readonly #parts: ResealParts;
  /** Of each person, what could not be sealed the last time. */
  readonly #stuck = new Map<string, ReadonlySet<string>>();
  constructor(parts: ResealParts) {
    this.#parts = parts;
  }

  /** Whose records the city can still read though they chose otherwise. */
  unsealed(): Promise<string[]> {
    return seals.subjectsWithClear(this.#parts.sql, EXCEPT);
  }
  /** Whatever of theirs the city can still read. Answers how many versions those were. */
  async seal(subject: string): Promise<number> {
    const { sql, modes, inLane, log } = this.#parts;
    let [done, after] = [0, null as Place | null];
    const [before, stuck] = [this.#stuck.get(subject), new Set<string>()];
    while (modes.of(subject)?.state === 'on') {
      const isSealed = await inLane(subject, async () => {
        const next = await seals.nextClear(sql, subject, { except: EXCEPT, after });
        after = next;
        return next === null ? null : this.#sealOne(subject, next);
      });
      if (after === null) break;
      if (isSealed === true) {
        done++;
        continue;
      }
      const { record, version }: Place = after;
      const place = `${record}/${version}`;
      stuck.add(place);
      if (before?.has(place)) continue;
      log.error('a record could not be made such that the city cannot read it; it is shown to nobody', {
        ...{ record, version },
      });
    }
    if (stuck.size > 0) this.#stuck.set(subject, stuck);
    else this.#stuck.delete(subject);
    return done;
  }
  left(subject: string): Promise<number> {
    const { sql, modes } = this.#parts;
    return modes.of(subject)?.state === 'turning-off'
      ? seals.countBlind(sql, subject)
      : seals.countClear(sql, subject, EXCEPT);
  }

  async #sealOne(subject: string, stored: StoredContent): Promise<boolean> {
    const plain = await this.#openOuter(subject, stored);
    if (plain === null) return false;
    const { modes } = this.#parts;
    try {
      return await modes.asChosen([subject], async (hold) => {
        const veiled = await modes.veil(bindingOf(subject, stored), plain);
        return veiled !== null && (await this.#replace(stored, { ...veiled, subject, hold }));
      });
    } finally {
      plain.fill(0);
    }
  }

  /** Called in the person's lane. `false` where that key does not open it. */
  async handBack(subject: string, place: Place, key: Uint8Array): Promise<boolean> {
    const stored = await seals.blindContent(this.#parts.sql, place);
    if (stored === null) return false;
    const inner = await this.#openOuter(subject, stored);
    const plain = inner && unveil(key, bindingOf(subject, stored), inner);
    if (plain === null) return false;
    try {
      const save: Veiled['save'] = (tx) => seals.removeVersion(tx, stored);
      const { modes } = this.#parts;
      return await modes.asChosen([subject], (hold) =>
        modes.of(subject)?.state === 'turning-off'
          ? this.#replace(stored, { subject, hold, content: plain, save })
          : Promise.resolve(false),
      );
    } finally {
      plain.fill(0);
    }
  }

  async #openOuter(subject: string, stored: StoredContent): Promise<Buffer | null> {
    const key = await this.#parts.keyring.open(stored.key);
    if (!key.ok) return null;
    const content = stored.content ?? (await this.#fromArchive(subject, stored));
    const opened = content && openContent({ id: stored.key, key: key.value }, bindingOf(subject, stored), content);
    key.value.fill(0);
    return opened?.ok ? opened.value : null;
  }

  async #fromArchive(subject: string, { record: id, version, category }: StoredContent): Promise<Buffer | null> {
    const found = await this.#parts.shelf.version({ id, subject, category, isDestroyed: false }, version);
    return found === null || found === 'not-in-archive' ? null : found.content;
  }

  async #replace(stored: StoredContent, { subject, hold, ...veiled }: Replacement): Promise<boolean> {
    const { sql, keyring, shelf, sharing } = this.#parts;
    const above = await categoryKey(sql, subject, stored.category);
    const made = above === null ? null : await keyring.addRecordKeys([above]);
    if (!made?.ok) return false;
    const [key] = made.value;
    const content = sealContent(key!, bindingOf(subject, stored), veiled.content);
    key!.key.fill(0);
    let isReplaced = false;
    try {
      isReplaced = await sql.transact(async (tx) => {
        await hold(tx);
        if (!(await lockLive(tx, stored.record))) return false;
        if (!(await seals.replaceContent(tx, stored, { before: stored.key, key: key!.id, content }))) return false;
        await veiled.save(tx);
        await sharing.tell(tx, { do: 'changed', record: stored.record });
        return true;
      });
    } finally {
      // Where it is not known what SQL has, neither key goes here: the one that no row names is swept with the orphans.
      keyring.settle([key!.id]);
      shelf.forget(stored.record);
    }
    // With the old key goes every way for the city to read it.
    await keyring.destroy([isReplaced ? stored.key : key!.id]);
    return isReplaced;
  }
}

const bindingOf = (subject: string, { record, version, category, media }: StoredContent): RecordBinding => ({
  record,
  version,
  subject,
  category,
  media,
});
