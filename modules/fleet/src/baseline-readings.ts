/** Readings as they come in: checked, judged, saved many at a time, and acknowledged once they are saved. */
import { BASELINE_REPORT_MAX_BYTES, BaselineReport, type NewFact } from '@cityward/contracts';
import { DAY_MS, MINUTE_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { BaselineNeeds } from './baseline-needs.ts';
import { outcomesOf, readingsOf, standingScore, STALE_MS, type Register } from './baseline-register.ts';
import { fits } from './domain/trust/shape.ts';
import { saveReadings, saveScores, type ReadingRow, type ScoreRow, type Sources } from './store-baseline.ts';

/** Clocks of devices are wrong; by more than this a reading is of another time. */
const CLOCK_OFF_MAX_MS = DAY_MS;
/** Readings that wait for SQL; whoever sends more is told to come again. */
const WAITING_MAX = 20_000;
const PER_SAVE_MAX = 1_000;

export interface Reads {
  /** From MQTT; resolves once it is saved, or says why it is not taken. */
  take(reporter: string, payload: Uint8Array): Promise<Result<void, Refusal>>;
  /** Everything that came in so far is saved when it resolves. */
  settled(): Promise<void>;
}
interface Waiting {
  readonly row: ReadingRow & { readonly sources: Sources };
  readonly scan: string | null;
  readonly done: () => void;
  readonly failed: (fault: unknown) => void;
}
export interface ReadsParts {
  readonly needs: BaselineNeeds;
  readonly register: Register;
  /** Told after the reading is saved. */
  readonly answered: (scan: string | null, device: string) => void;
}

export function createReads(parts: ReadsParts): Reads {
  const { needs, register } = parts;
  const recordRefusal = createRefusals(needs);
  let waiting: Waiting[] = [];
  let saving: Promise<void> | null = null;
  const pump = (): Promise<void> => {
    saving ??= saveAll().finally(() => {
      saving = null;
      // What came between the last look and now.
      if (waiting.length > 0) void pump();
    });
    return saving;
  };
  const saveAll = async (): Promise<void> => {
    // What comes in one turn of the loop is saved together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.slice(0, PER_SAVE_MAX);
      waiting = waiting.slice(PER_SAVE_MAX);
      await save(parts, batch).then(
        () => batch.forEach(({ done }) => done()),
        (fault: unknown) => batch.forEach(({ failed }) => failed(fault)),
      );
    }
  };
  return {
    take: async (reporter, payload) => {
      const read = readReport(parts, reporter, payload);
      if (!read.ok) {
        await recordRefusal(reporter, read.error);
        return read;
      }
      const { report, set } = read.value;
      if ((register.rows.get(report.subject)?.at ?? 0) > report.at) return ok(undefined); // an older one that came late
      if (waiting.length >= WAITING_MAX)
        throw new Error(`take a reading of "${report.subject}": ${WAITING_MAX} wait already`);
      const { subject: device, at, sources, scan } = report;
      const readings = readingsOf(sources, register.cityReading(device));
      const outcomes = outcomesOf(set, readings);
      const row = { device, reporter, at, received: needs.clock(), set: set.id, digest: set.digest, outcomes, sources };
      await new Promise<void>((done, failed) => {
        waiting.push({ row, scan, done, failed });
        void pump();
      });
      return ok(undefined);
    },
    settled: async () => {
      while (saving) await saving;
    },
  };
}

type Set = NonNullable<ReturnType<BaselineNeeds['catalogue']['setOf']>>;

function readReport(
  { needs, register }: ReadsParts,
  reporter: string,
  payload: Uint8Array,
): Result<{ readonly report: BaselineReport; readonly set: Set }, Refusal> {
  const what = `take a reading of "${reporter}"`;
  if (payload.length > BASELINE_REPORT_MAX_BYTES)
    return refuse(
      'too-large',
      'READING_LARGE',
      `${what}: ${payload.length} bytes, at most ${BASELINE_REPORT_MAX_BYTES}`,
    );
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    return refuse('invalid', 'READING_MALFORMED', `${what}: it is no JSON`);
  }
  if (!fits(BaselineReport, value))
    return refuse('invalid', 'READING_MALFORMED', `${what}: it has another form than agreed`);
  const { subject, at, sources } = value;
  if (Math.abs(at - needs.clock()) > CLOCK_OFF_MAX_MS)
    return refuse('invalid', 'READING_TIME', `${what}: it says it is of ${at}, which is more than a day off`);
  if (new Set(sources.map(({ source }) => source)).size !== sources.length)
    return refuse('invalid', 'READING_MALFORMED', `${what}: a source is in it twice`);
  if (sources.some(({ source }) => source === 'city'))
    return refuse('forbidden', 'SOURCE_NOT_ITS', `${what}: what the city knows only the city says`);
  const deviceClass = register.classOf(subject);
  const set = deviceClass && needs.catalogue.setOf(deviceClass);
  if (!set)
    return refuse('not-found', 'SUBJECT_UNKNOWN', `${what} about "${subject}": the city keeps no controls for it`);
  if ((set.reader === 'device') !== (reporter === subject))
    return refuse(
      'forbidden',
      'NOT_ITS_READER',
      `${what} about "${subject}": wanted it from ${set.reader === 'device' ? 'the device itself' : 'the gateway of its site'}`,
    );
  const may = needs.world.mayReport(reporter, subject);
  return may.ok ? ok({ report: value, set }) : may;
}

