/** Consents: given in SQL, taken back in the journal first. What is in force is in memory, from the call on. */
import type { Consent, ConsentDraft, HandOnDraft } from '@cityward/contracts';
import { MINUTE_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Saver } from '@cityward/journal';
import type { Tx } from '@cityward/sql';
import { chainFrom } from './chain.ts';
import * as store from './consent-store.ts';
import type { StoredConsent } from './consent-store.ts';
import { narrower, notHeld, type Chain, type Grant, type Holder } from '../domain/grant.ts';
import { consentView, grantOf, handedOn, refusalOf, toWhom } from './giving.ts';
import {
  GrantBook,
  GRANTS_MAX,
  GRANTS_PER_PAIR_MAX,
  GRANTS_PER_SUBJECT_MAX,
  HANDED_ON_MAX,
  HANDED_ON_PER_SUBJECT_MAX,
} from './grant-book.ts';
import type { VaultOptions } from '../needs.ts';
import { someAtATime } from '../some-at-a-time.ts';
import type { Sharing } from '../nodes/shared.ts';
import type { WriteReceipt } from '../receipts/receipts.ts';
import { recordGiven, recordTaken, type Taken } from './recording.ts';
import { Unsaved } from './unsaved.ts';
import type { VaultChange, VaultJournal } from '../vault-journal.ts';

/** Read at once at the start. */
const CONSENTS_PER_PAGE = 5_000;
/** Looking through all of them for what is over, when there is no room left, at most so often. */
const PRUNED_EVERY_MS = MINUTE_MS;

type TakeBack = Extract<VaultChange, { do: 'take-back' }>;
type Use = Extract<VaultChange, { do: 'use' }>;

export interface ConsentParts extends Pick<VaultOptions, 'sql' | 'clock' | 'isPerson' | 'isOrganisation' | 'postsOf'> {
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly sharing: Sharing;
  /** Are uses counted in SQL, since other processes count them too? */
  readonly isShared: boolean;
  readonly writeReceipt: WriteReceipt;
}
/** What has to happen with the consent or not at all; `false` undoes both. */
export type Together = (tx: Tx, consent: string) => Promise<boolean>;

export class Consents {
  readonly #parts: ConsentParts;
  readonly #book = new GrantBook();
  /** Taken back in memory, not on disk yet: whoever asks again waits for the same. */
  readonly #taking = new Map<string, Promise<void>>();
  /** Taken back in memory, and the disk failed: whoever asks again has it written again. */
  readonly #unwritten = new Set<string>();
  readonly #unsaved = new Unsaved();
  #pruned = -Infinity;

  constructor(parts: ConsentParts) {
    this.#parts = parts;
  }

  /** Reads what stands, and puts over it what the journal knows and SQL does not. Answers how many of those there were. */
  async open(): Promise<number> {
    await this.#read();
    const { entries } = this.#parts.journal;
    const used = await this.#replayUses(entries.filter((change): change is Use => change.do === 'use'));
    return used + (await this.#replayTaken(entries.filter((change): change is TakeBack => change.do === 'take-back')));
  }

  async #read(): Promise<void> {
    const { sql, clock } = this.#parts;
    const now = clock();
    for (let after = ''; ;) {
      const page = await store.readStanding(sql, now, { after, limit: CONSENTS_PER_PAGE });
      for (const consent of page) this.#book.add(consent);
      if (page.length < CONSENTS_PER_PAGE) return;
      after = page.at(-1)!.grant.id;
    }
  }

