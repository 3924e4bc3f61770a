/** Requests made by another library are read; changed, weak and random ones are refused without a throw. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { bitString, contextTag, integer, integerOf, oid, sequence, TAG, tlv } from './domain/der.ts';
import { nameOf } from './domain/names.ts';
import { OID } from './domain/oids.ts';
import { decodeRequestBody } from './domain/request-body.ts';
import { parseSigningRequest } from './domain/signing-request.ts';
import { provesPossession } from './enrolment-desk.ts';
import { newRequest } from './testing.ts';

type Algorithm = Parameters<typeof webcrypto.subtle.generateKey>[0];

beforeAll(() => x509.cryptoProvider.set(webcrypto as never));

async function foreign(key: Algorithm, signing: Algorithm, extensions: x509.Extension[] = []): Promise<Buffer> {
  const keys = (await webcrypto.subtle.generateKey(key, true, ['sign', 'verify'])) as never;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=cam-0001',
    keys,
    signingAlgorithm: signing as never,
    extensions,
    attributes: [new x509.ChallengePasswordAttribute('ignored')],
  });
  return Buffer.from(request.rawData);
}
const ec = (namedCurve: string, hash: string): [Algorithm, Algorithm] => [
  { name: 'ECDSA', namedCurve } as Algorithm,
  { name: 'ECDSA', hash } as Algorithm,
];
const rsa = (modulusLength: number, hash: string): [Algorithm, Algorithm] => {
  const key = { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash };
  return [key as Algorithm, key as Algorithm];
};

describe('a request of another library', () => {
  it.each([
    ['P-256', ec('P-256', 'SHA-256')],
    ['P-256', ec('P-256', 'SHA-512')],
    ['P-384', ec('P-384', 'SHA-384')],
    ['RSA', rsa(2_048, 'SHA-256')],
    ['Ed25519', [{ name: 'Ed25519' }, { name: 'Ed25519' }] as [Algorithm, Algorithm]],
  ])('with a key of kind %s is read and proves possession', async (kind, [key, signing]) => {
    const uri = 'spiffe://port-merrow/device/cam-0001';
    const names = new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }]);
    const parsed = parseSigningRequest(await foreign(key, signing, [names]));
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(parsed.value.key).toBe(kind);
    expect(parsed.value.subject).toEqual([{ type: '2.5.4.3', value: 'cam-0001' }]);
    expect(parsed.value.alternativeNames).toEqual([{ kind: 'uri', value: uri }]);
    expect(await provesPossession(parsed.value)).toBe(true);
  });
  it.each([
    ['a short RSA key', rsa(1_024, 'SHA-256')],
    ['another curve', ec('P-521', 'SHA-512')],
    ['SHA-1', ec('P-256', 'SHA-1')],
  ])('with %s is refused by name', async (_what, [key, signing]) => {
    const parsed = parseSigningRequest(await foreign(key, signing));
    expect(parsed.ok ? null : parsed.error.code).toBe('KEY_NOT_ACCEPTED');
  });
});

describe('an RSA key', () => {
  const withRsa = (modulusBytes: number, exponent: number): Buffer => {
    const modulus = Buffer.alloc(modulusBytes, 0xa5);
    const key = sequence(integerOf(modulus), integer(exponent));
    const spki = sequence(sequence(oid(OID.rsa), Buffer.from([TAG.null, 0])), bitString(key));
    const info = sequence(integer(0), nameOf('cam-0001'), spki, tlv(contextTag(0, true)));
    return sequence(info, sequence(oid(OID.rsaSha256), Buffer.from([TAG.null, 0])), bitString(Buffer.alloc(256)));
  };
  it.each([
    [255, 65_537, false],
    [256, 65_537, true],
    [512, 3, true],
    [513, 65_537, false],
    [256, 1, false],
    [256, 65_536, false],
    [256, 2 ** 40 + 1, false],
  ])('of %i bytes with exponent %i: accepted %s', (bytes, exponent, accepted) => {
    const parsed = parseSigningRequest(withRsa(bytes, exponent));
    expect(parsed.ok).toBe(accepted);
    if (!parsed.ok) expect(parsed.error.code).toBe('KEY_NOT_ACCEPTED');
  });
});

describe('a changed request', () => {
  const { der } = newRequest('cam-0001', 'spiffe://port-merrow/device/cam-0001');

  it('proves possession as it is', async () => {
    const parsed = parseSigningRequest(der);
    expect(parsed.ok && (await provesPossession(parsed.value))).toBe(true);
  });
  it('never proves possession once a byte has changed, and never throws', async () => {
    const change = fc.record({ at: fc.nat(der.length - 1), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, by }) => {
        const changed = Buffer.from(der);
        changed[at]! ^= by;
        const parsed = parseSigningRequest(changed);
        // ECDSA has one other valid signature (n - s), which a single byte cannot reach.
        if (parsed.ok) expect(await provesPossession(parsed.value)).toBe(false);
      }),
      { numRuns: 4_000 },
    );
  });
  it('is refused when cut anywhere', () => {
    for (let length = 0; length < der.length; length++)
      expect(parseSigningRequest(der.subarray(0, length)).ok).toBe(false);
  });
});

describe('anything else', () => {
  it('is refused without a throw: random bytes, and a request with pieces moved', () => {
    const { der } = newRequest('cam-0001');
    const moved = fc
      .record({ from: fc.nat(der.length), to: fc.nat(der.length), insert: fc.uint8Array({ maxLength: 24 }) })
      .map(({ from, to, insert }) => Buffer.concat([der.subarray(0, from), insert, der.subarray(Math.min(from, to))]));
    const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(random, moved), (bytes) => {
        const parsed = parseSigningRequest(bytes);
        if (!parsed.ok) expect(parsed.error.message.length).toBeLessThan(300);
      }),
      { numRuns: 10_000 },
    );
  });
  it('that is too large is refused before it is read', () => {
    const parsed = parseSigningRequest(Buffer.alloc(20_000, 0x30));
    expect(parsed.ok ? null : parsed.error.code).toBe('REQUEST_TOO_LARGE');
  });
  it('in the body is refused without a throw', () => {
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.base64String().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(texts, (bytes) => {
        const decoded = decodeRequestBody(bytes);
        if (decoded.ok) parseSigningRequest(decoded.value);
      }),
      { numRuns: 10_000 },
    );
  });
});
