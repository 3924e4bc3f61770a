/** A disk that fills up under a whole server: what is sent is refused clearly, and taken again once there is room. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDisk } from '@cityward/stream/testing';
import { postObservations, startAgent, caller, type RunningAgent } from './testing-clients.ts';
import { openTestServer, type TestServer } from './testing.ts';

const ROOM_BYTES = 1_000_000_000;
const disk = createMemoryDisk({ capacityBytes: ROOM_BYTES });
let server: TestServer;
let agent: RunningAgent;
beforeAll(async () => {
  server = await openTestServer({}, { streamFiles: disk.files });
  agent = await startAgent(server, 'lamp-0001');
}, 120_000);
afterAll(async () => {
  await agent?.stop();
  await server?.stop();
});

describe('observations over HTTPS while the disk is full', () => {
  it('are answered with 503 and why, and are taken once there is room', async () => {
    const { config, modules } = server;
    const target = { port: config.ingestPort, ca: modules.identity.authority.caPem };
    const body = { kind: 'telemetry', at: Date.now(), subject: 'lamp-0001', values: { watts: 3 } };
    const send = () => postObservations(target, agent.credential, [body]);
    expect(await send()).toMatchObject({ status: 200 });
    disk.setCapacity(0);
    const refused = await send();
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'DISK_FULL' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.body).not.toContain(config.dataFolder);
    expect((await caller(server)<{ status: string }>('GET', '/health')).body.status).toBe('degraded');
    disk.setCapacity(ROOM_BYTES);
    expect(await send()).toMatchObject({ status: 200 });
    expect((await caller(server)<{ status: string }>('GET', '/health')).body.status).toBe('ok');
  }, 60_000);
});
