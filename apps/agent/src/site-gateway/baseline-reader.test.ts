/** How a gateway reads a simulated camera: what is there, what is not, what is broken; and asks that are none. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BASELINE_REPORT_MAX_BYTES,
  type BaselineRead,
  type BaselineReport,
  type SourceReading,
} from '@cityward/contracts';
import { testCamera, type TestCamera } from '../simulated-camera/testing.ts';
import { createBaselineReader, readAsk, readCamera, reportOf } from './baseline-reader.ts';
import { createCameraClient, type CameraAnswer, type CameraClient } from './camera-client.ts';
import { readSource } from './baseline-sources.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
async function open(): Promise<{ one: TestCamera; client: CameraClient }> {
  const one = await testCamera();
  const client = createCameraClient(one.place);
  opened.push({ close: () => client.hangUp() }, one);
  return { one, client };
}
const SOURCES = [
  'accounts',
  'password-policy',
  'ntp',
  'disks',
  'applications',
  'firewall',
  'lldp',
  'snmp',
  'oidc',
  'firmware',
  'network-access',
  'tls',
] as const;
const READS: BaselineRead[] = [
  { source: 'tls', names: [] },
  { source: 'param', names: ['Network.SSH.Enabled', 'No.Such', 'System.AccessLog', 'AudioSource.*'] },
  ...SOURCES.filter((source) => source !== 'tls').map((source) => ({ source, names: [] })),
];
const bySource = (sources: BaselineReport['sources']): Record<string, SourceReading> =>
  Object.fromEntries(sources.map(({ source, reading }) => [source, reading]));

describe('a camera', () => {
  it('is read whole over one connection and one challenge', async () => {
    const { one, client } = await open();
    const read = bySource(await readCamera(client, READS));
    expect(read).toMatchObject({
      param: {
        state: 'read',
        values: { 'Network.SSH.Enabled': 'no', 'System.AccessLog': 'Off', 'AudioSource.A0.AudioEnabled': 'yes' },
      },
      accounts: { values: { accounts: 1, admins: 1, withoutAdmin: 0 } },
      'password-policy': { values: { policy: 'none' } },
      ntp: { values: { enabled: true, servers: [], nts: false } },
      disks: { values: { connected: 1, plain: 1 } },
      applications: { values: { allowUnsigned: true } },
      firewall: { values: { activated: false, defaultPolicy: 'ACCEPT' } },
      snmp: { values: { v1: false, v2: false } },
      firmware: { values: { version: '11.11.65', committed: true } },
      lldp: { values: { activated: true } },
      'network-access': { values: { enabled: false, prepared: false } },
      oidc: { state: 'absent' },
      tls: { values: { reached: true, chained: false } },
    });
    // Nothing that was not asked for, and no names of accounts.
    expect(Object.keys((read['param'] as { values: object }).values)).toHaveLength(3);
    expect(JSON.stringify(read)).not.toContain(one.login.user);
    expect(one.connections()).toBe(1);
    expect(one.camera.log.filter(({ user }) => user === null)).toHaveLength(1);
  });
  it('that does not answer is told as such for every source, after one try', async () => {
    const { one, client } = await open();
    one.camera.faults.isOff = true;
    const sources = await readCamera(client, READS);
    expect(sources).toHaveLength(READS.length);
    for (const { reading } of sources) expect(reading).toMatchObject({ state: 'unreadable' });
  });
  it('with another password is unreadable, never green', async () => {
    const { one, client } = await open();
    client.turnTo({ login: { user: one.login.user, password: 'another' } });
    for (const { source, reading } of await readCamera(client, READS))
      if (source !== 'tls') expect([source, reading.state]).toEqual([source, 'unreadable']);
  });
});

describe('answers that are none', () => {
  const answering = (answer: CameraAnswer): CameraClient =>
    ({ read: () => Promise.resolve({ ok: true, value: answer }), shown: () => null }) as unknown as CameraClient;
  it('make a source unreadable or absent, and never throw', async () => {
    const bodies = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.json({ maxDepth: 4 }),
      fc.json({ maxDepth: 3 }).map((data) => `{"data":${data}}`),
      fc.constantFrom(
        '{"data":{"__proto__":{"activated":true}}}',
        '{"data":{"constructor":1}}',
        '<root><disk status="OK"',
        'admin=',
        '\0',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        bodies,
        fc.constantFrom(...SOURCES),
        fc.constantFrom(200, 404, 500),
        async (body, source, status) => {
          const reading = await readSource(answering({ status, contentType: '', body }), { source, names: [] });
          if (reading.state === 'read') expect(JSON.stringify(reading).length).toBeLessThan(70_000);
          if (status === 404 && source !== 'tls') expect(reading.state).toBe('absent');
        },
      ),
      { numRuns: 10_000 },
    );
  });
  it('are cut with a mark, so that what is missing cannot look good', async () => {
    const body = `root.HTTPS.Ciphers=${'ECDHE-RSA-AES128-GCM-SHA256:'.repeat(100)}RC4\n`;
    const reading = await readSource(answering({ status: 200, contentType: '', body }), {
      source: 'param',
      names: ['HTTPS.Ciphers'],
    });
    const value = (reading as { values: Record<string, string> }).values['HTTPS.Ciphers']!;
    expect([value.length <= 1_000, value.endsWith(' …')]).toEqual([true, true]);
  });
  it('too large for one message are told as unreadable, source by source', () => {
    const values = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`n${at}`, 'x'.repeat(900)]));
    const report = reportOf({
      scan: null,
      subject: 'cam-0001',
      at: 1,
      sources: [
        { source: 'param', reading: { state: 'read', values } },
        { source: 'ntp', reading: { state: 'read', values: { enabled: true } } },
      ],
    });
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(BASELINE_REPORT_MAX_BYTES);
    expect(report.sources.map(({ reading }) => reading.state)).toEqual(['unreadable', 'read']);
  });
});

describe('a reader', () => {
  const ask = (devices: string[], notAfter = 10_000): Buffer =>
    Buffer.from(
      JSON.stringify({
        ask: 'baseline',
        scan: 'scan-0001',
        notAfter,
        reads: [{ source: 'firewall', names: [] }],
        devices,
      }),
    );
  it('reads what it holds, once, tells the city, and is silent about the rest', async () => {
    const { client } = await open();
    const told: BaselineReport[] = [];
    let done = (): void => undefined;
    const read = new Promise<void>((resolve) => (done = resolve));
    const reader = createBaselineReader({
      clientOf: (camera) => (camera === 'cam-0001' ? client : null),
      publish: (report) => {
        told.push(report);
        done();
        return true;
      },
      clock: () => 1_000,
      failed: (_, fault) => {
        throw fault as Error;
      },
    });
    reader.take(ask(['cam-0001', 'cam-0002']));
    reader.take(ask(['cam-0001']));
    await read;
    expect(told).toMatchObject([{ scan: 'scan-0001', subject: 'cam-0001', sources: [{ source: 'firewall' }] }]);
    reader.take(ask(['cam-0001'], 500)); // its time is over
    reader.stop();
    expect(told).toHaveLength(1);
  });
  it('takes nothing else for an ask', () => {
    expect(readAsk(ask(['cam-0001']))).not.toBeNull();
    const good = JSON.parse(ask(['cam-0001']).toString()) as Record<string, unknown>;
    for (const bad of [
      { ...good, extra: 1 },
      { ...good, ask: 'shell' },
      { ...good, devices: [] },
      { ...good, reads: [{ source: 'shell', names: [] }] },
      null,
      7,
    ])
      expect(readAsk(Buffer.from(JSON.stringify(bad)))).toBeNull();
    expect(readAsk(Buffer.alloc(100_000, 32))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(readAsk(bytes)).toBeNull();
      }),
      { numRuns: 10_000 },
    );
  });
});
