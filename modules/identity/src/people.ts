/** The people who may sign in: inviting, roles, ending access. */
import { join } from 'node:path';
import type { FactType, Person, Role, StandingRole } from '@cityward/contracts';
import { newId, ok, type Clock, type Json, type PersonId, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import { decideDisable, decideInvite, decideRoles, FIRST_HANDLE, FIRST_ROLES, roomFor } from './domain/people.ts';
import type { WantedPerson } from './domain/people.ts';
import { AccessDesk } from './access-desk.ts';
import { openJournal, type Journal, createSaver, type Saver } from '@cityward/journal';
import type { Directory } from './needs.ts';
import * as store from './people-store.ts';
import type { PeopleTables, StoredPerson } from './people-store.ts';
import { RegisterOfPeople } from './register-of-people.ts';
import { Sessions } from './sessions.ts';

/** A person whose access was ended; kept in a journal, since a lost end of access would be access. */
interface Disabled {
  readonly sequence: number;
  readonly person: string;
  readonly at: number;
  readonly by: string;
}

export interface PeopleOptions {
  readonly sql: Sql;
  readonly folder: string;
  readonly cityName: string;
  readonly origins: readonly string[];
  readonly portal?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: Directory;
  readonly officerKeys?: (() => ReadonlySet<string>) | undefined;
}

/** Saved in one transaction; the rest in the next. */
const REGISTERED_AT_ONCE = 1_000;

export interface PersonalFact {
  readonly type: FactType;
  readonly actor: string;
  readonly subject: string;
  readonly data: { readonly [key: string]: Json };
}

export class People {
  readonly sessions: Sessions;
  readonly options: PeopleOptions;
  readonly #journal: Journal<Disabled>;
  #access: AccessDesk | null = null;
  readonly #saver: Saver;
  readonly #people: RegisterOfPeople;
  /** Handles of people who are being saved. */
  readonly #claimed = new Set<string>();

  private constructor(options: PeopleOptions, [journal, people]: readonly [Journal<Disabled>, RegisterOfPeople]) {
    this.options = options;
    this.#journal = journal;
    this.#people = people;
    this.#saver = createSaver(options.sql, options.log);
    this.sessions = new Sessions({
      clock: options.clock,
      saver: this.#saver,
      person: (id) => this.#people.get(id),
      rights: (id) => this.access.rights(id),
    });
  }

  /** Reads everything, and replays ended access that SQL lost. The tables must be there. */
  static async open(options: PeopleOptions): Promise<People> {
    const journal = await openJournal<Disabled>({
      path: join(options.folder, 'people.journal'),
      after: 0,
      about: (entry) => entry.person,
    });
    const people = new People(options, [journal, await RegisterOfPeople.open(options.sql)]);
    const db = options.sql.for<PeopleTables>();
    people.#access = await AccessDesk.open({
      ...options,
      saver: people.#saver,
      person: (id) => people.#people.get(id),
    });
    people.#access.onEnd(({ access, ran }) => {
      // What may have been shown under it must not stay on a screen: sign-ins end with it.
      if (ran) void people.sessions.endAllOf(access.person, 'access-ended', access.ended?.by ?? 'system');
    });
    people.sessions.start(await store.readSessions(db, options.clock()));
    for (const entry of people.#journal.entries) {
      const person = people.#people.get(entry.person);
      if (person && person.state !== 'disabled') await people.#disabled(entry);
    }
    people.sessions.sweep();
    return people;
  }

  async stop(): Promise<void> {
    await this.sessions.stop();
    await this.#access?.stop();
    await this.#saver.stop();
    await this.#journal.close();
  }

  get access(): AccessDesk {
    if (!this.#access) throw new Error('use temporary access: people are not open yet');
    return this.#access;
  }

  /** Everybody but residents. */
  working(): readonly StoredPerson[] {
    return this.#people.working();
  }

  list(): Person[] {
    return this.staff().map(faceOf);
  }

  get(id: string): StoredPerson | undefined {
    return this.#people.get(id);
  }

  /** By id or, for people at a terminal, by handle. */
  async find(who: string): Promise<StoredPerson | undefined> {
    return this.#people.get(who) ?? (await this.named(who));
  }

  named(handle: string): Promise<StoredPerson | undefined> {
    return this.#people.named(handle);
  }

  /** How many passkeys a resident has; null for everybody else. */
  residentPasskeys(id: string): number | null {
    return this.#people.isResident(id) ? this.#people.passkeysOf(id) : null;
  }
  setResidentPasskeys(id: string, count: number): void {
    this.#people.setPasskeys(id, count);
  }

  /** Those who run the city. */
  staff(): readonly StoredPerson[] {
    return this.working().filter(({ kind }) => kind === 'staff');
  }

  /** The first person of a city, made now when there is nobody yet. */
  async first(): Promise<StoredPerson> {
    return this.staff()[0] ?? this.#add({ handle: FIRST_HANDLE, roles: FIRST_ROLES, ...STAFF }, 'system');
  }

  /** `also` is saved in the same transaction: an invitation without its link would be half done. */
  async invite(wanted: Wanted, by: string, also: Also): Promise<Result<Person, Refusal>> {
    const handle = wanted.handle.trim().toLowerCase();
    const isClaimed = this.#claimed.has(handle);
    this.#claimed.add(handle); // at once, so that two such invitations never both find it free
    try {
      const isTaken = isClaimed || (await this.named(handle)) !== undefined;
      const decision = decideInvite({ count: this.#people.count(wanted.kind), isTaken }, wanted);
      return decision.ok ? ok(faceOf(await this.#add(wanted as Added, by, also))) : decision;
    } finally {
      if (!isClaimed) this.#claimed.delete(handle);
    }
  }

  /**
   * People of a register that knows them, some at a time: they count as people before they ever signed in, so that others can let
   * them see something. Answers their ids.
   */
  async register(drafts: readonly Registered[], by: string): Promise<readonly string[]> {
    const people = drafts.map((draft): StoredPerson => ({
      ...draft,
      id: newId<PersonId>('per'),
      roles: [],
      state: 'active',
      lastSeen: null,
    }));
    for (const kind of new Set(people.map((one) => one.kind))) {
      const room = roomFor(kind, this.#people.count(kind), people.filter((one) => one.kind === kind).length);
      if (!room.ok) throw new Error(room.error.message);
    }
    for (let from = 0; from < people.length; from += REGISTERED_AT_ONCE) {
      const some = people.slice(from, from + REGISTERED_AT_ONCE);
      await this.transact(async (tx) => {
        await store.addPeople(tx.for<PeopleTables>(), some, this.options.clock());
        for (const { id, kind } of some)
          this.record(tx, { type: 'person.registered', actor: by, subject: id, data: { kind } });
      });
      for (const person of some) this.#people.put(person);
    }
    return people.map(({ id }) => id);
  }

  /** Sets roles and ends every sign-in of the person, so that the next request has only what is allowed now. */
  async setRoles(id: string, roles: readonly Role[], by: string): Promise<Result<Person, Refusal>> {
    const decision = decideRoles(this.#with(id), { id, roles, by });
    if (!decision.ok) return decision;
    const before = this.#people.get(id)!;
    const person = { ...before, roles: decision.value.roles };
    this.#people.put(person); // at once, so that two such decisions never both count the other's administrator
    try {
      await this.transact(async (tx) => {
        await store.putPerson(tx.for<PeopleTables>(), person);
        this.record(tx, { type: 'person.roles-set', actor: by, subject: id, data: { roles: [...roles] } });
      });
    } catch (fault) {
      this.#people.put(before);
      throw fault;
    }
    await this.sessions.endAllOf(id, 'roles-changed', by);
    return ok(faceOf(person));
  }

  /** Ends a person's access: in the journal first, then at once everywhere. */
  async disable(id: string, by: string): Promise<Result<Person, Refusal>> {
    const decision = decideDisable(this.#with(id), id);
    if (!decision.ok) return decision;
    const before = this.#people.get(id)!;
    this.#people.put({ ...before, state: 'disabled' });
    try {
      const [entry] = await this.#journal.append([{ person: id, at: this.options.clock(), by }]);
      await this.#disabled(entry!);
    } catch (fault) {
      this.#people.put(before);
      throw fault;
    }
    return ok(faceOf(this.#people.get(id)!));
  }

  /** Marks a person as one who has signed in. */
  async seen(tx: Tx, id: string): Promise<void> {
    const person = this.#people.get(id);
    if (person?.state === 'invited') await store.putPerson(tx.for<PeopleTables>(), { ...person, state: 'active' });
  }

  /** The same in memory, after the commit. */
  activate(id: string, at: number): void {
    const person = this.#people.get(id);
    if (person && person.state !== 'disabled') this.#people.put({ ...person, state: 'active', lastSeen: at });
  }

  /** All that a decision about this one rests on. */
  #with(id: string): readonly StoredPerson[] {
    const person = this.#people.get(id);
    return person?.kind === 'resident' ? [...this.working(), person] : this.working();
  }

  transact(work: (tx: Tx) => Promise<void>): Promise<void> {
    return this.options.sql.transact(work);
  }

  /** Facts about people are personal: the ledger shows only a commitment. They hold ids, never handles. */
  record(tx: Tx, fact: PersonalFact): void {
    tx.record({ module: 'identity', ...fact, at: this.options.clock(), personal: true });
  }

  async #add({ handle, roles, kind, position }: Added, by: string, also?: Also): Promise<StoredPerson> {
    const id = newId<PersonId>('per');
    const place = { kind, position, roles: [...roles] };
    const person: StoredPerson = { id, handle: handle.trim(), ...place, state: 'invited', lastSeen: null };
    this.#people.put(person);
    try {
      await this.transact(async (tx) => {
        await store.addPeople(tx.for<PeopleTables>(), [person], this.options.clock());
        this.record(tx, { type: 'person.invited', actor: by, subject: id, data: { roles: [...roles] } });
        await also?.(tx, id);
      });
    } catch (fault) {
      this.#people.drop(person);
      throw fault;
    }
    return person;
  }

  async #disabled({ person: id, by }: Disabled): Promise<void> {
    const person: StoredPerson = { ...this.#people.get(id)!, state: 'disabled' };
    this.#people.put(person);
    await this.sessions.endAllOf(id, 'disabled', by);
    await this.access.endAllOf(id, by);
    await this.#saver.save(async (tx) => {
      await store.putPerson(tx.for<PeopleTables>(), person);
      await store.dropLinks(tx.for<PeopleTables>(), id);
      this.record(tx, { type: 'person.disabled', actor: by, subject: id, data: {} });
    });
  }
}

type Also = (tx: Tx, person: string) => Promise<void>;
type Wanted = WantedPerson;
type Registered = Pick<StoredPerson, 'handle' | 'kind' | 'position'>;
const STAFF = { kind: 'staff', position: null } as const;
/** Once it is decided. */
type Added = Wanted & { readonly roles: readonly StandingRole[] };

const faceOf = ({ id, handle, roles, state, lastSeen }: StoredPerson): Person => ({
  id,
  handle,
  roles: [...roles],
  state,
  lastSeen,
});
