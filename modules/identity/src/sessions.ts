/** Sign-ins that are under way: known by the hash of a random token, asked on every request, ended by time or by decision. */
import { randomBytes } from 'node:crypto';
import type { Principal, SessionEnd } from '@cityward/contracts';
import { MINUTE_MS, SECOND_MS, type Clock } from '@cityward/kernel';
import { hashOf } from './codes.ts';
import type { PersonRecord } from './domain/people.ts';
import type { TemporaryRights } from './domain/temporary-access.ts';
import { endedBy, endOf, SESSION_LIFE_MS, type SignInMethod } from './domain/session.ts';
import { dropSessions, touch, type PeopleTables, type SessionRow } from './people-store.ts';
import type { Saver } from '@cityward/journal';

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const SWEEP_MS = 15 * SECOND_MS;
const TOUCH_MS = MINUTE_MS;
/** More open sign-ins of one person than this: the oldest ends. */
const PER_PERSON_MAX = 20;

export interface EndedSession {
  /** As `idOf` gives it; not the token. */
  readonly session: string;
  readonly person: string;
  readonly why: SessionEnd;
}

export interface NewSession {
  /** Goes to the browser and is kept nowhere. */
  readonly token: string;
  readonly row: SessionRow;
}

interface Live extends Omit<SessionRow, 'lastSeen'> {
  lastSeen: number;
  savedSeen: number;
}

export interface SessionsParts {
  readonly clock: Clock;
  readonly saver: Saver;
  readonly person: (id: string) => PersonRecord | undefined;
  /** What temporary access gives a person now. */
  readonly rights: (person: string) => TemporaryRights;
}

export class Sessions {
  readonly #parts: SessionsParts;
  readonly #live = new Map<string, Live>();
  readonly #byPerson = new Map<string, Set<Live>>();
  readonly #listeners = new Set<(ended: EndedSession) => void>();
  readonly #timers: NodeJS.Timeout[] = [];
  #isOfficer: (person: string) => boolean = () => false;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  start(rows: readonly SessionRow[]): void {
    for (const row of rows) this.add(row);
    this.#timers.push(setInterval(() => this.sweep(), SWEEP_MS).unref());
    this.#timers.push(setInterval(() => void this.#touch(), TOUCH_MS).unref());
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#touch();
  }

  /** A fresh token; it counts once its row is saved and given to `add`. */
  prepare(person: string, method: SignInMethod): NewSession {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = this.#parts.clock();
    const row = { hash: hashOf(token), person, method, created: now, lastSeen: now, expires: now + SESSION_LIFE_MS };
    return { token, row };
  }

  add(row: SessionRow): void {
    const own = this.#of(row.person);
    if (own.length >= PER_PERSON_MAX) void this.#end([own[0]!], 'too-many', row.person);
    const live = { ...row, savedSeen: row.lastSeen };
    this.#live.set(row.hash, live);
    const all = this.#byPerson.get(row.person);
    if (all) all.add(live);
    else this.#byPerson.set(row.person, new Set([live]));
  }

  /** Who holds this token, as policy sees them; null for a token that is unknown or has ended. Counts as activity. */
  authenticate(token: string): Principal | null {
    const live = this.#find(token);
    if (!live) return null;
    live.lastSeen = this.#parts.clock();
    return this.#principal(live);
  }

  /** The same, but does not count as activity. */
  principalOf(token: string): Principal | null {
    const live = this.#find(token);
    return live ? this.#principal(live) : null;
  }

  /** Who is an officer here follows from the officers' document alone; asked anew each time. */
  judgeOfficersBy(isOfficer: (person: string) => boolean): void {
    this.#isOfficer = isOfficer;
  }

  #principal({ person: id, method }: Live): Principal {
    const { roles, position } = this.#parts.person(id)!;
    const now = this.#parts.rights(id);
    // Nobody is officer and administrator in one, whatever the document says.
    const officer = !roles.includes('administrator') && !roles.includes('officer') && this.#isOfficer(id);
    return {
      type: 'Person',
      id,
      roles: [...roles, ...(officer ? (['officer'] as const) : []), ...now.roles],
      attributes: { signedInBy: method, ...position, ...now.attributes },
    };
  }

  /** When this sign-in ends if nothing happens; null when it has. */
  endsAt(token: string | null): number | null {
    const live = token === null ? null : this.#find(token);
    return live ? endOf(live) : null;
  }

  /** A name for the sign-in that can be kept and compared, unlike the token. */
  idOf(token: string): string {
    return hashOf(token);
  }

  onEnd(listener: (ended: EndedSession) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends one sign-in. Resolves when SQL knows. */
  async end(token: string, why: SessionEnd): Promise<void> {
    const live = this.#live.get(hashOf(token));
    if (live) await this.#end([live], why, live.person);
  }

  /** Ends every sign-in of a person. */
  async endAllOf(person: string, why: SessionEnd, by: string): Promise<void> {
    await this.#end(this.#of(person), why, by);
  }

  /** Ends what time has ended; runs by itself. */
  sweep(): void {
    const now = this.#parts.clock();
    for (const live of [...this.#live.values()]) {
      const why = endedBy(live, now);
      if (why) void this.#end([live], why, 'system');
    }
  }

  /** Who is signed in, and when each did something last. */
  *activity(): Iterable<Pick<SessionRow, 'person' | 'lastSeen'>> {
    yield* this.#live.values();
  }

  #of(person: string): Live[] {
    return [...(this.#byPerson.get(person) ?? [])];
  }

  #find(token: string): Live | null {
    if (!TOKEN.test(token)) return null;
    const live = this.#live.get(hashOf(token));
    if (!live) return null;
    const why = endedBy(live, this.#parts.clock());
    if (why) {
      void this.#end([live], why, 'system');
      return null;
    }
    return this.#parts.person(live.person)?.state === 'active' ? live : null;
  }

  #forget(live: Live): void {
    this.#live.delete(live.hash);
    const all = this.#byPerson.get(live.person);
    all?.delete(live);
    if (all?.size === 0) this.#byPerson.delete(live.person);
  }

  #end(ending: readonly Live[], why: SessionEnd, by: string): Promise<void> {
    if (ending.length === 0) return Promise.resolve();
    for (const live of ending) {
      const { hash, person } = live;
      this.#forget(live);
      for (const listener of this.#listeners) listener({ session: hash, person, why });
    }
    const at = this.#parts.clock();
    return this.#parts.saver.save(async (tx) => {
      await dropSessions(
        tx.for<PeopleTables>(),
        ending.map((live) => live.hash),
      );
      const fact = { module: 'identity', type: 'person.signed-out', actor: by, at, personal: true } as const;
      for (const { person } of ending) tx.record({ ...fact, subject: person, data: { why } });
    });
  }

  async #touch(): Promise<void> {
    const seen = [...this.#live.values()].filter((live) => live.lastSeen > live.savedSeen);
    if (seen.length === 0) return;
    const rows = seen.map(({ hash, person, lastSeen }) => ({ hash, person, lastSeen }));
    for (const live of seen) live.savedSeen = live.lastSeen;
    await this.#parts.saver.save((tx) => touch(tx.for<PeopleTables>(), rows));
  }
}
