/** The mock's state: devices, people, what was done; and its answers about the city. */
import {
  DEVICE_CLASSES,
  DEVICE_STATES,
  type Containment,
  type DeviceRow,
  type ImportReport,
  type Incident,
  type LiveEvent,
  type Person,
  type ServiceCard,
  type ServiceKind,
  type Session,
  type TemporaryAccess,
} from '@cityward/contracts';
import { seeded } from '@cityward/kernel';
import { mockAccess, VENDOR } from './mock-access.ts';
import { countStates, mockDevices, WARDS } from './mock-city.ts';
import type * as story from './mock-story.ts';

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}
/** Thrown to answer with a Problem. */
export class MockRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const HOUR = 3_600_000;
const SERVICES: readonly (readonly [ServiceKind, string, string | null])[] = [
  ['street-lighting', 'Street lighting', 'street-light'],
  ['traffic', 'Traffic signals', 'signal'],
  ['crossings', 'Crossings', 'crossing'],
  ['cctv', 'Public CCTV', 'camera'],
  ['water', 'Water', 'water-pump'],
  ['waste', 'Waste', 'waste-bin'],
  ['air-quality', 'Air quality', 'air-sensor'],
  ['parking', 'Parking', 'parking-sensor'],
  ['wifi', 'Public Wi-Fi', 'wifi-access-point'],
  ['bus-information', 'Bus information', 'bus-sign'],
  ['hospital', 'Merrow Hospital', null],
  ['clinic', 'Mole End Clinic', null],
  ['dialysis', 'Dialysis Centre', null],
  ['fire', 'Fire', null],
  ['police', 'Police', null],
];

export interface MockState {
  readonly rows: DeviceRow[];
  readonly byId: ReadonlyMap<string, DeviceRow>;
  readonly calm: boolean;
  signedIn: boolean;
  incident: boolean;
  /** Told on the live stream at its next tick, once. */
  readonly news: LiveEvent[];
  notes: Incident['timeline'];
  containments: Containment[];
  dismissed: Set<string>;
  people: Person[];
  imports: ImportReport[];
  readonly passkeys: number;
  account: boolean;
  /** A person took back what the calls of a service showed. */
  forgiven: boolean;
  access: TemporaryAccess[];
  /** Signed in is a vendor, not somebody of the city. */
  visitor: boolean;
}

export function mockState(options: {
  readonly devices: number;
  readonly calm: boolean;
  readonly signedIn: boolean;
  readonly seed?: string;
  readonly visitor?: boolean;
}): MockState {
  const rows = mockDevices({
    seed: options.seed ?? 'port-merrow',
    count: options.devices,
    now: Date.now(),
    calm: options.calm,
  });
  return {
    rows,
    byId: new Map(rows.map((row) => [row.id, row])),
    calm: options.calm,
    signedIn: options.signedIn,
    incident: false,
    news: [],
    notes: [],
    containments: [],
    dismissed: new Set(),
    imports: [],
    passkeys: 1,
    account: false,
    forgiven: false,
    access: mockAccess(Date.now()),
    visitor: options.visitor ?? false,
    people: [
      {
        id: 'prs-0001',
        handle: 'Mere',
        roles: ['administrator', 'operator', 'analyst'],
        state: 'active',
        lastSeen: Date.now() - 4_000,
      },
      { id: 'prs-0002', handle: 'Tomas', roles: ['operator'], state: 'active', lastSeen: Date.now() - 30 * HOUR },
      { id: 'prs-0003', handle: 'Audit Office', roles: ['auditor'], state: 'invited', lastSeen: null },
      { id: VENDOR, handle: 'Lens and Pole Ltd', roles: [], state: 'active', lastSeen: Date.now() - HOUR },
    ],
  };
}

function whoIs(state: MockState): Pick<NonNullable<Session['me']>, 'person' | 'handle' | 'roles'> {
  if (!state.visitor)
    return { person: 'prs-0001', handle: 'Mere', roles: ['administrator', 'operator', 'analyst', 'officer'] };
  const runs = state.access.some((one) => one.state === 'running');
  return { person: VENDOR, handle: 'Lens and Pole Ltd', roles: runs ? ['vendor'] : [] };
}

