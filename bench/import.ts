/** `bench import`: 100,000 CSV rows over 100,000 devices, dry run and commit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCity, type City, type Device } from '@cityward/city';
import { seeded, systemClock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openObjects } from '@cityward/objects';
import { openTestSql } from '@cityward/sql/testing';
import type { Report, RunOptions } from './report.ts';

const ROWS = 100_000;
const QUICK_ROWS = 1_000;
/** Shares of the rows in percent, as figures.json wants them. */
const SHARES = { same: 60, changed: 20, new: 15, conflict: 4, rejected: 1 };
const MEGABYTE = 1_048_576;

const HEADER = 'name,class,serial,mac,ip,model,firmware,street,latitude,longitude';
const quote = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const line = (cells: readonly (string | number | null)[]): string =>
  cells.map((cell) => quote(String(cell ?? ''))).join(',');
const rowOf = (d: Device): string =>
  line([d.name, d.class, d.serial, d.mac, d.ip, d.model, d.firmware, d.street, d.lat, d.lon]);

/** Rows of all five kinds, shuffled; a conflict names the serial of one device and the MAC of another. */
function csvOver(devices: readonly Device[], count: number): string {
  const of = (percent: number): number => Math.round((count * percent) / 100);
  const rows: string[] = [];
  let next = 0;
  const take = (): Device => devices[next++]!;
  for (let i = 0; i < of(SHARES.same); i++) rows.push(rowOf(take()));
  for (let i = 0; i < of(SHARES.changed); i++)
    rows.push(rowOf({ ...take(), firmware: `99.${i % 7}`, street: 'Renamed Street' }));
  for (let i = 0; i < of(SHARES.conflict); i++) rows.push(rowOf({ ...take(), mac: take().mac }));
  for (let i = 0; i < of(SHARES.new); i++)
    rows.push(line([`New ${i}`, 'camera', `BENCH-${i}`, null, null, 'M1', '1.0', 'New Street', -46.2, 175.6]));
  for (let i = 0; i < of(SHARES.rejected); i++)
    rows.push(line([`Bad ${i}`, 'camera', null, 'no-mac', null, null, null, null, null, null]));
  const random = seeded('bench/import');
  for (let i = rows.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  return `${HEADER}\n${rows.join('\n')}\n`;
}

export async function run({ quick }: RunOptions): Promise<Report> {
  const count = quick ? QUICK_ROWS : ROWS;
  const sql = await openTestSql();
  const folder = await mkdtemp(join(tmpdir(), 'cityward-bench-import-'));
  const files = await openObjects({ folder });
  try {
    const city = createCity({ sql, clock: systemClock, log: silentLog, files });
    await city.start();
    await city.found({ seed: 'bench', devices: count });
    const devices = city.deviceIds().map((id) => city.record(id)!);
    const text = csvOver(devices, count);
    const report = await measure(city, text);
    await city.stop();
    return {
      ...report,
      workload: {
        rows: count,
        shares_percent: SHARES,
        file_mb: Math.round(text.length / MEGABYTE),
        engine: sql.engine,
        ...report.workload,
      },
    };
  } finally {
    await sql.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(city: City, text: string): Promise<Report> {
  const begun = performance.now();
  const preview = await city.imports.preview({ file: 'bench.csv', text, by: 'bench' });
  if (!preview.ok) throw new Error(preview.error.message);
  const previewed = performance.now();
  const committed = await city.imports.commit(preview.value.id, 'bench');
  if (!committed.ok) throw new Error(committed.error.message);
  const ended = performance.now();
  return {
    name: 'import',
    figures: {
      rows_100k_ms: Math.round(ended - begun),
      dry_run_ms: Math.round(previewed - begun),
      commit_ms: Math.round(ended - previewed),
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1_024),
    },
    workload: { counts: preview.value.counts },
  };
}
