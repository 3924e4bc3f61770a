/** A small seeded harbour city for the mock server: geography and devices, in the shapes of contracts. */
import { seeded, type Random } from '@cityward/kernel';
import {
  DEVICE_STATES,
  type CityMap,
  type DeviceClass,
  type DeviceRow,
  type DeviceState,
  type Criticality,
} from '@cityward/contracts';
import { TRUST_OF } from './mock-trust.ts';

const WEST = 174.7;
const SOUTH = -41.32;
const SPAN_LON = 0.09;
const SPAN_LAT = 0.055;
export const BOUNDS: [number, number, number, number] = [WEST, SOUTH, WEST + SPAN_LON, SOUTH + SPAN_LAT];
export const WARDS = [
  ['harbour', 'Harbour'],
  ['mole', 'Mole End'],
  ['market', 'Market'],
  ['hill', 'Hill'],
  ['mere', 'Mere'],
  ['station', 'Station'],
  ['orchard', 'Orchard'],
  ['papatu', 'Papatū'],
  ['north', 'North Quay'],
] as const;
const COLUMNS = 3;

type Ring = [number, number][];
const at = (x: number, y: number): [number, number] => [
  Number((WEST + x * SPAN_LON).toFixed(6)),
  Number((SOUTH + y * SPAN_LAT).toFixed(6)),
];
/** The shore: land lies to the west of it. */
const shore = (y: number): number => 0.86 + 0.05 * Math.sin(y * 7) - 0.14 * Math.exp(-((y - 0.45) ** 2) / 0.01);
const feature = (kind: string, geometry: object, properties: object = {}) => ({
  type: 'Feature',
  properties: { kind, ...properties },
  geometry,
});
const polygon = (ring: Ring): object => ({ type: 'Polygon', coordinates: [[...ring, ring[0]!]] });
const line = (points: Ring): object => ({ type: 'LineString', coordinates: points });
const steps = (n: number): number[] => Array.from({ length: n + 1 }, (_, i) => i / n);

function wardRing(i: number): Ring {
  const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
  const right = (y: number): number => (column === COLUMNS - 1 ? shore(y) : ((column + 1) / COLUMNS) * 0.82);
  const left = (column / COLUMNS) * 0.82;
  const [low, high] = [row / 3, (row + 1) / 3];
  const edge = steps(8).map((t) => at(right(low + t * (high - low)), low + t * (high - low)));
  return [at(left, low), ...edge, at(left, high)];
}

const STREETS = [
  'Quay',
  'Chandler',
  'Rope',
  'Signal',
  'Tide',
  'Beacon',
  'Kauri',
  'Mill',
  'Lantern',
  'Salt',
  'Anchor',
  'Cooper',
];

export function mockMap(): CityMap {
  const collection = (features: object[]) => ({ type: 'FeatureCollection', features });
  const coast = steps(40).map((y) => at(shore(y), y));
  const river = steps(30).map((t) => at(t * 0.8, 0.45 + 0.05 * Math.sin(t * 6)));
  const streets = [
    ...steps(11)
      .slice(1, -1)
      .map((x, i) =>
        feature(
          'street',
          line(
            steps(20)
              .filter((y) => x * 0.8 < shore(y) - 0.02)
              .map((y) => at(x * 0.8 + 0.008 * Math.sin(y * 5 + i), y)),
          ),
          { name: `${STREETS[i % 12]} Street`, rank: 'main' },
        ),
      ),
    ...steps(13)
      .slice(1, -1)
      .map((y, i) =>
        feature('street', line(steps(16).map((x) => at(x * (shore(y) - 0.01), y + 0.006 * Math.sin(x * 6 + i)))), {
          name: `${STREETS[(i + 5) % 12]} Road`,
          rank: 'street',
        }),
      ),
  ];
  return {
    bounds: BOUNDS,
    layers: {
      land: collection([feature('land', polygon([at(-0.05, -0.05), ...coast, at(-0.05, 1.05)]))]),
      water: collection([feature('water', line(river), { name: 'Merrow' })]),
      park: collection([
        feature(
          'park',
          polygon(
            steps(14)
              .slice(0, -1)
              .map((t) => at(0.2 + 0.07 * Math.cos(t * 6.283), 0.75 + 0.08 * Math.sin(t * 6.283))),
          ),
        ),
        feature('park', polygon([at(0.5, 0.12), at(0.62, 0.14), at(0.6, 0.24), at(0.49, 0.22)])),
      ]),
      street: collection(streets),
      ward: collection(WARDS.map(([id, name], i) => feature('ward', polygon(wardRing(i)), { id, name }))),
    },
  };
}

