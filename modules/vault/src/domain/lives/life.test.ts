/** Who acts for whom at each moment, and what ends with it. */
import { dayNumber, startOfDay } from '@cityward/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Office, WeightyChange } from '@cityward/contracts';
import { decideSwift, decideWeighty } from './decide-life.ts';
import {
  actsFor,
  consentAgainst,
  evolve,
  isBeyond,
  phaseAt,
  representativesAt,
  unwritten,
  type Life,
  type LifeChange,
} from './life.ts';

const ZONE = 'Pacific/Auckland';
const NOW = Date.UTC(2027, 0, 15);
const DAY = 86_400_000;
const proof = { document: 'rec-paper', recordedBy: 'per-olive', confirmedBy: 'per-omar' };
const SIXTEEN = dayNumber('2027-04-04')!; // the night the clocks go back
const BIRTHDAY = startOfDay(SIXTEEN, ZONE);

const lived = (...changes: readonly (LifeChange | [number, LifeChange])[]): Life =>
  changes.reduce((life, one, i) => {
    const [at, change] = Array.isArray(one) ? one : [NOW + i, one as LifeChange];
    return evolve(life, { id: `lif-${i}`, subject: 'per-kid', at, by: 'per-olive', change }, ZONE);
  }, unwritten('per-kid'));
const appoint = (person: string, as: Office, until: number | null = null): LifeChange => ({
  do: 'appoint',
  standing: `sta-${person.slice(4)}`,
  person,
  as,
  until,
  proof,
});
const MINOR: LifeChange = { do: 'minor', sixteen: SIXTEEN, proof };
const child = (...more: readonly LifeChange[]): Life => lived(MINOR, appoint('per-mum', 'guardian'), ...more);
const acts = (life: Life, person: string, now: number): string => {
  const found = actsFor(life, person, now);
  return found === null ? 'nobody' : 'standing' in found ? found.standing.as : found.why;
};

describe('who acts for somebody', () => {
  it('a guardian until midnight of the sixteenth birthday, where the city is', () => {
    expect([acts(child(), 'per-mum', BIRTHDAY - 1), acts(child(), 'per-mum', BIRTHDAY)]).toEqual([
      'guardian',
      'standing-out-of-phase',
    ]);
    expect([phaseAt(child(), BIRTHDAY - 1), phaseAt(child(), BIRTHDAY)]).toEqual(['minor', 'of-age']);
    expect(acts(child(), 'per-nan', NOW)).toBe('nobody');
  });
  it.each<[string, readonly LifeChange[]]>([
    ['standing-ended', [{ do: 'end', standing: 'sta-mum', why: 'custody-lost' }]],
    ['disputed', [{ do: 'dispute' }]],
    ['guardian', [{ do: 'dispute' }, { do: 'settle', proof }]],
    ['standing-out-of-phase', [{ do: 'died', proof }]],
  ])('a guardian is %s after %o', (said, changes) => expect(acts(child(...changes), 'per-mum', NOW + 10)).toBe(said));
  it('an executor only once the person is dead, an attorney only while they cannot decide', () => {
    const attorney = lived(appoint('per-son', 'attorney'));
    expect(acts(attorney, 'per-son', NOW)).toBe('standing-out-of-phase');
    const incapable = lived(appoint('per-son', 'attorney'), { do: 'incapable', proof });
    expect(acts(incapable, 'per-son', NOW + 9)).toBe('attorney');
    const again = lived(appoint('per-son', 'attorney'), { do: 'incapable', proof }, { do: 'capable', proof });
    expect(acts(again, 'per-son', NOW + 9)).toBe('standing-out-of-phase');
    const dead = lived({ do: 'died', proof }, appoint('per-son', 'executor'));
    expect(acts(dead, 'per-son', NOW + 9)).toBe('executor');
    expect(representativesAt(dead, NOW + 9)).toEqual(['per-son']);
  });
  it('nobody past the end that the order named', () => {
    const until = lived(MINOR, appoint('per-mum', 'guardian', NOW + DAY));
    expect([acts(until, 'per-mum', NOW + DAY - 1), acts(until, 'per-mum', NOW + DAY)]).toEqual([
      'guardian',
      'standing-ended',
    ]);
  });
  it('a new order is needed after an ended one, and counts', () => {
    const life = child({ do: 'end', standing: 'sta-mum', why: 'custody-lost' });
    const anew = evolve(
      life,
      {
        id: 'lif-9',
        subject: 'per-kid',
        at: NOW + 9,
        by: 'x',
        change: { ...appoint('per-mum', 'guardian'), standing: 'sta-two' } as LifeChange,
      },
      ZONE,
    );
    expect(acts(anew, 'per-mum', NOW + 9)).toBe('guardian');
  });
});

