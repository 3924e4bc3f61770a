/** EST over real TLS: first enrolment, renewal, and every refusal. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { DAY_MS, ok, refuse } from '@cityward/kernel';
import type { Fact } from '@cityward/contracts';
import { createDispatcher } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { silentLog } from '@cityward/log';
import { openAuthority } from './authority.ts';
import { oid } from './domain/der.ts';
import { OID } from './domain/oids.ts';
import { parseSigningRequest } from './domain/signing-request.ts';
import type { EstListener } from './est-listener.ts';
import type { Identity } from './service.ts';
import {
  call,
  certificatesIn,
  newKey,
  newRequest,
  pemOf,
  removeFolder,
  testClock,
  testFolder,
  testIdentity,
} from './testing.ts';
import type { Call } from './testing.ts';

let sql: TestSql;
let identity: Identity;
let listener: EstListener;
const folder = testFolder();
const clock = testClock();
const facts: Fact[] = [];

beforeAll(async () => {
  sql = await openTestSql();
  identity = testIdentity(sql, { folder, clock });
  await identity.start();
  listener = identity.createEstListener({ host: '127.0.0.1', port: 0, log: silentLog });
  await listener.start();
});
afterAll(async () => {
  await listener.stop();
  await identity.stop();
  await sql.stop();
  removeFolder(folder);
});

const est = (path: string, options: Partial<Call> = {}) =>
  call({ port: listener.port(), ca: identity.authority.caPem, path: `/.well-known/est/${path}`, ...options });
const codeFor = async (device: string): Promise<string> => (await identity.issueCodes([device], 'per-1'))[0]!.code;
const spiffe = (device: string): string => `spiffe://port-merrow/device/${device}`;

async function enrolled(device: string, options: Partial<Call> = {}) {
  const request = newRequest(device);
  const basic = `${device}:${await codeFor(device)}`;
  const answer = await est('simpleenroll', { body: request.base64, basic, ...options });
  expect(answer.body).toMatch(/^[A-Za-z0-9+/]+=*$/);
  const certificate = certificatesIn(answer.body)[0]!;
  return { device, certificate, key: pemOf(request.key), cert: certificate.toString(), keyObject: request.key };
}
const factsNow = async (): Promise<readonly Fact[]> => {
  const dispatcher = createDispatcher({
    sql,
    log: silentLog,
    handlers: [{ name: 'test', handle: (batch) => (facts.push(...batch), Promise.resolve()) }],
  });
  await dispatcher.start();
  await dispatcher.drained();
  await dispatcher.stop();
  return facts;
};

describe('cacerts and csrattrs', () => {
  it('gives root and issuing authority to anyone, with a length and without line breaks', async () => {
    const answer = await est('cacerts');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/pkcs7-mime; smime-type=certs-only');
    expect(Number(answer.headers['content-length'])).toBe(answer.body.length);
    const [root, issuing] = certificatesIn(answer.body);
    expect(root!.fingerprint256).toBe(identity.authority.fingerprint);
    expect(issuing!.verify(root!.publicKey)).toBe(true);
  });
  it('asks for a P-256 key and one alternative name, the own one of who comes with its certificate', async () => {
    const answer = await est('csrattrs');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/csrattrs']);
    const wanted = Buffer.from(answer.body, 'base64');
    expect(wanted.includes(oid(OID.p256)) && wanted.includes(oid(OID.subjectAltName))).toBe(true);
    const { key, cert } = await enrolled('cam-0020');
    const own = await est('camera/csrattrs', { key, cert });
    expect(Buffer.from(own.body, 'base64').includes(spiffe('cam-0020'))).toBe(true);
  });
  it('asks by label: a stronger key of what carries others, and the name of a network from a network', async () => {
    const wants = async (label: string) => {
      const wanted = Buffer.from((await est(`${label}csrattrs`)).body, 'base64');
      return [wanted.includes(oid(OID.p384)), /spiffe:[a-z/-]+/.exec(wanted.toString('latin1'))?.[0]];
    };
    for (const label of ['', 'camera/']) expect(await wants(label)).toEqual([false, spiffe('')]);
    expect(await wants('site-switch/')).toEqual([true, spiffe('')]);
    expect(await wants('lorawan-network/')).toEqual([true, 'spiffe://port-merrow/network/']);
  });
  it('answers below the label of a class, and below no other', async () => {
    for (const label of ['camera', 'device', 'water-pump'])
      expect([label, (await est(`${label}/cacerts`)).body]).toEqual([label, (await est('cacerts')).body]);
    for (const path of ['toaster/cacerts', 'camera/camera/cacerts', '/cacerts', 'camera/', 'camera/../cacerts'])
      expect([path, (await est(path)).status]).toEqual([path, 404]);
  });
  it('enrols below the label of its own class only', async () => {
    const basic = `cam-0021:${await codeFor('cam-0021')}`;
    const body = newRequest('cam-0021').base64;
    const other = await est('street-light/simpleenroll', { body, basic });
    expect([other.status, other.body]).toEqual([403, expect.stringContaining('"camera"')]);
    expect((await est('camera/simpleenroll', { body, basic })).status).toBe(200);
  });
  it('refuses other methods and paths', async () => {
    expect((await est('cacerts', { method: 'POST', body: '' })).status).toBe(405);
    expect((await est('serverkeygen', { body: '' })).status).toBe(404);
  });
});

describe('simpleenroll', () => {
  it('issues a certificate of the device profile for an unused code', async () => {
    const { certificate, keyObject } = await enrolled('cam-0001');
    expect(certificate.subject).toBe('CN=cam-0001');
    expect(certificate.subjectAltName).toBe(`URI:${spiffe('cam-0001')}`);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkPrivateKey(keyObject)).toBe(true);
    expect(identity.standing('cam-0001')).toBe('active');
    expect(identity.admit({ commonName: 'cam-0001', serial: certificate.serialNumber }).ok).toBe(true);
  });
  it('takes a code once', async () => {
    const code = await codeFor('cam-0002');
    const body = newRequest('cam-0002').base64;
    const both = await Promise.all([1, 2].map(() => est('simpleenroll', { body, basic: `cam-0002:${code}` })));
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 401]);
    const again = await est('simpleenroll', { body, basic: `cam-0002:${code}` });
    expect(again.status).toBe(401);
    expect(again.headers['www-authenticate']).toContain('Basic');
    const refusals = (await factsNow()).filter(
      (fact) => fact.type === 'reporter.refused' && fact.subject === 'cam-0002',
    );
    expect(refusals[0]!.data['code']).toBe('CODE_USED');
  });
  it.each([
    ['a wrong code', 'cam-0003:wrong'],
    ['an unknown device', 'toaster-1:wrong'],
    ['an id that is no id', '../etc:wrong'],
    ['no colon', 'cam-0003'],
  ])('refuses %s alike', async (_what, basic) => {
    const answer = await est('simpleenroll', { body: newRequest('cam-0003').base64, basic });
    expect(answer.status).toBe(401);
  });
  it('refuses a code of another device', async () => {
    const code = await codeFor('cam-0004');
    const answer = await est('simpleenroll', { body: newRequest('cam-0005').base64, basic: `cam-0005:${code}` });
    expect(answer.status).toBe(401);
  });
  it('refuses a code after 24 hours', async () => {
    const code = await codeFor('cam-0006');
    clock.add(DAY_MS + 1);
    const answer = await est('simpleenroll', { body: newRequest('cam-0006').base64, basic: `cam-0006:${code}` });
    clock.add(-DAY_MS - 1);
    expect(answer.status).toBe(401);
  });
  it('keeps the code good after a request that was not', async () => {
    const code = await codeFor('cam-0007');
    const basic = `cam-0007:${code}`;
    const wrong = await est('simpleenroll', { body: newRequest('cam-0008').base64, basic });
    expect(wrong.status).toBe(400);
    expect(wrong.body).toContain('"CN=cam-0007"');
    const named = await est('simpleenroll', { body: newRequest('cam-0007', spiffe('cam-0001')).base64, basic });
    expect(named.status).toBe(400);
    const good = await est('simpleenroll', { body: newRequest('cam-0007', spiffe('cam-0007')).base64, basic });
    expect(good.status).toBe(200);
  });
  it('refuses a request whose key did not sign it', async () => {
    const request = newRequest('cam-0009');
    const forged = Buffer.from(request.der);
    forged[forged.length - 1]! ^= 1;
    const answer = await est('simpleenroll', {
      body: forged.toString('base64'),
      basic: `cam-0009:${await codeFor('cam-0009')}`,
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('not signed by the key');
  });
  it('reads PEM, white space and plain DER', async () => {
    const lines = (text: string) => text.replace(/.{64}/g, '$&\r\n');
    for (const [device, form] of [
      [
        'cam-0011',
        (r: { base64: string }) =>
          `-----BEGIN CERTIFICATE REQUEST-----\n${lines(r.base64)}\n-----END CERTIFICATE REQUEST-----\n`,
      ],
      ['cam-0012', (r: { base64: string }) => ` ${lines(r.base64)}\t\n`],
      ['cam-0013', (r: { der: Buffer }) => r.der],
    ] as const) {
      const answer = await est('simpleenroll', {
        body: form(newRequest(device)),
        basic: `${device}:${await codeFor(device)}`,
        headers: { 'content-transfer-encoding': 'base64' },
      });
      expect(answer.status).toBe(200);
    }
  });
  it('refuses bodies that are too large or of another type', async () => {
    const basic = `cam-0014:${await codeFor('cam-0014')}`;
    expect((await est('simpleenroll', { body: 'A'.repeat(40_000), basic })).status).toBe(413);
    expect((await est('simpleenroll', { body: 'x', basic, headers: { 'content-type': 'text/html' } })).status).toBe(
      415,
    );
  });
  it('lets an address wait that fails too often for one device, and only for that one', async () => {
    const body = newRequest('cam-0015').base64;
    const code = await codeFor('cam-0015');
    for (let i = 0; i < 10; i++) await est('simpleenroll', { body, basic: `cam-0015:guess-${i}` });
    const limited = await est('simpleenroll', { body, basic: `cam-0015:${code}` });
    expect(limited.status).toBe(429);
    expect(limited.headers['retry-after']).toBeDefined();
    await enrolled('cam-0016');
  });
  it('ends the certificates of before when a device enrols anew', async () => {
    const first = await enrolled('cam-0017');
    await enrolled('cam-0017');
    const admitted = identity.admit({ commonName: 'cam-0017', serial: first.certificate.serialNumber });
    expect(admitted.ok ? null : admitted.error.code).toBe('CERTIFICATE_SUPERSEDED');
  });
});

describe('simplereenroll', () => {
  it('renews with a new key for the same names', async () => {
    const { key, cert, certificate } = await enrolled('cam-0101');
    const answer = await est('simplereenroll', { body: newRequest('cam-0101').base64, key, cert });
    expect(answer.status).toBe(200);
    const renewed = certificatesIn(answer.body)[0]!;
    expect(renewed.subject).toBe(certificate.subject);
    expect(renewed.subjectAltName).toBe(certificate.subjectAltName);
    expect(renewed.serialNumber).not.toBe(certificate.serialNumber);
    for (const { serialNumber } of [renewed, certificate])
      expect(identity.admit({ commonName: 'cam-0101', serial: serialNumber }).ok).toBe(true);
  });
  it('refuses another name, no certificate, and a certificate of a listener', async () => {
    const { key, cert } = await enrolled('cam-0102');
    expect((await est('simplereenroll', { body: newRequest('cam-0103').base64, key, cert })).status).toBe(400);
    expect((await est('simplereenroll', { body: newRequest('cam-0102').base64 })).status).toBe(403);
    const server = await identity.authority.serverCertificate(['cam-0102']);
    const asServer = { key: server.keyPem, cert: server.certPem };
    expect((await est('simplereenroll', { body: newRequest('cam-0102').base64, ...asServer })).status).toBe(403);
    expect(identity.admit({ commonName: 'cam-0102', serial: server.serial }).ok).toBe(false);
  });
  it('refuses a certificate with the same names from an authority with the same name', async () => {
    await enrolled('cam-0104');
    const options = { cityName: 'Port Merrow', now: clock(), keepPassphrase: false };
    const forger = await openAuthority({ folder: join(folder, 'forger'), ...options });
    const request = newRequest('cam-0104');
    const parsed = parseSigningRequest(request.der);
    const { der } = forger.authority.issueDevice('cam-0104', parsed.ok ? parsed.value.spki : Buffer.alloc(0), clock());
    const forged = { key: pemOf(request.key), cert: new X509Certificate(der).toString() };
    expect((await est('simplereenroll', { body: newRequest('cam-0104').base64, ...forged })).status).toBe(403);
  });
  it('refuses held and revoked devices', async () => {
    const held = await enrolled('cam-0105');
    await identity.hold('cam-0105', { until: clock() + 60_000, reason: 'test', by: 'per-1' });
    expect((await est('simplereenroll', { body: newRequest('cam-0105').base64, ...held })).status).toBe(403);
    await identity.release('cam-0105', { reason: 'test', by: 'per-1' });
    expect((await est('simplereenroll', { body: newRequest('cam-0105').base64, ...held })).status).toBe(200);
    await identity.revoke('cam-0105', { reason: 'test', by: 'per-1' });
    expect((await est('simplereenroll', { body: newRequest('cam-0105').base64, ...held })).status).toBe(403);
  });
  it('asks again for the standing when a TLS session is resumed', async () => {
    const { key, cert } = await enrolled('cam-0107');
    let resumed: Buffer | null = null;
    const once = () =>
      new Promise<{ status: string; reused: boolean }>((resolve, reject) => {
        const body = newRequest('cam-0107').base64;
        const options = { host: '127.0.0.1', port: listener.port(), ca: identity.authority.caPem, key, cert };
        const socket = connect({ ...options, ...(resumed ? { session: resumed } : {}) }, () =>
          socket.write(
            `POST /.well-known/est/simplereenroll HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/pkcs10\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          ),
        );
        let text = '';
        socket.on('session', (session: Buffer) => void (resumed = session));
        socket.on('data', (data: Buffer) => void (text += data.toString()));
        socket.on('end', () => resolve({ status: text.slice(9, 12), reused: socket.isSessionReused() }));
        socket.on('error', reject);
      });
    expect(await once()).toEqual({ status: '200', reused: false });
    expect(await once()).toEqual({ status: '200', reused: true });
    await identity.revoke('cam-0107', { reason: 'test', by: 'per-1' });
    expect(await once()).toEqual({ status: '403', reused: true });
  });
  it('issues at most ten certificates an hour to one device', async () => {
    const { key, cert } = await enrolled('cam-0108');
    const renew = async () => (await est('simplereenroll', { body: newRequest('cam-0108').base64, key, cert })).status;
    for (let i = 0; i < 10; i++) expect(await renew()).toBe(200);
    expect(await renew()).toBe(429);
  });
  it('renews an expired certificate with its old key for 90 days, and with no other key', async () => {
    const { key, cert, keyObject, certificate } = await enrolled('cam-0106');
    clock.add(91 * DAY_MS);
    expect(identity.admit({ commonName: 'cam-0106', serial: certificate.serialNumber }).ok).toBe(false);
    const otherKey = await est('simplereenroll', {
      body: newRequest('cam-0106', undefined, newKey()).base64,
      key,
      cert,
    });
    expect(otherKey.status).toBe(403);
    clock.add(90 * DAY_MS);
    const tooLate = await est('simplereenroll', {
      body: newRequest('cam-0106', undefined, keyObject).base64,
      key,
      cert,
    });
    expect(tooLate.status).toBe(403);
    clock.add(-90 * DAY_MS);
    const sameKey = await est('simplereenroll', {
      body: newRequest('cam-0106', undefined, keyObject).base64,
      key,
      cert,
    });
    expect(sameKey.status).toBe(200);
    clock.add(-91 * DAY_MS);
  });
});

describe('facts', () => {
  it('tell of each certificate and code, and hold no code', async () => {
    const code = await codeFor('cam-0201');
    const request = newRequest('cam-0201');
    await est('simpleenroll', { body: request.base64, basic: `cam-0201:${code}` });
    const told = (await factsNow()).filter((fact) => fact.subject === 'cam-0201');
    expect(told.map((fact) => fact.type)).toEqual(['enrolment-code.issued', 'device.enrolled']);
    expect(JSON.stringify(facts)).not.toContain(code);
  });
});

describe('policy', () => {
  it('is asked who wants what, with the standing that counts, and its refusal stands', async () => {
    const asked: unknown[] = [];
    const ownFolder = testFolder();
    const own = testIdentity(sql, {
      folder: ownFolder,
      clock,
      authorise: (principal, action, resource) => {
        asked.push([principal.type, principal.id, principal.attributes['standing'], action, resource.id]);
        return action === 'enrol' ? refuse('forbidden', 'NOT_ALLOWED', 'not today') : ok(undefined);
      },
    });
    await own.start();
    const request = { headers: {}, body: Buffer.alloc(0), address: '::1', certificate: null };
    await own.est({ ...request, method: 'GET', path: '/.well-known/est/cacerts' });
    const [issued] = await own.issueCodes(['cam-0301'], 'per-1');
    await own.revoke('cam-0301', { reason: 'test', by: 'per-1' });
    const [later] = await own.issueCodes(['cam-0301'], 'per-1');
    const enrol = (code: string) =>
      own.est({
        ...request,
        method: 'POST',
        path: '/.well-known/est/simpleenroll',
        headers: { authorization: `Basic ${Buffer.from(`cam-0301:${code}`).toString('base64')}` },
        body: Buffer.from(newRequest('cam-0301').base64),
      });
    expect((await enrol(issued!.code)).status).toBe(401);
    expect((await enrol(later!.code)).status).toBe(403);
    expect(asked).toEqual([
      ['Anonymous', 'nobody', undefined, 'readCaCertificates', 'city'],
      ['Device', 'cam-0301', 'none', 'enrol', 'cam-0301'],
    ]);
    await own.stop();
    removeFolder(ownFolder);
  });
});

describe('in bulk', () => {
  it('enrols hundreds over kept connections, each with its own serial and facts', async () => {
    const devices = Array.from({ length: 200 }, (_, index) => `lamp-${String(index).padStart(4, '0')}`);
    const codes = await identity.issueCodes(devices, 'system');
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const answers = await Promise.all(
      codes.map(({ device, code }) =>
        est('simpleenroll', { body: newRequest(device).base64, basic: `${device}:${code}`, agent }),
      ),
    );
    agent.destroy();
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    const serials = answers.map((answer) => certificatesIn(answer.body)[0]!.serialNumber);
    expect(new Set(serials).size).toBe(200);
    expect(devices.every((device) => identity.standing(device) === 'active')).toBe(true);
  });
  it('refuses codes for a device that the city does not have', async () => {
    await expect(identity.issueCodes(['cam-0001', 'toaster-1'], 'system')).rejects.toThrow('"toaster-1"');
  });
});
