/** Who joins where, and that a session follows its device's standing, over switches that refuse, are silent, or are not ours. */
import 'reflect-metadata';
import fc from 'fast-check';
import { sql as raw } from 'kysely';
import type { Static } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { api } from '@cityward/contracts';
import { type RadiusSetUp, type VlanPlan } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import { refuse, ok } from '@cityward/kernel';
import type { DynamicAuthorisation } from '@cityward/radius';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { checkPlan, decideAccess, FIRST_PLAN, stationOf } from './domain/port-access.ts';
import type { Standing } from './domain/standing.ts';
import type { JoinRequest } from './ports.ts';
import type { Identity } from './service.ts';
import { enrolled, removeFolder, testClock, testFolder, testIdentity } from './testing.ts';

type NetworkAccess = Static<typeof api.getNetworkAccess.answer>;

describe('the rule', () => {
  const joining = { class: 'camera', standing: 'active', allowed: true } as const;
  it.each([
    [joining, { give: 'vlan', vlan: 104, quarantined: false }],
    [
      { ...joining, class: 'site-gateway' },
      { give: 'vlan', vlan: 100, quarantined: false },
    ],
    [
      { ...joining, allowed: false },
      { give: 'vlan', vlan: 999, quarantined: true },
    ],
    [
      { ...joining, standing: 'held' },
      { give: 'vlan', vlan: 999, quarantined: true },
    ],
    [
      { ...joining, standing: 'none' },
      { give: 'vlan', vlan: 999, quarantined: true },
    ],
    [
      { ...joining, class: null },
      { give: 'vlan', vlan: 999, quarantined: true },
    ],
    [
      { ...joining, class: 'lorawan-network' },
      { give: 'vlan', vlan: 999, quarantined: true },
    ],
    [
      { ...joining, standing: 'revoked' },
      { give: 'nothing', why: 'it is revoked' },
    ],
    [
      { ...joining, standing: 'ended' },
      { give: 'nothing', why: 'it is ended' },
    ],
  ] as const)('%o', (device, wanted) => expect(decideAccess(FIRST_PLAN, device)).toEqual(wanted));

  it('never gives the VLAN of a class to whom it is not meant for', () => {
    const standings = fc.constantFrom<Standing>('none', 'active', 'held', 'revoked', 'ended');
    fc.assert(
      fc.property(standings, fc.boolean(), fc.option(fc.string()), (standing, allowed, kind) => {
        const access = decideAccess(FIRST_PLAN, { class: kind, standing, allowed });
        if (access.give === 'vlan' && !access.quarantined) expect([standing, allowed]).toEqual(['active', true]);
      }),
    );
  });
  it('keeps quarantine for nobody else', () => {
    const bad = (change: Partial<VlanPlan>) => checkPlan({ ...FIRST_PLAN, ...change }).ok;
    expect(checkPlan(FIRST_PLAN).ok).toBe(true);
    expect(bad({ classes: [{ class: 'camera', vlan: 999 }] })).toBe(false);
    expect(
      bad({
        classes: [
          { class: 'camera', vlan: 7 },
          { class: 'camera', vlan: 8 },
        ],
      }),
    ).toBe(false);
  });
  it('knows a station by one name', () => {
    for (const text of [
      '02:00:00:ab:cd:ef',
      '02-00-00-AB-CD-EF',
      '020000abcdef',
      '0200.00ab.cdef',
      '02-00-00-AB-CD-EF:city',
    ])
      expect(stationOf(text)).toBe('02-00-00-AB-CD-EF');
    expect(stationOf('not a station')).toBe('not a station');
  });
});

const because = { reason: 'test', by: 'per-1' };
const HERE = '192.0.2.10';
const CLI: Caller = {
  principal: { type: 'Service', id: 'city-cli', roles: [], attributes: {} },
  id: 'req-1',
  sessionToken: null,
  setSession: () => undefined,
  origin: '',
};

