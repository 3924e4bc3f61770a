/** Our own sine and exponential agree with the built-in ones where the city uses them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cosine, exponential, sine } from './exact.ts';

it('agrees with the built-in functions', () => {
  fc.assert(
    fc.property(fc.double({ min: -3_000, max: 3_000, noNaN: true }), (angle) => {
      expect(Math.abs(sine(angle) - Math.sin(angle))).toBeLessThan(1e-11);
      expect(Math.abs(cosine(angle) - Math.cos(angle))).toBeLessThan(1e-11);
    }),
  );
  fc.assert(
    fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (x) => {
      expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-12);
    }),
  );
});
