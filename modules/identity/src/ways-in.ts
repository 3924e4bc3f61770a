/** The ways to sign in: a one-time link, a passkey, a printed recovery code, and somebody the city's provider vouches for. */
import { createHmac, randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PasskeyOfficerKey } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import { hashOf, newCode, normaliseCode } from './codes.ts';
import { personUnknown } from './domain/people.ts';
import { LINK_LIFE_MS, type SignInMethod } from './domain/session.ts';
import { noPasskey, officerKeyOf, officerKeyPurpose } from './officer-key.ts';
import { createPasskeys, ES256, type Json, type Passkeys } from './passkeys.ts';
import { spkiOfPasskey } from './passkey-spki.ts';
import type { People } from './people.ts';
import * as store from './people-store.ts';
import type { LinkRow, Passkey, PeopleTables } from './people-store.ts';
import { createSignInGuard, type SignInGuard } from './sign-in-guard.ts';
import { readSlot, writeSlot } from './slot-file.ts';

const LINK_TOKEN_BYTES = 32;
const RECOVERY_CODES = 8;
const RECOVERY_SYMBOLS = 20; // 100 bits
const RECOVERY_GROUP = 5;
const PEPPER_BYTES = 32;
const PASSKEYS_PER_PERSON_MAX = 10;
const NO_KEYS: ReadonlySet<string> = new Set();

export interface SignedIn {
  /** The new session token; every sign-in makes one, and ends the one that the browser had. */
  readonly token: string;
  readonly person: string;
}
export interface LinkDraft {
  readonly url: string;
  readonly save: (tx: Tx) => Promise<void>;
  readonly count: () => void;
}
type SignIn = Promise<Result<SignedIn, Refusal>>;

/** Where an attempt comes from. */
export interface Attempt {
  /** The session token that came with the request. */
  readonly before: string | null;
  readonly address: string;
  /** Of the page that it was made on. */
  readonly origin?: string;
}
interface Accepted {
  readonly person: string;
  readonly method: SignInMethod;
  readonly from: Attempt;
  /** Takes the used-up secret out of SQL, in the transaction of the sign-in. */
  readonly spend: (tx: Tx) => Promise<void>;
}

/** All that a signature by the passkey is checked by. */
export interface PersonPasskey {
  /** SubjectPublicKeyInfo, DER, base64url. */
  readonly publicKey: string;
  readonly cose: typeof ES256;
  readonly origin: string;
  readonly rpId: string;
}

export class WaysIn {
  readonly #people: People;
  readonly #pepper: Buffer;
  readonly #rules: Passkeys;
  /** Passkeys of the portal are made for its name, so that neither page can ask for the other's. */
  readonly #portalRules: Passkeys;
  readonly #links = new Map<string, LinkRow>();
  /** Of those who work here; those of residents are read where they are needed. */
  readonly #passkeys = new Map<string, Passkey>();
  readonly #spkis = new WeakMap<Passkey, string | null>();
  /** Hashes of codes that somebody is signing in by. */
  readonly #spending = new Set<string>();
  readonly #guard: SignInGuard;

  private constructor(people: People, pepper: Buffer) {
    const { origins, portal, cityName, clock, log, sql } = people.options;
    this.#guard = createSignInGuard({ sql, clock, log, key: pepper });
    this.#people = people;
    this.#pepper = pepper;
    const rulesAt = (at: readonly string[]): Passkeys => {
      const rpId = new URL(at[0] ?? 'http://localhost').hostname;
      return createPasskeys({ rpId, rpName: cityName, origins: at, clock, log });
    };
    this.#rules = rulesAt(origins);
    this.#portalRules = portal === undefined ? this.#rules : rulesAt([portal]);
  }

