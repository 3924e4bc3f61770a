/** `bench baseline`: thousands of cameras over TLS and digest, every control read by the gateway's reader, judged and saved by the service. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCameraClient, readCamera, reportOf, type CameraPlace } from '@cityward/agent/camera-client';
import { ok, systemClock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openSql } from '@cityward/sql';
import { freePort } from '../apps/server/src/testing-ports.ts';
import { shippedCatalogue } from '../modules/fleet/src/baseline-catalogue.ts';
import { NO_WORLD } from '../modules/fleet/src/baseline-needs.ts';
import { createBaseline, type Baseline } from '../modules/fleet/src/baseline.ts';
import { columnsBuilder } from '../modules/fleet/src/domain/rollout/columns.ts';
import { startChild } from './ingest/plan.ts';
import type { Report, RunOptions } from './report.ts';

const FULL = 5_000;
const QUICK = 100;
const ROUNDS = 3;
/** As many as one gateway has on their way at a time. */
const AT_ONCE = 24;
const GATEWAY = 'switch-0001';
const idOf = (camera: number): string => `cam-${String(camera).padStart(5, '0')}`;

function columnsOf(cameras: number) {
  const builder = columnsBuilder(cameras);
  for (let at = 0; at < cameras; at++)
    builder.add({
      id: idOf(at),
      class: 'camera',
      model: 'P3265-V',
      hardware: null,
      site: 'site-0001',
      ward: null,
      service: null,
      running: '11.11.65',
      flags: 0,
    });
  return builder.done();
}

async function openBaseline(
  folder: string,
  cameras: number,
): Promise<{ baseline: Baseline; engine: string; stop(): Promise<void> }> {
  const sql = await openSql({
    folder: join(folder, 'sql'),
    cache: join(folder, 'cache'),
    log: silentLog,
  });
  await sql.migrate({ module: 'fleet', folder: new URL('../modules/fleet/migrations/', import.meta.url) });
  const columns = columnsOf(cameras);
  const firmware = { kind: 'firmware', version: '12.11.77', classes: ['camera'], models: [] } as const;
  const baseline = createBaseline(
    {
      sql,
      clock: systemClock,
      log: silentLog,
      catalogue: shippedCatalogue(),
      columns: () => columns,
      artifacts: () => [firmware],
      world: { ...NO_WORLD, mayReport: () => ok(undefined) },
      runningDocument: () => null,
      document: () => Promise.resolve(null),
      keepDocument: () => Promise.resolve(),
      add: () => Promise.resolve(ok([])),
      changes: () => Promise.resolve([]),
      actionOf: () => null,
    },
    { ticking: false },
  );
  await baseline.start();
  const stop = async (): Promise<void> => {
    await baseline.stop();
    await sql.stop();
  };
  return { baseline, engine: sql.engine, stop };
}

/** One scan of all: new connections, new challenges, until the last score is saved. */
async function scan(places: readonly CameraPlace[], baseline: Baseline): Promise<number> {
  const { reads } = shippedCatalogue().setOf('camera')!;
  const began = performance.now();
  let next = 0;
  const saved: Promise<unknown>[] = [];
  const worker = async (): Promise<void> => {
    for (let at = next++; at < places.length; at = next++) {
      const client = createCameraClient(places[at]!);
      const sources = await readCamera(client, reads);
      client.hangUp();
      const report = reportOf({ scan: null, subject: idOf(at), at: Date.now(), sources });
      saved.push(baseline.take(GATEWAY, Buffer.from(JSON.stringify(report))));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await Promise.all(saved);
  return performance.now() - began;
}

/** Every camera read, nothing of the two lower tiers in doubt: a fast scan that read nothing would be no scan. */
function check(baseline: Baseline, cameras: number): { rated: number; score: number } {
  const { set, controls } = { set: baseline.summary().sets.find(({ id }) => id === 'axis-camera')!, controls: 0 };
  const asked = set.controls.filter(({ tier, rated }) => rated && tier !== 'extended');
  const doubtful = asked.filter(({ unknown }) => unknown > 0).map(({ id }) => id);
  if (set.unread > 0 || set.devices !== cameras || doubtful.length > 0)
    throw new Error(
      `baseline: ${set.unread} of ${set.devices} were not read; in doubt: ${doubtful.join(', ') || controls}`,
    );
  return { rated: asked.length, score: baseline.standing(idOf(0))?.score ?? 0 };
}

export async function run({ quick }: RunOptions): Promise<Report> {
  const cameras = quick ? QUICK : FULL;
  const folder = mkdtempSync(join(tmpdir(), 'cityward-bench-baseline-'));
  const generator = startChild(new URL('./baseline/cameras.ts', import.meta.url).href);
  const { baseline, engine, stop } = await openBaseline(folder, cameras);
  const rounds: number[] = [];
  try {
    const places = await generator.ask<CameraPlace[]>('start', { cameras, port: await freePort() });
    const cpu = process.cpuUsage();
    for (let round = 0; round < (quick ? 1 : ROUNDS); round++) rounds.push(await scan(places, baseline));
    const used = process.cpuUsage(cpu);
    const { rated, score } = check(baseline, cameras);
    const { connections } = await generator.ask<{ connections: number }>('figures');
    const sorted = rounds.toSorted((a, b) => a - b);
    return {
      name: 'bench baseline',
      figures: { [`cameras_${FULL}_ms`]: Math.round((sorted[Math.floor(sorted.length / 2)]! * FULL) / cameras) },
      workload: {
        cameras,
        rounds_ms: rounds.map(Math.round),
        tls: 'each its own 127.x.y.z address, key and pinned certificate (P-256), TLS 1.3, no session kept between scans',
        sign_in: 'digest (SHA-256), one challenge for each camera',
        connections_each: Math.round((connections / cameras / rounds.length) * 100) / 100,
        controls: `${rated} rated ones of default and basic, none in doubt; the extended tier is read with them`,
        score,
        until: `the last score is saved (${engine})`,
        at_once: AT_ONCE,
        reader_cpu_ms_per_camera: Math.round((used.user + used.system) / 10 / cameras / rounds.length) / 100,
        generator: 'in a process of its own, on the same machine',
      },
    };
  } finally {
    await generator.kill('SIGTERM');
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
