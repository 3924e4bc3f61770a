/** The fold: clocks that are off, late and repeated observations, bounded rows, and a state that goes through bytes unchanged. */
import fc from 'fast-check';
import { describe as group, expect, it } from 'vitest';
import type { Observed } from '@cityward/contracts';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import {
  CAMERAS,
  hours,
  kindOf,
  minutes,
  MONDAY,
  newState,
  report,
  seen,
  takeRaised,
  talk,
  taught,
  tell,
  usualHour,
} from '../test-kit.ts';
import { idOfAddress, isAddress, scopeOf } from './address.ts';
import { behaviourOf } from './behaviour.ts';
import { advance, observe } from './engine.ts';
import { MESSAGES } from './measures.ts';
import { UNLISTED_MAX } from './parameters.ts';
import { decodeState, encodeState } from './snapshot.ts';
import type { WatchState } from './state.ts';
import { bytesPerDevice } from './table.ts';
import { bytesInWords, describe } from './words.ts';

const at = MONDAY + hours(1);
const strange = (when: number) => talk({ at: when, src: 'cam-0001', dst: 'ip:203.0.113.9' });
const messages = (state: WatchState, device = 'cam-0001'): (number | null)[] =>
  behaviourOf(state, device)!
    .measures[MESSAGES]!.hours.slice(-3)
    .map((hour) => hour.value);

group('clocks', () => {
  it.each([
    ['ahead', 3 * DAY_MS, 'off by 3 days'],
    ['behind', -2 * DAY_MS, 'off by 48 hours'],
  ])('far %s are not believed: the time of receipt stands, and the finding says so', (_, skew, said) => {
    const state = taught();
    const [finding] = tell(state, [strange(at + skew)], { received: at });
    expect(finding).toMatchObject({ at, skewMs: skew });
    expect(state.counters.skewed).toBe(1);
    if (skew > 0) expect(describe(finding!).why).toContain(said);
  });

  it('a little off are believed, and a late observation is learned in its own hour', () => {
    const state = taught();
    tell(state, [report('cam-0001', at, 10)]);
    tell(state, [report('cam-0001', at + hours(1), 20)]);
    tell(state, [report('cam-0001', at + minutes(30), 7)], { received: at + hours(1) });
    expect(state.counters).toMatchObject({ skewed: 0, late: 1 });
    const [, first, second] = messages(state);
    expect(second).toBe(20);
    expect(first).toBeGreaterThanOrEqual(16);
    expect(first).toBeLessThanOrEqual(18);
  });
});

group('deliveries', () => {
  it('of a position known already, and of the same content again, change nothing', () => {
    const state = taught();
    const one = seen(strange(at));
    const [finding] = tell(state, [one.body]);
    observe(state, { ...one, position: state.position });
    observe(state, seen(one.body));
    tell(state, [report('cam-0001', at), report('cam-0001', at), report('cam-0001', at + 1)]);
    expect(finding!.count).toBe(1);
    expect(messages(state).at(-1)).toBe(2);
    expect(state.counters.duplicates).toBe(3);
  });

  it('in any order within an hour come to the same', () => {
    const bodies = usualHour(at).map((body, i) => ({ ...body, at: at + i * 1_000 }));
    const sums = (order: readonly Observed['body'][]): string => {
      const state = taught(2);
      tell(state, order);
      return CAMERAS.map((camera) =>
        JSON.stringify(behaviourOf(state, camera)!.measures.map((one) => one.hours.at(-1))),
      ).join();
    };
    const wanted = sums(bodies);
    fc.assert(
      fc.property(fc.shuffledSubarray(bodies, { minLength: bodies.length }), (order) => {
        expect(sums(order)).toBe(wanted);
      }),
      { numRuns: 20 },
    );
  });
});

group('rows', () => {
  it('take less than 4 KB each, and grow', () => {
    expect(bytesPerDevice()).toBeLessThanOrEqual(4_096);
    const state = newState();
    for (let i = 0; i < 700; i++) tell(state, [report(`cam-${String(i).padStart(4, '0')}`, at + i)]);
    expect(behaviourOf(state, 'cam-0000')!.measures[MESSAGES]!.hours.at(-1)!.value).toBe(1);
  });

  it('of endpoints outside the inventory are bounded; the longest unseen makes room', () => {
    const state = newState();
    for (let i = 0; i < UNLISTED_MAX + 10; i++)
      tell(state, [talk({ at: at + i, src: `ip:10.${i >> 8}.${i & 255}.1`, dst: 'ip:203.0.113.9' })]);
    expect(state.table.ids).toHaveLength(UNLISTED_MAX);
    expect(behaviourOf(state, 'ip-10-0-0-1')).toBeNull();
    expect(behaviourOf(state, 'ip-10-16-9-1')).not.toBeNull();
    expect(state.kinds.byName.get('unlisted')!.devices).toBe(UNLISTED_MAX);
  });

  it.each([
    ['ip:10.1.2.3', 'inside'],
    ['ip:172.31.0.1', 'inside'],
    ['ip:172.32.0.1', 'outside'],
    ['ip:192.168.1.1', 'inside'],
    ['ip:100.64.0.1', 'inside'],
    ['ip:169.254.9.9', 'inside'],
    ['ip:8.8.8.8', 'outside'],
    ['ip:203.0.113.255', 'outside'],
    ['ip:224.0.0.1', 'group'],
    ['ip:192.168.1.255', 'group'],
    ['ip:0.0.0.0', 'group'],
    ['ip:fe80::1', 'inside'],
    ['ip:fd00::1', 'inside'],
    ['ip:FF02::1', 'group'],
    ['ip:2001:db8::1', 'outside'],
    ['ip:::1', 'inside'],
    ['ip:::ffff:10.0.0.1', 'inside'],
  ])('%s lies %s', (node, scope) => {
    expect(isAddress(node)).toBe(true);
    expect(scopeOf(node)).toBe(scope);
    expect(idOfAddress(node)).toMatch(/^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/);
  });
});

