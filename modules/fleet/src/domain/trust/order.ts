/** What a device does before it does anything: checks the order it was handed against the officers that it knows. */
import { JobOrder, Officers, type ChangeJob, type JobAction, type OfficerKey } from '@cityward/contracts';
import { ok, type Result } from '@cityward/kernel';
import { provesLeaf } from './leaf-tree.ts';
import { checkClock, checkOfficers, lives } from './officers.ts';
import { distrust, quoted, type TrustRefusal } from './refusals.ts';
import { fits } from './shape.ts';
import { checkThreshold, checkWays } from './signatures.ts';
import { compareVersions } from './versions.ts';

/** What the device knows by itself. */
export interface Against {
  /** As pinned at commissioning, and followed since. */
  readonly officers: Officers;
  readonly device: string;
  /** Of the last job that it did; 0 before the first. */
  readonly counter: number;
  /** What it runs: the version of its firmware, the hash of its configuration document. */
  readonly runs: { readonly firmware: string | null; readonly document: string | null };
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Verified {
  readonly job: ChangeJob;
  readonly part: JobOrder['part'];
  /** What to do now: the job's action, or for its way back that which leads to the revert's target. */
  readonly act: JobAction;
  /** To be remembered as the last done, durably, before the device says that it is done. */
  readonly counter: number;
  /** Who allowed it. */
  readonly officers: readonly string[];
}

/**
 * Checks all that makes an order one: form, city, device, proof, window, count, officers, signatures, version. Needs nothing of the
 * server that sent it. Takes anything and never throws.
 */
export function verifyOrder(order: JobOrder, against: Against): Result<Verified, TrustRefusal> {
  if (!fits(JobOrder, order)) return distrust('ORDER_SHAPE', 'read the order: wanted exactly the fields of an order');
  if (!fits(Officers, against.officers))
    return distrust('OFFICERS_SHAPE', 'read the pinned officers: wanted an officers document');
  const { job, part, leaf } = order;
  const steps = [
    () => checkClock(against.now),
    () => checkOfficers(against.officers),
    () => lives(against.officers, against.now),
    () => checkMeant(order, against),
    () => checkWays(job),
    () => checkPart(order),
    () => checkWindow(order, against.now),
    () => checkCounter(order, against.counter),
  ];
  for (const step of steps) {
    const passed = step();
    if (!passed.ok) return passed;
  }
  const signers = checkThreshold(job, order.signatures, against.officers);
  if (!signers.ok) return signers;
  const act = actOf(job, part);
  if (part === 'forward' && act.do === 'install') {
    const newer = checkNotOlder(act.artifact.version, against.runs.firmware);
    if (!newer.ok) return newer;
  }
  const officers = signers.value.map(({ officer }: OfficerKey) => officer);
  return ok({ job, part, act, counter: leaf.counter, officers });
}

function checkMeant({ job, leaf, index, proof }: JobOrder, against: Against): Result<void, TrustRefusal> {
  if (job.city !== against.officers.city)
    return distrust(
      'OTHER_CITY',
      `take job "${job.id}": it is of ${quoted(job.city)}, wanted ${quoted(against.officers.city)}`,
    );
  if (leaf.device !== against.device)
    return distrust('OTHER_DEVICE', `take job "${job.id}": it is for "${leaf.device}", this is "${against.device}"`);
  if (!provesLeaf({ leaf, index, proof, devices: job.devices }))
    return distrust('NOT_IN_JOB', `take job "${job.id}": it is not proved that "${leaf.device}" is among its devices`);
  return ok(undefined);
}

function checkPart({ job, part }: JobOrder): Result<void, TrustRefusal> {
  if (part === 'forward' || job.revert) return ok(undefined);
  return distrust('REVERT_NOT_SIGNED', `take job "${job.id}": its officers signed no way back`);
}

function checkWindow({ job, part }: JobOrder, now: number): Result<void, TrustRefusal> {
  const end = part === 'revert' ? (job.revert?.until ?? 0) : job.notAfter;
  if (now < job.notBefore)
    return distrust(
      'TOO_EARLY',
      `take job "${job.id}": it begins at ${timeText(job.notBefore)}, it is ${timeText(now)}`,
    );
  if (now > end)
    return distrust('TOO_LATE', `take job "${job.id}": it ended at ${timeText(end)}, it is ${timeText(now)}`);
  return ok(undefined);
}

const TIME_MAX = 8_640_000_000_000_000;
const timeText = (at: number): string => (at <= TIME_MAX ? new Date(at).toISOString() : String(at));

/**
 * Forward needs a higher count than the last job done: an old job is not done again. The way back has the count of its job, which
 * may be the last done or may have failed half-way; of an older job it would be a replay.
 */
function checkCounter({ job, part, leaf }: JobOrder, last: number): Result<void, TrustRefusal> {
  const fresh = part === 'forward' ? leaf.counter > last : leaf.counter >= last;
  if (fresh) return ok(undefined);
  return distrust(
    'REPLAYED',
    `take job "${job.id}": its count for this device is ${leaf.counter}, and ${last} was done`,
  );
}

/** The job's action, or its way back as an action. */
function actOf(job: ChangeJob, part: JobOrder['part']): JobAction {
  if (part === 'forward' || !job.revert) return job.action;
  const { to } = job.revert;
  return 'document' in to ? { do: 'configure', document: to.document } : { do: 'install', artifact: to };
}

/** Every downgrade but a job's own way back is refused, and alarms: old firmware brings its old holes back. */
function checkNotOlder(version: string, running: string | null): Result<void, TrustRefusal> {
  if (running === null)
    return distrust(
      'RUNNING_UNKNOWN',
      `install version "${version}": which version runs is not known, wanted it to be no downgrade`,
    );
  if (compareVersions(version, running) >= 0) return ok(undefined);
  return distrust(
    'DOWNGRADE',
    `install version "${version}": ${quoted(running)} runs, and older firmware is not taken`,
  );
}
