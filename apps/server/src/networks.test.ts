/** Networks against a whole server: a LoRaWAN network server with its own certificate speaks for its sensor and for nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { decodeObserved, type NetworkIdentity, type RadiusSetUp } from '@cityward/contracts';
import { call, certificatesIn, newRequest, pemOf } from '@cityward/identity/testing';
import { readAttributes } from './gateway-radius.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { callLocally, postObservations, signInFirst, type Call, type DeviceCredential } from './testing-clients.ts';

let server: TestServer;
let operator: Call;
let sensor: string;
let foreign: string;
let party: string;
beforeAll(async () => {
  server = await openTestServer();
  operator = await signInFirst(server);
  const { city } = server.modules;
  [sensor, foreign] = city.deviceIds().filter((id) => city.record(id)?.class === 'parking-sensor') as [string, string];
  party = city.parties()[0]!.id;
}, 120_000);
afterAll(() => server.stop());

/** Over EST, with a code, as any device does. */
async function enrol(id: string, code: string): Promise<DeviceCredential> {
  const { key, base64 } = newRequest(id);
  const { caPem: ca } = server.modules.identity.authority;
  const path = '/.well-known/est/simpleenroll';
  const answer = await call({ port: server.config.estPort, ca, path, body: base64, basic: `${id}:${code}` });
  if (answer.status !== 200) throw new Error(`enrol "${id}": ${answer.status} ${answer.body}`);
  return { device: id, key: pemOf(key), certificate: certificatesIn(answer.body)[0]!.toString() };
}
const post = (as: DeviceCredential, body: unknown) =>
  postObservations({ port: server.config.ingestPort, ca: server.modules.identity.authority.caPem }, as, [body]);
const uplink = (subject: string) => ({ kind: 'telemetry', at: Date.now(), subject, values: { occupied: 1 } });

async function newest() {
  const { stream } = server.modules;
  for await (const batch of stream.read(stream.last))
    for (const one of batch) return decodeObserved(one.position, one.payload);
  throw new Error('the stream is empty');
}

describe('a LoRaWAN network server', () => {
  let lora: DeviceCredential;
  beforeAll(async () => {
    const speaksFor = { devices: [sensor], sites: [] };
    const draft = { id: 'lora-east', kind: 'lorawan-network', name: 'Relay east', party, speaksFor };
    const registered = await operator<NetworkIdentity>('POST', '/api/networks', draft);
    expect([registered.status, registered.body.state]).toEqual([200, 'registered']);
    const code = await operator<{ code: string }>('POST', '/api/networks/lora-east/code');
    lora = await enrol('lora-east', code.body.code);
  });

  it('passes on what its sensor says, told as its word', async () => {
    const answer = await post(lora, uplink(sensor));
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { accepted: 1, rejected: [] }]);
    expect(await newest()).toMatchObject({ reporter: 'lora-east', authenticated: true, body: { subject: sensor } });
  });

  it('is refused about a device of somebody else, and where it would say what only the device may', async () => {
    const before = server.modules.stream.last;
    for (const body of [
      uplink(foreign),
      { kind: 'log', at: Date.now(), subject: sensor, severity: 3, app: 'a', message: 'm' },
    ]) {
      const answer = await post(lora, body);
      expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('may speak for')]);
    }
    expect(server.modules.stream.last).toBe(before);
  });

  it('says nothing while it is held', async () => {
    const { identity } = server.modules;
    await identity.hold('lora-east', { until: Date.now() + 60_000, reason: 'test', by: 'system' });
    expect((await post(lora, uplink(sensor))).status).toBeGreaterThanOrEqual(400);
    await identity.release('lora-east', { reason: 'test', by: 'system' });
    expect((await post(lora, uplink(sensor))).status).toBe(200);
  });

  it('is refused at the door after its end', async () => {
    const before = server.modules.stream.last;
    const ended = await operator<NetworkIdentity>('POST', '/api/networks/lora-east/end', { reason: 'contract over' });
    expect([ended.status, ended.body.state]).toEqual([200, 'ended']);
    expect((await post(lora, uplink(sensor))).status).toBe(403);
    expect(server.modules.stream.last).toBe(before);
  });
});

