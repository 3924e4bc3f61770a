/** The baseline: how each device is set up against what the city asks, what is excepted and until when, and what would mend it. */
import { PAGE_ROWS_MAX } from '@cityward/kernel';
import { Type, type Static, type TSchema } from 'typebox';
import { BASELINE_SOURCES, BASELINE_TIERS } from '../baseline.ts';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, OneOf, Reason, Time } from '../schema.ts';
import { DEVICE_CLASSES } from '../words.ts';
import { Change, ChangeDraft, ChangeOptions, SELECTED_DEVICES_MAX } from './changes.ts';

const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const Score = Nullable(Type.Integer({ minimum: 0, maximum: 100 }));

export const TIER_STATES = ['met', 'met-but-excepted', 'not-met', 'unknown', 'not-applicable'] as const;
export const OUTCOME_STATES = ['passed', 'failed', 'not-applicable', 'unknown'] as const;
export const EXCEPTION_SCOPES = ['device', 'site', 'class'] as const;
export const ROTATION_PAGE_MAX = PAGE_ROWS_MAX;
export const ROTATED = ['credentials', 'certificate'] as const;
export const BASELINE_EXCEPTION_MAX_DAYS = 366;

const Counts = { passed: Count, failed: Count, unknown: Count, notApplicable: Count, excepted: Count };
export const BaselineTierScore = Closed({
  tier: OneOf(BASELINE_TIERS),
  state: OneOf(TIER_STATES),
  /** Passed out of passed, failed and unknown, in whole percent, rounded down; null where nothing is counted or was read. */
  score: Score,
  ...Counts,
});
export type BaselineTierScore = Static<typeof BaselineTierScore>;

/** Of devices, not of controls. */
const DeviceTally = Closed({
  tier: OneOf(BASELINE_TIERS),
  score: Score,
  met: Count,
  metButExcepted: Count,
  notMet: Count,
  unknown: Count,
  notApplicable: Count,
});
const ControlTally = Closed({
  id: Id,
  title: Type.String(),
  tier: OneOf(BASELINE_TIERS),
  rated: Type.Boolean(),
  mendable: Type.Boolean(),
  ...Counts,
});
export type ControlTally = Static<typeof ControlTally>;

export const BaselineSetView = Closed({
  id: Id,
  title: Type.String(),
  classes: Type.Array(OneOf(DEVICE_CLASSES)),
  devices: Count,
  /** Devices of which nothing, or nothing newer than a week, was read. */
  unread: Count,
  tiers: Type.Array(DeviceTally),
  /** Worst first. */
  controls: Type.Array(ControlTally),
});
export type BaselineSetView = Static<typeof BaselineSetView>;

export const BaselineException = Closed({
  id: Id,
  control: Id,
  scope: OneOf(EXCEPTION_SCOPES),
  key: Id,
  owner: Type.String({ minLength: 1, maxLength: 100 }),
  reason: Reason,
  by: Type.String(),
  at: Time,
  until: Time,
  /** Devices that would fail without it. */
  devices: Count,
});
export type BaselineException = Static<typeof BaselineException>;

export const BaselineScan = Closed({
  id: Id,
  by: Type.String(),
  at: Time,
  /** Null while devices may still answer. */
  ended: Nullable(Time),
  devices: Count,
  answered: Count,
  /** Did not answer in time. */
  silent: Count,
  /** Nobody who could read them is connected. */
  unreachable: Count,
});
export type BaselineScan = Static<typeof BaselineScan>;

export const BaselineSummary = Closed({
  sets: Type.Array(BaselineSetView),
  exceptions: Count,
  scan: Nullable(BaselineScan),
});
export type BaselineSummary = Static<typeof BaselineSummary>;

export const ControlView = Closed({
  control: ControlTally,
  set: Id,
  why: Type.String(),
  from: Type.String(),
  read: OneOf(BASELINE_SOURCES),
  wanted: Type.Array(Closed({ name: Type.String(), wanted: Type.String() })),
  fix: Closed({ by: OneOf(['configure', 'two-steps', 'rotate', 'install', 'person']), words: Type.String() }),
  tradeOff: Nullable(Type.String()),
});
export type ControlView = Static<typeof ControlView>;

