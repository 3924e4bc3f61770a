/** From findings to an undone containment, on a real database with a small city beside it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { api } from '@cityward/contracts';
import {
  type ContainmentPlan,
  type Finding,
  type Flow,
  type Incident,
  type Observed,
  type QuarantineOrder,
  type Situation,
  type Trace,
} from '@cityward/contracts';
import { millis } from '@cityward/kernel';
import type { Caller } from '@cityward/http';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createRespond, type Respond, type RespondDevice } from './index.ts';

const START = 1_800_000_000_000;
let now = START;
let sql: TestSql;
let respond: Respond;
let marks: Map<string, string>;
let held: Set<string>;
/** `incident site` and until when. */
const frozen = new Map<string, number>();
let orders: { id: string; order: QuarantineOrder }[];

const camera = (i: number): RespondDevice => ({
  id: `cam-${1000 + i}`,
  name: `Camera ${1000 + i}`,
  class: 'camera',
  criticality: 'important',
  neverCut: false,
  failSafe: 'records on its own card',
  through: `switch-000${i % 2}`,
  ward: { id: 'ward-harbour', name: 'Harbour' },
  site: `site-${i % 2}`,
  state: 'trusted',
  installed: START - 6 * 86_400_000,
  installer: 'party-acme',
  maker: null,
  owner: null,
  maintainer: null,
});
const cameras = new Map(Array.from({ length: 20 }, (_, i) => camera(i)).map((one) => [one.id, one]));
const finding = (device: string, at: number, more: Partial<Finding> = {}): Finding => ({
  id: `fnd-${device}-${at}`,
  detector: 'new-peer',
  device,
  at,
  lastAt: at,
  count: 1,
  severity: 'alarm',
  state: 'open',
  title: `${device} sends to 203.0.113.66`,
  observed: 'It sends to 203.0.113.66 on port 6667',
  expected: 'its recorder',
  why: 'no camera ever did',
  wouldNotHaveAlarmedIf: 'a camera had used it before',
  peers: ['ip:203.0.113.66'],
  port: 6667,
  replay: false,
  simulated: true,
  authenticated: true,
  dismissed: null,
  ...more,
});
const observed = (at: number, [src, dst]: readonly [string, string], port = 23): Observed => {
  const body: Flow = {
    kind: 'flow',
    at,
    src,
    dst,
    dst_port: port,
    protocol: 'tcp',
    outcome: 'answered',
    bytes_out: 1,
    bytes_in: 1,
  };
  return {
    position: 1,
    reporter: 'switch-0000',
    gateway: 'mqtt',
    received: at,
    authenticated: true,
    replay: false,
    simulated: true,
    body,
  };
};

const make = (): Respond =>
  createRespond({
    sql,
    log: silentLog,
    clock: () => millis(now),
    city: {
      device: (id) => cameras.get(id) ?? null,
      behind: (id) => [...cameras.values()].filter((one) => one.through === id).map((one) => one.id),
      services: () => [
        {
          id: 'svc-cctv',
          name: 'Street cameras',
          kind: 'cctv',
          criticality: 'important',
          devices: [...cameras.keys()],
        },
      ],
      datasetsOf: (devices) => [
        { id: 'set-quay', name: 'Quay footage', cohort: 'People on the quay', people: devices.length + 1, devices },
      ],
      peopleBehind: (devices) => devices.length + 1,
      party: (id) => ({ id, name: 'Acme', kind: 'integrator' }),
      dependants: () => [],
      mark: (device, mark) => void marks.set(device, mark.state),
    },
    identity: {
      hold: (device) => Promise.resolve(void held.add(device)),
      release: (device) => Promise.resolve(void held.delete(device)),
      enrolled: (device) => device !== 'cam-1019',
    },
    switches: { order: (id, order) => Promise.resolve(void orders.push({ id, order })) },
    findings: { get: () => Promise.resolve(null) },
    ledger: { entryOf: () => Promise.resolve(null) },
    changes: {
      freeze: ({ incident, sites, until }) => {
        const fresh = sites.filter((site) => !frozen.has(`${incident} ${site}`));
        for (const site of sites) frozen.set(`${incident} ${site}`, until);
        return Promise.resolve(fresh);
      },
      thaw: (incident) => {
        for (const key of [...frozen.keys()]) if (key.startsWith(incident)) frozen.delete(key);
        return Promise.resolve();
      },
      frozenFor: () => [...new Set([...frozen.keys()].map((key) => key.split(' ')[0]!))],
    },
  });