describe('a consent', () => {
  const consent = (by: string, at = NOW + 5) =>
    ({ id: 'con-1', subject: 'per-kid', purpose: 'TREAT', given: { by, at } }) as const;
  const research = (by: string) => ({ ...consent(by), purpose: 'HRESCH' }) as const;
  it('of a guardian sleeps from the birthday on, until the person makes it their own', () => {
    const given = consent('per-mum');
    expect([consentAgainst(child(), given, BIRTHDAY - 1), consentAgainst(child(), given, BIRTHDAY)]).toEqual([
      null,
      'not-confirmed',
    ]);
    expect(consentAgainst(child({ do: 'confirm', consent: 'con-1' }), given, BIRTHDAY)).toBeNull();
    // One that an officer gave for them then sleeps as well; their own does not.
    expect(consentAgainst(child(), consent('per-olive'), BIRTHDAY)).toBe('not-confirmed');
    expect(consentAgainst(child(), consent('per-kid'), BIRTHDAY)).toBeNull();
    expect(consentAgainst(child(), consent('per-olive', BIRTHDAY), BIRTHDAY)).toBeNull();
  });
  it('ends with the standing by which it was given', () => {
    const lost = child({ do: 'end', standing: 'sta-mum', why: 'custody-lost' });
    expect([
      consentAgainst(lost, consent('per-mum'), NOW + 9),
      consentAgainst(lost, consent('per-olive'), NOW + 9),
    ]).toEqual(['standing-ended', null]);
  });
  it('for care goes on while guardians are at odds, and nothing else does', () => {
    const atOdds = child({ do: 'dispute' });
    expect([
      consentAgainst(atOdds, consent('per-mum'), NOW + 9),
      consentAgainst(atOdds, research('per-mum'), NOW + 9),
    ]).toEqual([null, 'disputed']);
    const dead = lived({ do: 'died', proof }, appoint('per-son', 'executor'), { do: 'dispute' });
    expect(consentAgainst(dead, consent('per-son'), NOW + 9)).toBe('disputed');
  });
  it('of the living does not outlive them', () => {
    const dead = child([NOW + 100, { do: 'died', proof }] as never);
    for (const by of ['per-kid', 'per-mum', 'per-olive'])
      expect(consentAgainst(dead, consent(by), NOW + 200)).toBe('deceased');
    expect(consentAgainst(dead, consent('per-kid', NOW + 150), NOW + 200)).toBe('deceased');
  });
  it('of an attorney sleeps once the person can decide again', () => {
    const changes = [appoint('per-son', 'attorney'), { do: 'incapable', proof } as const];
    expect(consentAgainst(lived(...changes), consent('per-son'), NOW + 9)).toBeNull();
    const again = lived(...changes, [NOW + 50, { do: 'capable', proof }]);
    expect(consentAgainst(again, consent('per-son'), NOW + 60)).toBe('not-confirmed');
  });
  it('of a representative does not reach what is kept from them; the person’s own does', () => {
    const life = child({ do: 'wishes', keep: ['sexual-health'], exclude: [] });
    expect([isBeyond(life, consent('per-mum'), 'sexual-health'), isBeyond(life, consent('per-mum'), 'notes')]).toEqual([
      true,
      false,
    ]);
    expect(isBeyond(life, consent('per-kid'), 'sexual-health')).toBe(false);
  });
});

