/** Firmware arrives piece by piece, over the console's listener and through the command line's socket, and is never held whole. */
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestServer, type TestServer } from './testing.ts';

const PIECE_BYTES = 1_048_576;
/** More than any JSON command and any buffered request may have. */
const PIECES = 80;
let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
}, 60_000);
afterAll(() => server.stop());

function send(path: string, body: Readable): Promise<{ status: number; answer: Record<string, unknown> }> {
  const socketPath = join(server.config.dataFolder, 'cityward.sock');
  return new Promise((done, fail) => {
    const headers = { 'content-type': 'application/octet-stream' };
    const call = request({ socketPath, method: 'POST', path, headers }, (reply) => {
      let text = '';
      reply.on('data', (chunk: Buffer) => (text += chunk.toString()));
      reply.on('end', () =>
        done({ status: reply.statusCode ?? 0, answer: JSON.parse(text) as Record<string, unknown> }),
      );
    });
    call.on('error', fail);
    body.pipe(call);
  });
}

it('takes 80 MiB through the socket, keeps it by its hash, and lists it', async () => {
  const piece = randomBytes(PIECE_BYTES);
  const digest = createHash('sha256');
  for (let count = 0; count < PIECES; count++) digest.update(piece);
  const body = Readable.from(Array.from({ length: PIECES }, () => piece));
  const { status, answer } = await send('/api/artifacts?name=lamp-firmware&version=2.1.0&classes=lamp', body);
  const sha256 = digest.digest('hex');
  expect([status, answer]).toMatchObject([
    200,
    { sha256, size: PIECES * PIECE_BYTES, classes: ['lamp'], by: 'city-cli' },
  ]);
  expect(server.modules.fleet.artifacts.get(sha256)).toMatchObject({ name: 'lamp-firmware' });
  expect(await server.modules.objects.has(sha256)).toBe(true);
}, 60_000);

it('refuses an address that names what it does not know, and answers as every refusal does', async () => {
  for (const query of ['name=a&version=1&name=b', 'name=a&version=1&run=yes', 'version=1', 'name=../x&version=1'])
    expect(await send(`/api/artifacts?${query}`, Readable.from([Buffer.from('x')]))).toMatchObject({
      status: 422,
      answer: { code: 'ARTIFACT_SHAPE' },
    });
  expect(await send('/api/artifacts?name=empty&version=1', Readable.from([]))).toMatchObject({
    answer: { code: 'ARTIFACT_EMPTY' },
  });
});

it('takes nothing from nobody', async () => {
  const answer = await server.listeners.console.inject({
    method: 'POST',
    url: '/api/artifacts?name=lamp&version=1',
    headers: { 'content-type': 'application/octet-stream', host: `localhost:${server.config.consolePort}` },
    payload: Buffer.from('x'),
  });
  expect(answer.statusCode).toBeGreaterThanOrEqual(401);
  expect(server.modules.fleet.artifacts.list().map(({ name }) => name)).not.toContain('lamp');
});
