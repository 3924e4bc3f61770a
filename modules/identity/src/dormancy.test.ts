/** Identities that nobody sees: warned of, ended, spared where they must not end, and back at once when they are seen. */
import { X509Certificate } from 'node:crypto';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RadiusSetUp } from '@cityward/contracts';
import { DAY_MS, type Refusal, type Result } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { Subject } from './domain/trust.ts';
import type { Identity } from './service.ts';
import {
  anyDevice,
  certificatesIn,
  enrolled,
  newRequest,
  removeFolder,
  testClock,
  testFolder,
  testIdentity,
} from './testing.ts';

const DAY = DAY_MS;
const device = (id: string): Subject => ({ kind: 'device', id });

describe('dormancy', () => {
  let sql: TestSql;
  let identity: Identity;
  const folder = testFolder();
  const clock = testClock();
  /** What the city heard of devices. */
  const heard = new Map<string, number>();
  const start = async (dormantDays?: number): Promise<void> => {
    identity = testIdentity(sql, {
      folder,
      clock,
      dormantDays,
      directory: {
        ...anyDevice,
        lastSeen: (id) => heard.get(id) ?? null,
        isLifeSafety: (id) => id.startsWith('pump-'),
      },
    });
    await identity.start();
  };
  beforeAll(async () => {
    sql = await openTestSql();
    await start();
  });
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });

  async function enrol(id: string): Promise<string> {
    return (await enrolled(identity, id)).serialNumber;
  }
  const componentOf = (subject: Subject, kind: string) =>
    identity.trustOf(subject).components.find((one) => one.kind === kind)!;
  const factsOf = async (subject: string): Promise<string[]> => {
    const outbox = sql.for<{ 'platform.outbox': { type: string; subject: string } }>();
    const facts = await outbox.selectFrom('platform.outbox').selectAll().execute();
    return facts.filter((fact) => fact.subject === subject).map(({ type }) => type);
  };
  const later = async (days: number): Promise<void> => {
    clock.add(days * DAY);
    await identity.judgeAll();
  };

  it('warns two weeks before, ends on the day, and lets nobody back but with a new code', async () => {
    await enrol('cam-0001');
    await enrol('lamp-0001');
    await enrol('pump-0001');
    await identity.judgeAll();
    expect(componentOf(device('cam-0001'), 'dormancy')).toMatchObject({ state: 'known', value: 100 });
    await later(30);
    expect(componentOf(device('cam-0001'), 'dormancy').value).toBe(70);
    await later(47);
    expect(identity.trustOf(device('cam-0001')).level).toBe('low');
    expect(componentOf(device('cam-0001'), 'dormancy').reason).toMatch(/its identity ends on 20\d\d-\d\d-\d\d unless/);
    heard.set('lamp-0001', clock());
    await later(12);
    expect(identity.standing('cam-0001')).not.toBe('ended');
    await later(4);
    expect(identity.standing('cam-0001')).toBe('ended');
    expect(identity.standing('lamp-0001')).not.toBe('ended');
    const told = await factsOf('cam-0001');
    expect(told.filter((type) => type.startsWith('dormancy') || type === 'device.ended')).toEqual([
      'dormancy.warned',
      'device.ended',
      'dormancy.ended',
    ]);
    expect(identity.trustOf(device('cam-0001')).level).toBe('none');
    await enrol('cam-0001');
    await identity.judgeAll();
    expect(identity.standing('cam-0001')).toBe('active');
    expect(componentOf(device('cam-0001'), 'dormancy').value).toBe(100);
  });

  it('flags what lives rest on, once, and never ends it', async () => {
    await later(40);
    expect(identity.standing('pump-0001')).not.toBe('ended');
    expect(componentOf(device('pump-0001'), 'dormancy').reason).toMatch(/lives rest on it, so a person decides/);
    await later(20);
    await later(20);
    const told = (await factsOf('pump-0001')).filter((type) => type.startsWith('dormancy'));
    expect(told).toEqual(['dormancy.spared']);
  });

  it('is over the moment the identity is let in again', async () => {
    const serial = await enrol('cam-0002');
    await later(77);
    expect(componentOf(device('cam-0002'), 'dormancy').value).toBe(40);
    expect(identity.admit({ commonName: 'cam-0002', serial }).ok).toBe(true);
    expect(componentOf(device('cam-0002'), 'dormancy').value).toBe(100);
  });

  it('warns first after a restart that slept through it all, and remembers the warning over the next', async () => {
    await enrol('cam-0003');
    await identity.stop();
    clock.add(150 * DAY);
    await start();
    await identity.judgeAll();
    expect(componentOf(device('cam-0003'), 'dormancy').value).toBe(40);
    await later(10);
    await identity.stop();
    await start();
    await later(3);
    expect(identity.standing('cam-0003')).not.toBe('ended');
    await later(2);
    expect(identity.standing('cam-0003')).toBe('ended');
  });

  it('ends none of a mass: then our ears have failed, not they', async () => {
    const many = Array.from({ length: 30 }, (_, n) => `cam-1${String(n).padStart(3, '0')}`);
    for (const id of many) await enrol(id);
    await later(77);
    await later(14);
    expect(many.map((id) => identity.standing(id)).filter((standing) => standing === 'ended')).toEqual([]);
    expect(await factsOf('every-device')).toEqual(['dormancy.spared']);
    for (const id of many.slice(4)) heard.set(id, clock());
    await later(1);
    expect(many.map((id) => identity.standing(id)).filter((standing) => standing === 'ended')).toHaveLength(4);
  });

  it('disables a person, but never the last who administers', async () => {
    const link = (await identity.firstLink())!;
    const routes = Object.fromEntries(identity.routes.map((route) => [route.endpoint.name, route]));
    const caller = { principal: { id: 'per-1' }, setSession: () => undefined, sessionToken: null, address: '::1' };
    const call = (name: string, input: object) => routes[name]!.handle(input as never, caller as never);
    await call('signInByLink', { body: { token: link.slice(link.indexOf('#token=') + 7) } });
    await call('invitePerson', { body: { handle: 'Ann', roles: ['analyst'] } });
    const people = async () =>
      ((await call('listPeople', {})) as { value: { people: { id: string; handle: string; state: string }[] } }).value
        .people;
    await identity.judgeAll();
    await later(77);
    await later(15);
    const [first, ann] = await people();
    expect([first!.state, ann!.state]).toEqual(['active', 'disabled']);
    const person = (id: string): Subject => ({ kind: 'person', id });
    const trust = (await call('getPersonTrust', { params: { id: first!.id } })) as { value: { level: string } };
    expect(trust.value).toEqual(identity.trustOf(person(first!.id)));
    expect(componentOf(person(first!.id), 'dormancy').reason).toMatch(/the last administrator stays/);
    expect(await factsOf(ann!.id)).toEqual(expect.arrayContaining(['dormancy.warned', 'dormancy.ended']));
    expect(await factsOf(first!.id)).toContain('dormancy.spared');
  });

  it('ends a RADIUS server too, which comes back by being set up anew and never with its old certificate', async () => {
    const id = 'radius-server';
    const setUp = async () => {
      const route = identity.routes.find(({ endpoint }) => endpoint.name === 'setUpRadius')!;
      const switches = [{ name: 'here', address: '192.0.2.10', coaPort: 3799 }];
      const body = { party: 'city', names: ['radius'], switches, rotate: false };
      const caller = { principal: { type: 'Service', id: 'city-cli' } };
      return (await route.handle({ body } as never, caller as never)) as Result<RadiusSetUp, Refusal>;
    };
    const certificateOf = (made: Result<RadiusSetUp, Refusal>): string => {
      if (!made.ok) throw new Error(made.error.message);
      return new X509Certificate(made.value.client.certificates).serialNumber;
    };
    const old = certificateOf(await setUp());
    await later(77);
    await later(14);
    expect([identity.standing(id), identity.trustOf({ kind: 'network', id }).level]).toEqual(['ended', 'none']);
    const fresh = certificateOf(await setUp());
    const isLetIn = () => [fresh, old].map((serial) => identity.admit({ commonName: id, serial }).ok);
    expect([identity.standing(id), isLetIn()]).toEqual(['active', [true, false]]);
    expect(identity.trustOf({ kind: 'network', id }).level).not.toBe('none');
    const reasons = await raw<{ by: string; reason: string | null }>`
      select actor as by, data->>'reason' as reason from platform.outbox
      where type = 'radius.set-up' order by position`.execute(sql.for());
    expect(reasons.rows).toEqual([
      { by: 'city-cli', reason: null },
      { by: 'city-cli', reason: expect.stringContaining('nobody saw it') as string },
    ]);
    await identity.stop();
    await start();
    expect([identity.standing(id), isLetIn()]).toEqual(['active', [true, false]]);
    await identity.revoke(id, { reason: 'stolen', by: 'per-1' });
    expect(await setUp()).toMatchObject({ ok: false, error: { code: 'DEVICE_REVOKED' } });
  });

  it('ends nobody where the city has said so', async () => {
    await identity.stop();
    await start(0);
    await enrol('cam-0005');
    await later(200);
    await later(200);
    expect(identity.standing('cam-0005')).not.toBe('ended');
    expect(componentOf(device('cam-0005'), 'dormancy')).toMatchObject({ value: 70 });
  });
});

