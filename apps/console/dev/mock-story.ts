/** The mock's incident: fourteen cameras, a trace, a containment plan; all of it made from the mock city's rows. */
import type {
  Affected,
  Behaviour,
  Containment,
  ContainmentPlan,
  DeviceDetail,
  DeviceIdentity,
  DeviceRow,
  Finding,
  Incident,
  Situation,
} from '@cityward/contracts';
import { seeded } from '@cityward/kernel';

const MINUTE = 60_000;
const HOUR = 3_600_000;
export const OUTSIDE = 'ip:203.0.113.66';

export interface Story {
  readonly suspects: readonly DeviceRow[];
  readonly switches: readonly DeviceRow[];
  readonly now: number;
}

export const finding = (device: DeviceRow, at: number, n: number): Finding => ({
  id: `fnd-${device.id}`,
  detector: n % 5 === 4 ? 'scan' : n % 5 === 3 ? 'off-band' : 'new-peer',
  device: device.id,
  at,
  lastAt: at + 4 * MINUTE,
  count: 6 + n,
  severity: 'alarm',
  state: 'open',
  title:
    n % 5 === 4
      ? `${device.name} tried port 23 of 41 neighbours`
      : `${device.name} speaks to an address that none of its kind ever used`,
  observed: `${6 + n} conversations with 203.0.113.66, port 48101, ${30 + n} kB out`,
  expected: 'Cameras of this model speak to 3 addresses of the video core, port 554 and 8883',
  why: 'None of 120 cameras spoke to this address in 14 days; it lies outside the city',
  wouldNotHaveAlarmedIf: 'at least 3 cameras of this model had spoken to it for a day',
  peers: [OUTSIDE],
  port: 48_101,
  replay: false,
  simulated: true,
  authenticated: true,
  dismissed: null,
});

export const situation = (story: Story, state: Situation['state'], incident: string | null): Situation => ({
  id: 'sit-7k2m9c0q4x1ab3d5',
  state,
  incident,
  opened: story.now - 9 * MINUTE,
  lastAt: story.now - MINUTE,
  severity: 'alarm',
  title: `${story.suspects.length} cameras in Harbour and Mole End began sending to an address that none of their kind ever used`,
  summary: `It started at ${story.suspects[0]?.name}, installed last week by Northlight Integration, and reached ${story.suspects.length - 1} more within seven minutes.`,
  cause:
    'One address outside the city is new to all of them, and each was first reached by another camera on port 23 shortly before.',
  devices: story.suspects.map((row) => row.id),
  peers: [OUTSIDE],
  findings: story.suspects.length + 3,
  wards: ['Harbour', 'Mole End'],
  touches: ['Public CCTV', 'Footage of Harbour streets (about 312 people)'],
  replay: false,
  simulated: true,
  dismissed: null,
});

export const quiet = (story: Story): Situation => ({
  ...situation(story, 'open', null),
  id: 'sit-2b8v0c9x3m6n7q1w',
  severity: 'notice',
  title: 'Two air sensors in Orchard report every second instead of every minute',
  summary: 'Both got firmware 4.2.1 this morning.',
  cause: 'Their rate left their own band for this hour by a factor of 60.',
  devices: ['air-0003', 'air-0007'],
  peers: [],
  findings: 2,
  wards: ['Orchard'],
  touches: ['Air quality'],
  opened: story.now - 3 * HOUR,
  lastAt: story.now - 5 * MINUTE,
});

export const incident = (story: Story, containments: Containment[], notes: Incident['timeline']): Incident => ({
  id: 'inc-4d6f8h0j2k5m7p9r',
  state: 'open',
  opened: story.now - 5 * MINUTE,
  openedBy: 'Mere',
  title: situation(story, 'incident', null).title,
  situation: situation(story, 'incident', 'inc-4d6f8h0j2k5m7p9r'),
  devices: story.suspects.map((row) => ({
    id: row.id,
    name: row.name,
    class: row.class,
    ward: row.ward?.name ?? '',
    state: row.state,
    role: 'infected' as const,
  })),
  timeline: [
    ...story.suspects.map((row, i) => ({
      at: story.now - 12 * MINUTE + i * 28_000,
      lane: 'attack' as const,
      text: `${row.name} was reached on port 23 by ${i === 0 ? '203.0.113.66' : story.suspects[Math.floor((i - 1) / 2)]!.name}`,
      actor: 'switch-0002',
      subject: row.id,
      entry: null,
    })),
    ...story.suspects.slice(0, 6).map((row, i) => ({
      at: story.now - 9 * MINUTE + i * 34_000,
      lane: 'alert' as const,
      text: `${row.name} speaks to an address that none of its kind ever used`,
      actor: 'watch',
      subject: row.id,
      entry: 812 + i,
    })),
    {
      at: story.now - 5 * MINUTE,
      lane: 'response',
      text: 'Opened as incident',
      actor: 'Mere',
      subject: 'inc-4d6f8h0j2k5m7p9r',
      entry: 830,
    },
    ...notes,
  ],
  containments,
  closed: null,
});

