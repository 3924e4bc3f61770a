/** Signing in with an account at the city's own provider: bound to people who exist, never making one or giving a role. */
import { createHmac, randomBytes } from 'node:crypto';
import { ok, refuse, Secret, type Refusal, type Result } from '@cityward/kernel';
import * as store from './accounts-store.ts';
import type { Account, AccountsTables } from './accounts-store.ts';
import { createChallenges, type Challenges } from './challenges.ts';
import { personUnknown } from './domain/people.ts';
import type { IdentityOptions } from './needs.ts';
import { openIdProvider, type OpenIdProvider, type Ties } from './openid.ts';
import type { People } from './people.ts';
import { readSlot } from './slot-file.ts';
import type { Attempt, SignedIn, WaysIn } from './ways-in.ts';

/** A page of the console and of the portal: other sites may lead a browser to a page, never to the API. */
export const CALLBACK_PATH = '/sign-in/account';
const KEY_BYTES = 32;
const SUBJECT_MAX_CHARS = 255;
const SIGN_IN = 'sign in with account';
const connectBy = (person: string): string => `connect account ${person}`;
/** The two pages that send people to the provider; each has an address of its own that the provider sends them back to. */
type Door = 'console' | 'portal';

/** What the browser keeps while its person is at the provider. */
export interface Begun {
  readonly url: string;
  readonly attempt: string;
}
export interface Back {
  readonly attempt: string;
  /** The query that the browser came back with. */
  readonly answer: string;
}

interface AccountsParts {
  readonly people: People;
  readonly waysIn: WaysIn;
  readonly providers: Readonly<Record<Door, OpenIdProvider>> | null;
}

const notConfigured = (): Result<never, Refusal> =>
  refuse(
    'not-found',
    'PROVIDER_NOT_CONFIGURED',
    'sign in with the city account: this city has no sign-in provider, wanted one set with --oidc-issuer',
  );
const attemptOver = (): Result<never, Refusal> =>
  refuse(
    'forbidden',
    'ATTEMPT_NOT_VALID',
    'sign in with the city account: the attempt was used, has ended or was not begun in this browser, wanted a new one',
  );
const notConnected = (): Result<never, Refusal> =>
  refuse(
    'forbidden',
    'ACCOUNT_NOT_CONNECTED',
    'sign in with the city account: it belongs to nobody here, wanted one that was connected under "My account"',
  );

export class Accounts {
  readonly #parts: AccountsParts;
  /** Accounts and people of which one is being connected. */
  readonly #connecting = new Set<string>();
  /** Attempts need no memory until they come back, so nobody can push out another's by beginning many. */
  readonly #attempts: Challenges = createChallenges();
  readonly #key = randomBytes(KEY_BYTES);

  private constructor(parts: AccountsParts) {
    this.#parts = parts;
  }

  static async open(options: IdentityOptions, { people, waysIn }: Omit<AccountsParts, 'providers'>): Promise<Accounts> {
    const providers = options.provider ? await providersOf(options, options.provider) : null;
    return new Accounts({ people, waysIn, providers });
  }

  /** The provider's host, for people; null without one. */
  get host(): string | null {
    const { providers } = this.#parts;
    return providers ? new URL(providers.console.issuer).host : null;
  }

