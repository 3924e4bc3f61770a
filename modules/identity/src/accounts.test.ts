/** Signing in with the city account, against a real OpenID provider: who may, and what is turned away. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { api, Principal, Session } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import { MINUTE_MS, type Refusal, type Result } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { Begun } from './accounts.ts';
import type { Identity } from './service.ts';
import { removeFolder, testClock, testFolder, testIdentity } from './testing.ts';
import { invitePerson } from './testing-people.ts';
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from './testing-provider.ts';

const REDIRECT = 'http://localhost:8080/sign-in/account';
let sql: TestSql;
let identity: Identity;
let provider: TestProvider;
let clock: ReturnType<typeof testClock>;
const folder = testFolder();
const secretFile = join(folder, 'client-secret');

beforeAll(async () => {
  [sql, provider] = await Promise.all([openTestSql(), startProvider(REDIRECT)]);
  writeFileSync(secretFile, `${CLIENT_SECRET}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await Promise.all([sql.stop(), provider.stop()]);
  removeFolder(folder);
});
const settings = () => ({ issuer: provider.issuer, clientId: CLIENT_ID, secretFile });
const start = async (configured = true): Promise<void> => {
  identity = testIdentity(sql, { folder, clock, ...(configured ? { provider: settings() } : {}) });
  await identity.start();
};
beforeEach(async () => {
  clock = testClock();
  provider.change = (token) => token;
  await start();
  return async () => {
    await identity.stop();
    await sql.reset();
    removeFolder(join(folder, 'people.journal'));
  };
});

const facts = () =>
  sql.for<{ 'platform.outbox': { type: string } }>().selectFrom('platform.outbox').selectAll().execute();

type Name = keyof typeof api;
/** A browser with the cookie `token`. */
function browser(token: string | null = null) {
  const call = async (name: Name, input: object = {}): Promise<Result<never, Refusal>> => {
    const nobody: Principal = { type: 'Anonymous', id: 'nobody', roles: [], attributes: {} };
    const caller: Caller = {
      principal: (token === null ? null : identity.sessions.authenticate(token)) ?? nobody,
      id: 'req-1',
      sessionToken: token,
      setSession: (next) => void (token = next),
      origin: 'http://localhost:8080',
      address: '192.0.2.7',
    };
    const found = identity.routes.find((one) => one.endpoint.name === name)!;
    return (await found.handle({ params: undefined, query: undefined, body: undefined, ...input }, caller)) as never;
  };
  const want = async <T>(name: Name, input: object = {}): Promise<T> => {
    const result = await call(name, input);
    if (!result.ok) throw new Error(`${name}: ${result.error.code}`);
    return result.value as T;
  };
  const codeOf = async (name: Name, input: object = {}): Promise<string> => {
    const result = await call(name, input);
    return result.ok ? 'ok' : result.error.code;
  };
  return { call, want, codeOf, token: () => token };
}
type Browser = ReturnType<typeof browser>;

interface Way {
  readonly begin?: Name;
  /** What becomes of the address of the provider's page on the way. */
  readonly bent?: ((url: string) => string) | undefined;
}
/** Begins, goes to the provider, and comes back: the body of the last step. */
async function away(at: Browser, subject: string, { begin, bent }: Way = {}) {
  const { url, attempt } = await at.want<Begun>(begin ?? 'beginAccountSignIn');
  return { body: { attempt, answer: await provider.visit(bent ? bent(url) : url, subject) } };
}
async function connected(subject: string, handle = subject) {
  const { person, token } = await invitePerson(identity, { handle, roles: ['operator'] });
  const at = browser(token);
  const session = await at.want<Session>(
    'connectAccount',
    await away(at, subject, { begin: 'beginAccountConnection' }),
  );
  expect(session.me!.account).toBe(true);
  return { person, at };
}
const signIn = async (subject: string, bent?: Way['bent']): Promise<string> => {
  const at = browser();
  return at.codeOf('signInByAccount', await away(at, subject, { bent }));
};

