/** A grant allows what it says and nothing beside it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RIGHTS } from '@cityward/contracts';
import { against, faultsOf, narrower, notHeld, type Ask, type Grant, type Holder } from './grant.ts';

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
  parent: null,
  refrains: ['DELAU'],
  state: { is: 'standing' },
};
const ask: Ask = {
  subject: 'sub-aroha',
  record: 'rec-1',
  category: 'blood-tests',
  right: 'view',
  purpose: 'TREAT',
};
const ben: Holder = {
  person: 'per-ben',
  posts: [
    { organisation: 'harbour-clinic', role: 'doctor' },
    { organisation: 'north-clinic', role: 'manager' },
  ],
};
const cat: Holder = { person: 'per-cat', posts: [{ organisation: 'harbour-clinic', role: 'doctor' }] };
const alone = (of: Grant, asked: Ask, [now, holder]: readonly [number, Holder] = [NOW, ben]) =>
  against([{ grant: of, holder }], asked, now);

describe('a grant', () => {
  it('allows what it says', () => expect(alone(grant, ask)).toBeNull());

  it.each<[string, Partial<Ask>]>([
    ['another-subject', { subject: 'sub-hemi' }],
    ['another-record', { category: 'x-rays' }],
    ['another-purpose', { purpose: 'HRESCH' }],
    ['right-not-given', { right: 'copy' }],
    ['right-not-given', { right: 'text' }],
  ])('says %s where one thing differs: %o', (why, change) => {
    expect(alone(grant, { ...ask, ...change })).toBe(why);
  });

  it.each<[string, Partial<Grant>, number]>([
    ['taken-back', { state: { is: 'taken-back', by: 'sub-aroha', at: NOW } }, NOW],
    ['not-yet', {}, grant.from - 1],
    ['ended', {}, grant.until],
    ['used-up', { used: 10 }, NOW],
  ])('says %s where it no longer, or not yet, stands', (why, change, now) => {
    expect(alone({ ...grant, ...change }, ask, [now, ben])).toBe(why);
    expect(notHeld([{ grant: { ...grant, ...change }, holder: ben }], now)).toBe(why);
  });

  it('stands from its first to before its last millisecond', () => {
    expect(alone(grant, ask, [grant.from, ben])).toBeNull();
    expect(alone(grant, ask, [grant.until - 1, ben])).toBeNull();
  });

  it('of named records allows no other, whatever its category', () => {
    const named: Grant = { ...grant, scope: { of: 'records', records: ['rec-1'] } };
    expect(alone(named, ask)).toBeNull();
    expect(alone(named, { ...ask, record: 'rec-2' })).toBe('another-record');
  });

  it.each<[string, Holder]>([
    ['somebody else', cat],
    ['who works nowhere by now', { ...ben, posts: [] }],
    ['who has the role elsewhere alone', { ...ben, posts: [{ organisation: 'north-clinic', role: 'doctor' }] }],
    [
      'who has the place and the role, and not the one at the other',
      {
        ...ben,
        posts: [
          { organisation: 'harbour-clinic', role: 'receptionist' },
          { organisation: 'north-clinic', role: 'doctor' },
        ],
      },
    ],
  ])('is not for %s', (_who, holder) => {
    expect(alone(grant, ask, [NOW, holder])).toBe('another-person');
    expect(notHeld([{ grant, holder }], NOW)).toBe('another-person');
  });

  it('for a role at an organisation allows whoever has it there', () => {
    const open: Grant = { ...grant, grantee: { ...grant.grantee, person: null } };
    expect(alone(open, ask, [NOW, cat])).toBeNull();
    expect(alone(open, ask, [NOW, { ...cat, posts: [] }])).toBe('another-person');
  });

  it('for a person alone allows that person, wherever they work and whatever they are', () => {
    const named: Grant = { ...grant, grantee: { person: 'per-ben', organisation: null, role: null } };
    expect(alone(named, ask, [NOW, { ...ben, posts: [] }])).toBeNull();
    expect(alone(named, ask, [NOW, cat])).toBe('another-person');
  });

  it('that was handed on allows nothing that the one before does not allow to whoever handed it on', () => {
    const child: Grant = { ...grant, id: 'gr-2', parent: 'gr-1', grantee: { ...grant.grantee, person: 'per-cat' } };
    const over = (parent: Partial<Grant>, holder: Holder = ben) =>
      against(
        [
          { grant: child, holder: cat },
          { grant: { ...grant, ...parent }, holder },
        ],
        ask,
        NOW,
      );
    expect(over({})).toBeNull();
    expect(over({ state: { is: 'taken-back', by: 'sub-aroha', at: NOW } })).toBe('taken-back');
    expect(over({ until: NOW })).toBe('ended');
    expect(over({ used: 10 })).toBe('used-up');
    expect(over({ rights: ['print'] })).toBe('right-not-given');
    expect(over({}, { ...ben, posts: [] })).toBe('another-person');
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
    [/with the organisation/, { grantee: { person: 'per-ben', organisation: null, role: 'doctor' }, depth: 0 }],
    [/within which/, { grantee: { person: 'per-ben', organisation: null, role: null } }],
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
            if (alone(handed, asked, [now, cat]) === null) expect(alone(grant, asked, [now, ben])).toBeNull();
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
