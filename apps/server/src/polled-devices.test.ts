/** Whether a change would reach a device that comes by itself: it has no link that could be looked at. */
import { describe, expect, it } from 'vitest';
import { millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createPolled, POLL_FRESH_MS } from './polled-devices.ts';
import { testDesk } from './testing-desk.ts';

describe('a device that polls', () => {
  it('is reached while it has asked lately, and no longer: an order that nobody fetches would count as silence', () => {
    let now = 1_764_000_000_000;
    const polled = createPolled({ desk: testDesk(), clock: () => millis(now), log: silentLog, alive: () => undefined });
    expect(polled.reaches('gw-0001')).toBe(false);
    polled.heard(polled.deviceOf('gw-0001'));
    polled.deviceOf('gw-0002');
    expect([polled.reaches('gw-0001'), polled.reaches('gw-0002')]).toEqual([true, false]);
    now += POLL_FRESH_MS + 1;
    expect(polled.reaches('gw-0001')).toBe(false);
    polled.stop();
  });
});
