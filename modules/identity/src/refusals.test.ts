/** Whatever knocks and however often: the ledger is told of every refusal, in few entries, and of how many there were. */
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS, millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createRefusalNotes, type RefusalNotes } from './refusals.ts';

let sql: TestSql;
let now = 1_700_000_000_000;
let sweep: (() => void) | null = null;
let notes: RefusalNotes;

beforeAll(async () => {
  sql = await openTestSql();
});
afterAll(() => sql.stop());
beforeEach(async () => {
  await raw`delete from platform.outbox`.execute(sql.for());
  notes = createRefusalNotes({
    sql,
    clock: () => millis(now),
    log: silentLog,
    every: (_ms, act) => {
      sweep = act;
      return () => (sweep = null);
    },
  });
});

interface Row {
  readonly subject: string;
  readonly data: { readonly way: string; readonly code: string; readonly times: number };
}
async function told(): Promise<string[]> {
  await notes.stop();
  const { rows } = await raw<Row>`
    select subject, data from platform.outbox where type = 'reporter.refused' order by position`.execute(sql.for());
  return rows.map(({ subject, data }) => `${subject} ${data.way} ${data.code} ${data.times}`);
}
const MALFORMED = { way: 'MQTT', code: 'REPORT_MALFORMED' };

describe('what is refused', () => {
  it('is told at once, a flood of it once a minute with how many, and the rest when it ends', async () => {
    for (let i = 0; i < 5_000; i++) notes.note('cam-0001', MALFORMED);
    now += MINUTE_MS;
    sweep?.();
    for (let i = 0; i < 7; i++) notes.note('cam-0001', MALFORMED);
    expect(await told()).toEqual([
      'cam-0001 MQTT REPORT_MALFORMED 1',
      'cam-0001 MQTT REPORT_MALFORMED 4999',
      'cam-0001 MQTT REPORT_MALFORMED 7',
    ]);
  });
  it('is told anew at once after a minute of quiet', async () => {
    notes.note('cam-0001', MALFORMED);
    now += MINUTE_MS;
    sweep?.();
    expect(sweep).toBeNull();
    notes.note('cam-0001', MALFORMED);
    expect(await told()).toEqual(['cam-0001 MQTT REPORT_MALFORMED 1', 'cam-0001 MQTT REPORT_MALFORMED 1']);
  });
  it('of a thousand different kinds is a hundred entries and one for the others: none is lost', async () => {
    for (let i = 0; i < 1_000; i++) notes.note(`cam-${1_000 + i}`, MALFORMED);
    const all = await told();
    expect(all).toHaveLength(101);
    expect(all.at(-1)).toBe('unknown any MANY_DIFFERENT 900');
  });
  it('is counted also while the clock is set back by a day', async () => {
    notes.note('cam-0001', MALFORMED);
    now -= 24 * 60 * MINUTE_MS;
    notes.note('cam-0001', MALFORMED);
    sweep?.();
    expect(await told()).toEqual(['cam-0001 MQTT REPORT_MALFORMED 1', 'cam-0001 MQTT REPORT_MALFORMED 1']);
  });
  it('never carries what a stranger typed', async () => {
    notes.note('<script>', { way: 'EST', code: 'X'.repeat(500), address: 'a'.repeat(500) });
    expect((await told())[0]).toBe(`unknown EST ${'X'.repeat(60)} 1`);
  });
  it('is heard of every time by whoever listens, thinned or not', async () => {
    let heard = 0;
    const deaf = notes.onNoted(() => heard++);
    for (let i = 0; i < 10; i++) notes.note('cam-0001', MALFORMED);
    deaf();
    notes.note('cam-0001', MALFORMED);
    expect(heard).toBe(10);
  });
});
