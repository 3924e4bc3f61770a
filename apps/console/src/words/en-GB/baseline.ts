/** The baseline: how devices are set up, what is excepted, what would mend it. */
import type {
  BaselineScan,
  BaselineSource,
  BaselineTier,
  BaselineTierScore,
  ControlOutcome,
  ControlView,
} from '@cityward/contracts';
import { many } from './counting.ts';

const tiers: Record<BaselineTier, string> = {
  default: 'Default protection',
  basic: 'Basic',
  extended: 'Extended',
};
const tierStates: Record<BaselineTierScore['state'], string> = {
  met: 'Met',
  'met-but-excepted': 'Met, with exceptions',
  'not-met': 'Not met',
  unknown: 'Not known',
  'not-applicable': 'Nothing to check',
};
const outcomes: Record<ControlOutcome['state'], string> = {
  passed: 'As wanted',
  failed: 'Fails',
  'not-applicable': 'Does not apply',
  unknown: 'Not known',
};
const fixes: Record<ControlView['fix']['by'], string> = {
  configure: 'Mended by a change of configuration',
  'two-steps': 'Mended in two steps',
  rotate: 'Mended by new keys',
  install: 'Mended by firmware',
  person: 'Mended by a person',
};
const sources: Partial<Record<BaselineSource, string>> = {
  param: 'its parameters',
  settings: 'its own settings',
  agent: 'what it holds to be trusted',
  city: 'what the city knows of it',
};

export const baseline = {
  baseline: {
    lead: 'How devices are set up, against what the city asks of them. Read by the devices or the gateways of their sites; mended by signed changes only.',
    tiers,
    tierStates,
    outcomes,
    fixes,
    source: (name: BaselineSource): string => sources[name] ?? name,
    percent: (score: number | null): string => (score === null ? '–' : `${score} %`),
    devices: (count: number): string => many(count, 'device', 'devices'),
    unread: (count: number): string => (count === 0 ? 'all read' : `${count} not read this week`),
    tierColumns: ['Tier', 'Score', 'Met', 'With exceptions', 'Not met', 'Not known'],
    worst: 'Controls, worst first',
    controlColumns: ['Control', 'Tier', 'Fail', 'Not known', 'Excepted', 'As wanted'],
    allControls: (count: number): string => `Show all ${count} controls`,
    scan: 'Read all devices now',
    scanning: (answered: number, of: number): string => `${answered} of ${of} devices have answered`,
    scanned: ({ answered, devices, silent, unreachable }: BaselineScan): string =>
      [
        `Last scan: ${answered} of ${devices} read`,
        ...(silent > 0 ? [`${silent} did not answer`] : []),
        ...(unreachable > 0 ? [`${unreachable} away, or with nobody there to read them`] : []),
      ].join(', '),
    exceptions: 'Exceptions in force',
    noExceptions:
      'None. Somebody may answer for a control that is not met, with a reason and until a day; it then ends by itself.',
    exceptionColumns: ['Control', 'For', 'Answers for it', 'Why', 'Devices', 'Ends'],
    keyOf: { device: 'Device', site: 'Site', class: 'Class' },
    scopes: { device: 'device', site: 'site', class: 'class' },
    end: 'End',
    endIt: 'End the exception',
    wantedEnd: 'end the exception',
    endOf: (control: string, owner: string): string => `End the exception from ${control} that ${owner} answers for`,
    endEffect: 'The control counts as failed again from now on.',
    empty: { title: 'No controls', text: 'Controls come as data with Cityward, one file for each kind of device.' },
    why: 'Why',
    wanted: 'What is wanted',
    wantedColumns: ['Setting', 'Wanted'],
    how: 'How it is mended',
    costs: 'What it costs',
    from: 'From',
    readFrom: 'Read from',
    byEye: 'No reading can tell: look at the device. It is not part of the score.',
    failing: 'Devices',
    filter: 'Show',
    filters: { failed: 'Those that fail', unknown: 'Not known', 'met-but-excepted': 'Excepted', passed: 'As wanted' },
    none: 'None.',
    more: 'Only the first are listed.',
    deviceColumns: ['Device', 'Score', 'Fails', 'Not known', 'Read'],
    neverRead: 'never',
    plan: (count: number): string => `Plan a change that mends ${many(count, 'device', 'devices')}`,
    show: 'Show what would change',
    nothing: 'Nothing that fails here can be mended by a change.',
    differs: 'What would change',
    differenceColumns: ['Device', 'Setting', 'Is', 'Becomes'],
    andMore: (count: number): string => `and ${many(count, 'device', 'devices')} more`,
    left: 'Left as it is',
    secondStep:
      'This step could lock the city out. It goes one device first, and each has shown that it is reached the new way.',
    except: 'Except it',
    wantedExcept: 'except it',
    exceptEffect:
      'It counts as excepted, never as met, until that day; then it counts again by itself. You can end it before.',
    scope: 'For',
    allOf: (name: string): string => `all of class ${name}`,
    device: 'Baseline',
    readBy: 'Read',
    stale: 'too long ago to say anything',
    noSet: 'The city keeps no controls for devices of this class.',
    exceptedUntil: (owner: string): string => `${owner} answers for it until`,
    others: (count: number): string => `${count} controls are as wanted or do not apply`,
  },
} as const;