describe('the city account', () => {
  it('signs in who connected it, with the roles that are given here', async () => {
    const { person } = await connected('mere@city');
    const at = browser();
    const session = await at.want<Session>('signInByAccount', await away(at, 'mere@city'));
    expect(session.me).toMatchObject({ person, roles: ['operator'], account: true });
    expect(identity.sessions.authenticate(at.token()!)?.attributes['signedInBy']).toBe('oidc');
    expect(await facts()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'person.bound', subject: person, data: {} }),
        expect.objectContaining({ type: 'person.signed-in', subject: person, data: { method: 'oidc' } }),
      ]),
    );
  });

  it('stays connected over a restart', async () => {
    await connected('mere@city');
    await identity.stop();
    await start();
    expect(await signIn('mere@city')).toBe('ok');
  });

  it('that nobody connected makes no person', async () => {
    const before = (await browser().want<{ people: unknown[] }>('listPeople')).people.length;
    expect(await signIn('stranger@city')).toBe('ACCOUNT_NOT_CONNECTED');
    expect((await browser().want<{ people: unknown[] }>('listPeople')).people).toHaveLength(before);
  });

  it('of a person whose access was ended is refused, and may be connected by the same one invited anew', async () => {
    const { person } = await connected('mere@city', 'Mere');
    await browser().want('disablePerson', { params: { id: person } });
    expect(await signIn('mere@city')).toBe('PERSON_DISABLED');
    await connected('mere@city', 'Mere again');
    expect(await signIn('mere@city')).toBe('ok');
  });

  it('belongs to one person, and a person has one', async () => {
    const { at } = await connected('mere@city');
    const other = browser((await invitePerson(identity, { handle: 'Tomas', roles: [] })).token);
    const taken = await away(other, 'mere@city', { begin: 'beginAccountConnection' });
    expect(await other.codeOf('connectAccount', taken)).toBe('ACCOUNT_TAKEN');
    const second = await away(at, 'second@city', { begin: 'beginAccountConnection' });
    expect(await at.codeOf('connectAccount', second)).toBe('HAS_ACCOUNT');
  });

  it('is disconnected by its person, who stays signed in', async () => {
    const { at } = await connected('mere@city');
    expect((await at.want<Session>('disconnectAccount')).me).toMatchObject({ account: false });
    expect(await signIn('mere@city')).toBe('ACCOUNT_NOT_CONNECTED');
    expect(await at.codeOf('disconnectAccount')).toBe('NO_ACCOUNT');
  });

  it('is taken from a person by an administrator, and every session ends', async () => {
    const { person, at } = await connected('mere@city');
    expect(await browser().codeOf('disconnectPersonAccount', { params: { id: person } })).toBe('ok');
    expect(identity.sessions.stands(at.token()!)).toBe(false);
    expect(await signIn('mere@city')).toBe('ACCOUNT_NOT_CONNECTED');
    expect(await facts()).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'person.unbound', subject: person })]),
    );
  });
});

describe('an answer of the provider', () => {
  beforeEach(async () => void (await connected('mere@city')));
  const spend = async (bend: (answer: URLSearchParams) => void): Promise<string> => {
    const at = browser();
    const { body } = await away(at, 'mere@city');
    const answer = new URLSearchParams(body.answer);
    bend(answer);
    return at.codeOf('signInByAccount', { body: { ...body, answer: answer.toString() } });
  };

  it('works once', async () => {
    const back = await away(browser(), 'mere@city');
    expect(await browser().codeOf('signInByAccount', back)).toBe('ok');
    expect(await browser().codeOf('signInByAccount', back)).toBe('ATTEMPT_NOT_VALID');
  });

  it('is of no use to another attempt, nor its code', async () => {
    const [one, two] = [await away(browser(), 'mere@city'), await away(browser(), 'mere@city')];
    const crossed = { body: { attempt: one.body.attempt, answer: two.body.answer } };
    expect(await browser().codeOf('signInByAccount', crossed)).toBe('PROVIDER_ANSWER_NOT_VALID');
    // With a state that fits, the code still belongs to the other attempt's verifier.
    const mixed = new URLSearchParams((await away(browser(), 'mere@city')).body.answer);
    const at = browser();
    const { body } = await away(at, 'mere@city');
    mixed.set('state', new URLSearchParams(body.answer).get('state')!);
    const input = { body: { ...body, answer: mixed.toString() } };
    expect(await at.codeOf('signInByAccount', input)).toBe('PROVIDER_ANSWER_NOT_VALID');
  });

  it('with a code that was used is refused', async () => {
    const used = await away(browser(), 'mere@city');
    await browser().want('signInByAccount', used);
    const code = new URLSearchParams(used.body.answer).get('code')!;
    expect(await spend((answer) => answer.set('code', code))).toBe('PROVIDER_ANSWER_NOT_VALID');
  });

  it.each([
    ['another state', (answer: URLSearchParams) => answer.set('state', 'x'.repeat(43))],
    ['no state', (answer: URLSearchParams) => answer.delete('state')],
    ['another issuer', (answer: URLSearchParams) => answer.set('iss', 'https://other.example')],
    ['no issuer', (answer: URLSearchParams) => answer.delete('iss')],
    ['no code', (answer: URLSearchParams) => answer.delete('code')],
  ])('with %s is refused', async (_what, bend) => {
    expect(await spend(bend)).toBe('PROVIDER_ANSWER_NOT_VALID');
  });

  it('that says no is told as that', async () => {
    const denied = (answer: URLSearchParams): void => {
      answer.delete('code');
      answer.set('error', 'access_denied');
    };
    expect(await spend(denied)).toBe('PROVIDER_SIGN_IN_REFUSED');
  });

  it('with another nonce, or an ID token that was changed, is refused', async () => {
    const nonce = (url: string): string => url.replace(/nonce=[^&]+/, 'nonce=of-another-attempt');
    expect(await signIn('mere@city', nonce)).toBe('PROVIDER_ANSWER_NOT_VALID');
    await connected('tomas@city');
    provider.change = (token) => {
      const [head, claims, seal] = token.split('.');
      const changed = { ...(JSON.parse(Buffer.from(claims!, 'base64url').toString()) as object), sub: 'tomas@city' };
      return [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), seal].join('.');
    };
    expect(await signIn('mere@city')).toBe('PROVIDER_ANSWER_NOT_VALID');
  });

  it('that comes too late is refused', async () => {
    const back = await away(browser(), 'mere@city');
    clock.add(5 * MINUTE_MS);
    expect(await browser().codeOf('signInByAccount', back)).toBe('ATTEMPT_NOT_VALID');
  });

  it('begun to sign in connects nobody, and one begun by somebody else neither', async () => {
    const [mine, theirs] = await Promise.all(
      ['Ana', 'Ben'].map(async (handle) => browser((await invitePerson(identity, { handle, roles: [] })).token)),
    );
    const signing = await away(browser(), 'ana@city');
    expect(await mine!.codeOf('connectAccount', signing)).toBe('ATTEMPT_NOT_VALID');
    const other = await away(theirs!, 'ana@city', { begin: 'beginAccountConnection' });
    expect(await mine!.codeOf('connectAccount', other)).toBe('ATTEMPT_NOT_VALID');
    expect(await browser().codeOf('signInByAccount', other)).toBe('ATTEMPT_NOT_VALID');
  });

  it('that is refused counts: after ten in a minute the address waits', async () => {
    const codes: string[] = [];
    for (let i = 0; i < 11; i++)
      codes.push(await browser().codeOf('signInByAccount', { body: { attempt: 'x'.repeat(72), answer: 'code=x' } }));
    expect(codes.slice(0, 10)).toEqual(Array(10).fill('ATTEMPT_NOT_VALID'));
    expect(codes[10]).toBe('TOO_MANY_ATTEMPTS');
  });
});

