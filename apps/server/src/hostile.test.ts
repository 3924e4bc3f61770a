/** What strangers do to a whole server: guess, and flood it with what it must refuse. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActionName, Problem } from '@cityward/contracts';
import { createLog } from '@cityward/log';
import { caller, eventually } from './testing-clients.ts';
import { openTestServer, type TestServer } from './testing.ts';

const lines: string[] = [];
let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({}, { log: createLog({ level: 'info', write: (line) => lines.push(line) }) });
}, 120_000);
afterAll(() => server?.stop());

const GUESSES = 25;
const LINES = 5_000;

describe('somebody who guesses', () => {
  it('must wait, is told for how long, and leaves a fact and a line', async () => {
    const call = caller(server);
    const guess = () => call<Problem>('POST', '/api/session/recovery', { code: 'AAAAA-AAAAA-AAAAA-AAAAA' });
    const statuses: number[] = [];
    for (let i = 0; i < GUESSES; i++) statuses.push((await guess()).status);
    expect(statuses).toEqual([...Array<number>(10).fill(403), ...Array<number>(GUESSES - 10).fill(429)]);
    const { headers, body } = await guess();
    expect(body.code).toBe('TOO_MANY_ATTEMPTS');
    const wait = Number(headers['retry-after']);
    expect(wait).toBeGreaterThan(30);
    expect(wait).toBeLessThanOrEqual(60);
    expect(lines.filter((line) => line.includes('sign-in by recovery-code refused'))).toHaveLength(1);
  });
});

describe('a flood of lines that are refused', () => {
  it('is one line in the log', async () => {
    const { modules, config } = server;
    const { last } = modules.stream;
    const socket = connect(config.syslogPort, '127.0.0.1');
    for (let i = 0; i < LINES; i++) socket.write(`<13>1 2026-11-22T03:00:00Z nobody-${i} app - - - not ours\n`);
    socket.write('<11>1 2026-11-22T03:00:00Z lamp-0001 ballast - - - lamp failed\n');
    await eventually('the good line behind them is taken', () => (modules.stream.last > last ? true : null));
    socket.destroy();
    expect(lines.filter((line) => line.includes('a syslog line was left out'))).toHaveLength(1);
  }, 60_000);
  it('of faults of policy is one line too', () => {
    const somebody = { type: 'Person' as const, id: 'per-1', roles: ['operator'], attributes: {} };
    const lamp = { type: 'Device' as const, id: 'lamp-0001', attributes: {} };
    for (let i = 0; i < 100; i++) server.modules.policy.decide(somebody, 'not-an-action' as ActionName, lamp);
    expect(lines.filter((line) => line.includes('policy could not decide'))).toHaveLength(1);
  });
});
