/** Leases that come on the stream of a page: by the program that a browser runs, on clocks that the test sets on. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { VIEW_LEASE_MS } from '@cityward/contracts';
import { PROVE_AFTER_MS } from './client.ts';
import { PROVEN_MS, PUSH_AFTER_MS } from './limits.ts';
import { HeardCity } from './testing-city.ts';

const STEP_MS = 500;
let city: HeardCity;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] });
  city = new HeardCity();
});
afterEach(() => vi.useRealTimers());

/** What it waits for is worked out aside, however long that takes; no time passes meanwhile. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
const asks = (): number => city.asked.filter((one) => one === 'POST lease').length;
async function pass(ms: number, isPushed = true): Promise<void> {
  for (let passed = STEP_MS; passed <= ms; passed += STEP_MS) {
    await vi.advanceTimersByTimeAsync(STEP_MS);
    city.age += STEP_MS;
    if (isPushed && city.age % PUSH_AFTER_MS === 0) city.say(city.next());
    await turns();
  }
}

it('keep it lit without its asking, but for a sign of its key within a minute', async () => {
  const page = await city.open();
  await until(() => city.isListenedTo);
  await pass(PROVE_AFTER_MS - STEP_MS);
  expect([page.isDark, asks()]).toEqual([false, 0]);
  await pass(PROVEN_MS - PROVE_AFTER_MS);
  await until(() => asks() === 1);
  expect(page.isDark).toBe(false);
});

it('are asked for where none is heard, on a stream that is open or without one', async () => {
  const page = await city.open();
  await until(() => city.isListenedTo);
  await pass(VIEW_LEASE_MS / 2, false);
  await until(() => asks() === 1);
  await turns();
  city.cutOff();
  await turns();
  await pass(VIEW_LEASE_MS / 2, false);
  await until(() => asks() === 2);
  expect(page.isDark).toBe(false);
});

it('do not hold up what ends them', async () => {
  const page = await city.open();
  await until(() => city.isListenedTo);
  city.say(`${city.next()}event: dark\ndata: {}\n\n`);
  await until(() => page.isDark);
});

it('end when nothing more is heard', async () => {
  const page = await city.open();
  await until(() => city.isListenedTo);
  city.age = PUSH_AFTER_MS;
  city.say(city.next());
  await turns();
  city.fetch = () => Promise.reject(new Error('cut off'));
  await pass(VIEW_LEASE_MS, false);
  expect(page.isDark).toBe(false);
  await pass(PUSH_AFTER_MS, false);
  expect(page.isDark).toBe(true);
});
