/** Changes of devices in bulk: what one would do, how far it is, and how people steer it; and what devices are wanted to be. */
import { PAGE_ROWS_MAX } from '@cityward/kernel';
import { Type, type Static, type TSchema } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { ChangeJob, JobAction, JobRevert, Sha256 } from '../jobs.ts';
import { Closed, Count, Id, OneId, OneOf, Reason, Time } from '../schema.ts';
import { DEVICE_CLASSES } from '../words.ts';

const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const Ratio = Type.Number({ minimum: 0, maximum: 1 });
const Word = Type.String({ minLength: 1, maxLength: 100 });
const Span = Type.Integer({ minimum: 0, maximum: 30 * 24 * 3_600_000 });
export const SELECTED_DEVICES_MAX = 10_000;
export const DOCUMENT_MAX_BYTES = 65_536;

/** Who is meant; an empty list means any. */
export const ChangeSelection = Closed({
  classes: Type.Array(OneOf(DEVICE_CLASSES), { maxItems: DEVICE_CLASSES.length }),
  models: Type.Array(Word, { maxItems: 200 }),
  wards: Type.Array(Id, { maxItems: 200 }),
  sites: Type.Array(Id, { maxItems: 1_000 }),
  /** Firmware versions or document hashes that they run now. */
  running: Type.Array(Word, { maxItems: 200 }),
  devices: Type.Array(Id, { maxItems: SELECTED_DEVICES_MAX }),
  /** Only those that are wanted to run this document and show another, however many they are. */
  drift: Type.Optional(Sha256),
});
export type ChangeSelection = Static<typeof ChangeSelection>;

/** Weekly, in minutes of the local day; `to` at or before `from` is the day after. */
export const ChangeWindow = Closed({
  days: Type.Array(Type.Integer({ minimum: 0, maximum: 6 }), { minItems: 1, maxItems: 7 }),
  from: Type.Integer({ minimum: 0, maximum: 1_439 }),
  to: Type.Integer({ minimum: 0, maximum: 1_439 }),
});
/** How carefully; each has a default. */
export const ChangeOptions = Type.Partial(
  Closed({
    /** Devices of the first wave: some of every model, hardware revision and site. */
    canary: Type.Integer({ minimum: 1, maximum: 100_000 }),
    /** Share of all devices reached by the end of each further wave, growing. */
    shares: Type.Array(Type.Number({ exclusiveMinimum: 0, maximum: 1 }), { minItems: 1, maxItems: 19 }),
    quorum: Ratio,
    threshold: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    atThreshold: OneOf(['stop', 'roll-back']),
    perSite: Type.Integer({ minimum: 1, maximum: 1_000 }),
    inFlight: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    silenceMs: Type.Integer({ minimum: 1_000, maximum: 24 * 3_600_000 }),
    healthMs: Span,
    soakMs: Span,
    retries: Type.Integer({ minimum: 0, maximum: 10 }),
    backOffMs: Span,
    retryShare: Ratio,
    windows: Type.Array(ChangeWindow, { maxItems: 50 }),
    zone: Type.String({ minLength: 1, maxLength: 60 }),
    /** Life-safety devices are meant too; the title that officers sign says so. */
    lifeSafety: Type.Boolean(),
  }),
);
export type ChangeOptions = Static<typeof ChangeOptions>;

export const ChangeDraft = Closed({
  title: Type.String({ minLength: 3, maxLength: 80 }),
  action: JobAction,
  revert: Nullable(JobRevert),
  selection: ChangeSelection,
  options: ChangeOptions,
  /** Which version may follow which; `from` may end in `*`. None: every step is allowed. */
  tracks: Type.Array(Closed({ from: Word, to: Word }), { maxItems: 200 }),
  notBefore: Time,
  notAfter: Time,
});
export type ChangeDraft = Static<typeof ChangeDraft>;

const Step = Closed({ to: Nullable(Type.String()), devices: Count });
/** What a change would do, said before it is done. */
export const ChangePlan = Closed({
  title: Type.String(),
  devices: Count,
  waves: Type.Array(Closed({ name: Type.String(), devices: Count })),
  difference: Type.Array(Closed({ from: Nullable(Type.String()), to: Nullable(Type.String()), devices: Count })),
  /** One job after the other; more than one where some devices need stepping stones. */
  steps: Type.Array(Step),
  excluded: Type.Array(Closed({ reason: Type.String(), words: Type.String(), devices: Count, sample: Type.Array(Id) })),
  touches: Type.Array(
    Closed({
      what: OneOf(['class', 'ward', 'service']),
      name: Type.String(),
      devices: Count,
      of: Count,
      /** At most so many at one time. */
      atOnce: Count,
    }),
  ),
  opens: Time,
  sentence: Type.String(),
});
export type ChangePlan = Static<typeof ChangePlan>;