export const ControlOutcome = Closed({
  control: Id,
  title: Type.String(),
  tier: OneOf(BASELINE_TIERS),
  rated: Type.Boolean(),
  state: OneOf(OUTCOME_STATES),
  /** Why it is so: what was seen, why it does not apply, why it is not known. */
  words: Type.String(),
  wanted: Nullable(Type.String()),
  why: Type.String(),
  fix: Type.String(),
  tradeOff: Nullable(Type.String()),
  exception: Nullable(Closed({ id: Id, owner: Type.String(), reason: Type.String(), until: Time })),
});
export type ControlOutcome = Static<typeof ControlOutcome>;
export const DeviceBaseline = Closed({
  device: Id,
  /** Null: no controls are kept for its class. */
  set: Nullable(Id),
  /** When it was last read, and by whom; null for never. */
  read: Nullable(Closed({ at: Time, by: Id, stale: Type.Boolean() })),
  tiers: Type.Array(BaselineTierScore),
  controls: Type.Array(ControlOutcome),
  /** Newest first; one for each change of the score. */
  history: Type.Array(Closed({ at: Time, score: Score, failed: Count, unknown: Count })),
});
export type DeviceBaseline = Static<typeof DeviceBaseline>;

export const BaselineRow = Closed({
  device: Id,
  set: Id,
  read: Nullable(Time),
  state: OneOf(TIER_STATES),
  /** Over the default protection and the basic tier. */
  score: Score,
  failed: Count,
  unknown: Count,
  excepted: Count,
});
export type BaselineRow = Static<typeof BaselineRow>;

const Ids = (most: number) => Type.Array(Id, { maxItems: most });
/** Who is meant; an empty list means any. */
export const BaselineSelection = Closed({
  classes: Type.Array(OneOf(DEVICE_CLASSES), { maxItems: DEVICE_CLASSES.length }),
  sites: Ids(1_000),
  devices: Ids(SELECTED_DEVICES_MAX),
});
export type BaselineSelection = Static<typeof BaselineSelection>;

const FixOrder = Closed({
  selection: BaselineSelection,
  /** Which controls; none means all that can be mended. */
  controls: Ids(200),
  tiers: Type.Array(OneOf(BASELINE_TIERS), { maxItems: BASELINE_TIERS.length }),
  /** How carefully; what could lock the city out is always as careful as can be. */
  options: Type.Optional(ChangeOptions),
});
export type FixOrder = Static<typeof FixOrder>;
const Differs = Closed({ control: Id, name: Type.String(), is: Type.Unknown(), wanted: Type.Unknown() });
export const BaselineFix = Closed({
  /** One change for each group of devices that need the same document. */
  groups: Type.Array(
    Closed({
      draft: ChangeDraft,
      document: Type.Unknown(),
      devices: Count,
      controls: Ids(200),
      /** What could lock the city out, proved possible for each of these devices. */
      secondStep: Type.Boolean(),
      /** The first of them, with all that would change there. */
      sample: Type.Array(Closed({ device: Id, differences: Type.Array(Differs) })),
    }),
  ),
  /** Left as it is, and why. */
  unmended: Type.Array(Closed({ control: Id, title: Type.String(), why: Type.String(), devices: Count })),
  devices: Count,
});
export type BaselineFix = Static<typeof BaselineFix>;

export const RotationRow = Closed({
  class: OneOf(DEVICE_CLASSES),
  what: OneOf(ROTATED),
  devices: Count,
  /** Nobody knows how old they are. */
  unknown: Count,
  overdue: Count,
  /** Within thirty days. */
  soon: Count,
  /** The oldest: since when. */
  oldest: Nullable(Time),
});
export const RotationDevice = Closed({
  device: Id,
  what: OneOf(ROTATED),
  since: Nullable(Time),
  due: Nullable(Time),
  /** The change that made it; null where it was not one. */
  change: Nullable(Id),
});
export const Rotation = Closed({
  rows: Type.Array(RotationRow),
  /** A page of them, those that are due first. */
  devices: Type.Array(RotationDevice),
  next: Nullable(Type.String()),
  /** Rotations under way or done, newest first. */
  changes: Type.Array(Change),
});
export type Rotation = Static<typeof Rotation>;

const fixing = <const Name extends string, A extends TSchema>(
  name: Name,
  path: string,
  rest: { summary: string; answer: A },
) => endpoint({ name, method: 'POST', path, action: 'planChange', body: FixOrder, ...rest });