  async #replayUses(uses: readonly Use[]): Promise<number> {
    let replayed = 0;
    for (const { consent, used } of uses) {
      if ((this.#book.get(consent)?.grant.used ?? Infinity) >= used) continue;
      this.#book.change(consent, { used });
      await this.#parts.sql.transact((tx) => store.markUsed(tx, consent, used));
      replayed++;
    }
    return replayed;
  }

  async #replayTaken(taken: readonly TakeBack[]): Promise<number> {
    const { sql } = this.#parts;
    let replayed = 0;
    for (const some of someAtATime(taken)) {
      const unsaved = await store.notTakenBack(
        sql,
        some.map(({ consent }) => consent),
      );
      const found = some.filter(({ consent }) => unsaved.has(consent));
      await this.#parts.sharing.retell(found);
      for (const { consent: id, at, by } of found) {
        this.#book.change(id, { state: { is: 'taken-back', at, by } });
        await sql.transact((tx) => this.#saveTaken(tx, { id, at, by }));
        replayed++;
      }
    }
    return replayed;
  }

  async give(draft: ConsentDraft, by: string): Promise<Result<Consent, Refusal>> {
    const grant = grantOf(draft);
    const now = this.#parts.clock();
    const refused = this.faultOf(grant, { by, now });
    return refused ?? ok((await this.#add({ grant, given: { at: now, by } }))!);
  }
  /** With something else, in one transaction; `null` where that was not to be had, and nothing is given. */
  async giveWith(draft: ConsentDraft, by: string, together: Together): Promise<Result<Consent | null, Refusal>> {
    const grant = grantOf(draft);
    const now = this.#parts.clock();
    return this.faultOf(grant, { by, now }) ?? ok(await this.#add({ grant, given: { at: now, by } }, together));
  }

  /** Why it may not be given now; `null` where it may. */
  faultOf(grant: Grant, given: { readonly by: string; readonly now: number }): Result<never, Refusal> | null {
    const refused = refusalOf(this.#parts, grant, given);
    if (refused || this.#hasRoom(grant, given.now)) return refused;
    return refuse(
      'conflict',
      'CONSENTS_FULL',
      `give consent of "${grant.subject}" to "${toWhom(grant.grantee)}": wanted at most ${GRANTS_PER_PAIR_MAX} that stand between two people, ${GRANTS_PER_SUBJECT_MAX} of one person, of which ${HANDED_ON_PER_SUBJECT_MAX} may be handed on, and ${GRANTS_MAX} in all`,
    );
  }

  /** By one to whom it was given, who has it at this moment; to anybody else there is no such consent. */
  async handOn(id: string, draft: HandOnDraft, by: string): Promise<Result<Consent, Refusal>> {
    const { clock, postsOf } = this.#parts;
    const now = clock();
    const where = `hand consent "${id}" on`;
    const parent = this.#book.get(id);
    const chain = parent && chainFrom({ get: this.now, postsOf }, parent, { person: by, posts: postsOf(by) });
    if (!parent || !chain || notHeld(chain, now) !== null)
      return refuse(
        'not-found',
        'CONSENT_NOT_HELD',
        `${where}: there is none of that id that you were given and that stands`,
      );
    const grant = handedOn(parent.grant, draft);
    const faults = narrower(parent.grant, grant);
    if (faults.length > 0) {
      const message = `${where}: ${faults[0]!}`;
      return { ok: false, error: { kind: 'invalid', code: 'CONSENT_NOT_NARROWER', message, details: faults } };
    }
    if (this.#book.handedOn(id) >= HANDED_ON_MAX)
      return refuse('conflict', 'CONSENTS_FULL', `${where}: wanted at most ${HANDED_ON_MAX} times`);
    const refused = this.faultOf(grant, { by, now });
    return refused ?? ok((await this.#add({ grant, given: { at: now, by } }))!);
  }

  async #add(consent: StoredConsent, together?: Together): Promise<Consent | null> {
    const { grant, given } = consent;
    const undone = new Error('give a consent: what it goes with was not to be had');
    try {
      await this.#parts.sql.transact(async (tx) => {
        await recordGiven(tx, consent, this.#parts.writeReceipt);
        await this.#parts.sharing.tell(tx, { do: 'given', consent: grant.id });
        if (together && !(await together(tx, grant.id))) throw undone;
      });
    } catch (fault) {
      if (fault === undone) return null;
      throw fault;
    }
    this.#book.add(consent);
    return this.#view(consent, given.at);
  }

  readonly #saveTaken = (tx: Tx, taken: Taken): Promise<void> => recordTaken(tx, taken, this.#parts.writeReceipt);

  #hasRoom({ subject, grantee, parent }: Grant, now: number): boolean {
    const isFull = (): boolean => this.#book.between(subject, grantee) >= GRANTS_PER_PAIR_MAX;
    if (isFull()) this.#book.tidy(subject, grantee, (grant) => this.#isSettled(grant, now));
    if (isFull()) return false;
    const ofSubjectMax = parent === null ? GRANTS_PER_SUBJECT_MAX : HANDED_ON_PER_SUBJECT_MAX;
    const isSubjectFull = (): boolean => this.#book.of(subject) >= ofSubjectMax;
    if (isSubjectFull()) this.#book.tidyOf(subject, (grant) => this.#isSettled(grant, now));
    if (isSubjectFull()) return false;
    if (this.#book.size < GRANTS_MAX) return true;
    if (now - this.#pruned >= PRUNED_EVERY_MS) {
      this.#pruned = now;
      this.#book.prune((grant) => this.#isSettled(grant, now));
    }
    return this.#book.size < GRANTS_MAX;
  }

  /** Over, and nothing about it is still to be written. */
  #isSettled({ id, state, until }: Grant, now: number): boolean {
    if (this.#taking.has(id) || this.#unwritten.has(id) || this.#unsaved.has(id)) return false;
    return state.is === 'taken-back' || until <= now;
  }

  /** Dark from the call on; resolves once that is on disk and in force on every node. SQL follows: see `saved`. */
  async takeBack(id: string, by: string): Promise<Result<Consent, Refusal>> {
    const now = this.#parts.clock();
    // Given at another node a moment ago, it may not be here yet.
    if (!this.#book.get(id)) await this.learnGiven(id);
    const known = this.#book.get(id);
    const pending = this.#taking.get(id);
    if (!known) {
      const stored = await this.#unsaved.over(store.readConsent(this.#parts.sql, id));
      if (!stored) return refuse('not-found', 'CONSENT_UNKNOWN', `take consent "${id}" back: there is none of that id`);
      await this.#parts.sharing.settled();
      return ok(this.#view(stored, now));
    }
    if (pending) await pending;
    else if (known.grant.state.is === 'standing' || this.#unwritten.has(id)) {
      const taking = this.#take({ id, at: now, by }).finally(() => this.#taking.delete(id));
      this.#taking.set(id, taking);
      await taking;
    } else await this.#parts.sharing.settled(); // another node's word that it is on disk is not all nodes' that it is in force
    return ok(this.#view(this.#book.get(id)!, now));
  }

  async #take(taken: Taken): Promise<void> {
    const { id, at, by } = taken;
    const { journal, saver } = this.#parts;
    this.#book.change(id, { state: { is: 'taken-back', by, at } });
    // A fault of the disk leaves it dark here; that it stays so after a restart is not answered for until it is written.
    this.#unwritten.add(id);
    await journal.append([{ do: 'take-back', consent: id, at, by }]);
    this.#unwritten.delete(id);
    this.#unsaved.save(saver, taken, (tx) => this.#saveTaken(tx, taken));
  }

  /** Resolves once SQL and its facts have what was taken back of this consent, or SQL has failed it: it is tried again. */
  saved(id: string): Promise<void> {
    return this.#unsaved.settled(id);
  }

  /** Another node has given it. */
  async learnGiven(id: string): Promise<void> {
    const stored = this.#book.get(id) ? null : await this.#unsaved.over(store.readConsent(this.#parts.sql, id));
    const isOfUse = stored?.grant.state.is === 'standing' && stored.grant.until > this.#parts.clock();
    if (stored && isOfUse && !this.#book.get(id) && !this.#unsaved.has(id)) this.#book.add(stored);
  }
  /** Another node has it on disk. */
  learnTaken({ consent: id, at, by }: TakeBack): void {
    this.#book.change(id, { state: { is: 'taken-back', by, at } });
    const taken = { id, at, by };
    this.#unsaved.save(this.#parts.saver, taken, (tx) => this.#saveTaken(tx, taken));
  }

  /**
   * Counts a use before anything is shown by it: on disk when it resolves. Also of all that it was handed on from. `false` where none
   * was left, which several processes over one database know by SQL alone.
   */
  async use(chain: Chain): Promise<boolean> {
    const counted = chain
      .filter(({ grant }) => grant.uses !== null)
      .map(({ grant: { id, used } }) => ({ id, used: used + 1 }));
    if (counted.length === 0) return true;
    if (this.#parts.isShared) return this.#useShared(counted.map(({ id }) => id));
    for (const { id, used } of counted) this.#book.change(id, { used });
    // In one write: after a kill all of them are counted, or nothing was shown.
    await this.#parts.journal.append(counted.map(({ id, used }) => ({ do: 'use', consent: id, used })));
    void this.#parts.saver.save(async (tx) => {
      for (const { id, used } of counted) await store.markUsed(tx, id, used);
    });
    return true;
  }

  async #useShared(ids: readonly string[]): Promise<boolean> {
    const counted = await store.countUses(this.#parts.sql, ids);
    for (const { id, used } of counted ?? [])
      this.#book.change(id, { used: Math.max(used, this.#book.get(id)?.grant.used ?? 0) });
    return counted !== null;
  }

  /** Consents of the subject that this person may have a use of, as they stand at this moment. */
  from(subject: string, holder: Holder): readonly StoredConsent[] {
    return this.#book.from(subject, holder);
  }
  now = (id: string): StoredConsent | null => this.#book.get(id);

  /** With what the journal knows over what SQL says; `null` for none of that id. */
  async find(id: string): Promise<StoredConsent | null> {
    return this.#book.get(id) ?? (await this.#unsaved.over(store.readConsent(this.#parts.sql, id)));
  }
  view(consent: StoredConsent): Consent {
    return this.#view(consent, this.#parts.clock());
  }

  async list(subject: string): Promise<readonly Consent[]> {
    const stored = await this.#unsaved.over(store.readConsentsOf(this.#parts.sql, subject));
    // Memory is ahead of SQL: it says what is in force.
    return stored.map((one) => this.view(this.#book.get(one.grant.id) ?? one));
  }

  /** What this person was let see by others, and has now or will have. */
  async to(person: string): Promise<readonly Consent[]> {
    const { sql, clock, postsOf } = this.#parts;
    const now = clock();
    const holder = { person, posts: postsOf(person) };
    const stored = await store.readConsentsTo(sql, holder, now);
    return stored.flatMap(({ grant: { id } }) => {
      const one = this.#book.get(id);
      const chain = one && chainFrom({ get: this.now, postsOf }, one, holder);
      const why = chain && notHeld(chain, now);
      return one && chain && (why === null || why === 'not-yet') ? [this.#view(one, now)] : [];
    });
  }

  #view(consent: StoredConsent, now: number): Consent {
    const before: Grant[] = [];
    for (let id = consent.grant.parent; id !== null;) {
      const one = this.#book.get(id)?.grant;
      if (one === undefined) return consentView(consent, { before: null, now });
      before.push(one);
      id = one.parent;
    }
    return consentView(consent, { before, now });
  }
}
