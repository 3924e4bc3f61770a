/** Partner networks over MQTT through the whole server: each is heard for its devices, refused and on record for others, and cut at its end. */
import { connect, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeObserved, topicOf, type LedgerEntry, type NetworkIdentity } from '@cityward/contracts';
import { call, certificatesIn, newRequest, pemOf } from '@cityward/identity/testing';
import { enrolDevice, eventually, signInFirst, type Call, type DeviceCredential } from './testing-clients.ts';
import { openTestServer, type TestServer } from './testing.ts';

let server: TestServer;
let operator: Call;
let party: string;
let sensor: string;
let shared: string;
let foreign: string;
const clients: MqttClient[] = [];

beforeAll(async () => {
  server = await openTestServer();
  operator = await signInFirst(server);
  const { city } = server.modules;
  [sensor, shared, foreign] = city.deviceIds().filter((id) => city.record(id)?.class === 'parking-sensor') as [
    string,
    string,
    string,
  ];
  party = city.parties()[0]!.id;
}, 120_000);
afterAll(async () => {
  for (const client of clients) client.end(true);
  await server.stop();
});

async function registered(id: string, kind: string, devices: readonly string[]): Promise<DeviceCredential> {
  const draft = { id, kind, name: `Network ${id}`, party, speaksFor: { devices, sites: [] } };
  expect((await operator('POST', '/api/networks', draft)).status).toBe(200);
  const { body } = await operator<{ code: string }>('POST', `/api/networks/${id}/code`);
  const { key, base64 } = newRequest(id);
  const { caPem: ca } = server.modules.identity.authority;
  const path = '/.well-known/est/simpleenroll';
  const basic = `${id}:${body.code}`;
  const answer = await call({ port: server.config.estPort, ca, path, body: base64, basic });
  return { device: id, key: pemOf(key), certificate: certificatesIn(answer.body)[0]!.toString() };
}

interface Connected {
  readonly client: MqttClient;
  isClosed(): boolean;
}
async function connected({ device, key, certificate }: DeviceCredential): Promise<Connected> {
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
  clients.push(client);
  client.on('error', () => undefined);
  let closed = false;
  client.on('close', () => (closed = true));
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('close', () => reject(new Error(`"${device}" was not let in`)));
  });
  return { client, isClosed: () => closed };
}
const telemetry = (subject: string, mark: number) =>
  JSON.stringify({ kind: 'telemetry', at: Date.now(), subject, values: { mark } });
const say = ({ client }: Connected, topicOwner: string, body: string) =>
  client.publishAsync(topicOf(topicOwner, 'obs'), body, { qos: 1 });

/** What is refused is never acknowledged, and ends the connection. */
async function refusedToSay({ client, isClosed }: Connected, topicOwner: string, body: string): Promise<void> {
  client.publish(topicOf(topicOwner, 'obs'), body, { qos: 1 }, () => undefined);
  await eventually('the connection was closed', () => (isClosed() ? true : null));
}
let marks = 0;
const next = (): number => ++marks;

async function heard(mark: number) {
  const { stream } = server.modules;
  for await (const batch of stream.read(1))
    for (const one of batch) {
      const observed = decodeObserved(one.position, one.payload);
      if (observed.body.kind === 'telemetry' && observed.body.values['mark'] === mark) return observed;
    }
  return null;
}
const refusals = async (subject: string): Promise<readonly LedgerEntry[]> => {
  const path = `/api/evidence/entries?type=reporter.refused&subject=${subject}`;
  return (await operator<{ entries: LedgerEntry[] }>('GET', path)).body.entries;
};

describe.each(['lorawan-network', 'mobile-apn'])('a %s over MQTT', (kind) => {
  const id = kind === 'mobile-apn' ? 'apn-east' : 'lora-east';
  const other = kind === 'mobile-apn' ? 'apn-west' : 'lora-west';
  let credential: DeviceCredential;
  let network: Connected;
  beforeAll(async () => {
    credential = await registered(id, kind, [sensor, shared]);
    network = await connected(credential);
  }, 60_000);

  it('is heard for its device, as its word', async () => {
    const mark = next();
    await say(network, id, telemetry(sensor, mark));
    expect(await heard(mark)).toMatchObject({
      reporter: id,
      gateway: 'mqtt',
      authenticated: true,
      body: { subject: sensor },
    });
  });

  it('is refused about a device of somebody else, and that is in the ledger and in its trust', async () => {
    const before = server.modules.stream.last;
    await refusedToSay(network, id, telemetry(foreign, next()));
    const [entry] = await eventually('the refusal is in the ledger', async () => {
      const found = await refusals(id);
      return found.length > 0 ? found : null;
    });
    expect(entry).toMatchObject({ type: 'reporter.refused', subject: id });
    expect(server.modules.stream.last).toBe(before);
    const trust = server.modules.identity.trustOf({ kind: 'network', id });
    expect(trust.components.find((one) => one.kind === 'behaviour')).toMatchObject({ value: 60, source: 'speaking' });
    network = await connected(credential);
    const mark = next();
    await say(network, id, telemetry(sensor, mark));
    expect(await heard(mark)).not.toBeNull();
  });

  it('has no topic but its own: it neither speaks on that of its device nor hears its orders', async () => {
    const before = server.modules.stream.last;
    // Refused by its code or by the end of the connection: either way nothing is heard.
    network.client.subscribe(topicOf(sensor, 'jobs'), { qos: 1 }, () => undefined);
    await refusedToSay(network.isClosed() ? await connected(credential) : network, sensor, telemetry(sensor, next()));
    expect(server.modules.mqtt!.listener.connected()).not.toContain(id);
    expect(server.modules.stream.last).toBe(before);
    network = await connected(credential);
  });

  it('is cut at its end, and nobody comes back as it; who else speaks for the device goes on', async () => {
    const second = await connected(await registered(other, kind, [shared]));
    const itself = await connected(await enrolDevice(server, kind === 'mobile-apn' ? shared : sensor));
    expect(
      (await operator<NetworkIdentity>('POST', `/api/networks/${id}/end`, { reason: 'contract over' })).status,
    ).toBe(200);
    await expect.poll(() => network.isClosed()).toBe(true);
    await expect(connected(credential)).rejects.toThrow('was not let in');
    expect(server.modules.identity.speakersFor(sensor)).toEqual([]);
    const mark = next();
    await say(second, other, telemetry(shared, mark));
    expect(await heard(mark)).toMatchObject({ reporter: other });
    expect([second.isClosed(), itself.isClosed()]).toEqual([false, false]);
  });
});
