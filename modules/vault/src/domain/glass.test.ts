/** An emergency is one patient in care here and now, for half an hour, and not often. */
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { decideGlass, glassAgainst, GLASS_MS, type CareHeld, type Emergency, type GlassHeld } from './glass.ts';
import { unwritten } from './lives/life.ts';

const NOW = Date.UTC(2027, 0, 15);
const care: CareHeld = { id: 'car-1', subject: 'per-pat', organisation: 'harbour', until: NOW + DAY_MS, ended: null };
const life = unwritten('per-pat');
const emergency: Emergency = {
  ...{ subject: 'per-pat', clinician: 'per-doc', organisations: ['harbour'], life, care: [care], before: [] },
};
const glass = (change: Partial<GlassHeld> = {}): GlassHeld => ({
  ...{ id: 'gla-1', subject: 'per-other', by: 'per-doc', organisation: 'harbour', care: 'car-1' },
  ...{ at: NOW - 2 * DAY_MS, until: NOW - 2 * DAY_MS + GLASS_MS, ended: null, outcome: null, reviewedAt: null },
  ...change,
});
const many = (count: number, change: Partial<GlassHeld>): GlassHeld[] =>
  Array.from({ length: count }, () => glass(change));
const recently = { at: NOW - DAY_MS + 1, until: NOW - DAY_MS + GLASS_MS };
const proof = { document: 'rec-1', recordedBy: 'a', confirmedBy: 'b' };
const standing = { id: 'sta-1', as: 'guardian', since: 0, until: null, ended: null, proof } as const;

describe('an emergency', () => {
  it('is half an hour, and no longer than the care', () => {
    const decided = decideGlass(emergency, NOW);
    expect(decided).toEqual({ ok: true, value: { care, until: NOW + GLASS_MS, flags: [] } });
    const short = decideGlass({ ...emergency, care: [{ ...care, until: NOW + 60_000 }] }, NOW);
    expect(short.ok && short.value.until).toBe(NOW + 60_000);
  });
  it.each<[string, Partial<Emergency>]>([
    ['not-in-care', { care: [] }],
    ['not-in-care', { care: [{ ...care, ended: NOW - 1 }] }],
    ['not-in-care', { care: [{ ...care, until: NOW }] }],
    ['not-in-care', { organisations: ['north'] }],
    ['not-in-care', { organisations: [], clinician: 'per-pat' }],
    ['oneself', { clinician: 'per-pat' }],
    ['deceased', { life: { ...life, diedAt: NOW - 1 } }],
    ['own-family', { life: { ...life, kin: ['per-doc'] } }],
    ['own-family', { life: { ...life, standings: [{ ...standing, person: 'per-doc' }] } }],
    ['barred', { before: [glass({ outcome: 'not-justified', reviewedAt: NOW - 89 * DAY_MS })] }],
    ['another-patient-open', { before: [glass({ at: NOW - 1, until: NOW + 1 })] }],
    ['too-many-by-clinician', { before: many(3, recently) }],
    ['too-many-of-patient', { before: many(6, { ...recently, subject: 'per-pat', by: 'per-else' }) }],
  ])('is refused as %s', (why, change) =>
    expect(decideGlass({ ...emergency, ...change }, NOW)).toEqual({ ok: false, error: why }),
  );
  it.each<[string, Partial<Emergency>]>([
    ['after ninety days', { before: [glass({ outcome: 'not-justified', reviewedAt: NOW - 90 * DAY_MS })] }],
    ['once another patient’s is over', { before: [glass({ at: NOW - 1, until: NOW + 1, ended: NOW - 1 })] }],
    ['a day after the third', { before: many(3, { ...recently, at: NOW - DAY_MS }) }],
    ['where it was justified', { before: [glass({ outcome: 'justified', reviewedAt: NOW - 1 })] }],
  ])('is let again %s', (_, change) => expect(decideGlass({ ...emergency, ...change }, NOW).ok).toBe(true));

  it.each<[string[], Partial<Emergency>]>([
    [['guarded'], { life: { ...life, isGuarded: true } }],
    [['unusually-often'], { before: many(3, {}) }],
    [[], { before: many(2, {}) }],
    [[], { before: [...many(3, {}), ...many(2, { by: 'per-else' }), ...many(3, { by: 'per-more' })] }],
    [['unusually-often'], { before: [...many(6, {}), ...many(2, { by: 'per-else' }), ...many(2, { by: 'per-more' })] }],
    [
      ['not-justified-before'],
      { before: [glass({ outcome: 'not-justified', reviewedAt: NOW - 200 * DAY_MS, at: 0 })] },
    ],
  ])('has the flags %o', (flags, change) => {
    const decided = decideGlass({ ...emergency, ...change }, NOW);
    expect(decided.ok && decided.value.flags).toEqual(flags);
  });
});

describe('broken glass', () => {
  const open = glass({ subject: 'per-pat', at: NOW, until: NOW + GLASS_MS });
  const around = { care, life, organisations: ['harbour'] };
  it.each<[string | null, GlassHeld, Partial<typeof around> & { care?: CareHeld | null }, number]>([
    [null, open, {}, NOW + GLASS_MS - 1],
    ['glass-over', open, {}, NOW + GLASS_MS],
    ['glass-over', { ...open, ended: NOW + 1 }, {}, NOW + 1],
    ['care-over', open, { care: { ...care, ended: NOW + 1 } }, NOW + 1],
    ['care-over', open, { care: null as never }, NOW],
    ['care-over', open, { organisations: [] }, NOW],
    ['deceased', open, { life: { ...life, diedAt: NOW } }, NOW],
  ])('is %s', (...[why, held, change, now]) => expect(glassAgainst(held, { ...around, ...change }, now)).toBe(why));
});
