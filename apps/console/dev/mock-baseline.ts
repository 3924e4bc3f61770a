/** A made-up baseline for the console alone: two kinds of devices, some that fail, an exception, a scan that has ended. */
import type { BaselineException, BaselineFix, ControlOutcome, ControlTally, Rotation } from '@cityward/contracts';
import { changeHandlers, rotationOf, rotations } from './mock-changes.ts';
import { MockRefusal, type Asked, type MockState } from './mock-state.ts';

const DAY = 86_400_000;
type ControlClasses = Parameters<typeof rotationOf>[1];
type Row = readonly [id: string, title: string, tier: ControlTally['tier'], failed: number, unknown: number];
const CAMERA: readonly Row[] = [
  ['axis-https-only', 'Everybody signs in over HTTPS, nobody over HTTP', 'default', 214, 3],
  ['axis-bonjour-off', 'It does not announce itself by Bonjour', 'basic', 214, 3],
  ['axis-time-servers', 'It takes the time from two servers', 'basic', 61, 3],
  ['axis-ssh-off', 'SSH is off', 'basic', 12, 3],
  ['axis-firewall', 'Its firewall drops what is not allowed', 'basic', 9, 40],
  ['axis-password-throttling', 'Wrong passwords make a sender wait', 'default', 0, 3],
  ['axis-snmp-v3', 'SNMP is version 3 or off', 'extended', 0, 3],
];
const AGENT: readonly Row[] = [
  ['agent-remote-shell-off', 'Nobody gets a shell over the network', 'basic', 180, 8],
  ['agent-officers-pinned', 'It knows whose signatures count', 'default', 0, 8],
];
const OF = { camera: 240, agent: 360 } as const;
const tallyOf =
  (devices: number) =>
  ([id, title, tier, failed, unknown]: Row): ControlTally => ({
    id,
    title,
    tier,
    rated: true,
    mendable: true,
    failed,
    unknown,
    excepted: id === 'axis-bonjour-off' ? 6 : 0,
    notApplicable: 0,
    passed: devices - failed - unknown,
  });
const tiers = (score: number, devices: number) =>
  (['default', 'basic', 'extended'] as const).map((tier, at) => ({
    tier,
    // Of the extended tier nothing was read: no score, and not none of a hundred.
    score: tier === 'extended' ? null : score - at * 9,
    met: Math.floor(devices / (at + 3)),
    metButExcepted: 6,
    notMet: Math.floor(devices / 2),
    unknown: 3,
    notApplicable: 0,
  }));
const setOf = (id: string, title: string, rows: readonly Row[]) => {
  const devices = id === 'axis-camera' ? OF.camera : OF.agent;
  const classes = id === 'axis-camera' ? ['camera'] : ['street-light', 'signal'];
  return { id, title, classes, devices, unread: 3, tiers: tiers(84, devices), controls: rows.map(tallyOf(devices)) };
};
const controls = [...CAMERA.map(tallyOf(OF.camera)), ...AGENT.map(tallyOf(OF.agent))];
const found = ({ params }: Asked): ControlTally => {
  const control = controls.find(({ id }) => id === params['id']);
  if (!control)
    throw new MockRefusal(404, 'CONTROL_UNKNOWN', `find control "${params['id']}": there is none of that id`);
  return control;
};
const exceptions = (): BaselineException[] => [
  {
    id: 'exc-7k2m9c0q4x1ab3d5',
    control: 'axis-bonjour-off',
    scope: 'site',
    key: 'site-0004',
    owner: 'Traffic control',
    reason: 'The recorder of the tunnel finds its cameras by Bonjour until it is replaced in spring',
    by: 'prs-0001',
    at: Date.now() - 20 * DAY,
    until: Date.now() + 71 * DAY,
    devices: 6,
  },
];
const scan = (ended: boolean) => ({
  id: 'scan-5f2m9c0q4x1ab3d5',
  by: 'prs-0001',
  at: Date.now() - 3_600_000,
  ended: ended ? Date.now() - 3_570_000 : null,
  devices: 600,
  answered: 589,
  silent: 3,
  unreachable: 8,
});
const OUTCOMES: readonly Pick<ControlOutcome, 'control' | 'title' | 'state' | 'words' | 'wanted'>[] = [
  {
    control: 'axis-https-only',
    title: CAMERA[0]![1],
    state: 'failed',
    words: 'System.BoaGroupPolicy.admin is "both"',
    wanted: '"https"',
  },
  {
    control: 'axis-bonjour-off',
    title: CAMERA[1]![1],
    state: 'failed',
    words: 'Network.Bonjour.Enabled is "yes"',
    wanted: '"no"',
  },
  {
    control: 'axis-firewall',
    title: CAMERA[4]![1],
    state: 'unknown',
    words: 'It could not be read: HTTP 500',
    wanted: null,
  },
  { control: 'axis-ssh-off', title: CAMERA[3]![1], state: 'passed', words: 'As wanted', wanted: null },
];
const fix = (): BaselineFix => ({
  groups: [
    {
      draft: {
        title: 'Baseline: mend 1 control on 214 devices',
        action: { do: 'configure', document: 'a'.repeat(64) },
        revert: null,
        selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: ['cam-0001', 'cam-0002'] },
        options: {},
        tracks: [],
        notBefore: Date.now(),
        notAfter: Date.now() + 7 * DAY,
      },
      document: { param: { 'Network.Bonjour.Enabled': 'no' } },
      devices: 214,
      controls: ['axis-bonjour-off'],
      secondStep: false,
      sample: Array.from({ length: 5 }, (_, at) => ({
        device: `cam-000${at + 1}`,
        differences: [{ control: 'axis-bonjour-off', name: 'param.Network.Bonjour.Enabled', is: 'yes', wanted: 'no' }],
      })),
    },
  ],
  unmended: [],
  devices: 214,
});

