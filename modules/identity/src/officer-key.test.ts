/** A passkey becomes a line of an officers document, and what it then signs is what devices take. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PasskeyOfficerKey, StandingRole } from '@cityward/contracts';
import { testJob, testOfficer, testOfficers } from '@cityward/fleet/testing';
import { checkSignature, isOfficerKey, jobBytes } from '@cityward/fleet/verify';
import type { Caller } from '@cityward/http';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { officerKeyOf } from './officer-key.ts';
import type { Json } from './passkeys.ts';
import type { Identity } from './service.ts';
import { removeFolder, testFolder, testIdentity } from './testing.ts';
import { softAuthenticator, type AnswerChanges, type Authenticator } from './testing-authenticator.ts';
import { invitePerson } from './testing-people.ts';

const OFFICER = 'ann-doe';
const folder = testFolder();
/** Public keys of the passkeys that the officers document names. */
let named: ReadonlySet<string> = new Set();
let sql: TestSql;
let identity: Identity;
beforeAll(async () => {
  sql = await openTestSql();
  identity = testIdentity(sql, { folder, officerKeys: () => named });
  await identity.start();
});
afterAll(async () => {
  await identity.stop();
  await sql.stop();
  removeFolder(folder);
});

interface Own {
  readonly person: string;
  readonly call: (name: string, body?: object) => Promise<Json>;
}
async function somebody(handle: string, role: StandingRole = 'operator'): Promise<Own> {
  const { person, token } = await invitePerson(identity, { handle, roles: [role] });
  const caller: Caller = {
    principal: identity.sessions.authenticate(token)!,
    id: 'req-test',
    sessionToken: token,
    setSession: () => undefined,
    origin: 'http://localhost:8080',
  };
  const call = async (name: string, body?: object): Promise<Json> => {
    const found = identity.routes.find(({ endpoint }) => endpoint.name === name)!;
    const answer = await found.handle({ params: undefined, query: undefined, body } as never, caller);
    return answer.ok ? (answer.value as Json) : { refused: answer.error.code };
  };
  return { person, call };
}
async function withPasskey(handle: string, role?: StandingRole): Promise<{ own: Own; key: Authenticator }> {
  const own = await somebody(handle, role);
  const key = softAuthenticator();
  await own.call('addPasskey', key.create(await own.call('newPasskeyChallenge')));
  return { own, key };
}
const show = async (own: Own, key: Authenticator, changes: AnswerChanges = {}): Promise<Json> =>
  own.call('showOfficerKey', { officer: OFFICER, answer: key.get(await own.call('officerKeyChallenge'), changes) });
const facts = async (person: string): Promise<string[]> => {
  const db = sql.for<{ 'platform.outbox': { type: string; subject: string | null } }>();
  const rows = await db.selectFrom('platform.outbox').selectAll().execute();
  return rows.filter((row) => row.subject === person && row.type === 'passkey.shown').map((row) => JSON.stringify(row));
};

describe('a passkey shown as an officer’s key', () => {
  it('is what an officers document takes, and its answer over a job’s hash is that officer’s signature', async () => {
    const { own, key } = await withPasskey('first');
    const shown = (await show(own, key)) as unknown as PasskeyOfficerKey;
    expect(isOfficerKey(shown)).toBe(true);
    expect(shown).toMatchObject({ officer: OFFICER, cose: -7, origin: 'http://localhost:8080', rpId: 'localhost' });
    expect(shown).toEqual(await show(own, key));

    const job = testJob([{ device: 'lamp-0001', counter: 1 }]);
    const challenge = createHash('sha256').update(jobBytes(job)).digest('base64url');
    const sign = (by: Authenticator, changes: AnswerChanges = {}) => {
      const { response } = by.get({ challenge }, changes) as { response: Record<string, string> };
      const { authenticatorData, clientDataJSON, signature } = response as Record<string, string>;
      return {
        key: shown.id,
        alg: 'webauthn' as const,
        authenticatorData: authenticatorData!,
        clientDataJson: clientDataJSON!,
        signature: signature!,
      };
    };
    const officers = testOfficers([testOfficer('bob-roe'), testOfficer('eve-moe'), { key: shown }]);
    expect(checkSignature(job, sign(key), officers)).toMatchObject({ ok: true, value: { officer: OFFICER } });
    expect(checkSignature(job, sign(softAuthenticator()), officers)).toMatchObject({ ok: false });
    expect(checkSignature({ ...job, title: 'Another title' }, sign(key), officers)).toMatchObject({ ok: false });
    expect(checkSignature(job, sign(key, { backedUp: true }), officers)).toMatchObject({ ok: false });
  });
  it('is a fact that names the person and the key, not the officer', async () => {
    const { own, key } = await withPasskey('second');
    await show(own, key);
    const said = await facts(own.person);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('keyHash');
    expect(said[0]).not.toContain(OFFICER);
  });
  it('makes nobody an officer', async () => {
    const { own, key } = await withPasskey('third');
    await show(own, key);
    const session = await own.call('getSession');
    expect((session['me'] as { roles: string[] }).roles).toEqual(['operator']);
  });
});

