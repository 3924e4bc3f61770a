/** Nothing leaves the machine: every process of a whole server with simulated devices is watched for what it opens. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServerChild } from './testing-child.ts';
import { eventually } from './testing-clients.ts';
import { isLoopback, type Attempt } from './testing-guard.ts';

const GUARD = fileURLToPath(new URL('./testing-guard.ts', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-outbound-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An empty file, and the environment that makes every Node process write into it. */
function watched(name: string) {
  const file = join(folder, name);
  writeFileSync(file, '');
  // Required, not imported: a worker's first line may run before what is imported.
  const options = `--disable-warning=ExperimentalWarning --require=${GUARD}`;
  const attempts = (): Attempt[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Attempt);
  return { env: { CITYWARD_TEST_CONNECTIONS: file, NODE_OPTIONS: options }, attempts };
}
const leaving = (attempts: readonly Attempt[]): Attempt[] => attempts.filter(({ to }) => !isLoopback(to));

describe('the watch over connections', () => {
  it.each([
    ['a connection', `require('net').connect(9, '192.0.2.1')`, 'connect', '192.0.2.1'],
    ['a TLS connection', `require('tls').connect({ host: '2001:db8::1', port: 9 })`, 'connect', '2001:db8::1'],
    ['a fetch', `fetch('http://192.0.2.2/')`, 'connect', '192.0.2.2'],
    ['an HTTPS request', `require('https').get('https://example.invalid/')`, 'connect', 'example.invalid'],
    ['a look-up', `require('dns').promises.resolve4('example.invalid')`, 'look up', 'example.invalid'],
    ['a datagram', `require('dgram').createSocket('udp4').send('x', 9, '192.0.2.3')`, 'send', '192.0.2.3'],
    [
      'a connection of a worker',
      `new (require('worker_threads').Worker)("require('net').connect(9, '192.0.2.4')", { eval: true })`,
      'connect',
      '192.0.2.4',
    ],
    [
      'a connection of a child',
      `require('child_process').spawnSync(process.execPath, ['-e', "require('net').connect(9, '192.0.2.5')"])`,
      'connect',
      '192.0.2.5',
    ],
  ])('notices and stops %s that leaves', (...[, script, what, to]) => {
    const { env, attempts } = watched('leaving');
    spawnSync(process.execPath, ['-e', script], { env: { ...process.env, ...env } });
    expect(leaving(attempts())).toMatchObject([{ what, to }]);
  });
});

describe('a whole server', () => {
  it('with simulated devices opens connections to this machine only', async () => {
    const { env, attempts } = watched('server');
    const server = await startServerChild({ dataFolder: mkdtempSync(join(folder, 'data-')) }, { env });
    try {
      await eventually('devices are connected', async () =>
        (await server.ask<number>({ ask: 'simulated' })) >= 150 ? true : null,
      );
      expect(await server.ask<number>({ ask: 'read-everything' })).toBeGreaterThan(20);
    } finally {
      await server.end();
    }
    const seen = attempts();
    expect(leaving(seen)).toEqual([]);
    // The simulator at least: what was seen is not nothing.
    expect(seen.filter(({ what }) => what === 'connect').length).toBeGreaterThan(150);
  }, 120_000);
});
