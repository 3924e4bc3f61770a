/** scan: many doors, most of them shut; and the many who only look like it. */
import { describe as group, expect, it } from 'vitest';
import type { Flow } from '@cityward/contracts';
import { hours, minutes, MONDAY, newState, talk, taught, teach, tell, usualHour } from '../test-kit.ts';
import { allow } from './dismiss.ts';
import type { LiveFinding } from './findings.ts';
import { SCAN_FAILED_MIN, SCAN_TRACKS_MAX } from './parameters.ts';
import { describe } from './words.ts';

const at = MONDAY + hours(1);
const scans = (findings: readonly LiveFinding[]) => findings.filter((finding) => finding.cause.detector === 'scan');
const shut = { outcome: 'refused', bytes_out: 0, bytes_in: 0 } as const;
const times = (count: number, make: (i: number) => Partial<Flow> & { dst: string }, src = 'cam-0001'): Flow[] =>
  Array.from({ length: count }, (_, i) => talk({ at: at + i * 1_000, src, ...make(i) }));

group('is raised', () => {
  it('for many ports of one target', () => {
    const flows = times(40, (i) => ({ ...shut, dst: 'pump-0001', dst_port: 20 + i }));
    const [finding, ...rest] = scans(tell(taught(), flows));
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({
      device: 'cam-0001',
      severity: 'alarm',
      count: 40,
      peers: ['pump-0001'],
      port: null,
    });
    const words = describe(finding!);
    expect(words.title).toBe('Device cam-0001 tried 40 ports of pump-0001 in vain: a scan');
    expect(words.observed).toContain('it tried 40 ports it had never used; 40 (100 in 100) refused');
    expect(words.wouldNotHaveAlarmedIf).toBe(
      'In an hour fewer than 8 ports, or fewer than 30 in 100 of those it tried for the first time had failed.',
    );
  });

  it('for many targets on one port, although some answer', () => {
    const flows = times(30, (i) => ({ ...(i % 2 ? shut : {}), dst: `ip:198.51.100.${i}`, dst_port: 23 }));
    const [finding] = scans(tell(taught(), flows));
    expect(finding).toMatchObject({ severity: 'warning', port: 23, cause: { failed: 15, across: 'targets' } });
  });

  it('for an opened and closed connection that carried nothing, for echo requests, and unanswered UDP', () => {
    expect(
      scans(
        tell(
          taught(),
          times(9, (i) => ({ dst: `ip:198.51.100.${i}`, dst_port: 23, bytes_out: 0, bytes_in: 0 })),
        ),
      ),
    ).toHaveLength(1);
    expect(
      scans(
        tell(
          taught(),
          times(9, (i) => ({ ...shut, dst: `ip:10.1.1.${i}`, dst_port: 0, protocol: 'icmp' })),
        ),
      ),
    ).toHaveLength(1);
    expect(
      scans(
        tell(
          taught(),
          times(9, (i) => ({ ...shut, dst: `ip:10.1.1.${i}`, dst_port: 161, protocol: 'udp' })),
        ),
      ),
    ).toHaveLength(1);
  });

  it('however slowly, within an hour, and wherever the hour begins', () => {
    for (const start of [0, 17, 55]) {
      const flows = times(SCAN_FAILED_MIN, (i) => ({
        ...shut,
        at: at + minutes(start + i * 8),
        dst: `ip:10.1.1.${i}`,
        dst_port: 22,
      }));
      expect(scans(tell(taught(), flows))).toHaveLength(1);
    }
    const spread = times(SCAN_FAILED_MIN, (i) => ({ ...shut, at: at + hours(i), dst: `ip:10.1.1.${i}`, dst_port: 22 }));
    expect(scans(tell(taught(), spread))).toEqual([]);
  });

  it('in the first hours of a device and in a replay as well', () => {
    const flows = times(20, (i) => ({ ...shut, dst: 'ip:192.0.2.1', dst_port: i + 1 }), 'ip:192.168.1.9');
    expect(scans(tell(newState(), flows, { replay: true }))).toMatchObject([
      { device: 'ip-192-168-1-9', replay: true },
    ]);
  });

  it('on the scanned device, as a notice, when it comes from outside', () => {
    const flows = times(20, (i) => ({ ...shut, dst: 'cam-0001', dst_port: i + 1 }), 'ip:203.0.113.9');
    const [finding] = scans(tell(taught(), flows));
    expect(finding).toMatchObject({ device: 'cam-0001', severity: 'notice', peers: ['ip:203.0.113.9'] });
    expect(describe(finding!).title).toMatch(/^203\.0\.113\.9 tried 20 ports of Device cam-0001/);
  });

  it('not again once dismissed', () => {
    const state = taught();
    const flows = (from: number) =>
      times(20, (i) => ({ ...shut, at: at + from + i, dst: 'pump-0001', dst_port: i + 1 }));
    allow(state, scans(tell(state, flows(0)))[0]!, at);
    expect(scans(tell(state, flows(60_000)))).toEqual([]);
  });
});

