/** Holds and revocations: in force at once, told, saved, ended, and not lost by a kill or while SQL is away. */
import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { X509Crl } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { EstRequest } from './est.ts';
import type { Identity } from './service.ts';
import { certificatesIn, enrolled, newRequest, removeFolder, testClock, testFolder, testIdentity } from './testing.ts';

const because = { reason: 'test', by: 'per-1' };

async function enrol(identity: Identity, device: string): Promise<string> {
  return (await enrolled(identity, device)).serialNumber;
}
const admitted = (identity: Identity, device: string, serial: string): string => {
  const result = identity.admit({ commonName: device, serial });
  return result.ok ? result.value.standing : result.error.code;
};
const listed = (identity: Identity): string[] =>
  new X509Crl(Uint8Array.from(identity.revocations())).entries.map((entry) => entry.serialNumber.toUpperCase());

describe('a device that slept past the end of its certificate', () => {
  let sql: TestSql;
  let identity: Identity;
  const folder = testFolder();
  const clock = testClock();
  beforeAll(async () => {
    sql = await openTestSql();
    identity = testIdentity(sql, { folder, clock });
    await identity.start();
  });
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });
  const ask = async (path: string, body: string, more: Partial<EstRequest>) => {
    const common = { method: 'POST', headers: {}, address: '127.0.0.1', certificate: null };
    return identity.est({ ...common, path: `/.well-known/est/${path}`, body: Buffer.from(body), ...more });
  };
  const enrolWith = async (request: { readonly base64: string }, device: string) => {
    const [code] = await identity.issueCodes([device], 'per-1');
    const authorization = `Basic ${Buffer.from(`${device}:${code!.code}`).toString('base64')}`;
    const answer = await ask('simpleenroll', request.base64, { headers: { authorization } });
    return { status: answer.status, certificate: certificatesIn(answer.body.toString())[0]! };
  };

  it.each([
    ['nothing', () => Promise.resolve(), 200],
    ['a hold', (id: string) => identity.hold(id, { ...because, until: clock() + 60_000 }), 403],
    ['a revocation', (id: string) => identity.revoke(id, because), 403],
    ['its end', (id: string) => identity.end(id, { ...because, as: 'retired' }), 403],
  ] as const)('and upon which lies %s, re-enrols or not with its old key', async (what, lay, status) => {
    const device = `cam-${what.replace(/ /g, '-')}`;
    const request = newRequest(device);
    const { certificate } = await enrolWith(request, device);
    clock.add(91 * DAY_MS);
    await lay(device);
    expect((await ask('simplereenroll', request.base64, { certificate })).status).toBe(status);
  });

  it('for more than 90 days is commissioned anew', async () => {
    const request = newRequest('cam-sleeper');
    const { certificate } = await enrolWith(request, 'cam-sleeper');
    clock.add(181 * DAY_MS);
    expect((await ask('simplereenroll', request.base64, { certificate })).status).toBe(403);
    expect((await enrolWith(newRequest('cam-sleeper'), 'cam-sleeper')).status).toBe(200);
    expect(identity.standing('cam-sleeper')).toBe('active');
  });
});