describe('sessions', () => {
  let sql: TestSql;
  let identity: Identity;
  const folder = testFolder();
  const clock = testClock();
  const serials = new Map<string, string>();
  /** What the switches were asked, and how they answer. */
  let asked: string[] = [];
  let answer: { move: string; disconnect: string };
  const reply = (how: string) =>
    Promise.resolve(how === 'ok' ? ok(undefined) : refuse('conflict', how as 'SWITCH_REFUSED', `switch: ${how}`));
  const radius: DynamicAuthorisation = {
    move: (at, named, vlan) => (asked.push(`move ${at.address} ${named.callingStationId} ${vlan}`), reply(answer.move)),
    disconnect: (at, named) => (asked.push(`end ${at.address} ${named.callingStationId}`), reply(answer.disconnect)),
    close: () => undefined,
  };
  const open = async (): Promise<void> => {
    // As policy does: it asks identity itself about whoever joins, at a start with kept sessions too.
    const mayJoin = (id: string): boolean => identity.standing(id) !== 'revoked';
    identity = testIdentity(sql, { folder, clock, radius, mayJoin });
    await identity.start();
  };
  const enrol = async (device: string): Promise<void> => {
    serials.set(device, (await enrolled(identity, device)).serialNumber);
  };
  const join = (device: string, change: Partial<JoinRequest> = {}) =>
    identity.network.join({
      peer: { commonName: device, serial: serials.get(device) ?? 'AA' },
      nas: HERE,
      station: `02:00:00:00:${device.slice(-4, -2)}:${device.slice(-2)}`,
      port: '7',
      userName: device,
      acctSessionId: null,
      ...change,
    });
  const ask = async <T>(name: string, body?: object): Promise<T> => {
    const route = identity.routes.find(({ endpoint }) => endpoint.name === name)!;
    const result = await route.handle({ params: undefined, query: undefined, body } as never, CLI);
    if (!result.ok) throw new Error(result.error.message);
    return result.value as T;
  };
  const setUp = (switches: readonly object[], rotate = false) =>
    ask<RadiusSetUp>('setUpRadius', { party: 'city', names: ['radius'], switches, rotate });
  const sessions = async () =>
    (await ask<{ sessions: { device: string; vlan: number; moving: number | null }[] }>('getNetworkAccess')).sessions;
  const lastMoves = async (device: string) =>
    (await ask<NetworkAccess>('getNetworkAccess')).moves
      .filter((one) => one.device === device)
      .map(({ from, to, outcome }) => `${from} ${to} ${outcome}`);
  const vlanOf = async (device: string) => (await sessions()).find((one) => one.device === device)?.vlan ?? null;
  const facts = async (device: string): Promise<string[]> =>
    (
      await raw<{ type: string }>`
        select type from platform.outbox where subject = ${device} and type like 'device.%' order by position`.execute(
        sql.for(),
      )
    ).rows.map(({ type }) => type);

  beforeAll(async () => {
    sql = await openTestSql();
    await open();
    await setUp([{ name: 'here', address: HERE, coaPort: 3799 }]);
    for (const device of ['cam-0001', 'cam-0002', 'cam-0003', 'cam-0004', 'cam-0005', 'cam-0006']) await enrol(device);
  });
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });
  beforeEach(() => {
    asked = [];
    answer = { move: 'ok', disconnect: 'ok' };
  });

  it('begin in the VLAN of the class; a MAC address alone gets quarantine, a stranger nothing', async () => {
    expect(await join('cam-0001')).toEqual({ give: 'vlan', vlan: 104, quarantined: false });
    expect(await join('cam-0001', { peer: null })).toMatchObject({ vlan: 999, quarantined: true });
    expect(await join('cam-0099')).toMatchObject({ give: 'nothing' });
    expect((await join('cam-0002', { peer: { commonName: 'cam-0002', serial: serials.get('cam-0001')! } })).give).toBe(
      'nothing',
    );
    expect((await sessions()).map(({ device }) => device)).toEqual(['cam-0001']);
  });

  it('are moved by the switch when their device is held, and back when it is released', async () => {
    await identity.hold('cam-0001', { ...because, until: clock() + 60_000 });
    await identity.network.settled();
    expect([asked, await vlanOf('cam-0001')]).toEqual([[`move ${HERE} 02-00-00-00-00-01 999`], 999]);
    await identity.release('cam-0001', because);
    await identity.network.settled();
    expect([asked.at(-1), await vlanOf('cam-0001')]).toEqual([`move ${HERE} 02-00-00-00-00-01 104`, 104]);
    expect((await facts('cam-0001')).filter((type) => type === 'device.moved')).toHaveLength(2);
    const { sessions: shown } = await ask<NetworkAccess>('getNetworkAccess');
    expect(shown.find(({ device }) => device === 'cam-0001')).toMatchObject({
      class: 'camera',
      lastMove: { from: 999, to: 104, outcome: 'moved', why: null },
    });
  });

  it('are ended where the switch cannot move them, and when their device is revoked', async () => {
    await join('cam-0002');
    answer = { move: 'SWITCH_REFUSED', disconnect: 'ok' };
    await identity.hold('cam-0002', { ...because, until: clock() + 60_000 });
    await identity.network.settled();
    expect(asked.map((one) => one.split(' ')[0])).toEqual(['move', 'end']);
    expect(await vlanOf('cam-0002')).toBeNull();
    await join('cam-0003');
    asked = [];
    await identity.revoke('cam-0003', because);
    await identity.network.settled();
    expect([asked, await vlanOf('cam-0003')]).toEqual([[`end ${HERE} 02-00-00-00-00-03`], null]);
    expect([await lastMoves('cam-0002'), await lastMoves('cam-0003')]).toEqual([['104 999 ended'], ['104 null ended']]);
    expect((await join('cam-0003')).give).toBe('nothing');
  });

  it('are asked about again while the switch is silent, said to have failed once, and found again after a restart', async () => {
    await join('cam-0004');
    answer = { move: 'SWITCH_SILENT', disconnect: 'SWITCH_SILENT' };
    await identity.hold('cam-0004', { ...because, until: clock() + 600_000 });
    while (!(await facts('cam-0004')).includes('device.move-failed')) await new Promise((next) => setTimeout(next, 10));
    expect(await sessions()).toContainEqual(expect.objectContaining({ device: 'cam-0004', vlan: 104, moving: 999 }));
    expect(await lastMoves('cam-0004')).toEqual(['104 999 trying']);
    await identity.stop();
    answer = { move: 'ok', disconnect: 'ok' };
    asked = [];
    await open();
    expect(await lastMoves('cam-0002')).toEqual(['104 999 ended']);
    await identity.network.settled();
    expect([asked, await vlanOf('cam-0004')]).toEqual([[`move ${HERE} 02-00-00-00-00-04 999`], 999]);
    expect(await lastMoves('cam-0004')).toEqual(['104 999 moved']);
  });

  it('at a switch that is not set up are not guessed about', async () => {
    await join('cam-0005', { nas: '192.0.2.99' });
    await identity.hold('cam-0005', { ...because, until: clock() + 60_000 });
    await identity.network.settled();
    expect([asked, await facts('cam-0005')]).toEqual([[], expect.arrayContaining(['device.move-failed'])]);
    const { moves } = await ask<NetworkAccess>('getNetworkAccess');
    expect(moves[0]).toMatchObject({
      device: 'cam-0005',
      outcome: 'failed',
      why: expect.stringContaining('192.0.2.99') as string,
    });
  });

  it('follow trust at its bottom, and a new plan', async () => {
    await join('cam-0006');
    const signal = { subject: { kind: 'device', id: 'cam-0006' }, kind: 'behaviour', source: 'watch' } as const;
    await identity.putSignal({ ...signal, value: 5, reason: 'it scans', expires: clock() + 60_000 });
    await identity.network.settled();
    expect(await vlanOf('cam-0006')).toBe(999);
    await identity.putSignal({ ...signal, value: null, reason: '', expires: 0 });
    await identity.network.settled();
    expect(await vlanOf('cam-0006')).toBe(104);
    const classes = FIRST_PLAN.classes.map((one) => (one.class === 'camera' ? { ...one, vlan: 700 } : one));
    await ask('setVlans', { ...FIRST_PLAN, classes });
    await identity.network.settled();
    expect(await vlanOf('cam-0006')).toBe(700);
  });

  it('are forgotten when the switch says that they have ended, and only then', async () => {
    const station = '02-00-00-00-00-06';
    const note = { nas: HERE, station, port: null } as const;
    await identity.network.account({ ...note, what: 'start', acctSessionId: 'a1' });
    await identity.network.account({ ...note, what: 'stop', acctSessionId: 'another' });
    expect(await vlanOf('cam-0006')).toBe(700);
    await identity.network.account({ ...note, what: 'stop', acctSessionId: 'a1' });
    expect(await vlanOf('cam-0006')).toBeNull();
    await identity.network.account({ ...note, what: 'start', acctSessionId: 'a2' });
    expect(await vlanOf('cam-0006')).toBeNull();
  });
});

