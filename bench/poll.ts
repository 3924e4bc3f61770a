/** `bench poll`: idle polls of hawkBit clients over mutual TLS, kept connections and resumed ones; look-up, policy and last-seen each time. */
import { createTestAuthority } from '@cityward/mqtt/testing';
import { freePort } from '../apps/server/src/testing-ports.ts';
import { startChild, type Child } from './ingest/plan.ts';
import type { Report, RunOptions } from './report.ts';

const DEVICES = 400;
/** So that each device stays below what one may ask in a second. */
const RESUMING = 32;
const FULL = { warmUpMs: 3_000, measureMs: 15_000, rounds: 3 };
const QUICK = { warmUpMs: 500, measureMs: 1_500, rounds: 1 };

interface Figures {
  readonly polls: number;
  readonly sightings: number;
  readonly devices: number;
  readonly cpuMs: number;
}
interface Polled {
  readonly polls: number;
  readonly resumed: number;
  readonly wrong: number;
}
interface Round {
  readonly perCpuSecond: number;
  readonly polls: number;
  readonly resumedShare: number;
}

interface Bench {
  readonly server: Child;
  readonly client: Child;
  readonly start: {
    readonly port: number;
    readonly ca: string;
    readonly devices: readonly object[];
    readonly resumed: boolean;
  };
}

async function round({ server, client, start }: Bench, warmUpMs: number, measureMs: number): Promise<Round> {
  // Connected, and one ticket each, before anything counts: the handshakes are not the polls.
  await client.ask('open', start);
  await client.ask('run', { ...start, forMs: warmUpMs });
  await server.ask('reset');
  const polled = await client.ask<Polled>('run', { ...start, forMs: measureMs });
  const figures = await server.ask<Figures>('figures');
  await client.ask('close');
  if (polled.wrong > 0 || figures.polls < polled.polls || figures.sightings < polled.polls)
    throw new Error(`poll: ${polled.wrong} of ${polled.polls} answers were wrong, ${figures.sightings} were seen`);
  return {
    perCpuSecond: polled.polls / (figures.cpuMs / 1_000),
    polls: polled.polls,
    resumedShare: polled.resumed / polled.polls,
  };
}

const mean = (rounds: readonly Round[]): number =>
  rounds.reduce((sum, { perCpuSecond }) => sum + perCpuSecond, 0) / rounds.length;

export async function run({ quick }: RunOptions): Promise<Report> {
  const sizes = quick ? QUICK : FULL;
  const authority = createTestAuthority('Benchmark');
  const ids = Array.from({ length: DEVICES }, (_, i) => `cam-${1_000 + i}`);
  const devices = ids.map((id) => ({ id, ...authority.device(id) }));
  const port = await freePort();
  const server = startChild(new URL('./poll/server.ts', import.meta.url).href);
  const client = startChild(new URL('./poll/client.ts', import.meta.url).href);
  const start = { port, ca: authority.ca };
  const [kept, resumed]: [Round[], Round[]] = [[], []];
  try {
    await server.ask('start', { port, devices: ids, tls: { ...authority.server(), ca: authority.ca } });
    for (let i = 0; i < sizes.rounds; i++) {
      const { warmUpMs, measureMs } = sizes;
      kept.push(await round({ server, client, start: { ...start, devices, resumed: false } }, warmUpMs, measureMs));
      const few = devices.slice(0, RESUMING);
      resumed.push(
        await round({ server, client, start: { ...start, devices: few, resumed: true } }, warmUpMs, measureMs),
      );
    }
  } finally {
    await Promise.all([server.kill('SIGTERM'), client.kill('SIGTERM')]);
  }
  return {
    name: 'bench poll',
    figures: {
      idle_polls_per_cpu_s_keepalive: Math.round(mean(kept)),
      idle_polls_per_cpu_s_resumed_mtls: Math.round(mean(resumed)),
    },
    workload: {
      devices_keepalive: DEVICES,
      devices_resumed: RESUMING,
      rounds: `${sizes.rounds} of ${sizes.measureMs / 1_000} s each after ${sizes.warmUpMs / 1_000} s of warm-up, by turns`,
      polls: kept.concat(resumed).reduce((sum, { polls }) => sum + polls, 0),
      resumed_share: Math.round(Math.min(...resumed.map(({ resumedShare }) => resumedShare)) * 1_000) / 1_000,
      each_poll: 'certificate admitted, Cedar policy takeChange, order looked up, last seen written, body made',
      cpu: 'of the server process alone, user and system, TLS included',
      tls: 'TLS 1.3, P-256, own certificate for each device',
    },
  };
}