describe('the door of the RADIUS server', () => {
  const ask = (as: DeviceCredential, path: string, body: string): Promise<{ status: number; body: string }> =>
    call({
      ...{ port: server.config.ingestPort, ca: server.modules.identity.authority.caPem, path, body },
      ...{ method: 'POST', key: as.key, cert: as.certificate },
      headers: { 'content-type': 'application/json', host: `localhost:${server.config.ingestPort}` },
    });
  const attributes = (given: Readonly<Record<string, string>>): string =>
    JSON.stringify(
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name, { type: 'string', value: [value] }])),
    );
  const joining = { 'User-Name': 'x', 'NAS-IP-Address': '192.0.2.10', 'Calling-Station-Id': '02-00-00-00-00-01' };

  it('is closed to devices and to other networks, and answers whoever guards the plugs', async () => {
    const { identity } = server.modules;
    const [code] = await identity.issueCodes([foreign], 'system');
    const device = await enrol(foreign, code!.code);
    expect((await ask(device, '/radius/v1/join', attributes(joining))).status).toBe(403);
    expect((await ask(device, '/radius/v1/accounting', attributes(joining))).status).toBe(403);
    expect((await ask(device, '/radius/v1/refused', attributes(joining))).status).toBe(403);
    const body = { party, names: ['radius'], switches: [{ name: 'here', address: '192.0.2.10', coaPort: 3799 }] };
    const set = await callLocally<RadiusSetUp>(server.config.dataFolder, '/api/network-access/radius', body);
    expect((await operator('POST', '/api/network-access/radius', body)).status).toBe(403);
    const { key, certificates: certificate } = set.body.client;
    const radius = { device: set.body.id, key, certificate };
    const answer = await ask(radius, '/radius/v1/join', attributes(joining));
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { 'reply:Tunnel-Private-Group-Id': '999' }]);
    const revoked = { ...joining, 'TLS-Client-Cert-Common-Name': foreign, 'TLS-Client-Cert-Serial': '41'.repeat(16) };
    expect((await ask(radius, '/radius/v1/join', attributes(revoked))).status).toBe(401);
    for (const bad of [
      '',
      '[]',
      '{',
      '{"User-Name":"x"}',
      attributes({ 'User-Name': 'x' }),
      `{"a":${'['.repeat(5_000)}`,
    ])
      expect([bad.slice(0, 20), (await ask(radius, '/radius/v1/join', bad)).status]).toEqual([bad.slice(0, 20), 400]);
    expect((await ask(radius, '/radius/v1/join', 'x'.repeat(70_000))).status).toBe(413);
    expect((await ask(radius, '/radius/v1/refused', attributes(joining))).status).toBe(204);
    for (const bad of ['', '{', attributes({ ...joining, 'User-Name': '' }), attributes({ 'User-Name': 'x' })])
      expect([bad, (await ask(radius, '/radius/v1/refused', bad)).status]).toEqual([bad, 400]);
    expect((await post(radius, uplink(sensor))).status).toBe(400);
  });

  it('reads only lists of attributes, whatever it is sent', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.string(), { maxLength: 3 }));
    const attribute = fc.oneof(
      value,
      fc.record({ type: fc.string(), value: fc.oneof(value, fc.array(value, { maxLength: 3 })) }),
    );
    const text = fc.oneof(
      fc.json(),
      fc.dictionary(fc.string(), attribute).map((one) => JSON.stringify(one)),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((one) => Buffer.from(one)),
          fc.uint8Array(),
        ),
        (body) => {
          const read = readAttributes(body);
          for (const one of Object.values(read ?? {})) expect(one.value.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});

it('a device behind no registered gateway stands behind the switch that carries it', () => {
  const { city, identity } = server.modules;
  const camera = city.deviceIds().find((id) => city.record(id)?.class === 'camera')!;
  const gateway = identity.gatewayOf(camera)!;
  expect([city.record(gateway)?.class, identity.gatewayOf(gateway)]).toEqual(['site-switch', null]);
});
