/** What a site gateway and the city say to each other of the devices behind it: pages, reports, and whom nobody listens to. */
import { describe, expect, it } from 'vitest';
import {
  BEHALF_ORDERS_MAX,
  BEHALF_PAGE_MAX_BYTES,
  type JobOrder,
  type JobReport,
  type WorkMessage,
} from '@cityward/contracts';
import { millis, ok, refuse } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { behalfContentRoute, createBehalf, SEEN_FRESH_MS, type Behalf } from './gateway-behalf.ts';
import { eventually } from './testing-clients.ts';
import { artifactFrom, testDesk, unsignedOrder } from './testing-desk.ts';

const GATEWAY = 'switch-0001';
const FOREIGN = 'switch-0002';
const HASH = 'a'.repeat(64);
const camera = (number: number): string => `cam-${String(number).padStart(4, '0')}`;

function bench(behind: readonly string[]) {
  const desk = testDesk();
  const sent: { readonly topic: string; readonly message: WorkMessage }[] = [];
  const alive: string[] = [];
  const connected = new Set([GATEWAY, FOREIGN]);
  let now = 1_000_000;
  const behalf: Behalf = createBehalf({
    desk,
    clock: () => millis(now),
    log: silentLog,
    mayCarry: (gateway, device) =>
      gateway === GATEWAY && behind.includes(device)
        ? ok(undefined)
        : refuse('forbidden', 'NOT_ITS_GATEWAY', `"${device}" does not stand behind "${gateway}"`),
    publish: (topic, payload) => {
      sent.push({ topic, message: JSON.parse(Buffer.from(payload).toString()) as WorkMessage });
      return Promise.resolve();
    },
    isConnected: (gateway) => connected.has(gateway),
    alive: (device) => void alive.push(device),
    refused: () => undefined,
  });
  /** Resolves once it is acknowledged; the fault where it was no such message. */
  const says = (gateway: string, message: unknown): Promise<Error | null> =>
    new Promise((resolve) => behalf.take(gateway, Buffer.from(JSON.stringify(message)), resolve));
  const seen = (gateway: string, devices: readonly string[]): Promise<Error | null> =>
    says(gateway, {
      behalf: 'seen',
      at: now,
      devices: devices.map((device) => ({ device, firmware: '1.0.0', document: null })),
    });
  const page = async (after: string | null, gateway = GATEWAY): Promise<Extract<WorkMessage, { work: 'page' }>> => {
    const count = sent.length;
    await says(gateway, { behalf: 'ask', after });
    const line = await eventually(
      'a page was sent',
      () => sent.slice(count).find(({ message }) => message.work === 'page') ?? null,
    );
    return line.message as Extract<WorkMessage, { work: 'page' }>;
  };
  const pages = async (): Promise<JobOrder[][]> => {
    const all: JobOrder[][] = [];
    for (let after: string | null = null, more = true; more;) {
      const { orders, next } = await page(after);
      all.push(orders);
      more = next !== null;
      after = next;
    }
    return all;
  };
  return { desk, behalf, sent, alive, connected, says, seen, page, pages, pass: (ms: number) => void (now += ms) };
}

/** As large as an order becomes with many signatures and a long proof. */
const orderOf = (device: string, padding = 0, counter = 1): JobOrder => {
  const order = unsignedOrder(device, artifactFrom(Buffer.from('fw'), '2.0.0'), counter);
  return {
    ...order,
    proof: Array.from({ length: Math.min(padding, 40) }, () => HASH.repeat(Math.max(1, padding / 40))),
  };
};
const report = (more: Partial<JobReport> = {}): JobReport => ({
  order: 'job',
  job: 'job-0001',
  part: 'forward',
  seq: 1,
  at: 1_764_000_000_000,
  state: 'accepted',
  running: null,
  reason: null,
  ...more,
});

