/** The state of a device: a table of what each facet does, and that nothing missing or stale is ever green. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import { CLASS_PROFILES } from './model.ts';
import { deriveState, NAP_MS, presenceAfterSilence, type Facets } from './state.ts';

const online = { state: 'online', at: 1 } as const;
const usual = { state: 'usual', reason: '', finding: null } as const;
const good: Facets = { presence: online, identity: { state: 'enrolled' }, watch: usual };
const responding = (state: 'clear' | 'suspect' | 'contained') => ({
  respond: { state, reason: `is ${state}`, incident: 'inc-1', until: null },
});

describe('deriveState', () => {
  it.each<[string, Facets, string, string]>([
    ['all well', good, 'trusted', 'usual'],
    ['asleep by design', { ...good, presence: { state: 'asleep', at: 1 } }, 'trusted', 'usual, and asleep as designed'],
    [
      'learning',
      { ...good, watch: { state: 'learning', reason: '3 of 24 h seen', finding: null } },
      'learning',
      '3 of 24 h seen',
    ],
    ['unusual', { ...good, watch: { state: 'unusual', reason: 'new peer', finding: 'f-1' } }, 'watched', 'new peer'],
    [
      'silent',
      { ...good, presence: { state: 'offline', at: 1 } },
      'unreachable',
      'silent for longer than its kind may be',
    ],
    ['nothing known', {}, 'unknown', 'nothing known of its identity'],
    ['not enrolled', { ...good, identity: { state: 'none' } }, 'unknown', 'has no identity: not enrolled'],
    [
      'code issued',
      { ...good, identity: { state: 'code-issued' } },
      'unknown',
      'has no identity yet: waits for enrolment',
    ],
    ['expired', { ...good, identity: { state: 'expired' } }, 'unknown', 'its certificate has expired'],
    ['never heard', { ...good, presence: { state: 'never', at: 0 } }, 'unknown', 'never heard of'],
    ['not watched', { presence: online, identity: { state: 'enrolled' } }, 'unknown', 'its behaviour is not watched'],
    ['held', { ...good, identity: { state: 'held' } }, 'quarantined', 'its certificate is held'],
    ['revoked', { ...good, identity: { state: 'revoked' } }, 'quarantined', 'its certificate is revoked'],
    ['suspect', { ...good, ...responding('suspect') }, 'suspect', 'is suspect'],
    ['contained', { ...good, identity: { state: 'held' }, ...responding('contained') }, 'contained', 'is contained'],
    ['cleared', { ...good, ...responding('clear') }, 'trusted', 'usual'],
    [
      'silent and revoked',
      { presence: { state: 'offline', at: 1 }, identity: { state: 'revoked' } },
      'quarantined',
      'its certificate is revoked',
    ],
  ])('%s', (...[, facets, state, reason]) => expect(deriveState(facets)).toEqual({ state, reason }));

  it('is trusted only when enrolled, heard in time and found usual', () => {
    const facets = fc.record(
      {
        presence: fc.record({ state: fc.constantFrom('never', 'online', 'asleep', 'offline'), at: fc.nat() }),
        identity: fc.record({
          state: fc.constantFrom('none', 'code-issued', 'enrolled', 'held', 'revoked', 'expired'),
        }),
        watch: fc.record({
          state: fc.constantFrom('learning', 'usual', 'unusual'),
          reason: fc.string(),
          finding: fc.constant(null),
        }),
        respond: fc.record({
          state: fc.constantFrom('clear', 'suspect', 'contained'),
          reason: fc.string(),
          incident: fc.constant(null),
          until: fc.constant(null),
        }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Facets>;
    fc.assert(
      fc.property(facets, (given) => {
        const { state } = deriveState(given);
        const sound =
          given.identity?.state === 'enrolled' &&
          ['online', 'asleep'].includes(given.presence?.state ?? '') &&
          given.watch?.state === 'usual' &&
          (given.respond?.state ?? 'clear') === 'clear';
        expect(state === 'trusted').toBe(sound);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('silence', () => {
  const bin = CLASS_PROFILES['waste-bin'];
  const camera = CLASS_PROFILES.camera;
  it.each([
    ['camera, never heard', null, camera, 'never'],
    ['camera, a minute ago', MINUTE_MS, camera, 'online'],
    ['camera, four minutes ago', 4 * MINUTE_MS, camera, 'offline'],
    ['bin, a minute ago', MINUTE_MS, bin, 'online'],
    ['bin, after its nap began', NAP_MS + 1, bin, 'asleep'],
    ['bin, after two sleep periods', 2 * bin.sleepMs, bin, 'asleep'],
    ['bin, overdue', 13 * HOUR_MS + 1, bin, 'offline'],
  ] as const)('%s: %s ms is %s', (...[, ago, profile, wanted]) => {
    const now = 100 * HOUR_MS;
    expect(presenceAfterSilence(ago === null ? null : now - ago, profile, now)).toBe(wanted);
  });

  it('lets every sleeper miss one of its reports', () => {
    for (const profile of Object.values(CLASS_PROFILES)) expect(profile.silenceMs).toBeGreaterThan(2 * profile.sleepMs);
  });
});
