/** Requests that others read, answers from others, and enrolment against an EST server over TLS. */
import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync, statSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertsOnly } from './certs-only.ts';
import { openCredentials, type Credential } from './credentials.ts';
import { enrolAll, renewsAt } from './enrolling.ts';
import { createEstClient, EstRefused } from './est-client.ts';
import { newDeviceKey, signingRequest } from './signing-request.ts';
import { estDouble, testAuthority, type EstDouble, type TestAuthority } from './testing.ts';

let authority: TestAuthority;
let est: EstDouble;
const folders: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'cityward-agent-'));
  folders.push(made);
  return made;
};
beforeAll(async () => {
  authority = await testAuthority();
  est = await estDouble(authority);
});
afterAll(async () => {
  await est.close();
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});
const BLANK = { key: '', certificate: '' };
const client = (connections = 2) => createEstClient({ url: est.url, ca: authority.ca, connections });

describe('a signing request', () => {
  it('is what another library reads and verifies', async () => {
    for (const name of ['cam-0001', 'x'.repeat(64)]) {
      const key = newDeviceKey();
      const request = new x509.Pkcs10CertificateRequest(new Uint8Array(signingRequest(name, key)));
      expect(request.subject).toBe(`CN=${name}`);
      expect(await request.verify()).toBe(true);
      expect(Buffer.from(request.publicKey.rawData)).toEqual(key.publicKey.export({ type: 'spki', format: 'der' }));
    }
  });
  it('does not verify once a byte of it is changed', async () => {
    const der = signingRequest('cam-0001', newDeviceKey());
    der[30] = der[30]! ^ 1;
    const verdict = await Promise.resolve()
      .then(() => new x509.Pkcs10CertificateRequest(new Uint8Array(der)).verify())
      .catch(() => false);
    expect(verdict).toBe(false);
  });
});