  static async open(people: People): Promise<WaysIn> {
    const { sql, clock, folder } = people.options;
    const ways = new WaysIn(people, await pepperIn(folder));
    const db = sql.for<PeopleTables>();
    for (const link of await store.readLinks(db, clock())) ways.#links.set(link.hash, link);
    for (const passkey of await store.readWorkingPasskeys(db)) ways.#passkeys.set(passkey.id, passkey);
    people.sessions.judgeOfficersBy((person) => ways.#holdsOfficerKey(person));
    return ways;
  }

  /** Writes what is not yet told of refused sign-ins. */
  stop(): Promise<void> {
    return this.#guard.stop();
  }

  /** Of somebody who works here: a passkey of their own, so that what they sign with it can be checked by others; null for any other. */
  passkeyOf(person: string, id: string): PersonPasskey | null {
    return this.#shown(person, this.#passkeys.get(id));
  }

  /** The same of anybody. */
  async anyPasskeyOf(person: string, id: string): Promise<PersonPasskey | null> {
    return this.#shown(person, await this.#passkey(id));
  }

  #shown(person: string, passkey: Passkey | undefined): PersonPasskey | null {
    const origin = this.#people.options.origins[0];
    const publicKey = passkey?.person === person ? this.#spkiOf(passkey) : null;
    if (publicKey === null || origin === undefined) return null;
    return { publicKey, cose: ES256, origin, rpId: new URL(origin).hostname };
  }

  /** How many they have. */
  passkeysOf(person: string): number {
    return this.#people.residentPasskeys(person) ?? this.#workingPasskeys(person).length;
  }

