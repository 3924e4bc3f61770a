/** What the three detectors find in real Zeek logs, and how often they cry over thirty benign days of Port Merrow. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { benignDay, history, portMerrow } from '@cityward/city/reference';
import type { Finding, Flow, Observed } from '@cityward/contracts';
import { parseZeekLog, zeekFlow, type ZeekRow } from '@cityward/formats/zeek';
import { DAY_MS, HOUR_MS, millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createWatch, type KindOf, type Watch } from '@cityward/watch';
import type { Report, RunOptions } from '../bench/report.ts';

const WARM_UP_DAYS = 14;
const BATCH = 1_000;
const SEED = 'port-merrow';

/** Runs the whole service, findings in SQL and all, on what `feed` gives it; answers the findings. */
interface Trial {
  readonly watch: Watch;
  /** The watch's clock follows what it is given. */
  at: number;
}
async function tryWatch(sql: TestSql, kindOf: KindOf, feed: (trial: Trial) => Promise<void>): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-evaluate-'));
  const trial = { at: 0 } as Trial;
  const watch = createWatch({ sql, folder, clock: () => millis(trial.at), log: silentLog, kindOf });
  await watch.start();
  try {
    await feed(Object.assign(trial, { watch }));
    await watch.save();
    return [...(await watch.listOpen())];
  } finally {
    await watch.stop();
    await sql.reset();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Labelled {
  readonly flow: Flow;
  readonly label: string | null;
}
interface Read {
  readonly flows: Labelled[];
  readonly rows: number;
  readonly rejected: number;
  readonly skipped: number;
}

function readConn(path: string): Read {
  const { rows, rejected } = parseZeekLog(readFileSync(path, 'utf8'));
  const flows: Labelled[] = [];
  let faults = rejected.length;
  let skipped = 0;
  for (const row of rows) {
    const answer = zeekFlow(row);
    if ('flow' in answer) flows.push({ flow: answer.flow, label: labelOf(row) });
    else if ('fault' in answer) faults++;
    else skipped++;
  }
  flows.sort((a, b) => a.flow.at - b.flow.at);
  return { flows, rows: rows.length, rejected: faults, skipped };
}
const labelOf = (row: ZeekRow): string | null => (typeof row.values['label'] === 'string' ? row.values['label'] : null);

const observed = (flow: Flow, position: number): Observed => ({
  reporter: 'zeek',
  gateway: 'zeek',
  received: flow.at,
  authenticated: true,
  replay: false,
  simulated: false,
  position,
  body: flow,
});

/** The flows repeated at the same minute of every hour of the fortnight before the first of `until`. */
function* warmUp(flows: readonly Labelled[], until: number): Generator<Observed> {
  const first = Math.floor(until / HOUR_MS) * HOUR_MS - WARM_UP_DAYS * DAY_MS;
  for (let hour = 0; hour < WARM_UP_DAYS * 24; hour++)
    for (const { flow } of flows) {
      const at = first + hour * HOUR_MS + (flow.at % HOUR_MS);
      yield { ...observed({ ...flow, at }, -1), gateway: 'history' };
    }
}

const nobody: KindOf = () => null;
const idOf = (node: string): string => node.toLowerCase().replace(/[^a-z0-9]+/g, '-');

/** True when a finding speaks of this very flow: its source, and its peer and port. */
function isAlarmed(flow: Flow, findings: readonly Finding[]): boolean {
  return findings.some(
    (finding) =>
      finding.detector !== 'off-band' &&
      finding.device === idOf(flow.src) &&
      flow.at >= finding.at &&
      flow.at <= finding.lastAt &&
      (finding.port === null || finding.port === flow.dst_port) &&
      finding.peers.includes(flow.dst),
  );
}

async function judge(sql: TestSql, judged: readonly Labelled[], warm: readonly Labelled[]): Promise<Finding[]> {
  return tryWatch(sql, nobody, async (trial) => {
    if (warm.length > 0) {
      trial.watch.learn([...warmUp(warm, judged[0]!.flow.at)]);
      await trial.watch.save();
    }
    trial.at = judged.at(-1)!.flow.at;
    await trial.watch.observe(judged.map(({ flow }, at) => observed(flow, at + 1)));
  });
}

/** Malicious flows must be found with either half of the benign ones as warm-up; each benign flow is judged by the other half. */
async function evaluateLabelled(sql: TestSql, file: string) {
  const { flows, rows, skipped, rejected } = readConn(file);
  const malicious = flows.filter(({ label }) => label === 'Malicious');
  const benign = flows.filter(({ label }) => label === 'Benign');
  const found = malicious.map(() => true);
  let alarmed = 0;
  let offBand = 0;
  for (const half of [0, 1]) {
    const warm = benign.filter((_, at) => at % 2 === half);
    const fresh = benign.filter((_, at) => at % 2 !== half);
    const judged = [...malicious, ...fresh].sort((a, b) => a.flow.at - b.flow.at);
    const findings = await judge(sql, judged, warm);
    malicious.forEach(({ flow }, at) => (found[at] &&= isAlarmed(flow, findings)));
    alarmed += fresh.filter(({ flow }) => isAlarmed(flow, findings)).length;
    offBand += findings.filter((finding) => finding.detector === 'off-band').length;
  }
  const cold = await judge(sql, flows, []);
  const count = (of: readonly Labelled[]): number => of.filter(({ flow }) => isAlarmed(flow, cold)).length;
  const benignRows = parseZeekLog(readFileSync(file, 'utf8')).rows.filter((row) => labelOf(row) === 'Benign').length;
  return {
    found: found.filter(Boolean).length,
    alarmed,
    workload: {
      warm_up: `half of the benign flows, each repeated every hour for ${WARM_UP_DAYS} days; the other half is judged; then the halves change places`,
      rows,
      rejected,
      malicious_flows: malicious.length,
      benign_flows: benignRows,
      benign_rows_that_are_no_conversation: benignRows - benign.length,
      not_judged_unlabelled: rows - skipped - malicious.length - benign.length,
      off_band_findings_both_halves: offBand,
      without_warm_up: { malicious_flows_found: count(malicious), benign_flows_alarmed: count(benign) },
    },
  };
}

/** One file, one scan: found when a scan finding names the source that scanned, and the sort of scan it was. */
async function evaluateScan(sql: TestSql, file: string, wanted: { source: string; overPorts: boolean }) {
  const { flows, rejected } = readConn(file);
  const findings = await judge(sql, flows, []);
  const scans = findings.filter((finding) => finding.detector === 'scan');
  const right = scans.find(
    (finding) => finding.device === idOf(wanted.source) && (finding.port === null) === wanted.overPorts,
  );
  return {
    found: right ? 1 : 0,
    workload: { flows: flows.length, rejected, findings: findings.length, said: right?.observed ?? null },
  };
}

async function evaluateMixed(sql: TestSql, folder: string) {
  const { flows, rows, rejected } = readConn(join(folder, 'conn.log'));
  const findings = await judge(sql, flows, []);
  const others: Record<string, { rows: number; rejected: number }> = {};
  for (const name of readdirSync(folder)) {
    if (name === 'conn.log') continue;
    const log = parseZeekLog(readFileSync(join(folder, name), 'utf8'));
    others[name] = { rows: log.rows.length, rejected: log.rejected.length };
  }
  return { rows, rejected, flows: flows.length, findings: byDetector(findings), others_parsed: others };
}

const byDetector = (findings: readonly Finding[]): Record<string, number> => {
  const counts: Record<string, number> = { 'new-peer': 0, 'off-band': 0, scan: 0 };
  for (const finding of findings) counts[finding.detector]!++;
  return counts;
};

/** Every finding is a false alarm: nothing happens in these days but the city's ordinary life. */
async function evaluateBenign(sql: TestSql, size: { devices: number; days: number }) {
  const city = portMerrow({ seed: SEED, devices: size.devices });
  const devices = new Map(city.devices.map((device) => [device.id, device]));
  const kindOf: KindOf = (node) => {
    const device = devices.get(node);
    return device
      ? { kind: `${device.class} ${device.model}`, class: device.class, name: device.name, ward: device.ward }
      : null;
  };
  let observations = 0;
  const findings = await tryWatch(sql, kindOf, async (trial) => {
    trial.watch.learn([...history(city, { days: WARM_UP_DAYS, endAt: city.at })]);
    await trial.watch.save();
    for (let day = 0; day < size.days; day++) {
      let batch: Observed[] = [];
      const flush = async (): Promise<void> => {
        if (batch.length === 0) return;
        trial.at = batch.at(-1)!.received;
        observations += batch.length;
        await trial.watch.observe(batch);
        batch = [];
      };
      for (const one of benignDay(city, { from: city.at, day })) {
        batch.push(one);
        if (batch.length >= BATCH) await flush();
      }
      await flush();
    }
  });
  const workload = {
    seed: SEED,
    ...size,
    history_days: WARM_UP_DAYS,
    observations,
    findings: byDetector(findings),
    titles: findings.map((finding) => `${finding.severity}: ${finding.title}`),
  };
  return { alarms: findings.length, workload };
}

/** @throws when the corpora are absent, saying where they were looked for */
export async function run(options: RunOptions): Promise<Report> {
  const corpora = resolve(process.env['CITYWARD_CORPORA'] ?? join(import.meta.dirname, '../../shared/corpora'));
  const folder = join(corpora, 'zeek');
  if (!existsSync(folder))
    throw new Error(`evaluate zeek: "${folder}" is absent; set CITYWARD_CORPORA to the folder of the corpora`);
  const sql = await openTestSql();
  try {
    const labelled = await evaluateLabelled(sql, join(folder, 'labeled/conn.log.labeled'));
    const scan = (name: string, source: string, overPorts: boolean) =>
      evaluateScan(sql, join(folder, `port-scans/${name}.conn.log`), { source: `ip:${source}`, overPorts });
    const vertical = await scan('vertical', '192.168.1.9', true);
    const horizontal = await scan('horizontal', '10.0.2.112', false);
    const mixed = await evaluateMixed(sql, join(folder, 'mixed'));
    const benign = await evaluateBenign(sql, options.quick ? { devices: 240, days: 2 } : { devices: 600, days: 30 });
    return {
      name: 'zeek',
      figures: {
        scans_found: vertical.found + horizontal.found,
        malicious_flows_found: labelled.found,
        benign_flows_alarmed: labelled.alarmed,
        false_alarms_30_benign_days: benign.alarms,
      },
      workload: {
        parameters: 'modules/watch/src/domain/parameters.ts, the same for all',
        labelled: labelled.workload,
        port_scans: { warm_up: 'none', vertical: vertical.workload, horizontal: horizontal.workload },
        mixed: { warm_up: 'none', ...mixed },
        benign_days: benign.workload,
      },
    };
  } finally {
    await sql.stop();
  }
}
