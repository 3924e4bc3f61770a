/** The devices of Port Merrow: how many of each class, of which model, where, under which address, installed by whom. */
import { DAY_MS, hash32, seeded, type Random } from '@cityward/kernel';
import { CLASS_PROFILES, type Device } from '../domain/model.ts';
import {
  CLASSES,
  DEVICES_PER_SITE,
  SWITCH_PLAN,
  WEAK_FIRMWARE,
  WEAK_MODEL,
  WEAK_RECENT,
  WEAK_SHARE,
  type ClassPlan,
  type ModelPlan,
} from './catalogue.ts';
import { distance, toLonLat, type Point } from './plane.ts';
import { placeClass, type Ground, type Spot } from './placement.ts';

export const SOURCE = 'port-merrow';
const TRAFFIC_CONTROLLER_EVERY = 3;
const STRIP_M = 420;
const OLDEST_DAYS = 3_200;
const YOUNGEST_DAYS = 45;

/** A remark from the handover of a device, as its installer left it. */
export interface Remark {
  readonly device: string;
  readonly at: number;
  readonly by: string;
  readonly text: string;
}
/** How devices belong together, by index into the devices; -1 for none. */
export interface Wiring {
  readonly indexOf: ReadonlyMap<string, number>;
  /** The site switch that a device hangs on; of a switch: itself. */
  readonly switchOf: Int32Array;
  /** The controller that commands a pump, a tank or a signal. */
  readonly controllerOf: Int32Array;
  /** The signal that a crossing or a camera at a junction works with. */
  readonly signalOf: Int32Array;
  /** Index into the wards. */
  readonly wardOf: Int16Array;
  /** Place among the devices of its model, and how many of that model there are. */
  readonly inModel: Int32Array;
  readonly modelSize: Int32Array;
  /** 32 bits that differ from device to device, from seed and id. */
  readonly salt: Int32Array;
}
export interface SiteGroup {
  readonly ward: number;
  readonly point: Point;
  readonly street: string;
  /** Indexes of its devices, the switch last. */
  readonly members: readonly number[];
}
export interface Inventory {
  readonly devices: readonly Device[];
  readonly points: readonly Point[];
  readonly sites: readonly SiteGroup[];
  readonly wiring: Wiring;
  readonly remarks: readonly Remark[];
}

interface Placed extends Spot {
  readonly plan: ClassPlan;
  readonly ordinal: number;
}

/** How many of each class by its share of `total`; switches and what rounding leaves are taken from street lights. */
function countsFor(total: number, switches: number): number[] {
  const counts = CLASSES.map((plan) => Math.max(plan.least, Math.round(plan.share * total)));
  const lamps = CLASSES.findIndex((plan) => plan.short === 'lamp');
  counts[lamps] = counts[lamps]! + total - switches - counts.reduce((sum, count) => sum + count, 0);
  return counts;
}

/** Splits a ward's devices into groups that lie together: strips from west to east, run up and down in turn. */
function groupWard(members: number[], placed: readonly Placed[], groups: number): number[][] {
  const strip = (i: number): number => Math.floor(placed[i]!.point[0] / STRIP_M);
  members.sort((a, b) => {
    const byStrip = strip(a) - strip(b);
    if (byStrip !== 0) return byStrip;
    const up = strip(a) % 2 === 0 ? 1 : -1;
    return up * (placed[a]!.point[1] - placed[b]!.point[1]) || a - b;
  });
  return Array.from({ length: groups }, (_, g) =>
    members.slice(Math.floor((g * members.length) / groups), Math.floor(((g + 1) * members.length) / groups)),
  );
}

function groupSites(placed: readonly Placed[], wards: number, switches: number): SiteGroup[] {
  const byWard: number[][] = Array.from({ length: wards }, () => []);
  placed.forEach((entry, i) => byWard[entry.ward]!.push(i));
  const wanted = byWard.map((members) => (members.length * switches) / placed.length);
  const counts = wanted.map((value, i) => (byWard[i]!.length === 0 ? 0 : Math.max(1, Math.floor(value))));
  let left = switches - counts.reduce((sum, count) => sum + count, 0);
  const order = [...wanted.keys()].sort((a, b) => wanted[b]! - counts[b]! - (wanted[a]! - counts[a]!) || a - b);
  for (let k = 0; left !== 0; k++) {
    const ward = order[left > 0 ? k % wards : wards - 1 - (k % wards)]!;
    if (byWard[ward]!.length === 0 || (left < 0 && counts[ward]! <= 1)) continue;
    counts[ward] = counts[ward]! + Math.sign(left);
    left -= Math.sign(left);
  }
  return byWard.flatMap((members, ward) =>
    members.length === 0
      ? []
      : groupWard(members, placed, counts[ward]!).map((group): SiteGroup => {
          const middle = placed[group[Math.floor(group.length / 2)]!]!;
          return { ward, point: [middle.point[0] + 4, middle.point[1] - 4], street: middle.street, members: group };
        }),
  );
}