describe('the set-up of a RADIUS server', () => {
  let sql: TestSql;
  let identity: Identity;
  const folder = testFolder();
  beforeAll(async () => {
    sql = await openTestSql();
    identity = testIdentity(sql, { folder });
    await identity.start();
  });
  afterAll(async () => {
    await identity.stop();
    await sql.stop();
    removeFolder(folder);
  });
  const setUp = async (switches: readonly object[], rotate = false) => {
    const body = { party: 'city', names: ['radius'], switches, rotate };
    const route = identity.routes.find(({ endpoint }) => endpoint.name === 'setUpRadius')!;
    return (await route.handle({ params: undefined, query: undefined, body } as never, CLI)) as
      { ok: true; value: RadiusSetUp } | { ok: false; error: { code: string } };
  };
  const one = { name: 'east', address: '192.0.2.1', coaPort: 3799 };

  it('keeps the secret of a switch until it is told to make new ones, and shows it in no table', async () => {
    const first = await setUp([one]);
    const second = await setUp([one, { ...one, name: 'west', address: '192.0.2.2' }]);
    const third = await setUp([one], true);
    if (!first.ok || !second.ok || !third.ok) throw new Error('set-up refused');
    const secret = first.value.switches[0]!.secret;
    expect(secret.length).toBeGreaterThan(20);
    expect(second.value.switches[0]!.secret).toBe(secret);
    expect(second.value.switches[1]!.secret).not.toBe(secret);
    expect(third.value.switches[0]!.secret).not.toBe(secret);
    const { rows } = await raw<{ text: string }>`select data::text as text from platform.outbox`.execute(sql.for());
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(await setUp([one, one])).toMatchObject({ ok: false, error: { code: 'SWITCH_TWICE' } });
  });

  it('gives the RADIUS server a certificate of its own, and none once it is held', async () => {
    const made = await setUp([one]);
    if (!made.ok) throw new Error('set-up refused');
    expect(identity.standing('radius-server')).toBe('active');
    expect(identity.networkOf('radius-server')).toBe('radius-server');
    await identity.hold('radius-server', { reason: 'test', by: 'per-1', until: Date.now() + 60_000 });
    expect(await setUp([one])).toMatchObject({ ok: false, error: { code: 'DEVICE_HELD' } });
  });
});
