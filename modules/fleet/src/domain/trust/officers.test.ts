/** A server cannot make itself officers: every way to bring in a document that the officers did not want. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OfficerKey, Officers, SignedOfficers } from '@cityward/contracts';
import {
  signedOfficers,
  TEST_NOW,
  testJob,
  testOfficer,
  testOfficers,
  testPasskey,
  testThresholds,
  type TestOfficer,
} from '../../testing.ts';
import { jobBytes } from './bytes.ts';
import { verifyFirstOfficers, verifyOfficers } from './officers.ts';
import { TRUST_CODES } from './refusals.ts';

const [ann, bob, eve] = [testOfficer('ann'), testOfficer('bob'), testOfficer('eve')];
const [mallory, trudy] = [testOfficer('mallory'), testOfficer('trudy')];
const cleo = testPasskey('cleo');
const pinned = testOfficers([ann, bob, cleo]);
const following = testOfficers([ann, bob, eve, cleo], { version: 2 });

const verdict = (next: unknown, before: Officers = pinned, now = TEST_NOW): string => {
  const judged = verifyOfficers(before, next as SignedOfficers, now);
  return judged.ok ? 'accepted' : judged.error.code;
};
const signedBy = (officers: Officers, ...signers: TestOfficer[]): string => verdict(signedOfficers(officers, signers));
const first = (officers: Officers, ...signers: TestOfficer[]): string => {
  const judged = verifyFirstOfficers(signedOfficers(officers, signers), TEST_NOW);
  return judged.ok ? 'accepted' : judged.error.code;
};

describe('the next version', () => {
  it('is taken when enough officers of both have signed it', () => {
    expect(signedBy(following, ann, bob)).toBe('accepted');
    expect(signedBy(following, ann, bob, eve)).toBe('accepted');
  });
  it('is taken after a pinned one that has expired: else nobody could ever follow it', () =>
    expect(verdict(signedOfficers(following, [ann, bob]), { ...pinned, expires: TEST_NOW - 1 })).toBe('accepted'));
  it('is not taken with two invented officers who signed it themselves', () => {
    const invented = testOfficers([ann, bob, mallory, trudy], { version: 2 });
    expect(signedBy(invented, mallory, trudy)).toBe('OFFICERS_NOT_SIGNED');
    expect(signedBy(invented, ann, mallory, trudy)).toBe('OFFICERS_NOT_SIGNED');
    expect(signedBy(testOfficers([mallory, trudy], { version: 2 }), mallory, trudy)).toBe('OFFICERS_NOT_SIGNED');
  });
  it('is not taken with the names of officers and keys of others', () => {
    const [fakeAnn, fakeBob] = [testOfficer('ann'), testOfficer('bob')];
    expect(signedBy(testOfficers([fakeAnn, fakeBob], { version: 2 }), fakeAnn, fakeBob)).toBe('OFFICERS_KEY_TWICE');
    const otherIds = [testOfficer('ann', 'ann-new'), testOfficer('bob', 'bob-new')];
    expect(signedBy(testOfficers(otherIds, { version: 2 }), ...otherIds)).toBe('OFFICERS_NOT_SIGNED');
  });
  it('needs enough of the next one too: a threshold that its own officers did not reach is none', () => {
    const three = { ...following, thresholds: { ...testThresholds(), officers: 3 } };
    expect(signedBy(three, ann, bob)).toBe('OFFICERS_NOT_SIGNED');
    expect(signedBy(three, ann, bob, eve)).toBe('accepted');
    const without = testOfficers([ann, eve], { version: 2 });
    expect(signedBy(without, ann, bob)).toBe('OFFICERS_NOT_SIGNED');
    expect(signedBy(without, ann, bob, eve)).toBe('accepted');
  });
  it('does not shrink a threshold by the will of fewer than the old one asks for', () => {
    const one = { ...following, thresholds: { ...testThresholds(), officers: 1 } };
    expect(signedBy(one, ann)).toBe('OFFICERS_NOT_SIGNED');
    expect(signedBy(one, ann, bob)).toBe('accepted');
    for (const thresholds of [{ officers: 0 }, { install: 1 }, { install: 0 }, { set: 1 }, { wipe: 1 }, { restart: 0 }])
      expect(signedBy({ ...following, thresholds: { ...testThresholds(), ...thresholds } }, ann, bob)).toBe(
        'OFFICERS_SHAPE',
      );
  });
  it('is not one that nobody could follow or use', () => {
    expect(signedBy({ ...following, thresholds: { ...testThresholds(), officers: 4 } }, ann, bob)).toBe(
      'OFFICERS_UNREACHABLE',
    );
    expect(signedBy({ ...following, thresholds: { ...testThresholds(), install: 5 } }, ann, bob)).toBe(
      'OFFICERS_UNREACHABLE',
    );
    const passkeys = { ...testOfficers([cleo], { version: 2 }), thresholds: { ...testThresholds(), officers: 1 } };
    expect(signedBy(passkeys, ann, bob)).toBe('OFFICERS_UNREACHABLE');
  });
  it('is exactly one higher, of this city, and not over', () => {
    expect(signedBy({ ...following, version: 3 }, ann, bob)).toBe('OFFICERS_VERSION');
    expect(signedBy({ ...following, version: 1 }, ann, bob)).toBe('OFFICERS_VERSION');
    expect(signedBy({ ...following, city: 'Port Other' }, ann, bob)).toBe('OFFICERS_OTHER_CITY');
    expect(signedBy({ ...following, expires: TEST_NOW }, ann, bob)).toBe('OFFICERS_EXPIRED');
    expect(verdict(signedOfficers(following, [ann, bob]), pinned, Number.NaN)).toBe('CLOCK_UNKNOWN');
  });
  it('counts an officer once, whatever keys that officer has', () => {
    const second = testOfficer('ann', 'ann-second');
    const before = testOfficers([ann, second, bob]);
    const after = { ...before, version: 2 };
    expect(verdict(signedOfficers(after, [ann, second]), before)).toBe('OFFICERS_NOT_SIGNED');
    expect(verdict(signedOfficers(after, [ann, bob]), before)).toBe('accepted');
    expect(signedBy(following, ann, ann)).toBe('OFFICER_TWICE');
  });
  it('has no key twice under two names, and no key that needs no secret', () => {
    const double = { ...eve.key, publicKey: ann.key.publicKey };
    expect(signedBy({ ...following, keys: [ann.key, bob.key, double] }, ann, bob)).toBe('OFFICERS_KEY_TWICE');
    expect(signedBy({ ...following, keys: [ann.key, bob.key, { ...eve.key, id: ann.key.id }] }, ann, bob)).toBe(
      'OFFICERS_KEY_TWICE',
    );
    const weak = ['00'.repeat(32), `01${'00'.repeat(31)}`, `ec${'ff'.repeat(30)}7f`, `ed${'ff'.repeat(31)}`].map(
      (hex): OfficerKey => ({ ...eve.key, publicKey: Buffer.from(hex, 'hex').toString('base64url') }),
    );
    for (const key of weak)
      expect(signedBy({ ...following, keys: [ann.key, bob.key, key] }, ann, bob)).toBe('OFFICERS_KEY_WEAK');
  });
  it('is signed by officers alone, each rightly, and not by passkeys', () => {
    expect(signedBy(following, ann, bob, mallory)).toBe('KEY_UNKNOWN');
    const { signatures } = signedOfficers(following, [ann, bob]);
    const later = { ...following, expires: following.expires + 1 };
    expect(verdict({ officers: later, signatures })).toBe('SIGNATURE_WRONG');
    expect(verdict({ officers: following, signatures: [...signatures, { ...signatures[0], key: cleo.key.id }] })).toBe(
      'SIGNATURE_KIND',
    );
    expect(verdict({ officers: following, signatures: [] })).toBe('OFFICERS_NOT_SIGNED');
    const job = jobBytes(testJob([{ device: 'lamp-0001', counter: 1 }]));
    expect(verdict({ officers: following, signatures: [ann.sign(job), bob.sign(job)] })).toBe('SIGNATURE_WRONG');
  });
  it.each(Object.keys(following))('is another when its "%s" changes after signing', (field) => {
    const { signatures } = signedOfficers(following, [ann, bob]);
    const others: Partial<Record<string, unknown>> = {
      kind: 'cityward-job',
      version: 3,
      city: 'Port Other',
      expires: following.expires + 1,
      thresholds: { ...following.thresholds, restart: 2 },
      keys: following.keys.slice(0, 3),
    };
    expect(verdict({ officers: { ...following, [field]: others[field] }, signatures })).not.toBe('accepted');
  });
});

describe('the first version', () => {
  it('is signed by its own officers', () => {
    expect(first(pinned, ann, bob)).toBe('accepted');
    expect(first(pinned, ann)).toBe('OFFICERS_NOT_SIGNED');
    expect(first(following, ann, bob)).toBe('OFFICERS_VERSION');
    expect(first(pinned, ann, mallory)).toBe('KEY_UNKNOWN');
    expect(first({ ...pinned, expires: TEST_NOW }, ann, bob)).toBe('OFFICERS_EXPIRED');
    expect(first(testOfficers([ann, bob, testOfficer('eve', 'ann-key')]), ann, bob)).toBe('OFFICERS_KEY_TWICE');
  });
});

describe('anything else', () => {
  const never = (next: unknown): void => {
    for (const judge of [verifyFirstOfficers, (one: SignedOfficers, now: number) => verifyOfficers(pinned, one, now)]) {
      const judged = judge(next as SignedOfficers, TEST_NOW);
      expect(judged.ok).toBe(false);
      if (!judged.ok) expect(Object.keys(TRUST_CODES)).toContain(judged.error.code);
    }
  };
  it('is refused and never throws: 5,000 values of every kind', () => {
    fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), never), {
      numRuns: 5_000,
    });
  });
  it('is refused and never throws: 5,000 documents that are almost right', () => {
    const almost = fc.record({
      officers: fc.record({
        kind: fc.constant('cityward-officers'),
        version: fc.constantFrom(1, 2, 3, 1.5, -1),
        city: fc.constantFrom(pinned.city, ''),
        expires: fc.oneof(fc.constant(following.expires), fc.double()),
        thresholds: fc.oneof(fc.constant(testThresholds()), fc.anything()),
        keys: fc.oneof(
          fc.constant(following.keys),
          fc.array(fc.oneof(fc.constantFrom<unknown>(...following.keys), fc.anything())),
        ),
      }),
      signatures: fc.array(
        fc.oneof(
          fc.record({
            key: fc.constantFrom(ann.key.id, bob.key.id, 'nobody'),
            alg: fc.constantFrom('ed25519', 'webauthn', 'none'),
            signature: fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
          }),
          fc.anything(),
        ),
      ),
    });
    fc.assert(fc.property(almost, never), { numRuns: 5_000 });
  });
});