describe('the provider', () => {
  it('that is away is told in words; other ways work, and it is not asked again at once', async () => {
    await provider.stop();
    try {
      const refused = await browser().call('beginAccountSignIn');
      expect(refused).toMatchObject({ error: { kind: 'unavailable', code: 'PROVIDER_AWAY' } });
      const { token } = await invitePerson(identity, { handle: 'Mere', roles: [] });
      expect(identity.sessions.stands(token)).toBe(true);
    } finally {
      await provider.again();
    }
    const { asked } = provider;
    expect(await browser().codeOf('beginAccountSignIn')).toBe('PROVIDER_AWAY');
    expect(provider.asked).toBe(asked);
    clock.add(5_000);
    expect(await browser().codeOf('beginAccountSignIn')).toBe('ok');
  });

  it('that goes away meanwhile counts against nobody', async () => {
    await connected('mere@city');
    for (let i = 0; i < 11; i++) {
      const at = browser();
      const back = await away(at, 'mere@city');
      await provider.stop();
      expect(await at.codeOf('signInByAccount', back)).toBe('PROVIDER_AWAY');
      await provider.again();
    }
    expect(await signIn('mere@city')).toBe('ok');
  });

  it('is asked nothing before somebody wants to sign in, and nothing at all where none is set', async () => {
    const { asked } = provider;
    expect((await browser().want<Session>('getSession')).provider).toBe(new URL(provider.issuer).host);
    expect(provider.asked).toBe(asked);
    await identity.stop();
    await start(false);
    expect((await browser().want<Session>('getSession')).provider).toBeNull();
    for (const name of ['beginAccountSignIn', 'beginAccountConnection'] as const)
      expect(await browser().codeOf(name)).toBe('PROVIDER_NOT_CONFIGURED');
    const body = { attempt: 'x'.repeat(72), answer: 'code=x' };
    expect(await browser().codeOf('signInByAccount', { body })).toBe('PROVIDER_NOT_CONFIGURED');
    expect(provider.asked).toBe(asked);
  });

  it("needs its secret in a file that nobody else can read, and that isn't empty", async () => {
    const refusedWith = async (text: string, mode: number): Promise<string> => {
      const other = join(folder, 'other-secret');
      writeFileSync(other, text);
      chmodSync(other, mode);
      const open = testIdentity(sql, { folder, clock, provider: { ...settings(), secretFile: other } });
      return open.start().then(
        () => 'started',
        (fault: unknown) => String(fault),
      );
    };
    await identity.stop();
    expect(await refusedWith(CLIENT_SECRET, 0o644)).toContain('wanted 600');
    expect(await refusedWith('\n', 0o600)).toContain('it is empty');
    await start();
  });
});
