/** A grant allows what it says and nothing beside it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RIGHTS } from '@cityward/contracts';
import { against, faultsOf, narrower, type Ask, type Grant } from './grant.ts';

const NOW = Date.UTC(2027, 0, 15);
const DAY = 86_400_000;
const grant: Grant = {
  id: 'gr-1',
  subject: 'sub-aroha',
  grantee: { person: 'per-ben', organisation: 'harbour-clinic', role: 'doctor' },
  scope: { of: 'categories', categories: ['blood-tests', 'notes'] },
  rights: ['view', 'print'],
  purpose: 'TREAT',
  from: NOW - DAY,
  until: NOW + 45 * DAY,
  uses: 10,
  used: 3,
  depth: 1,
  refrains: ['DELAU'],
  state: { is: 'standing' },
};
const ask: Ask = {
  subject: 'sub-aroha',
  record: 'rec-1',
  category: 'blood-tests',
  person: 'per-ben',
  organisation: 'harbour-clinic',
  roles: ['doctor', 'manager'],
  right: 'view',
  purpose: 'TREAT',
};

describe('a grant', () => {
  it('allows what it says', () => expect(against(grant, ask, NOW)).toBeNull());

  it.each<[string, Partial<Ask>]>([
    ['another-subject', { subject: 'sub-hemi' }],
    ['another-person', { person: 'per-cat' }],
    ['another-person', { organisation: 'north-clinic' }],
    ['another-person', { roles: ['manager'] }],
    ['another-record', { category: 'x-rays' }],
    ['another-purpose', { purpose: 'HRESCH' }],
    ['right-not-given', { right: 'copy' }],
    ['right-not-given', { right: 'text' }],
  ])('says %s where one thing differs: %o', (why, change) => {
    expect(against(grant, { ...ask, ...change }, NOW)).toBe(why);
  });

  it.each<[string, Partial<Grant>, number]>([
    ['taken-back', { state: { is: 'taken-back', by: 'sub-aroha', at: NOW } }, NOW],
    ['not-yet', {}, grant.from - 1],
    ['ended', {}, grant.until],
    ['used-up', { used: 10 }, NOW],
  ])('says %s where it no longer, or not yet, stands', (why, change, now) => {
    expect(against({ ...grant, ...change }, ask, now)).toBe(why);
  });

  it('stands from its first to before its last millisecond', () => {
    expect(against(grant, ask, grant.from)).toBeNull();
    expect(against(grant, ask, grant.until - 1)).toBeNull();
  });

  it('of named records allows no other, whatever its category', () => {
    const named: Grant = { ...grant, scope: { of: 'records', records: ['rec-1'] } };
    expect(against(named, ask, NOW)).toBeNull();
    expect(against(named, { ...ask, record: 'rec-2' }, NOW)).toBe('another-record');
  });

  it('for a role at an organisation allows whoever has it there', () => {
    const open: Grant = { ...grant, grantee: { ...grant.grantee, person: null } };
    expect(against(open, { ...ask, person: 'per-cat' }, NOW)).toBeNull();
    expect(against(open, { ...ask, person: 'per-cat', organisation: 'north-clinic' }, NOW)).toBe('another-person');
  });

  it('for a person alone allows that person, wherever they work and whatever they are', () => {
    const alone: Grant = { ...grant, grantee: { person: 'per-ben', organisation: null, role: null } };
    expect(against(alone, { ...ask, organisation: null, roles: [] }, NOW)).toBeNull();
    expect(against(alone, { ...ask, person: 'per-cat' }, NOW)).toBe('another-person');
  });
});

describe('a grant that is asked for', () => {
  it('is without fault as it is', () => expect(faultsOf(grant, NOW)).toEqual([]));

  it.each<[RegExp, Partial<Grant>]>([
    [/grantee: wanted a person/, { grantee: { person: null, organisation: 'harbour-clinic', role: null } }],
    [/grantee: wanted a person/, { grantee: { person: null, organisation: null, role: 'doctor' } }],
    [/categories 0: wanted 1/, { scope: { of: 'categories', categories: [] } }],
    [/records 201/, { scope: { of: 'records', records: Array.from({ length: 201 }, (_, i) => `rec-${i}`) } }],
    [/rights none/, { rights: [] }],
    [/end: wanted after/, { until: grant.from }],
    [/end: wanted after/, { until: NOW }],
    [/within five years/, { until: NOW + 6 * 365 * DAY }],
    [/uses 0/, { uses: 0 }],
    [/uses 1.5/, { uses: 1.5 }],
    [/depth 4/, { depth: 4 }],
    [/NOPERSISTP/, { refrains: ['NOPERSISTP'], rights: ['view', 'store'] }],
    [/NORDSCLCD/, { refrains: ['NORDSCLCD'], depth: 1 }],
  ])('is refused with %s', (fault, change) => {
    const faults = faultsOf({ ...grant, ...change }, NOW);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });
});

describe('a grant that is handed on', () => {
  const child: Grant = {
    ...grant,
    id: 'gr-2',
    grantee: { ...grant.grantee, person: 'per-cat' },
    depth: 0,
    uses: 7,
    used: 0,
  };

  it('may be all that it was, one step less far', () => expect(narrower(grant, child)).toEqual([]));

  it.each<[RegExp, Partial<Grant>]>([
    [/depth/, { depth: 1 }],
    [/subject/, { subject: 'sub-hemi' }],
    [/purpose/, { purpose: 'HRESCH' }],
    [/time/, { until: grant.until + 1 }],
    [/time/, { from: grant.from - 1 }],
    [/rights/, { rights: ['view', 'copy'] }],
    [/scope/, { scope: { of: 'categories', categories: ['x-rays'] } }],
    [/scope/, { scope: { of: 'records', records: ['rec-1'] } }],
    [/refrains/, { refrains: [] }],
    [/uses/, { uses: 8 }],
    [/uses/, { uses: null }],
    [/organisation/, { grantee: { ...child.grantee, organisation: 'north-clinic' } }],
  ])('is refused with %s', (fault, change) => {
    const faults = narrower(grant, { ...child, ...change });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });

  it('never allows what the one before did not, however it is drawn up', () => {
    const rights = fc.uniqueArray(fc.constantFrom(...RIGHTS), { minLength: 1 });
    const drawn = fc.record({
      rights,
      depth: fc.integer({ min: 0, max: 3 }),
      from: fc.integer({ min: NOW - 3 * DAY, max: NOW + DAY }),
      until: fc.integer({ min: NOW, max: NOW + 90 * DAY }),
      categories: fc.uniqueArray(fc.constantFrom('blood-tests', 'notes', 'x-rays'), { minLength: 1 }),
    });
    fc.assert(
      fc.property(
        drawn,
        fc.constantFrom(...RIGHTS),
        fc.integer({ min: NOW - 4 * DAY, max: NOW + 90 * DAY }),
        (draft, right, now) => {
          const { categories, ...rest } = draft;
          const handed: Grant = { ...child, ...rest, scope: { of: 'categories', categories } };
          if (narrower(grant, handed).length > 0) return;
          for (const category of ['blood-tests', 'notes', 'x-rays']) {
            const asked = { ...ask, right, category };
            if (against(handed, { ...asked, person: 'per-cat' }, now) === null)
              expect(against(grant, asked, now)).toBeNull();
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