function pickModel(plan: ClassPlan, random: Random): ModelPlan {
  let left = random.next();
  for (const model of plan.models) {
    left -= model.share;
    if (left < 0) return model;
  }
  return plan.models[plan.models.length - 1]!;
}

/** The newest firmware on about half of them, each older one on half of the rest. */
function pickFirmware(model: ModelPlan, random: Random): string {
  for (const version of model.firmware) if (random.next() < 0.55) return version;
  return model.firmware[0]!;
}

const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, '0');

function identityOf(plan: ClassPlan, model: ModelPlan, scrambled: number): { serial: string; mac: string } {
  const tail = hex(scrambled, 8);
  const maker = hex(hash32(model.maker) & 0xff, 2);
  // 02: locally administered, so that no real maker's block is used.
  const mac = `02:${maker}:${tail.slice(0, 2)}:${tail.slice(2, 4)}:${tail.slice(4, 6)}:${tail.slice(6, 8)}`;
  const serial = plan.short === 'cam' ? mac.replaceAll(':', '').toUpperCase() : `${plan.serial}${tail.toUpperCase()}`;
  return { serial, mac };
}

const isTrafficController = (ordinal: number): boolean => ordinal % TRAFFIC_CONTROLLER_EVERY === 0;

function nameOf(entry: Placed): string {
  const number = String(entry.ordinal).padStart(4, '0');
  if (entry.plan.short !== 'plant') return `${entry.plan.word} ${number}, ${entry.street}`;
  return isTrafficController(entry.ordinal)
    ? `Traffic controller ${number}, ${entry.street.replace(' pump station', '')}`
    : `Water controller ${number}, ${entry.street}`;
}

interface Making {
  readonly seed: string;
  readonly at: number;
  readonly wards: readonly string[];
  readonly random: Random;
  readonly offset: number;
}

function makeDevice(making: Making, entry: Placed, net: { index: number; site: string; ip: string }): Device {
  const { plan } = entry;
  const model = pickModel(plan, making.random);
  const firmware = pickFirmware(model, making.random);
  const part = making.random.next();
  const age = YOUNGEST_DAYS + (OLDEST_DAYS - YOUNGEST_DAYS) * part * Math.sqrt(part);
  const traffic = plan.short === 'plant' && isTrafficController(entry.ordinal);
  const profile = CLASS_PROFILES[plan.class];
  const [lon, lat] = toLonLat(entry.point);
  const id = `${plan.short}-${String(entry.ordinal).padStart(4, '0')}`;
  return {
    id,
    name: nameOf(entry),
    class: plan.class,
    model: model.model,
    firmware,
    hardwareRevision: null,
    ...identityOf(plan, model, Math.imul(net.index + making.offset, 0x9e3779b1)),
    ip: net.ip,
    street: entry.street,
    site: net.site,
    ward: making.wards[entry.ward]!,
    lon,
    lat,
    maker: model.maker,
    owner: traffic ? 'party-roads' : plan.owner,
    maintainer: traffic ? 'party-southline' : plan.maintainer,
    installer: making.random.next() < 0.7 ? 'party-marram' : 'party-southline',
    installed: Math.floor((making.at - age * DAY_MS) / DAY_MS) * DAY_MS + (9 + making.random.int(8)) * 3_600_000,
    criticality: profile.criticality,
    failSafe: traffic ? 'signals run their local fixed-time plans' : profile.failSafe,
    backup: traffic ? 'local plans in each signal' : profile.backup,
    neverCut: profile.neverCut,
    source: SOURCE,
    sourceId: id,
    simulated: true,
  };
}

/** Leaves some cameras of one model as the integrator mounted them: old firmware; the newest of them with a remark. */
function leaveWeak(devices: Device[], making: Making): Remark[] {
  const random = seeded(`${making.seed}/weak`);
  const cameras = devices.filter((device) => device.class === 'camera');
  const candidates = cameras.filter((device) => device.model === WEAK_MODEL);
  const wanted = Math.min(candidates.length, Math.max(WEAK_RECENT, Math.round(cameras.length * WEAK_SHARE)));
  for (let i = candidates.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [candidates[i], candidates[j]] = [candidates[j]!, candidates[i]!];
  }
  const place = new Map(devices.map((device, index) => [device.id, index] as const));
  return candidates.slice(0, wanted).flatMap((device, i): Remark[] => {
    const recent = i < WEAK_RECENT;
    const days = recent ? 5 + random.int(4) : 240 + random.int(500);
    const installed = Math.floor(making.at / DAY_MS - days) * DAY_MS + (9 + random.int(7)) * 3_600_000;
    devices[place.get(device.id)!] = { ...device, firmware: WEAK_FIRMWARE, installer: 'party-marram', installed };
    if (!recent) return [];
    const text = 'Handed over with the password it left the factory with; firmware 2.3.1 not yet brought up to date';
    return [{ device: device.id, at: installed, by: 'party-marram', text }];
  });
}

