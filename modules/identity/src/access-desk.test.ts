/** Temporary access through the facade: what is in force when, after a kill too, and what it leaves in the facts. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TemporaryAccess } from '@cityward/contracts';
import { HOUR_MS, type Refusal, type Result } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { AccessEnded } from './access-desk.ts';
import type { AccessTables } from './access-store.ts';
import type { Identity } from './service.ts';
import { anyDevice, removeFolder, testClock, testFolder, testIdentity } from './testing.ts';
import { invitePerson, linkToken } from './testing-people.ts';

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
  const directory = { ...anyDevice, isSite: (id: string) => id.startsWith('site-') };
  identity = testIdentity(sql, { folder, clock, directory });
  await identity.start();
};
beforeEach(async () => {
  clock = testClock();
  await start();
  return async () => {
    await identity.stop();
    await sql.reset();
    for (const journal of ['people.journal', 'access.journal']) removeFolder(join(folder, journal));
  };
});

const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? 'ok' : result.error.code);
const must = <T>(result: Result<T, Refusal>): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
/** A vendor without any role, signed in; and what they ask for. */
async function vendor() {
  const { person, token } = await invitePerson(identity, { handle: 'Camera vendor', roles: [] });
  const ask = async (change: object = {}): Promise<TemporaryAccess> =>
    must(
      await identity.access.ask(
        {
          person,
          role: 'vendor',
          sites: ['site-1'],
          devices: ['cam-0007'],
          until: clock() + 2 * HOUR_MS,
          reason: 'mend the camera',
          ...change,
        },
        person,
      ),
    );
  const roles = (): readonly string[] | null => identity.sessions.authenticate(token)?.roles ?? null;
  return { person, token, ask, roles };
}
const YES = { approve: true, reason: 'agreed by phone', by: 'per-ann' };
const factsOf = async (person: string): Promise<string[]> => {
  const outbox = sql.for<{
    'platform.outbox': { type: string; subject: string; personal: boolean; position: number };
  }>();
  const rows = await outbox.selectFrom('platform.outbox').selectAll().orderBy('position').execute();
  const own = rows.filter((row) => row.subject === person && row.type.startsWith('access.'));
  expect(own.every((row) => row.personal)).toBe(true);
  return own.map((row) => row.type);
};