describe('an officer here', () => {
  const rolesOf = async (own: Own): Promise<readonly string[]> =>
    ((await own.call('getSession'))['me'] as { roles: string[] }).roles;
  it('is whoever holds a passkey that the officers document names, for as long as it does', async () => {
    const { own, key } = await withPasskey('ninth');
    const { publicKey } = (await show(own, key)) as unknown as PasskeyOfficerKey;
    const other = await withPasskey('tenth');
    named = new Set([publicKey]);
    expect(await rolesOf(own)).toEqual(['operator', 'officer']);
    expect(await rolesOf(other.own)).toEqual(['operator']);
    named = new Set();
    expect(await rolesOf(own)).toEqual(['operator']);
  });
  it('is never an administrator', async () => {
    const { own, key } = await withPasskey('eleventh', 'administrator');
    const { publicKey } = (await show(own, key)) as unknown as PasskeyOfficerKey;
    named = new Set([publicKey]);
    expect(await rolesOf(own)).toEqual(['administrator']);
  });
});

describe('a passkey is not shown', () => {
  it('when it is copied to a cloud, also when it was not as it was made', async () => {
    const { own, key } = await withPasskey('fourth');
    expect(await show(own, key, { backedUp: true })).toEqual({ refused: 'PASSKEY_BACKED_UP' });
    expect(await facts(own.person)).toEqual([]);
  });
  it('to anybody else, nor by an answer to a sign-in or to somebody else’s challenge', async () => {
    const { own, key } = await withPasskey('fifth');
    const other = await withPasskey('sixth');
    expect(await show(other.own, key)).toEqual({ refused: 'PASSKEY_NOT_ACCEPTED' });
    for (const challenge of [await own.call('passkeyChallenge'), await other.own.call('officerKeyChallenge')]) {
      const body = { officer: OFFICER, answer: key.get(challenge) };
      expect(await own.call('showOfficerKey', body)).toEqual({ refused: 'PASSKEY_NOT_ACCEPTED' });
    }
    const signIn = key.get(await own.call('officerKeyChallenge'));
    expect(await own.call('signInByPasskey', signIn)).toEqual({ refused: 'PASSKEY_NOT_ACCEPTED' });
  });
  it.each<[string, AnswerChanges]>([
    ['no user verification', { userVerified: false }],
    ['another origin', { origin: 'http://localhost:9090' }],
  ])('with %s', async (what, changes) => {
    const { own, key } = await withPasskey(what.slice(0, 20));
    expect(await show(own, key, changes)).toEqual({ refused: 'PASSKEY_NOT_ACCEPTED' });
  });
  it('where there is none', async () => {
    const own = await somebody('seventh');
    expect(await own.call('officerKeyChallenge')).toEqual({ refused: 'PASSKEY_NONE' });
  });
  it('when its key is of another algorithm than ours are', () => {
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    // COSE: {1: 1 (OKP), 3: -8 (EdDSA), -1: 6 (Ed25519), -2: x}.
    const cose = Buffer.concat([Buffer.from('a401010327200621' + '5820', 'hex'), Buffer.from(x!, 'base64url')]);
    const passkey = {
      id: 'credential',
      person: 'per-1',
      publicKey: cose.toString('base64url'),
      counter: 0,
      transports: [],
      backedUp: false,
    };
    const key = officerKeyOf({ passkey, origin: 'http://localhost:8080', rpId: 'localhost' }, OFFICER);
    expect(key).toMatchObject({ ok: false, error: { code: 'PASSKEY_ALGORITHM' } });
  });
});
