/** Whoever knocks at whichever door and is refused is in the ledger, counted; a stolen device raises its alarm at every one of them. */
import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { connect as connectMqtt } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topicOf, type LedgerEntry, type Theft, type TopicLeaf } from '@cityward/contracts';
import { call as callEst, newRequest } from '@cityward/identity/testing';
import { DDI_BASE } from './gateway-ddi.ts';
import { INGEST_PATH } from './gateway-http.ts';
import { MENDER_AUTH_PATH } from './gateway-mender.ts';
import { enrolDevice, eventually, signInFirst, type Call, type DeviceCredential } from './testing-clients.ts';
import { keepFirmware, orderChange, seatCouncil, type Council } from './testing-council.ts';
import { openTestServer, type TestServer } from './testing.ts';

const NONE = '{}';
const ENTRIES = 500;
let server: TestServer;
let council: Council;
let call: Call;
let ca: string;
let free: string[];
const heard = new Map<string, number>();

beforeAll(async () => {
  server = await openTestServer({ acme: new Map([['gateway.example', '127.0.0.1']]) });
  const { city, identity } = server.modules;
  call = await signInFirst(server);
  ca = identity.authority.caPem;
  council = await seatCouncil(server);
  free = city.deviceIds().filter((id) => ['camera', 'lamp', 'street-light'].includes(city.record(id)?.class ?? ''));
  identity.onRefused((who, { way, code }) => {
    const key = `${who} ${way} ${code}`;
    heard.set(key, (heard.get(key) ?? 0) + 1);
  });
}, 300_000);
afterAll(() => server?.stop());

const nextDevice = (): Promise<DeviceCredential> => enrolDevice(server, free.shift()!);

interface Sent {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}
function send(
  who: DeviceCredential | null,
  { port, path, method = 'POST', body, headers = {} }: Sent,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const own = who ? { key: who.key, cert: who.certificate } : {};
  const where = { host: '127.0.0.1', servername: 'localhost', port, path, method, ca, agent: false, ...own };
  const sent = request({ ...where, headers: { host: `localhost:${port}`, ...headers } }, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode ?? 0));
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/** What becomes of one publish: taken, or the connection ends. */
async function publish(
  { device, key, certificate }: DeviceCredential,
  topic: string,
  payload: string | Buffer,
): Promise<'taken' | 'cut'> {
  const client = connectMqtt({
    ...{ protocol: 'mqtts', host: '127.0.0.1', servername: 'localhost', port: server.config.mqttPort },
    ...{ ca, key, cert: certificate, clientId: device, protocolVersion: 4, reconnectPeriod: 0 },
  } as never);
  client.on('error', () => undefined);
  const closed = new Promise<'cut'>((resolve) => client.on('close', () => resolve('cut')));
  const taken = new Promise<'taken'>((resolve) => {
    client.on('connect', () => client.publish(topic, payload, { qos: 1 }, (fault) => !fault && resolve('taken')));
  });
  const end = await Promise.race([taken, closed]);
  client.end(true);
  return end;
}
const leaf = (device: string, name: TopicLeaf): string => topicOf(device, name);

const entriesAbout = async (type: string, subject: string): Promise<LedgerEntry[]> =>
  (await server.modules.ledger.entriesAbout(subject, ENTRIES)).filter((one) => one.type === type);
const toldOf = (subject: string, words: string): Promise<string> =>
  eventually(`"${words}" of "${subject}" is in the ledger`, async () => {
    const entries = await entriesAbout('reporter.refused', subject);
    return entries.find(({ text }) => text.includes(words))?.text ?? null;
  });

