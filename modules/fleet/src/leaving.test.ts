/** The ways out over SQL, with a kill at every step of a replacement and of a retirement. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Change, ChangeDetail, ChangeDraft, Erased, Hardware, JobReport } from '@cityward/contracts';
import { DAY_MS, millis, MINUTE_MS, ok, refuse } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createDepartures, type Departures } from './leaving.ts';
import type { LeavingPorts } from './leaving-needs.ts';
import { putWipeReport } from './store-wipes.ts';
import { testLeavingPorts } from './testing.ts';

const OLD: Hardware = { serial: 'ACCC8E000001', mac: 'ac:cc:8e:00:00:01', model: 'P3265-LVE', firmware: '11.8.2' };
const NEW: Hardware = { serial: 'ACCC8E00FFEE', mac: 'ac:cc:8e:00:ff:ee', model: 'P3265-LVE', firmware: null };
const because = { reason: 'Lens broken', by: 'per-op' };

let sql: TestSql;
let now: number;
/** The world outside, which a kill of the server does not change. */
let world: {
  hardware: Hardware;
  standing: ReturnType<LeavingPorts['standing']>;
  ends: string[];
  revoked: string[];
  forgotten: number;
  alarms: string[];
  wiped: number;
  state: Change['state'];
  drafts: ChangeDraft[];
};
/** Steps that are still done before the kill; null for no kill. */
let budget: number | null;
let departures: Departures;
const killed = new Error('killed');
const step = (): void => {
  if (budget !== null && budget-- <= 0) throw killed;
};

beforeAll(async () => {
  sql = await openTestSql();
  await sql.migrate({ module: 'fleet', folder: new URL('../migrations/', import.meta.url) });
});
afterAll(() => sql.stop());
beforeEach(async () => {
  await sql.reset();
  now = Date.now();
  budget = null;
  world = {
    hardware: OLD,
    standing: 'active',
    ends: [],
    revoked: [],
    forgotten: 0,
    alarms: [],
    wiped: 0,
    state: 'planned',
    drafts: [],
  };
  departures = await open();
});

const ports = (): LeavingPorts =>
  testLeavingPorts({
    standing: () => world.standing,
    end: (_, { as }) => {
      step();
      if (world.ends.includes('retired')) return Promise.resolve(refuse('conflict', 'DEVICE_ENDED', 'it has ended'));
      world.ends.push(as);
      world.standing = 'ended';
      return Promise.resolve(ok(undefined));
    },
    revoke: (device) => {
      step();
      world.revoked.push(device);
      world.standing = 'revoked';
      return Promise.resolve(ok(undefined));
    },
    hardware: (device) => (device === 'cam-0001' ? world.hardware : null),
    setHardware: (_, hardware) => {
      step();
      world.hardware = hardware;
      return Promise.resolve(ok(undefined));
    },
    deviceBySerial: (serial) => (serial === 'TAKEN' ? 'cam-0002' : null),
    held: () => ({
      class: 'camera',
      certificate: '4A'.repeat(16),
      datasets: [{ id: 'ds-1', name: 'Quay Street footage', purpose: 'crossings', people: 41 }],
      people: 41,
      services: ['Cameras'],
    }),
    cannotWipe: () => null,
    sign: (bytes) => {
      step();
      return Promise.resolve(Buffer.from(`signed ${bytes.length}`));
    },
    alarm: (device, words) => void world.alarms.push(`${device} ${words}`),
  });

async function open(): Promise<Departures> {
  const changes = {
    add: (draft: ChangeDraft) => {
      world.drafts.push(draft);
      return Promise.resolve(ok([{ id: 'chg-0001' } as Change]));
    },
    get: () =>
      Promise.resolve(
        ok({
          change: {
            state: world.state,
            words: 'Stopped: too many failed',
            waves: [{ counts: { done: world.wiped } }],
            notAfter: now + DAY_MS,
          },
        } as unknown as ChangeDetail),
      ),
  };
  const made = createDepartures({
    sql: { ...sql, transact: (work) => (step(), sql.transact(work)) },
    clock: () => millis(now),
    log: silentLog,
    cityName: 'Port Test',
    ports: ports(),
    gate: { forget: () => Promise.resolve(void world.forgotten++) },
    changes,
    forgetRunning: () => Promise.resolve(step()),
  });
  await made.start();
  made.stop();
  return made;
}
async function restart(): Promise<void> {
  budget = null;
  departures = await open();
}
const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }): string =>
  result.ok ? 'done' : result.error.code;
