/** A person takes back that a device lied, or what the calls of a service showed: at once, for good, with name and reason in the ledger, and nothing else by it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { Trust } from '@cityward/contracts';
import type { SignalDraft } from './domain/trust.ts';
import type { Identity } from './service.ts';
import { removeFolder, testClock, testFolder, testIdentity } from './testing.ts';

const CAMERA = 'cam-0001';
const REASON = 'its clock was wrong when it said so';

describe('that a device lied', () => {
  let sql: TestSql;
  let identity: Identity;
  const folder = testFolder();
  const clock = testClock();
  beforeAll(async () => {
    sql = await openTestSql();
    identity = testIdentity(sql, { folder, clock });
    await identity.start();
  });
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });
  const say = (value: number, more: Partial<SignalDraft> = {}) =>
    identity.putSignal({
      subject: { kind: 'device', id: CAMERA },
      kind: 'behaviour',
      value,
      reason: 'it did not run what it said',
      source: 'fleet',
      expires: clock() + 7 * DAY_MS,
      ...more,
    });
  const restore = async () => {
    const found = identity.routes.find((one) => one.endpoint.name === 'restoreDeviceTrust')!;
    const input = { params: { id: CAMERA }, body: { reason: REASON } };
    return found.handle(input as never, { principal: { id: 'per-ann' } } as never);
  };
  const levelNow = () => identity.trustMarkOf({ kind: 'device', id: CAMERA }).level;
  const facts = async () => {
    const outbox = sql.for<{ 'platform.outbox': { type: string; actor: string; subject: string; data: object } }>();
    const rows = await outbox.selectFrom('platform.outbox').selectAll().execute();
    return rows.filter(({ type }) => type === 'trust.restored');
  };

  it('is taken back by a person, who stands in the ledger with the reason, and stays so after a restart', async () => {
    await say(15);
    expect(levelNow()).toBe('none');
    const answer = await restore();
    expect((answer as { value: Trust }).value.components.find(({ kind }) => kind === 'behaviour')?.source).toBeNull();
    expect(levelNow()).not.toBe('none');
    expect(await facts()).toMatchObject([
      { actor: 'per-ann', subject: CAMERA, data: { reason: REASON, said: 'it did not run what it said', value: 15 } },
    ]);
    await identity.stop();
    identity = testIdentity(sql, { folder, clock });
    await identity.start();
    expect(levelNow()).not.toBe('none');
  });
  it('is not taken back twice, nor when nothing says so, nor once it has ended by itself', async () => {
    expect(await restore()).toMatchObject({ ok: false, error: { code: 'NOTHING_TO_TAKE_BACK' } });
    await say(15);
    clock.add(8 * DAY_MS);
    expect(await restore()).toMatchObject({ ok: false, error: { code: 'NOTHING_TO_TAKE_BACK' } });
    expect(await facts()).toHaveLength(1);
  });
  it('takes nothing else back: what watch found, and a hold, stand', async () => {
    await say(15);
    await say(35, { source: 'watch', reason: 'something unusual was seen' });
    await restore();
    expect([levelNow(), identity.trustOf({ kind: 'device', id: CAMERA }).reason]).toEqual([
      'low',
      'something unusual was seen',
    ]);
  });
  it('stands when it is said anew while the other is taken back', async () => {
    await say(15);
    const [answer] = await Promise.all([restore(), say(10, { reason: 'it did it again' })]);
    expect(answer).toMatchObject({ ok: true });
    expect([levelNow(), identity.trustOf({ kind: 'device', id: CAMERA }).reason]).toEqual(['none', 'it did it again']);
    await identity.stop();
    identity = testIdentity(sql, { folder, clock });
    await identity.start();
    expect(identity.trustOf({ kind: 'device', id: CAMERA }).reason).toBe('it did it again');
  });

  it('is not said where all is well', async () => {
    const subject = { kind: 'device', id: 'cam-0007' } as const;
    await say(100, { subject, reason: 'all is well' });
    const found = identity.routes.find((one) => one.endpoint.name === 'restoreDeviceTrust')!;
    const input = { params: { id: subject.id }, body: { reason: REASON } };
    const answer = await found.handle(input as never, { principal: { id: 'per-ann' } } as never);
    expect(answer).toMatchObject({ ok: false, error: { code: 'NOTHING_TO_TAKE_BACK' } });
  });
});