describe('a certs-only answer', () => {
  it('gives the certificate, with or without line breaks', async () => {
    const { answer } = await authority.issue(signingRequest('cam-0002', newDeviceKey()));
    for (const text of [answer, answer.replaceAll(/(.{64})/gu, '$1\r\n')]) {
      const read = readCertsOnly(text);
      expect(read.ok && read.value.map((one) => one.subject)).toEqual(['CN=cam-0002']);
    }
  });
  it('never throws on anything else (10,000 cases)', async () => {
    const { answer } = await authority.issue(signingRequest('cam-0003', newDeviceKey()));
    const good = Buffer.from(answer, 'base64');
    const mutated = fc
      .tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length))
      .map(([at, byte, length]) =>
        Buffer.from(good.with(at, byte)).subarray(0, Math.max(1, length)).toString('base64'),
      );
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 400 }), fc.base64String(), mutated), (text) => {
        expect(typeof readCertsOnly(text).ok).toBe('boolean');
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('the EST client', () => {
  it('enrols many over few connections, each with its own key', async () => {
    const before = est.connections;
    const own = client(2);
    const names = Array.from({ length: 12 }, (_, i) => `lamp-${String(i).padStart(4, '0')}`);
    const got = await Promise.all(names.map((name) => own.enrol(name, `code-of-${name}`)));
    own.close();
    expect(got.map((one) => new X509Certificate(one.certificate).subject)).toEqual(names.map((name) => `CN=${name}`));
    expect(new Set(got.map((one) => one.key)).size).toBe(names.length);
    expect(est.connections - before).toBe(2);
    const last = est.asked[est.asked.length - 1]!;
    expect(last.path).toBe('/.well-known/est/simpleenroll');
    expect(Buffer.from(last.authorization.slice(6), 'base64').toString()).toMatch(/^lamp-\d{4}:code-of-lamp-\d{4}$/u);
  });
  it('renews with the old certificate, and gets a new key', async () => {
    const own = client();
    const old = await own.enrol('lamp-0100', 'code');
    const fresh = await own.renew('lamp-0100', old);
    own.close();
    expect(est.asked[est.asked.length - 1]).toMatchObject({
      path: '/.well-known/est/simplereenroll',
      client: 'lamp-0100',
    });
    expect(fresh.key).not.toBe(old.key);
  });
  it('renews an ended certificate with the key that it was for', async () => {
    const own = client();
    const old = { ...(await own.enrol('lamp-0103', 'code')), expires: Date.now() - 1 };
    const fresh = await own.renew('lamp-0103', old);
    own.close();
    expect(fresh.key).toBe(old.key);
    expect(fresh.expires).toBeGreaterThan(Date.now());
  });
  it('says with the words of the server why it was refused', async () => {
    est.answerOnce = { status: 401, body: 'code "abc" is not valid\n' };
    const own = client();
    await expect(own.enrol('lamp-0101', 'abc')).rejects.toMatchObject({
      status: 401,
      message: 'code "abc" is not valid',
    });
    own.close();
  });
  it('does not take a server of another city', async () => {
    const other = await testAuthority();
    const own = createEstClient({ url: est.url, ca: other.ca, connections: 1 });
    await expect(own.enrol('lamp-0102', 'abc')).rejects.not.toBeInstanceOf(EstRefused);
    own.close();
  });
});

describe('the credentials file', () => {
  const credential = (device: string, expires = 1): Credential => ({
    device,
    key: 'k',
    certificate: `c${expires}`,
    expires,
  });
  it('is readable by its owner only; the last line about a device counts; a torn one does not', () => {
    const made = folder();
    const first = openCredentials(made);
    first.put(credential('cam-0001', 1));
    first.put(credential('cam-0002', 1));
    first.put(credential('cam-0001', 2));
    first.close();
    const path = join(made, 'credentials.ndjson');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    appendFileSync(path, '{"device":"cam-0003","key":"k","certi');
    const again = openCredentials(made);
    expect(again.size).toBe(2);
    expect(again.get('cam-0001')?.expires).toBe(2);
    again.close();
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
  });
});

describe('the time of renewal', () => {
  it('begins at two thirds of a certificate’s life and is spread over days, the same for a device each time', () => {
    const expires = 90 * DAY_MS;
    const times = Array.from({ length: 10_000 }, (_, i) => renewsAt({ ...BLANK, device: `cam-${i}`, expires }));
    expect(times).toEqual(
      Array.from({ length: 10_000 }, (_, i) => renewsAt({ ...BLANK, device: `cam-${i}`, expires })),
    );
    expect(Math.min(...times)).toBeGreaterThanOrEqual(60 * DAY_MS);
    expect(Math.max(...times)).toBeLessThan(66 * DAY_MS);
    // 144 hours, 69.4 devices each on average: none is empty, none has twice its share.
    const hours = new Map<number, number>();
    for (const time of times) hours.set(Math.floor(time / HOUR_MS), (hours.get(Math.floor(time / HOUR_MS)) ?? 0) + 1);
    expect(hours.size).toBe(144);
    expect(Math.min(...hours.values())).toBeGreaterThan(30);
    expect(Math.max(...hours.values())).toBeLessThan(120);
  });
});

describe('enrolling a fleet', () => {
  it('asks for a new code where an ended certificate is not renewed any more', async () => {
    const credentials = openCredentials(folder());
    const own = client();
    credentials.put({ ...(await own.enrol('cam-0101', 'x')), expires: Date.now() - 1 });
    est.answerOnce = { status: 403, body: 'it expired more than 90 days ago\n' };
    const alive: string[] = [];
    const result = await enrolAll(
      {
        ...{ est: own, credentials, log: silentLog, signal: new AbortController().signal },
        codesFor: (devices) => Promise.resolve(new Map(devices.map((device) => [device, 'code']))),
        enrolled: ({ device }) => alive.push(device),
      },
      ['cam-0101'],
    );
    own.close();
    credentials.close();
    expect([result, alive]).toEqual([{ enrolled: 1, failed: [] }, ['cam-0101']]);
  });
  it('uses what it has, renews what is old, buys the rest, and reports who got none', async () => {
    const made = folder();
    const credentials = openCredentials(made);
    const own = client();
    credentials.put(await own.enrol('cam-0001', 'x'));
    est.lifeDays = 10;
    credentials.put(await own.enrol('cam-0002', 'x'));
    est.lifeDays = 90;
    const before = est.asked.length;
    const wanted: string[][] = [];
    const alive: string[] = [];
    const result = await enrolAll(
      {
        est: own,
        credentials,
        log: silentLog,
        signal: new AbortController().signal,
        codesFor: (devices) => {
          wanted.push([...devices]);
          return Promise.resolve(new Map([['cam-0003', 'code']]));
        },
        enrolled: ({ device }) => alive.push(device),
      },
      ['cam-0001', 'cam-0002', 'cam-0003', 'cam-0004'],
    );
    own.close();
    credentials.close();
    expect(wanted).toEqual([['cam-0003', 'cam-0004']]);
    expect(alive.sort()).toEqual(['cam-0001', 'cam-0002', 'cam-0003']);
    expect(result.failed.map((one) => one.device)).toEqual(['cam-0004']);
    expect(est.asked.slice(before).map((one) => one.path.split('/').pop())).toEqual(['simplereenroll', 'simpleenroll']);
    expect(openCredentials(made).size).toBe(3);
  });
});
