/** mosquitto_pub and mosquitto_sub with certificates of the city: themselves, nobody else, and gone once revoked. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTopic } from '@cityward/contracts';
import { ok, refuse } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createMqttListener, type MqttListener } from '@cityward/mqtt';
import { enrolWithCurl, has, run, startEstCity, type EstCity, type Ran } from './est-kit.ts';

const able =
  ['mosquitto_pub', 'mosquitto_sub'].every((program) => has(program, 'mosquitto-clients')) && has('curl', 'curl');
/** From the answer to a revocation to the end of a session that is open. */
const CUT_MAX_MS = 1_000;

let city: EstCity;
let listener: MqttListener;
let port: number;
const received: string[] = [];

beforeAll(async () => {
  city = await startEstCity();
  const { keyPem, certPem } = await city.identity.authority.serverCertificate();
  const own = (device: string, topic: string) =>
    parseTopic(topic)?.device === device ? ok(undefined) : refuse('forbidden', 'NOT_OWN_TOPIC', `use topic "${topic}"`);
  listener = createMqttListener({
    tls: { key: keyPem, cert: certPem, ca: city.identity.authority.caPem },
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    prefixOf: (device) => `cw/v1/${device}/`,
    hooks: {
      identify: (peer) => {
        const admitted = city.identity.admit(peer);
        return admitted.ok ? ok(undefined) : admitted;
      },
      publish: ({ clientId, topic, payload }, acknowledge) => {
        if (!own(clientId, topic).ok) return acknowledge(new Error('not its own topic'));
        received.push(`${clientId} ${topic} ${Buffer.from(payload).toString()}`);
        acknowledge(null);
      },
      subscribe: own,
      connected: () => undefined,
      disconnected: () => undefined,
    },
  });
  ({ port } = await listener.start());
  city.identity.onStanding((device, standing) => void (standing === 'revoked' && listener.disconnect(device)));
  if (able) for (const device of ['cam-0001', 'cam-0002', 'cam-0003', 'cam-0004']) await enrolWithCurl(city, device);
});
afterAll(async () => {
  await listener.stop();
  await city.stop();
});

/** `as`: whose key and certificate; `id`: the client id it claims. */
const credentials = (as: string, id: string): string[] =>
  ['-h', '127.0.0.1', '-p', String(port), '--cafile', 'ca.pem', '-i', id, '-V', 'mqttv311'].concat(
    as === '' ? [] : ['--cert', `${as}.cert.pem`, '--key', `${as}.key.pem`],
  );
const publish = (as: string, id: string, topic: string): Promise<Ran> =>
  run('mosquitto_pub', [...credentials(as, id), '-t', topic, '-m', `from ${id}`, '-q', '1'], city.folder);

describe.skipIf(!able)('mosquitto', () => {
  it('publishes as itself', async () => {
    const ran = await publish('cam-0001', 'cam-0001', 'cw/v1/cam-0001/obs');
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(received).toContain('cam-0001 cw/v1/cam-0001/obs from cam-0001');
  });
  it.each([
    ['under the id of another', 'cam-0001', 'cam-0002', 'cw/v1/cam-0002/obs'],
    ['to the topic of another', 'cam-0001', 'cam-0001', 'cw/v1/cam-0002/obs'],
    ['without a certificate', '', 'cam-0001', 'cw/v1/cam-0001/obs'],
  ])('is refused %s', async (...[, as, id, topic]) => {
    const before = received.length;
    expect((await publish(as, id, topic)).code).not.toBe(0);
    expect(received).toHaveLength(before);
  });
  it('is refused with the certificate of a listener, and with one that it made itself', async () => {
    const server = await city.identity.authority.serverCertificate(['cam-0001']);
    writeFileSync(city.file('listener.key.pem'), server.keyPem);
    writeFileSync(city.file('listener.cert.pem'), server.certPem);
    expect((await publish('listener', 'cam-0001', 'cw/v1/cam-0001/obs')).code).not.toBe(0);
    await run(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        '/CN=cam-0001',
      ].concat(['-keyout', 'own.key.pem', '-out', 'own.cert.pem']),
      city.folder,
    );
    expect((await publish('own', 'cam-0001', 'cw/v1/cam-0001/obs')).code).not.toBe(0);
  });
  it('is refused after revocation', async () => {
    expect((await publish('cam-0003', 'cam-0003', 'cw/v1/cam-0003/obs')).code).toBe(0);
    await city.identity.revoke('cam-0003', { reason: 'foreign test', by: 'per-foreign' });
    expect((await publish('cam-0003', 'cam-0003', 'cw/v1/cam-0003/obs')).code).not.toBe(0);
  });
  it('loses the session that it has within a second of the revocation, and does not come back', async () => {
    const args = [...credentials('cam-0004', 'cam-0004'), '-t', 'cw/v1/cam-0004/orders', '-q', '1'];
    const subscriber = spawn('mosquitto_sub', args, { cwd: city.folder, stdio: 'ignore' });
    const exited = once(subscriber, 'exit') as Promise<[number | null]>;
    try {
      await expect.poll(() => listener.connected(), { timeout: 10_000 }).toContain('cam-0004');
      const began = performance.now();
      await city.identity.revoke('cam-0004', { reason: 'foreign test', by: 'per-foreign' });
      expect(listener.connected()).not.toContain('cam-0004');
      const [code] = await exited;
      expect(performance.now() - began).toBeLessThan(CUT_MAX_MS);
      expect(code).toBeGreaterThan(0);
      expect((await publish('cam-0004', 'cam-0004', 'cw/v1/cam-0004/obs')).code).not.toBe(0);
    } finally {
      subscriber.kill('SIGKILL');
    }
  });
});
