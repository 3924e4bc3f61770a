/** Retiring a device: a signed change that erases it, the word of the device or of a camera's gateway that it did, its end, and a certificate. */
import { createHash } from 'node:crypto';
import type { ChangeDraft, Retirement } from '@cityward/contracts';
import { canonicalJson, DAY_MS, MINUTE_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { LeavingNeeds } from './leaving-needs.ts';
import * as store from './store-leaving.ts';
import { wipeReportOf } from './store-wipes.ts';

/** Officers have so long to sign, and the device to erase itself. */
const WIPE_WAIT_MS = 7 * DAY_MS;
/** Longer than a gateway waits for a camera, for its memory card, and for its start after that, each told in between. */
const WIPE_SILENCE_MS = 30 * MINUTE_MS;

type Because = { readonly reason: string; readonly by: string };
export interface Retirements {
  /** Goes on with what a kill left. */
  start(): Promise<void>;
  /** Looks how far the changes are; called with time. */
  tick(): Promise<void>;
  retire(device: string, order: Because & { readonly wipe: boolean }): Promise<Result<Retirement, Refusal>>;
  close(device: string, because: Because): Promise<Result<Retirement, Refusal>>;
  files(device: string): Promise<Result<{ readonly json: Buffer; readonly signature: Buffer }, Refusal>>;
}

export function createRetirements(needs: LeavingNeeds): Retirements {
  const { sql, log } = needs;
  const tick = async (): Promise<void> => {
    for (const row of await store.openRetirements(sql))
      await look(needs, row).catch((fault: unknown) =>
        log.warn('a retirement could not go on and will be tried again', { device: row.device, fault: String(fault) }),
      );
  };
  return {
    start: tick,
    tick,
    retire: (device, order) => retire(needs, device, order),
    close: async (device, because) => {
      const row = await store.retirementBy(sql, device);
      if (row?.state !== 'wiping')
        return refuse('conflict', 'NOT_RETIRING', `close the retirement of "${device}": nothing is waited for`);
      return judged(needs, row, unproven(`Nobody waited for it to be erased: ${because.reason}`));
    },
    files: async (device) => {
      const row = await store.retirementBy(sql, device);
      if (row?.certificate == null || row.signature === null)
        return refuse('not-found', 'NOT_RETIRED', `find the certificate of "${device}": it is not retired`);
      return ok({ json: Buffer.from(row.certificate), signature: Buffer.from(row.signature, 'base64') });
    },
  };
}

const unproven = (why: string): store.Verdict => ({ wiped: 'unproven', why, erased: [], reportedBy: null });
const faceOf = ({ certificate: _certificate, signature: _signature, ...face }: store.RetirementRow): Retirement => face;

async function retire(
  needs: LeavingNeeds,
  device: string,
  { reason, by, wipe }: Because & { readonly wipe: boolean },
): Promise<Result<Retirement, Refusal>> {
  const { sql, clock, ports } = needs;
  if (!ports.hardware(device))
    return refuse('not-found', 'DEVICE_UNKNOWN', `retire "${device}": the city has no such device`);
  if (await store.retirementBy(sql, device))
    return refuse('conflict', 'RETIRING', `retire "${device}": it is retired, or about to be`);
  const cannot = wipe ? ports.cannotWipe(device) : null;
  if (cannot !== null)
    return refuse(
      'conflict',
      'CANNOT_WIPE',
      `retire "${device}": it cannot be told to erase itself: ${cannot}; retire it unproven, or later`,
    );
  const change = wipe ? await planWipe(needs, device, by) : ok(null);
  if (!change.ok) return change;
  const row: store.RetirementRow = {
    device,
    state: 'wiping',
    change: change.value,
    wiped: null,
    erased: [],
    reportedBy: null,
    why: wipe ? 'It waits for officers to sign the change that erases it' : 'Nobody asked it to erase itself',
    reason,
    by,
    at: clock(),
    closed: null,
    hash: null,
    certificate: null,
    signature: null,
  };
  await sql.transact(async (tx) => {
    await store.insertRetirement(tx, row);
    const data = { reason, change: row.change };
    tx.record({ module: 'fleet', type: 'retirement.begun', actor: by, subject: device, at: row.at, data });
  });
  if (wipe) return ok(faceOf(row));
  return judged(needs, row, unproven(row.why));
}

async function planWipe(needs: LeavingNeeds, device: string, by: string): Promise<Result<string, Refusal>> {
  const now = needs.clock();
  const draft: ChangeDraft = {
    title: `Erase ${device} and its memory card`.slice(0, 80),
    action: { do: 'wipe' },
    revert: null,
    selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: [device] },
    // One device, named by hand: its class does not keep it from being retired.
    options: { canary: 1, lifeSafety: true, healthMs: 0, retries: 0, silenceMs: WIPE_SILENCE_MS },
    tracks: [],
    notBefore: now,
    notAfter: now + WIPE_WAIT_MS,
  };
  const added = await needs.changes.add(draft, by);
  return added.ok ? ok(added.value[0]!.id) : added;
}

