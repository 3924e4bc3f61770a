/** Who is in whose care now, as the systems of clinics say; in memory, and on disk before an end is answered. */
import type { Care, CareDraft } from '@cityward/contracts';
import { CARE_LENGTH_MAX_DAYS } from '@cityward/contracts';
import { DAY_MS, newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Saver } from '@cityward/journal';
import type { Tx } from '@cityward/sql';
import { isLive } from '../domain/glass.ts';
import type { VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import type { VaultChange, VaultJournal } from '../vault-journal.ts';
import * as store from './glass-store.ts';

const MODULE = 'vault';
/** At once, of all clinics. */
const CARE_MAX = 500_000;
const CARE_PER_SUBJECT_MAX = 20;

export interface CareParts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly journal: VaultJournal;
  readonly sharing: Sharing;
  readonly saver: Saver;
}
type Ended = Extract<VaultChange, { do: 'end-care' }>;

export class CareRegister {
  readonly #parts: CareParts;
  readonly #care = new Map<string, Care>();
  readonly #bySubject = new Map<string, Set<string>>();

  constructor(parts: CareParts) {
    this.#parts = parts;
  }

  async open(): Promise<number> {
    const { sql, clock, journal } = this.#parts;
    for (const care of await store.readCare(sql, clock())) this.#keep(care);
    let replayed = 0;
    for (const change of journal.entries) {
      if (change.do !== 'end-care' || !this.#care.has(change.care)) continue;
      this.#end(change.care, change.at);
      await sql.transact((tx) => saveEnd(tx, change));
      replayed++;
    }
    return replayed;
  }

  of(subject: string): Care[] {
    return [...(this.#bySubject.get(subject) ?? [])].map((id) => this.#care.get(id)!);
  }
  get(id: string): Care | null {
    return this.#care.get(id) ?? null;
  }

  /** `organisation`: whose system says so, as its certificate or token proves. */
  async report(
    { subject, kind, until }: CareDraft,
    { by, organisation }: { readonly by: string; readonly organisation: string },
  ): Promise<Result<Care, Refusal>> {
    const { sql, clock } = this.#parts;
    const from = clock();
    const where = `report ${kind} of "${subject}"`;
    if (until <= from || until > from + CARE_LENGTH_MAX_DAYS * DAY_MS)
      return refuse('invalid', 'CARE_NOT_VALID', `${where}: wanted an end within ${CARE_LENGTH_MAX_DAYS} days`);
    this.#forgetOver(from);
    if (this.#care.size >= CARE_MAX || this.of(subject).length >= CARE_PER_SUBJECT_MAX)
      return refuse(
        'conflict',
        'CARE_FULL',
        `${where}: wanted at most ${CARE_PER_SUBJECT_MAX} of one person at once, and ${CARE_MAX} in all`,
      );
    const care: Care = { id: newId<string>('car'), subject, kind, organisation, from, until, ended: null };
    await sql.transact(async (tx) => {
      await store.addCare(tx, care);
      await this.#parts.sharing.tell(tx, { do: 'care', care });
      const data = { care: care.id, kind, organisation, until };
      tx.record({ module: MODULE, type: 'care.reported', actor: by, subject, at: from, personal: true, data });
    });
    this.#keep(care);
    return ok(care);
  }

  /** Over from the call on; on disk when it resolves. */
  async end(
    id: string,
    { by, organisation }: { readonly by: string; readonly organisation: string },
  ): Promise<Result<Care, Refusal>> {
    const { clock, journal, saver } = this.#parts;
    const care = this.#care.get(id);
    if (care?.organisation !== organisation)
      return refuse('not-found', 'CARE_UNKNOWN', `end care "${id}": "${organisation}" has none of that id`);
    const [at, subject] = [clock(), care.subject];
    const ended = this.#end(id, at)!;
    const [change] = await journal.append([{ do: 'end-care', care: id, subject, at, by }]);
    await saver.save((tx) => saveEnd(tx, change as Ended));
    return ok(ended);
  }

  /** As another node did it. */
  learn(change: { readonly do: 'care'; readonly care: Care } | Ended): void {
    if (change.do === 'care') this.#keep(change.care);
    else this.#end(change.care, change.at);
  }

  #keep(care: Care): void {
    this.#care.set(care.id, care);
    const ids = this.#bySubject.get(care.subject) ?? new Set();
    this.#bySubject.set(care.subject, ids.add(care.id));
  }
  #end(id: string, at: number): Care | null {
    const care = this.#care.get(id);
    if (!care) return null;
    const ended = { ...care, ended: care.ended ?? at };
    this.#care.set(id, ended);
    return ended;
  }
  #forgetOver(now: number): void {
    if (this.#care.size < CARE_MAX) return;
    for (const [id, care] of this.#care) {
      if (isLive(care, now)) continue;
      this.#care.delete(id);
      const ids = this.#bySubject.get(care.subject)!;
      ids.delete(id);
      if (ids.size === 0) this.#bySubject.delete(care.subject);
    }
  }
}

async function saveEnd(tx: Tx, { care, subject, at, by }: Ended): Promise<void> {
  if (!(await store.endCare(tx, care, at))) return;
  tx.record({ module: MODULE, type: 'care.ended', actor: by, subject, at, personal: true, data: { care } });
}