const rotationRows = (): Rotation['rows'] => {
  const oldest = Date.now() - 104 * DAY;
  return [
    { class: 'camera', what: 'credentials', devices: 240, unknown: 12, overdue: 9, soon: 40, oldest },
    { class: 'camera', what: 'certificate', devices: 240, unknown: 3, overdue: 0, soon: 22, oldest: null },
    { class: 'street-light', what: 'certificate', devices: 360, unknown: 0, overdue: 0, soon: 0, oldest },
  ];
};
const ROTATION_PAGE = 8;
const rotationDevices = (): Rotation['devices'] =>
  Array.from({ length: 12 }, (_, i) => ({
    device: `cam-${String(i + 1).padStart(4, '0')}`,
    what: i % 3 === 0 ? ('certificate' as const) : ('credentials' as const),
    since: i % 4 === 0 ? null : Date.now() - (104 - i) * DAY,
    due: i % 4 === 0 ? null : Date.now() - (14 - i * 3) * DAY,
    change: i % 4 === 1 ? 'chg-3r2m9c0q4x1ab3d5' : null,
  }));

const rotationPage = (after: string | undefined): Pick<Rotation, 'devices' | 'next'> => {
  const all = rotationDevices();
  return after === undefined
    ? { devices: all.slice(0, ROTATION_PAGE), next: `0.certificate.${all[ROTATION_PAGE - 1]!.device}` }
    : { devices: all.slice(ROTATION_PAGE), next: null };
};

export const baselineHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  getBaseline: () => ({
    sets: [
      setOf('axis-camera', 'Cameras with AXIS OS', CAMERA),
      setOf('cityward-agent', "Devices with the city's agent", AGENT),
    ],
    exceptions: 1,
    scan: scan(true),
  }),
  getControl: (_, asked) => ({
    control: found(asked),
    set: 'axis-camera',
    why: 'Whoever listens learns that a camera is here, its model and its firmware.',
    from: 'AXIS OS Hardening Guide, Basic hardening: Disable unused network services',
    read: 'param',
    wanted: [{ name: 'param.Network.Bonjour.Enabled', wanted: '"no"' }],
    fix: { by: 'configure', words: 'A change of configuration sets Network.Bonjour.Enabled = no' },
    tradeOff: 'A camera that was moved is not found again by itself: its new address has to be looked up.',
  }),
  listBaselineDevices: (_, { query }) => ({
    devices: Array.from({ length: query['state'] === 'failed' ? 40 : 3 }, (_one, at) => ({
      device: `cam-${String(at + 1).padStart(4, '0')}`,
      set: 'axis-camera',
      read: Date.now() - 3_600_000,
      state: 'not-met',
      score: 78 - (at % 9),
      failed: 4 + (at % 3),
      unknown: at % 2,
      excepted: 0,
    })),
    next: null,
  }),
  getDeviceBaseline: (_, { params }) => ({
    device: params['id'],
    set: 'axis-camera',
    read: { at: Date.now() - 3_600_000, by: 'switch-0001', stale: false },
    tiers: (['default', 'basic', 'extended'] as const).map((tier, at) => ({
      tier,
      state: at === 2 ? 'met' : 'not-met',
      score: [86, 78, 100][at]!,
      passed: 20,
      failed: at === 2 ? 0 : 2,
      unknown: 0,
      notApplicable: 1,
      excepted: 0,
    })),
    controls: OUTCOMES.map((one) => ({
      ...one,
      tier: 'basic',
      rated: true,
      why: 'Over HTTP pictures and sign-ins can be read and changed on their way.',
      fix: 'A change of configuration',
      tradeOff: null,
      exception: null,
    })),
    history: [],
  }),
  startBaselineScan: () => scan(false),
  getBaselineScan: () => scan(true),
  listBaselineExceptions: () => ({ exceptions: exceptions() }),
  addBaselineException: () => exceptions()[0],
  endBaselineException: () => exceptions()[0],
  previewBaselineFix: () => fix(),
  addBaselineFix: () => ({ changes: [], fix: fix() }),
  getRotation: (state, { query }) => ({
    rows: state.calm ? [] : rotationRows(),
    ...(state.calm ? { devices: [], next: null } : rotationPage(query['after'])),
    changes: rotations(state),
  }),
  addRotation: (state, asked) => {
    const { what, selection } = asked.body as {
      what: 'credentials' | 'certificate';
      selection: { classes: ControlClasses };
    };
    return changeHandlers['addChange']!(state, { ...asked, body: rotationOf(what, selection.classes) });
  },
};
