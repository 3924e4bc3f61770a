/** Limits on failed sign-ins, and the few facts that they leave. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewFact } from '@cityward/contracts';
import { MINUTE_MS } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createSignInGuard, FAILURES_PER_ADDRESS_MAX, FAILURES_PER_METHOD_MAX, networkOf } from './sign-in-guard.ts';
import type { SignInGuard } from './sign-in-guard.ts';
import { testClock } from './testing.ts';

let sql: TestSql;
let facts: NewFact[];
let guard: SignInGuard;
let clock: ReturnType<typeof testClock>;
beforeAll(async () => {
  sql = await openTestSql();
});
afterAll(() => sql.stop());
beforeEach(() => {
  facts = [];
  clock = testClock();
  const transact: TestSql['transact'] = (work) =>
    sql.transact((tx) => work({ ...tx, record: (fact) => (facts.push(fact), 'fact') } as typeof tx));
  guard = createSignInGuard({ sql: { ...sql, transact }, clock, log: silentLog, key: Buffer.alloc(32, 7) });
  return () => guard.stop();
});

const NO = { kind: 'forbidden', code: 'LINK_NOT_VALID', message: 'no' } as const;
const fail = (times: number, address: string): void => {
  for (let i = 0; i < times; i++) if (!guard.limited('link', address)) guard.failed('link', address, NO);
};

describe('failed sign-ins', () => {
  it('make their address wait, which is told when to come back, and no other one', () => {
    fail(FAILURES_PER_ADDRESS_MAX, '192.0.2.1');
    const limited = guard.limited('passkey', '192.0.2.1');
    expect(limited).toMatchObject({ error: { code: 'TOO_MANY_ATTEMPTS' } });
    const wait = limited && !limited.ok ? limited.error.retryAfterMs! : 0;
    expect(wait).toBeGreaterThan(MINUTE_MS - 5_000);
    expect(wait).toBeLessThanOrEqual(MINUTE_MS);
    expect(guard.limited('link', '192.0.2.2')).toBeNull();
    clock.add(MINUTE_MS);
    expect(guard.limited('link', '192.0.2.1')).toBeNull();
  });
  it('of one address never shut the others out; those of many do, for this way only', () => {
    fail(FAILURES_PER_METHOD_MAX * 5, '192.0.2.1');
    expect(guard.limited('link', '192.0.2.2')).toBeNull();
    for (let i = 0; i < FAILURES_PER_METHOD_MAX; i++) fail(1, `198.51.100.${i}`);
    expect(guard.limited('link', '192.0.2.2')).not.toBeNull();
    expect(guard.limited('passkey', '192.0.2.2')).toBeNull();
  });
  it('count a whole IPv6 network as one address', () => {
    for (let i = 0; i < FAILURES_PER_ADDRESS_MAX; i++) fail(1, `2001:db8:0:1::${i.toString(16)}`);
    expect(guard.limited('link', '2001:db8:0:1:ffff::1')).not.toBeNull();
    expect(guard.limited('link', '2001:db8:0:2::1')).toBeNull();
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(networkOf('2001:DB8::1:2:3')).toBe(networkOf('2001:db8:0:0:ffff::'));
  });
});

describe('the ledger', () => {
  it('gets one fact for an address and minute, with how many there were and nothing of who', async () => {
    fail(50, '192.0.2.1');
    await guard.flush(clock());
    expect(facts).toEqual([]);
    clock.add(MINUTE_MS);
    await guard.flush(clock());
    expect(facts).toMatchObject([
      {
        type: 'person.sign-in-refused',
        actor: 'nobody',
        subject: 'sign-in',
        data: { refused: 50, turnedAway: 50 - FAILURES_PER_ADDRESS_MAX, methods: ['link'] },
      },
    ]);
    expect(JSON.stringify(facts)).not.toContain('192.0.2');
  });
  it('gets few facts of many addresses, and the whole count', async () => {
    for (let i = 0; i < 500; i++) fail(1, `10.0.${i >> 8}.${i & 255}`);
    await guard.flush();
    expect(facts.length).toBeLessThanOrEqual(21);
    expect(facts.reduce((sum, fact) => sum + Number(fact.data['refused']), 0)).toBe(500);
    expect(facts.at(-1)!.data['from']).toBe('others');
  });
  it('gets what is left at the stop', async () => {
    fail(1, '192.0.2.1');
    await guard.stop();
    expect(facts).toHaveLength(1);
  });
});