export const baseline = {
  getBaseline: endpoint({
    name: 'getBaseline',
    method: 'GET',
    path: '/api/baseline',
    action: 'readBaseline',
    summary: 'Scores by kind of device and tier, and the worst controls',
    answer: BaselineSummary,
  }),
  getControl: endpoint({
    name: 'getControl',
    method: 'GET',
    path: '/api/baseline/controls/:id',
    action: 'readBaseline',
    summary: 'One control: why, what is wanted, how it is mended, what that costs',
    params: OneId,
    answer: ControlView,
  }),
  listBaselineDevices: endpoint({
    name: 'listBaselineDevices',
    method: 'GET',
    path: '/api/baseline/devices',
    action: 'readBaseline',
    summary: 'Devices by id, of one class, or in one state, of all or of one control',
    query: Closed({
      class: Type.Optional(OneOf(DEVICE_CLASSES)),
      site: Type.Optional(Id),
      control: Type.Optional(Id),
      state: Type.Optional(OneOf([...TIER_STATES, 'passed', 'failed'])),
      after: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_ROWS_MAX })),
    }),
    answer: Closed({ devices: Type.Array(BaselineRow), next: Nullable(Id) }),
  }),
  getDeviceBaseline: endpoint({
    name: 'getDeviceBaseline',
    method: 'GET',
    path: '/api/devices/:id/baseline',
    action: 'readDeviceBaseline',
    summary: 'Every control of one device, and its scores',
    params: OneId,
    answer: DeviceBaseline,
  }),
  startBaselineScan: endpoint({
    name: 'startBaselineScan',
    method: 'POST',
    path: '/api/baseline/scans',
    action: 'scanBaseline',
    summary: 'Ask devices, or the gateways of their sites, how they are set up; nothing is changed',
    body: BaselineSelection,
    answer: BaselineScan,
  }),
  getBaselineScan: endpoint({
    name: 'getBaselineScan',
    method: 'GET',
    path: '/api/baseline/scans/:id',
    action: 'readBaseline',
    summary: 'How far a scan is',
    params: OneId,
    answer: BaselineScan,
  }),
  listBaselineExceptions: endpoint({
    name: 'listBaselineExceptions',
    method: 'GET',
    path: '/api/baseline/exceptions',
    action: 'readBaseline',
    summary: 'Exceptions in force, the next to end first',
    answer: Closed({ exceptions: Type.Array(BaselineException) }),
  }),
  addBaselineException: endpoint({
    name: 'addBaselineException',
    method: 'POST',
    path: '/api/baseline/exceptions',
    action: 'exceptBaseline',
    summary: 'Except a control for a device, a site or a class, with an owner and an end',
    body: Closed({
      control: Id,
      scope: OneOf(EXCEPTION_SCOPES),
      key: Id,
      owner: BaselineException.properties.owner,
      reason: Reason,
      until: Time,
    }),
    answer: BaselineException,
  }),
  endBaselineException: endpoint({
    name: 'endBaselineException',
    method: 'POST',
    path: '/api/baseline/exceptions/:id/end',
    action: 'exceptBaseline',
    summary: 'End an exception before its time',
    params: OneId,
    body: Closed({ reason: Reason }),
    answer: BaselineException,
  }),
  previewBaselineFix: fixing('previewBaselineFix', '/api/baseline/fix/preview', {
    summary: 'What would mend what failed, device by device; nothing is kept',
    answer: BaselineFix,
  }),
  addBaselineFix: fixing('addBaselineFix', '/api/baseline/fix', {
    summary: 'Plan the changes that mend what failed, to be signed like any other',
    answer: Closed({ changes: Type.Array(Change), fix: BaselineFix }),
  }),
  getRotation: endpoint({
    name: 'getRotation',
    method: 'GET',
    path: '/api/rotation',
    action: 'readBaseline',
    summary: 'How old credentials and certificates are, and which are due, a page of devices at a time',
    query: Closed({
      /** When it is due, what, and whose: the last of the page before. */
      after: Type.Optional(
        Type.String({ pattern: `^-?[0-9]{1,16}\\.(${ROTATED.join('|')})\\.[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$` }),
      ),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: ROTATION_PAGE_MAX })),
    }),
    answer: Rotation,
  }),
  addRotation: endpoint({
    name: 'addRotation',
    method: 'POST',
    path: '/api/rotation',
    action: 'planChange',
    summary: 'Plan a change that gives devices new credentials or certificates, to be signed like any other',
    body: Closed({
      what: OneOf(ROTATED),
      selection: BaselineSelection,
      /** Only those that are overdue, due soon, or of unknown age. */
      dueOnly: Type.Boolean(),
      /** How carefully. */
      options: Type.Optional(ChangeOptions),
    }),
    answer: Closed({ changes: Type.Array(Change) }),
  }),
} as const;
