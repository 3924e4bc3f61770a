/** What a service is known by, and what its calls say: each threshold from both sides. */
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { CERTIFICATE_ENDED_VALUE } from './health.ts';
import { conductOf, credentialHealth, REFUSED, type ShownBy } from './service-health.ts';

const NOW = Date.UTC(2027, 0, 1);
const NOTHING: ShownBy = { certificateEnds: null, hasKey: false, secretAt: null };

describe('what it is known by', () => {
  it.each<[string, Partial<ShownBy>, number | null]>([
    ['nothing', {}, null],
    ['a certificate', { certificateEnds: NOW + 1 }, 100],
    ['a certificate that ended', { certificateEnds: NOW }, CERTIFICATE_ENDED_VALUE],
    ['a key', { hasKey: true, certificateEnds: NOW - DAY_MS }, 100],
    ['a secret', { secretAt: NOW - 180 * DAY_MS }, 80],
    ['a secret beside a certificate that ended', { secretAt: NOW, certificateEnds: NOW - DAY_MS }, 80],
    ['an older secret', { secretAt: NOW - 180 * DAY_MS - 1 }, 65],
    ['an old secret', { secretAt: NOW - 360 * DAY_MS - 1 }, 50],
  ])('%s', (_, shown, value) => {
    expect(credentialHealth({ ...NOTHING, ...shown }, NOW)?.value ?? null).toBe(value);
  });
});

describe('what its calls say', () => {
  it.each([
    [0, 0, null],
    [REFUSED.many - 1, 0, null],
    [REFUSED.many, 0, 60],
    [REFUSED.search - 1, 0, 60],
    [REFUSED.search, 0, 35],
    [0, 1, 60],
    [0, 1_000, 60],
    [REFUSED.search, 1, 35],
  ])('%i refused and %i strayed', (refused, strayed, value) => {
    expect(conductOf({ refused, strayed })?.value ?? null).toBe(value);
  });
});