const caller: Caller = {
  principal: { type: 'Person', id: 'person-1', roles: ['analyst'], attributes: {} },
  id: 'req',
  sessionToken: null,
  setSession: () => undefined,
  origin: '',
};
async function call<T>(name: keyof typeof api, params: object, body?: object): Promise<T> {
  const found = respond.routes.find((one) => one.endpoint.name === name)!;
  const answer = await found.handle({ params, body, query: {} } as never, caller);
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value as T;
}
const ack = (id: string) =>
  respond.onAck(id, {
    order: 'quarantine',
    version: orders.findLast((one) => one.id === id)!.order.version,
    at: now,
    result: 'applied',
  });

beforeAll(async () => {
  sql = await openTestSql();
});
afterEach(() => respond.stop());
afterAll(() => sql.stop());
beforeEach(async () => {
  now = START;
  marks = new Map();
  held = new Set();
  orders = [];
  frozen.clear();
  await sql.reset();
  respond = make();
  await respond.start();
});

/** cam-1000 is entered from outside, infects three others; all beacon. */
async function outbreak(): Promise<Situation> {
  respond.observe([observed(START, ['ip:198.51.100.7', 'cam-1000'])]);
  for (let i = 1; i <= 3; i++) respond.observe([observed(START + i * 1_000, ['cam-1000', `cam-${1000 + i}`])]);
  for (let i = 0; i <= 3; i++) {
    respond.observe([observed(START + 10_000 + i, [`cam-${1000 + i}`, 'ip:203.0.113.66'], 6667)]);
    await respond.onFinding(finding(`cam-${1000 + i}`, START + 10_000 + i));
  }
  const { situations } = await call<{ situations: Situation[] }>('listSituations', {});
  expect(situations).toHaveLength(1);
  return situations[0]!;
}

describe('situations', () => {
  it('group what shares a cause, and say it in one sentence', async () => {
    const situation = await outbreak();
    expect(situation.title).toBe(
      '4 cameras in Harbour began sending to 203.0.113.66, an address none of their kind ever used',
    );
    expect(situation).toMatchObject({ findings: 4, severity: 'alarm', touches: ['Street cameras'] });
    expect(marks.get('cam-1002')).toBe('suspect');
  });
  it('keep what shares nothing apart, and join two once something ties them', async () => {
    await respond.onFinding(finding('cam-1004', START, { peers: ['ip:203.0.113.1'] }));
    await respond.onFinding(finding('cam-1005', START + 1, { peers: ['ip:203.0.113.2'] }));
    expect((await call<{ situations: Situation[] }>('listSituations', {})).situations).toHaveLength(2);
    await respond.onFinding(finding('cam-1006', START + 2, { peers: ['ip:203.0.113.1', 'ip:203.0.113.2'] }));
    const { situations } = await call<{ situations: Situation[] }>('listSituations', {});
    expect(situations.filter((one) => one.state === 'open')).toHaveLength(1);
    expect(situations.find((one) => one.state === 'dismissed')?.dismissed?.reason).toContain('Same cause');
  });
  it('are the same after a restart, and take the next finding', async () => {
    await outbreak();
    const again = make();
    await again.start();
    await again.onFinding(finding('cam-1007', START + 60_000));
    const { situations } = await call<{ situations: Situation[] }>('listSituations', {});
    expect(situations).toHaveLength(1);
    expect(situations[0]!.devices).toContain('cam-1007');
    await again.stop();
  });
});