describe('a stolen device that knocks', () => {
  const doors: readonly (readonly [string, string, (who: DeviceCredential) => Promise<unknown>])[] = [
    [
      'at EST, to renew',
      'EST: ',
      async ({ device, key, certificate: cert }) => {
        const { base64: body } = newRequest(device);
        const path = '/.well-known/est/simplereenroll';
        const answer = await callEst({ port: server.config.estPort, ca, path, body, key, cert });
        expect(answer.status).toBe(403);
      },
    ],
    [
      'at EST, with a code from before',
      'EST: CODE_NOT_VALID',
      async ({ device }) => {
        const { base64: body } = newRequest(device);
        const path = '/.well-known/est/simpleenroll';
        const basic = `${device}:AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA`;
        expect((await callEst({ port: server.config.estPort, ca, path, body, basic })).status).toBe(401);
      },
    ],
    [
      'at ACME',
      'ACME: ',
      async (who) => {
        const headers = { 'content-type': 'application/jose+json' };
        const sent = { port: server.config.estPort, path: '/acme/new-account', body: NONE, headers };
        expect(await send(who, sent)).toBeGreaterThanOrEqual(400);
      },
    ],
    [
      'at HTTPS, to report',
      'HTTPS: CERTIFICATE_REVOKED',
      async (who) => {
        const headers = { 'content-type': 'application/x-ndjson' };
        const sent = { port: server.config.ingestPort, path: INGEST_PATH, body: NONE, headers };
        expect(await send(who, sent)).toBeGreaterThanOrEqual(401);
      },
    ],
    [
      'at DDI, to poll',
      'HTTPS: CERTIFICATE_REVOKED',
      async (who) => {
        const sent = { port: server.config.ingestPort, path: `${DDI_BASE}/${who.device}`, method: 'GET' };
        expect(await send(who, sent)).toBeGreaterThanOrEqual(401);
      },
    ],
    [
      'at Mender, to be authorised',
      'HTTPS: CERTIFICATE_REVOKED',
      async (who) => {
        const headers = { 'content-type': 'application/json' };
        const sent = { port: server.config.ingestPort, path: MENDER_AUTH_PATH, body: NONE, headers };
        expect(await send(who, sent)).toBe(401);
      },
    ],
    [
      'at MQTT',
      'MQTT: CERTIFICATE_REVOKED',
      async (who) => expect(await publish(who, leaf(who.device, 'obs'), NONE)).toBe('cut'),
    ],
    [
      'at syslog',
      'syslog: CERTIFICATE_REVOKED',
      async ({ key, certificate: cert }) => {
        const { syslogTlsPort: port } = server.config;
        const socket = connectTls({ host: '127.0.0.1', servername: 'localhost', port, ca, key, cert });
        socket.on('error', () => undefined);
        await once(socket, 'close');
      },
    ],
    [
      'at a switch',
      'RADIUS: CERTIFICATE_REVOKED',
      async ({ device, certificate }) => {
        const { X509Certificate } = await import('node:crypto');
        const peer = { commonName: device, serial: new X509Certificate(certificate).serialNumber };
        const at = { nas: '127.0.0.1', station: '00-00-5E-00-53-01', port: '1', userName: device, acctSessionId: null };
        expect((await server.modules.identity.network.join({ peer, ...at })).give).toBe('nothing');
      },
    ],
  ];
  it.each(doors)(
    '%s is refused and raises the alarm',
    async (_where, how, knock) => {
      const who = await nextDevice();
      const stolen = await call<Theft>('POST', `/api/devices/${who.device}/stolen`, { reason: 'The pole was empty' });
      expect(stolen.status).toBe(200);
      await knock(who);
      const seen = await eventually('the alarm is in the ledger', async () => {
        const entries = await entriesAbout('stolen-device.seen', who.device);
        return entries.find(({ text }) => text.includes(how)) ?? null;
      });
      expect(seen.text).toContain('reported stolen');
      const { theft } = (await call<{ theft: Theft }>('GET', `/api/devices/${who.device}/leaving`)).body;
      expect(theft.seen).toBeGreaterThan(0);
    },
    120_000,
  );
  it('is not spoken of when it was never stolen, only revoked', async () => {
    const who = await nextDevice();
    await server.modules.identity.revoke(who.device, { reason: 'broken', by: 'system' });
    await publish(who, leaf(who.device, 'obs'), NONE);
    expect(await toldOf(who.device, 'MQTT: CERTIFICATE_REVOKED')).toContain('refused');
    expect(await entriesAbout('stolen-device.seen', who.device)).toEqual([]);
  }, 120_000);
});

