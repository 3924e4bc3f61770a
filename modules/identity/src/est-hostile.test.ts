/** Whatever is sent to EST is answered, changes nothing, and leaves few facts. */
import fc from 'fast-check';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { Identity } from './service.ts';
import { newRequest, removeFolder, testClock, testFolder, testIdentity } from './testing.ts';

const folder = testFolder();
let sql: TestSql;
let identity: Identity;
let code: string;
beforeAll(async () => {
  sql = await openTestSql();
  // Nobody but cam-0001 is known: what is made up is unknown.
  const device = (id: string) => (id === 'cam-0001' ? { id, class: 'camera', site: 'site-1' } : null);
  identity = testIdentity(sql, { folder, clock: testClock(), directory: { device, siteOf: () => null } });
  await identity.start();
  code = (await identity.issueCodes(['cam-0001'], 'per-1'))[0]!.code;
});
afterAll(async () => {
  await identity.stop();
  await sql.stop();
  removeFolder(folder);
});

const BASE = '/.well-known/est';
const path = fc.oneof(
  fc.constantFrom('cacerts', 'csrattrs', 'simpleenroll', 'simplereenroll').map((name) => `${BASE}/${name}`),
  fc
    .constantFrom('camera/simpleenroll', 'toaster/simpleenroll', 'fullcmc', 'serverkeygen')
    .map((name) => `${BASE}/${name}`),
  fc.constantFrom('/ocsp', '/revocations.crl', '/'),
  fc.string({ maxLength: 60 }).map((text) => `${BASE}/${text}`),
  fc.string({ maxLength: 60 }).map((text) => `/ocsp/${text}`),
);
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const authorization = fc.oneof(
  fc.constant(undefined),
  fc.string({ maxLength: 400 }),
  fc.string({ maxLength: 200 }).map(basic),
  fc.string({ maxLength: 40 }).map((guess) => basic(`cam-0001:${guess}`)),
  fc.string({ maxLength: 80 }).map((text) => `Basic ${text}`),
);
const good = newRequest('cam-0001').der;
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
    const copy = Buffer.from(good);
    copy[at] = byte;
    return copy;
  }),
  // Nested as deep as the size allows.
  fc.nat(12_000).map((depth) => Buffer.alloc(depth, Buffer.from([0x30, 0x80]))),
);

describe('ten thousand requests', () => {
  it('are answered, and change nothing', async () => {
    const asked = fc.record({
      method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'),
      path,
      authorization,
      type: fc.constantFrom(undefined, 'application/pkcs10', 'text/html', 'application/pkcs10; x="'),
      body,
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ method, path: at, authorization: who, type, body: sent }) => {
        const headers = {
          ...(who === undefined ? {} : { authorization: who }),
          ...(type ? { 'content-type': type } : {}),
        };
        const common = { address: '192.0.2.1', certificate: null };
        const answer = await identity.est({ method, path: at, headers, body: sent, ...common });
        const ours = [200, 401, 403, 404, 405, 413, 415, 429];
        expect(ours).toContain(answer.status);
        if (answer.status === 200) expect(at).not.toContain('enroll');
      }),
      { numRuns: 10_000 },
    );
    expect(identity.standing('cam-0001')).toBe('none');
    const count = async (table: string): Promise<number> =>
      Number((await raw<{ n: number }>`select count(*) as n from ${raw.table(table)}`.execute(sql.for())).rows[0]!.n);
    expect(await count('identity.certificate')).toBeLessThanOrEqual(1); // the OCSP responder's
    expect(await count('identity.discovery')).toBeLessThanOrEqual(200);
    expect(await count('platform.outbox')).toBeLessThanOrEqual(400);
    const spared = await identity.est({
      ...{ method: 'POST', path: `${BASE}/simpleenroll`, headers: { authorization: basic(`cam-0001:${code}`) } },
      ...{ body: Buffer.from(good.toString('base64')), address: '192.0.2.2', certificate: null },
    });
    expect(spared.status).toBe(200);
  });
});
