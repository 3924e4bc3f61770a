/** Trust through the whole server: what other modules know becomes a level, and a live connection feels a change at once. */
import { Agent } from 'node:https';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { connect, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  topicOf,
  type DeviceClass,
  type DevicePage,
  type Finding,
  type Situation,
  type Trust,
  type TrustKind,
} from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { call as callTls } from '@cityward/identity/testing';
import { isLifeSafety } from './access.ts';
import { INGEST_PATH } from './gateway-http.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { enrolDevice, eventually, signInFirst, type Call, type DeviceCredential } from './testing-clients.ts';

let server: TestServer;
let operator: Call;
let camera: DeviceCredential;
let lives: DeviceCredential;
let site: DeviceCredential;
const open: { end(): unknown }[] = [];

const find = (fits: (record: NonNullable<ReturnType<TestServer['modules']['city']['record']>>) => boolean): string =>
  server.modules.city.deviceIds().find((id) => fits(server.modules.city.record(id)!))!;
const ofClass = (kind: DeviceClass): string => find((record) => record.class === kind && !isLifeSafety(record));

beforeAll(async () => {
  server = await openTestServer();
  operator = await signInFirst(server);
  camera = await enrolDevice(server, ofClass('camera'));
  site = await enrolDevice(
    server,
    find((record) => record.class === 'site-switch'),
  );
  lives = await enrolDevice(
    server,
    find((record) => isLifeSafety(record) && record.class !== 'site-switch'),
  );
}, 120_000);
afterEach(async () => {
  for (const one of open.splice(0)) one.end();
  for (const { device } of [camera, site, lives]) await say(device, null);
});
afterAll(() => server.stop());

/** What a source like baseline says; in force before the promise is awaited. */
const say = (id: string, value: number | null, kind: TrustKind = 'behaviour') =>
  server.modules.identity.putSignal({
    ...{ subject: { kind: 'device', id }, kind, value, reason: `a test says ${value}`, source: 'the-test' },
    expires: Date.now() + DAY_MS,
  });

interface Watched {
  readonly client: MqttClient;
  readonly got: string[];
  /** When the connection ended, on the clock of `performance`. */
  readonly closed: Promise<number>;
}
async function connected({ device, key, certificate }: DeviceCredential): Promise<Watched> {
  const { mqttPort: port } = server.config;
  const ca = server.modules.identity.authority.caPem;
  const to = {
    protocol: 'mqtts',
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca,
    key,
    cert: certificate,
  } as const;
  const client = connect({ ...to, clientId: device, reconnectPeriod: 0 });
  client.on('error', () => undefined);
  const closed = new Promise<number>((resolve) => client.on('close', () => resolve(performance.now())));
  const got: string[] = [];
  client.on('message', (topic) => got.push(topic));
  open.push({ end: () => client.end(true) });
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('close', () => reject(new Error('the connection was closed')));
  });
  return { client, got, closed };
}
const telemetry = (subject: string) =>
  JSON.stringify({ kind: 'telemetry', at: Date.now(), subject, values: { ok: 1 } });
const flow = (src: string, dst: string) => {
  const more = { protocol: 'tcp', outcome: 'answered', bytes_out: 1, bytes_in: 1 };
  return JSON.stringify({ kind: 'flow', at: Date.now(), src, dst, dst_port: 443, ...more });
};
const publish = ({ client }: Watched, device: string, [leaf, body]: readonly [Parameters<typeof topicOf>[1], string]) =>
  client.publishAsync(topicOf(device, leaf), body, { qos: 1 });
const took: number[] = [];
afterAll(() => {
  const worst = Math.max(...took).toFixed(1);
  console.info(`a change of trust was felt on ${took.length} live connections after at most ${worst} ms`);
});

