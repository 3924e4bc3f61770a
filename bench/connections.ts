/** `bench connections`: thousands of MQTT sessions over mutual TLS in one process, what each costs, and all of them back after a kill. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthority } from '@cityward/mqtt/testing';
import { freePort } from '../apps/server/src/testing-ports.ts';
import { startChild, type Child } from './ingest/plan.ts';
import type { Report, RunOptions } from './report.ts';

const FULL = { sessions: 15_000, speakMs: 60_000, jitterMs: 60_000 };
const QUICK = { sessions: 300, speakMs: 2_000, jitterMs: 1_000 };
const AT_ONCE = 64;
const EVERY_MS = 60_000;
/** As apps/server/start.mjs starts the city: what a session costs is measured in the process that a city runs. */
const SERVER_FLAGS = ['--max-semi-space-size=4'];

interface Figures {
  readonly clients: number;
  readonly taken: number;
  readonly cpuMs: number;
  readonly rssKb: number;
}
interface Storm {
  readonly ms: number;
  readonly resumedShare: number;
  readonly attempts: number;
}

const startServer = async (start: object): Promise<Child> => {
  const server = startChild(new URL('./connections/server.ts', import.meta.url).href, SERVER_FLAGS);
  await server.ask('start', start);
  return server;
};

export async function run({ quick }: RunOptions): Promise<Report> {
  const { sessions, speakMs, jitterMs } = quick ? QUICK : FULL;
  const folder = await mkdtemp(join(tmpdir(), 'cityward-bench-connections-'));
  const authority = createTestAuthority('Benchmark');
  const devices = Array.from({ length: sessions }, (_, i) => ({ id: `air-${10_000 + i}` })).map(({ id }) => ({
    id,
    ...authority.device(id),
  }));
  const port = await freePort();
  const tls = { ...authority.server(), ca: authority.ca };
  const start = { folder, port, devices: devices.map(({ id }) => id), tls };
  const client = startChild(new URL('./connections/client.ts', import.meta.url).href);
  let server = await startServer(start);
  try {
    const before = await server.ask<Figures>('figures');
    await client.ask('connectAll', {
      port,
      ca: authority.ca,
      devices,
      atOnce: AT_ONCE,
      everyMs: quick ? 1_000 : EVERY_MS,
    });
    const connected = await server.ask<Figures>('figures');
    await server.ask('reset');
    const spoken = await client.ask<{ sent: number; acknowledged: number }>('speak', speakMs);
    const after = await server.ask<Figures>('figures');
    if (after.clients !== sessions || spoken.acknowledged !== spoken.sent || after.taken < spoken.sent)
      throw new Error(
        `connections: ${after.clients} of ${sessions} are there, ${spoken.acknowledged} of ${spoken.sent} heard`,
      );
    await server.kill('SIGKILL');
    server = await startServer(start);
    await server.ask('reset');
    const storm = await client.ask<Storm>('storm', jitterMs);
    const back = await server.ask<Figures>('figures');
    if (back.clients !== sessions) throw new Error(`connections: ${back.clients} of ${sessions} came back`);
    return reportOf({ sessions, before, connected, after, spoken, storm, back, jitterMs, speakMs });
  } finally {
    await Promise.all([server.kill('SIGTERM'), client.kill('SIGTERM')]);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Ran {
  readonly sessions: number;
  readonly before: Figures;
  readonly connected: Figures;
  readonly after: Figures;
  readonly spoken: { readonly sent: number };
  readonly storm: Storm;
  readonly back: Figures;
  readonly jitterMs: number;
  readonly speakMs: number;
}

function reportOf(ran: Ran): Report {
  const { sessions, before, connected, after, spoken, storm, back } = ran;
  const perCpuSecond = (many: number, cpuMs: number): number => Math.round(many / (cpuMs / 1_000));
  return {
    name: 'bench connections',
    figures: {
      sessions,
      kb_per_session: Math.round(((after.rssKb - before.rssKb) / sessions) * 10) / 10,
      storm_ms: Math.round(storm.ms),
      storm_resumed_share: Math.round(storm.resumedShare * 1_000) / 1_000,
      storm_attempts: storm.attempts,
      connects_per_cpu_s: perCpuSecond(sessions, connected.cpuMs - before.cpuMs),
      reconnects_per_cpu_s: perCpuSecond(sessions, back.cpuMs),
      rss_mb: Math.round(after.rssKb / 1_024),
    },
    workload: {
      sessions: `${sessions} MQTT sessions over TLS 1.3 in one process, own P-256 certificate and subscription each`,
      messages: `one a minute each, QoS 1, ${spoken.sent} in ${ran.speakMs / 1_000} s, all acknowledged when durable`,
      memory: 'resident memory of the server after those messages, less that before the first session',
      restart: `SIGKILL and a new process; each device comes back within ${ran.jitterMs / 1_000} s of jitter, with its session ticket`,
      cpu: 'of the server process alone, user and system',
    },
  };
}