describe('pages of orders', () => {
  it('hold no more than a packet does, name each device once, and lead to the end', async () => {
    const devices = Array.from({ length: 150 }, (_, at) => camera(at));
    const { desk, seen, pages } = bench(devices);
    await seen(GATEWAY, devices);
    devices.forEach((device, at) => desk.order(device, orderOf(device, at % 7 === 0 ? 80 : 2)));
    const all = await pages();
    expect(all.flat().map(({ leaf }) => leaf.device)).toEqual(devices);
    expect(all.length).toBeGreaterThan(2);
    for (const orders of all) {
      expect(orders.length).toBeLessThanOrEqual(BEHALF_ORDERS_MAX);
      const bytes = orders.reduce((sum, order) => sum + Buffer.byteLength(JSON.stringify(order)), 0);
      expect(bytes).toBeLessThanOrEqual(BEHALF_PAGE_MAX_BYTES);
    }
  });
  it('leave out an order that fits no packet, and hold up nobody behind it', async () => {
    const devices = [camera(1), camera(2), camera(3)];
    const { desk, seen, pages } = bench(devices);
    await seen(GATEWAY, devices);
    devices.forEach((device) => desk.order(device, orderOf(device, device === camera(2) ? 600 : 1)));
    const all = await pages();
    expect(all.flat().map(({ leaf }) => leaf.device)).toEqual([camera(1), camera(3)]);
  });
  it('are only of devices that the gateway was seen to hold, and empty for another gateway', async () => {
    const { desk, seen, page, says } = bench([camera(1), camera(2)]);
    for (const at of [1, 2]) desk.order(camera(at), orderOf(camera(at)));
    expect((await page(null)).orders).toEqual([]);
    await seen(GATEWAY, [camera(1)]);
    expect((await page(null)).orders.map(({ leaf }) => leaf.device)).toEqual([camera(1)]);
    // It says that it holds what stands elsewhere: that is not believed, and takes nothing from the right one.
    await seen(FOREIGN, [camera(1), camera(2)]);
    expect((await page(null, FOREIGN)).orders).toEqual([]);
    expect((await page(null)).orders.map(({ leaf }) => leaf.device)).toEqual([camera(1)]);
    expect(await says(FOREIGN, { behalf: 'ask', after: 'not an id!' })).toBeInstanceOf(Error);
  });
  it('are told of once, however many orders come together', async () => {
    const devices = Array.from({ length: 20 }, (_, at) => camera(at));
    const { desk, seen, sent, connected } = bench(devices);
    await seen(GATEWAY, devices);
    devices.forEach((device) => desk.order(device, orderOf(device)));
    await eventually('there was news', () => (sent.length > 0 ? true : null));
    expect(sent).toEqual([{ topic: expect.stringContaining(GATEWAY) as string, message: { work: 'news' } }]);
    connected.delete(GATEWAY);
    desk.order(devices[0]!, null);
    connected.add(GATEWAY);
    desk.order(devices[1]!, null);
    await eventually('there was news again', () => (sent.length > 1 ? true : null));
    expect(sent).toHaveLength(2);
  });
});

