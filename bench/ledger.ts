/** `bench ledger`: durable entries per second in process and through the evidence-batch route, and how late checkpoints are. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EVIDENCE_BATCH_MAX, type Principal } from '@cityward/contracts';
import { createHttpListener } from '@cityward/http';
import { ok, systemClock } from '@cityward/kernel';
import { createLedger, GROUP_FACTS_MAX, type Ledger } from '@cityward/ledger';
import { silentLog } from '@cityward/log';
import { openSql, type Sql } from '@cityward/sql';
import { quantile, watchDelays } from './ledger/delays.ts';
import type { Report, RunOptions } from './report.ts';

interface Sizes {
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly rounds: number;
}
const FULL: Sizes = { warmUpMs: 2_000, measureMs: 10_000, rounds: 3 };
const QUICK: Sizes = { warmUpMs: 300, measureMs: 1_000, rounds: 1 };
const BODY_BYTES = 300;
const IN_FLIGHT = 4_000;
const CONNECTIONS = 32;
const TMPFS = 0x01021994;
const CLIENT = fileURLToPath(new URL('./ledger/client.ts', import.meta.url));
const OPERATOR: Principal = { type: 'Person', id: 'per-bench', roles: ['operator'], attributes: {} };

interface Round {
  readonly perSecond: number;
  readonly checkpointP99Ms: number;
}

/** `CITYWARD_BENCH_FOLDER` names the disk, `DATABASE_URL` the storage engine. */
export async function run({ quick }: RunOptions): Promise<Report> {
  const sizes = quick ? QUICK : FULL;
  const folder = await mkdtemp(join(process.env['CITYWARD_BENCH_FOLDER'] ?? tmpdir(), 'cityward-bench-'));
  const sql = await openSql({ folder: join(folder, 'sql'), databaseUrl: process.env['DATABASE_URL'], log: silentLog });
  try {
    const inProcess: Round[] = [];
    const overHttp: Round[] = [];
    for (let i = 0; i < sizes.rounds; i++) {
      inProcess.push(await withLedger(join(folder, `p${i}`), sql, (ledger) => appendRound(ledger, sizes)));
      overHttp.push(await withLedger(join(folder, `h${i}`), sql, (ledger) => httpRound(ledger, sizes)));
    }
    const isMemory = (await statfs(folder)).type === TMPFS;
    return report({ sizes, inProcess, overHttp, engine: sql.engine, isMemory });
  } finally {
    await sql.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function withLedger(folder: string, sql: Sql, work: (ledger: Ledger) => Promise<Round>): Promise<Round> {
  const options = { folder: join(folder, 'ledger'), keyFile: join(folder, 'key.pem'), origin: 'bench.example/ledger' };
  const ledger = createLedger({ ...options, sql, clock: systemClock, log: silentLog });
  await ledger.start();
  try {
    return await work(ledger);
  } finally {
    await ledger.stop();
  }
}

/** A statement whose canonical body has exactly 300 bytes, all different. */
function factOf(serial: number) {
  const id = `evt-${String(serial).padStart(16, '0')}`;
  const shown = { id, module: 'ledger', type: 'evidence.recorded', actor: OPERATOR.id, subject: 'pump-0001' } as const;
  return {
    ...shown,
    at: 1_764_000_000_000 + serial,
    data: { text: String(serial).padStart(TEXT_CHARS, 'statement about a seal ') },
  };
}
/** What is left of 300 bytes beside names, ids and times. */
const TEXT_CHARS = BODY_BYTES - 177;

/** One fact a call, 4,000 calls under way: each is answered when it is durable. */
async function appendRound(ledger: Ledger, sizes: Sizes): Promise<Round> {
  let serial = 0;
  let isRunning = true;
  let answered = 0;
  const delays = watchDelays(ledger);
  const writer = async (): Promise<void> => {
    while (isRunning) {
      const began = performance.now();
      await ledger.append([factOf(serial++)]);
      // Answers come in the order of the entries.
      delays.note(began, answered++);
    }
  };
  const writers = Promise.all(Array.from({ length: IN_FLIGHT }, writer));
  const perSecond = await rateOf(() => answered, sizes);
  isRunning = false;
  await writers;
  if (ledger.status().durable !== answered)
    throw new Error(`count entries: ${ledger.status().durable}, ${answered} answered`);
  return { perSecond, checkpointP99Ms: await lastDelays(ledger, delays) };
}

async function rateOf(count: () => number, { warmUpMs, measureMs }: Sizes): Promise<number> {
  await delay(warmUpMs);
  const [from, began] = [count(), performance.now()];
  await delay(measureMs);
  return ((count() - from) / (performance.now() - began)) * 1_000;
}

/** Waits until everything is under a checkpoint, so that the latest are not left out. */
async function lastDelays(ledger: Ledger, delays: ReturnType<typeof watchDelays>): Promise<number> {
  while (ledger.status().size < ledger.status().durable) await delay(10);
  return quantile(delays.stop(), 0.99);
}

async function httpRound(ledger: Ledger, sizes: Sizes): Promise<Round> {
  const delays = watchDelays(ledger);
  // The handler is timed where it stands; the rest of the route is the listener's own.
  const routes = ledger.routes.map((route) =>
    route.endpoint.name === 'recordEvidence' ? { ...route, handle: timed(route.handle, delays) } : route,
  );
  const listener = createHttpListener({
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['127.0.0.1'],
    allowedOrigins: [],
    routes,
    authenticate: () => OPERATOR,
    authorise: () => Promise.resolve(ok(undefined)),
    statusOf: (kind) => (kind === 'unavailable' ? 503 : 400),
    log: silentLog,
  });
  await listener.start();
  const url = `${listener.addresses()[0]}/api/evidence/batch`;
  const client = fork(CLIENT, [url, String(CONNECTIONS), String(EVIDENCE_BATCH_MAX), String(TEXT_CHARS)]);
  const perSecond = await rateOf(() => ledger.status().durable, sizes);
  const told = await endOf(client);
  if (told.refused > 0 || told.accepted !== ledger.status().durable)
    throw new Error(
      `count statements: ${ledger.status().durable} entries, ${told.accepted} acknowledged, ${told.refused} refused`,
    );
  await listener.stop();
  return { perSecond, checkpointP99Ms: await lastDelays(ledger, delays) };
}

type Handle = Ledger['routes'][number]['handle'];
const timed =
  (handle: Handle, delays: ReturnType<typeof watchDelays>): Handle =>
  async (input, caller) => {
    const began = performance.now();
    const answer = await handle(input, caller);
    const { first, count } = answer.ok ? (answer.value as { first: number; count: number }) : { first: 0, count: 0 };
    if (count > 0) delays.note(began, first + count - 1);
    return answer;
  };

function endOf(client: ChildProcess): Promise<{ accepted: number; refused: number }> {
  return new Promise((resolve, reject) => {
    client.once('message', (told) => resolve(told as { accepted: number; refused: number }));
    client.once('exit', (code) => reject(new Error(`the HTTP client ended with ${code}`)));
    client.send('end');
  });
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

interface Measured {
  readonly sizes: Sizes;
  readonly inProcess: readonly Round[];
  readonly overHttp: readonly Round[];
  readonly engine: string;
  readonly isMemory: boolean;
}

function report({ sizes, inProcess, overHttp, engine, isMemory }: Measured): Report {
  return {
    name: 'ledger',
    figures: {
      appends_per_s: Math.round(median(inProcess.map((round) => round.perSecond))),
      appends_per_s_http: Math.round(median(overHttp.map((round) => round.perSecond))),
      checkpoint_p99_ms: Math.round(Math.max(...[...inProcess, ...overHttp].map((round) => round.checkpointP99Ms))),
    },
    workload: {
      body_bytes: BODY_BYTES,
      entries:
        'distinct facts of 300 bytes as canonical JSON; each is committed to with HMAC-SHA-256, logged, hashed into the tree and signed for',
      facts_per_append: 1,
      appends_in_flight: IN_FLIGHT,
      facts_per_fdatasync_max: GROUP_FACTS_MAX,
      http: `POST /api/evidence/batch through the real listener and route, ${EVIDENCE_BATCH_MAX} statements a request, ${CONNECTIONS} connections, client in its own process; without policy`,
      checkpoint:
        'from the call until a signed checkpoint that covers it is published; worst p99 of all rounds, in process and over HTTP',
      rounds: sizes.rounds,
      seconds: sizes.measureMs / 1_000,
      storage_engine: engine,
      disk: isMemory ? 'tmpfs: NOT A DISK, set CITYWARD_BENCH_FOLDER' : 'disk',
    },
  };
}
