/** Shares of a secret: by known vectors, and for all secrets and sets of shares. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, multiply, split } from './shamir.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array | null): string | null => (value === null ? null : Buffer.from(value).toString('hex'));

describe('the field', () => {
  it('multiplies as FIPS 197 says (4.2)', () => {
    expect([multiply(0x57, 0x83), multiply(0x57, 0x13), multiply(0, 7), multiply(1, 7)]).toEqual([0xc1, 0xfe, 0, 7]);
  });
});

describe('a secret in shares', () => {
  it('comes back from the shares of draft-mcgrew-tss-03, section 9', () => {
    expect(hex(combine([bytes('01b9fa07e185'), bytes('02f5409b4511')]))).toBe('7465737400');
  });

  it('is split as that draft splits it, with its random numbers', () => {
    // Both shares lie on a line over each byte of "test\\0": its slope is what was random.
    const slope = Uint8Array.from(bytes('b9fa07e185'), (byte, i) => byte ^ bytes('7465737400')[i]!);
    const shares = split(bytes('7465737400'), { shares: 2, needed: 2, random: slope });
    expect(shares.map(hex)).toEqual(['01b9fa07e185', '02f5409b4511']);
  });

  const cases = fc
    .record({ shares: fc.integer({ min: 2, max: 9 }), secret: fc.uint8Array({ minLength: 32, maxLength: 32 }) })
    .chain(({ shares, secret }) =>
      fc.integer({ min: 2, max: shares }).chain((needed) =>
        fc.record({
          ...{ shares: fc.constant(shares), secret: fc.constant(secret), needed: fc.constant(needed) },
          random: fc.uint8Array({ minLength: (needed - 1) * 32, maxLength: (needed - 1) * 32 }),
          order: fc.shuffledSubarray(
            Array.from({ length: shares }, (_, i) => i),
            { minLength: needed, maxLength: shares },
          ),
        }),
      ),
    );
  it('comes back from any set that is large enough, in any order', () => {
    fc.assert(
      fc.property(cases, ({ secret, order, ...how }) => {
        const shares = split(secret, how);
        expect(hex(combine(order.map((i) => shares[i]!)))).toBe(hex(secret));
      }),
    );
  });

  it('is any secret at all to one share too few: each has a last share that would make it so', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (a, b) => {
          const random = Uint8Array.from({ length: 8 }, (_, i) => 17 * i + 3);
          const [held] = split(a, { shares: 2, needed: 2, random });
          const other = Uint8Array.from(held!.slice(1), (byte, i) => byte ^ b[i]!);
          expect(hex(combine([held!, split(b, { shares: 2, needed: 2, random: other })[1]!]))).toBe(hex(b));
        },
      ),
    );
  });

  it.each([
    ['one share', ['01aa']],
    ['the same share twice', ['01aa', '01aa']],
    ['a share with no number', ['00aa', '01aa']],
    ['shares of two lengths', ['01aa', '02aabb']],
  ])('is not made of %s', (_, some) => expect(combine(some.map(bytes))).toBeNull());

  it.each([
    { shares: 3, needed: 1 },
    { shares: 2, needed: 3 },
    { shares: 16, needed: 2 },
  ])('is not split in $needed of $shares', (how) =>
    expect(() => split(bytes('aa'), { ...how, random: new Uint8Array(how.needed - 1) })).toThrow('split a secret'),
  );
});