describe('what a gateway reports', () => {
  it('is taken for a device behind it, and acknowledged when it is kept', async () => {
    const { desk, says, seen } = bench([camera(1)]);
    await seen(GATEWAY, [camera(1)]);
    desk.order(camera(1), orderOf(camera(1)));
    expect(await says(GATEWAY, { behalf: 'report', subject: camera(1), report: report() })).toBeNull();
    expect(desk.of(camera(1))).toHaveLength(1);
  });
  it('of a device behind another is dropped, acknowledged all the same, and reaches nobody', async () => {
    const { desk, says, seen, alive } = bench([camera(1)]);
    await seen(GATEWAY, [camera(1)]);
    desk.order(camera(1), orderOf(camera(1)));
    const failed = report({ state: 'failed', reason: 'a lie' });
    expect(await says(FOREIGN, { behalf: 'report', subject: camera(1), report: failed })).toBeNull();
    await seen(FOREIGN, [camera(1)]);
    expect(desk.reports).toEqual([]);
    expect(desk.sightings).toHaveLength(1);
    expect(alive).toEqual([camera(1)]);
  });
  it('twice or out of order comes to the desk as it was said: what counts is decided there, by its number', async () => {
    const { desk, says, seen } = bench([camera(1)]);
    await seen(GATEWAY, [camera(1)]);
    desk.order(camera(1), orderOf(camera(1)));
    for (const seq of [2, 1, 2]) await says(GATEWAY, { behalf: 'report', subject: camera(1), report: report({ seq }) });
    expect(desk.of(camera(1)).map(({ seq }) => seq)).toEqual([2, 1, 2]);
  });
  it('that the desk refuses is over: it is acknowledged, or the gateway would send it for ever', async () => {
    const { desk, says } = bench([camera(1)]);
    desk.refusal = { kind: 'not-found', code: 'NO_SUCH_ORDER', message: 'no such order' };
    expect(await says(GATEWAY, { behalf: 'report', subject: camera(1), report: report() })).toBeNull();
    expect(desk.reports).toEqual([]);
  });
  it('is not acknowledged where it could not be kept', async () => {
    const { desk, says } = bench([camera(1)]);
    desk.report = () => Promise.reject(new Error('the disk is full'));
    expect(await says(GATEWAY, { behalf: 'report', subject: camera(1), report: report() })).toMatchObject({
      message: 'the disk is full',
    });
  });
  it.each([null, 7, [], {}, { behalf: 'report' }, { behalf: 'ask' }, { behalf: 'seen', at: 1, devices: [] }])(
    'as %j is no message',
    async (message) => {
      const { says, desk } = bench([camera(1)]);
      expect(await says(GATEWAY, message)).toBeInstanceOf(Error);
      expect(desk.reports).toEqual([]);
    },
  );
});

describe('whether a change would reach a device', () => {
  it('follows its own gateway: fresh, connected, and still its own', async () => {
    const behind = [camera(1)];
    const { behalf, seen, connected, pass } = bench(behind);
    expect(behalf.reaches(camera(1))).toBeNull();
    await seen(GATEWAY, [camera(1)]);
    expect(behalf.reaches(camera(1))).toBe(true);
    pass(SEEN_FRESH_MS + 1);
    expect(behalf.reaches(camera(1))).toBe(false);
    await seen(GATEWAY, [camera(1)]);
    connected.delete(GATEWAY);
    expect(behalf.reaches(camera(1))).toBe(false);
    connected.add(GATEWAY);
    behind.pop();
    expect(behalf.reaches(camera(1))).toBeNull();
  });
});

describe('content behind a gateway', () => {
  it('is what the order of that device names, and nothing else', async () => {
    const { desk } = bench([camera(1)]);
    const artifact = artifactFrom(Buffer.from('fw'), '2.0.0');
    desk.order(camera(1), unsignedOrder(camera(1), artifact));
    desk.content.set(artifact.sha256, Buffer.from('fw'));
    desk.content.set(HASH, Buffer.from('of somebody else'));
    const route = behalfContentRoute({ desk, gatewayOf: (device) => (device === camera(1) ? GATEWAY : null) });
    const ask = (device: string, hash: string) =>
      route.handle({ params: { device, hash }, headers: {}, method: 'GET' } as never, undefined as never);
    expect((await ask(camera(1), artifact.sha256)).status).toBe(200);
    expect((await ask(camera(1), HASH)).status).toBe(404);
    expect((await ask(camera(2), artifact.sha256)).status).toBe(404);
    const resource = route.resource as (request: unknown) => unknown;
    expect(resource({ params: { device: camera(1) } })).toMatchObject({ attributes: { gateway: GATEWAY } });
    expect(resource({ params: { device: camera(2) } })).toMatchObject({ attributes: { gateway: '' } });
  });
});
