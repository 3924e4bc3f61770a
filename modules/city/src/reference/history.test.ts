/** Traffic is the same whoever asks, hangs together over the hours, and only ever speaks of what the city has. */
import type { Observed } from '@cityward/contracts';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESSES } from './catalogue.ts';
import { portMerrow } from './city.ts';
import { benignDay, history, observations } from './history.ts';
import { usualPeers } from './peers.ts';
import { telemetryAt } from './telemetry.ts';
import { conversationsOf, trafficOf } from './traffic.ts';

const city = portMerrow({ seed: 11, devices: 240 });
const known = new Set([...city.devices.map((device) => device.id), ...city.addresses.map((address) => address.ref)]);
const span = { grain: 'hour', past: true } as const;

describe('history', () => {
  const past = [...history(city, { endAt: city.at })];

  it('has fourteen days, in order, ending where it should', () => {
    expect(past[0]!.body.at).toBe(city.at - 14 * DAY_MS + HOUR_MS - 1);
    expect(past[past.length - 1]!.body.at).toBe(city.at - 1);
    const after = past.slice(1);
    expect(after.every((one, i) => one.position > past[i]!.position && one.body.at >= past[i]!.body.at)).toBe(true);
    expect(past[past.length - 1]!.position).toBeLessThan(0);
    expect(past.every((one) => one.simulated && one.gateway === 'history' && !one.authenticated)).toBe(true);
  });

  it('speaks of what the city has; a device about itself, its own switch about its conversations', () => {
    const wrong = past.filter(({ reporter, body }) => {
      if (body.kind !== 'flow') return body.kind !== 'telemetry' || body.subject !== reporter;
      const own = city.wiring.indexOf.get(body.src) ?? city.wiring.indexOf.get(body.dst)!;
      const whole = [body.bytes_out, body.bytes_in].every((bytes) => Number.isSafeInteger(bytes) && bytes >= 0);
      const named = known.has(body.src) && known.has(body.dst);
      return !named || !whole || body.count! < 1 || reporter !== city.devices[city.wiring.switchOf[own]!]!.id;
    });
    expect(wrong).toEqual([]);
  });

  it('is the same in pieces as in one', () => {
    const [from, middle, to] = [city.at - 30 * HOUR_MS, city.at - 11 * HOUR_MS, city.at];
    const bodies = (all: Iterable<Observed>): string => JSON.stringify([...all].map((one) => one.body));
    const whole = bodies(observations(city, { ...span, from, to }));
    const first = bodies(observations(city, { ...span, from, to: middle }));
    const second = bodies(observations(city, { ...span, from: middle, to }));
    expect(`${first.slice(0, -1)},${second.slice(1)}`).toBe(whole);
    expect(bodies(observations(portMerrow({ seed: 11, devices: 240 }), { ...span, from, to }))).toBe(whole);
  });

  it('shows every model a technician, so that a visit is nothing new for its kind', () => {
    const visited = new Set(
      past.flatMap(({ body }) =>
        body.kind === 'flow' && body.src === ADDRESSES.engineering.ref
          ? [city.devices[city.wiring.indexOf.get(body.dst)!]!.model]
          : [],
      ),
    );
    expect([...visited].sort()).toEqual([...new Set(city.devices.map((device) => device.model))].sort());
  });

  it('has a day and a week', () => {
    const video = new Map<number, number>();
    for (const { body } of past) {
      if (body.kind !== 'flow' || body.dst_port !== 554) continue;
      const hour = Math.floor(body.at / HOUR_MS);
      video.set(hour, (video.get(hour) ?? 0) + body.bytes_out);
    }
    const mean = (clock: number): number => {
      const some = [...video].filter(([hour]) => hour % 24 === clock).map(([, bytes]) => bytes);
      return some.reduce((a, b) => a + b, 0) / some.length;
    };
    expect(mean(12)).toBeGreaterThan(mean(3) * 1.5);
  });
});

describe('a benign day', () => {
  it('is the conversations of its hours: same bytes, same counts, in order of time', () => {
    const day = [...benignDay(city, { from: city.at, day: 2 })];
    const from = city.at + 2 * DAY_MS;
    const hourly = [...observations(city, { ...span, from, to: from + DAY_MS })];
    const total = (all: readonly Observed[]) => {
      let [count, out, back] = [0, 0, 0];
      for (const { body } of all) {
        if (body.kind !== 'flow') continue;
        count += body.count ?? 1;
        out += body.bytes_out;
        back += body.bytes_in;
      }
      return { count, out, back };
    };
    expect(total(day)).toEqual(total(hourly));
    const after = day.slice(1);
    expect(after.every((one, i) => one.body.at >= day[i]!.body.at && one.position > day[i]!.position)).toBe(true);
    const next = benignDay(city, { from: city.at, day: 3 }).next().value!;
    expect(next.position).toBeGreaterThan(day[day.length - 1]!.position);
  });
});

describe('one device', () => {
  it('can be asked for any hour in any order', () => {
    const index = fc.integer({ min: 0, max: city.devices.length - 1 });
    const hour = fc.integer({ min: 400_000, max: 600_000 });
    fc.assert(
      fc.property(index, hour, (i, h) => {
        const talks = trafficOf(city).hour(i, h);
        const other = trafficOf(city);
        other.hour(i, h + 1);
        expect(other.hour(i, h)).toEqual(talks);
        for (const talk of talks) {
          const ones = conversationsOf(talk, h, city.wiring.salt[i]!);
          expect(ones).toHaveLength(talk.count);
          expect(ones.reduce((sum, one) => sum + one.bytesOut, 0)).toBe(talk.bytesOut);
          expect(ones.reduce((sum, one) => sum + one.bytesIn, 0)).toBe(talk.bytesIn);
          expect(ones.every((one) => Math.floor(one.at / HOUR_MS) === h)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
  it('has usual peers that the city has, and numbers at every moment', () => {
    for (const device of city.devices) {
      const peers = usualPeers(city, device.id);
      expect(peers.length).toBeGreaterThan(0);
      expect(peers.every((peer) => peer.src === device.id && known.has(peer.dst))).toBe(true);
      for (const at of [city.at, city.at + 7 * HOUR_MS + 123]) {
        const values = telemetryAt(city, device.id, at);
        expect(Object.values(values).every(Number.isFinite)).toBe(true);
        expect(Object.keys(values).every((name) => /^[a-z][a-z0-9_]{0,39}$/u.test(name))).toBe(true);
      }
    }
    expect(() => usualPeers(city, 'lamp-9999')).toThrow(/lamp-9999/u);
  });
  it('sleeps if it is a bin', () => {
    const bin = city.devices.findIndex((device) => device.class === 'waste-bin');
    const awake = Array.from({ length: 48 }, (_, h) => trafficOf(city).hour(bin, 495_000 + h).length > 0);
    expect(awake.filter(Boolean)).toHaveLength(8);
  });
});
