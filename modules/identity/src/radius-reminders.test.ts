/** The certificates of a RADIUS server end by a moved clock: somebody is told in time, once at each stage, and no longer once they are renewed. */
import 'reflect-metadata';
import fc from 'fast-check';
import { sql as raw } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Static } from 'typebox';
import type { api } from '@cityward/contracts';
import { type RadiusCertificate } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import { DAY_MS } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { reminderOf, REMINDED_DAYS, stageOf, stateOf } from './domain/radius-certificates.ts';
import type { Identity } from './service.ts';
import { removeFolder, testClock, testFolder, testIdentity } from './testing.ts';

const CLIENT_DAYS = 90;
const SERVER_DAYS = 397;
const CLI: Caller = {
  principal: { type: 'Service', id: 'city-cli', roles: [], attributes: {} },
  id: 'req-1',
  sessionToken: null,
  setSession: () => undefined,
  origin: '',
};

describe('the stages', () => {
  it.each([
    [31, null, 'good'],
    [30, 30, 'ends-soon'],
    [14.5, 30, 'ends-soon'],
    [14, 14, 'ends-soon'],
    [2, 3, 'ends-soon'],
    [0.5, 1, 'ends-soon'],
    [0, 0, 'ended'],
    [-9, 0, 'ended'],
  ] as const)('%d days before the end', (days, stage, state) => {
    expect([stageOf(days * DAY_MS, 0), stateOf(days * DAY_MS, 0)]).toEqual([stage, state]);
  });
  it('only ever come nearer, and have words when and only when there is something to do', () => {
    const time = fc.integer({ min: 0, max: 500 * DAY_MS });
    fc.assert(
      fc.property(time, time, time, (notAfter, one, two) => {
        const [early, late] = one < two ? [one, two] : [two, one];
        expect(stageOf(notAfter, late) ?? 400).toBeLessThanOrEqual(stageOf(notAfter, early) ?? 400);
        const words = reminderOf({ kind: 'client', notAfter }, early);
        expect(words === null).toBe(stateOf(notAfter, early) === 'good');
      }),
    );
  });
});

describe('a RADIUS server', () => {
  let sql: TestSql;
  let identity: Identity;
  let folder: string;
  let clock: ReturnType<typeof testClock>;
  let lines: string[];
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log = { error: note('error'), warn: note('warn'), info: note('info'), debug: note('debug') } as unknown as Log;
  const open = async (): Promise<void> => {
    identity = testIdentity(sql, { folder, clock, log, dormantDays: 0 });
    await identity.start();
  };
  const ask = async <T>(name: string, body?: object): Promise<T> => {
    const route = identity.routes.find(({ endpoint }) => endpoint.name === name)!;
    const result = await route.handle({ params: undefined, query: undefined, body } as never, CLI);
    if (!result.ok) throw new Error(result.error.message);
    return result.value as T;
  };
  const setUp = () =>
    ask('setUpRadius', {
      party: 'city',
      names: ['radius'],
      switches: [{ name: 'east', address: '192.0.2.1', coaPort: 3799 }],
    });
  const states = async (): Promise<Record<string, RadiusCertificate['state']>> => {
    const { certificates } = await ask<Static<typeof api.getNetworkAccess.answer>>('getNetworkAccess');
    return Object.fromEntries(certificates.map(({ kind, state }) => [kind, state]));
  };
  const told = async (): Promise<string[]> =>
    (
      await raw<{ kind: string }>`
        select data ->> 'certificate' as kind from platform.outbox
        where type = 'radius-certificate.reminded' order by position`.execute(sql.for())
    ).rows.map(({ kind }) => kind);
  const pass = async (days: number): Promise<void> => {
    clock.add(days * DAY_MS);
    await identity.judgeAll();
  };
  const said = (): string[] => lines.filter((line) => line.includes('RADIUS'));

  beforeAll(async () => {
    sql = await openTestSql();
  }, 120_000);
  afterAll(() => sql.stop());
  beforeEach(async () => {
    await sql.reset();
    folder = testFolder();
    clock = testClock();
    lines = [];
    await open();
  });
  afterEach(async () => {
    await identity.stop();
    removeFolder(folder);
  });

  it('that was never set up needs nobody', async () => {
    await pass(500);
    expect([await states(), identity.status().reminders, await told()]).toEqual([{}, [], []]);
  });

  it('is spoken of a month before the first of its certificates ends, and once at each stage after', async () => {
    await setUp();
    await pass(CLIENT_DAYS - 31);
    expect([await states(), identity.status().reminders, await told(), said()]).toEqual([
      { client: 'good', server: 'good' },
      [],
      [],
      [],
    ]);
    await pass(2);
    expect(await states()).toEqual({ client: 'ends-soon', server: 'good' });
    expect(identity.status().reminders).toEqual([
      expect.stringMatching(/asks the city ends in 29 days, on .*radius config/),
    ]);
    await pass(0);
    expect([await told(), said().length]).toEqual([['client'], 1]);
    for (const days of [15, 7, 4, 2]) await pass(days);
    expect([(await told()).length, said().length]).toEqual([REMINDED_DAYS.length, REMINDED_DAYS.length]);
    await pass(2);
    expect(await states()).toEqual({ client: 'ended', server: 'good' });
    expect(said().at(-1)).toMatch(/^error .* ended on .*no device joins/);
  });

  it('is spoken of in the log again after a restart, and in the evidence once', async () => {
    await setUp();
    await pass(CLIENT_DAYS - 10);
    await identity.stop();
    lines = [];
    await open();
    await identity.judgeAll();
    expect([await told(), said().length]).toEqual([['client'], 1]);
  });

  it('needs nobody once it is set up anew; a year later the other certificate ends', async () => {
    await setUp();
    await pass(CLIENT_DAYS + 1);
    expect(identity.status().reminders).toHaveLength(1);
    await setUp();
    expect([identity.status().reminders, await states()]).toEqual([[], { client: 'good', server: 'good' }]);
    await pass(SERVER_DAYS - 5);
    expect(await states()).toEqual({ client: 'ended', server: 'ends-soon' });
    expect(identity.status().reminders).toHaveLength(2);
  });

  it('that has ended needs nobody', async () => {
    await setUp();
    await pass(CLIENT_DAYS - 10);
    await identity.end('radius-server', { as: 'retired', reason: 'another guards the plugs', by: 'per-1' });
    expect([identity.status().reminders, await states()]).toEqual([[], {}]);
  });
});