group('is not raised', () => {
  it.each([
    [
      'a resolver that asks many servers',
      times(200, (i) => ({ ...(i % 20 ? {} : shut), dst: `ip:198.51.100.${i}`, dst_port: 53, protocol: 'udp' })),
    ],
    [
      'a client of many sites, some of them dead',
      times(60, (i) => ({ ...(i % 8 ? {} : shut), dst: `ip:198.51.100.${i}` })),
    ],
    [
      'answers whose question was not seen',
      times(40, (i) => ({ ...shut, dst: 'cam-0002', dst_port: 50_000 + i, protocol: 'udp' })),
    ],
    [
      'multicast and broadcast',
      times(40, (i) => ({ ...shut, dst: `ip:239.255.255.${i}`, dst_port: 1_900, protocol: 'udp' })),
    ],
    [
      'trying the same dead door again and again',
      times(300, () => ({ ...shut, dst: 'ip:203.0.113.9', dst_port: 5_888 })),
    ],
    ['one short of the limit', times(SCAN_FAILED_MIN - 1, (i) => ({ ...shut, dst: 'pump-0001', dst_port: i + 1 }))],
  ])('for %s', (_, flows) => expect(scans(tell(taught(), flows))).toEqual([]));

  it('for a master whose slaves have died, since it knows them', () => {
    const slaves = Array.from({ length: 20 }, (_, i) => `pump-${1000 + i}`);
    const poll = (time: number, rest: Partial<Flow> = {}) =>
      slaves.map((dst) => talk({ at: time, src: 'plc-0001', dst, dst_port: 502, ...rest }));
    const state = newState();
    teach(state, (time) => [...usualHour(time), ...poll(time)]);
    expect(scans(tell(state, poll(at, shut)))).toEqual([]);
  });

  it('for doors that opened after all', () => {
    const state = taught();
    const flows = [0, 1].flatMap((round) =>
      times(7, (i) => ({ ...(round ? {} : shut), at: at + round * 60_000 + i, dst: `rec-100${i}`, dst_port: 554 })),
    );
    tell(state, flows);
    expect(
      scans(
        tell(
          state,
          times(3, (i) => ({ ...shut, at: at + 120_000 + i, dst: `rec-200${i}`, dst_port: 554 })),
        ),
      ),
    ).toEqual([]);
  });
});

it('is counted in a bounded number of tracks', () => {
  const state = newState();
  for (let i = 0; i < SCAN_TRACKS_MAX; i++)
    tell(state, [
      talk({
        ...shut,
        at: at + i,
        src: 'cam-0001',
        dst: `ip:10.${i >> 12}.${(i >> 4) & 255}.${i & 15}`,
        dst_port: (i % 60_000) + 1,
      }),
    ]);
  expect(state.scans.tracks.size).toBeLessThanOrEqual(SCAN_TRACKS_MAX);
});