export const affected = (story: Story): Affected => ({
  services: [
    { id: 'svc-cctv', name: 'Public CCTV', effect: `${story.suspects.length} of 120 cameras cannot be believed` },
    { id: 'svc-police', name: 'Police', effect: 'Sees these pictures; has two other views of each place' },
  ],
  datasets: [
    {
      id: 'ds-harbour',
      name: 'Footage of Harbour streets',
      cohort: 'Residents of Harbour',
      people: 231,
      devices: story.suspects.slice(0, 9).map((row) => row.id),
      since: story.now - 12 * MINUTE,
    },
    {
      id: 'ds-mole',
      name: 'Footage of the ferry pier',
      cohort: 'Passengers and staff',
      people: 81,
      devices: story.suspects.slice(9).map((row) => row.id),
      since: story.now - 8 * MINUTE,
    },
  ],
  people: 312,
  parties: [
    { id: 'northlight', name: 'Northlight Integration', role: 'Installed them', devices: 14 },
    { id: 'argus', name: 'Argus Optics', role: 'Made them', devices: 14 },
    { id: 'dept-safety', name: 'Department of Public Safety', role: 'Owns them', devices: 14 },
  ],
});

export const plan = (story: Story, hours: number, only: readonly string[] | undefined): ContainmentPlan => {
  const cut = story.suspects.filter((row) => !only || only.includes(row.id));
  return {
    incident: 'inc-4d6f8h0j2k5m7p9r',
    hash: `plan-${hours}-${cut.length}`,
    at: story.now,
    possible: true,
    refusal: null,
    sentence: `Isolates ${cut.length} of 120 cameras; no crossing affected; ends in ${hours} ${hours === 1 ? 'hour' : 'hours'}.`,
    cut: cut.map((row, i) => ({
      device: row.id,
      name: row.name,
      class: row.class,
      by: i % 4 === 3 ? ('session' as const) : ('session-and-switch' as const),
      through: i % 4 === 3 ? null : (story.switches[i % story.switches.length]?.id ?? null),
      effect: 'Its picture goes dark; recording on the card goes on',
    })),
    spared: [
      {
        device: 'crossing-0003',
        name: 'Quay crossing 1411',
        reason: 'Keeps people safe and hangs on the same switch; never cut',
      },
    ],
    effects: [
      { service: 'Public CCTV', affected: cut.length, of: 120, text: 'Harbour pier keeps 6 of 20 views' },
      { service: 'Crossings', affected: 0, of: 36, text: 'None affected' },
      { service: 'Traffic signals', affected: 0, of: 41, text: 'None affected' },
    ],
    protects: [
      { id: 'svc-video-core', name: 'Video core' },
      { id: 'svc-hospital', name: 'Merrow Hospital' },
    ],
    hours,
    ends: story.now + hours * HOUR,
  };
};

export const containment = (
  story: Story,
  input: { hours: number; reason: string; devices?: readonly string[] },
): Containment => {
  const made = plan(story, input.hours, input.devices);
  return {
    id: 'con-1a3c5e7g9j2m4p6s',
    incident: made.incident,
    state: 'applying',
    applied: Date.now(),
    ends: made.ends,
    by: 'Mere',
    reason: input.reason,
    sentence: made.sentence,
    devices: made.cut.map((one) => ({
      device: one.device,
      name: one.name,
      session: 'cut',
      certificate: 'held',
      switch: one.through === null ? 'none' : 'waiting',
      through: one.through,
      note: '',
    })),
    undone: null,
  };
};

