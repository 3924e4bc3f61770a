/** A gateway enrols for the devices behind it, by its own certificate and their own request, and for nobody else. */
import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuse } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { IdentityOptions } from './needs.ts';
import type { Identity } from './service.ts';
import { certificatesIn, newRequest, removeFolder, testClock, testFolder, testIdentity } from './testing.ts';

const CLASSES: Readonly<Record<string, string>> = {
  'cam-0001': 'camera',
  'cam-0002': 'camera',
  'switch-0001': 'site-switch',
  'switch-0002': 'site-switch',
};
const directory: IdentityOptions['directory'] = {
  device: (id) => (CLASSES[id] ? { id, class: CLASSES[id] as 'camera', site: 'site-a' } : null),
  siteOf: () => 'site-a',
  switchOf: (id) => (id === 'cam-0001' ? 'switch-0001' : id === 'cam-0002' ? 'switch-0002' : null),
};
let sql: TestSql;
let identity: Identity;
const clock = testClock();
const asked: string[] = [];
let denies = false;
const folder = testFolder();
const certificates = new Map<string, X509Certificate>();
beforeAll(async () => {
  sql = await openTestSql();
  const authorise: IdentityOptions['authorise'] = (principal, action, resource) => {
    if (action === 'carryChange') asked.push(`${principal.id} ${String(resource.attributes['gateway'])}`);
    return denies ? refuse('forbidden', 'NOT_ALLOWED', 'no') : { ok: true, value: undefined };
  };
  identity = testIdentity(sql, { folder, clock, directory, authorise });
  await identity.start();
  for (const id of ['switch-0001', 'switch-0002', 'cam-0001']) {
    const [code] = await identity.issueCodes([id], 'per-1');
    const { base64 } = newRequest(id);
    const answer = await post('/.well-known/est/simpleenroll', base64, {
      headers: { authorization: basic(id, code!.code) },
    });
    certificates.set(id, certificatesIn(answer.body.toString())[0]!);
  }
});
afterAll(async () => {
  await identity.stop();
  await sql.stop();
  removeFolder(folder);
});
const basic = (id: string, code: string): string => `Basic ${Buffer.from(`${id}:${code}`).toString('base64')}`;
interface From {
  readonly headers?: Readonly<Record<string, string>>;
  readonly certificate?: X509Certificate | null;
}
const post = (path: string, base64: string, { headers = {}, certificate = null }: From = {}) =>
  identity.est({ method: 'POST', path, headers, body: Buffer.from(base64), address: '127.0.0.1', certificate });
const behalf = (as: string | null, base64: string) =>
  post('/.well-known/est/behalf/simpleenroll', base64, { certificate: as === null ? null : certificates.get(as)! });

describe('a gateway', () => {
  it('gets a certificate for a device behind it, for its web server and network, not for EST', async () => {
    const answer = await behalf('switch-0001', newRequest('cam-0001').base64);
    expect(answer.status).toBe(200);
    const issued = certificatesIn(answer.body.toString())[0]!;
    expect(issued.subject).toBe('CN=cam-0001');
    expect([...(issued.keyUsage ?? [])].sort()).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(asked.at(-1)).toBe('switch-0001 switch-0001');
    const own = certificates.get('cam-0001')!;
    expect(identity.admit({ commonName: 'cam-0001', serial: own.serialNumber }).ok).toBe(true);
    const renewal = await post('/.well-known/est/simplereenroll', newRequest('cam-0001').base64, {
      certificate: issued,
    });
    expect(renewal.status).toBe(403);
  });
  it.each([
    { what: 'a device behind another', as: 'switch-0001', device: 'cam-0002', words: 'does not stand behind' },
    { what: 'itself', as: 'switch-0001', device: 'switch-0001', words: 'does not stand behind' },
    { what: 'a device that nobody knows', as: 'switch-0001', device: 'cam-9999', words: 'no such device' },
  ])('gets none for $what', async ({ as, device, words }) => {
    const answer = await behalf(as, newRequest(device).base64);
    expect(answer.status).toBeGreaterThanOrEqual(403);
    expect(answer.body.toString()).toContain(words);
  });
  it('is one by its certificate: nobody, and no camera, enrols for others', async () => {
    expect((await behalf(null, newRequest('cam-0001').base64)).status).toBe(403);
    expect((await behalf('cam-0001', newRequest('cam-0001').base64)).status).toBe(403);
  });
  it('gets none against policy, nor for a request that is not signed by its key, nor once either is held', async () => {
    denies = true;
    expect((await behalf('switch-0001', newRequest('cam-0001').base64)).status).toBe(403);
    denies = false;
    const der = Buffer.from(newRequest('cam-0001').base64, 'base64');
    der[der.length - 1]! ^= 1;
    expect((await behalf('switch-0001', der.toString('base64'))).status).toBe(400);
    for (const held of ['cam-0001', 'switch-0001']) {
      await identity.hold(held, { until: clock() + 60_000, reason: 'test', by: 'system' });
      expect((await behalf('switch-0001', newRequest('cam-0001').base64)).status).toBe(403);
      await identity.release(held, { reason: 'test', by: 'system' });
    }
  });
});
