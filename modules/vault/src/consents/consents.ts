/** Consents: given in SQL, taken back in the journal first. What is in force is in memory, from the call on. */
import type { Consent, ConsentDraft } from '@cityward/contracts';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Saver } from '@cityward/journal';
import type { Tx } from '@cityward/sql';
import * as store from './consent-store.ts';
import type { StoredConsent } from './consent-store.ts';
import { faultsOf, phaseOf, type Grant } from '../domain/grant.ts';
import { GrantBook, GRANTS_MAX, GRANTS_PER_PAIR_MAX } from './grant-book.ts';
import type { VaultOptions } from '../needs.ts';
import { someAtATime } from '../some-at-a-time.ts';
import { addNotice } from '../notices/notices.ts';
import type { VaultChange, VaultJournal } from '../vault-journal.ts';

const MODULE = 'vault';

interface Taken {
  readonly id: string;
  readonly at: number;
  readonly by: string;
}
type TakeBack = Extract<VaultChange, { do: 'take-back' }>;

export interface ConsentParts extends Pick<VaultOptions, 'sql' | 'clock' | 'isPerson'> {
  readonly journal: VaultJournal;
  readonly saver: Saver;
}

export class Consents {
  readonly #parts: ConsentParts;
  readonly #book = new GrantBook();
  /** Taken back in memory, not on disk yet: whoever asks again waits for the same. */
  readonly #taking = new Map<string, Promise<void>>();
  /** Taken back in memory, and the disk failed: whoever asks again has it written again. */
  readonly #unwritten = new Set<string>();

  constructor(parts: ConsentParts) {
    this.#parts = parts;
  }

  /** Reads what stands, and puts over it what the journal knows and SQL does not. Answers how many of those there were. */
  async open(): Promise<number> {
    const { sql, clock, journal } = this.#parts;
    for (const consent of await store.readStanding(sql, clock())) this.#book.add(consent);
    let replayed = 0;
    for (const change of journal.entries) {
      if (change.do !== 'use' || (this.#book.get(change.consent)?.grant.used ?? Infinity) >= change.used) continue;
      this.#book.change(change.consent, { used: change.used });
      await sql.transact((tx) => store.markUsed(tx, change.consent, change.used));
      replayed++;
    }
    const taken = journal.entries.filter((change): change is TakeBack => change.do === 'take-back');
    for (const some of someAtATime(taken)) {
      const unsaved = await store.notTakenBack(
        sql,
        some.map(({ consent }) => consent),
      );
      for (const { consent: id, at, by } of some.filter(({ consent }) => unsaved.has(consent))) {
        this.#book.change(id, { state: { is: 'taken-back', at, by } });
        await sql.transact((tx) => saveTaken(tx, { id, at, by }));
        replayed++;
      }
    }
    return replayed;
  }

  async give(draft: ConsentDraft, by: string): Promise<Result<Consent, Refusal>> {
    const now = this.#parts.clock();
    const grant = grantOf(draft);
    const refused = this.#refusalOf(grant, { by, now });
    if (refused) return refused;
    const consent: StoredConsent = { grant, given: { at: now, by } };
    await this.#parts.sql.transact(async (tx) => {
      await store.addConsent(tx, consent);
      const { subject, purpose, until, uses } = grant;
      const data = { consent: grant.id, person: draft.person, behalf: by !== subject, purpose, until, uses };
      tx.record({ module: MODULE, type: 'consent.given', actor: by, subject, at: now, personal: true, data });
      await tellOfBehalf(tx, { subject, id: grant.id, did: 'given', at: now, by });
    });
    this.#book.add(consent);
    return ok(consentView(consent, now));
  }

  #refusalOf(grant: Grant, { by, now }: { readonly by: string; readonly now: number }): Result<never, Refusal> | null {
    const { subject } = grant;
    const person = grant.grantee.person!;
    const where = `give consent of "${subject}" to "${person}"`;
    if (!this.#parts.isPerson(person))
      return refuse('not-found', 'PERSON_UNKNOWN', `${where}: wanted a person who may sign in here`);
    if (person === subject) return refuse('invalid', 'CONSENT_TO_SUBJECT', `${where}: wanted somebody else`);
    // On behalf of another one could otherwise let oneself see everything.
    if (person === by) return refuse('forbidden', 'CONSENT_TO_ONESELF', `${where}: wanted somebody else to give it`);
    const faults = faultsOf(grant, now);
    if (faults.length > 0) {
      const message = `${where}: ${faults[0]!}`;
      return { ok: false, error: { kind: 'invalid', code: 'CONSENT_NOT_VALID', message, details: faults } };
    }
    if (!this.#hasRoom(subject, person, now))
      return refuse(
        'conflict',
        'CONSENTS_FULL',
        `${where}: wanted at most ${GRANTS_PER_PAIR_MAX} that stand between two people, and ${GRANTS_MAX} in all`,
      );
    return null;
  }

  #hasRoom(...[subject, person, now]: readonly [string, string, number]): boolean {
    const isFull = (): boolean =>
      this.#book.size >= GRANTS_MAX || this.#book.from(subject, person).length >= GRANTS_PER_PAIR_MAX;
    if (!isFull()) return true;
    this.#book.prune((grant) => this.#isSettled(grant, now));
    return !isFull();
  }