  recoveryCodesLeft(person: string): Promise<number> {
    return store.countRecoveryCodes(this.#db, person);
  }

  /**
   * A new link, single use, ten minutes; those of the person before it end. The token is in the fragment, which no server log
   * sees. It works once it is saved in the caller's transaction and `count` was called after the commit.
   */
  draftLink(person: string, by: string): LinkDraft {
    const token = randomBytes(LINK_TOKEN_BYTES).toString('base64url');
    const issued = this.#now();
    const link = { hash: hashOf(token), person, issued, expires: issued + LINK_LIFE_MS };
    return {
      url: `${this.#doorOf(person)}#token=${token}`,
      save: async (tx) => {
        await store.putLink(tx.for<PeopleTables>(), link);
        const data = { expires: link.expires };
        this.#people.record(tx, { type: 'link.issued', actor: by, subject: person, data });
      },
      count: () => {
        for (const old of [...this.#links.values()])
          if (old.person === person || old.expires <= issued) this.#links.delete(old.hash);
        this.#links.set(link.hash, link);
      },
    };
  }

  async issueLink(person: string, by: string): Promise<string> {
    const draft = this.draftLink(person, by);
    await this.#people.transact(draft.save);
    draft.count();
    return draft.url;
  }

  async byLink(token: string, from: Attempt): SignIn {
    const limited = this.#guard.limited('link', from.address);
    if (limited) return limited;
    const hash = hashOf(token);
    const link = this.#links.get(hash);
    if (!link || link.expires <= this.#now())
      return this.#failed('link', from, {
        code: 'LINK_NOT_VALID',
        message: 'sign in: the link was used or has ended, wanted a new one',
      });
    this.#links.delete(hash); // before anything is awaited: used once
    const { person } = link;
    const spend = (tx: Tx) => store.dropLinks(tx.for<PeopleTables>(), person);
    return this.#signIn({ person, method: 'link', from, spend }, () => this.#links.set(hash, link));
  }

  async byRecoveryCode(code: string, from: Attempt): SignIn {
    const limited = this.#guard.limited('recovery-code', from.address);
    if (limited) return limited;
    const hash = this.#peppered(code);
    const refused = (): Result<never, Refusal> =>
      this.#failed('recovery-code', from, {
        code: 'RECOVERY_CODE_NOT_VALID',
        message: 'sign in: the recovery code is not known, wanted one that was not used yet',
      });
    if (this.#spending.has(hash)) return refused();
    this.#spending.add(hash); // before anything is awaited: used once
    try {
      const person = await store.readRecoveryCode(this.#db, hash);
      if (person === null) return refused();
      const spend = async (tx: Tx): Promise<void> => {
        // Another process may have been quicker.
        if (!(await store.dropRecoveryCode(tx.for<PeopleTables>(), hash))) throw new SpentCode();
        const left = await store.countRecoveryCodes(tx.for<PeopleTables>(), person);
        this.#people.record(tx, { type: 'recovery-code.used', actor: person, subject: person, data: { left } });
      };
      return await this.#signIn({ person, method: 'recovery-code', from, spend }, () => undefined);
    } catch (fault) {
      if (fault instanceof SpentCode) return refused();
      throw fault;
    } finally {
      this.#spending.delete(hash);
    }
  }

  /** @param at the origin of the page that asks */
  passkeyChallenge(at?: string): Promise<Json> {
    return this.#rulesAt(at).authentication();
  }

  async byPasskey(answer: Json, from: Attempt): SignIn {
    const limited = this.#guard.limited('passkey', from.address);
    if (limited) return limited;
    const accepted = await this.#rulesAt(from.origin).authenticate(answer, (id) => this.#passkey(id));
    if (!accepted.ok) return this.#failed('passkey', from, accepted.error);
    const passkey = accepted.value;
    this.#keep(passkey);
    const spend = (tx: Tx) => store.usePasskey(tx.for<PeopleTables>(), passkey, this.#now());
    return this.#signIn({ person: passkey.person, method: 'passkey', from, spend }, () => undefined);
  }

  /** Somebody whom the sign-in provider vouches for; `prove` says who. A provider that is away counts against nobody. */
  async byProvider(from: Attempt, prove: () => Promise<Result<string, Refusal>>): SignIn {
    const limited = this.#guard.limited('oidc', from.address);
    if (limited) return limited;
    const proven = await prove();
    if (!proven.ok) return proven.error.kind === 'forbidden' ? this.#failed('oidc', from, proven.error) : proven;
    const spend = (): Promise<void> => Promise.resolve(); // the attempt was used up before the provider was asked
    return this.#signIn({ person: proven.value, method: 'oidc', from, spend }, () => undefined);
  }

  async newPasskeyChallenge(id: string, at?: string): Promise<Result<Json, Refusal>> {
    const person = this.#people.get(id);
    if (!person) return personUnknown(id);
    const existing = await this.#ownPasskeys(id);
    if (existing.length >= PASSKEYS_PER_PERSON_MAX)
      return refuse(
        'conflict',
        'TOO_MANY_PASSKEYS',
        `add passkey: wanted at most ${PASSKEYS_PER_PERSON_MAX} for one person`,
      );
    return ok(await this.#rulesAt(at).registration(person, existing));
  }

  async addPasskey(id: string, answer: Json, at?: string): Promise<Result<void, Refusal>> {
    const person = this.#people.get(id);
    if (!person) return personUnknown(id);
    const registered = await this.#rulesAt(at).register(person, answer);
    if (!registered.ok) return registered;
    const passkey = registered.value;
    const own = await this.#ownPasskeys(id);
    if ((await this.#passkey(passkey.id)) !== undefined || own.length >= PASSKEYS_PER_PERSON_MAX)
      return refuse('conflict', 'PASSKEY_NOT_ADDED', 'add passkey: it is known already, or there are too many');
    await this.#people.transact(async (tx) => {
      await store.addPasskey(tx.for<PeopleTables>(), passkey, this.#now());
      this.#people.record(tx, { type: 'passkey.added', actor: id, subject: id, data: { backedUp: passkey.backedUp } });
    });
    this.#keep(passkey);
    this.#people.setResidentPasskeys(id, own.length + 1);
    return ok(undefined);
  }

  async officerKeyChallenge(id: string): Promise<Result<Json, Refusal>> {
    const own = await this.#ownPasskeys(id);
    if (own.length === 0) return noPasskey();
    return ok(await this.#rules.confirmation(officerKeyPurpose(id), own));
  }

  /** The public key of the passkey that answers, for an officers document. It makes nobody an officer: officers sign that. */
  async showOfficerKey(id: string, officer: string, answer: Json): Promise<Result<PasskeyOfficerKey, Refusal>> {
    const confirmed = await this.#rules.confirm(officerKeyPurpose(id), answer, await this.#ownPasskeys(id));
    if (!confirmed.ok) return confirmed;
    const { passkey } = confirmed.value;
    const key = officerKeyOf(confirmed.value, officer);
    await this.#people.transact(async (tx) => {
      await store.usePasskey(tx.for<PeopleTables>(), passkey, this.#now());
      if (!key.ok) return;
      const data = { keyHash: hashOf(key.value.publicKey) };
      this.#people.record(tx, { type: 'passkey.shown', actor: id, subject: id, data });
    });
    this.#keep(passkey);
    return key;
  }

  /** New codes, to be shown once; those before them end. */
  async issueRecoveryCodes(id: string): Promise<readonly string[]> {
    const codes = Array.from({ length: RECOVERY_CODES }, () => newCode(RECOVERY_SYMBOLS, RECOVERY_GROUP));
    const hashes = codes.map((code) => this.#peppered(code));
    await this.#people.transact(async (tx) => {
      await store.putRecoveryCodes(tx.for<PeopleTables>(), id, { hashes, at: this.#now() });
      this.#people.record(tx, { type: 'recovery-codes.issued', actor: id, subject: id, data: { count: codes.length } });
    });
    return codes;
  }

  async #signIn({ person: id, method, from, spend }: Accepted, giveBack: () => void): SignIn {
    const person = this.#people.get(id);
    if (!person || person.state === 'disabled')
      return this.#failed(method, from, {
        code: 'PERSON_DISABLED',
        message: 'sign in: this person has no access any more',
      });
    const { sessions } = this.#people;
    const { token, row } = sessions.prepare(id, method);
    try {
      await this.#people.transact(async (tx) => {
        await spend(tx);
        await this.#people.seen(tx, id);
        await store.addSession(tx.for<PeopleTables>(), row);
        this.#people.record(tx, { type: 'person.signed-in', actor: id, subject: id, data: { method } });
      });
    } catch (fault) {
      giveBack();
      throw fault;
    }
    this.#people.activate(id, row.created);
    sessions.add(row);
    if (from.before !== null) await sessions.end(from.before, 'replaced');
    return ok({ token, person: id });
  }

  #failed(method: SignInMethod, { address }: Attempt, why: Pick<Refusal, 'code' | 'message'>): Result<never, Refusal> {
    return this.#guard.failed(method, address, { kind: 'forbidden', code: why.code, message: why.message });
  }