const shown = async () => {
  const found = await departures.of('cam-0001');
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
};
const replace = (hardware = NEW) => departures.replacements.replace({ device: 'cam-0001', hardware, ...because });

describe('a replacement', () => {
  it('ends the identity, changes the hardware and waits for it; what stood there before is kept', async () => {
    expect(await replace()).toMatchObject({ ok: true, value: { state: 'waiting', before: OLD, after: NEW } });
    expect([world.ends, world.hardware, world.forgotten]).toEqual([['replaced'], NEW, 1]);
    expect((await shown()).replacements).toMatchObject([{ before: OLD, certificate: '4A'.repeat(16), ended: null }]);
    world.standing = 'active';
    await departures.replacements.cameIn('cam-0001');
    expect((await shown()).replacements).toMatchObject([{ state: 'done' }]);
    expect(codeOf(await departures.replacements.undo('cam-0001', because))).toBe('NO_REPLACEMENT');
  });

  it.each([0, 1, 2, 3, 4])('goes on after a kill before step %i, and ends the same', async (steps) => {
    budget = steps;
    await expect(replace()).rejects.toThrow(killed);
    await restart();
    const { replacements } = await shown();
    if (steps === 0) {
      expect([replacements, world.hardware, world.ends]).toEqual([[], OLD, []]);
      return;
    }
    expect(replacements).toMatchObject([{ state: 'waiting', before: OLD, after: NEW }]);
    expect([world.hardware, world.ends.every((as) => as === 'replaced')]).toEqual([NEW, true]);
  });

  it.each([0, 1, 2, 3])('is undone, also after a kill before step %i of that', async (steps) => {
    await replace();
    budget = steps;
    await expect(departures.replacements.undo('cam-0001', because)).rejects.toThrow(killed);
    await restart();
    if (steps === 0) expect(codeOf(await departures.replacements.undo('cam-0001', because))).toBe('done');
    expect([world.hardware, (await shown()).replacements]).toMatchObject([OLD, [{ state: 'undone' }]]);
    // Another may follow.
    expect(codeOf(await replace())).toBe('done');
  });

  it('is refused twice at a time, with the same thing, with another’s serial, and of what is not there', async () => {
    expect(codeOf(await replace({ ...NEW, serial: OLD.serial!.toLowerCase() }))).toBe('SAME_HARDWARE');
    expect(codeOf(await replace({ ...NEW, serial: 'TAKEN' }))).toBe('SERIAL_TAKEN');
    expect(codeOf(await departures.replacements.replace({ device: 'cam-9', hardware: NEW, ...because }))).toBe(
      'DEVICE_UNKNOWN',
    );
    await replace();
    expect(codeOf(await replace({ ...NEW, serial: 'OTHER' }))).toBe('REPLACEMENT_OPEN');
  });
});

