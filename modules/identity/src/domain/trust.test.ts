/** The rule of trust: a worse word never helps, an ended one never does, and unknown is never good. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IDENTITY_KINDS, TRUST_KINDS, type IdentityKind, type TrustKind } from '@cityward/contracts';
import { checkSignal, COMPONENTS_OF, isWorse, levelOf, LEVEL_FROM, markOf, nextEnd, viewOf } from './trust.ts';
import { SIGNAL_LIFE_MAX_MS, SIGNALS_PER_SUBJECT_MAX, UNKNOWN_VALUE, withSignal } from './trust.ts';
import type { Signal, SignalDraft } from './trust.ts';

const NOW = 1_000_000;
const signal = (kind: TrustKind, value: number, more: Partial<Signal> = {}): Signal => ({
  kind,
  value,
  source: 'watch',
  reason: `${kind} is worth ${value}`,
  since: NOW - 10,
  expires: NOW + 10,
  ...more,
});
const allAt = (value: number): Signal[] => TRUST_KINDS.map((kind) => signal(kind, value));

const anySignal: fc.Arbitrary<Signal> = fc.record({
  kind: fc.constantFrom(...TRUST_KINDS),
  value: fc.integer({ min: 0, max: 100 }),
  source: fc.constantFrom('watch', 'fleet', 'respond'),
  reason: fc.constant('said'),
  since: fc.constant(0),
  expires: fc.integer({ min: NOW - 100, max: NOW + 100 }),
});
const anySignals = fc.uniqueArray(anySignal, { maxLength: 12, selector: ({ kind, source }) => `${kind} ${source}` });
const anyKind = fc.constantFrom(...IDENTITY_KINDS);

describe('the level', () => {
  it.each([
    [100, 'full'],
    [LEVEL_FROM.full, 'full'],
    [LEVEL_FROM.full - 1, 'reduced'],
    [LEVEL_FROM.reduced, 'reduced'],
    [LEVEL_FROM.reduced - 1, 'low'],
    [LEVEL_FROM.low, 'low'],
    [LEVEL_FROM.low - 1, 'none'],
    [0, 'none'],
  ] as const)('of %i is %s', (value, level) => {
    expect(levelOf(value)).toBe(level);
    expect(markOf('device', allAt(value), NOW)).toEqual({ level, value, conduct: value });
  });
  it('is unknown where nothing is known, and full only when every component is known and good', () => {
    expect(markOf('device', [], NOW)).toMatchObject({ level: 'unknown', value: UNKNOWN_VALUE });
    for (const missing of TRUST_KINDS) {
      const rest = allAt(100).filter(({ kind }) => kind !== missing);
      expect(markOf('device', rest, NOW)).toMatchObject({ level: 'reduced', value: UNKNOWN_VALUE });
    }
  });
  it.each(TRUST_KINDS)('is pulled down by %s alone, however good the rest is', (kind) => {
    const others = allAt(100).filter((one) => one.kind !== kind);
    expect(markOf('device', [...others, signal(kind, 30)], NOW).level).toBe('low');
    expect(markOf('device', [...others, signal(kind, 0)], NOW).level).toBe('none');
  });
  it('tells apart what a change can mend from what none can', () => {
    const but = (kind: TrustKind): number => markOf('device', [...allAt(100), signal(kind, 5)], NOW).conduct;
    expect(TRUST_KINDS.map((kind) => [kind, but(kind)])).toEqual([
      ['firmware', 100],
      ['baseline', 100],
      ['behaviour', 5],
      ['advisories', 100],
      ['certificate', 5],
      ['dormancy', 5],
    ]);
  });
  it('asks a person for what a person has', () => {
    const good = COMPONENTS_OF.person.map((kind) => signal(kind, 100));
    expect(markOf('person', good, NOW).level).toBe('full');
    expect(markOf('device', good, NOW).level).toBe('reduced');
  });
  it('never rises by a worse word', () => {
    fc.assert(
      fc.property(anyKind, anySignals, fc.nat(), fc.integer({ min: 0, max: 100 }), (...[kind, signals, at, value]) => {
        fc.pre(signals.length > 0);
        const index = at % signals.length;
        const worse = signals.map((one, place) =>
          place === index ? { ...one, value: Math.min(one.value, value) } : one,
        );
        const [before, after] = [markOf(kind, signals, NOW), markOf(kind, worse, NOW)];
        expect(after.value).toBeLessThanOrEqual(before.value);
        expect(isWorse(before.level, after.level)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
  it('is never helped by a word that has ended', () => {
    fc.assert(
      fc.property(anyKind, anySignals, (kind, signals) => {
        const standing = signals.filter(({ expires }) => expires > NOW);
        const [without, withEnded] = [markOf(kind, standing, NOW), markOf(kind, signals, NOW)];
        expect(withEnded.value).toBeLessThanOrEqual(without.value);
        expect(isWorse(without.level, withEnded.level)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
  it('does not change before the end that is told for it', () => {
    fc.assert(
      fc.property(anyKind, anySignals, (kind, signals) => {
        const next = nextEnd(signals, NOW);
        const last = Number.isFinite(next) ? next - 1 : NOW + 1_000;
        expect(markOf(kind, signals, last)).toEqual(markOf(kind, signals, NOW));
      }),
    );
  });
});

describe('a component', () => {
  const device = { kind: 'device', id: 'cam-0001' } as const;
  const of = (signals: readonly Signal[], kind: TrustKind) =>
    viewOf(device, { signals, since: 0 }, NOW).components.find((one) => one.kind === kind)!;

  it('has the value of its worst source', () => {
    const both = [signal('behaviour', 90), signal('behaviour', 40, { source: 'respond', reason: 'contained' })];
    expect(of(both, 'behaviour')).toMatchObject({ state: 'known', value: 40, source: 'respond', reason: 'contained' });
  });
  it('is unknown, with what is missing, before anybody has spoken', () => {
    const missing = of([], 'advisories');
    expect(missing).toMatchObject({ state: 'unknown', value: null, source: null });
    expect(missing.reason).toMatch(/no advisories/);
  });
  it('becomes unknown when what was said ends, and says what that was', () => {
    const ended = of([signal('baseline', 95, { expires: NOW })], 'baseline');
    expect(ended).toMatchObject({ state: 'unknown', value: null, since: NOW });
    expect(ended.reason).toContain('baseline is worth 95');
  });
  it('is not good because one source is, while another has fallen silent', () => {
    const silent = signal('behaviour', 100, { source: 'respond', expires: NOW });
    expect(of([silent, signal('behaviour', 100)], 'behaviour').state).toBe('unknown');
    expect(of([silent, signal('behaviour', 30)], 'behaviour')).toMatchObject({ state: 'known', value: 30 });
  });
  it('gives the level its reason when it is the worst', () => {
    const view = viewOf(
      device,
      { signals: [...allAt(100), signal('firmware', 10, { source: 'fleet' })], since: 7 },
      NOW,
    );
    expect(view).toMatchObject({ level: 'none', value: 10, reason: 'firmware is worth 10', since: 7 });
    expect(view.components.map(({ kind }) => kind)).toEqual(COMPONENTS_OF.device);
  });
});

describe('a signal', () => {
  const draft = (more: Partial<SignalDraft> = {}): SignalDraft => ({
    subject: { kind: 'device', id: 'cam-0001' },
    kind: 'firmware',
    value: 50,
    reason: 'because',
    source: 'fleet',
    expires: NOW + 10,
    ...more,
  });

  it.each([
    ['a subject that is no id', { subject: { kind: 'device', id: 'No Id' } }],
    ['an unknown kind of identity', { subject: { kind: 'toString' as IdentityKind, id: 'cam-0001' } }],
    ['firmware of a person', { subject: { kind: 'person', id: 'per-0001' } }],
    ['an unknown component', { kind: 'charm' as TrustKind }],
    ['a source that is no id', { source: '' }],
    ['a value above 100', { value: 101 }],
    ['a negative value', { value: -1 }],
    ['a broken value', { value: 0.5 }],
    ['no number', { value: Number.NaN }],
    ['no reason', { reason: '  ' }],
    ['a reason without end', { reason: 'x'.repeat(301) }],
    ['an end that has been', { expires: NOW }],
    ['no end', { expires: Number.NaN }],
    ['an end that never comes', { expires: NOW + SIGNAL_LIFE_MAX_MS + 1 }],
  ] as const)('with %s is refused', (_what, more) => {
    expect(checkSignal(draft(), NOW).ok).toBe(true);
    expect(checkSignal(draft(more as Partial<SignalDraft>), NOW)).toMatchObject({
      error: { code: 'SIGNAL_NOT_VALID' },
    });
  });
  it('that says the same again has stood since it was first said', () => {
    const first = withSignal([], draft(), NOW);
    const again = first.ok && withSignal(first.value, draft({ expires: NOW + 50 }), NOW + 5);
    expect(again).toMatchObject({ value: [{ since: NOW, expires: NOW + 50 }] });
    const other = first.ok && withSignal(first.value, draft({ value: 51 }), NOW + 5);
    expect(other).toMatchObject({ value: [{ since: NOW + 5 }] });
    const late = first.ok && withSignal(first.value, draft({ expires: NOW + 50 }), NOW + 20);
    expect(late).toMatchObject({ value: [{ since: NOW + 20 }] });
  });
  it('is taken back by its source, and by no other', () => {
    const both = [signal('firmware', 10, { source: 'fleet' }), signal('firmware', 90, { source: 'desk' })];
    expect(withSignal(both, draft({ value: null }), NOW)).toMatchObject({ value: [{ source: 'desk' }] });
  });
  it('of one source too many is refused, while those that speak may go on', () => {
    const many = Array.from({ length: SIGNALS_PER_SUBJECT_MAX }, (_, n) =>
      signal('behaviour', 90, { source: `src-${n}` }),
    );
    expect(withSignal(many, draft(), NOW)).toMatchObject({ error: { code: 'TOO_MANY_SIGNALS' } });
    expect(withSignal(many, draft({ kind: 'behaviour', source: 'src-0' }), NOW).ok).toBe(true);
  });
});