describe('incident', () => {
  it('traces to the first camera and the address that entered it, and names the people behind', async () => {
    const situation = await outbreak();
    const incident = await call<Incident>('openIncident', { id: situation.id });
    const trace = await call<Trace>('traceIncident', { id: incident.id });
    expect(trace.sources[0]).toMatchObject({ node: 'cam-1000', reaches: 4 });
    expect(trace.sources[0]!.reason).toContain('198.51.100.7 from outside had contacted it less than a minute earlier');
    expect(trace.sources[0]!.reason).toContain('installed 6 days ago by Acme');
    expect(trace.graph.nodes.find((node) => node.id === 'cam-1000')?.role).toBe('source');
    expect(await call('affectedBy', { id: incident.id })).toMatchObject({
      people: 5,
      parties: [{ name: 'Acme', role: 'installer', devices: 4 }],
    });
    await expect(call('openIncident', { id: situation.id })).rejects.toThrow('SITUATION_NOT_OPEN');
  });
});

describe('changes of devices', () => {
  const DAY = 24 * 3_600_000;
  it('are held back at the sites of an incident from the moment that it opens, and go on when it is closed', async () => {
    const incident = await call<Incident>('openIncident', { id: (await outbreak()).id });
    expect([...frozen]).toEqual([
      [`${incident.id} site-0`, START + DAY],
      [`${incident.id} site-1`, START + DAY],
    ]);
    const { timeline } = await call<Incident>('getIncident', { id: incident.id });
    expect(timeline.map(({ text }) => text).join('\n')).toContain('held back at site-0, site-1 until');
    await call('closeIncident', { id: incident.id }, { reason: 'A test' });
    expect([...frozen]).toEqual([]);
  });
  it('are held back as long as a containment, and anew after a kill; but not for ever', async () => {
    const incident = await call<Incident>('openIncident', { id: (await outbreak()).id });
    const plan = await call<ContainmentPlan>('previewContainment', { id: incident.id }, { hours: 48 });
    const order = { hours: 48, hash: plan.hash, reason: 'They beacon' };
    await call('applyContainment', { id: incident.id }, order);
    expect([...frozen.values()]).toEqual([START + 2 * DAY, START + 2 * DAY]);
    await respond.stop();
    frozen.clear();
    respond = make();
    await respond.start();
    expect(frozen.size).toBe(2);
    await respond.stop();
    frozen.clear();
    now += 3 * DAY;
    respond = make();
    await respond.start();
    expect(frozen.size).toBe(0);
  });
  it('go on after a kill between the closing of an incident and its thaw', async () => {
    const incident = await call<Incident>('openIncident', { id: (await outbreak()).id });
    const left = new Map(frozen);
    await call('closeIncident', { id: incident.id }, { reason: 'A test' });
    await respond.stop();
    for (const [key, until] of left) frozen.set(key, until);
    respond = make();
    await respond.start();
    expect([...frozen]).toEqual([]);
  });
});

