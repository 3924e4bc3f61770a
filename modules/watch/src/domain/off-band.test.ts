/** off-band: the device's own band by hour of day, alarms within the hour, silence, and what is not learned. */
import fc from 'fast-check';
import { describe as group, expect, it } from 'vitest';
import { HOUR_MS } from '@cityward/kernel';
import {
  CAMERAS,
  days,
  hours,
  minutes,
  MONDAY,
  newState,
  report,
  takeRaised,
  talk,
  taught,
  teach,
  tell as tellAll,
  usualHour,
} from '../test-kit.ts';
import { behaviourOf } from './behaviour.ts';
import { allow } from './dismiss.ts';
import { advance } from './engine.ts';
import type { LiveFinding, OffBandCause } from './findings.ts';
import { BYTES_OUT, decodeValue, encodeValue, MEASURES, MESSAGES, peersFromBits } from './measures.ts';
import type { WatchState } from './state.ts';
import { describe } from './words.ts';

const at = MONDAY + hours(1);
const video = (bytes: number, when = at + minutes(1)) =>
  talk({ at: when, src: 'cam-0001', dst: 'rec-0001', dst_port: 554, bytes_out: bytes, bytes_in: 0 });
/** Of the camera alone: its recorder takes in what it sends. */
const ofCamera = (found: readonly LiveFinding[]) =>
  found.filter((one) => one.device === 'cam-0001' && !(one.cause as OffBandCause).below);
const tell = (...given: Parameters<typeof tellAll>): LiveFinding[] => ofCamera(tellAll(...given));
/** The hours from `from`, told hour by hour, with every hour closed as the service would. */
function live(state: WatchState, span: { from: number; count: number }, usual = usualHour) {
  const raised: LiveFinding[] = [];
  for (let hour = 0; hour < span.count; hour++) {
    const start = span.from + hours(hour);
    raised.push(...tellAll(state, usual(start + minutes(30))));
    advance(state, start + HOUR_MS + minutes(6));
    raised.push(...takeRaised(state));
  }
  return raised;
}

group('above the band', () => {
  it('alarms while the hour runs, as soon as it has left the band, and once', () => {
    const state = taught();
    expect(tell(state, [video(380_000_000)])).toEqual([]);
    const [finding, ...rest] = tell(state, [video(9_000_000_000, at + minutes(2)), video(1_000, at + minutes(3))]);
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({
      device: 'cam-0001',
      severity: 'warning',
      count: 1,
      at: at + minutes(2),
      cause: { measure: BYTES_OUT },
    });
    const words = describe(finding!);
    expect(words.title).toBe('Device cam-0001 sent out 9.4 GB in an hour, 24 times the usual');
    expect(words.observed).toBe('It sent out 9.4 GB between 01:00 UTC and 02:00 UTC.');
    expect(words.expected).toMatch(/^At most \d+ [MG]B; usually 399 MB at this hour of day\.$/);
    expect(words.wouldNotHaveAlarmedIf).toContain('or below in that hour');
  });

  it('says at the end what the hour came to, and counts the next hour on the same finding', () => {
    const state = taught();
    const [finding] = tell(state, [video(9_000_000_000), video(5_000_000_000, at + minutes(5))]);
    expect(tell(state, [video(9_000_000_000, at + hours(1))])).toEqual([]);
    expect(finding).toMatchObject({ count: 2, cause: { value: 9_000_000_000, hour: at / HOUR_MS + 1 } });
    expect(describe(finding!).observed).toContain('It was so in 2 hours');
  });

  it('is a new finding after a day of quiet', () => {
    const state = taught();
    tell(state, [video(9_000_000_000)]);
    live(state, { from: MONDAY + hours(2), count: 26 });
    expect(tell(state, [video(9_000_000_000, MONDAY + hours(29))])).toHaveLength(1);
  });

  it.each([
    [
      'few conversations',
      talk({ at, src: 'cam-0001', dst: 'rec-0001', dst_port: 554, bytes_out: 0, bytes_in: 0, count: 40 }),
    ],
    ['bytes no more than twice the usual', video(700_000_000)],
    ['a few more messages', report('cam-0001', at, 90)],
  ])('does not alarm for %s', (_, body) => expect(tell(taught(), [body])).toEqual([]));

  it('keeps working days and weekends apart', () => {
    const state = newState();
    const weekend = (time: number): boolean => [0, 6].includes(new Date(time).getUTCDay());
    const lively = (time: number) =>
      usualHour(time).map((body) =>
        body.kind === 'flow' && weekend(time) ? { ...body, bytes_out: body.bytes_out * 40 } : body,
      );
    teach(state, lively);
    expect(tell(state, [video(15_000_000_000, MONDAY - hours(2) + days(6))])).toEqual([]);
    expect(tell(state, [video(15_000_000_000, MONDAY + days(7) + hours(2))])).toHaveLength(1);
  });

  it('does not learn from an alarmed hour, until somebody says that it is as it should be', () => {
    const state = taught();
    const [finding] = tell(state, [video(9_000_000_000)]);
    const flood = (time: number) => [...usualHour(time), video(9_000_000_000, time)];
    expect(ofCamera(live(state, { from: MONDAY + hours(2), count: 24 * 9 }, flood))).toEqual([]);
    expect(finding!.count).toBe(24 * 9 + 1);
    allow(state, finding!, MONDAY + days(10));
    expect(ofCamera(live(state, { from: MONDAY + days(10), count: 30 }, flood))).toEqual([]);
    expect(tell(state, [video(400_000_000_000, MONDAY + days(12))])).toHaveLength(1);
  });

  it('has no band for a device in its first day, and a wide one in its first days', () => {
    const state = newState();
    teach(state, usualHour, 1);
    expect(tell(state, [video(9_000_000_000)])).toEqual([]);
    const later = newState();
    teach(later, usualHour, 3);
    expect(tell(later, [video(1_200_000_000)])).toEqual([]);
    expect(tell(later, [video(90_000_000_000, at + minutes(9))])).toHaveLength(1);
  });

  it('takes what one of its kind did for possible', () => {
    const state = newState();
    const image = talk({
      at: MONDAY - days(3) + minutes(40),
      src: 'cam-0002',
      dst: 'rec-0001',
      dst_port: 554,
      bytes_out: 1,
      bytes_in: 60_000_000,
    });
    teach(state, (time) => (Math.abs(time - image.at) < HOUR_MS / 2 ? [...usualHour(time), image] : usualHour(time)));
    const update = { ...image, at, src: 'cam-0001' };
    expect(tell(state, [update])).toEqual([]);
    expect(tell(taught(), [update])).toHaveLength(1);
  });
});