describe('the certificate', () => {
  it('is judged when it is issued, held and released, and a late renewal is remembered for a while', async () => {
    const sql = await openTestSql();
    const folder = testFolder();
    const clock = testClock();
    const identity = testIdentity(sql, { folder, clock });
    await identity.start();
    const certificate = () =>
      identity.trustOf(device('cam-0001')).components.find(({ kind }) => kind === 'certificate')!;
    expect(certificate().state).toBe('unknown');
    const [code] = await identity.issueCodes(['cam-0001'], 'per-1');
    const request = newRequest('cam-0001');
    const basic = `Basic ${Buffer.from(`cam-0001:${code!.code}`).toString('base64')}`;
    const base = { method: 'POST', address: '127.0.0.1', body: Buffer.from(request.base64) } as const;
    const answer = await identity.est({
      ...base,
      path: '/.well-known/est/simpleenroll',
      headers: { authorization: basic },
      certificate: null,
    });
    expect(certificate().value).toBe(100);
    await identity.hold('cam-0001', { reason: 'contained', by: 'per-1', until: clock() + DAY });
    expect(identity.trustOf(device('cam-0001'))).toMatchObject({ level: 'low', reason: 'it is held: contained' });
    await identity.release('cam-0001', { reason: 'done', by: 'per-1' });
    expect(identity.trustOf(device('cam-0001')).level).toBe('reduced');
    clock.add(91 * DAY);
    await identity.judgeAll();
    expect(certificate().value).toBe(30);
    const old = certificatesIn(answer.body.toString())[0]!;
    const renewed = await identity.est({
      ...base,
      path: '/.well-known/est/simplereenroll',
      headers: {},
      certificate: old,
    });
    expect(renewed.status).toBe(200);
    expect(certificate()).toMatchObject({ value: 65, source: 'renewal' });
    clock.add(15 * DAY);
    await identity.judgeAll();
    expect(certificate()).toMatchObject({ state: 'known', value: 100, source: 'identity' });
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });
});
