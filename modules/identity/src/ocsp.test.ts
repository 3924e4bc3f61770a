/** OCSP without a client: what is asked and answered, byte by byte, and what nobody may ask. openssl judges the same in tests/foreign. */
import { createHash, randomBytes, verify, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { keyBitsOf } from './authority.ts';
import { contextTag, integerOf, octetString, oid, readDer, sequence, TAG, tlv } from './domain/der.ts';
import { encodeOcspFault, OCSP_REQUEST_MAX_BYTES, parseOcspRequest } from './domain/ocsp.ts';
import { subjectOf } from './domain/names.ts';
import { OID } from './domain/oids.ts';
import type { Identity } from './service.ts';
import { enrolled, removeFolder, testClock, testFolder, testIdentity } from './testing.ts';

const folder = testFolder();
const clock = testClock();
const because = { reason: 'test', by: 'per-1' };
let sql: TestSql;
let identity: Identity;
let issuing: X509Certificate;
beforeAll(async () => {
  sql = await openTestSql();
  identity = testIdentity(sql, { folder, clock });
  await identity.start();
  issuing = new X509Certificate(identity.authority.caPem.split(/(?<=-----END CERTIFICATE-----\n)/)[1]!);
});
afterAll(async () => {
  await identity.stop();
  await sql.stop();
  removeFolder(folder);
});

async function enrol(device: string): Promise<string> {
  return (await enrolled(identity, device)).serialNumber;
}

interface Asking {
  readonly nonce?: Buffer;
  readonly issuer?: Buffer;
  readonly hash?: 'sha1' | 'sha256';
}
const hashed = (hash: string, bytes: Uint8Array): Buffer => octetString(createHash(hash).update(bytes).digest());
function question(serial: string, { issuer, hash = 'sha1' }: Asking): Buffer {
  const spki = issuing.publicKey.export({ type: 'spki', format: 'der' });
  const names = [hashed(hash, issuer ?? subjectOf(issuing.raw).der), hashed(hash, keyBitsOf(spki))];
  const algorithm = sequence(oid(OID[hash]), Buffer.from([TAG.null, 0]));
  return sequence(sequence(algorithm, ...names, integerOf(Buffer.from(serial, 'hex'))));
}
function request(serials: readonly string[], asking: Asking = {}): Buffer {
  const list = sequence(...serials.map((serial) => question(serial, asking)));
  const nonce = (bytes: Buffer): Buffer =>
    tlv(contextTag(2, true), sequence(sequence(oid(OID.ocspNonce), octetString(octetString(bytes)))));
  return sequence(sequence(list, ...(asking.nonce ? [nonce(asking.nonce)] : [])));
}
/** Status of the whole, and the verdicts with the signature checked. */
async function ask(der: Buffer): Promise<{ status: number; verdicts: string[]; answer: Buffer }> {
  const answer = await identity.ocsp.answer(der);
  const outer = readDer(readDer(answer).take(TAG.sequence, 'answer').body);
  const status = outer.take(TAG.enumerated, 'status').body[0]!;
  if (status !== 0) return { status, verdicts: [], answer };
  const bytes = readDer(outer.take(contextTag(0, true), 'bytes').body).take(TAG.sequence, 'bytes');
  const inner = readDer(bytes.body);
  inner.take(TAG.oid, 'type');
  const basic = readDer(readDer(inner.take(TAG.octetString, 'basic').body).take(TAG.sequence, 'basic').body);
  const data = basic.take(TAG.sequence, 'data');
  basic.take(TAG.sequence, 'algorithm');
  const signature = basic.take(TAG.bitString, 'signature').body.subarray(1);
  const certificates = readDer(basic.take(contextTag(0, true), 'certificates').body).take(TAG.sequence, 'list');
  const responder = new X509Certificate(certificates.body);
  expect(responder.keyUsage).toEqual(['1.3.6.1.5.5.7.3.9']);
  expect(responder.verify(issuing.publicKey)).toBe(true);
  expect(verify('sha256', data.whole, responder.publicKey, signature)).toBe(true);
  const fields = readDer(data.body);
  fields.take(contextTag(2, true), 'responder');
  fields.take(TAG.generalizedTime, 'made');
  const list = readDer(fields.take(TAG.sequence, 'answers').body);
  const verdicts: string[] = [];
  while (list.more()) {
    const one = readDer(list.take(TAG.sequence, 'answer').body);
    one.take(TAG.sequence, 'id');
    verdicts.push({ 0x80: 'good', 0xa1: 'revoked', 0x82: 'unknown' }[one.any('status').tag]!);
  }
  return { status, verdicts, answer };
}

describe('a certificate', () => {
  it('is good, revoked or unknown, of now, by either hash', async () => {
    const [good, held] = [await enrol('cam-0001'), await enrol('cam-0002')];
    const serials = [good, held, '11'.repeat(16)];
    await identity.hold('cam-0002', { until: clock() + 60_000, ...because });
    for (const hash of ['sha1', 'sha256'] as const)
      expect((await ask(request(serials, { hash }))).verdicts).toEqual(['good', 'revoked', 'unknown']);
    await identity.release('cam-0002', because);
    expect((await ask(request(serials))).verdicts).toEqual(['good', 'good', 'unknown']);
    await enrol('cam-0002');
    await identity.end('cam-0001', { as: 'retired', ...because });
    expect((await ask(request(serials))).verdicts).toEqual(['revoked', 'revoked', 'unknown']);
  });
  it('of a listener is good', async () => {
    const { serial } = await identity.authority.serverCertificate();
    expect((await ask(request([serial]))).verdicts).toEqual(['good']);
  });
  it('is answered for with the nonce that was sent, of 1 to 128 bytes', async () => {
    const serial = await enrol('cam-0003');
    for (const bytes of [1, 32, 128]) {
      const nonce = randomBytes(bytes);
      expect((await ask(request([serial], { nonce }))).answer.includes(octetString(nonce))).toBe(true);
    }
    for (const bytes of [0, 129]) {
      const { status } = await ask(request([serial], { nonce: Buffer.alloc(bytes) }));
      expect([bytes, status]).toEqual([bytes, 1]);
    }
  });
  it('of another issuer is not ours to speak of', async () => {
    expect((await ask(request(['11'], { issuer: sequence() }))).status).toBe(6);
  });
  it('is answered for by a new responder before the old one ends', async () => {
    const serial = await enrol('cam-0004');
    const first = await ask(request([serial]));
    clock.add(4 * DAY_MS);
    await ask(request([serial])); // answered by the old one, while the new one is made
    await identity.issueCodes(['cam-0004'], 'per-1'); // and is kept
    const second = await ask(request([serial]));
    clock.add(-4 * DAY_MS);
    expect(second.verdicts).toEqual(['good']);
    expect(second.answer.subarray(-200).equals(first.answer.subarray(-200))).toBe(false);
  });
});

describe('a path', () => {
  it('carries a request, escaped or not', async () => {
    const der = request([await enrol('cam-0005')]);
    const base64 = der.toString('base64');
    for (const path of [base64, encodeURIComponent(base64)]) {
      const answer = await identity.est({
        ...{ method: 'GET', path: `/ocsp/${path}`, headers: {}, body: Buffer.alloc(0) },
        ...{ address: '::1', certificate: null },
      });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/ocsp-response']);
      expect(answer.body.length).toBeGreaterThan(200);
    }
  });
  it.each(['', '%', '%zz', '!!', 'A'.repeat(20_000)])('that is none is answered as malformed: %#', async (path) => {
    expect(await identity.ocsp.answerPath(path)).toEqual(encodeOcspFault('malformed'));
  });
});

describe('a hostile request', () => {
  it('is refused for its size and for how much it asks', async () => {
    const whole = request(Array.from({ length: 17 }, () => '11'));
    expect(parseOcspRequest(whole).ok).toBe(false);
    expect(parseOcspRequest(request(Array.from({ length: 16 }, () => '11'))).ok).toBe(true);
    expect(parseOcspRequest(request(['11'.repeat(21)])).ok).toBe(false);
    const large = parseOcspRequest(Buffer.alloc(OCSP_REQUEST_MAX_BYTES + 1));
    expect(large.ok ? null : large.error.code).toBe('OCSP_TOO_LARGE');
  });
  it('never makes the reader throw', () => {
    const good = request(['11'.repeat(16), '22'], { nonce: randomBytes(16) });
    const changed = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((changes) => {
        const copy = Buffer.from(good);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    const cut = fc.nat(good.length).map((length) => good.subarray(0, length));
    fc.assert(
      fc.property(fc.oneof(changed, cut, fc.uint8Array({ maxLength: 200 })), (der) => {
        const parsed = parseOcspRequest(der);
        if (parsed.ok) expect(parsed.value.questions.length).toBeGreaterThan(0);
        else expect(['OCSP_UNREADABLE', 'OCSP_TOO_LARGE']).toContain(parsed.error.code);
      }),
      { numRuns: 10_000 },
    );
  });
});