  /** Over, and nothing about it is still to be written. */
  #isSettled({ id, state, until }: Grant, now: number): boolean {
    if (this.#taking.has(id) || this.#unwritten.has(id)) return false;
    return state.is === 'taken-back' || until <= now;
  }

  /** Dark from the call on; resolves once that is on disk. */
  async takeBack(id: string, by: string): Promise<Result<Consent, Refusal>> {
    const now = this.#parts.clock();
    const known = this.#book.get(id);
    if (!known) {
      const stored = await store.readConsent(this.#parts.sql, id);
      return stored
        ? ok(consentView(stored, now))
        : refuse('not-found', 'CONSENT_UNKNOWN', `take consent "${id}" back: there is none of that id`);
    }
    const pending = this.#taking.get(id);
    if (pending) await pending;
    else if (known.grant.state.is === 'standing' || this.#unwritten.has(id)) {
      const taking = this.#take({ id, at: now, by }).finally(() => this.#taking.delete(id));
      this.#taking.set(id, taking);
      await taking;
    }
    return ok(consentView(this.#book.get(id)!, now));
  }

  async #take(taken: Taken): Promise<void> {
    const { id, at, by } = taken;
    const { journal, saver } = this.#parts;
    this.#book.change(id, { state: { is: 'taken-back', by, at } });
    // A fault of the disk leaves it dark here; that it stays so after a restart is not answered for until it is written.
    this.#unwritten.add(id);
    await journal.append([{ do: 'take-back', consent: id, at, by }]);
    this.#unwritten.delete(id);
    await saver.save((tx) => saveTaken(tx, taken));
  }

  /** Counts a use before anything is shown by it: on disk when it resolves. A grant without a limit is not counted. */
  async use(grant: Grant): Promise<void> {
    if (grant.uses === null) return;
    const used = grant.used + 1;
    this.#book.change(grant.id, { used });
    await this.#parts.journal.append([{ do: 'use', consent: grant.id, used }]);
    void this.#parts.saver.save((tx) => store.markUsed(tx, grant.id, used));
  }

  /** Grants from the subject to the person, as they stand at this moment. */
  from(subject: string, person: string): readonly Grant[] {
    return this.#book.from(subject, person);
  }
  now(id: string): Grant | null {
    return this.#book.get(id)?.grant ?? null;
  }

  /** When and by whom it was given; `null` for one that is not in memory. */
  givenOf(id: string): StoredConsent['given'] | null {
    return this.#book.get(id)?.given ?? null;
  }

  async subjectOf(id: string): Promise<string | null> {
    const consent = this.#book.get(id) ?? (await store.readConsent(this.#parts.sql, id));
    return consent?.grant.subject ?? null;
  }

  async list(subject: string): Promise<readonly Consent[]> {
    const now = this.#parts.clock();
    const stored = await store.readConsentsOf(this.#parts.sql, subject);
    // Memory is ahead of SQL: it says what is in force.
    return stored.map((one) => consentView(this.#book.get(one.grant.id) ?? one, now));
  }
}

async function saveTaken(tx: Tx, taken: Taken): Promise<void> {
  const { id, at, by } = taken;
  const subject = await store.markTakenBack(tx, taken);
  if (subject === null) return;
  const data = { consent: id, behalf: by !== subject };
  tx.record({ module: MODULE, type: 'consent.taken-back', actor: by, subject, at, personal: true, data });
  await tellOfBehalf(tx, { ...taken, subject, did: 'taken-back' });
}

interface Behalf extends Taken {
  readonly subject: string;
  readonly did: 'given' | 'taken-back';
}
/** Whoever did it for somebody, that person hears of it. */
async function tellOfBehalf(tx: Tx, { subject, id, did, at, by }: Behalf): Promise<void> {
  if (by !== subject) await addNotice(tx, { subject, kind: 'represented', at, about: { consent: id, did, by }, by });
}

function grantOf({ person, ...draft }: ConsentDraft): Grant {
  const grantee = { person, organisation: null, role: null };
  return { id: newId<string>('con'), ...draft, grantee, used: 0, depth: 0, state: { is: 'standing' } };
}

function consentView({ grant, given }: StoredConsent, now: number): Consent {
  const { id, subject, grantee, scope, rights, purpose, from, until, uses, used, refrains, state } = grant;
  return {
    id,
    subject,
    person: grantee.person!,
    scope:
      scope.of === 'categories'
        ? { of: 'categories', categories: [...scope.categories] }
        : { of: 'records', records: [...scope.records] },
    rights: [...rights],
    purpose,
    from,
    until,
    uses,
    used,
    refrains: [...refrains],
    given: { ...given, behalf: given.by !== subject },
    takenBack: state.is === 'taken-back' ? { at: state.at, by: state.by } : null,
    state: phaseOf(grant, now),
  };
}
