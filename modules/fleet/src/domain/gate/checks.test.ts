/** Every check by a table: green only for what was seen, lately, by who may say so; and always with its fix. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GATE_CHECKS, type GateCheckName, type ProbeResult } from '@cityward/contracts';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import { FRESH_MS, isSettled, judge, SKEW_MAX_MS, type Observed } from './checks.ts';

const NOW = 1_767_225_600_000;
const good: ProbeResult = {
  order: 'probe',
  id: 'prb-0001',
  device: 'cam-0001',
  at: NOW,
  credentials: { ended: 'complete', tried: 9, accepted: null, open: false },
  tls: {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    fingerprint: 'a'.repeat(64),
    selfSigned: false,
    notAfter: NOW + 90 * DAY_MS,
    plain: false,
  },
  clock: { device: NOW, gateway: NOW },
  firmware: '11.8.2',
};
const seenAt = (at: number, change: Partial<ProbeResult> = {}) => ({
  gateway: 'switch-0001',
  at,
  result: { ...good, ...change },
});
const observed = (change: Partial<Observed> = {}): Observed => ({
  class: 'camera',
  gateway: 'switch-0001',
  probe: seenAt(NOW),
  self: null,
  uplink: { at: NOW, protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  baseline: { at: NOW, by: 'switch-0001', score: 100, failing: 0 },
  track: { least: '11.8.0', track: '11.' },
  ...change,
});
const of = (check: GateCheckName, seen: Observed) => judge(seen, NOW).find((one) => one.check === check)!;
const credentials = (change: Partial<ProbeResult['credentials']>) =>
  observed({ probe: seenAt(NOW, { credentials: { ...good.credentials, ...change } }) });
const web = (change: Partial<NonNullable<ProbeResult['tls']>>) =>
  observed({ probe: seenAt(NOW, { tls: { ...good.tls!, ...change } }) });

const lamp = (change: Partial<Observed>) =>
  observed({
    class: 'street-light',
    probe: seenAt(NOW, {
      tls: null,
      clock: null,
      firmware: null,
      credentials: { ended: 'no-service', tried: 0, accepted: null, open: false },
    }),
    self: { at: NOW, clock: NOW, firmware: '2.1.0' },
    track: { least: '2.0', track: null },
    ...change,
  });

const CASES: readonly (readonly [what: string, check: GateCheckName, seen: Observed, state: string, why: RegExp])[] = [
  ['all factory passwords refused', 'default-credentials', observed(), 'passed', /refused all 9/],
  ['one let in', 'default-credentials', credentials({ accepted: 'root-pass' }), 'failed', /"root-pass"/],
  ['open to anybody', 'default-credentials', credentials({ open: true, tried: 0 }), 'failed', /anybody/],
  ['nothing was tried', 'default-credentials', credentials({ tried: 0 }), 'unknown', /did not answer/],
  [
    'it locked the door',
    'default-credentials',
    credentials({ ended: 'locked', tried: 4 }),
    'unknown',
    /stopped answering/,
  ],
  ['silence', 'default-credentials', credentials({ ended: 'no-answer', tried: 0 }), 'unknown', /did not answer/],
  [
    'a camera without a web page',
    'default-credentials',
    credentials({ ended: 'no-service', tried: 0 }),
    'unknown',
    /did not answer/,
  ],
  ['a lamp without a sign-in', 'default-credentials', lamp({}), 'passed', /no sign-in/],
  ['nobody has looked', 'default-credentials', observed({ probe: null }), 'unknown', /Nobody has looked/],
  ['nobody can look', 'default-credentials', observed({ probe: null, gateway: null }), 'unknown', /No gateway/],
  ['TLS 1.3 alone', 'tls', observed(), 'passed', /TLSv1.3 only/],
  ['no TLS', 'tls', web({ protocol: null }), 'failed', /no TLS/],
  ['TLS 1.0', 'tls', web({ protocol: 'TLSv1' }), 'failed', /speaks TLSv1$/],
  ['passwords in clear', 'tls', web({ plain: true }), 'failed', /plain HTTP/],
  ['a certificate that ends', 'tls', web({ notAfter: NOW + DAY_MS }), 'failed', /ends on 2026-01-02/],
  ['a camera that did not answer', 'tls', observed({ probe: seenAt(NOW, { tls: null }) }), 'unknown', /did not answer/],
  ['a lamp by its connection', 'tls', lamp({}), 'passed', /its own certificate/],
  [
    'a lamp with an old connection',
    'tls',
    lamp({ uplink: { at: NOW, protocol: 'TLSv1.1', cipher: 'x' } }),
    'failed',
    /TLSv1.1/,
  ],
  ['a lamp that never came', 'tls', lamp({ uplink: null }), 'unknown', /not connected/],
  ['new enough', 'firmware-track', observed(), 'passed', /11.8.2/],
  ['too old', 'firmware-track', observed({ track: { least: '11.9', track: '11.' } }), 'failed', /at least 11.9/],
  [
    'another track',
    'firmware-track',
    observed({ track: { least: '12.1', track: '12.' } }),
    'failed',
    /not of the track 12./,
  ],
  ['nobody said what is wanted', 'firmware-track', observed({ track: null }), 'unknown', /Nobody has said/],
  ['nobody knows what it runs', 'firmware-track', lamp({ self: null }), 'unknown', /Nobody knows/],
  ['by its own word', 'firmware-track', lamp({}), 'passed', /2.1.0/],
  [
    'it lies about what it runs',
    'firmware-track',
    observed({ self: { at: NOW, clock: NOW, firmware: '11.9.0' } }),
    'failed',
    /says that it runs 11.9.0/,
  ],
  ['right', 'clock', observed(), 'passed', /right/],
  [
    'at the limit',
    'clock',
    observed({ probe: seenAt(NOW, { clock: { device: NOW + SKEW_MAX_MS, gateway: NOW } }) }),
    'passed',
    /30 s/,
  ],
  [
    'past the limit',
    'clock',
    observed({ probe: seenAt(NOW, { clock: { device: NOW + SKEW_MAX_MS + 1_000, gateway: NOW } }) }),
    'failed',
    /31 seconds ahead/,
  ],
  [
    'a day behind',
    'clock',
    observed({ probe: seenAt(NOW, { clock: { device: NOW - DAY_MS, gateway: NOW } }) }),
    'failed',
    /24 hours behind/,
  ],
  [
    'by its own report',
    'clock',
    lamp({ self: { at: NOW, clock: NOW - HOUR_MS, firmware: null } }),
    'failed',
    /60 minutes behind/,
  ],
  ['nobody compared', 'clock', lamp({ self: null }), 'unknown', /Nobody has compared/],
  ['as wanted', 'baseline', observed(), 'passed', /100 of 100/],
  [
    'not as wanted',
    'baseline',
    observed({ baseline: { at: NOW, by: 'switch-0001', score: 80, failing: 3 } }),
    'failed',
    /3 controls/,
  ],
  ['not read', 'baseline', observed({ baseline: null }), 'unknown', /not been read/],
];

describe('the checks', () => {
  it.each(CASES)('%s: %s', (...[, check, seen, state, why]) => {
    const judged = of(check, seen);
    expect([judged.state, judged.why]).toEqual([state, expect.stringMatching(why)]);
    expect(judged.fix === null).toBe(state === 'passed');
  });

  it('are not known once what was seen is a day old, whatever was seen', () => {
    const old = NOW - FRESH_MS - 1;
    const stale = observed({
      probe: seenAt(old),
      uplink: { at: old, protocol: 'TLSv1.3', cipher: 'x' },
      baseline: { at: old, by: 'x', score: 100, failing: 0 },
    });
    for (const { state, why } of judge(stale, NOW))
      expect([state, why]).toEqual(['unknown', expect.stringMatching(/day old/)]);
  });

  it('hold for anything a gateway could say: one verdict each, green only with a fresh sight, a fix for all that is not', () => {
    const at = fc.integer({ min: NOW - 3 * DAY_MS, max: NOW + 3 * DAY_MS });
    const tls = fc.record({
      protocol: fc.option(fc.constantFrom('TLSv1', 'TLSv1.2', 'TLSv1.3', 'nonsense')),
      cipher: fc.option(fc.string({ maxLength: 80 })),
      fingerprint: fc.constant(null),
      selfSigned: fc.option(fc.boolean()),
      notAfter: fc.option(at),
      plain: fc.boolean(),
    });
    const result = fc.record({
      order: fc.constant('probe' as const),
      id: fc.constant('prb-0001'),
      device: fc.constant('cam-0001'),
      at,
      credentials: fc.record({
        ended: fc.constantFrom('complete', 'no-service', 'no-answer', 'locked', 'not-tried'),
        tried: fc.nat(12),
        accepted: fc.option(fc.constantFrom('root-pass', 'admin-admin')),
        open: fc.boolean(),
      }),
      tls: fc.option(tls),
      clock: fc.option(fc.record({ device: at, gateway: at })),
      firmware: fc.option(fc.string({ minLength: 1, maxLength: 64 })),
    });
    const any = fc.record({
      class: fc.constantFrom('camera', 'street-light', 'site-switch'),
      gateway: fc.option(fc.constant('switch-0001')),
      probe: fc.option(fc.record({ gateway: fc.constant('switch-0001'), at, result })),
      self: fc.option(fc.record({ at, clock: fc.option(at), firmware: fc.option(fc.string()) })),
      uplink: fc.option(fc.record({ at, protocol: fc.string(), cipher: fc.string() })),
      baseline: fc.option(fc.record({ at, by: fc.string(), score: fc.nat(100), failing: fc.nat(9) })),
      track: fc.option(fc.record({ least: fc.string(), track: fc.option(fc.string()) })),
    });
    fc.assert(
      fc.property(any, (seen) => {
        const judged = judge(seen as Observed, NOW);
        expect(judged.map(({ check }) => check)).toEqual([...GATE_CHECKS]);
        for (const one of judged) {
          expect(one.fix === null).toBe(one.state === 'passed');
          if (one.state === 'passed') expect(NOW - one.at!).toBeLessThanOrEqual(FRESH_MS);
          if (one.state !== 'unknown') expect(one.by).not.toBeNull();
        }
      }),
    );
  });

  it('are settled by green, or by an exception until its end and not a moment longer', () => {
    const [check] = judge(credentials({ accepted: 'root-pass' }), NOW);
    const exception = { owner: 'Ann', until: NOW + 1, reason: 'To be mended', by: 'per-1', at: NOW };
    expect(isSettled({ ...check!, exception: null }, NOW)).toBe(false);
    expect(isSettled({ ...check!, exception }, NOW)).toBe(true);
    expect(isSettled({ ...check!, exception }, NOW + 1)).toBe(false);
  });
});