const REFUSALS_PER_MINUTE_MAX = 60;

/** In the evidence, but for a flood: whoever sends rubbish must not be able to fill it. */
const createRefusals = ({ sql, clock }: BaselineNeeds) => {
  let minute = { at: 0, count: 0 };
  return async (reporter: string, refusal: Refusal): Promise<void> => {
    const at = clock();
    if (at - minute.at >= MINUTE_MS || at < minute.at) minute = { at, count: 0 };
    if (++minute.count > REFUSALS_PER_MINUTE_MAX) return;
    const data = { code: refusal.code, reason: refusal.message };
    const fact: NewFact = {
      module: 'fleet',
      type: 'baseline.reading-refused',
      actor: reporter,
      subject: reporter,
      at,
      data,
    };
    await sql.transact((tx) => Promise.resolve(tx.record(fact)));
  };
};

/** Saves, then tells: memory, trust, whoever waits for a scan. */
async function save({ needs, register, answered }: ReadsParts, batch: readonly Waiting[]): Promise<void> {
  // Of several of one device the newest.
  const rows = [...new Map(batch.map(({ row }) => [row.device, row])).values()];
  const before = new Map(rows.map(({ device }) => [device, scoreNow(register, device)]));
  const kept = rows.map(({ device }) => [device, register.rows.get(device)] as const);
  for (const { sources: _sources, ...row } of rows) register.rows.set(row.device, row);
  const changed: ScoreRow[] = [];
  for (const { device, received } of rows) {
    const now = scoreNow(register, device);
    const was = before.get(device)!;
    if (was.text !== now.text)
      changed.push({ device, at: received, score: now.score, failed: now.failed, unknown: now.unknown });
  }
  try {
    await needs.sql.transact(async (tx) => {
      await saveReadings(tx, rows);
      await saveScores(tx, changed);
      for (const one of changed) tx.record(judgedFact(one, register.rows.get(one.device)!.reporter));
    });
  } catch (fault) {
    for (const [device, row] of kept)
      if (row) register.rows.set(device, row);
      else register.rows.delete(device);
    throw fault;
  }
  for (const { device, received } of rows) tellTrust(needs, register, { device, received });
  for (const { row, scan } of batch) answered(scan, row.device);
}

function scoreNow(
  register: Register,
  device: string,
): { text: string; score: number | null; failed: number; unknown: number } {
  const one = register.standing(device);
  if (!one || one.isUnread) return { text: 'unread', score: null, failed: 0, unknown: 0 };
  const { score, failed, unknown } = standingScore(one);
  return { text: `${score} ${failed} ${unknown}`, score, failed, unknown };
}

export const scoreWords = ({ score, failed, unknown }: Pick<ScoreRow, 'score' | 'failed' | 'unknown'>): string =>
  `${score === null ? 'nothing was read' : `${score} % of what the city asks`}, ${failed} failed, ${unknown} not known`;

const judgedFact = ({ device, at, score, failed, unknown }: ScoreRow, reporter: string): NewFact => ({
  module: 'fleet',
  type: 'baseline.judged',
  actor: reporter,
  subject: device,
  at,
  data: { score, failed, unknown, reason: scoreWords({ score, failed, unknown }) },
});

/** Open settings alone are no sign of lying: who has many keeps speaking for others (reduced trust), and is mended. */
const TRUST_WHERE_OPEN = 50;
/** Who hides how it is set up does not keep the trust of before: it speaks only for itself (low trust). */
const TRUST_WHERE_HIDDEN = 20;
function tellTrust(
  { world }: BaselineNeeds,
  register: Register,
  { device, received }: { readonly device: string; readonly received: number },
): void {
  const { score, failed, unknown } = scoreNow(register, device);
  if (score === null && unknown === 0) return;
  const reason = `Baseline: ${scoreWords({ score, failed, unknown })}`;
  const value = score === null ? TRUST_WHERE_HIDDEN : Math.max(score, TRUST_WHERE_OPEN);
  world.signal(device, { value, reason, expires: received + STALE_MS });
}