group('silence', () => {
  const quiet = (time: number) =>
    usualHour(time).filter((body) => !('subject' in body ? body.subject : body.src).startsWith('cam-0002'));

  it('of an always-on device is a notice once the hour is over', () => {
    const state = taught();
    live(state, { from: MONDAY, count: 2 });
    const findings = live(state, { from: MONDAY + hours(2), count: 1 }, quiet);
    expect(findings).toMatchObject([
      { device: 'cam-0002', severity: 'notice', count: 1, cause: { below: true, value: 0, measure: MESSAGES } },
    ]);
    expect(describe(findings[0]!).title).toBe('Device cam-0002 fell silent');
    expect(live(state, { from: MONDAY + hours(3), count: 3 }, quiet)).toEqual([]);
    expect(findings[0]!.count).toBe(4);
  });

  it('of many in one hour is nobody’s fault', () => {
    const state = newState();
    const crowd = Array.from({ length: 12 }, (_, i) => `cam-${1000 + i}`);
    const all = (time: number) => [...usualHour(time), ...crowd.map((camera) => report(camera, time, 60))];
    teach(state, all);
    live(state, { from: MONDAY, count: 1 }, all);
    expect(live(state, { from: MONDAY + hours(1), count: 1 })).toEqual([]);
    expect(state.counters.silencedTogether).toBe(12);
  });

  it('of the whole city, or of a sleeper, is not known to be silence', () => {
    const state = newState();
    teach(state, (time) => [...usualHour(time), report('bin-0001', time, 60)]);
    live(state, { from: MONDAY, count: 1 });
    advance(state, MONDAY + hours(5));
    expect(live(state, { from: MONDAY + hours(5), count: 1 })).toEqual([]);
    const night = behaviourOf(state, 'cam-0001')!
      .measures[0]!.hours.slice(-6)
      .map((hour) => hour.value);
    expect(night.filter((value) => value === null)).toHaveLength(4);
  });
});

group('what the device page draws', () => {
  it('is a fortnight of hours with bands, the running one exact, and the peers', () => {
    const state = taught();
    tell(state, [video(123_456_789)]);
    const behaviour = behaviourOf(state, 'cam-0001')!;
    expect(behaviour).toMatchObject({ learning: false, neededHours: 24 });
    expect(behaviour.measures.map((measure) => measure.name)).toEqual(MEASURES.map((measure) => measure.name));
    const sent = behaviour.measures[BYTES_OUT]!.hours;
    expect(sent).toHaveLength(336);
    expect(sent.at(-1)).toMatchObject({ at, value: 123_456_789, simulated: false });
    expect(sent.at(-3)).toMatchObject({ simulated: true });
    expect(sent.at(-3)!.value! / 400_024_000).toBeCloseTo(1, 1);
    expect(sent.at(-3)!.high).toBeGreaterThan(sent.at(-3)!.value!);
    expect(behaviour.peers.map((peer) => [peer.peer, peer.port, peer.usualForKind])).toEqual([
      ['rec-0001', 554, true],
      ['10.0.0.10', 8883, true],
    ]);
    expect(behaviourOf(state, 'cam-9999')).toBeNull();
  });

  it('says how far a new device has learned', () => {
    const state = taught();
    live(state, { from: MONDAY, count: 5 }, (time) => [...usualHour(time), report('cam-0004', time)]);
    expect(behaviourOf(state, 'cam-0004')).toMatchObject({ learning: true, learnedHours: 4 });
    expect(state.learningChanges).toEqual([{ device: 'cam-0004', learning: true }]);
    live(state, { from: MONDAY + hours(5), count: 30 }, (time) => [...usualHour(time), report('cam-0004', time)]);
    expect(state.learningChanges.at(-1)).toEqual({ device: 'cam-0004', learning: false });
    expect(CAMERAS.every((camera) => behaviourOf(state, camera)!.learning === false)).toBe(true);
  });
});

group('a value in one byte', () => {
  it('keeps order and comes back within its step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (measure, a, b) => {
          const back = decodeValue(measure, encodeValue(measure, a));
          expect(Math.abs(Math.log2((1 + back) / (1 + a)))).toBeLessThanOrEqual(
            0.51 / MEASURES[measure]!.steps + 1 / (1 + a),
          );
          if (a <= b) expect(encodeValue(measure, a)).toBeLessThanOrEqual(encodeValue(measure, b));
        },
      ),
    );
    expect(encodeValue(BYTES_OUT, 1e30)).toBe(254);
    expect([peersFromBits(256), peersFromBits(246)]).toEqual([0, 10]);
  });
});
