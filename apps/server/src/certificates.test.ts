/** Renewal of the listeners' certificate while they run: the next connection sees the new one, those under way live on. */
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, millis } from '@cityward/kernel';
import { createLog, silentLog } from '@cityward/log';
import { openListenerCertificate, RENEWAL_CHECK_MS } from './listener-certificate.ts';
import { INGEST_PATH } from './gateway-http.ts';
import { eventually, startAgent, type DeviceCredential, type RunningAgent } from './testing-clients.ts';
import { openTestServer, type TestServer } from './testing.ts';

const LIFE_MS = 100 * DAY_MS;

/** A clock that stands, and a timer that strikes when told. */
function hands() {
  let now = Date.now();
  let act = (): void => undefined;
  let every = 0;
  return {
    clock: () => millis(now),
    every: (ms: number, strike: () => void) => {
      [every, act] = [ms, strike];
      return () => void (act = () => undefined);
    },
    pass: (ms: number) => {
      now += ms;
      act();
    },
    period: () => every,
  };
}

describe('the certificate of the listeners', () => {
  const open = async (fault?: () => boolean) => {
    const time = hands();
    const lines: string[] = [];
    let issued = 0;
    const issue = () => {
      if (fault?.()) return Promise.reject(new Error('the disk is full'));
      issued++;
      return Promise.resolve({ keyPem: `key ${issued}`, certPem: `cert ${issued}`, notAfter: time.clock() + LIFE_MS });
    };
    const log = createLog({ level: 'info', write: (line) => lines.push(line) });
    const certificate = await openListenerCertificate({ ...time, issue, ca: () => 'ca', log });
    const given: string[] = [];
    certificate.start([(tls) => given.push(tls.cert)]);
    return { time, certificate, given, lines };
  };
  it('is renewed at half of its life, and again at half of the next', async () => {
    const { time, given, certificate } = await open();
    expect(time.period()).toBe(RENEWAL_CHECK_MS);
    time.pass(LIFE_MS / 2 - 1);
    await Promise.resolve();
    expect(given).toEqual([]);
    time.pass(1);
    await eventually('it is renewed', () => (given.length === 1 ? true : null));
    expect(certificate.tls.cert).toBe('cert 2');
    time.pass(LIFE_MS / 2);
    await eventually('it is renewed again', () => (given.length === 2 ? true : null));
    certificate.stop();
    time.pass(LIFE_MS);
    expect(given).toEqual(['cert 2', 'cert 3']);
  });
  it('stays when renewing fails, says so, and is tried again', async () => {
    let broken = false;
    const { time, given, lines } = await open(() => broken);
    broken = true;
    time.pass(LIFE_MS / 2);
    await eventually('the failure is said', () => (lines.join('').includes('the disk is full') ? true : null));
    expect(given).toEqual([]);
    broken = false;
    time.pass(RENEWAL_CHECK_MS);
    await eventually('it is renewed', () => (given.length === 1 ? true : null));
  });
});

describe('listeners that run', () => {
  const time = hands();
  let server: TestServer;
  let agent: RunningAgent;
  beforeAll(async () => {
    server = await openTestServer({}, { log: silentLog, renewal: time });
    agent = await startAgent(server, 'lamp-0001');
  }, 120_000);
  afterAll(async () => {
    await agent?.stop();
    await server?.stop();
  });

  const PORTS = ['mqttPort', 'ingestPort', 'syslogTlsPort'] as const;
  const dial = async (name: (typeof PORTS)[number], { key, certificate }: DeviceCredential): Promise<TLSSocket> => {
    const ca = server.modules.identity.authority.caPem;
    const to = { host: '127.0.0.1', servername: 'localhost', port: server.config[name] };
    const socket = connect({ ...to, ca, key, cert: certificate });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };
  const serials = (): Promise<string[]> =>
    Promise.all(
      PORTS.map(async (name) => {
        const socket = await dial(name, agent.credential);
        const { serialNumber } = socket.getPeerCertificate();
        socket.destroy();
        return serialNumber;
      }),
    );
  const post = (through: Agent): Promise<{ status: number; reused: boolean }> =>
    new Promise((resolve, reject) => {
      const { ingestPort } = server.config;
      const { key, certificate: cert } = agent.credential;
      const to = { host: '127.0.0.1', servername: 'localhost', port: ingestPort, path: INGEST_PATH, method: 'POST' };
      const headers = { host: `localhost:${ingestPort}`, 'content-type': 'application/x-ndjson' };
      const ca = server.modules.identity.authority.caPem;
      const sent = request({ ...to, agent: through, headers, key, cert, ca }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, reused: sent.reusedSocket }));
      });
      sent.on('error', reject);
      const body = { kind: 'telemetry', at: Date.now(), subject: 'lamp-0001', values: { watts: 3 } };
      sent.end(JSON.stringify(body));
    });

  it('show the new certificate to the next connection, and keep those under way', async () => {
    const { modules } = server;
    const before = await serials();
    expect(new Set(before).size).toBe(1);
    const keeping = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await post(keeping)).toEqual({ status: 200, reused: false });
    const syslog = await dial('syslogTlsPort', agent.credential);

    time.pass(200 * DAY_MS);
    const after = await eventually('every listener shows a new certificate', async () => {
      const seen = await serials();
      return seen.some((serial) => before.includes(serial)) ? null : seen;
    });
    expect(new Set(after).size).toBe(1);

    expect(await post(keeping)).toEqual({ status: 200, reused: true });
    keeping.destroy();
    const taken = async (step: () => Promise<void> | void, what: string): Promise<void> => {
      const { last } = modules.stream;
      await step();
      await eventually(what, () => (modules.stream.last > last ? true : null));
    };
    const line = '<11>1 2026-11-22T03:00:00Z lamp-0001 ballast - - - lamp failed';
    await taken(() => void syslog.write(`${line.length} ${line}`), 'the line over the old connection is in the stream');
    syslog.destroy();
    const order = { order: 'quarantine' as const, version: 1, devices: ['lamp-0001'], until: null };
    await taken(() => modules.mqtt!.order('lamp-0001', order), 'the agent answers over the old connection');
  }, 60_000);
});
