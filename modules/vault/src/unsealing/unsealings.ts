/** Opening what is sealed: asked for by one officer, approved by another, for one reader and some days; in the ledger before it counts. */
import { UNSEALING_ASKED_LIFE_DAYS, UNSEALINGS_MAX, type Unsealing, type UnsealingDraft } from '@cityward/contracts';
import { DAY_MS, inTurn, newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Saver } from '@cityward/journal';
import type { Tx } from '@cityward/sql';
import type { RecordLives } from '../life/record-lives.ts';
import type { Done } from '../looks/looks.ts';
import type { Lives } from '../lives/lives.ts';
import type { VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import { addNotice } from '../notices/notices.ts';
import { readHead } from '../records/store.ts';
import type { VaultJournal } from '../vault-journal.ts';
import type { Why } from '../viewing/deciding.ts';
import * as store from './unsealing-store.ts';

const MODULE = 'vault';
const SYSTEM = 'system';
export const ASKED_LIFE_MS = UNSEALING_ASKED_LIFE_DAYS * DAY_MS;
const FACTS = { asked: 'unsealing.asked', ended: 'unsealing.ended', lapsed: 'unsealing.lapsed' } as const;

export interface UnsealingParts extends Pick<VaultOptions, 'sql' | 'clock' | 'ledger' | 'isPerson'> {
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly sharing: Sharing;
  readonly lives: Pick<Lives, 'of' | 'isHushed'>;
  /** Where each record is in its own life. */
  readonly seals: Pick<RecordLives, 'of'>;
}

export class Unsealings {
  readonly #parts: UnsealingParts;
  readonly #known = new Map<string, Unsealing>();
  /** What is over, until when it could be open at the latest. */
  readonly #over = new Map<string, number>();
  /** Decided one after the other: two approvals at once are not two openings. */
  readonly #inTurn = inTurn();

  constructor(parts: UnsealingParts) {
    this.#parts = parts;
  }

  async open(): Promise<number> {
    const { sql, clock, journal, sharing } = this.#parts;
    let replayed = 0;
    for (const change of journal.entries) {
      if (change.do !== 'unsealing') continue;
      const isNews = await sql.transact((tx) => save(tx, change.unsealing, change.at));
      if (isNews) replayed++;
      // That SQL has an end need not mean that others heard of it; an opening that SQL has, or refuses, is told to nobody again.
      if (isNews || change.unsealing.ended !== null) await sharing.retell([change]);
    }
    // Not from the journal: an older one would open again what the ledger says is over.
    for (const one of await store.readUnsealings(sql, clock())) this.#keep(one);
    return replayed;
  }

  list(subject?: string): readonly Unsealing[] {
    return [...this.#known.values()].filter((one) => subject === undefined || one.subject === subject);
  }
  /** What this person may look at now. */
  of(reader: string): readonly Unsealing[] {
    return [...this.#openTo(reader)];
  }

  ask(draft: UnsealingDraft, by: string): Promise<Result<Unsealing, Refusal>> {
    return this.#inTurn(async () => {
      const where = `open sealed records of "${draft.subject}"`;
      if (this.#known.size >= UNSEALINGS_MAX)
        return refuse('conflict', 'UNSEALINGS_FULL', `${where}: wanted at most ${UNSEALINGS_MAX} at once`);
      const refused = await this.#refusalOf(where, draft, by);
      if (refused) return refused;
      const asked = { at: this.#parts.clock(), by };
      const none = { approved: null, until: null, order: null, hiddenUntil: null, ended: null };
      return this.#write({ id: newId<string>('uns'), ...draft, state: 'asked', asked, ...none });
    });
  }

  /** In force from when it resolves. */
  approve(id: string, by: string): Promise<Result<Unsealing, Refusal>> {
    return this.#inTurn(async () => {
      const { clock, lives } = this.#parts;
      const where = `approve opening "${id}"`;
      const one = this.#known.get(id);
      if (!one) return unknown(where);
      const at = clock();
      if (one.state !== 'asked' || hasLapsed(one, at)) return notSo(where, one.state, 'asked for lately');
      if (one.asked.by === by) return refuse('forbidden', 'SECOND_OFFICER', `${where}: wanted another than who asked`);
      if (one.reader === by)
        return refuse('forbidden', 'UNSEALING_PARTY', `${where}: wanted another than who is to look`);
      const refused = await this.#refusalOf(where, one, by);
      if (refused) return refused;
      const { hushedUntil, hushedUnder } = lives.of(one.subject);
      const hidden = one.quiet ? { order: hushedUnder, hiddenUntil: hushedUntil } : {};
      const opened: Unsealing = {
        ...one,
        ...{ state: 'open', approved: { at, by }, until: at + one.days * DAY_MS },
        ...hidden,
      };
      // Where this cannot be written it throws, and nothing is open.
      await this.#tell(opened, at);
      if (!this.#over.has(id)) await this.#write(opened);
      // Somebody may have ended it meanwhile, here or at another node.
      return this.#over.has(id) ? notSo(where, 'ended', 'asked for lately') : ok(opened);
    });
  }

  /** Dark from the call on. */
  async end(id: string, by: string): Promise<Result<Unsealing, Refusal>> {
    const where = `end opening "${id}"`;
    const one = this.#known.get(id);
    if (!one) return unknown(where);
    if (one.state !== 'asked' && one.state !== 'open') return notSo(where, one.state, 'asked or open');
    return this.#write({ ...one, state: 'ended', ended: { at: this.#parts.clock(), by } });
  }

  /** Those whose time is over: noted, since they let nobody see anything from that moment on. Answers how many. */
  async lapse(): Promise<number> {
    const now = this.#parts.clock();
    const ended = { at: now, by: SYSTEM };
    const late = this.list().filter((one) => hasLapsed(one, now) || (one.state === 'open' && !isOpen(one, now)));
    for (const one of late) await this.#write({ ...one, state: one.state === 'asked' ? 'lapsed' : 'ended', ended });
    for (const one of this.list()) this.#keep(one);
    for (const [id, until] of this.#over) if (until <= now) this.#over.delete(id);
    return late.length;
  }

  /** Open for this reader, or why no more. */
  openFor(record: string, reader: string): Unsealing | null {
    return this.#openTo(reader).find(({ records }) => records.includes(record)) ?? null;
  }
  /** Why it lets nobody see this record now; `null` where it does. It opens seals alone: what is due is to be destroyed. */
  against(id: string, record: string): Why | null {
    const one = this.#known.get(id);
    if (!one || !isOpen(one, this.#parts.clock())) return 'unsealing-over';
    return this.#parts.seals.of(record).state === 'sealed' ? null : 'sealed';
  }

  /** Under an order that lasts: what was opened, and whatever its reader did with those records. Of whom there is none, `null`. */
  keptFrom(subject: string): ((done: Done) => boolean) | null {
    const now = this.#parts.clock();
    const kept = this.list(subject).filter((one) => isHidden(one, now));
    if (kept.length === 0) return null;
    return ({ actor, record, unsealing }) =>
      kept.some(
        ({ id, reader, records }) =>
          unsealing === id || (actor === reader && record !== null && records.includes(record)),
      );
  }

  /** Another node has it on disk. */
  learn({ unsealing, at }: { readonly unsealing: Unsealing; readonly at: number }): void {
    this.#keep(unsealing);
    void this.#parts.saver.save(async (tx) => void (await save(tx, unsealing, at)));
  }

  async #refusalOf(
    ...[where, { subject, records, reader, quiet }, by]: readonly [string, UnsealingDraft, string]
  ): Promise<Result<never, Refusal> | null> {
    const { sql, seals, lives, isPerson } = this.#parts;
    for (const record of records) {
      const head = await readHead(sql, record);
      if (head?.subject !== subject)
        return refuse('not-found', 'RECORD_UNKNOWN', `${where}: "${subject}" has no record "${record}"`);
      const { state } = seals.of(record);
      if (head.isDestroyed || state !== 'sealed')
        return refuse(
          'conflict',
          'RECORD_NOT_SEALED',
          `${where}: record "${record}" is ${head.isDestroyed ? 'destroyed' : state}, wanted sealed`,
        );
    }
    const acts = lives.of(subject).standings.some(({ person }) => person === by);
    if (by === subject || acts || (await store.putBy(sql, records)).has(by))
      return refuse(
        'forbidden',
        'UNSEALING_PARTY',
        `${where}: wanted an officer whose records these are not, who did not store them`,
      );
    if (!isPerson(reader))
      return refuse('not-found', 'PERSON_UNKNOWN', `${where}: wanted "${reader}" to be one who may sign in here`);
    if (quiet && !lives.isHushed(subject))
      return refuse(
        'conflict',
        'ORDER_WANTED',
        `${where}: no order lets "${subject}" be told later, wanted one that two officers recorded`,
      );
    return null;
  }

  /** One after the other, as far as they are asked for. */
  #openTo(reader: string): IteratorObject<Unsealing> {
    const now = this.#parts.clock();
    return this.#known.values().filter((one) => one.reader === reader && isOpen(one, now));
  }

  /** What is over stays over, however late it is heard that it was opened. */
  #keep(one: Unsealing): void {
    if (one.ended !== null) this.#over.set(one.id, openAtMostUntil(one));
    else if (this.#over.has(one.id)) return;
    const isKept = one.state === 'asked' || one.state === 'open' || isHidden(one, this.#parts.clock());
    if (isKept) this.#known.set(one.id, one);
    else this.#known.delete(one.id);
  }

  /** What ends something is in memory first; what opens something only once it is on disk. */
  async #write(unsealing: Unsealing): Promise<Result<Unsealing, Refusal>> {
    const { journal, saver, clock } = this.#parts;
    const at = clock();
    if (unsealing.ended !== null) this.#keep(unsealing);
    await journal.append([{ do: 'unsealing', subject: unsealing.subject, unsealing, at }]);
    this.#keep(unsealing);
    await saver.save(async (tx) => void (await save(tx, unsealing, at)));
    return ok(unsealing);
  }

  /** All of it: a vault that is put back has it from the ledger. */
  #tell({ id, subject, approved, ...one }: Unsealing, at: number): Promise<void> {
    const { records, reader, reason, clause, reference, days, quiet, asked, until, order, hiddenUntil } = one;
    const data = {
      unsealing: id,
      records,
      reader,
      reason,
      clause,
      reference,
      days,
      quiet,
      asked,
      until,
      order,
      hiddenUntil,
    };
    const fact = { id: newId<string>('evt'), module: MODULE, type: 'unsealing.opened', actor: approved!.by } as const;
    return this.#parts.ledger.append([{ ...fact, subject, at, personal: true, data }]);
  }
}

const isOpen = ({ state, until }: Unsealing, now: number): boolean => state === 'open' && until !== null && now < until;
const isHidden = ({ hiddenUntil }: Unsealing, now: number): boolean => hiddenUntil !== null && now < hiddenUntil;
const hasLapsed = ({ state, asked }: Unsealing, now: number): boolean =>
  state === 'asked' && asked.at + ASKED_LIFE_MS <= now;
/** Approved at the last moment. */
const openAtMostUntil = ({ asked, days }: Unsealing): number => asked.at + ASKED_LIFE_MS + days * DAY_MS;
const notSo = (where: string, is: string, wanted: string): Result<never, Refusal> =>
  refuse('conflict', 'UNSEALING_NOT_SO', `${where}: it is ${is}, wanted ${wanted}`);
const unknown = (where: string): Result<never, Refusal> =>
  refuse('not-found', 'UNSEALING_UNKNOWN', `${where}: there is none of that id that is asked for or open`);

async function save(tx: Tx, one: Unsealing, at: number): Promise<boolean> {
  if (!(await store.saveUnsealing(tx, one, at))) return false;
  const { id: unsealing, subject, records, reader, reason, clause, reference, state, asked, ended } = one;
  if (state === 'open') {
    await tellOf(tx, one);
    return true;
  }
  const data = { unsealing, records, reader, reason, clause, reference };
  const actor = (state === 'asked' ? asked : ended!).by;
  tx.record({ module: MODULE, type: FACTS[state], actor, subject, at, personal: true, data });
  return true;
}

/** The person: now, or once the order is over. */
export async function tellOf(tx: Tx, one: Unsealing): Promise<void> {
  const { id: unsealing, subject, reader, reference, clause, until, hiddenUntil, approved } = one;
  const { at, by } = approved!;
  const about = { unsealing, by: reader, reference, clause, until: until! };
  await addNotice(tx, { subject, kind: 'opened', at, about, shownFrom: Math.max(at, hiddenUntil ?? at), by });
}
