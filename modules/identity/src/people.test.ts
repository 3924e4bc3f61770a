/** People through the routes: the three ways in, what ends a session, and what administrators cannot do. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { api, Principal, Role, Session } from '@cityward/contracts';
import type { Caller, Route } from '@cityward/http';
import { HOUR_MS, MINUTE_MS, type Refusal, type Result } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { EndedSession } from './sessions.ts';
import type { Json } from './passkeys.ts';
import type { Identity } from './service.ts';
import { removeFolder, testClock, testFolder, testIdentity } from './testing.ts';
import { softAuthenticator, type AnswerChanges } from './testing-authenticator.ts';

let sql: TestSql;
let identity: Identity;
const folder = testFolder();
let clock: ReturnType<typeof testClock>;

beforeAll(async () => {
  sql = await openTestSql();
});
afterAll(async () => {
  await sql.stop();
  removeFolder(folder);
});
const start = async (): Promise<void> => {
  identity = testIdentity(sql, { folder, clock, about: { notice: null, version: '0.1.0' } });
  await identity.start();
};
beforeEach(async () => {
  clock = testClock();
  await start();
  return async () => {
    await identity.stop();
    await sql.reset();
    removeFolder(join(folder, 'people.journal')); // the authority stays: making one costs a second
  };
});

/** A browser: keeps its cookie, calls routes as whoever it is. */
function browser() {
  let token: string | null = null;
  const call = async (name: keyof typeof api, input: Json = {}): Promise<Result<never, Refusal>> => {
    const found = identity.routes.find((one: Route) => one.endpoint.name === name)!;
    const principal: Principal = (token === null ? null : identity.sessions.authenticate(token)) ?? {
      type: 'Anonymous',
      id: 'nobody',
      roles: [],
      attributes: {},
    };
    const caller: Caller = {
      principal,
      id: 'req-1',
      sessionToken: token,
      setSession: (next) => void (token = next),
      origin: 'http://localhost:8080',
    };
    return (await found.handle({ params: undefined, query: undefined, body: undefined, ...input }, caller)) as Result<
      never,
      Refusal
    >;
  };
  const want = async <T>(name: keyof typeof api, input: Json = {}): Promise<T> => {
    const result = await call(name, input);
    if (!result.ok) throw new Error(`${name}: ${result.error.code}`);
    return result.value as T;
  };
  const codeOf = async (name: keyof typeof api, input: Json = {}): Promise<string> => {
    const result = await call(name, input);
    return result.ok ? 'ok' : result.error.code;
  };
  return { want, codeOf, token: () => token, take: (other: string | null) => void (token = other) };
}
const tokenOf = (link: string): string => /^http:\/\/localhost:8080\/#token=([A-Za-z0-9_-]{43})$/.exec(link)![1]!;

async function signedIn() {
  const first = browser();
  const session = await first.want<Session>('signInByLink', {
    body: { token: tokenOf((await identity.firstLink())!) },
  });
  return { first, me: session.me! };
}
/** Somebody invited by the first person, signed in. */
async function invited(by: ReturnType<typeof browser>, handle: string, roles: Role[]) {
  const { person, link } = await by.want<{ person: { id: string }; link: string }>('invitePerson', {
    body: { handle, roles },
  });
  const own = browser();
  await own.want('signInByLink', { body: { token: tokenOf(link) } });
  return { own, id: person.id };
}