describe('what a device sends and must not', () => {
  let who: DeviceCredential;
  let other: DeviceCredential;
  beforeAll(async () => {
    who = await nextDevice();
    other = await nextDevice();
  }, 120_000);
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  const report = (job: string, more: object = {}): string =>
    JSON.stringify({
      ...{ order: 'job', job, part: 'forward', seq: 1, at: Date.now(), state: 'done', running: '9.9.9', reason: null },
      ...more,
    });
  const overMqtt: readonly (readonly [string, string, TopicLeaf, string | Buffer, 'taken' | 'cut'])[] = [
    ['a report that is no JSON', 'REPORT_MALFORMED', 'report', '{"order":', 'cut'],
    ['a report that is very deep', 'REPORT_MALFORMED', 'report', deep, 'cut'],
    ['a report with more than was agreed', 'REPORT_MALFORMED', 'report', report('job-1', { more: 1 }), 'cut'],
    ['a report on a job that it never had', 'ORDER_UNKNOWN', 'report', report('job-never-was'), 'taken'],
    ['an answer to no order', 'ANSWER_MALFORMED', 'ack', '{"order":"dance"}', 'cut'],
    ['a look that nobody asked for', '', 'ack', '{"order":"probe"}', 'taken'],
    ['a reading that is none', '', 'readings', '{"baseline":1}', 'taken'],
    ['words for devices that do not stand behind it', 'NOT_ALLOWED', 'behalf', '[]', 'cut'],
    ['an observation that is none', 'OBSERVATION_MALFORMED', 'obs', '{"kind":"dance"}', 'cut'],
    ['bytes that are no text', 'PAYLOAD_NOT_UTF8', 'obs', Buffer.from([0xff, 0xfe, 0x00]), 'cut'],
    ['a packet that is too large', 'PACKET_MALFORMED', 'obs', Buffer.alloc(200_000, 0x20), 'cut'],
  ];
  it.each(overMqtt)(
    'over MQTT, %s, is refused, and the ledger has it',
    async (...[, code, name, payload, end]) => {
      const before = heard.size;
      expect(await publish(who, leaf(who.device, name), payload)).toBe(end);
      expect(await toldOf(who.device, `MQTT: ${code}`)).toContain('refused');
      expect(heard.size).toBeGreaterThanOrEqual(before);
    },
    120_000,
  );
  it('on the topic of another, or about another, is refused', async () => {
    const about = { kind: 'telemetry', at: Date.now(), subject: other.device, values: { load: 1 } };
    expect(await publish(who, leaf(other.device, 'obs'), JSON.stringify(about))).toBe('cut');
    expect(await toldOf(who.device, 'MQTT: NOT_ALLOWED')).toContain('refused');
    expect(await publish(who, leaf(who.device, 'obs'), JSON.stringify(about))).toBe('cut');
    expect(await toldOf(who.device, 'MQTT: SUBJECT_NOT_SELF')).toContain('refused');
  }, 120_000);

  const overHttps: readonly (readonly [string, string, Sent['headers'], string, () => string | Buffer])[] = [
    ['lines that are no observations', 'HTTPS: LINE_NOT_JSON', {}, INGEST_PATH, () => '{"kind":'],
    ['a batch that is no text', 'HTTPS: BATCH_NOT_UTF8', {}, INGEST_PATH, () => Buffer.from([0xff])],
    ['a body that is too large', 'HTTPS: BODY_TOO_LARGE', {}, INGEST_PATH, () => Buffer.alloc(20_000_000, 0x20)],
    ['feedback that is none', 'HTTPS: ', {}, 'deploymentBase/1/feedback', () => '{"status":{"execution":"dance"}}'],
    ['feedback that is very deep', 'HTTPS: ', {}, 'deploymentBase/1/feedback', () => deep],
    [
      'feedback on what it never had',
      'HTTPS: ACTION_UNKNOWN',
      {},
      'deploymentBase/77/feedback',
      () => '{"id":"77","status":{"execution":"closed","result":{"finished":"success"}}}',
    ],
    ['a knock as Mender that is none', 'HTTPS: ', {}, MENDER_AUTH_PATH, () => '{"id_data":'],
    [
      'a wish of Mender without a token',
      'HTTPS: TOKEN_NOT_VALID',
      {},
      '/api/devices/v2/deployments/device/deployments/next',
      () => NONE,
    ],
  ];
  it.each(overHttps)(
    'over HTTPS, %s, is refused, and the ledger has it',
    async (...[, words, headers, path, body]) => {
      const whole = path.startsWith('/') ? path : `${DDI_BASE}/${who.device}/${path}`;
      const sent = { port: server.config.ingestPort, path: whole, body: body(), headers: { ...JSON_TYPE, ...headers } };
      const status = await send(who, sent).catch(() => 400); // cut while it was still sending
      expect(status).toBeGreaterThanOrEqual(400);
      expect(await toldOf(who.device, words)).toContain('refused');
    },
    120_000,
  );
  const JSON_TYPE = { 'content-type': 'application/json' };

  it('to EST: a request that is none, one of another type, one too large, one for another', async () => {
    const { key, certificate: cert } = who;
    const common = { port: server.config.estPort, ca, path: '/.well-known/est/simplereenroll', key, cert };
    const sent = [
      { body: 'AAAA' },
      { body: 'AAAA', headers: { 'content-type': 'text/html' } },
      { body: 'A'.repeat(200_000) },
      { body: newRequest(other.device).base64 },
    ];
    for (const one of sent) expect((await callEst({ ...common, ...one })).status).toBeGreaterThanOrEqual(400);
    for (const code of ['REQUEST_TYPE', 'REQUEST_TOO_LARGE'])
      expect(await toldOf(who.device, `EST: ${code}`)).toContain('refused');
    expect(
      (await entriesAbout('reporter.refused', who.device)).filter(({ text }) => text.includes('EST: ')),
    ).toHaveLength(4);
  }, 120_000);

  it('changes nothing: neither what it may, nor any counter of a change of another', async () => {
    const artifact = await keepFirmware(server, '9.9.9');
    const { fleet, identity } = server.modules;
    fleet.desk.seen(other.device, { firmware: '1.0.0', document: null });
    const change = await orderChange(server, council, {
      title: 'Lamps to 9.9.9',
      devices: [other.device],
      action: { do: 'install', artifact },
    });
    const before = JSON.stringify(await fleet.changes.counters(change.id));
    for (const state of ['done', 'failed', 'refused'])
      expect(await publish(who, leaf(who.device, 'report'), report(change.id, { state }))).toBe('taken');
    await eventually('all three were heard', () => (heard.get(`${who.device} MQTT ORDER_UNKNOWN`) === 4 ? true : null));
    expect(JSON.stringify(await fleet.changes.counters(change.id))).toBe(before);
    expect(fleet.desk.shown(who.device)).toBeNull();
    expect(identity.standing(who.device)).toBe('active');
  }, 120_000);

  it('is counted to the last one in the ledger, however much of it there was', async () => {
    const sum = async (): Promise<number> => {
      let all = 0;
      for (const { text } of await entriesAbout('reporter.refused', who.device))
        all += Number(/refused (\d+) times/u.exec(text)?.[1] ?? 1);
      return all;
    };
    const wanted = [...heard]
      .filter(([key]) => key.startsWith(`${who.device} `))
      .reduce((all, [, one]) => all + one, 0);
    expect(wanted).toBeGreaterThan(20);
    await server.modules.identity.stop(); // what is counted and not told yet is told now
    const counted = async (): Promise<true | null> => ((await sum()) === wanted ? true : null);
    await eventually('the ledger has them all', counted);
  }, 120_000);
});