describe('standing', () => {
  let sql: TestSql;
  let identity: Identity;
  const folder = testFolder();
  const clock = testClock();
  beforeAll(async () => {
    sql = await openTestSql();
    identity = testIdentity(sql, { folder, clock });
    await identity.start();
  });
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });

  it('is none before enrolment, then active', async () => {
    expect(identity.standing('cam-0001')).toBe('none');
    expect(identity.identityOf('cam-0001').state).toBe('none');
    await identity.issueCodes(['cam-0001'], 'per-1');
    expect(identity.identityOf('cam-0001').state).toBe('code-issued');
    const serial = await enrol(identity, 'cam-0001');
    expect(identity.identityOf('cam-0001')).toMatchObject({
      state: 'enrolled',
      serial,
      spiffe: 'spiffe://port-merrow/device/cam-0001',
    });
  });
  it('held still connects, as held, and ends by itself', async () => {
    const serial = await enrol(identity, 'cam-0002');
    const told: string[] = [];
    const stop = identity.onStanding((device, standing) => void (device === 'cam-0002' && told.push(standing)));
    await identity.hold('cam-0002', { until: clock() + 400, ...because });
    expect(admitted(identity, 'cam-0002', serial)).toBe('held');
    expect(identity.identityOf('cam-0002')).toMatchObject({ state: 'held', reason: 'test' });
    expect(listed(identity)).toContain(serial);
    await expect.poll(() => told).toEqual(['held', 'active']);
    stop();
    expect(admitted(identity, 'cam-0002', serial)).toBe('active');
    expect(listed(identity)).not.toContain(serial);
  });
  it('ended is refused for good: a replaced device needs a later code, a retired one gets none', async () => {
    const serial = await enrol(identity, 'cam-0020');
    expect((await identity.end('cam-0020', { as: 'replaced', ...because })).ok).toBe(true);
    expect(identity.standing('cam-0020')).toBe('ended');
    expect(admitted(identity, 'cam-0020', serial)).toBe('CERTIFICATE_REVOKED');
    expect(listed(identity)).toContain(serial);
    expect(identity.identityOf('cam-0020')).toMatchObject({ state: 'ended', reason: 'test' });
    for (const change of [
      identity.release('cam-0020', because),
      identity.hold('cam-0020', { until: clock() + 1_000, ...because }),
      identity.end('cam-0020', { as: 'replaced', ...because }).then(() => identity.release('cam-0020', because)),
    ])
      expect((await change).ok).toBe(false);
    await enrol(identity, 'cam-0020');
    expect(identity.standing('cam-0020')).toBe('active');
    await identity.end('cam-0020', { as: 'retired', ...because });
    await expect(identity.issueCodes(['cam-0020'], 'per-1')).rejects.toThrow('is retired');
    expect((await identity.end('cam-0020', { as: 'replaced', ...because })).ok).toBe(false);
  });
  it('renews the revocation list in time', () => {
    const first = new X509Crl(Uint8Array.from(identity.revocations()));
    clock.add(59 * 60_000);
    expect(new X509Crl(Uint8Array.from(identity.revocations())).thisUpdate).toEqual(first.thisUpdate);
    clock.add(2 * 60_000);
    const later = new X509Crl(Uint8Array.from(identity.revocations()));
    clock.add(-61 * 60_000);
    expect(later.thisUpdate.getTime()).toBeGreaterThan(first.thisUpdate.getTime());
    expect(later.nextUpdate!.getTime() - later.thisUpdate.getTime()).toBe(24 * 3_600_000);
  });
  it('revoked is refused at once and for good, until a code issued later', async () => {
    const serial = await enrol(identity, 'cam-0003');
    const [early] = await identity.issueCodes(['cam-0003'], 'per-1');
    await identity.revoke('cam-0003', because);
    expect(admitted(identity, 'cam-0003', serial)).toBe('CERTIFICATE_REVOKED');
    expect(listed(identity)).toContain(serial);
    expect((await identity.release('cam-0003', because)).ok).toBe(false);
    expect(identity.identityOf('cam-0003')).toMatchObject({ state: 'revoked', serial, reason: 'test' });
    const old = await identity.est({
      method: 'POST',
      path: '/.well-known/est/simpleenroll',
      headers: { authorization: `Basic ${Buffer.from(`cam-0003:${early!.code}`).toString('base64')}` },
      body: Buffer.from(newRequest('cam-0003').base64),
      address: '127.0.0.1',
      certificate: null,
    });
    expect(old.status).toBe(401);
    const anew = await enrol(identity, 'cam-0003');
    expect(admitted(identity, 'cam-0003', anew)).toBe('active');
    expect(admitted(identity, 'cam-0003', serial)).toBe('CERTIFICATE_REVOKED');
  });
  it('of two at once never lets a release win over a revocation', async () => {
    await enrol(identity, 'cam-0004');
    await identity.hold('cam-0004', { until: clock() + 60_000, ...because });
    await Promise.all([identity.revoke('cam-0004', because), identity.release('cam-0004', because)]);
    expect(identity.standing('cam-0004')).toBe('revoked');
  });
  it('is refused for devices that the city does not have', async () => {
    const result = await identity.revoke('toaster-1', because);
    expect(result.ok ? null : result.error.code).toBe('DEVICE_UNKNOWN');
  });
  it('is the same after a new start', async () => {
    const serial = await enrol(identity, 'cam-0005');
    await identity.revoke('cam-0005', because);
    await identity.hold('cam-0006', { until: clock() + 60_000, ...because });
    await identity.stop();
    identity = testIdentity(sql, { folder, clock });
    await identity.start();
    expect(identity.status()).toMatchObject({ replayed: 0, unsaved: 0 });
    expect(admitted(identity, 'cam-0005', serial)).toBe('CERTIFICATE_REVOKED');
    expect(identity.standing('cam-0006')).toBe('held');
  });
  it('is in force while SQL is away, and saved when it is back', async () => {
    const serial = await enrol(identity, 'cam-0007');
    let away = true;
    const flaky: Sql = {
      ...sql,
      transact: (work) => (away ? Promise.reject(new Error('away')) : sql.transact(work)),
    };
    await identity.stop();
    identity = testIdentity(flaky, { folder, clock });
    away = false;
    await identity.start();
    away = true;
    expect((await identity.revoke('cam-0007', because)).ok).toBe(true);
    expect(admitted(identity, 'cam-0007', serial)).toBe('CERTIFICATE_REVOKED');
    expect(identity.status().unsaved).toBe(1);
    away = false;
    await expect.poll(() => identity.status().unsaved, { timeout: 5_000 }).toBe(0);
  });
});

describe('a kill between journal and SQL', () => {
  it('loses neither a revocation nor its fact', async () => {
    const folder = testFolder();
    const sql = await openTestSql();
    const before = testIdentity(sql, { folder });
    await before.start();
    const serial = await enrol(before, 'cam-0001');
    await before.stop();

    const script = fileURLToPath(new URL('testing-kill.ts', import.meta.url));
    const child = spawn(process.execPath, [script, folder, 'cam-0001', serial], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(line.toString()).toContain('revoked');
    child.kill('SIGKILL');
    await once(child, 'exit');

    const devices = sql.for<{ 'identity.device': { id: string; restriction: string | null } }>();
    const restriction = () => devices.selectFrom('identity.device').select('restriction').executeTakeFirst();
    expect(await restriction()).toEqual({ restriction: null }); // SQL never knew
    const after = testIdentity(sql, { folder });
    await after.start();
    expect(after.status().replayed).toBe(1);
    expect(admitted(after, 'cam-0001', serial)).toBe('CERTIFICATE_REVOKED');
    expect(await restriction()).toEqual({ restriction: 'revoked' });
    const outbox = sql.for<{ 'platform.outbox': { type: string; subject: string } }>();
    const facts = await outbox.selectFrom('platform.outbox').select(['type', 'subject']).execute();
    expect(facts.filter((fact) => fact.type === 'device.revoked')).toEqual([
      { type: 'device.revoked', subject: 'cam-0001' },
    ]);
    await after.stop();
    await sql.stop();
    removeFolder(folder);
  });
});
