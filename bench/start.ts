/** `bench start`: from the launcher to a map with every device drawn, first and later, and the peak memory of the process tree. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext } from 'playwright-core';
import type { Report, RunOptions } from './report.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const SAMPLE_MS = 250;
const DRAWN_MAX_MS = 300_000;
/** Long enough for every device to enrol, connect and report. */
const SETTLE_MS: Readonly<Record<number, number>> = { 600: 45_000, 5_000: 180_000 };
const PORT = 18_080;

/** Proportional set size of a process and all below it, in bytes. */
function treePss(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOr(`/proc/${name}/stat`);
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const below = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root) return true;
    return false;
  };
  return [...parents.keys()].filter(below).reduce((sum, pid) => sum + pssOf(pid), 0);
}
const pssOf = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readOr(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1_024;

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended meanwhile
  }
}

interface Started {
  readonly drawnMs: number;
  readonly peakBytes: number;
}

/** One start: spawn, link, first drawn frame, settle, stop. */
async function startOnce(
  context: BrowserContext,
  ask: { data: string; devices: number; first: boolean; settleMs: number },
): Promise<Started> {
  const began = performance.now();
  const ports = [
    '--port',
    PORT,
    '--est-port',
    PORT + 1,
    '--ingest-port',
    PORT + 2,
    '--mqtt-port',
    PORT + 3,
    '--syslog-tls-port',
    PORT + 4,
    '--syslog-port',
    PORT + 5,
    '--portal-port',
    PORT + 6,
    '--services-port',
    PORT + 7,
  ].map(String);
  const city = spawn(
    process.execPath,
    [join(ROOT, 'apps/server/start.mjs'), '--data', ask.data, '--devices', String(ask.devices), '--calm', ...ports],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let peakBytes = 0;
  const sample = setInterval(() => (peakBytes = Math.max(peakBytes, treePss(city.pid!))), SAMPLE_MS);
  try {
    const url = await addressOf(city, ask.first);
    const page = await context.newPage();
    await page.goto(url);
    if (ask.first) await page.getByRole('button', { name: 'Skip for now' }).click({ timeout: DRAWN_MAX_MS });
    await page.locator('[data-ready=true]').waitFor({ timeout: DRAWN_MAX_MS, state: 'attached' });
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const drawnMs = performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, ask.settleMs));
    await page.close();
    return { drawnMs, peakBytes };
  } finally {
    clearInterval(sample);
    const gone = new Promise((resolve) => city.once('exit', resolve));
    city.kill('SIGTERM');
    await gone;
  }
}

function addressOf(city: ChildProcess, first: boolean): Promise<string> {
  const wanted = first ? /http:\/\/localhost:\d+\/#token=\S+/ : /http:\/\/localhost:\d+/;
  let said = '';
  return new Promise((resolve, reject) => {
    city.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [found] = wanted.exec(said) ?? [];
      if (found) resolve(found);
    });
    city.once('exit', () => reject(new Error(`the city ended; it said:\n${said}`)));
  });
}

async function measure(devices: number, settleMs: number): Promise<{ first: Started; later: Started }> {
  const data = mkdtempSync(join(tmpdir(), 'cityward-bench-start-'));
  // The console's build is part of a first start.
  rmSync(join(ROOT, 'apps/console/dist'), { recursive: true, force: true });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM_FLAGS });
  try {
    const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
    const first = await startOnce(context, { data, devices, first: true, settleMs });
    const later = await startOnce(context, { data, devices, first: false, settleMs: Math.min(settleMs, 15_000) });
    return { first, later };
  } finally {
    await browser.close();
    rmSync(data, { recursive: true, force: true });
  }
}

const mb = (bytes: number): number => Math.round(bytes / 1_048_576);

export async function run({ quick }: RunOptions): Promise<Report> {
  const small = await measure(600, quick ? 2_000 : SETTLE_MS[600]!);
  const large = quick ? small : await measure(5_000, SETTLE_MS[5_000]!);
  const peak = ({ first, later }: typeof small): number => mb(Math.max(first.peakBytes, later.peakBytes));
  return {
    name: 'start',
    figures: {
      first_start_ms: Math.round(small.first.drawnMs),
      later_start_ms: Math.round(small.later.drawnMs),
      peak_rss_mb_600_devices: peak(small),
      peak_rss_mb_5000_devices: peak(large),
    },
    workload: {
      memory: 'sum of PSS over the process tree, build included, browser not',
      settle_ms: SETTLE_MS,
      first_start_5000_ms: Math.round(large.first.drawnMs),
      later_start_5000_ms: Math.round(large.later.drawnMs),
    },
  };
}