export const sessionOf = (state: MockState): Session => ({
  me: state.signedIn
    ? {
        ...whoIs(state),
        kind: 'staff',
        position: null,
        passkeys: state.passkeys,
        recoveryCodesLeft: 8,
        account: state.account,
        expires: Date.now() + 9 * HOUR,
      }
    : null,
  city: 'Port Merrow',
  notice: 'simulated devices, real protocols',
  version: '0.1.0',
  provider: 'login.example',
  portal: 'http://portal.localhost:8081',
});
export const storyOf = (state: MockState): story.Story => ({
  suspects: state.rows.filter((row) => row.class === 'camera' && row.stateReason.startsWith('Speaks to')),
  switches: state.rows.filter((row) => row.class === 'site-switch').slice(0, 3),
  now: Date.now(),
});

export function serviceCards(state: MockState): ServiceCard[] {
  return SERVICES.map(([kind, name, klass]) => {
    const rows = klass === null ? [] : state.rows.filter((row) => row.class === klass);
    const random = seeded(kind);
    return {
      id: `svc-${kind}`,
      name,
      kind,
      criticality: 'essential',
      devices: rows.length,
      states: countStates(rows),
      reporting: Array.from({ length: 24 }, (_, i) =>
        i === 4
          ? null
          : Math.min(1, 0.96 + 0.05 * random.next() - (kind === 'cctv' && i > 21 && !state.calm ? 0.25 : 0)),
      ),
    };
  });
}

export const devicePoints = (state: MockState) => ({
  classes: [...DEVICE_CLASSES],
  states: [...DEVICE_STATES],
  wards: WARDS.map(([id]) => id),
  id: state.rows.map((row) => row.id),
  lon: state.rows.map((row) => row.lon!),
  lat: state.rows.map((row) => row.lat!),
  class: state.rows.map((row) => DEVICE_CLASSES.indexOf(row.class)),
  state: state.rows.map((row) => DEVICE_STATES.indexOf(row.state)),
  ward: state.rows.map((row) => WARDS.findIndex(([id]) => id === row.ward?.id)),
});

const valueOf: Readonly<Record<string, (row: DeviceRow) => string>> = {
  class: (row) => row.class,
  state: (row) => row.state,
  ward: (row) => row.ward?.id ?? '',
  maker: (row) => row.maker?.id ?? '',
  criticality: (row) => row.criticality,
  trust: (row) => row.trust,
};
const sortKey = (row: DeviceRow, key: string): string | number =>
  key === 'state'
    ? DEVICE_STATES.indexOf(row.state)
    : key === 'ward'
      ? (row.ward?.name ?? '')
      : key === 'maker'
        ? (row.maker?.name ?? '')
        : ((row as unknown as Record<string, string | number | null>)[key] ?? '');

export function listDevices(state: MockState, query: Asked['query']) {
  const bbox = query['bbox']?.split(',').map(Number);
  const q = query['q']?.toLowerCase();
  const base = state.rows.filter(
    (row) =>
      (!q || `${row.id} ${row.name} ${row.serial} ${row.ip}`.toLowerCase().includes(q)) &&
      (!bbox || (row.lon! >= bbox[0]! && row.lat! >= bbox[1]! && row.lon! <= bbox[2]! && row.lat! <= bbox[3]!)),
  );
  const passes = (row: DeviceRow, but?: string): boolean =>
    Object.entries(valueOf).every(
      ([facet, value]) => facet === but || !query[facet] || query[facet].split(',').includes(value(row)),
    );
  const facets = Object.fromEntries(
    Object.entries(valueOf).map(([facet, value]) => {
      const counts: Record<string, number> = {};
      for (const row of base) if (passes(row, facet)) counts[value(row)] = (counts[value(row)] ?? 0) + 1;
      return [facet, counts];
    }),
  );
  const sort = query['sort'] ?? 'id';
  const [key, sign] = sort.startsWith('-') ? [sort.slice(1), -1] : [sort, 1];
  const found = base
    .filter((row) => passes(row))
    .sort(
      (a, b) =>
        sign * (sortKey(a, key) < sortKey(b, key) ? -1 : sortKey(a, key) > sortKey(b, key) ? 1 : 0) ||
        (a.id < b.id ? -1 : 1),
    );
  const offset = Number(query['offset'] ?? 0);
  return { total: found.length, offset, rows: found.slice(offset, offset + Number(query['limit'] ?? 100)), facets };
}
