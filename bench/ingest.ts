/** `bench ingest`: MQTT QoS 1 over mutual TLS to durable and through watch, mosquitto beside it, kills and power cuts under load. */
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestAuthority } from '@cityward/mqtt/testing';
import { compare, storedBetween, tallyFolder } from './ingest/count.ts';
import { cutMany, killMany } from './ingest/crash.ts';
import { MOSQUITTO_PROMISE, mosquittoPath, startMosquitto } from './ingest/mosquitto.ts';
import {
  CLIENTS,
  IN_FLIGHT,
  PAYLOAD_BYTES,
  SLOTS,
  clientIds,
  quantile,
  startChild,
  type Credentials,
  type Drained,
  type Measured,
} from './ingest/plan.ts';
import type { Report, RunOptions } from './report.ts';

interface Sizes {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly kills: number;
  readonly cuts: number;
}
const FULL: Sizes = { rounds: 3, warmUpMs: 3_000, measureMs: 20_000, kills: 100, cuts: 20 };
const QUICK: Sizes = { rounds: 1, warmUpMs: 1_000, measureMs: 3_000, kills: 2, cuts: 1 };
const TMPFS = 0x01021994;

/** `CITYWARD_BENCH_KILLS` changes how many kills, `CITYWARD_BENCH_FOLDER` on which disk. */
function sizesFor({ quick }: RunOptions): Sizes {
  const sizes = quick ? QUICK : FULL;
  const kills = Number(process.env['CITYWARD_BENCH_KILLS'] ?? sizes.kills);
  return { ...sizes, kills };
}

