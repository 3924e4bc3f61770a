/** Who may sign in here, in memory: those who work for the city or with it whole, residents as little as can be. */
import type { PersonKind } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { sameHandle } from './domain/people.ts';
import * as store from './people-store.ts';
import type { PeopleTables, StoredPerson } from './people-store.ts';
import { Residents } from './residents.ts';

export class RegisterOfPeople {
  readonly #sql: Sql;
  readonly #working = new Map<string, StoredPerson>();
  readonly #residents = new Residents();

  private constructor(sql: Sql) {
    this.#sql = sql;
  }

  static async open(sql: Sql): Promise<RegisterOfPeople> {
    const register = new RegisterOfPeople(sql);
    const db = sql.for<PeopleTables>();
    for (const person of await store.readWorking(db)) register.#working.set(person.id, person);
    for await (const { passkeys, ...resident } of store.readResidents(db)) {
      register.#residents.put(resident);
      register.#residents.setPasskeys(resident.id, passkeys);
    }
    return register;
  }

  /** When a resident was last here only SQL knows. */
  get(id: string): StoredPerson | undefined {
    const working = this.#working.get(id);
    if (working) return working;
    const resident = this.#residents.get(id);
    return resident && { ...resident, lastSeen: null };
  }

  put(person: StoredPerson): void {
    if (person.kind === 'resident') this.#residents.put(person);
    else this.#working.set(person.id, person);
  }

  drop({ id }: Pick<StoredPerson, 'id'>): void {
    this.#working.delete(id);
    this.#residents.drop(id);
  }

  /** Everybody but residents. */
  working(): readonly StoredPerson[] {
    return [...this.#working.values()];
  }

  count(kind: PersonKind): number {
    return kind === 'resident' ? this.#residents.size : this.#working.size;
  }

  isResident(id: string): boolean {
    return this.#residents.has(id);
  }

  async named(handle: string): Promise<StoredPerson | undefined> {
    const working = this.working().find((person) => sameHandle(person.handle, handle));
    if (working) return working;
    const id = await store.readNamed(this.#sql.for<PeopleTables>(), handle);
    return id === null ? undefined : this.get(id);
  }

  /** Of a resident. */
  passkeysOf(id: string): number {
    return this.#residents.passkeys(id);
  }
  setPasskeys(id: string, count: number): void {
    this.#residents.setPasskeys(id, count);
  }
}
