/** What a device measures of itself and its street at a given moment. */
import type { DeviceClass } from '@cityward/contracts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import type { PortMerrow } from './city.ts';
import { bell, uniform } from './noise.ts';
import { smoothFactor } from './rhythm.ts';

/** How often a device reports; bins once in each waking, every six hours. */
export const TELEMETRY_PERIOD_MS = 30 * SECOND_MS;
export const SLEEPER_PERIOD_MS = 6 * HOUR_MS;

export type Values = Readonly<Record<string, number>>;

interface Moment {
  readonly at: number;
  readonly salt: number;
  /** Noise of this minute with deviation 1; `n` picks an independent one. */
  readonly noise: (n: number) => number;
  /** A fixed trait of the device in [0, 1). */
  readonly trait: (n: number) => number;
  readonly day: (rhythm: Parameters<typeof smoothFactor>[0]) => number;
}

const one = (value: number): number => Math.round(value * 10) / 10;
const two = (value: number): number => Math.round(value * 100) / 100;
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

const outside = (m: Moment): number => one(13 + 5 * (m.day('demand') - 0.7) + 0.4 * m.noise(90));

/** Lit from dusk to dawn, dimmed after midnight. */
function lamp(m: Moment): Values {
  const hour = (m.at / HOUR_MS) % 24;
  const lit = hour >= 18.4 || hour < 5.8;
  const level = !lit ? 0 : hour >= 0.5 && hour < 4.5 ? 40 : 100;
  return {
    level_pct: level,
    power_w: one(level * (0.55 + 0.1 * m.trait(1)) + 1.2 + 0.2 * m.noise(1)),
    case_c: outside(m),
  };
}

function bin(m: Moment): Values {
  const rounds = 2 + m.trait(1);
  const fill = ((m.at / (24 * HOUR_MS)) * (100 / rounds) + 100 * m.trait(2)) % 100;
  return { fill_pct: one(fill), battery_v: two(3.5 + 0.2 * m.trait(3) + 0.02 * m.noise(1)), case_c: outside(m) };
}

const READERS: Readonly<Record<DeviceClass, (m: Moment) => Values>> = {
  'street-light': lamp,
  signal: (m) => ({
    cycle_s: 72 + Math.round(18 * m.day('rush')),
    vehicles_per_min: Math.round(clamp(24 * m.day('rush') * (0.6 + m.trait(1)) + 2 * m.noise(1), 0, 90)),
    cabinet_c: one(outside(m) + 8),
  }),
  crossing: (m) => ({
    presses_per_h: Math.round(clamp(30 * m.day('rush') * (0.7 + 0.6 * m.trait(1)) + 2 * m.noise(1), 0, 200)),
    sound_db: Math.round(58 + 14 * m.day('rush') + m.noise(2)),
    lamps_ok: 1,
  }),
  camera: (m) => ({
    bitrate_kbps: Math.round(2_000 * m.day('scene') * (0.9 + 0.2 * m.trait(1)) * (1 + 0.05 * m.noise(1))),
    frames_per_s: 25,
    case_c: one(outside(m) + 14 + 3 * m.trait(2)),
    card_pct: one(40 + 50 * m.trait(3)),
  }),
  'water-pump': (m) => {
    const speed = clamp(45 + 45 * m.day('demand') + 1.2 * m.noise(1), 0, 100);
    return {
      speed_pct: one(speed),
      flow_l_s: one(speed * (0.5 + 0.3 * m.trait(1))),
      pressure_kpa: Math.round(380 + 1.6 * speed + 3 * m.noise(2)),
      power_kw: one(0.4 * speed),
    };
  },
  'water-tank': (m) => ({
    level_pct: one(clamp(88 - 34 * m.day('demand') + 4 * m.trait(1) + 0.4 * m.noise(1), 0, 100)),
    chlorine_mg_l: two(0.62 + 0.02 * m.noise(2)),
  }),
  'waste-bin': bin,
  'air-sensor': (m) => ({
    pm25_ug_m3: one(clamp(4 + 9 * m.day('rush') + m.noise(1), 0, 500)),
    no2_ug_m3: one(clamp(8 + 22 * m.day('rush') + 1.5 * m.noise(2), 0, 400)),
    noise_db: Math.round(44 + 18 * m.day('rush') + m.noise(3)),
    air_c: outside(m),
  }),
  'parking-sensor': (m) => ({
    occupied: uniform(m.salt, Math.floor(m.at / (40 * MINUTE_MS)), 7) < m.day('visitors') * 0.9 ? 1 : 0,
    battery_v: two(3.55 + 0.1 * m.trait(1)),
  }),
  'wifi-access-point': (m) => ({
    visitors: Math.round(clamp(46 * m.day('visitors') * (0.5 + m.trait(1)) + 2 * m.noise(1), 0, 250)),
    busy_pct: one(clamp(52 * m.day('visitors') + 3 * m.noise(2), 0, 100)),
  }),
  'bus-sign': (m) => ({ brightness_pct: m.day('night') > 0.7 ? 40 : 100, departures: 6, case_c: one(outside(m) + 6) }),
  'site-switch': (m) => ({
    uplink_mbps: one(18 * m.day('scene') * (0.7 + 0.6 * m.trait(1)) + 0.5 * m.noise(1)),
    ports_up: 25,
    case_c: one(outside(m) + 11),
  }),
  'plant-controller': (m) => ({ scan_ms: one(12 + 0.6 * m.noise(1)), cabinet_c: one(outside(m) + 9), alarms: 0 }),
  other: (m) => ({ case_c: outside(m) }),
};

/** The device's own numbers at this moment (milliseconds since 1970); stateless, and smooth from hour to hour. */
export function telemetryAt(city: PortMerrow, id: string, at: number): Values {
  const index = city.wiring.indexOf.get(id);
  if (index === undefined) throw new Error(`read telemetry of "${id}": want a device of this city`);
  return telemetryOf(city.devices[index]!.class, city.wiring.salt[index]!, at);
}

/** The same by class and salt, for callers that already have both. */
export function telemetryOf(deviceClass: DeviceClass, salt: number, at: number): Values {
  const minute = Math.floor(at / MINUTE_MS) | 0;
  return READERS[deviceClass]({
    at,
    salt,
    noise: (n) => bell(salt, minute, n),
    trait: (n) => uniform(salt, n, 5_003),
    day: (rhythm) => smoothFactor(rhythm, at),
  });
}

/** How many reports history sums up in one. */
export const reportsPerHour = (deviceClass: DeviceClass): number =>
  deviceClass === 'waste-bin' ? 1 : HOUR_MS / TELEMETRY_PERIOD_MS;