export async function run(options: RunOptions): Promise<Report> {
  const sizes = sizesFor(options);
  const folder = await mkdtemp(join(process.env['CITYWARD_BENCH_FOLDER'] ?? tmpdir(), 'cityward-bench-'));
  try {
    return await measure(folder, sizes);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, sizes: Sizes): Promise<Report> {
  const credentials = makeCredentials();
  const path = mosquittoPath();
  const ours: Round[] = [];
  const theirs: Peer[] = [];
  for (let i = 0; i < sizes.rounds; i++) {
    ours.push(await ourRound(join(folder, `ours-${i}`), credentials, sizes));
    if (path) theirs.push(await mosquittoRound(path, join(folder, `mosquitto-${i}`), { credentials, sizes }));
  }
  const kills = await killMany(join(folder, 'kills'), credentials, sizes.kills);
  const cuts = await cutMany(join(folder, 'cuts'), credentials, sizes.cuts);
  const rate = mean(ours.map((round) => round.durablePerSecond));
  const peerRate = mean(theirs.map((round) => round.perSecond));
  const lost = kills.lost + cuts.lost + sum(ours.map((round) => round.lost));
  return {
    name: 'bench ingest',
    figures: {
      durable_msgs_per_s: Math.round(rate),
      ...(theirs.length > 0 ? { ratio_to_mosquitto: Math.round((rate / peerRate) * 100) / 100 } : {}),
      ack_p50_ms: quantile(merged(ours), 0.5),
      ack_p99_ms: quantile(merged(ours), 0.99),
      watch_lag_p99_ms: Math.max(...ours.map((round) => round.lagP99Ms)),
      watch_lag_max_ms: Math.max(...ours.map((round) => round.lagMaxMs)),
      kills: kills.times,
      power_cuts: cuts.times,
      lost,
      duplicates: kills.duplicates + cuts.duplicates + sum(ours.map((round) => round.duplicates)),
      server_cpu_ratio: ratio(sum(ours.map((round) => round.serverCpuMs)), ours.length * sizes.measureMs),
      generator_cpu_ratio: ratio(sum(ours.map((round) => round.generatorCpuMs)), ours.length * sizes.measureMs),
      server_rss_mb: Math.max(...ours.map((round) => round.rssMb)),
      records_per_sync: Math.round(mean(ours.map((round) => round.recordsPerSync))),
    },
    ...(theirs.length > 0 ? { against: againstOf(theirs, peerRate) } : {}),
    workload: {
      clients: CLIENTS,
      in_flight: IN_FLIGHT,
      payload_bytes: PAYLOAD_BYTES,
      tls: 'TLS 1.3, P-256, own certificate each',
      rounds: `${sizes.rounds} of ${sizes.measureMs / 1_000} s after ${sizes.warmUpMs / 1_000} s of warm-up, interleaved with mosquitto`,
      server_does:
        'identity, Cedar policy on topic and subject, contract check, stream with fdatasync, watch (devices learning)',
      counted: 'by reading the stream back',
      file_system: (await statfs(folder)).type === TMPFS ? 'tmpfs: fdatasync does nothing here' : 'disk',
      kills: `SIGKILL under load, one data folder: ${kills.acknowledged} acknowledged, ${kills.stored} stored, ${kills.lost} lost`,
      power_cuts: `file layer that drops unsynced writes: ${cuts.acknowledged} acknowledged, ${cuts.stored} stored, ${cuts.lost} lost`,
      mosquitto: path ? MOSQUITTO_PROMISE : 'not installed',
    },
  };
}

function makeCredentials(): Credentials {
  const authority = createTestAuthority('Benchmark');
  const identity = (id: string) => ({ id, ...authority.device(id) });
  return {
    ca: authority.ca,
    server: authority.server(),
    clients: clientIds.map(identity),
    subscriber: identity('subscriber'),
  };
}

interface Round {
  readonly durablePerSecond: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly serverCpuMs: number;
  readonly generatorCpuMs: number;
  readonly rssMb: number;
  readonly recordsPerSync: number;
  readonly slots: Uint32Array;
}

interface ServerFigures {
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly syncs: number;
}

async function ourRound(folder: string, credentials: Credentials, sizes: Sizes): Promise<Round> {
  const server = startChild('./server.ts');
  const { ca, clients } = credentials;
  const { port } = await server.ask<{ port: number }>('start', {
    folder,
    tls: { ...credentials.server, ca },
    disk: 'real',
  });
  const generator = startChild('./generator.ts');
  await generator.ask('start', { port, ca, clients, from: 0 });
  await delay(sizes.warmUpMs);
  await server.ask('reset');
  const measured = await generator.ask<Measured>('measure', sizes.measureMs);
  const figures = await server.ask<ServerFigures>('figures');
  const drained = await generator.ask<Drained>('drain');
  await server.ask('stop');
  await Promise.all([server.kill('SIGTERM'), generator.kill('SIGTERM')]);
  const tally = await tallyFolder(join(folder, 'stream'));
  const { lost, duplicates } = compare([drained.acknowledged], tally);
  const stored = storedBetween(tally, measured.from, measured.to);
  return {
    durablePerSecond: stored / ((measured.to - measured.from) / 1_000),
    lost,
    duplicates,
    lagP99Ms: figures.lagP99Ms,
    lagMaxMs: figures.lagMaxMs,
    serverCpuMs: figures.cpuMs,
    generatorCpuMs: measured.cpuMs,
    rssMb: figures.rssMb,
    recordsPerSync: tally.records / figures.syncs,
    slots: measured.slots,
  };
}

interface Peer {
  readonly perSecond: number;
  readonly deliveredPerSecond: number;
  readonly slots: Uint32Array;
}

async function mosquittoRound(
  path: string,
  folder: string,
  { credentials, sizes }: { readonly credentials: Credentials; readonly sizes: Sizes },
): Promise<Peer> {
  const mosquitto = await startMosquitto(path, folder, credentials);
  const generator = startChild('./generator.ts');
  const { ca, clients } = credentials;
  await generator.ask('start', { port: mosquitto.port, ca, clients, from: 0 });
  await delay(sizes.warmUpMs);
  const before = await mosquitto.subscriber.ask<number>('delivered');
  const measured = await generator.ask<Measured>('measure', sizes.measureMs);
  const after = await mosquitto.subscriber.ask<number>('delivered');
  await generator.kill('SIGTERM');
  await mosquitto.stop();
  const seconds = (measured.to - measured.from) / 1_000;
  return {
    perSecond: measured.acknowledged / seconds,
    deliveredPerSecond: (after - before) / seconds,
    slots: measured.slots,
  };
}

function againstOf(rounds: readonly Peer[], perSecond: number): Record<string, number> {
  return {
    mosquitto_msgs_per_s: Math.round(perSecond),
    mosquitto_delivered_per_s: Math.round(mean(rounds.map((round) => round.deliveredPerSecond))),
    mosquitto_ack_p50_ms: quantile(merged(rounds), 0.5),
    mosquitto_ack_p99_ms: quantile(merged(rounds), 0.99),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;
const ratio = (part: number, whole: number): number => Math.round((part / whole) * 100) / 100;

function merged(rounds: readonly { readonly slots: Uint32Array }[]): Uint32Array {
  const slots = new Uint32Array(SLOTS);
  for (const round of rounds) for (let i = 0; i < SLOTS; i++) slots[i]! += round.slots[i]!;
  return slots;
}
