/** What a listener serves beside commands, and what only real sockets show. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveEvent, Principal } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { ANN, build, closeAll, HOST, routes } from './fixture.ts';
import { createLiveHub } from './index.ts';
import type { RawRequest } from './index.ts';

afterEach(closeAll);

describe('other things a listener serves', () => {
  it('lists every route with its action and describes the commands', async () => {
    const metrics = new Registry();
    const listener = build({ metrics, describe: { title: 'Cityward', version: '1' } });
    const names = (await listener.routes()).map(({ name, action }) => `${name}:${action}`);
    expect(names).toEqual(
      expect.arrayContaining(['metrics:readMetrics', 'apiDescription:readApiDescription', 'echo:readCity']),
    );
    const description = (await listener.inject({ url: '/api/openapi.json', headers: HOST })).json() as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    expect(description.openapi).toBe('3.1.0');
    expect(description.paths['/api/echo/{id}']?.['post']?.operationId).toBe('echo');
    expect(Object.keys(description.paths)).toHaveLength(routes.length);
    const text = (await listener.inject({ url: '/metrics', headers: HOST })).body;
    expect(text).toContain('cityward_http_request_seconds_count{route="apiDescription",status="200"} 1');
  });

  it('hands raw routes bytes, headers and the rest of the path', async () => {
    let seen: RawRequest | null = null;
    const { inject } = build({
      rawRoutes: [
        {
          name: 'est',
          method: 'POST',
          path: '/.well-known/est/*',
          action: 'enrol',
          handle: (raw) => {
            seen = raw;
            return { status: 401, headers: { 'www-authenticate': 'Basic realm="est"' }, body: 'no' };
          },
        },
      ],
    });
    const headers = { ...HOST, 'content-type': 'application/pkcs10' };
    const url = '/.well-known/est/simpleenroll?x=1';
    const answer = await inject({ method: 'POST', url, headers, payload: Buffer.from([0, 0xff]) });
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Basic realm="est"']);
    expect(seen!.body).toEqual(Buffer.from([0, 0xff]));
    expect([seen!.params['*'], seen!.query]).toEqual(['simpleenroll', 'x=1']);
  });

  it('keeps connections for as long as it is told, and for less while half of the places are taken', async () => {
    const listener = build({ host: '127.0.0.1', connectionsMax: 4, keepAliveMs: 375_000 });
    await listener.start();
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const kept = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const { port } = new URL(listener.addresses()[0]!);
        request({ agent, host: '127.0.0.1', port, path: '/api/broken', headers: HOST }, (answer) => {
          answer.resume();
          answer.on('end', () => resolve(String(answer.headers['keep-alive'])));
        })
          .on('error', reject)
          .end();
      });
    expect(await kept()).toBe('timeout=375');
    const together = await Promise.all([kept(), kept(), kept(), kept()]);
    expect(together).toContain('timeout=10');
    agent.destroy();
  });

  it('serves files of one folder, the start page for its routes, and nothing beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cityward-http-'));
    writeFileSync(join(folder, '..', 'cityward-beside.txt'), 'beside');
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<p>start</p>');
    writeFileSync(join(folder, 'assets', 'app-1a2b.js'), 'let a');
    const { inject } = build({ statics: { folder, fallback: 'index.html' } });
    const get = async (url: string) => inject({ url, headers: HOST });
    expect((await get('/')).body).toBe('<p>start</p>');
    expect((await get('/devices/lamp-0001')).body).toBe('<p>start</p>');
    expect((await get('/')).headers['cache-control']).toBe('no-cache');
    const script = await get('/assets/app-1a2b.js');
    expect([script.body, script.headers['content-type']]).toEqual(['let a', 'application/javascript; charset=utf-8']);
    expect(script.headers['cache-control']).toContain('immutable');
    expect((await get('/assets/none.js')).statusCode).toBe(404);
    expect((await get('/api/none')).statusCode).toBe(404);
    for (const way of ['/../cityward-beside.txt', '/%2e%2e/cityward-beside.txt', '/..%2fcityward-beside.txt'])
      expect((await get(way)).body).not.toContain('beside"');
    rmSync(folder, { recursive: true });
    rmSync(join(folder, '..', 'cityward-beside.txt'));
  });
});

describe('sockets', () => {
  const HELLO: LiveEvent = { kind: 'hello', at: 1, city: 'Port Merrow' };
  it('listens on both loopback addresses, refuses a second listener, and stops', async () => {
    const listener = build({ port: 21100 });
    await listener.start();
    expect(listener.addresses()).toContain('http://127.0.0.1:21100');
    for (const address of listener.addresses()) expect((await fetch(`${address}/api/broken`)).status).toBe(200);
    await expect(build({ port: 21100 }).start()).rejects.toThrow('listen on "127.0.0.1" port 21100: EADDRINUSE');
    await listener.stop();
    await expect(fetch('http://127.0.0.1:21100/api/broken')).rejects.toThrow();
  });

  it('answers bytes that are not HTTP, and headers beyond the limit, with a problem', async () => {
    const listener = build({ port: 21101 });
    await listener.start();
    const say = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let answer = '';
        const socket = connect(21101, '127.0.0.1', () => socket.write(text));
        socket.on('data', (chunk) => (answer += chunk.toString()));
        socket.on('close', () => resolve(answer));
      });
    expect(await say('HELLO\r\n\r\n')).toContain('REQUEST_NOT_UNDERSTOOD');
    expect(await say(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toContain(
      'HEADERS_TOO_LARGE',
    );
  });

  it('streams events to who may see them until the session ends', async () => {
    let principal: Principal | null = ANN;
    const live = createLiveHub({
      hello: () => HELLO,
      principalNow: () => principal,
      shown: (event) => (event.kind === 'job' ? null : event),
      log: silentLog,
      flushMs: 10,
    });
    const listener = build({ port: 21102, live });
    await listener.start();
    const text = await new Promise<string>((resolve, reject) => {
      let seen = '';
      const headers = { cookie: 'cityward-session=good' };
      const stream = request({ host: '127.0.0.1', port: 21102, path: '/api/live', headers }, (answer) => {
        expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
        expect(answer.headers['x-content-type-options']).toBe('nosniff');
        answer.on('data', (chunk: Buffer) => {
          seen += chunk.toString();
          if (seen.includes('"kind":"evidence"'))
            live.endSession('good', { kind: 'ended', at: 4, why: 'signed-out', access: null });
          else if (live.count() === 1) {
            live.publish({ kind: 'job', at: 2, id: 'job-1', state: 'done' });
            live.publish({ kind: 'evidence', at: 3, size: 4, root: 'r' });
          }
        });
        answer.on('end', () => resolve(seen));
      });
      stream.on('error', reject);
      stream.end();
    });
    principal = null;
    expect(text).toContain('"kind":"hello"');
    expect(text).not.toContain('"kind":"job"');
    expect(live.count()).toBe(0);
  });
});