export const CHANGE_STATES = [
  'planned',
  'running',
  'paused',
  'stopped',
  'finished',
  'rolling-back',
  'rolled-back',
] as const;
export const CHANGE_DEVICE_STATES = [
  'waiting',
  'ordered',
  'downloading',
  'installing',
  'restarting',
  'unverified',
  'done',
  'failed',
  'reverting',
  'reverted',
  'offline',
  'skipped',
] as const;
const DeviceCounts = Closed(
  Object.fromEntries(CHANGE_DEVICE_STATES.map((state) => [state, Count])) as Record<
    (typeof CHANGE_DEVICE_STATES)[number],
    typeof Count
  >,
);
const Wave = Closed({
  name: Type.String(),
  state: OneOf(['waiting', 'open', 'reached']),
  devices: Count,
  opened: Nullable(Time),
  counts: DeviceCounts,
});
export const Change = Closed({
  id: Id,
  title: Type.String(),
  state: OneOf(CHANGE_STATES),
  /** Why it is so, in one sentence. */
  words: Type.String(),
  action: JobAction,
  revert: Nullable(JobRevert),
  selection: ChangeSelection,
  /** The change that must be finished before this one starts: a stepping stone. */
  after: Nullable(Id),
  counter: Count,
  devices: Count,
  planned: Closed({ by: Type.String(), at: Time }),
  started: Nullable(Time),
  ended: Nullable(Time),
  notBefore: Time,
  notAfter: Time,
  signed: Closed({
    needed: Count,
    officers: Type.Array(Type.String()),
    wantsOffline: Type.Boolean(),
    complete: Type.Boolean(),
  }),
  waves: Type.Array(Wave),
});
export type Change = Static<typeof Change>;

/** How an attempt ended. Kept by number: new ones go to the end. */
export const ATTEMPT_OUTCOMES = [
  'done',
  'error',
  'rejected',
  'silent',
  'wrong-version',
  'lost-health',
  'offline',
  'withdrawn',
  'reverted',
] as const;
export const ChangeAttempt = Closed({
  device: Id,
  part: OneOf(['forward', 'revert']),
  attempt: Count,
  wave: Count,
  outcome: OneOf(ATTEMPT_OUTCOMES),
  ordered: Time,
  ended: Time,
  running: Nullable(Type.String()),
  reason: Nullable(Type.String()),
});
export type ChangeAttempt = Static<typeof ChangeAttempt>;

/** One device of a change, as it stands. */
export const ChangeDevice = Closed({
  device: Id,
  wave: Count,
  state: OneOf(CHANGE_DEVICE_STATES),
  /** Attempts that ended; the last one's outcome and reason, or why it was left out. */
  attempts: Count,
  outcome: Nullable(OneOf(ATTEMPT_OUTCOMES)),
  reason: Nullable(Type.String()),
});
export type ChangeDevice = Static<typeof ChangeDevice>;
export const CHANGE_DEVICES_PAGE_MAX = 10_000;

export const ChangeDetail = Closed({
  change: Change,
  job: ChangeJob,
  plan: ChangePlan,
  /** How careful it is, defaults filled in. */
  options: ChangeOptions,
  /** Failures by reason: of devices that failed at least once so. */
  failures: Type.Array(
    Closed({ outcome: OneOf(ATTEMPT_OUTCOMES), part: OneOf(['forward', 'revert']), attempts: Count }),
  ),
  /** For the wave chart: attempts that ended in each span of time, oldest first. */
  chart: Type.Array(Closed({ at: Time, wave: Count, done: Count, failed: Count, reverted: Count })),
  /** What was decided, newest first. */
  decisions: Type.Array(Closed({ at: Time, by: Type.String(), words: Type.String() })),
  /** What holds it back now, at sites of its devices alone; `devices` wait because of it. */
  frozen: Type.Array(Closed({ scope: Type.String(), until: Time, reason: Type.String(), devices: Count })),
});
export type ChangeDetail = Static<typeof ChangeDetail>;

/** A configuration document of one scope; the most special wins, member by member. */
export const DESIRED_SCOPES = ['class', 'site', 'device'] as const;
export const DesiredPart = Closed({
  scope: OneOf(DESIRED_SCOPES),
  key: Id,
  document: Type.Record(Type.String({ minLength: 1, maxLength: 100 }), Type.Unknown(), { maxProperties: 500 }),
  by: Type.String(),
  at: Time,
});
export type DesiredPart = Static<typeof DesiredPart>;
export const DeviceDesired = Closed({
  device: Id,
  hash: Nullable(Sha256),
  document: Type.Unknown(),
  /** Where each value comes from: path such as `ntp.servers`, and the scope that says so. */
  origins: Type.Array(Closed({ path: Type.String(), scope: OneOf(DESIRED_SCOPES), key: Id })),
  running: Nullable(Type.String()),
  drift: OneOf(['none', 'drifted', 'not-said', 'not-wanted']),
  difference: Type.Array(Closed({ path: Type.String(), is: Type.Unknown(), wanted: Type.Unknown() })),
});
export type DeviceDesired = Static<typeof DeviceDesired>;
export const Drift = Closed({
  /** Devices that run another document than is wanted of them, by what they are wanted to run. */
  groups: Type.Array(Closed({ document: Sha256, devices: Count, sample: Type.Array(Id), draft: ChangeDraft })),
});
export type Drift = Static<typeof Drift>;