function nearest(points: readonly Point[], from: Point, among: readonly number[]): number {
  let best = -1;
  let bestAway = Infinity;
  for (const index of among) {
    const away = distance(points[index]!, from);
    if (away < bestAway) {
      best = index;
      bestAway = away;
    }
  }
  return best;
}

function wire(devices: readonly Device[], placed: readonly Placed[], sites: readonly SiteGroup[]): Wiring {
  const count = devices.length;
  const none = (): Int32Array => new Int32Array(count).fill(-1);
  const wiring = {
    indexOf: new Map(devices.map((device, index) => [device.id, index] as const)),
    switchOf: none(),
    controllerOf: none(),
    signalOf: none(),
    wardOf: Int16Array.from(placed, (entry) => entry.ward),
    inModel: none(),
    modelSize: none(),
    salt: Int32Array.from(devices, (device) => hash32(`${device.serial}/${device.id}`)),
  };
  for (const site of sites) {
    const own = site.members[site.members.length - 1]!;
    for (const member of site.members) wiring.switchOf[member] = own;
  }
  const points = placed.map((entry) => entry.point);
  const indexes = [...devices.keys()];
  const plants = indexes.filter((i) => devices[i]!.class === 'plant-controller');
  const traffic = plants.filter((i) => devices[i]!.owner === 'party-roads');
  const water = plants.filter((i) => devices[i]!.owner !== 'party-roads');
  const signals = indexes.filter((i) => devices[i]!.class === 'signal');
  const atJunction = new Map(signals.map((i) => [placed[i]!.junction, i] as const));
  for (const i of indexes) {
    const short = placed[i]!.plan.short;
    if (short === 'pump' || short === 'tank') wiring.controllerOf[i] = nearest(points, points[i]!, water);
    if (short === 'signal') wiring.controllerOf[i] = nearest(points, points[i]!, traffic);
    const own = atJunction.get(placed[i]!.junction);
    if (short === 'crossing') wiring.signalOf[i] = own ?? nearest(points, points[i]!, signals);
    if (short === 'cam' && placed[i]!.junction >= 0 && own !== undefined) wiring.signalOf[i] = own;
  }
  const seen = new Map<string, number>();
  for (const i of indexes) {
    const place = seen.get(devices[i]!.model) ?? 0;
    wiring.inModel[i] = place;
    seen.set(devices[i]!.model, place + 1);
  }
  for (const i of indexes) wiring.modelSize[i] = seen.get(devices[i]!.model)!;
  return wiring;
}

/** Every device with its place, address and belonging; exactly `total` of them, switches included. */
export function fitOut(ground: Ground, what: { seed: string; total: number; at: number }): Inventory {
  const number = hash32(what.seed);
  const switches = Math.max(ground.geography.wards.length, Math.round(what.total / (DEVICES_PER_SITE + 1)));
  const counts = countsFor(what.total, switches);
  const placed: Placed[] = CLASSES.flatMap((plan, c) =>
    placeClass(ground, number, { short: plan.short, wanted: counts[c]! }).map((spot, i): Placed => ({
      ...spot,
      plan,
      ordinal: i + 1,
    })),
  );
  const wards = ground.geography.wards;
  const bare = groupSites(placed, wards.length, switches);
  const siteOf = new Int32Array(placed.length + switches);
  const host = new Int32Array(placed.length + switches);
  const sites = bare.map((group, s): SiteGroup => {
    group.members.forEach((member, k) => {
      siteOf[member] = s;
      host[member] = 10 + k;
    });
    const own = placed.length;
    placed.push({
      point: group.point,
      ward: group.ward,
      street: group.street,
      junction: -1,
      plan: SWITCH_PLAN,
      ordinal: s + 1,
    });
    siteOf[own] = s;
    host[own] = 1;
    return { ...group, members: [...group.members, own] };
  });
  const making: Making = {
    seed: what.seed,
    at: what.at,
    wards: wards.map((ward) => `ward-${ward.plan.slug}`),
    random: seeded(`${what.seed}/devices`),
    offset: number,
  };
  const devices = placed.map((entry, index) => {
    const s = siteOf[index]!;
    const ip = `10.${16 + (s >> 8)}.${s & 255}.${host[index]!}`;
    return makeDevice(making, entry, { index, site: siteId(s), ip });
  });
  const remarks = leaveWeak(devices, making);
  return { devices, points: placed.map((entry) => entry.point), sites, wiring: wire(devices, placed, sites), remarks };
}

/** Id of the n-th site. */
export const siteId = (index: number): string => `site-${String(index + 1).padStart(4, '0')}`;