/** What has become of the change: proven only by a report that is signed, on the signed order. */
async function look(needs: LeavingNeeds, row: store.RetirementRow): Promise<void> {
  if (row.state === 'closing') return void (await closed(needs, row));
  if (row.change === null) return void (await judged(needs, row, unproven(row.why)));
  const found = await needs.changes.get(row.change);
  if (!found.ok) return void (await judged(needs, row, unproven('The change that erases it is gone')));
  const { change } = found.value;
  const isDone = change.waves.reduce((sum, { counts }) => sum + counts.done, 0) === 1;
  const isOver = ['finished', 'stopped', 'rolled-back'].includes(change.state);
  if (!isDone && !isOver && needs.clock() <= change.notAfter) return;
  const report = await wipeReportOf(needs.sql, row.change, row.device);
  await judged(needs, row, verdictOf(row.device, { isDone, isOver, words: change.words, report }));
}

interface Ended {
  readonly isDone: boolean;
  readonly isOver: boolean;
  readonly words: string;
  readonly report: Awaited<ReturnType<typeof wipeReportOf>>;
}
function verdictOf(device: string, { isDone, isOver, words, report }: Ended): store.Verdict {
  if (!report) {
    if (isDone) return { ...unproven(''), wiped: 'proven', why: 'It was reported on the order that officers signed' };
    return unproven(
      isOver
        ? `The change that erases it ended, and nobody reported on it: ${words}`
        : 'The change that erases it was not done in its time',
    );
  }
  const { by: reportedBy, erased, reason } = report;
  const who = reportedBy === device ? 'The device itself' : `Its gateway ${reportedBy}`;
  const rest = { erased: [...erased], reportedBy };
  if (isDone)
    return { ...rest, wiped: 'proven', why: `${who} signed, on the order of the officers, that it is erased` };
  return { ...rest, wiped: 'unproven', why: `${who} reported that it is not erased: ${reason ?? words}` };
}

/** The verdict is kept before anything follows from it. */
async function judged(
  needs: LeavingNeeds,
  row: store.RetirementRow,
  verdict: store.Verdict,
): Promise<Result<Retirement, Refusal>> {
  const kept = { ...verdict, why: verdict.why.slice(0, 300) };
  if (!(await needs.sql.transact((tx) => store.judgeRetirement(tx, row.device, kept))))
    return refuse('conflict', 'NOT_RETIRING', `close the retirement of "${row.device}": it is closed already`);
  return closed(needs, { ...row, ...kept, state: 'closing' });
}

async function closed(needs: LeavingNeeds, row: store.RetirementRow): Promise<Result<Retirement, Refusal>> {
  const { sql, clock, ports, cityName } = needs;
  const { device, reason, by, change, wiped, why, erased, reportedBy } = row;
  const { certificate: held } = ports.held(device);
  const ending = await ports.end(device, { as: 'retired', reason, by });
  // Ended as retired already: a kill came between.
  if (!ending.ok && ending.error.code !== 'DEVICE_ENDED') return ending;
  const at = clock();
  const body = {
    kind: 'cityward-retirement',
    version: 2,
    city: cityName,
    device,
    hardware: { ...ports.hardware(device) },
    certificate: held,
    wiped,
    why,
    erased,
    reportedBy,
    change,
    reason,
    by,
    at,
  };
  const certificate = canonicalJson(body);
  const hash = createHash('sha256').update(certificate).digest('hex');
  const signature = Buffer.from(await ports.sign(Buffer.from(certificate))).toString('base64');
  await sql.transact(async (tx) => {
    await store.closeRetirement(tx, device, { closed: at, hash, certificate, signature });
    await needs.gate.forget(tx, device);
    const data = { wiped, reason: why, hash, change };
    tx.record({ module: 'fleet', type: 'device.retired', actor: by, subject: device, at, data });
  });
  return ok({ ...faceOf(row), state: 'closed', closed: at, hash });
}