describe('a live connection over MQTT', () => {
  it('is cut the moment there is no trust in its device, and may come back to its quarantine topic only', async () => {
    const { device } = camera;
    const first = await connected(camera);
    await publish(first, device, ['obs', telemetry(device)]);
    const at = performance.now();
    void say(device, 10);
    took.push((await first.closed) - at);
    const second = await connected(camera);
    await publish(second, device, ['quarantine', telemetry(device)]);
    let acknowledged = false;
    second.client.publish(topicOf(device, 'obs'), telemetry(device), { qos: 1 }, (fault) => (acknowledged = !fault));
    await second.closed;
    expect(acknowledged).toBe(false);
  });

  it('is narrowed while it is trusted little: it reports, hears its orders, and hears of no change', async () => {
    const { device } = camera;
    const live = await connected(camera);
    const [orders, jobs] = [topicOf(device, 'orders'), topicOf(device, 'jobs')];
    await live.client.subscribeAsync([orders, jobs], { qos: 1 });
    const { listener } = server.modules.mqtt!;
    await listener.publish(jobs, Buffer.from('before'));
    await eventually('the device hears of a change', () => (live.got.length === 1 ? true : null));
    void say(device, 35);
    // In force already: not even what is sent in the same turn gets through.
    await listener.publish(jobs, Buffer.from('a change'));
    await listener.publish(orders, Buffer.from('an order'));
    await eventually('the device hears its order', () => (live.got.length > 1 ? true : null));
    expect(live.got).toEqual([jobs, orders]);
    await publish(live, device, ['obs', telemetry(device)]);
    expect(live.client.connected).toBe(true);
    const at = performance.now();
    void say(device, 100);
    took.push((await live.closed) - at);
    const back = await connected(camera);
    expect(await back.client.subscribeAsync(jobs, { qos: 1 })).toMatchObject([{ qos: 1 }]);
  });

  it('of a switch that is trusted little tells nothing of others any more', async () => {
    const { device } = site;
    const { city } = server.modules;
    const near = find((record) => record.site === city.record(device)!.site && record.id !== device);
    const live = await connected(site);
    await publish(live, device, ['flows', flow(near, 'ip:192.0.2.7')]);
    await say(device, 35);
    await publish(live, device, ['obs', telemetry(device)]);
    const refused = live.client.publishAsync(topicOf(device, 'flows'), flow(near, 'ip:192.0.2.7'), { qos: 1 });
    refused.catch(() => undefined);
    await live.closed;
    const again = await connected(site);
    void again.client
      .publishAsync(topicOf(device, 'obs'), flow(near, 'ip:192.0.2.7'), { qos: 1 })
      .catch(() => undefined);
    await again.closed;
  });

  it('of what guards lives is never cut for want of trust: it reports on, and takes no changes', async () => {
    const { device } = lives;
    const live = await connected(lives);
    await live.client.subscribeAsync([topicOf(device, 'jobs')], { qos: 1 });
    await say(device, 0);
    await publish(live, device, ['obs', telemetry(device)]);
    await server.modules.mqtt!.listener.publish(topicOf(device, 'jobs'), Buffer.from('a change'));
    await publish(live, device, ['obs', telemetry(device)]);
    expect([live.client.connected, live.got]).toEqual([true, []]);
  });

  it('of what guards lives comes before an analyst when its trust is gone, once, and again after it was put aside', async () => {
    const { device } = lives;
    const findings = async (): Promise<readonly Finding[]> => {
      const { body } = await operator<{ findings: Finding[] }>('GET', `/api/findings?device=${device}&limit=50`);
      return body.findings.filter(({ detector }) => detector === 'trust');
    };
    const told = await eventually('there is a finding', async () => (await findings())[0] ?? null);
    expect(told).toMatchObject({ severity: 'alarm', state: 'open' });
    expect(told.title).toContain('guards lives');
    expect(told.why).toContain('not cut off');
    const { body } = await operator<{ situations: Situation[] }>('GET', '/api/situations?state=open');
    expect(body.situations.find(({ devices }) => devices.includes(device as never))).toMatchObject({
      severity: 'alarm',
    });
    await say(device, 100);
    await say(device, 0);
    await eventually('it grew', async () => ((await findings()).some(({ count }) => count > 1) ? true : null));
    expect(await findings()).toHaveLength(1);
    expect((await operator('POST', `/api/findings/${told.id}/dismiss`, { reason: 'It was looked at' })).status).toBe(
      200,
    );
    await say(device, 100);
    // The finding itself is no conduct: it does not keep its trust down.
    expect(server.modules.identity.trustMarkOf({ kind: 'device', id: device }).level).not.toBe('none');
    await say(device, 0);
    await eventually('it is told anew', async () => {
      const all = await findings();
      return all.length === 2 && all.some(({ state }) => state === 'open') ? true : null;
    });
    await say(device, 100);
  }, 120_000);
});