const BecauseOf = Closed({ reason: Reason });
const steering = <const Name extends string>(name: Name, verb: string, summary: string) =>
  endpoint({
    name,
    method: 'POST',
    path: `/api/changes/:id/${verb}`,
    action: 'steerChange',
    summary,
    params: OneId,
    body: BecauseOf,
    answer: Change,
  });

export const changes = {
  listChanges: endpoint({
    name: 'listChanges',
    method: 'GET',
    path: '/api/changes',
    action: 'readChanges',
    summary: 'Changes of devices, newest first',
    answer: Closed({ changes: Type.Array(Change) }),
  }),
  getChange: endpoint({
    name: 'getChange',
    method: 'GET',
    path: '/api/changes/:id',
    action: 'readChanges',
    summary: 'One change: its job, waves, failures, decisions',
    params: OneId,
    answer: ChangeDetail,
  }),
  planChange: endpoint({
    name: 'planChange',
    method: 'POST',
    path: '/api/changes/plan',
    action: 'planChange',
    summary: 'What a change would do; nothing is kept',
    body: ChangeDraft,
    answer: ChangePlan,
  }),
  addChange: endpoint({
    name: 'addChange',
    method: 'POST',
    path: '/api/changes',
    action: 'planChange',
    summary: 'Plan a change, ready to be signed; one for each step',
    body: ChangeDraft,
    answer: Closed({ changes: Type.Array(Change) }),
  }),
  startChange: steering('startChange', 'start', 'Start a signed change'),
  pauseChange: steering('pauseChange', 'pause', 'Order no further devices; those under way go on'),
  resumeChange: steering('resumeChange', 'resume', 'Go on, overlooking the failures so far'),
  stopChange: steering('stopChange', 'stop', 'Stop, and take back what no device has begun'),
  rollBackChange: steering('rollBackChange', 'rollback', 'Send every device back that has changed or may have'),
  listAttempts: endpoint({
    name: 'listAttempts',
    method: 'GET',
    path: '/api/changes/:id/attempts',
    action: 'readChanges',
    summary: 'Attempts that ended, in the order of the plan',
    params: OneId,
    query: Closed({
      outcome: Type.Optional(OneOf(ATTEMPT_OUTCOMES)),
      after: Type.Optional(Type.String({ pattern: '^[0-9]{1,7}-[01]-[0-9]{1,3}$' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_ROWS_MAX })),
    }),
    answer: Closed({ attempts: Type.Array(ChangeAttempt), next: Nullable(Type.String()) }),
  }),
  listChangeDevices: endpoint({
    name: 'listChangeDevices',
    method: 'GET',
    path: '/api/changes/:id/devices',
    action: 'readChanges',
    summary: 'Every device of a change in the order of its signed list, how it stands and why',
    params: OneId,
    query: Closed({
      state: Type.Optional(OneOf(CHANGE_DEVICE_STATES)),
      after: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: CHANGE_DEVICES_PAGE_MAX })),
    }),
    /** The counter is every device's in this job: with it the list is the signed one. */
    answer: Closed({ counter: Count, devices: Type.Array(ChangeDevice), next: Nullable(Id) }),
  }),
  listDesired: endpoint({
    name: 'listDesired',
    method: 'GET',
    path: '/api/desired',
    action: 'readChanges',
    summary: 'Configuration documents by class, site and device',
    answer: Closed({ parts: Type.Array(DesiredPart) }),
  }),
  setDesired: endpoint({
    name: 'setDesired',
    method: 'PUT',
    path: '/api/desired/:scope/:key',
    action: 'planChange',
    summary: 'Say how a class, site or device is to be configured; an empty document says nothing',
    params: Closed({ scope: OneOf(DESIRED_SCOPES), key: Id }),
    body: Closed({ document: DesiredPart.properties.document, reason: Reason }),
    answer: DesiredPart,
    bodyMaxBytes: 2 * DOCUMENT_MAX_BYTES,
  }),
  getDesired: endpoint({
    name: 'getDesired',
    method: 'GET',
    path: '/api/devices/:id/desired',
    action: 'readChanges',
    summary: 'The merged document of one device, where each value comes from, and the difference to what it runs',
    params: OneId,
    answer: DeviceDesired,
  }),
  listDrift: endpoint({
    name: 'listDrift',
    method: 'GET',
    path: '/api/drift',
    action: 'readChanges',
    summary: 'Devices that are not configured as wanted, with the change that would mend each group',
    answer: Drift,
  }),
} as const;