describe('the first link', () => {
  it('makes one person: administrator, operator and analyst, never officer', async () => {
    const { me } = await signedIn();
    expect(me.roles).toEqual(['administrator', 'operator', 'analyst']);
    expect(me).toMatchObject({ passkeys: 0, recoveryCodesLeft: 0 });
  });
  it('works once and for ten minutes', async () => {
    const link = tokenOf((await identity.firstLink())!);
    const guest = browser();
    clock.add(10 * MINUTE_MS);
    expect(await guest.codeOf('signInByLink', { body: { token: link } })).toBe('LINK_NOT_VALID');
    const second = tokenOf((await identity.firstLink())!);
    const both = await Promise.all(
      [browser(), browser()].map((one) => one.codeOf('signInByLink', { body: { token: second } })),
    );
    expect(both.sort()).toEqual(['LINK_NOT_VALID', 'ok']);
    expect(await identity.firstLink()).toBeNull();
  });
  it('ends the one before, and survives a new start', async () => {
    const old = tokenOf((await identity.firstLink())!);
    const next = tokenOf((await identity.firstLink())!);
    await identity.stop();
    await start();
    expect(await browser().codeOf('signInByLink', { body: { token: old } })).toBe('LINK_NOT_VALID');
    expect(await browser().codeOf('signInByLink', { body: { token: next } })).toBe('ok');
  });
  it('can be issued again for a person by id or handle', async () => {
    const { me } = await signedIn();
    for (const who of [me.person, me.handle.toUpperCase()]) {
      const link = await identity.reissueLink(who);
      expect(link.ok && (await browser().codeOf('signInByLink', { body: { token: tokenOf(link.value) } }))).toBe('ok');
    }
    const nobody = await identity.reissueLink('nobody');
    expect(nobody.ok ? null : nobody.error.code).toBe('PERSON_UNKNOWN');
  });
});

describe('a session', () => {
  it('is another one after each sign-in, and the one before ends', async () => {
    const { first, me } = await signedIn();
    const before = first.token()!;
    const link = await identity.reissueLink(me.person);
    await first.want('signInByLink', { body: { token: tokenOf(link.ok ? link.value : '') } });
    expect(first.token()).not.toBe(before);
    expect(identity.sessions.authenticate(before)).toBeNull();
  });
  it('ends after 30 idle minutes, and after 12 hours however busy', async () => {
    const { first } = await signedIn();
    const token = first.token()!;
    for (let at = 0; at < 12 * HOUR_MS - 30 * MINUTE_MS; at += 29 * MINUTE_MS) {
      clock.add(29 * MINUTE_MS);
      expect(identity.sessions.authenticate(token)?.type).toBe('Person');
    }
    clock.add(29 * MINUTE_MS);
    expect(identity.sessions.authenticate(token)).toBeNull();
    const other = browser();
    const again = await identity.reissueLink('First operator');
    await other.want('signInByLink', { body: { token: tokenOf(again.ok ? again.value : '') } });
    clock.add(30 * MINUTE_MS);
    expect(identity.sessions.stands(other.token()!)).toBe(false);
  });
  it('survives a new start, and signing out ends it and tells', async () => {
    const { first } = await signedIn();
    const token = first.token()!;
    await identity.stop();
    await start();
    expect(identity.sessions.authenticate(token)?.roles).toContain('administrator');
    const ended: EndedSession[] = [];
    identity.sessions.onEnd((end) => void ended.push(end));
    const session = await first.want<Session>('signOut');
    expect(session.me).toBeNull();
    expect(first.token()).toBeNull();
    expect(ended).toMatchObject([{ session: identity.sessions.idOf(token), why: 'signed-out' }]);
    expect(identity.sessions.authenticate(token)).toBeNull();
  });
  it.each(['', 'x', 'x'.repeat(43), 'x'.repeat(10_000), '../../etc/passwd'])('is not made by token %#', (token) => {
    expect(identity.sessions.authenticate(token)).toBeNull();
  });
});

describe('recovery codes', () => {
  it('are eight, sign in once each, and end when new ones are made', async () => {
    const { first } = await signedIn();
    const { codes } = await first.want<{ codes: string[] }>('issueRecoveryCodes');
    expect(new Set(codes).size).toBe(8);
    const typed = ` ${codes[0]!.toUpperCase().replaceAll('-', ' ')} `;
    const session = await browser().want<Session>('signInByRecoveryCode', { body: { code: typed } });
    expect(session.me!.recoveryCodesLeft).toBe(7);
    expect(await browser().codeOf('signInByRecoveryCode', { body: { code: codes[0]! } })).toBe(
      'RECOVERY_CODE_NOT_VALID',
    );
    await first.want('issueRecoveryCodes');
    expect(await browser().codeOf('signInByRecoveryCode', { body: { code: codes[1]! } })).toBe(
      'RECOVERY_CODE_NOT_VALID',
    );
  });
  it('survive a new start', async () => {
    const { first } = await signedIn();
    const { codes } = await first.want<{ codes: string[] }>('issueRecoveryCodes');
    await identity.stop();
    await start();
    expect(await browser().codeOf('signInByRecoveryCode', { body: { code: codes[3]! } })).toBe('ok');
  });
  it('are not guessed: after 30 failures in a minute everybody waits, with a right one too', async () => {
    const { first } = await signedIn();
    const { codes } = await first.want<{ codes: string[] }>('issueRecoveryCodes');
    for (let i = 0; i < 30; i++) await browser().codeOf('signInByRecoveryCode', { body: { code: `guess-${i}` } });
    expect(await browser().codeOf('signInByRecoveryCode', { body: { code: codes[0]! } })).toBe('TOO_MANY_ATTEMPTS');
    clock.add(MINUTE_MS);
    expect(await browser().codeOf('signInByRecoveryCode', { body: { code: codes[0]! } })).toBe('ok');
  });
});

