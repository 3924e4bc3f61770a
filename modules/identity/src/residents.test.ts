/** Residents beyond what would be whole in memory: found by id at once, by name and secret in SQL, each code used once. */
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { WORKING_MAX } from './domain/people.ts';
import { Residents } from './residents.ts';
import type { Identity } from './service.ts';
import { removeFolder, testFolder, testIdentity } from './testing.ts';
import { softAuthenticator } from './testing-authenticator.ts';
import { caller } from './testing-people.ts';

describe('residents in memory', () => {
  it('are what they were put in as, among many, and take some sixty bytes each', () => {
    const residents = new Residents();
    const many = 50_000;
    for (let i = 0; i < many; i++)
      residents.put({ id: `per-${String(i).padStart(16, '0')}`, handle: `Māui ${i}`, state: 'invited' });
    residents.put({ id: 'per-0000000000000007', handle: 'Māui 7', state: 'disabled' });
    residents.setPasskeys('per-0000000000000008', 3);
    expect(residents.size).toBe(many);
    expect(residents.get('per-0000000000000007')).toEqual({
      ...{ id: 'per-0000000000000007', handle: 'Māui 7', kind: 'resident' },
      ...{ position: null, roles: [], state: 'disabled' },
    });
    expect(residents.get(`per-${String(many - 1).padStart(16, '0')}`)).toMatchObject({ handle: `Māui ${many - 1}` });
    expect([residents.passkeys('per-0000000000000008'), residents.passkeys('per-0000000000000009')]).toEqual([3, 0]);
    expect([residents.get('per-none'), residents.has('per-none')]).toEqual([undefined, false]);
    expect(residents.bytes / many).toBeLessThan(100); // with what is kept free for more
  });
  it('are gone where they were dropped, and the others are not', () => {
    const residents = new Residents();
    const ids = Array.from({ length: 3_000 }, (_, i) => `per-${i}`);
    for (const id of ids) residents.put({ id, handle: id, state: 'active' });
    for (const id of ids.slice(0, 1_500)) residents.drop(id);
    for (const id of ids.slice(0, 10)) residents.put({ id, handle: `${id} again`, state: 'active' });
    expect(residents.size).toBe(1_510);
    for (const [i, id] of ids.entries())
      expect([id, residents.get(id)?.handle]).toEqual([id, i < 10 ? `${id} again` : i < 1_500 ? undefined : id]);
  });
});

describe('more residents than people may work here', () => {
  const MANY = WORKING_MAX + 2_000;
  const folder = testFolder();
  let sql: TestSql;
  let identity: Identity;
  let ids: readonly string[];
  const start = async (): Promise<void> => {
    identity = testIdentity(sql, { folder });
    await identity.start();
  };
  beforeAll(async () => {
    sql = await openTestSql();
    await start();
    await raw`insert into identity.person (id, handle, roles, state, created, kind)
      select 'per-' || lpad(n::text, 16, '0'), 'Resident ' || n, '', 'invited', 1, 'resident'
      from generate_series(0, ${MANY - 1}::int) as n`.execute(sql.for());
    ids = Array.from({ length: MANY }, (_, n) => `per-${String(n).padStart(16, '0')}`);
    await identity.stop();
    await start();
  }, 120_000);
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });
  const byCode = (code: string) =>
    identity.routes
      .find(({ endpoint: { name } }) => name === 'signInByRecoveryCode')!
      .handle({ params: undefined, query: undefined, body: { code } } as never, caller());

  it('are there after a start, known by id and by name in any case', async () => {
    const last = ids[MANY - 1]!;
    expect(identity.faceOf(last)).toMatchObject({ handle: `Resident ${MANY - 1}`, kind: 'resident', passkeys: 0 });
    expect(await identity.personNamed(` RESIDENT ${MANY - 1} `)).toMatchObject({ id: last });
    expect(await identity.personNamed('Nobody here')).toBeNull();
  });
  it('sign in by a code of their sheet, once, also where two come with it at the same time', async () => {
    const id = ids[MANY - 2]!;
    const [one, two] = await identity.issueSheet(id);
    const session = await byCode(one!);
    expect(session).toMatchObject({ ok: true, value: { me: { person: id, recoveryCodesLeft: 7, passkeys: 0 } } });
    expect(identity.isPerson(id)).toBe(true);
    const codes = (await Promise.all([byCode(two!), byCode(two!), byCode(one!)])).map((answer) =>
      answer.ok ? 'ok' : answer.error.code,
    );
    expect(codes.sort()).toEqual(['RECOVERY_CODE_NOT_VALID', 'RECOVERY_CODE_NOT_VALID', 'ok']);
  });
  it('sign in by a passkey that only SQL has, whose counter may not go back, also after a start', async () => {
    const id = ids[MANY - 3]!;
    const as = { ...caller(), principal: { type: 'Person', id, roles: [], attributes: {} } } as const;
    const call = async (name: string, body?: unknown) =>
      identity.routes
        .find(({ endpoint }) => endpoint.name === name)!
        .handle({ params: undefined, query: undefined, body } as never, as);
    const want = async (name: string, body?: unknown): Promise<never> => {
      const answer = await call(name, body);
      if (!answer.ok) throw new Error(answer.error.code);
      return answer.value as never;
    };
    const key = softAuthenticator();
    await want('addPasskey', key.create(await want('newPasskeyChallenge')));
    const signIn = async (counter: number) =>
      call('signInByPasskey', key.get(await want('passkeyChallenge'), { counter }));
    for (const begin of [() => Promise.resolve(), () => identity.stop().then(start)]) {
      await begin();
      expect(identity.faceOf(id)).toMatchObject({ passkeys: 1 });
      expect(identity.passkeyOf(id, 'any')).toBeNull();
    }
    expect(await signIn(5)).toMatchObject({ ok: true, value: { me: { person: id, passkeys: 1 } } });
    expect(await signIn(5)).toMatchObject({ ok: false, error: { code: 'PASSKEY_NOT_ACCEPTED' } });
    expect(await signIn(6)).toMatchObject({ ok: true });
    const { excludeCredentials } = (await want('newPasskeyChallenge')) as { excludeCredentials: { id: string }[] };
    expect(await identity.anyPasskeyOf(id, excludeCredentials[0]!.id)).toMatchObject({ rpId: 'localhost' });
    expect(await identity.anyPasskeyOf(ids[0]!, excludeCredentials[0]!.id)).toBeNull();
  });
  it('leave room for those who work here', async () => {
    const doctor = {
      handle: 'Ana',
      kind: 'professional',
      position: { profession: 'doctor', organisation: 'party-a' },
    } as const;
    const tama = { handle: 'Tama', kind: 'resident', position: null } as const;
    const [ana, one] = await identity.registerPeople([doctor, tama]);
    expect([identity.faceOf(ana!)?.kind, identity.faceOf(one!)?.kind]).toEqual(['professional', 'resident']);
    const many = Array.from({ length: WORKING_MAX }, (_, i) => ({ ...doctor, handle: `Doctor ${i}` }));
    await expect(identity.registerPeople(many)).rejects.toThrow(/at most 10000 as "professional"/);
  });
});