describe('what may be recorded', () => {
  const circumstances = { now: NOW, zone: ZONE, ageYears: 16 };
  const code = (life: Life, change: WeightyChange): string => {
    const decided = decideWeighty(life, { change, proof, standing: 'sta-new' }, circumstances);
    return decided.ok ? 'may' : decided.error.code;
  };
  const blank = unwritten('per-kid');
  it.each<[string, Life, WeightyChange]>([
    ['may', blank, { do: 'minor', born: '2015-03-01' }],
    ['LIFE_NOT_VALID', blank, { do: 'minor', born: '2015-02-30' }],
    ['LIFE_NOT_VALID', blank, { do: 'minor', born: '2011-01-15' }],
    ['LIFE_NOT_VALID', blank, { do: 'minor', born: '2027-01-16' }],
    ['LIFE_OTHERWISE', blank, { do: 'appoint', person: 'per-mum', as: 'guardian', until: null }],
    ['LIFE_OTHERWISE', blank, { do: 'appoint', person: 'per-son', as: 'executor', until: null }],
    ['LIFE_OTHERWISE', blank, { do: 'appoint', person: 'per-kid', as: 'attorney', until: null }],
    ['LIFE_OTHERWISE', blank, { do: 'appoint', person: 'per-son', as: 'attorney', until: NOW }],
    ['may', blank, { do: 'appoint', person: 'per-son', as: 'attorney', until: null }],
    ['LIFE_OTHERWISE', child(), { do: 'appoint', person: 'per-mum', as: 'guardian', until: null }],
    ['LIFE_OTHERWISE', blank, { do: 'capable' }],
    ['LIFE_OTHERWISE', blank, { do: 'settle' }],
    ['LIFE_OTHERWISE', lived({ do: 'incapable', proof }), { do: 'incapable' }],
    ['LIFE_OTHERWISE', lived({ do: 'died', proof }), { do: 'died' }],
    ['LIFE_OTHERWISE', lived({ do: 'died', proof }), { do: 'incapable' }],
    ['may', lived({ do: 'died', proof }), { do: 'appoint', person: 'per-son', as: 'executor', until: null }],
  ])('%s: of %o, %o', (said, life, change) => expect(code(life, change)).toBe(said));
  it('an end of a standing that is there, and a dispute where somebody acts', () => {
    const swift = (life: Life, change: Parameters<typeof decideSwift>[1]): string => {
      const decided = decideSwift(life, change, NOW + 9);
      return decided.ok ? 'may' : decided.error.code;
    };
    expect([
      swift(child(), { do: 'end', standing: 'sta-mum', why: 'resigned' }),
      swift(child(), { do: 'end', standing: 'sta-nobody', why: 'resigned' }),
      swift(child(), { do: 'dispute' }),
      swift(blank, { do: 'dispute' }),
    ]).toEqual(['may', 'STANDING_UNKNOWN', 'may', 'LIFE_OTHERWISE']);
  });
  it('never lets two offices be held at once, or anybody act who was not appointed', () => {
    const person = fc.constantFrom('per-mum', 'per-dad', 'per-son');
    const change = fc.oneof(
      fc.record({
        do: fc.constant('appoint' as const),
        person,
        as: fc.constantFrom<Office>('guardian', 'executor', 'attorney'),
        until: fc.constant(null),
      }),
      fc.constantFrom<WeightyChange>(
        { do: 'minor', born: '2015-03-01' },
        { do: 'died' },
        { do: 'incapable' },
        { do: 'capable' },
      ),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.integer({ min: 0, max: 12 * 366 }), (changes, days) => {
        let life = blank;
        const appointed = new Set<string>();
        changes.forEach((one, i) => {
          const decided = decideWeighty(life, { change: one, proof, standing: `sta-${i}` }, circumstances);
          if (!decided.ok) return;
          if (one.do === 'appoint') appointed.add(one.person);
          life = evolve(
            life,
            { id: `lif-${i}`, subject: 'per-kid', at: NOW, by: 'per-olive', change: decided.value },
            ZONE,
          );
        });
        const now = NOW + days * DAY;
        const offices = new Set<string>();
        for (const who of ['per-mum', 'per-dad', 'per-son', 'per-kid']) {
          const found = actsFor(life, who, now);
          if (found === null || !('standing' in found)) continue;
          expect(appointed.has(who)).toBe(true);
          offices.add(found.standing.as);
        }
        expect(offices.size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2_000 },
    );
  });
});
