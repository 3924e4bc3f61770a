/** new-peer: what is news for a kind and a device, what is not, and what a finding says. */
import { describe as group, expect, it } from 'vitest';
import { days, hours, MONDAY, newState, seen, talk, taught, teach, tell, usualHour, type Talk } from '../test-kit.ts';
import { allow } from './dismiss.ts';
import { learn } from './engine.ts';
import type { LiveFinding } from './findings.ts';
import { PEER_FINDINGS_PER_DAY, PEERS_PER_DEVICE, PORT_FINDINGS_PER_DAY } from './parameters.ts';
import { describe } from './words.ts';

const onlyPeers = (found: readonly LiveFinding[]) => found.filter((one) => one.cause.detector === 'new-peer');
const OUTSIDE = 'ip:203.0.113.9';
const at = MONDAY + hours(1);
const speak = (given: Partial<Talk> = {}) => talk({ at, src: 'cam-0001', dst: OUTSIDE, ...given });

group('a device of a settled kind', () => {
  it('alarms at once when it speaks to an outside address that none of its kind ever used', () => {
    const [finding, ...rest] = tell(taught(), [
      speak({ dst_port: 4444, outcome: 'refused', bytes_out: 0, bytes_in: 0 }),
    ]);
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({
      device: 'cam-0001',
      severity: 'alarm',
      peers: [OUTSIDE],
      port: 4444,
      count: 1,
      at,
    });
    expect(describe(finding!)).toEqual({
      title: 'Device cam-0001 tried to reach 203.0.113.9 on TCP port 4444, which no camera M1 ever did',
      observed:
        '1 conversation with 203.0.113.9 on TCP port 4444 since 01:00 UTC: none answered; 0 bytes out, 0 bytes in.',
      expected: '3 devices of the kind camera M1 use 2 peers between them; this is none of them.',
      why: 'No device of this kind ever did so, and the peer lies outside the city.',
      wouldNotHaveAlarmedIf:
        'Any camera M1 had used this peer on TCP port 4444 before, or somebody had dismissed this for Device cam-0001.',
    });
  });

  it('says nothing of what it or others of its kind usually do', () => {
    const state = taught();
    expect(tell(state, usualHour(at))).toEqual([]);
    expect(
      tell(state, [speak({ dst: 'rec-0002', dst_port: 554 }), speak({ dst: 'ip:10.0.0.10', dst_port: 8883 })]),
    ).toEqual([]);
  });

  it.each([
    ['the usual address on another port', { dst: 'ip:10.0.0.10', dst_port: 22 }, 'warning'],
    ['an inside address nobody used', { dst: 'ip:10.9.9.9' }, 'warning'],
    ['another camera', { dst: 'cam-0002', dst_port: 23 }, 'warning'],
    ['the recorder by another protocol', { dst: 'rec-0001', dst_port: 554, protocol: 'udp' }, 'warning'],
    ['an outside IPv6 address', { dst: 'ip:2001:db8::9' }, 'alarm'],
  ] as const)('raises %s', (_, given, severity) =>
    expect(tell(taught(), [speak(given)])).toMatchObject([{ severity, cause: { detector: 'new-peer' } }]),
  );

  it.each(['ip:224.0.0.251', 'ip:255.255.255.255', 'ip:10.0.0.255', 'ip:ff02::fb'])(
    'leaves out the group address %s',
    (dst) => expect(tell(taught(), [speak({ dst, protocol: 'udp', dst_port: 5353 })])).toEqual([]),
  );

  it('raises an outside address that reaches the device, once, as a warning', () => {
    const findings = tell(taught(), [
      speak({ src: OUTSIDE, dst: 'cam-0001', dst_port: 80 }),
      speak({ at: at + 1, src: OUTSIDE, dst: 'cam-0001', dst_port: 80 }),
    ]);
    expect(findings).toMatchObject([{ device: 'cam-0001', severity: 'warning', count: 2, peers: [OUTSIDE] }]);
    expect(describe(findings[0]!).title).toContain('was reached by 203.0.113.9');
  });

  it('does not take what was alarmed for usual, neither for itself nor for others of its kind', () => {
    const state = taught();
    expect(tell(state, [speak()])).toHaveLength(1);
    expect(tell(state, [speak({ at: at + hours(30) })])).toEqual([]);
    expect(tell(state, [speak({ at: at + hours(30), src: 'cam-0002' })])).toHaveLength(1);
  });

  it('grows one finding: count, bytes, last time and marks', () => {
    const state = taught();
    const [finding] = tell(state, [speak()], { authenticated: false, replay: false, simulated: true });
    expect(finding).toMatchObject({ authenticated: false, simulated: true });
    expect(describe(finding!).why).toContain('nobody signed for');
    tell(state, [speak({ at: at + 5_000, count: 9, bytes_out: 9_000 })]);
    expect(finding).toMatchObject({ count: 10, lastAt: at + 5_000, authenticated: true, simulated: false });
    expect(finding!.cause).toMatchObject({ answered: 10, bytesOut: 10_000 });
    expect([...state.registry.grown]).toEqual([finding]);
  });

  it('gathers many: first each peer, then by port, then all', () => {
    const state = taught();
    const many = (port: number, from: number, count: number) =>
      Array.from({ length: count }, (_, i) => speak({ at: at + i, dst: `ip:198.51.100.${from + i}`, dst_port: port }));
    expect(onlyPeers(tell(state, many(443, 0, 40)))).toHaveLength(PEER_FINDINGS_PER_DAY + 1);
    for (let port = 1; port < 40; port++) tell(state, many(port, 50, 2));
    const open = [...state.registry.open.values()].filter((finding) => finding.cause.detector === 'new-peer');
    expect(open).toHaveLength(PORT_FINDINGS_PER_DAY + 1);
    expect(open.reduce((sum, finding) => sum + finding.count, 0)).toBe(40 + 39 * 2);
    expect(Math.max(...open.map((finding) => finding.peers.length))).toBeLessThanOrEqual(32);
  });

  it('knows a peer once it is dismissed, for this device only', () => {
    const state = taught();
    const [finding] = tell(state, [speak()]);
    allow(state, finding!, at);
    allow(state, finding!, at);
    expect(tell(state, [speak({ at: at + 1 })])).toEqual([]);
    expect(tell(state, [speak({ at: at + 1, dst_port: 80 })])).toHaveLength(1);
    expect(tell(state, [speak({ at: at + 1, src: 'cam-0002' })])).toHaveLength(1);
  });
});