describe('a retirement', () => {
  const retire = (wipe: boolean) => departures.retirements.retire('cam-0001', { ...because, wipe });

  it('is proven by the device’s own report on the signed order, and only then ends its identity', async () => {
    expect(await retire(true)).toMatchObject({ ok: true, value: { state: 'wiping', change: 'chg-0001' } });
    expect(world.drafts).toMatchObject([{ action: { do: 'wipe' }, selection: { devices: ['cam-0001'] } }]);
    await departures.retirements.tick();
    expect([(await shown()).retirement?.state, world.ends]).toEqual(['wiping', []]);
    world.wiped = 1;
    await departures.retirements.tick();
    expect((await shown()).retirement).toMatchObject({ state: 'closed', wiped: 'proven' });
    expect(world.ends).toEqual(['retired']);
    const files = await departures.retirements.files('cam-0001');
    const body = files.ok ? (JSON.parse(files.value.json.toString()) as object) : {};
    expect(body).toMatchObject({ kind: 'cityward-retirement', wiped: 'proven', change: 'chg-0001', hardware: OLD });
    expect(codeOf(await retire(true))).toBe('RETIRING');
    expect(codeOf(await replace())).toBe('DEVICE_RETIRED');
  });

  it('is unproven where nobody asked, where the change failed or came too late, and where nobody waited', async () => {
    expect(await retire(false)).toMatchObject({
      ok: true,
      value: { wiped: 'unproven', why: expect.stringMatching(/Nobody asked/) as string },
    });
    await sql.reset();
    world.ends = [];
    await retire(true);
    world.state = 'stopped';
    await departures.retirements.tick();
    expect((await shown()).retirement).toMatchObject({
      wiped: 'unproven',
      why: expect.stringMatching(/nobody reported/) as string,
    });
    await sql.reset();
    Object.assign(world, { ends: [], state: 'planned' });
    await retire(true);
    expect(await departures.retirements.close('cam-0001', because)).toMatchObject({
      ok: true,
      value: { wiped: 'unproven', why: expect.stringMatching(/Nobody waited.*Lens broken/) as string },
    });
    expect(codeOf(await departures.retirements.close('cam-0001', because))).toBe('NOT_RETIRING');
  });

  const erased = (card: Erased['state']): Erased[] => [
    { item: 'card', state: card, reason: card === 'failed' ? 'it is locked' : null },
    { item: 'recordings', state: 'done', reason: null },
    { item: 'settings', state: 'done', reason: null },
  ];
  const reported = (card: Erased['state']): Promise<void> =>
    sql.transact((tx) =>
      putWipeReport(tx, 'chg-0001', {
        wiped: 'cam-0001',
        by: 'gw-0001',
        at: now,
        report: { reason: 'its memory card (it is locked)', erased: erased(card) } as unknown as JobReport,
      }),
    );
  const certificate = async (): Promise<unknown> => {
    const files = await departures.retirements.files('cam-0001');
    return files.ok ? JSON.parse(files.value.json.toString()) : null;
  };

  it('of a camera says item by item what its gateway reported, and that it was the gateway', async () => {
    await retire(true);
    await reported('done');
    await departures.retirements.tick();
    // What was reported does not count before the end of the change does.
    expect((await shown()).retirement).toMatchObject({ state: 'wiping', reportedBy: null });
    world.wiped = 1;
    await departures.retirements.tick();
    const said = { wiped: 'proven', reportedBy: 'gw-0001', erased: erased('done') };
    expect((await shown()).retirement).toMatchObject(said);
    expect(await certificate()).toMatchObject({
      ...said,
      version: 2,
      why: expect.stringContaining('gw-0001') as string,
    });
  });
  it('of a camera whose card failed is unproven, with why, although the rest was erased', async () => {
    await retire(true);
    await reported('failed');
    world.state = 'stopped';
    await departures.retirements.tick();
    const why = expect.stringContaining('it is locked') as string;
    expect(await certificate()).toMatchObject({
      wiped: 'unproven',
      why,
      reportedBy: 'gw-0001',
      erased: erased('failed'),
    });
  });

  it.each([0, 1, 2, 3, 4])('goes on after a kill before step %i, with the verdict that was reached', async (steps) => {
    budget = steps;
    await expect(retire(false)).rejects.toThrow(killed);
    await restart();
    const { retirement } = await shown();
    if (steps === 0) expect([retirement, world.ends]).toEqual([null, []]);
    else expect([retirement?.state, retirement?.wiped, world.ends]).toEqual(['closed', 'unproven', ['retired']]);
  });
});

describe('a theft', () => {
  it('blocks first, lists what was held, and alarms when the device knocks: at once, then once a minute with how often', async () => {
    const reported = await departures.thefts.report('cam-0001', { reason: 'Pole empty', by: 'per-op' });
    expect(world.revoked).toEqual(['cam-0001']);
    expect(reported.ok && reported.value.held.words).toEqual([
      expect.stringContaining('nobody can use them'),
      expect.stringContaining('passwords of its accounts'),
      expect.stringContaining('memory card'),
      'It feeds Quay Street footage (crossings), about 41 people.',
      'In all 41 people are behind what it feeds.',
      'What rests on it: Cameras.',
    ]);
    await restart();
    departures.thefts.turnedAway('cam-0002', 'MQTT');
    for (let times = 0; times < 5; times++) departures.thefts.turnedAway('cam-0001', 'MQTT: DEVICE_REVOKED');
    expect(world.alarms).toHaveLength(1);
    now += MINUTE_MS;
    departures.thefts.turnedAway('cam-0001', 'MQTT: DEVICE_REVOKED');
    expect(world.alarms).toHaveLength(2);
    await expect.poll(async () => (await shown()).theft?.seen).toBe(6);
  });

  it('blocks although nothing can be saved', async () => {
    budget = 1;
    await expect(departures.thefts.report('cam-0001', because)).rejects.toThrow(killed);
    expect(world.standing).toBe('revoked');
  });
});