describe('a passkey', () => {
  async function withPasskey() {
    const { first, me } = await signedIn();
    const key = softAuthenticator();
    const session = await first.want<Session>('addPasskey', {
      body: key.create(await first.want('newPasskeyChallenge')),
    });
    expect(session.me!.passkeys).toBe(1);
    return { first, me, key };
  }
  it('is asked for with ES256, verification and a key that the device keeps', async () => {
    const { first } = await signedIn();
    const options = await first.want<Json>('newPasskeyChallenge');
    expect(options).toMatchObject({
      rp: { id: 'localhost', name: 'Port Merrow' },
      pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
    });
  });
  it('signs in, also after a new start', async () => {
    const { me, key } = await withPasskey();
    await identity.stop();
    await start();
    const own = browser();
    const session = await own.want<Session>('signInByPasskey', { body: key.get(await own.want('passkeyChallenge')) });
    expect(session.me!.person).toBe(me.person);
    expect(identity.sessions.authenticate(own.token()!)?.attributes).toMatchObject({ signedInBy: 'passkey' });
  });
  it.each<[string, AnswerChanges]>([
    ['another origin', { origin: 'http://localhost:9090' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['no user verification', { userVerified: false }],
    ['nobody present', { userPresent: false }],
    ['another ceremony', { type: 'webauthn.create' }],
    ['a frame of another page', { crossOrigin: true }],
    ['a challenge of its own', { challenge: Buffer.alloc(54, 1).toString('base64url') }],
    ['another person', { userHandle: Buffer.from('per-other').toString('base64url') }],
  ])('is refused with %s', async (_what, changes) => {
    const { key } = await withPasskey();
    const own = browser();
    const answer = key.get(await own.want('passkeyChallenge'), changes);
    expect(await own.codeOf('signInByPasskey', { body: answer })).toBe('PASSKEY_NOT_ACCEPTED');
  });
  it('answers a challenge once and within five minutes', async () => {
    const { key } = await withPasskey();
    const own = browser();
    const answer = key.get(await own.want('passkeyChallenge'));
    expect(await own.codeOf('signInByPasskey', { body: answer })).toBe('ok');
    expect(await browser().codeOf('signInByPasskey', { body: answer })).toBe('PASSKEY_NOT_ACCEPTED');
    const late = key.get(await own.want('passkeyChallenge'));
    clock.add(5 * MINUTE_MS);
    expect(await browser().codeOf('signInByPasskey', { body: late })).toBe('PASSKEY_NOT_ACCEPTED');
  });
  it('is not added by an answer to the challenge of somebody else, or of sign-in', async () => {
    const { first } = await signedIn();
    const { own } = await invited(first, 'second', ['operator']);
    const key = softAuthenticator();
    const foreign = key.create(await first.want('newPasskeyChallenge'));
    expect(await own.codeOf('addPasskey', { body: foreign })).toBe('PASSKEY_NOT_ACCEPTED');
    const { challenge } = await own.want<Json>('passkeyChallenge');
    const mixed = key.create({ ...(await own.want<Json>('newPasskeyChallenge')), challenge });
    expect(await own.codeOf('addPasskey', { body: mixed })).toBe('PASSKEY_NOT_ACCEPTED');
  });
  it.each([
    {},
    { id: 1 },
    { id: 'a', rawId: 'a', type: 'public-key', response: null },
    { id: 'a', rawId: 'a', type: 'public-key', response: { clientDataJSON: '!' } },
  ])('is not %j', async (body) => {
    expect(await browser().codeOf('signInByPasskey', { body })).toBe('PASSKEY_NOT_ACCEPTED');
  });
  it('whose counter goes back is refused', async () => {
    const { key } = await withPasskey();
    const own = browser();
    await own.want('signInByPasskey', { body: key.get(await own.want('passkeyChallenge'), { counter: 5 }) });
    const cloned = key.get(await own.want('passkeyChallenge'), { counter: 5 });
    expect(await own.codeOf('signInByPasskey', { body: cloned })).toBe('PASSKEY_NOT_ACCEPTED');
  });
});

describe('people', () => {
  it('are invited with a link and roles, but nobody as an officer', async () => {
    const { first } = await signedIn();
    const { own } = await invited(first, 'second', ['operator', 'auditor']);
    expect(identity.sessions.authenticate(own.token()!)?.roles).toEqual(['operator', 'auditor']);
    const officer = { body: { handle: 'third', roles: ['operator', 'officer'] } };
    expect(await first.codeOf('invitePerson', officer)).toBe('OFFICER_NOT_GRANTED');
    const { people } = await first.want<{ people: { handle: string; state: string }[] }>('listPeople');
    expect(people.map((person) => [person.handle, person.state])).toEqual([
      ['First operator', 'active'],
      ['second', 'active'],
    ]);
  });
  it('lose their sessions when roles change or access ends', async () => {
    const { first, me } = await signedIn();
    const { own, id } = await invited(first, 'second', ['operator']);
    const ended: EndedSession[] = [];
    identity.sessions.onEnd((end) => void ended.push(end));
    await first.want('setRoles', { params: { id }, body: { roles: ['analyst'] } });
    expect(identity.sessions.authenticate(own.token()!)).toBeNull();
    expect(await first.codeOf('setRoles', { params: { id }, body: { roles: ['officer'] } })).toBe(
      'OFFICER_NOT_GRANTED',
    );
    const link = await identity.reissueLink(id);
    await own.want('signInByLink', { body: { token: tokenOf(link.ok ? link.value : '') } });
    await first.want('disablePerson', { params: { id } });
    expect(identity.sessions.authenticate(own.token()!)).toBeNull();
    expect(ended.map((end) => end.why)).toEqual(['roles-changed', 'disabled']);
    expect((await identity.reissueLink(id)).ok).toBe(false);
    expect(await first.codeOf('disablePerson', { params: { id: me.person } })).toBe('LAST_ADMINISTRATOR');
  });
  it('whose access ended stay out although SQL lost it', async () => {
    const { first } = await signedIn();
    const { own, id } = await invited(first, 'second', ['administrator']);
    const { codes } = await own.want<{ codes: string[] }>('issueRecoveryCodes');
    await first.want('disablePerson', { params: { id } });
    await identity.stop();
    const db = sql.for<{ 'identity.person': { id: string; state: string } }>();
    await db.updateTable('identity.person').set({ state: 'active' }).where('id', '=', id).execute();
    await start();
    expect(await browser().codeOf('signInByRecoveryCode', { body: { code: codes[0]! } })).toBe('PERSON_DISABLED');
    const row = await db.selectFrom('identity.person').select('state').where('id', '=', id).executeTakeFirst();
    expect(row).toEqual({ state: 'disabled' });
  });
  it('appear in facts by id, marked personal, never by handle', async () => {
    const { first } = await signedIn();
    await invited(first, 'Grace Distinctive', ['operator']);
    const outbox = sql.for<{ 'platform.outbox': { type: string; personal: boolean; data: unknown } }>();
    const facts = await outbox.selectFrom('platform.outbox').selectAll().execute();
    const about = facts.filter((fact) => /^(person|link|passkey|recovery)/.test(fact.type));
    expect(about.map((fact) => fact.type)).toEqual([
      'person.invited',
      'link.issued',
      'person.signed-in',
      'person.invited',
      'link.issued',
      'person.signed-in',
    ]);
    expect(about.every((fact) => fact.personal)).toBe(true);
    expect(JSON.stringify(facts)).not.toContain('Distinctive');
  });
});