group('a device in its first hours', () => {
  it('may use what its kind uses, and new inside peers, but an outside one is a notice', () => {
    const state = taught();
    expect(tell(state, [speak({ src: 'cam-0009', dst: 'rec-0007', dst_port: 554 })])).toEqual([]);
    expect(tell(state, [speak({ src: 'cam-0009', dst: 'ip:10.9.9.9' })])).toEqual([]);
    const [finding] = tell(state, [speak({ src: 'cam-0009' })]);
    expect(finding).toMatchObject({ device: 'cam-0009', severity: 'notice' });
    expect(describe(finding!).why).toContain('first 24 hours');
    // What one new device does is not what its kind does.
    expect(tell(state, [speak({ dst: 'ip:10.9.9.9' })])).toHaveLength(1);
  });

  it('of a kind that nobody knows yet raises nothing, and teaches the kind', () => {
    const state = taught();
    expect(tell(state, [speak({ src: 'bin-0001' }), speak({ src: 'bin-0002', at: at + 1 })])).toEqual([]);
    expect(state.kinds.byName.get('waste-bin M1')!.peers.size).toBe(1);
  });
});

group('kinds of which new peers are no news', () => {
  it('are those that went on finding outside peers day after day', () => {
    const state = newState();
    teach(state, (time) => [
      ...usualHour(time),
      talk({ at: time, src: 'cam-0001', dst: `ip:198.51.100.${Math.floor((time - MONDAY) / days(1)) + 20}` }),
    ]);
    expect(tell(state, [speak()])).toEqual([]);
    expect(tell(state, [speak({ dst: 'ip:10.9.9.9' })])).toHaveLength(1);
  });

  it('and inside services that most kinds of the city use', () => {
    const state = newState();
    const names = (src: string, time: number) =>
      talk({ at: time, src, dst: 'ip:10.0.0.53', dst_port: 53, protocol: 'udp' });
    teach(state, (time) => [
      ...usualHour(time),
      names('plc-0001', time),
      names('pump-0001', time),
      names('bin-0001', time),
    ]);
    expect(tell(state, [names('cam-0001', at)])).toEqual([]);
    expect(tell(state, [{ ...names('cam-0001', at), dst: 'ip:10.0.0.54' }])).toHaveLength(1);
  });
});

group('the bounded memory of a device', () => {
  it('lets go of what its kind uses, and that stays usual', () => {
    const state = taught();
    for (let i = 0; i < 3 * PEERS_PER_DEVICE; i++)
      expect(
        onlyPeers(tell(state, [speak({ at: at + i, dst: `rec-${String(i).padStart(4, '0')}`, dst_port: 554 })])),
      ).toEqual([]);
    expect(onlyPeers(tell(state, [speak({ at: at + 999, dst: 'rec-0000', dst_port: 554 })]))).toEqual([]);
    expect(onlyPeers(tell(state, [speak({ at: at + 999 })]))).toHaveLength(1);
  });

  it('does not call everything new when its own peers do not fit: it says that it cannot tell', () => {
    const state = taught();
    for (let i = 0; i < 2 * PEERS_PER_DEVICE; i++)
      learn(state, seen(speak({ src: 'cam-0009', dst: `ip:10.7.0.${i}` }), { position: -1 }));
    // Learned for the kind as well, by history; a second device shows that the kind's memory is another one.
    expect(tell(state, [speak({ dst: 'ip:10.7.0.5' })])).toEqual([]);
    for (let i = 0; i < 2 * PEERS_PER_DEVICE; i++) tell(state, [speak({ src: 'cam-0008', dst: `ip:10.8.0.${i}` })]);
    for (let hour = 1; hour < 30; hour++)
      tell(state, [speak({ src: 'cam-0008', at: at + hours(hour), dst: 'rec-0001', dst_port: 554 })]);
    expect(tell(state, [speak({ src: 'cam-0008', at: at + hours(31), dst: 'ip:10.8.9.9' })])).toEqual([]);
  });
});

group('a replay', () => {
  it('is judged and marked, and teaches nothing', () => {
    const state = taught();
    const known = state.table.ids.length * 4;
    const before = state.table.columns.sums.slice(0, known);
    const [finding] = tell(state, [speak({ at: 5 })], { replay: true, received: at });
    expect(finding).toMatchObject({ replay: true, at });
    expect(tell(state, [speak({ src: 'cam-0009', dst: 'rec-0001', dst_port: 554 })], { replay: true })).toEqual([]);
    expect(state.table.columns.sums.slice(0, known)).toEqual(before);
    expect(state.table.columns.hour[state.table.indexOf.get('cam-0009')!]).toBe(-1);
    tell(state, [speak({ at: at + 1 })]);
    expect(finding!.replay).toBe(false);
  });
});