  /** Does the city's officers document name one of their passkeys? Only officers write that; the devices check it themselves. */
  #holdsOfficerKey(person: string): boolean {
    const named = this.#people.options.officerKeys?.() ?? NO_KEYS;
    if (named.size === 0) return false;
    return this.#workingPasskeys(person).some((passkey) => named.has(this.#spkiOf(passkey) ?? ''));
  }

  /** Worked out once: it is asked on every request of whoever is signed in. */
  #spkiOf(passkey: Passkey): string | null {
    let spki = this.#spkis.get(passkey);
    if (spki === undefined) this.#spkis.set(passkey, (spki = spkiOfPasskey(passkey.publicKey)));
    return spki;
  }

  #workingPasskeys(person: string): Passkey[] {
    return [...this.#passkeys.values()].filter((passkey) => passkey.person === person);
  }

  async #ownPasskeys(person: string): Promise<readonly Passkey[]> {
    const isResident = this.#people.residentPasskeys(person) !== null;
    return isResident ? store.readPasskeysOf(this.#db, person) : this.#workingPasskeys(person);
  }

  async #passkey(id: string): Promise<Passkey | undefined> {
    return this.#passkeys.get(id) ?? (await store.readPasskey(this.#db, id)) ?? undefined;
  }

  /** As it is now. */
  #keep(passkey: Passkey): void {
    if (this.#people.residentPasskeys(passkey.person) === null) this.#passkeys.set(passkey.id, passkey);
  }

  get #db() {
    return this.#people.options.sql.for<PeopleTables>();
  }

  /** Keyed, so that a copy of the database alone cannot even test a guess. */
  #peppered(code: string): string {
    return createHmac('sha256', this.#pepper).update(normaliseCode(code)).digest('hex');
  }

  #rulesAt(origin: string | undefined): Passkeys {
    return origin !== undefined && origin === this.#people.options.portal ? this.#portalRules : this.#rules;
  }

  /** The page where somebody signs in: whoever runs the city at its console, all others at the portal. */
  #doorOf(person: string): string {
    const { origins, portal } = this.#people.options;
    const isStaff = (this.#people.get(person)?.kind ?? 'staff') === 'staff';
    return isStaff || portal === undefined ? `${origins[0] ?? ''}/` : `${portal}/sign-in`;
  }

  #now(): number {
    return this.#people.options.clock();
  }
}

class SpentCode extends Error {}

async function pepperIn(folder: string): Promise<Buffer> {
  const path = join(folder, 'recovery-code-key');
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (!exists) await writeSlot(path, randomBytes(PEPPER_BYTES));
  return readSlot(path);
}