  async of(person: string): Promise<Account | null> {
    const issuer = this.#issuer;
    return issuer === null ? null : ((await store.readAccountOf(this.#db, { issuer, person })) ?? null);
  }

  /** Those who run the city and have one. */
  async connectedStaff(): Promise<string[]> {
    const issuer = this.#issuer;
    return issuer === null ? [] : store.readConnectedStaff(this.#people.options.sql.for(), issuer);
  }

  async #at(subject: string): Promise<Account | null> {
    const issuer = this.#issuer;
    return issuer === null ? null : ((await store.readAccount(this.#db, { issuer, subject })) ?? null);
  }
  get #issuer(): string | null {
    return this.#parts.providers?.console.issuer ?? null;
  }
  get #people(): People {
    return this.#parts.people;
  }
  get #db() {
    return this.#people.options.sql.for<AccountsTables>();
  }

  /** @param at the origin of the page that asks, and that the provider sends its person back to */
  beginSignIn(at?: string): Promise<Result<Begun, Refusal>> {
    return this.#begin(SIGN_IN, at);
  }

  beginConnection(person: string, at?: string): Promise<Result<Begun, Refusal>> {
    return this.#begin(connectBy(person), at);
  }

  signIn(back: Back, from: Attempt): Promise<Result<SignedIn, Refusal>> {
    return this.#parts.waysIn.byProvider(from, async () => {
      const subject = await this.#finish(SIGN_IN, back, from.origin);
      if (!subject.ok) return subject;
      const account = await this.#at(subject.value);
      return account ? ok(account.person) : notConnected();
    });
  }

  async connect(id: string, back: Back, at?: string): Promise<Result<void, Refusal>> {
    const { people, providers } = this.#parts;
    const found = await this.#finish(connectBy(id), back, at);
    if (!found.ok) return found;
    const subject = found.value;
    // At once, so that no second person is given the same account meanwhile, and no person a second one.
    const claims = [`account ${subject}`, `person ${id}`];
    if (claims.some((claim) => this.#connecting.has(claim))) return accountTaken();
    for (const claim of claims) this.#connecting.add(claim);
    try {
      const free = await this.#mayConnect(id, subject);
      if (!free.ok) return free;
      const account = { issuer: providers!.console.issuer, subject, person: id, bound: people.options.clock() };
      await people.transact(async (tx) => {
        await store.putAccount(tx.for<AccountsTables>(), account);
        people.record(tx, { type: 'person.bound', actor: id, subject: id, data: {} });
      });
      return ok(undefined);
    } finally {
      for (const claim of claims) this.#connecting.delete(claim);
    }
  }

  /** In force when it resolves. Whoever takes it from somebody else ends their sign-ins too: the account may be in wrong hands. */
  async disconnect(id: string, by: string): Promise<Result<void, Refusal>> {
    const { people } = this.#parts;
    if (!people.get(id)) return personUnknown(id);
    const account = await this.of(id);
    if (!account)
      return refuse('conflict', 'NO_ACCOUNT', `disconnect account of "${id}": there is none, wanted a connected one`);
    await people.transact(async (tx) => {
      await store.dropAccount(tx.for<AccountsTables>(), account);
      people.record(tx, { type: 'person.unbound', actor: by, subject: id, data: {} });
    });
    if (by !== id) await people.sessions.endAllOf(id, 'account-disconnected', by);
    return ok(undefined);
  }

  async #mayConnect(id: string, subject: string): Promise<Result<void, Refusal>> {
    const { people } = this.#parts;
    const person = people.get(id);
    if (!person) return personUnknown(id);
    // Asked again: the person was at the provider meanwhile.
    if (person.state === 'disabled')
      return refuse('forbidden', 'PERSON_DISABLED', `connect account of "${id}": this person has no access any more`);
    if (subject.length > SUBJECT_MAX_CHARS)
      return refuse('invalid', 'SUBJECT_TOO_LONG', `connect account: wanted at most ${SUBJECT_MAX_CHARS} characters`);
    if ((await this.of(id)) !== null)
      return refuse(
        'conflict',
        'HAS_ACCOUNT',
        `connect account of "${id}": there is one, wanted it disconnected first`,
      );
    // Somebody whose access was ended may be invited anew, with the account that they have.
    const owner = await this.#at(subject);
    if (owner && people.get(owner.person)?.state !== 'disabled') return accountTaken();
    return ok(undefined);
  }

  #doorAt(origin: string | undefined): Door {
    return origin !== undefined && origin === this.#parts.people.options.portal ? 'portal' : 'console';
  }

  async #begin(purpose: string, at: string | undefined): Promise<Result<Begun, Refusal>> {
    const door = this.#doorAt(at);
    const provider = this.#parts.providers?.[door];
    if (!provider) return notConfigured();
    const attempt = this.#attempts.issue(`${door}: ${purpose}`, this.#now()).toString('base64url');
    const url = await provider.urlFor(this.#tiesOf(attempt));
    return url.ok ? ok({ url: url.value, attempt }) : url;
  }

  async #finish(...[purpose, { attempt, answer }, at]: readonly [string, Back, string | undefined]) {
    const door = this.#doorAt(at);
    const provider = this.#parts.providers?.[door];
    if (!provider) return notConfigured();
    // Used up before anything is awaited.
    if (!this.#attempts.answer(`${door}: ${purpose}`, attempt, this.#now())) return attemptOver();
    return provider.subjectOf(answer, this.#tiesOf(attempt));
  }

  /** Grown from the attempt with a key that never leaves this process: the browser can compute none of them. */
  #tiesOf(attempt: string): Ties {
    const grow = (use: string): string =>
      createHmac('sha256', this.#key).update(`${use} ${attempt}`).digest('base64url');
    return { state: grow('state'), nonce: grow('nonce'), verifier: grow('verifier') };
  }

  #now(): number {
    return this.#parts.people.options.clock();
  }
}

const accountTaken = (): Result<never, Refusal> =>
  refuse('conflict', 'ACCOUNT_TAKEN', 'connect account: it belongs to somebody else here, wanted your own');

async function providersOf(
  { origins, portal, clock, log }: IdentityOptions,
  { issuer, clientId, secretFile }: NonNullable<IdentityOptions['provider']>,
): Promise<Readonly<Record<Door, OpenIdProvider>>> {
  const secret = (await readSlot(secretFile)).toString('utf8').trim();
  if (secret === '') throw new Error(`read client secret "${secretFile}": it is empty, wanted the provider's secret`);
  const backTo = (origin: string | undefined): OpenIdProvider => {
    const redirectUri = new URL(CALLBACK_PATH, origin).href;
    return openIdProvider({ issuer, clientId, clientSecret: new Secret(secret), redirectUri, clock, log });
  };
  return { console: backTo(origins[0]), portal: backTo(portal ?? origins[0]) };
}
