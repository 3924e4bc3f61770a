/** The city as others use it: founded, restarted, asked over its routes, told what it hears. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { api } from '@cityward/contracts';
import { type CityNow, type DeviceDetail, type DevicePage, type DevicePoints, type Fact } from '@cityward/contracts';
import { RawAnswer, type Caller } from '@cityward/http';
import { HOUR_MS, MINUTE_MS, millis, type Millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createDispatcher } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { Value } from 'typebox/value';
import { bfs, edgeMask } from './domain/graph.ts';
import { exampleCity } from './example-city.ts';
import { memoryFiles } from './import-testing.ts';
import { createCity, type City } from './service.ts';

const START = 500_000 * HOUR_MS;
let sql: TestSql;
let now = START;
const clock = (): Millis => millis(now);
const open = (): City => createCity({ sql, clock, log: silentLog, files: memoryFiles(), timeline: (id) => Promise.resolve([{ at: 1, type: 'device.enrolled', text: `${id} enrolled`, actor: 'system', entry: 7 }]) }); // prettier-ignore

beforeAll(async () => {
  sql = await openTestSql();
  await open().start();
});
afterAll(() => sql.stop());

let city: City;
async function found(): Promise<() => Promise<void>> {
  now = START;
  await sql.reset();
  city = open();
  await city.start();
  await city.foundFrom(exampleCity, 'test');
  return () => city.stop();
}

const caller = { principal: { id: 'per-1' } } as Caller;
async function ask<T>(of: City, name: keyof typeof api, input: { params?: object; query?: object } = {}): Promise<T> {
  const route = of.routes.find((one) => one.endpoint.name === name)!;
  const answer = await route.handle({ params: {}, query: {}, body: undefined, ...input } as never, caller);
  if (!answer.ok) throw new Error(answer.error.message);
  const value = answer.value instanceof RawAnswer ? (JSON.parse(answer.value.body as string) as unknown) : answer.value;
  expect([...Value.Errors(route.endpoint.answer, value)]).toEqual([]);
  return value as T;
}
const enrolled = (id: string): void =>
  city.setFacet(id, { identity: { state: 'enrolled' }, watch: { state: 'usual', reason: '', finding: null } });

describe('founding', () => {
  beforeEach(found);

  it('survives a restart with everything in it, and is done once', async () => {
    const before = { ids: city.deviceIds(), graph: city.graph(), record: city.record('cam-2') };
    await city.stop();
    const again = open();
    await again.start();
    expect(again.isFounded()).toBe(true);
    expect(again.name()).toBe('Example');
    expect(new Set(again.deviceIds())).toEqual(new Set(before.ids));
    expect(again.record('cam-2')).toEqual(before.record);
    expect(again.graph().forward.targets.length).toBe(before.graph.forward.targets.length);
    expect(again.peopleBehind(['cam-2'])).toBe(4);
    expect(await again.foundFrom(exampleCity, 'test')).toMatchObject({
      ok: false,
      error: { code: 'CITY_FOUNDED_ALREADY' },
    });
    await again.stop();
  });

  it('tells it as a fact', async () => {
    const facts: Fact[] = [];
    const dispatcher = createDispatcher({
      sql,
      log: silentLog,
      handlers: [{ name: 'test', handle: (some) => Promise.resolve(void facts.push(...some)) }],
    });
    await dispatcher.start();
    await dispatcher.drained();
    await dispatcher.stop();
    expect(facts).toMatchObject([{ type: 'city.founded', subject: 'city', data: { devices: 5, seed: 'test' } }]);
  });

  it('writes all of it or nothing', async () => {
    await sql.reset();
    const broken = open();
    await broken.start();
    const twice = { ...exampleCity, devices: exampleCity.devices.map((device) => ({ ...device, serial: 'same' })) };
    await expect(broken.foundFrom(twice, 'test')).rejects.toMatchObject({ code: '23505' });
    expect(broken.isFounded()).toBe(false);
    expect(broken.deviceIds()).toEqual([]);
    expect((await broken.foundFrom(exampleCity, 'test')).ok).toBe(true);
    await broken.stop();
  });

  it('makes Port Merrow from a seed', async () => {
    await sql.reset();
    const merrow = open();
    await merrow.start();
    expect((await merrow.found({ seed: '7', devices: 600 })).ok).toBe(true);
    const page = await ask<CityNow>(merrow, 'cityNow');
    expect(page.devices).toBe(600);
    expect(page.states).toEqual({ unknown: 600 });
    expect(page.wards.reduce((sum, ward) => sum + ward.devices, 0)).toBe(600);
    await merrow.stop();
  });
});

describe('who is who', () => {
  beforeAll(found);

  it('finds devices by id and address, and any node by id', () => {
    expect(city.device('cam-1')).toMatchObject({
      id: 'cam-1',
      class: 'camera',
      site: 'site-1',
      state: 'unknown',
      lastSeen: null,
    });
    expect(city.device('net-core')).toBeNull();
    expect(city.device('nobody')).toBeNull();
    expect(city.deviceByIp('192.0.2.2')).toBe('cam-2');
    expect(city.deviceByIp('192.0.2.9')).toBeNull();
    expect(city.node('net-core')).toEqual({ kind: 'network', id: 'net-core', name: 'Core' });
    expect(city.devicesOf('svc-cctv')).toEqual(['cam-1', 'cam-2']);
    expect(city.devicesOf('svc-hospital')).toEqual(['crossing-1']);
  });

  it('counts each person once over the datasets behind devices', () => {
    expect(city.datasetsOf(['cam-1', 'cam-2'])).toMatchObject([
      { id: 'data-1', people: 3, devices: ['cam-1', 'cam-2'] },
      { id: 'data-2', people: 2, devices: ['cam-2'] },
    ]);
    expect(city.peopleBehind(['cam-1', 'cam-2'])).toBe(4);
    expect(city.peopleBehind(['bin-1'])).toBe(0);
  });

  it('derives place, responsibility and service into the graph', () => {
    const graph = city.graph();
    const reached = (id: string, kinds: Parameters<typeof edgeMask>[0]): string[] =>
      [...bfs(graph, graph.indexOf(id), { mask: edgeMask(kinds) }).order].map((node) => graph.ids[node]!);
    expect(reached('cam-1', ['location'])).toEqual(['cam-1', 'site-1', 'ward-east']);
    expect(new Set(reached('cam-1', ['responsibility']))).toEqual(new Set(['cam-1', 'party-city', 'party-maker']));
    expect(new Set(reached('svc-cctv', ['service', 'telecom']))).toEqual(
      new Set(['svc-cctv', 'cam-1', 'cam-2', 'switch-1', 'net-core']),
    );
  });
});

describe('states', () => {
  beforeEach(found);

  it('follow the facets and what is heard, and are told in batches', async () => {
    const told: (readonly [string, string])[][] = [];
    city.onStates((changes) => told.push([...changes]));
    for (const id of ['cam-1', 'cam-2']) {
      enrolled(id);
      city.observedAlive(id, now);
    }
    city.setFacet('nobody', { identity: { state: 'enrolled' } });
    city.observedAlive('nobody', now);
    expect(city.device('cam-1')).toMatchObject({ state: 'trusted', stateSince: now, lastSeen: now });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(told).toEqual([[['cam-1', 'trusted'], ['cam-2', 'trusted']]]); // prettier-ignore
  });

  it('leave what a device says that it runs over what the inventory has, in the order too, until other hardware stands there', async () => {
    const shown = async (): Promise<string[]> => {
      const { rows } = await ask<DevicePage>(city, 'listDevices', { query: { sort: '-firmware' } });
      return rows.filter(({ firmware }) => firmware !== null).map(({ id, firmware }) => `${id} ${firmware}`);
    };
    await shown();
    city.setFacet('cam-2', { fleet: { firmware: '0.9' } });
    expect((await shown()).at(-1)).toBe('cam-2 0.9');
    expect(city.record('cam-2')?.firmware).toBe('1.0');
    const hardware = { serial: 'NEW', mac: null, model: 'Lens', firmware: '2.0', by: 'olga', reason: 'Broken' };
    expect(await city.setHardware('cam-2', hardware)).toMatchObject({ ok: true });
    expect((await shown())[0]).toBe('cam-2 2.0');
  });

  it('turn to unreachable by silence and back by being heard; a clock ahead buys no time', () => {
    enrolled('cam-1');
    city.observedAlive('cam-1', now + 10 * HOUR_MS);
    expect(city.device('cam-1')).toMatchObject({ state: 'trusted', lastSeen: now });
    city.setFacet('cam-1', { presence: { state: 'offline', at: now } });
    expect(city.device('cam-1')?.state).toBe('unreachable');
    now += MINUTE_MS;
    city.observedAlive('cam-1', now);
    expect(city.device('cam-1')?.state).toBe('trusted');
  });

  it('remember last seen and the hours over a restart, and count the silence between', async () => {
    enrolled('cam-1');
    city.observedAlive('cam-1', now);
    city.observedAlive('bin-1', now);
    await city.stop();
    now += 2 * HOUR_MS;
    city = open();
    await city.start();
    enrolled('cam-1');
    enrolled('bin-1');
    expect(city.device('cam-1')).toMatchObject({ state: 'unreachable', lastSeen: START });
    expect(city.device('bin-1')).toMatchObject({ state: 'trusted', stateReason: 'usual, and asleep as designed' });
    const { services } = await ask<CityNow>(city, 'cityNow');
    const { reporting } = services.find((service) => service.id === 'svc-cctv')!;
    expect(reporting).toHaveLength(24);
    expect(reporting.slice(-3)).toEqual([0.5, null, 0]);
  });
});

describe('routes', () => {
  beforeAll(found);

  it('show the city in one look', async () => {
    enrolled('cam-1');
    city.observedAlive('cam-1', now);
    const answer = await ask<CityNow>(city, 'cityNow');
    expect(answer).toMatchObject({ name: 'Example', devices: 5, states: { trusted: 1, unknown: 4 } });
    expect(answer.wards).toEqual([
      { id: 'ward-east', name: 'East', devices: 3, states: { unknown: 2, trusted: 1 } },
      { id: 'ward-west', name: 'West', devices: 1, states: { unknown: 1 } },
    ]);
  });

  it('give points as columns for what has a place', async () => {
    const points = await ask<DevicePoints>(city, 'devicePoints');
    expect(points.id).toEqual(['switch-1', 'cam-1', 'cam-2', 'crossing-1']);
    expect(points.class.map((at) => points.classes[at])).toEqual(['site-switch', 'camera', 'camera', 'crossing']);
    expect(points.ward.map((at) => points.wards[at])).toEqual(['ward-east', 'ward-east', 'ward-west', 'ward-east']);
    expect(points.lon[2]).toBe(174.05);
    expect((await ask<{ bounds: number[] }>(city, 'cityMap')).bounds).toEqual([174, -41.3, 174.2, -41.2]);
  });

  it('show one device with neighbours both ways, datasets and timeline', async () => {
    const detail = await ask<DeviceDetail>(city, 'getDevice', { params: { id: 'cam-2' } });
    expect(detail.neighbours).toContainEqual({
      direction: 'depends-on',
      edge: 'telecom',
      node: 'device',
      id: 'switch-1',
      name: 'Site switch switch-1',
      note: '',
    });
    expect(detail.neighbours).toContainEqual({
      direction: 'depends-on',
      edge: 'responsibility',
      node: 'party',
      id: 'party-city',
      name: 'City',
      note: 'owner, maintainer',
    });
    expect(detail.neighbours).toContainEqual({
      direction: 'needed-by',
      edge: 'service',
      node: 'service',
      id: 'svc-cctv',
      name: 'Cameras',
      note: '',
    });
    expect(detail.datasets.map((dataset) => dataset.people)).toEqual([3, 2]);
    expect(detail.timeline).toHaveLength(1);
    await expect(ask(city, 'getDevice', { params: { id: 'nobody' } })).rejects.toThrow('show device "nobody"');
  });

  it.each<[string, object, string[]]>([
    ['all, by id', {}, ['bin-1', 'cam-1', 'cam-2', 'crossing-1', 'switch-1']],
    ['a class', { class: 'camera' }, ['cam-1', 'cam-2']],
    ['two classes', { class: 'camera,crossing' }, ['cam-1', 'cam-2', 'crossing-1']],
    ['a ward', { ward: 'ward-west' }, ['cam-2']],
    ['no ward', { ward: 'none' }, ['bin-1']],
    ['no maker', { maker: 'none' }, ['crossing-1']],
    ['a criticality', { criticality: 'life-safety' }, ['crossing-1']],
    ['a state', { state: 'trusted' }, ['cam-1']],
    ['nobody knows that word', { class: 'toaster' }, []],
    ['words in any order', { q: 'hill CAM' }, ['cam-2']],
    ['a MAC', { q: '02:00:00:00:00:01' }, ['cam-1']],
    ['a box', { bbox: '174.1,-41.3,174.2,-41.2' }, ['cam-1', 'crossing-1', 'switch-1']],
    ['descending', { sort: '-class', class: 'camera,waste-bin' }, ['bin-1', 'cam-2', 'cam-1']],
    ['by ward, none last', { sort: 'ward' }, ['switch-1', 'cam-1', 'crossing-1', 'cam-2', 'bin-1']],
    ['a page', { offset: 1, limit: 2 }, ['cam-1', 'cam-2']],
    ['beyond the end', { offset: 9 }, []],
  ])('list %s', async (_, query, wanted) => {
    const page = await ask<DevicePage>(city, 'listDevices', { query });
    expect(page.rows.map((row) => row.id)).toEqual(wanted);
  });

  it('count each facet by what the other filters leave', async () => {
    const page = await ask<DevicePage>(city, 'listDevices', { query: { class: 'camera', ward: 'ward-east' } });
    expect(page.total).toBe(1);
    expect(page.facets.class).toEqual({ camera: 1, crossing: 1, 'site-switch': 1 });
    expect(page.facets.ward).toEqual({ 'ward-east': 1, 'ward-west': 1 });
    expect(page.facets.maker).toEqual({ 'party-maker': 1 });
  });

  it('list parties with how many devices each answers for', async () => {
    const { parties } = await ask<{ parties: object[] }>(city, 'listParties');
    expect(parties).toEqual([
      { id: 'party-city', name: 'City', kind: 'city', devices: 5 },
      { id: 'party-maker', name: 'Maker', kind: 'maker', devices: 4 },
    ]);
  });
});
