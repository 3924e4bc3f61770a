/** Devices over real TLS sockets: one agent with its orders, and a whole simulator process with its parent. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Flow, OrderAck, Status, Telemetry } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { portMerrow } from '@cityward/city/reference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgent } from './agent.ts';
import {
  brokerDouble,
  estDouble,
  testAuthority,
  until,
  type BrokerDouble,
  type EstDouble,
  type TestAuthority,
} from './testing.ts';

let authority: TestAuthority;
let est: EstDouble;
let broker: BrokerDouble;
const folders: string[] = [];
beforeAll(async () => {
  authority = await testAuthority();
  est = await estDouble(authority);
  broker = await brokerDouble(authority);
});
afterAll(async () => {
  await est.close();
  await broker.close();
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});
const from = (client: string, leaf: string): unknown[] =>
  broker.published.filter((one) => one.topic === `cw/v1/${client}/${leaf}`).map((one) => one.body);

describe('one agent', () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'cityward-agent-'));
  folders.push(dataFolder);
  const agentWith = (code: string | null) =>
    createAgent({
      device: 'cam-9001',
      code,
      est: { url: est.url, ca: authority.ca },
      broker: { host: 'localhost', port: broker.port, ca: authority.ca },
      dataFolder,
      log: silentLog,
      measure: () => ({ load_1min: 0.5 }),
      periodMs: 40,
    });

  it('wants a code the first time', async () => {
    const agent = agentWith(null);
    await expect(agent.start()).rejects.toThrow(/cam-9001.*code/u);
    await agent.stop();
  });
  it('enrols, reports, comes back after a cut, falls silent when ordered and speaks again', async () => {
    const agent = agentWith('code');
    await agent.start();
    await until('it reports', () => from('cam-9001', 'obs').length > 1);
    const told = from('cam-9001', 'obs')[0] as Telemetry;
    expect(told).toMatchObject({ kind: 'telemetry', subject: 'cam-9001', values: { load_1min: 0.5 } });
    broker.drop('cam-9001');
    await until('it is gone', () => !agent.online);
    await until('it is back', () =>
      broker.send('cw/v1/cam-9001/orders', { order: 'quarantine', version: 2, devices: ['cam-9001'], until: null }),
    );
    await until('it is silent', () => agent.quarantined);
    await until('it has answered', () => from('cam-9001', 'ack').length === 1);
    expect(from('cam-9001', 'ack')[0]).toMatchObject({ version: 2, result: 'applied' } satisfies Partial<OrderAck>);
    expect(from('cam-9001', 'quarantine')[0]).toMatchObject({ state: 'quarantine-applied' } satisfies Partial<Status>);
    const count = from('cam-9001', 'obs').length;
    broker.send('cw/v1/cam-9001/orders', { order: 'quarantine', version: 1, devices: [], until: null });
    broker.send('cw/v1/cam-9001/orders', 'nonsense');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(agent.quarantined).toBe(true);
    expect(from('cam-9001', 'obs').length).toBe(count);
    broker.send('cw/v1/cam-9001/orders', { order: 'quarantine', version: 3, devices: [], until: null });
    await until('it speaks again', () => from('cam-9001', 'obs').length > count);
    await agent.stop();
  });
  it('needs no code the second time, and is turned away when the city says so', async () => {
    const asked = est.asked.length;
    broker.refused.add('cam-9001');
    const agent = agentWith(null);
    await agent.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(agent.online).toBe(false);
    broker.refused.delete('cam-9001');
    await until('it is let in', () => agent.online);
    expect(est.asked.length).toBe(asked);
    await agent.stop();
  });
});

type Said = Record<string, unknown>;
interface Child {
  readonly process: ChildProcess;
  readonly said: Said[];
}
const children: ChildProcess[] = [];
function spawnSimulator(start: unknown): Child {
  const entry = fileURLToPath(new URL('./simulator.ts', import.meta.url));
  const process = fork(entry, [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  children.push(process);
  const said: Said[] = [];
  process.on('message', (message: Said) => {
    said.push(message);
    const wanted = message['codesWanted'] as string[] | undefined;
    if (wanted) process.send({ codes: Object.fromEntries(wanted.map((device) => [device, `code-${device}`])) });
  });
  process.send(start as object);
  return { process, said };
}
const gone = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null ? Promise.resolve(child.exitCode) : new Promise((resolve) => child.once('exit', resolve));

describe('the simulator process', { timeout: 120_000 }, () => {
  const city = portMerrow({ seed: 'test', devices: 200 });
  const data = mkdtempSync(join(tmpdir(), 'cityward-simulator-'));
  folders.push(data);
  const start = () => ({
    city: { seed: 'test', devices: 200 },
    est: { url: est.url, ca: authority.ca },
    mqtt: { host: 'localhost', port: broker.port },
    dataFolder: data,
    story: { calm: false, afterMs: 0 },
    loopback: { httpPort: 21_441, modbusPort: 21_442 },
  });
  const flows = (site: string): Flow[] =>
    from(site, 'flows')
      .flat()
      .filter((one): one is Flow => (one as Flow).kind === 'flow');
  afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

  it('brings every device to life, reports flows by their switch, learns orders over MQTT only, and ends with a signal', async () => {
    const { process: child, said } = spawnSimulator(start());
    await until('all are connected', () => said.some((one) => one['ready']));
    expect(said.filter((one) => 'connected' in one).pop()).toEqual({ enrolled: 200, connected: 200, total: 200 });
    expect(new Set(broker.connected()).size).toBeGreaterThan(180);
    await until('somebody calls outside', () =>
      city.devices.some((site) => flows(site.id).some((flow) => flow.dst.startsWith('ip:198.51.100.'))),
    );
    const all = city.devices
      .filter((device) => device.class === 'site-switch')
      .flatMap((site) => flows(site.id).map((flow) => ({ site: site.id, flow })));
    for (const { site, flow } of all) {
      const own = city.wiring.indexOf.get(flow.src) ?? city.wiring.indexOf.get(flow.dst)!;
      expect(city.devices[city.wiring.switchOf[own]!]!.id).toBe(site);
    }
    const bot = all.find(({ flow }) => flow.dst.startsWith('ip:198.51.100.'))!;
    const orders = `cw/v1/${bot.site}/orders`;
    child.send({ cutLink: bot.site });
    await until(
      'its link is cut',
      () => said.some((one) => one['linkCut'] === bot.site) && !broker.connected().includes(bot.site),
    );
    expect(broker.send(orders, { order: 'quarantine', version: 1, devices: [bot.flow.src], until: null })).toBe(false);
    child.send({ mendLink: bot.site });
    await until('it learns', () =>
      broker.send(orders, { order: 'quarantine', version: 1, devices: [bot.flow.src], until: null }),
    );
    await until('it has answered', () => from(bot.site, 'ack').length > 0);
    expect(from(bot.site, 'ack')[0]).toMatchObject({ version: 1, result: 'applied' });
    child.kill('SIGTERM');
    expect(await gone(child)).toBe(0);
  });

  it('needs no codes the second time, and ends when its parent is gone', async () => {
    const asked = est.asked.length;
    const { process: child, said } = spawnSimulator({ ...start(), story: { calm: true } });
    await until('all are connected', () => said.some((one) => one['ready']));
    expect(said.some((one) => one['codesWanted'])).toBe(false);
    expect(est.asked.length).toBe(asked);
    child.disconnect();
    expect(await gone(child)).toBe(0);
  });

  it('says what is wrong with its start, and does not run', async () => {
    const { process: child } = spawnSimulator({ ...start(), city: { seed: 'test', devices: 3 } });
    let words = '';
    child.stderr!.on('data', (chunk: Buffer) => (words += chunk.toString()));
    expect(await gone(child)).toBe(1);
    expect(words).toMatch(/start\.city\.devices" is "3"/u);
  });
});