describe('the other doors', () => {
  const post = (agent: Agent, body: string) =>
    callTls({
      ...{
        port: server.config.ingestPort,
        ca: server.modules.identity.authority.caPem,
        path: INGEST_PATH,
        body,
        agent,
      },
      ...{ key: camera.key, cert: camera.certificate },
      headers: { 'content-type': 'application/x-ndjson', host: `localhost:${server.config.ingestPort}` },
    });

  it('HTTPS asks for each request anew, on the connection that is kept', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    open.push({ end: () => agent.destroy() });
    expect((await post(agent, telemetry(camera.device))).status).toBe(200);
    const at = performance.now();
    void say(camera.device, 10);
    const refused = await post(agent, telemetry(camera.device));
    took.push(performance.now() - at);
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('policy does not let')]);
    await say(camera.device, 100);
    expect((await post(agent, telemetry(camera.device))).status).toBe(200);
  });

  it('syslog asks for each line anew, on the connection that is open', async () => {
    const { stream, ingest } = server.modules;
    const socket: TLSSocket = connectTls({
      ...{ port: server.config.syslogTlsPort, host: '127.0.0.1', servername: 'localhost' },
      ...{ ca: server.modules.identity.authority.caPem, key: camera.key, cert: camera.certificate },
    });
    open.push({ end: () => socket.destroy() });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const line = (text: string): string => {
      const frame = `<14>1 - ${camera.device} app - - - ${text}`;
      return `${Buffer.byteLength(frame)} ${frame}`;
    };
    const before = stream.last;
    socket.write(line('first'));
    await eventually('the first line is there', () => (stream.last === before + 1 ? true : null));
    const { refused } = ingest.stats();
    const at = performance.now();
    void say(camera.device, 10);
    socket.write(line('second'));
    await eventually('the second line is refused', () => (ingest.stats().refused > refused ? true : null));
    took.push(performance.now() - at);
    void say(camera.device, 100);
    socket.write(line('third'));
    await eventually('the third line is there', () => (stream.last > before + 1 ? true : null));
    const texts: string[] = [];
    for await (const batch of stream.read(before + 1))
      for (const { payload } of batch) texts.push(/first|second|third/.exec(Buffer.from(payload).toString())![0]);
    expect(texts).toEqual(['first', 'third']);
  });
});

describe('what other modules know', () => {
  /** A person looked into it, and answers for the device. */
  const restored = async (device: string) => {
    const reason = 'its clock was wrong at that moment';
    const { status, body } = await operator<Trust>('POST', `/api/devices/${device}/trust/restore`, { reason });
    return [status, body] as const;
  };
  const componentOf = async (id: string, kind: TrustKind) => {
    const { body } = await operator<Trust>('GET', `/api/devices/${id}/trust`);
    return body.components.find((one) => one.kind === kind)!;
  };

  it('comes from fleet: what it runs, that it went back, and that it lied', async () => {
    const { device } = camera;
    const { desk } = server.modules.fleet;
    desk.seen(device, { firmware: '2.0.0', document: null });
    expect(await componentOf(device, 'firmware')).toMatchObject({ state: 'known', value: 65, source: 'fleet' });
    desk.seen(device, { firmware: '1.0.0', document: null });
    const back = await componentOf(device, 'firmware');
    expect([back.value, back.source, back.reason]).toEqual([35, 'downgrade', expect.stringContaining('ran 2.0.0')]);
    desk.seen(device, { firmware: '2.1.0', document: null });
    expect(await componentOf(device, 'firmware')).toMatchObject({ value: 65, source: 'fleet' });
    server.modules.trust.alarmed(device, 'lied', 'runs 1, said 2');
    expect(server.modules.identity.trustMarkOf({ kind: 'device', id: device }).level).toBe('none');
    expect(await restored(device)).toMatchObject([200, { level: 'reduced' }]);
    // Only what a change counted is told: anything else is behaviour, which watch judges.
    expect(desk.lostHealth(device, 'its picture is black')).toBe(false);
    server.modules.trust.unwell(device, 'its picture is black');
    expect(await componentOf(device, 'firmware')).toMatchObject({ value: 45, source: 'health' });
  });

  it('says what is missing of what nobody has judged', async () => {
    const missing = await componentOf(camera.device, 'advisories');
    expect(missing).toMatchObject({ state: 'unknown', value: null, source: null });
    expect(missing.reason).toMatch(/no advisories/);
    expect((await operator('GET', '/api/devices/nobody-here/trust')).status).toBe(404);
  });

  it('is counted on the list of devices, and found there', async () => {
    await say(camera.device, 5);
    const { body } = await operator<DevicePage>('GET', '/api/devices?trust=none');
    expect(body.rows.map(({ id, trust }) => [id, trust])).toEqual([[camera.device, 'none']]);
    expect(body.facets.trust['none']).toBe(1);
  });
});
