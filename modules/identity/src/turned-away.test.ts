/** A device in quarantine by its MAC address comes back once it has a certificate again: its session is ended, never moved, so that it proves itself. */
import 'reflect-metadata';
import { sql as raw } from 'kysely';
import type { Static } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { api } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import { DAY_MS, ok, refuse } from '@cityward/kernel';
import type { DynamicAuthorisation } from '@cityward/radius';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { Identity } from './service.ts';
import { enrolled, removeFolder, testClock, testFolder, testIdentity } from './testing.ts';
import { ANEW_MAX } from './turned-away.ts';

const HERE = '192.0.2.10';
const because = { reason: 'test', by: 'per-1' };
const CLI: Caller = {
  principal: { type: 'Service', id: 'city-cli', roles: [], attributes: {} },
  id: 'req-1',
  sessionToken: null,
  setSession: () => undefined,
  origin: '',
};
const WAIT = { timeout: 30_000, interval: 5 };
/** It waits for five asks of the switch, one after another. */
const MANY_ASKS_MS = 150_000;

describe('who was turned away', () => {
  let sql: TestSql;
  let identity: Identity;
  const folder = testFolder();
  const clock = testClock();
  const serials = new Map<string, string>();
  let asked: string[] = [];
  let silent = false;
  const reply = () =>
    Promise.resolve(silent ? refuse('unavailable', 'SWITCH_SILENT', 'switch: silent') : ok(undefined));
  const radius: DynamicAuthorisation = {
    move: (_at, { callingStationId }, vlan) => (asked.push(`move ${callingStationId} ${vlan}`), reply()),
    disconnect: (_at, { callingStationId, userName, acctSessionId }) => {
      asked.push(`end ${callingStationId} ${userName} ${acctSessionId ?? ''}`.trimEnd());
      return reply();
    },
    close: () => undefined,
  };
  const open = async (): Promise<void> => {
    identity = testIdentity(sql, { folder, clock, radius, anewAfterMs: 1, dormantDays: 0 });
    await identity.start();
  };
  const ask = async <T>(name: string, body?: object): Promise<T> => {
    const route = identity.routes.find(({ endpoint }) => endpoint.name === name)!;
    const result = await route.handle({ params: undefined, query: undefined, body } as never, CLI);
    if (!result.ok) throw new Error(result.error.message);
    return result.value as T;
  };
  const enrol = async (device: string): Promise<void> => {
    serials.set(device, (await enrolled(identity, device)).serialNumber);
  };
  const macOf = (device: string): string => `02-00-00-00-00-${device.slice(-2)}`;
  const here = (device: string, station: string) => ({
    ...{ nas: HERE, station, port: '7', userName: device, acctSessionId: null },
  });
  const join = (device: string, station = macOf(device)) =>
    identity.network.join({ ...here(device, station), peer: { commonName: device, serial: serials.get(device)! } });
  /** As a switch does: 802.1X first, then the MAC address alone. */
  const turnAway = async (device: string, station = macOf(device)) => {
    await identity.network.refused({ ...here(device, station), name: device });
    const plain = { ...here(device, station), userName: station.replaceAll('-', '').toLowerCase() };
    return identity.network.join({ ...plain, peer: null });
  };
  const endOf = (device: string): string => `end ${macOf(device)} ${macOf(device).replaceAll('-', '')}`;
  const endsOf = (device: string): number => asked.filter((one) => one.startsWith(`end ${macOf(device)} `)).length;
  const movesOf = async (device: string): Promise<string[]> =>
    (await ask<Static<typeof api.getNetworkAccess.answer>>('getNetworkAccess')).moves
      .filter((one) => one.device === device)
      .map(({ from, to, outcome }) => `${from} ${to} ${outcome}`);
  const factsOf = async (device: string): Promise<string[]> =>
    (
      await raw<{ type: string }>`
        select type || coalesce(': ' || (data->>'reason'), '') as type from platform.outbox
        where subject = ${device} and type like 'device.move%' order by position`.execute(sql.for())
    ).rows.map(({ type }) => type);
  const kept = async (): Promise<string[]> =>
    (
      await raw<{ station: string }>`select station from identity.turned_away order by station`.execute(sql.for())
    ).rows.map(({ station }) => station);
  /** Whatever was to be asked of a switch has been asked: a later one is through. */
  const quiet = async (): Promise<void> => {
    await identity.hold('cam-0090', { ...because, until: clock() + 60_000 });
    await turnAway('cam-0090');
    const before = endsOf('cam-0090');
    await identity.release('cam-0090', because);
    await vi.waitFor(() => expect(endsOf('cam-0090')).toBe(before + 1), WAIT);
    await identity.network.settled();
    await join('cam-0090');
  };

  beforeAll(async () => {
    sql = await openTestSql();
    await open();
    const switches = [{ name: 'here', address: HERE, coaPort: 3799 }];
    await ask('setUpRadius', { party: 'city', names: ['radius'], switches, rotate: false });
    await enrol('cam-0090');
  });
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });
  beforeEach(() => {
    asked = [];
    silent = false;
  });

  it('comes anew once its certificate is renewed, with a fact, and is forgotten when it has joined', async () => {
    await enrol('cam-0001');
    clock.add(100 * DAY_MS);
    await enrol('cam-0090');
    expect(await turnAway('cam-0001')).toMatchObject({ vlan: 999, quarantined: true });
    await identity.network.account({
      nas: HERE,
      station: macOf('cam-0001'),
      what: 'start',
      acctSessionId: 'm1',
      port: null,
    });
    await quiet();
    expect(endsOf('cam-0001')).toBe(0);
    await enrol('cam-0001');
    await vi.waitFor(() => expect(asked).toContain(`end 02-00-00-00-00-01 020000000001 m1`), WAIT);
    await identity.network.settled();
    expect(asked.filter((one) => one.startsWith('move'))).toEqual([]);
    expect([await factsOf('cam-0001'), await movesOf('cam-0001')]).toEqual([
      ['device.moved: it was in quarantine, is welcome again and joins anew'],
      ['999 104 ended'],
    ]);
    expect(await join('cam-0001')).toMatchObject({ vlan: 104, quarantined: false });
    expect(await kept()).not.toContain(macOf('cam-0001'));
  });

  it('is known by the session that it had there, where the RADIUS server tells no refusal', async () => {
    await enrol('cam-0002');
    await join('cam-0002');
    clock.add(100 * DAY_MS);
    await enrol('cam-0090');
    const station = macOf('cam-0002');
    await identity.network.join({ ...here('cam-0002', station), userName: station.replaceAll('-', ''), peer: null });
    await enrol('cam-0002');
    await vi.waitFor(() => expect(asked).toContain(endOf('cam-0002')), WAIT);
  });

  it('comes anew when a hold is released', async () => {
    await enrol('cam-0003');
    await identity.hold('cam-0003', { ...because, until: clock() + 60_000 });
    await turnAway('cam-0003');
    await identity.release('cam-0003', because);
    await vi.waitFor(() => expect(asked).toContain(endOf('cam-0003')), WAIT);
  });

  it(
    'is asked a few times while it goes on with its old certificate, then left until its next',
    async () => {
      await identity.revoke('cam-0003', because);
      await turnAway('cam-0003');
      await enrol('cam-0003');
      for (let time = 1; time <= ANEW_MAX; time++) {
        await vi.waitFor(() => expect(endsOf('cam-0003')).toBeGreaterThanOrEqual(time), WAIT);
        await identity.network.settled();
        await turnAway('cam-0003');
      }
      await quiet();
      expect(endsOf('cam-0003')).toBe(ANEW_MAX);
      await enrol('cam-0003');
      await vi.waitFor(() => expect(endsOf('cam-0003')).toBe(ANEW_MAX + 1), WAIT);
    },
    MANY_ASKS_MS,
  );

  it('is left alone while nothing has changed for its device, or its device is out', async () => {
    await enrol('cam-0004');
    await turnAway('cam-0004');
    await identity.revoke('cam-0004', because);
    await turnAway('cam-0004', '02-00-00-00-01-04');
    await identity.network.refused({ ...here('nobody', '02-00-00-00-02-04'), name: 'nobody' });
    await identity.network.join({ ...here('x', '02-00-00-00-03-04'), peer: null });
    await quiet();
    expect(asked.filter((one) => one.includes('-04 '))).toEqual([]);
    expect((await kept()).filter((station) => station.endsWith('-04'))).toEqual([
      macOf('cam-0004'),
      '02-00-00-00-01-04',
    ]);
  });

  it('at many plugs as one device is remembered at eight', async () => {
    await enrol('cam-0005');
    for (let plug = 10; plug < 20; plug++) await turnAway('cam-0005', `02-00-00-00-${plug}-05`);
    const stations = (await kept()).filter((station) => station.endsWith('-05'));
    expect(stations).toEqual(Array.from({ length: 8 }, (_, n) => `02-00-00-00-${n + 12}-05`));
  });

  it('is asked again while the switch is silent, said to have failed, and found again after a restart', async () => {
    await enrol('cam-0006');
    await identity.hold('cam-0006', { ...because, until: clock() + 60_000 });
    await turnAway('cam-0006');
    silent = true;
    await identity.release('cam-0006', because);
    await vi.waitFor(
      async () => expect(await factsOf('cam-0006')).toEqual(['device.move-failed: switch: silent']),
      WAIT,
    );
    expect(await movesOf('cam-0006')).toEqual(['999 104 trying']);
    await identity.stop();
    [silent, asked] = [false, []];
    await open();
    await vi.waitFor(async () => expect(await movesOf('cam-0006')).toEqual(['999 104 ended']), WAIT);
    expect(asked).toContain(endOf('cam-0006'));
  });
});
