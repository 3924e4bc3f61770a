/** The start of the simulator is read strictly, and the clock of its devices runs what is due in order. */
import { describe, expect, it } from 'vitest';
import { backOff, createGate } from './connection.ts';
import { createSchedule } from './schedule.ts';
import { readStart } from './start.ts';

const good = {
  city: { seed: '7', devices: 600 },
  est: { url: 'https://localhost:8443', caFile: '/ca.pem' },
  mqtt: { host: 'localhost', port: 8883 },
  dataFolder: '/data',
};
const read = (value: unknown) => readStart(value, (path) => `PEM of ${path}`);

describe('the start', () => {
  it('takes the city, the servers and a folder, and fills in the rest', () => {
    const start = read(good);
    expect(start.est.ca).toBe('PEM of /ca.pem');
    expect(start.mqtt).toEqual({ host: 'localhost', port: 8883, ca: 'PEM of /ca.pem' });
    expect(start.story).toMatchObject({ calm: true, afterMs: 60_000, first: null });
    expect(start.codes.size).toBe(0);
  });
  it.each([
    [{ ...good, citty: {} }, /start\.citty/u],
    [{ ...good, city: { seed: '7', devices: 10 } }, /start\.city\.devices" is "10"/u],
    [{ ...good, city: { seed: '', devices: 600 } }, /start\.city\.seed/u],
    [{ ...good, est: { url: 'https://localhost:8443' } }, /start\.est\.ca/u],
    [{ ...good, mqtt: { port: 0 } }, /start\.mqtt\.port/u],
    [{ ...good, story: { calm: 'no' } }, /start\.story\.calm/u],
    [{ ...good, story: { master: 'ip:8.8.8.8' } }, /address for documentation/u],
    [{ ...good, codes: { 'Not An Id': 'x' } }, /Not An Id/u],
    [{ ...good, codes: { 'cam-0001': 7 } }, /cam-0001/u],
    [[], /"start"/u],
    [null, /"start"/u],
  ])('refuses %#', (value, message) => {
    expect(() => read(value)).toThrow(message);
  });
});

describe('the schedule', () => {
  it('runs what is due, the earliest first, and goes on after a fault', () => {
    const faults: unknown[] = [];
    const schedule = createSchedule((fault) => faults.push(fault));
    const ran: number[] = [];
    for (const at of [50, 10, 40, 20, 30]) schedule.at(at, () => ran.push(at));
    schedule.at(25, () => {
      throw new Error('broken');
    });
    schedule.at(10, (now) => schedule.at(now + 1, () => ran.push(-1)));
    schedule.tick(30);
    expect(ran).toEqual([10, 20, 30]);
    expect(faults).toHaveLength(1);
    schedule.tick(31);
    expect(ran).toEqual([10, 20, 30, -1]);
    expect(schedule.size).toBe(2);
    schedule.stop();
    expect(schedule.size).toBe(0);
  });
});

describe('connecting', () => {
  it('backs off longer each time, never together, never beyond its limit', () => {
    expect(backOff(0, 0)).toBe(500);
    expect(backOff(0, 0.999)).toBeLessThan(1_000);
    expect(backOff(3, 0)).toBe(4_000);
    expect(backOff(99, 0.5)).toBe(11_250);
  });
  it('lets in only so many at once, in their order', () => {
    const gate = createGate(2);
    const inside: number[] = [];
    const leaves: (() => void)[] = [];
    for (let i = 0; i < 5; i++) {
      gate.enter((leave) => {
        inside.push(i);
        leaves.push(leave);
      });
    }
    expect(inside).toEqual([0, 1]);
    leaves[0]!();
    leaves[0]!();
    expect(inside).toEqual([0, 1, 2]);
    leaves[1]!();
    leaves[2]!();
    expect(inside).toEqual([0, 1, 2, 3, 4]);
  });
});
