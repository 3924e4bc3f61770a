/** Trust at work: in force at once, told once, saved, and the same after a restart. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { SignalDraft, Subject } from './domain/trust.ts';
import type { Identity } from './service.ts';
import { removeFolder, testClock, testFolder, testIdentity } from './testing.ts';
import { RISE_TOLD_AFTER_MS, type TrustChange } from './trust.ts';

describe('trust', () => {
  let sql: TestSql;
  let identity: Identity;
  const folder = testFolder();
  const clock = testClock();
  const changes: TrustChange[] = [];
  const device = (id: string): Subject => ({ kind: 'device', id });
  const say = (id: string, value: number | null, more: Partial<SignalDraft> = {}) =>
    identity.putSignal({
      subject: device(id),
      kind: 'firmware',
      value,
      reason: `it runs what is worth ${value}`,
      source: 'fleet',
      expires: clock() + 30 * DAY_MS,
      ...more,
    });
  const factsOf = async (id: string) => {
    const outbox = sql.for<{ 'platform.outbox': { type: string; subject: string; data: { level: string } } }>();
    const facts = await outbox.selectFrom('platform.outbox').selectAll().execute();
    return facts.filter((fact) => fact.type === 'trust.changed' && fact.subject === id);
  };
  const restart = async (): Promise<void> => {
    await identity.stop();
    identity = testIdentity(sql, { folder, clock });
    identity.onTrust((change) => changes.push(change));
    await identity.start();
  };
  beforeAll(async () => {
    sql = await openTestSql();
    identity = testIdentity(sql, { folder, clock });
    identity.onTrust((change) => changes.push(change));
    await identity.start();
  });
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });

  it('is in force and told before the call returns, and the mark is the same object until it changes', () => {
    const before = identity.trustMarkOf(device('cam-0001'));
    expect(before.level).toBe('unknown');
    const saved = say('cam-0001', 30);
    expect(identity.trustMarkOf(device('cam-0001'))).toMatchObject({ level: 'low', value: 30 });
    expect(changes.at(-1)).toMatchObject({ subject: device('cam-0001'), from: before, to: { level: 'low' } });
    expect(identity.trustMarkOf(device('cam-0001'))).toBe(identity.trustMarkOf(device('cam-0001')));
    return saved;
  });

  it('is a fact when a level falls, and not when the same is said again', async () => {
    await say('cam-0002', 30);
    for (let times = 0; times < 5; times++) await say('cam-0002', 30);
    await say('cam-0002', 31);
    const facts = await factsOf('cam-0002');
    expect(facts).toHaveLength(1);
    expect(facts[0]!.data).toMatchObject({ level: 'low', from: 'unknown', reason: 'it runs what is worth 30' });
  });
  it('of an identity that was never told of is news only when it is bad', async () => {
    await say('cam-0003', 100);
    expect(identity.trustMarkOf(device('cam-0003')).level).toBe('reduced');
    expect(await factsOf('cam-0003')).toEqual([]);
  });
  it('going up and down all the time fills no ledger, and ends at what stands', async () => {
    for (let times = 0; times < 4; times++) {
      await say('cam-0004', 30);
      await say('cam-0004', 90);
    }
    expect(await factsOf('cam-0004')).toHaveLength(1);
    clock.add(RISE_TOLD_AFTER_MS + 1);
    await expect.poll(() => factsOf('cam-0004')).toHaveLength(2);
    expect((await factsOf('cam-0004')).map(({ data }) => data.level)).toEqual(['low', 'reduced']);
  });
  it('becomes unknown on time when what was said ends, asked or not', async () => {
    const asked = say('cam-0005', 100, { expires: clock() + MINUTE_MS });
    await say('cam-0006', 10, { expires: clock() + MINUTE_MS });
    await asked;
    expect(identity.trustMarkOf(device('cam-0006')).level).toBe('none');
    clock.add(MINUTE_MS);
    expect(identity.trustMarkOf(device('cam-0005')).level).toBe('unknown');
    await expect.poll(() => changes.at(-1)).toMatchObject({ subject: device('cam-0006'), to: { level: 'unknown' } });
  });
  it('is the same after a restart, told of once, and what ended meanwhile has ended', async () => {
    await say('cam-0007', 15);
    await say('cam-0008', 15, { expires: clock() + MINUTE_MS });
    await say('cam-0009', 15);
    await say('cam-0009', null);
    const before = identity.trustOf(device('cam-0007'));
    await identity.stop();
    clock.add(2 * MINUTE_MS);
    await restart();
    expect(identity.trustOf(device('cam-0007'))).toEqual(before);
    expect(identity.trustOf(device('cam-0008')).level).toBe('unknown');
    expect(identity.trustOf(device('cam-0008')).components[0]!.reason).toContain('worth 15');
    expect(identity.trustOf(device('cam-0009')).components[0]!.source).toBeNull();
    expect(await factsOf('cam-0007')).toHaveLength(1);
    await expect.poll(() => factsOf('cam-0008')).toHaveLength(2);
  });
  it('that only goes on is not written each time, yet outlives a restart', async () => {
    const life = 8 * MINUTE_MS;
    const keepOn = (): Promise<unknown> => say('cam-0010', 90, { expires: clock() + life });
    await keepOn();
    for (let minutes = 0; minutes < 30; minutes++) {
      clock.add(MINUTE_MS);
      await keepOn();
    }
    await restart();
    expect(identity.trustOf(device('cam-0010')).components[0]).toMatchObject({ state: 'known', value: 90 });
  });
  it('takes nothing about what the city does not have', async () => {
    expect(await say('toaster-1', 90)).toMatchObject({ error: { code: 'DEVICE_UNKNOWN' } });
    const person = identity.putSignal({
      subject: { kind: 'person', id: 'per-nobody' },
      kind: 'behaviour',
      value: 1,
      reason: 'said',
      source: 'watch',
      expires: clock() + DAY_MS,
    });
    expect(await person).toMatchObject({ error: { code: 'PERSON_UNKNOWN' } });
  });
});