describe('temporary access', () => {
  it('gives nothing until somebody else has approved it, and then the role with its scope', async () => {
    const { person, token, ask, roles } = await vendor();
    const access = await ask();
    expect([access.state, roles()]).toEqual(['asked', []]);
    expect(codeOf(await identity.access.judge(access.id, { ...YES, by: person }))).toBe('ACCESS_OWN');
    expect(roles()).toEqual([]);
    expect(must(await identity.access.judge(access.id, YES)).state).toBe('running');
    expect(identity.sessions.principalOf(token)).toMatchObject({
      roles: ['vendor'],
      attributes: { signedInBy: 'link', vendorSites: ['site-1'], vendorDevices: ['cam-0007'] },
    });
    await expect.poll(() => factsOf(person)).toEqual(['access.asked', 'access.approved', 'access.begun']);
  });
  it('is approved once when two answer at the same moment', async () => {
    const { ask } = await vendor();
    const { id } = await ask();
    const both = await Promise.all(['per-ann', 'per-bob'].map((by) => identity.access.judge(id, { ...YES, by })));
    expect(both.map(codeOf).sort()).toEqual(['ACCESS_NOT_ASKED', 'ok']);
  });
  it('ends by itself: no right from that moment, sign-ins closed, told once', async () => {
    const { person, token, ask, roles } = await vendor();
    const { id } = await ask({ until: clock() + 4_000 });
    const ended: AccessEnded[] = [];
    identity.access.onEnd((end) => void ended.push(end));
    await identity.access.judge(id, YES);
    expect(roles()).toEqual(['vendor']);
    await new Promise<void>((resolve) => identity.access.onEnd(() => resolve()));
    expect(identity.sessions.stands(token)).toBe(false);
    expect(ended).toMatchObject([{ ran: true, access: { id, state: 'ended', ended: { by: 'system', why: 'time' } } }]);
    await expect
      .poll(() => factsOf(person))
      .toEqual(['access.asked', 'access.approved', 'access.begun', 'access.ended']);
  });
  it('tells of each step, and of what was done with it: once for each device in scope, while it runs', async () => {
    const { person, ask } = await vendor();
    const states: string[] = [];
    identity.access.onChange(({ state }) => void states.push(state));
    const use = (device: string) => identity.access.used(person, { device, action: 'readDevice' });
    const { id } = await ask({ sites: [] });
    use('cam-0007');
    await identity.access.judge(id, YES);
    for (const device of ['cam-0007', 'cam-0007', 'elsewhere-1']) use(device);
    await identity.access.end(id, { reason: 'done', by: 'per-bob' });
    use('cam-0007');
    expect(states).toEqual(['asked', 'running', 'running', 'ended']);
    const outbox = sql.for<{ 'platform.outbox': { type: string; actor: string; subject: string; data: object } }>();
    const uses = async () =>
      (await outbox.selectFrom('platform.outbox').selectAll().execute())
        .filter(({ type }) => type === 'access.used')
        .map(({ actor, subject, data }) => ({ actor, subject, data }));
    await expect.poll(uses).toHaveLength(1);
    expect(await uses()).toEqual([{ actor: person, subject: 'cam-0007', data: { access: id, action: 'readDevice' } }]);
  });
  it('is judged by the clock at each decision, not by a timer', async () => {
    const { ask, roles } = await vendor();
    await identity.access.judge((await ask()).id, YES);
    clock.add(2 * HOUR_MS); // no timer has run
    expect(roles()).toBeNull(); // an idle sign-in, too, is over by then
    const late = await vendor2();
    expect(late()).toEqual([]);
  });
  const vendor2 = async (): Promise<() => readonly string[]> => {
    const link = must(await identity.reissueLink('Camera vendor'));
    const token = await linkToken(identity, link);
    return () => identity.sessions.authenticate(token)!.roles;
  };
  it('waits for its beginning', async () => {
    const { ask, roles } = await vendor();
    const { id } = await ask({ from: clock() + 200, until: clock() + HOUR_MS });
    expect(must(await identity.access.judge(id, YES)).state).toBe('approved');
    expect(roles()).toEqual([]);
    await expect.poll(roles).toEqual(['vendor']);
  });
  it('is taken back for good, although SQL lost it', async () => {
    const { person, token, ask, roles } = await vendor();
    const { id } = await ask();
    await identity.access.judge(id, YES);
    const taken = must(await identity.access.end(id, { reason: 'wrong site', by: 'per-bob' }));
    expect(taken).toMatchObject({ state: 'ended', ended: { why: 'taken-back', by: 'per-bob' } });
    expect([roles(), identity.sessions.stands(token)]).toEqual([null, false]);
    await identity.stop();
    const lost = { ended_at: null, ended_by: null, ended_why: null, ended_reason: null };
    await sql.for<AccessTables>().updateTable('identity.temporary_access').set(lost).where('id', '=', id).execute();
    await start();
    expect((await vendor2())()).toEqual([]);
    expect(identity.access.get(id)).toMatchObject({ state: 'ended', ended: { why: 'taken-back' } });
    expect(codeOf(await identity.access.end(id, { reason: 'again', by: 'per-bob' }))).toBe('ACCESS_OVER');
    expect((await factsOf(person)).at(-1)).toBe('access.ended');
  });
  it('survives a new start, and what ended meanwhile has ended', async () => {
    const { person, ask } = await vendor();
    await identity.access.judge((await ask()).id, YES);
    const short = await ask({ until: clock() + HOUR_MS });
    await identity.access.judge(short.id, YES);
    await identity.stop();
    clock.add(HOUR_MS);
    await start();
    expect(identity.access.list(person).map((one) => one.state)).toEqual(['ended', 'running']);
    expect((await vendor2())()).toEqual(['vendor']);
    await expect
      .poll(async () => (await factsOf(person)).filter((type) => type === 'access.ended' || type === 'access.begun'))
      .toEqual(['access.begun', 'access.begun', 'access.ended']);
  });
  it('ends with the person', async () => {
    const { person, ask } = await vendor();
    const { id } = await ask();
    await identity.access.judge(id, YES);
    await identity.routes
      .find((one) => one.endpoint.name === 'disablePerson')!
      .handle({ params: { id: person } } as never, { principal: { id: 'per-ann' } } as never);
    expect(identity.access.get(id)).toMatchObject({ state: 'ended', ended: { why: 'disabled' } });
    expect(codeOf(await identity.access.ask({ ...(await refusedDraft(person)) }, 'per-ann'))).toBe('PERSON_UNKNOWN');
  });
  const refusedDraft = (person: string) =>
    Promise.resolve({
      person,
      role: 'vendor' as const,
      sites: ['site-1'],
      devices: [],
      until: clock() + HOUR_MS,
      reason: 'again',
    });
});