describe('containment', () => {
  const contained = async () => {
    const incident = await call<Incident>('openIncident', { id: (await outbreak()).id });
    const plan = await call<ContainmentPlan>('previewContainment', { id: incident.id }, { hours: 4 });
    expect(plan.sentence).toBe('Isolates 4 of 20 cameras; no crossing is affected; ends in 4 hours');
    const containment = await call<Incident['containments'][number]>(
      'applyContainment',
      { id: incident.id },
      { hours: 4, hash: plan.hash, reason: 'They beacon' },
    );
    return { incident, containment };
  };
  const stateNow = async (incident: Incident) =>
    (await call<Incident>('getIncident', { id: incident.id })).containments[0]!;

  it('holds certificates, orders switches, and is in force once they say so', async () => {
    const { incident } = await contained();
    expect([...held].sort()).toEqual(['cam-1000', 'cam-1001', 'cam-1002', 'cam-1003']);
    expect((await stateNow(incident)).state).toBe('applying');
    await ack('switch-0000');
    await ack('switch-0001');
    expect((await stateNow(incident)).state).toBe('in-force');
    expect(marks.get('cam-1000')).toBe('contained');
    await respond.onFinding(finding('cam-1008', START + 20_000));
    expect(marks.get('cam-1000')).toBe('contained');
  });

  it('fails visibly at a switch whose link is cut, and heals when it answers late', async () => {
    const { incident } = await contained();
    await ack('switch-0000');
    now += 11_000;
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // the enforcer looks once a second
    const failed = await stateNow(incident);
    expect(failed.state).toBe('partly-failed');
    expect(failed.devices.find((line) => line.through === 'switch-0001')).toMatchObject({
      switch: 'failed',
      note: expect.stringContaining('has not answered'),
    });
    await ack('switch-0001');
    expect((await stateNow(incident)).state).toBe('in-force');
  });

  it('is ordered anew above what a switch holds from when our clock was ahead; a switch that lies only fails', async () => {
    const { incident } = await contained();
    const last = () => orders.findLast((one) => one.id === 'switch-0000')!.order;
    const refused = (version: number) =>
      respond.onAck('switch-0000', { order: 'quarantine', version, at: now, result: 'refused' });
    const { version, devices } = last();
    await refused(version + 86_400_000);
    expect(last()).toMatchObject({ version: version + 86_400_001, devices, at: now });
    await ack('switch-0000');
    await ack('switch-0001');
    expect((await stateNow(incident)).state).toBe('in-force');
    const sent = orders.length;
    await refused(Number.MAX_SAFE_INTEGER);
    expect(orders).toHaveLength(sent);
  });

  it('is taken back whole by undo', async () => {
    const { incident, containment } = await contained();
    await ack('switch-0000');
    await ack('switch-0001');
    await call('undoContainment', { id: containment.id }, { reason: 'False alarm' });
    expect(held.size).toBe(0);
    expect(orders.slice(-2).map((one) => one.order.devices)).toEqual([[], []]);
    expect(await stateNow(incident)).toMatchObject({
      state: 'undone',
      undone: { by: 'person-1', reason: 'False alarm' },
    });
    await expect(call('undoContainment', { id: containment.id }, { reason: 'again' })).rejects.toThrow(
      'CONTAINMENT_NOT_IN_FORCE',
    );
  });

  it('ends by itself, also after a restart', async () => {
    const { incident } = await contained();
    await respond.stop();
    now += 4 * 3_600_000;
    respond = make();
    await respond.start();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await stateNow(incident)).state).toBe('ended');
    expect(held.size).toBe(0);
  });

  it('does only what was previewed', async () => {
    const incident = await call<Incident>('openIncident', { id: (await outbreak()).id });
    await expect(
      call('applyContainment', { id: incident.id }, { hours: 4, hash: 'f'.repeat(64), reason: 'now' }),
    ).rejects.toThrow('PLAN_NOT_PREVIEWED');
    await expect(call('previewContainment', { id: incident.id }, { hours: 4, devices: ['cam-1015'] })).rejects.toThrow(
      'DEVICE_NOT_IN_INCIDENT',
    );
    expect(held.size).toBe(0);
  });

  it('keeps an incident open while a containment is in force', async () => {
    const { incident, containment } = await contained();
    await expect(call('closeIncident', { id: incident.id }, { reason: 'done' })).rejects.toThrow(
      'CONTAINMENT_IN_FORCE',
    );
    await call('undoContainment', { id: containment.id }, { reason: 'done' });
    expect(await call('closeIncident', { id: incident.id }, { reason: 'done' })).toMatchObject({ state: 'closed' });
    expect(marks.get('cam-1000')).toBe('clear');
  });
});
