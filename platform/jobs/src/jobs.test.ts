/** Jobs run once, are tried again within bounds, and start anew after a kill. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createJobs, type Jobs } from './index.ts';

let sql: TestSql;
let now = 1_000_000;
beforeAll(async () => {
  sql = await openTestSql();
  await sql.migrate({ module: 'jobs', folder: new URL('../migrations/', import.meta.url) });
});
beforeEach(() => sql.reset());
afterAll(() => sql.stop());

const jobsWith = (run: (payload: unknown) => Promise<void>, attemptsMax = 3): Jobs => {
  const jobs = createJobs({ sql, log: silentLog, clock: () => millis(now) });
  jobs.define('count', { title: (payload) => `Count ${JSON.stringify(payload)}`, attemptsMax, run });
  return jobs;
};
const reaches = async (jobs: Jobs, state: string): Promise<void> => {
  for (let i = 0; i < 500 && (await jobs.list())[0]?.state !== state; i++) {
    now += 1_000; // time passes, so that back-off ends
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect((await jobs.list())[0]?.state).toBe(state);
};

it('runs what was enqueued with a committed transaction, and nothing of one that was rolled back', async () => {
  const ran: unknown[] = [];
  const jobs = jobsWith((payload) => Promise.resolve(void ran.push(payload)));
  const lost = sql.transact(async (tx) => {
    await jobs.enqueue(tx, 'count', 'lost');
    throw new Error('rolled back');
  });
  await expect(lost).rejects.toThrow('rolled back');
  await sql.transact((tx) => jobs.enqueue(tx, 'count', 'kept'));
  await jobs.start();
  await reaches(jobs, 'done');
  await jobs.stop();
  expect(ran).toEqual(['kept']);
});

it('stops trying after the named number of attempts, says why, and tries again when asked', async () => {
  let failing = true;
  const jobs = jobsWith(() => (failing ? Promise.reject(new Error('no route')) : Promise.resolve()), 2);
  await jobs.start();
  const id = await jobs.enqueue(null, 'count', 1);
  await reaches(jobs, 'failed');
  expect((await jobs.list())[0]).toMatchObject({ attempts: 2, error: 'no route' });
  failing = false;
  expect(await jobs.retry(id)).toMatchObject({ state: 'waiting' });
  await reaches(jobs, 'done');
  expect(await jobs.retry(id)).toBeNull();
  await jobs.stop();
});

it('starts a job anew that a kill cut off', async () => {
  const jobs = jobsWith(() => Promise.resolve());
  await jobs.enqueue(null, 'count', 1);
  const { sql: raw } = await import('kysely');
  await raw`update jobs.job set state = 'running', attempts = 1`.execute(sql.for());
  await jobs.start();
  await reaches(jobs, 'done');
  await jobs.stop();
});

it('refuses a kind that is not defined', async () => {
  const jobs = jobsWith(() => Promise.resolve());
  await expect(jobs.enqueue(null, 'fly', 1)).rejects.toThrow('"fly"');
});
