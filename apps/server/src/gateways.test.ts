/** Observations through the gateways of a whole server: what is taken, as what it is marked, and what is refused. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeObserved, type Observed } from '@cityward/contracts';
import { openTestServer, type TestServer } from './testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
}, 120_000);
afterAll(() => server.stop());

async function observedSince(position: number): Promise<Observed[]> {
  const found: Observed[] = [];
  for await (const batch of server.modules.stream.read(position + 1))
    for (const one of batch) found.push(decodeObserved(one.position, one.payload));
  return found;
}
async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (let i = 0; i < 200; i++) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not happen in time');
}

/** Over the socket that the command uses. */
const local = (method: string, path: string, body: string): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: join(server.config.dataFolder, 'cityward.sock'),
        method,
        path,
        headers: { 'content-type': 'text/plain' },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      },
    );
    call.on('error', reject);
    call.end(body);
  });

describe('plain syslog', () => {
  it('is taken about a known device, marked unauthenticated, and left out for a stranger', async () => {
    const before = server.modules.stream.last;
    const socket = connect(server.config.syslogPort, '127.0.0.1');
    socket.write('<13>1 2026-11-22T03:00:00Z nobody-here app - - - not ours\n');
    socket.write('not syslog at all\n');
    socket.write('<11>1 2026-11-22T03:00:00Z lamp-0001 ballast - - - lamp failed\n');
    const found = await until(async () => (server.modules.stream.last > before ? observedSince(before) : null));
    socket.destroy();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      reporter: 'plain-syslog',
      authenticated: false,
      gateway: 'syslog',
      body: { kind: 'log', subject: 'lamp-0001', severity: 3, app: 'ballast', message: 'lamp failed' },
    });
  });
});

describe('replay', () => {
  const HEADER =
    '#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\torig_bytes\tresp_bytes\n#types\ttime\taddr\tport\taddr\tport\tenum\tstring\tcount\tcount\n';
  it('is taken line by line, marked as replay for ever, with the bad lines named', async () => {
    const before = server.modules.stream.last;
    const text = `${HEADER}1.5\t192.0.2.7\t4000\t192.0.2.9\t80\ttcp\tSF\t10\t20\nbroken line\n2.5\t192.0.2.7\t4001\t192.0.2.9\t81\ttcp\tREJ\t0\t0\n`;
    const answer = await local('POST', '/api/replays?file=conn.log', text);
    expect(answer).toMatchObject({ status: 200 });
    const played = JSON.parse(answer.body) as { accepted: number; rejected: { line: number; reason: string }[] };
    expect(played.accepted).toBe(2);
    expect(played.rejected).toMatchObject([{ line: 6 }]);
    const found = await observedSince(before);
    expect(found.map((one) => [one.replay, one.gateway, one.body.kind])).toEqual([
      [true, 'zeek', 'flow'],
      [true, 'zeek', 'flow'],
    ]);
  });
  it('refuses a file without any connection', async () => {
    expect(await local('POST', '/api/replays?file=empty.log', 'nothing here\n')).toMatchObject({ status: 400 });
  });
});

describe('listeners with certificates', () => {
  it.each(['mqttPort', 'ingestPort', 'syslogTlsPort'] as const)(
    'close a connection to %s that shows none',
    async (name) => {
      const socket = connectTls({ port: server.config[name], host: '127.0.0.1', rejectUnauthorized: false });
      const ended = await new Promise<string>((resolve) => {
        socket.on('error', () => resolve('refused'));
        socket.on('close', () => resolve('refused'));
        socket.on('data', () => resolve('answered'));
        socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'));
      });
      expect(ended).toBe('refused');
    },
  );
});

describe('the collector of metrics', () => {
  it('reads them with its token, and nobody else does', async () => {
    const { inject } = server.listeners.console;
    const host = `localhost:${server.config.consolePort}`;
    const { readFileSync } = await import('node:fs');
    const token = readFileSync(join(server.config.dataFolder, 'metrics-token'), 'utf8').trim();
    expect((await inject({ method: 'GET', url: '/metrics', headers: { host } })).statusCode).toBe(403);
    expect(
      (await inject({ method: 'GET', url: '/metrics', headers: { host, authorization: 'Bearer wrong' } })).statusCode,
    ).toBe(403);
    const read = await inject({ method: 'GET', url: '/metrics', headers: { host, authorization: `Bearer ${token}` } });
    expect(read.statusCode).toBe(200);
    expect(read.body).toContain('cityward_devices 200');
  });
});