group('a snapshot', () => {
  const through = (state: WatchState): WatchState => {
    const back = decodeState(Buffer.concat(encodeState(state)), { kindOf, idOf: state.idOf });
    if (typeof back === 'string') throw new Error(back);
    return back;
  };
  const bytesOf = (state: WatchState): string => Buffer.concat(encodeState(state)).toString('latin1');
  const step = fc.oneof(
    fc.record({ do: fc.constant('usual' as const), hour: fc.nat(40) }),
    fc.record({ do: fc.constant('strange' as const), hour: fc.nat(40), port: fc.nat(9) }),
    fc.record({ do: fc.constant('scan' as const), hour: fc.nat(40), port: fc.nat(40) }),
    fc.record({ do: fc.constant('flood' as const), hour: fc.nat(40), port: fc.nat(3) }),
    fc.record({ do: fc.constant('pass' as const), hour: fc.nat(40) }),
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
  const bodiesOf = (given: Step): Observed['body'][] => {
    const when = MONDAY + given.hour * HOUR_MS + minutes(10);
    if (given.do === 'usual') return usualHour(when);
    if (given.do === 'strange')
      return [talk({ at: when + given.port, src: 'cam-0002', dst: `ip:198.51.100.${given.port}` })];
    if (given.do === 'scan')
      return [
        talk({ at: when + given.port, src: 'cam-0003', dst: 'pump-0001', dst_port: given.port, outcome: 'refused' }),
      ];
    if (given.do === 'flood')
      return [talk({ at: when + given.port, src: 'cam-0001', dst: 'rec-0001', dst_port: 554, bytes_out: 9e9 })];
    return [];
  };
  const run = (state: WatchState, steps: readonly Step[], from: number): string[] => {
    let position = from;
    for (const one of steps) {
      for (const body of bodiesOf(one)) observe(state, { ...seen(body), position: ++position });
      if (one.do === 'pass') advance(state, MONDAY + one.hour * HOUR_MS + minutes(6));
    }
    return takeRaised(state).map((finding) => finding.id);
  };
  const base = taught(3);

  it('anywhere in the fold changes nothing of what follows', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 12 }), (before, after) => {
        const straight = through(base);
        const ids = run(straight, before, 0);
        const broken = through(straight);
        const position = straight.position;
        const rest = run(straight, after, position);
        expect(run(broken, after, position)).toEqual(rest);
        expect(bytesOf(broken)).toBe(bytesOf(straight));
        expect(new Set([...ids, ...rest]).size).toBe(ids.length + rest.length);
      }),
      { numRuns: 60 },
    );
  });

  it('that is cut, of another version or no snapshot is refused with a reason, never thrown', () => {
    const whole = Buffer.concat(encodeState(base));
    const needs = { kindOf, idOf: base.idOf };
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(typeof decodeState(whole.subarray(0, length), needs)).toBe('string');
      }),
      { numRuns: 200 },
    );
    const other = Buffer.from(whole.toString('latin1').replace('"version":1', '"version":9'), 'latin1');
    expect(decodeState(other, needs)).toBe('it has version 9, 1 is wanted');
  });

  it('forgets names that nobody uses any more', () => {
    const state = taught(2);
    state.nodes.names.push(...Array.from({ length: 5_000 }, (_, i) => `ip:198.51.${i >> 8}.${i & 255}`));
    const back = through(state);
    expect(back.nodes.names.length).toBeLessThan(50);
    expect(tell(back, [...usualHour(at), talk({ at, src: 'cam-0001', dst: 'ip:10.0.0.10', dst_port: 8883 })])).toEqual(
      [],
    );
    expect(
      behaviourOf(back, 'cam-0001')!
        .peers.map((peer) => peer.peer)
        .sort(),
    ).toEqual(['10.0.0.10', 'rec-0001']);
  });
});

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_500, '1.5 kB'],
  [41_300_000, '41 MB'],
  [9.4e9, '9.4 GB'],
])('%d bytes are "%s"', (bytes, words) => expect(bytesInWords(bytes)).toBe(words));