export const identity = (row: DeviceRow): DeviceIdentity => ({
  device: row.id,
  state: row.state === 'unknown' ? 'none' : row.state === 'contained' ? 'held' : 'enrolled',
  serial: row.state === 'unknown' ? null : '4f:9a:11:c0:7e:20:83:aa',
  spiffe: row.state === 'unknown' ? null : `spiffe://port-merrow/device/${row.id}`,
  notAfter: row.state === 'unknown' ? null : Date.now() + 61 * 24 * HOUR,
  connected: row.state === 'trusted' || row.state === 'suspect',
  until: null,
  reason: null,
});

export function detail(row: DeviceRow, now: number): DeviceDetail {
  const camera = row.class === 'camera';
  return {
    device: row,
    installed: now - 8 * 24 * HOUR,
    installer: { id: 'northlight', name: 'Northlight Integration' },
    maintainer: { id: 'northlight', name: 'Northlight Integration' },
    owner: { id: 'dept-safety', name: 'Department of Public Safety' },
    failSafe: camera ? 'Dark; records on its card' : 'Stays as it is',
    backup: camera ? 'Two neighbouring views' : 'None',
    neverCut: row.criticality === 'life-safety',
    source: 'Founding inventory',
    neighbours: [
      {
        direction: 'depends-on',
        edge: 'telecom',
        node: 'device',
        id: 'switch-0002',
        name: 'Harbour cabinet switch',
        note: 'Port 7',
      },
      {
        direction: 'depends-on',
        edge: 'power',
        node: 'site',
        id: row.site?.id ?? 'site-x',
        name: row.site?.name ?? '',
        note: 'Feeder 3',
      },
      { direction: 'needed-by', edge: 'service', node: 'service', id: 'svc-cctv', name: 'Public CCTV', note: '' },
    ],
    facets: {},
    timeline: [
      {
        at: now - 8 * 24 * HOUR,
        type: 'device.enrolled',
        text: 'Enrolled with a one-time code',
        actor: 'Mere',
        entry: 114,
      },
      { at: now - 5 * MINUTE, type: 'incident.opened', text: 'Became part of an incident', actor: 'Mere', entry: 830 },
    ].toReversed(),
    datasets: camera
      ? [
          {
            id: 'ds-harbour',
            name: 'Footage of Harbour streets',
            cohort: 'Residents of Harbour',
            people: 231,
            purpose: 'Public safety; kept 30 days',
          },
        ]
      : [],
  };
}

export function behaviour(row: DeviceRow, now: number): Behaviour {
  const random = seeded(row.id);
  const hours = (base: number, odd: boolean) =>
    Array.from({ length: 14 * 24 }, (_, i) => {
      const at = Math.floor(now / HOUR) * HOUR - (14 * 24 - 1 - i) * HOUR;
      const day = 1 + 0.45 * Math.sin((((at / HOUR) % 24) / 24) * 2 * Math.PI);
      const value = base * day * (1 + 0.08 * random.normal()) * (odd && i > 14 * 24 - 3 ? 2.6 : 1);
      return {
        at,
        value: i % 97 === 5 ? null : value,
        low: base * day * 0.72,
        high: base * day * 1.28,
        simulated: i < 14 * 24 - 4,
      };
    });
  return {
    device: row.id,
    learning: row.state === 'learning',
    learnedHours: row.state === 'learning' ? 9 : 336,
    neededHours: 24,
    measures: [
      { name: 'Sent', unit: 'bytes/h', hours: hours(52_000_000, row.state === 'suspect') },
      { name: 'Conversations', unit: 'per hour', hours: hours(240, row.state === 'suspect') },
    ],
    peers: [
      {
        peer: 'video-core',
        port: 554,
        firstSeen: now - 14 * 24 * HOUR,
        lastSeen: now - 20_000,
        count: 80_400,
        usualForKind: true,
      },
      {
        peer: 'broker',
        port: 8883,
        firstSeen: now - 14 * 24 * HOUR,
        lastSeen: now - 9_000,
        count: 20_160,
        usualForKind: true,
      },
      ...(row.state === 'suspect'
        ? [
            {
              peer: OUTSIDE,
              port: 48_101,
              firstSeen: now - 9 * MINUTE,
              lastSeen: now - MINUTE,
              count: 14,
              usualForKind: false,
            },
          ]
        : []),
    ],
  };
}
