/** Switches drop what they are told to, learn only newer orders, and report in messages that the city takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portMerrow } from '@cityward/city/reference';
import { createFabric, type Attempt } from './fabric.ts';
import {
  lets,
  lift,
  newSwitch,
  note,
  obey,
  readOrder,
  REPORT_BUFFER_MAX,
  REPORT_MAX,
  takeReports,
  type Seen,
} from './switch.ts';

const order = (version: number, devices: string[], until: number | null = null) =>
  ({ order: 'quarantine', version, devices, until }) as const;
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('an order', () => {
  it('is read when it is one', () => {
    expect(readOrder(bytes(order(3, ['cam-0001'])))).toEqual({ ok: true, value: order(3, ['cam-0001']) });
  });
  it.each([
    ['{'],
    ['[]'],
    ['{"order":"reboot","version":1,"devices":[],"until":null}'],
    ['{"order":"quarantine","version":-1,"devices":[],"until":null}'],
    ['{"order":"quarantine","version":1.5,"devices":[],"until":null}'],
    ['{"order":"quarantine","version":1,"devices":["Cam 1"],"until":null}'],
    ['{"order":"quarantine","version":1,"devices":"cam-0001","until":null}'],
    ['{"order":"quarantine","version":1,"devices":[],"until":"soon"}'],
    ['{"order":"quarantine","version":1,"devices":[]}'],
  ])('is refused: %s', (text) => {
    expect(readOrder(Buffer.from(text)).ok).toBe(false);
  });
  it('never makes the reader throw (10,000 cases)', () => {
    const field = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.constant(null),
      fc.array(fc.string()),
      fc.constant('quarantine'),
    );
    const like = fc.record({ order: field, version: field, devices: field, until: field }).map(bytes);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          like,
          fc.json().map((text) => Buffer.from(text)),
        ),
        (payload) => {
          const read = readOrder(payload);
          if (read.ok) expect(read.value.order).toBe('quarantine');
        },
      ),
      { numRuns: 10_000 },
    );
  });
});

describe('a switch', () => {
  it('only ever goes to a newer version', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean()), { minLength: 1 }), (orders) => {
        const site = newSwitch('switch-0001');
        let highest = 0;
        for (const [version, drop] of orders) {
          const ack = obey(site, order(version, drop ? ['cam-0001'] : []), 1);
          if (version < highest) {
            // So that a city whose clock went back learns of it.
            expect(ack).toEqual({ order: 'quarantine', version: highest, at: 1, result: 'refused' });
            continue;
          }
          highest = version;
          expect(ack).toEqual({ order: 'quarantine', version, at: 1, result: 'applied' });
          expect(lets(site, 'cam-0001', 'lamp-0001')).toBe(!drop);
        }
      }),
    );
  });
  it('lifts a quarantine by itself when its end has come, also one that came too late', () => {
    const site = newSwitch('switch-0001');
    obey(site, order(1, ['cam-0001'], 5_000), 1_000);
    expect(lift(site, 4_999)).toBe(false);
    expect(lets(site, 'lamp-0001', 'cam-0001')).toBe(false);
    expect(lift(site, 5_000)).toBe(true);
    expect(lift(site, 5_001)).toBe(false);
    expect(lets(site, 'lamp-0001', 'cam-0001')).toBe(true);
    obey(site, order(2, ['cam-0001'], 5_000), 9_000);
    expect(lets(site, 'lamp-0001', 'cam-0001')).toBe(true);
  });
  it('keeps a quarantine for as long as the city meant it, whichever clock is a day off', () => {
    const hour = 3_600_000;
    for (const off of [-24 * hour, 24 * hour]) {
      const site = newSwitch('switch-0001');
      const [at, now] = [100 * hour, 100 * hour + off];
      obey(site, { ...order(1, ['cam-0001'], at + 4 * hour), at }, now);
      expect(lift(site, now + 4 * hour - 1)).toBe(false);
      expect(lets(site, 'lamp-0001', 'cam-0001')).toBe(false);
      expect(lift(site, now + 4 * hour)).toBe(true);
    }
    const late = newSwitch('switch-0001');
    obey(late, { ...order(1, ['cam-0001'], 104 * hour), at: 100 * hour }, 103 * hour);
    expect(lift(late, 104 * hour)).toBe(true);
  });
  it('reports everything once, in order, at most a hundred in a message, and loses the oldest when cut off for long', () => {
    const site = newSwitch('switch-0001');
    const seen = (at: number): Seen => ({
      kind: 'command',
      at,
      src: 'plant-0001',
      dst: 'pump-0001',
      action: 'x'.repeat(at % 80),
    });
    const count = REPORT_BUFFER_MAX + 250;
    for (let i = 0; i < count; i++) note(site, seen(i));
    const messages = takeReports(site);
    expect(messages.flat().map((one) => one.at)).toEqual(Array.from({ length: REPORT_BUFFER_MAX }, (_, i) => i + 250));
    for (const message of messages) {
      expect(message.length).toBeLessThanOrEqual(REPORT_MAX);
      expect(bytes(message).length).toBeLessThan(32_768);
    }
    expect(takeReports(site)).toEqual([]);
  });
});

describe('the fabric', () => {
  const city = portMerrow({ seed: 1, devices: 200 });
  const fabric = createFabric(city);
  const [a, b] = [
    city.devices[0]!.id,
    city.devices.find((device) => fabric.switchOf(device.id) !== fabric.switchOf(city.devices[0]!.id))!.id,
  ];
  const attempt = (src: string, dst: string): Attempt => ({
    src,
    dst,
    port: 80,
    protocol: 'tcp',
    bytesOut: 900,
    bytesIn: 400,
    answer: 'answered',
  });
  it('gives every device the switch of its site', () => {
    city.devices.forEach((device, i) => {
      expect(fabric.switchOf(device.id)?.id).toBe(city.devices[city.wiring.switchOf[i]!]!.id);
    });
  });
  it('drops at either end, and reports what was tried and not answered', () => {
    const [from, to] = [fabric.switchOf(a)!, fabric.switchOf(b)!];
    expect(fabric.carry(attempt(a, b), 5)).toBe('answered');
    obey(to, order(1, [b]), 5);
    expect(fabric.carry(attempt(a, b), 6)).toBe('unanswered');
    obey(to, order(2, []), 6);
    obey(from, order(1, [b]), 6);
    expect(fabric.passes(b, a)).toBe(false);
    expect(fabric.carry(attempt(a, 'ip:10.0.0.53'), 7)).toBe('answered');
    obey(from, order(2, [a]), 7);
    expect(fabric.carry(attempt(a, 'ip:10.0.0.53'), 8)).toBe('unanswered');
    expect(fabric.carry(attempt('ip:203.0.113.9', a), 9)).toBe('unanswered');
    obey(from, order(3, []), 9);
    expect(fabric.carry(attempt(a, b), 10)).toBe('answered');
    const reported = takeReports(from).flat();
    expect(reported.map((one) => one.kind === 'flow' && `${one.outcome} ${one.bytes_in}`)).toEqual([
      'answered 400',
      'unanswered 0',
      'answered 400',
      'unanswered 0',
      'unanswered 0',
      'answered 400',
    ]);
    expect(takeReports(to)).toEqual([]);
  });
});