const KINDS: readonly (readonly [DeviceClass, string, number, Criticality, string, string])[] = [
  ['street-light', 'lamp', 0.4, 'important', 'lumen', 'Lumen LX2'],
  ['camera', 'cam', 0.2, 'important', 'argus', 'Argus C40'],
  ['signal', 'signal', 0.07, 'life-safety', 'wegweis', 'Wegweis S9'],
  ['crossing', 'crossing', 0.06, 'life-safety', 'wegweis', 'Wegweis P3'],
  ['waste-bin', 'bin', 0.07, 'routine', 'tonne', 'Tonne B1'],
  ['air-sensor', 'air', 0.04, 'routine', 'aria', 'Aria 5'],
  ['parking-sensor', 'park', 0.05, 'routine', 'aria', 'Aria P'],
  ['wifi-access-point', 'wifi', 0.03, 'routine', 'argus', 'Argus W6'],
  ['bus-sign', 'sign', 0.02, 'routine', 'lumen', 'Lumen T1'],
  ['water-pump', 'pump', 0.015, 'essential', 'hydra', 'Hydra M'],
  ['water-tank', 'tank', 0.01, 'essential', 'hydra', 'Hydra T'],
  ['site-switch', 'switch', 0.035, 'essential', 'core', 'Core 24'],
];
export const MAKERS: Readonly<Record<string, string>> = {
  lumen: 'Lumen Works',
  argus: 'Argus Optics',
  wegweis: 'Wegweis',
  tonne: 'Tonne',
  aria: 'Aria Sense',
  hydra: 'Hydra Flow',
  core: 'Core Networks',
};

function kindAt(random: Random): (typeof KINDS)[number] {
  let draw = random.next();
  for (const kind of KINDS) if ((draw -= kind[2]) < 0) return kind;
  return KINDS[0]!;
}

const REASONS: Readonly<Record<DeviceState, string>> = {
  suspect: 'Speaks to 203.0.113.66, to which none of its kind ever spoke',
  quarantined: 'Its certificate was revoked by Mere on 3 November',
  contained: 'Contained by Mere until 06:07',
  watched: 'Sends twice its usual volume for this hour',
  unreachable: 'Has not reported for 40 minutes; it reports every minute',
  unknown: 'Has no certificate yet',
  learning: 'In its first 24 hours: 9 of 24 learned',
  trusted: 'Certified, reporting, and behaving as usual',
};

export interface MockCity {
  readonly rows: DeviceRow[];
  readonly calm: boolean;
}
const drawState = (random: Random, calm: boolean): DeviceState => {
  const draw = random.next();
  if (draw < 0.94 || calm) return 'trusted';
  if (draw < 0.965) return 'learning';
  return draw < 0.985 ? 'unreachable' : draw < 0.995 ? 'unknown' : 'watched';
};

/** @param now milliseconds; @param calm nothing unusual anywhere */
export function mockDevices(options: {
  readonly seed: string;
  readonly count: number;
  readonly now: number;
  readonly calm: boolean;
}): DeviceRow[] {
  const random = seeded(options.seed);
  const numbers = new Map<string, number>();
  let suspects = 0;
  return Array.from({ length: options.count }, (_, i) => {
    const [klass, short, , criticality, maker, model] = kindAt(random);
    const number = (numbers.get(short) ?? 0) + 1;
    numbers.set(short, number);
    const y = random.next();
    const x = random.next() * (shore(y) - 0.03);
    const ward = WARDS[Math.min(2, Math.floor(y * 3)) * COLUMNS + Math.min(2, Math.floor((x / 0.82) * 3))]!;
    let state = drawState(random, options.calm);
    if (!options.calm && klass === 'camera' && (ward[0] === 'harbour' || ward[0] === 'mole') && suspects < 14) {
      suspects++;
      state = 'suspect';
    }
    const [lon, lat] = at(x, y);
    return {
      id: `${short}-${String(number).padStart(4, '0')}`,
      name: `${STREETS[random.int(12)]} ${klass === 'street-light' ? 'pole' : klass.replaceAll('-', ' ')} ${1000 + i}`,
      class: klass,
      state,
      stateReason: REASONS[state],
      stateSince: options.now - random.int(8_000_000),
      criticality,
      trust: TRUST_OF[state] ?? 'reduced',
      ward: { id: ward[0], name: ward[1] },
      site: { id: `site-${ward[0]}-${random.int(6)}`, name: `${ward[1]} cabinet ${1 + random.int(6)}` },
      maker: { id: maker, name: MAKERS[maker]! },
      model,
      firmware: `${2 + random.int(3)}.${random.int(9)}.${random.int(20)}`,
      hardwareRevision: i % 3 === 0 ? null : `R${1 + (i % 2)}`,
      serial: `SN${100_000 + i}`,
      mac: `02:00:5e:${[16, 8, 0].map((shift) => ((i >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`,
      ip: `10.${20 + random.int(8)}.${random.int(250)}.${1 + random.int(250)}`,
      lon,
      lat,
      lastSeen: state === 'unknown' ? null : options.now - random.int(state === 'unreachable' ? 3_000_000 : 60_000),
      simulated: true,
    };
  });
}

export const countStates = (rows: readonly DeviceRow[]): Partial<Record<DeviceState, number>> =>
  Object.fromEntries(
    DEVICE_STATES.map((state) => [state, rows.filter((row) => row.state === state).length]).filter(([, n]) => n !== 0),
  );
