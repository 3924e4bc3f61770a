/** The life of a record skips no step, nothing comes back from destroyed, and the law's periods end by the calendar. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIFE_STATES, type LifeState } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { retentionLaw } from '../law/classes.ts';
import { ACTIVE, hindrance, isDark, take, type Circumstances, type Life, type Step } from './life.ts';
import { faultsOfLaw, retentionOf, type RetentionLaw } from './retention.ts';

const NOW = Date.UTC(2027, 0, 15, 13, 30);
const free: Circumstances = { isHeld: false, keptUntil: null, openCopies: 0, isCertified: true };
const because = { reason: 'officer', by: 'per-olive', clause: '', next: null } as const;
const STEPS: readonly Step['do'][] = [
  'restrict',
  'use-again',
  'seal',
  'fall-due',
  'destroy-keys',
  'copies-purged',
  'close',
];
const stateAfter = (state: LifeState, step: Step['do']): LifeState | null => {
  const taken = take({ ...ACTIVE, state }, { do: step }, { ...free, because, now: NOW });
  return taken.ok ? taken.value.state : null;
};

describe('the life of a record', () => {
  it('goes by these steps and no others', () => {
    const ways = LIFE_STATES.flatMap((from) =>
      STEPS.flatMap((step) => {
        const to = stateAfter(from, step);
        return to === null ? [] : [`${from} ${step} ${to}`];
      }),
    );
    expect(ways).toEqual([
      'active restrict restricted',
      'active seal sealed',
      'active fall-due due',
      'active destroy-keys keys-destroyed',
      'restricted use-again active',
      'restricted seal sealed',
      'restricted fall-due due',
      'restricted destroy-keys keys-destroyed',
      'sealed fall-due due',
      'due seal sealed',
      'due destroy-keys keys-destroyed',
      'keys-destroyed copies-purged copies-purged',
      'copies-purged close closed',
    ]);
  });

  it('waits for holds, for the law, for copies, for a certificate', () => {
    const at = (state: LifeState, step: Step['do'], change: Partial<Circumstances>) =>
      hindrance({ state }, { do: step }, { ...free, ...change, now: NOW })?.code;
    expect(at('active', 'destroy-keys', { isHeld: true })).toBe('RECORD_HELD');
    expect(at('sealed', 'fall-due', { isHeld: true, keptUntil: NOW + 1 })).toBe('RECORD_HELD');
    expect(at('active', 'destroy-keys', { keptUntil: NOW + 1 })).toBe('RECORD_KEPT_BY_LAW');
    expect(at('active', 'destroy-keys', { keptUntil: NOW })).toBeUndefined();
    expect(at('active', 'seal', { isHeld: true, keptUntil: NOW + 1 })).toBeUndefined();
    expect(at('keys-destroyed', 'copies-purged', { openCopies: 1 })).toBe('COPIES_LEFT');
    expect(at('copies-purged', 'close', { isCertified: false })).toBe('NOT_CERTIFIED');
  });

  it('is never seen again once it was sealed, whatever is done with it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 30 }), (steps) => {
        let life: Life = ACTIVE;
        let wasDark = false;
        for (const step of steps) {
          const taken = take(life, { do: step }, { ...free, because, now: NOW });
          if (taken.ok) life = taken.value;
          wasDark ||= isDark(life);
          expect(isDark(life)).toBe(wasDark);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the periods of the law', () => {
  const law = retentionLaw();
  const untilOf = (category: string, lastEncounter: number) =>
    retentionOf(law, { category, lastEncounter, stored: 0 })?.until ?? null;

  it('are without fault in the file, and say which law', () => {
    expect(faultsOfLaw(law)).toEqual([]);
    const { clause, words, atMost } = retentionOf(law, { category: 'blood-tests', lastEncounter: NOW, stored: NOW })!;
    expect(clause).toBe('Health (Retention of Health Information) Regulations 1996, regulation 5, regulation 6');
    expect([words.includes('ten years'), atMost]).toEqual([true, null]);
  });
  it('keep health records ten years from the day after the last encounter, leap days or not', () => {
    expect(untilOf('blood-tests', NOW)).toBe(Date.UTC(2037, 0, 16));
    expect(untilOf('notes', Date.UTC(2027, 11, 31, 23, 59))).toBe(Date.UTC(2038, 0, 1));
    expect(untilOf('notes', Date.UTC(2028, 1, 28))).toBe(Date.UTC(2038, 2, 1));
  });
  it('let street pictures be kept thirty days, and ask nothing of what no class names', () => {
    const picture = retentionOf(law, { category: 'street-camera', lastEncounter: 0, stored: NOW })!;
    expect(picture).toMatchObject({ until: null, atMost: Date.UTC(2027, 0, 16) + 30 * DAY_MS });
    expect(retentionOf(law, { category: 'library', lastEncounter: NOW, stored: NOW })).toBeNull();
    expect(retentionOf(law, { category: 'constructor', lastEncounter: NOW, stored: NOW })).toBeNull();
  });
  it.each<[RegExp, Partial<RetentionLaw>]>([
    [/there is no class "x"/, { categories: { notes: 'x' } }],
    [/wanted periods/, { classes: { health: { ...law.classes['health']!, keepAtLeast: { years: 0.5 } } } }],
    [/wanted periods/, { classes: { health: { ...law.classes['health']!, keepAtLeast: { years: 201 } } } }],
    [
      /longer than it may/,
      { classes: { health: { ...law.classes['health']!, keepAtMost: { days: 30 } } }, categories: {} },
    ],
  ])('are refused whole with %s', (fault, change) => {
    expect(faultsOfLaw({ ...law, categories: {}, ...change }).join()).toMatch(fault);
  });
});
