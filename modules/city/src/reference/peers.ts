/** Who each device usually talks to: over which port, how often and how much, shaped by which rhythm. */
import type { DeviceClass } from '@cityward/contracts';
import { ADDRESSES, recorderOf, type CityAddress } from './catalogue.ts';
import type { PortMerrow } from './city.ts';
import type { RhythmName } from './rhythm.ts';

/** One usual conversation partner of a device; the figures are per hour at factor 1 of the rhythm. */
export interface UsualPeer {
  /** Node references; one of the two is the device. */
  readonly src: string;
  readonly dst: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly purpose: string;
  readonly rhythm: RhythmName;
  readonly conversations: number;
  /** Whether the rhythm moves the number of conversations too, or only their bytes. */
  readonly scaled: boolean;
  /** From `src` to `dst`, and back. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** How far an hour strays: deviation of the logarithm. */
  readonly spread: number;
  /** Spoken only in every n-th hour. */
  readonly everyHours: number;
}

interface Habit {
  readonly with: CityAddress;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly purpose: string;
  readonly perHour: readonly [conversations: number, bytesOut: number, bytesIn: number];
  readonly rhythm?: RhythmName;
  readonly spread?: number;
  readonly scaled?: boolean;
  readonly everyHours?: number;
}

const KB = 1_000;
const MB = 1_000_000;
const TIME: Habit = {
  with: ADDRESSES.time,
  port: 123,
  protocol: 'udp',
  purpose: 'time',
  perHour: [2, 180, 180],
  spread: 0,
  everyHours: 4,
};
const NAMES: Habit = {
  with: ADDRESSES.dns,
  port: 53,
  protocol: 'udp',
  purpose: 'names',
  perHour: [4, 300, 600],
  everyHours: 2,
};
const PLATFORM: Habit = {
  with: ADDRESSES.platform,
  port: 8883,
  protocol: 'tcp',
  purpose: 'telemetry',
  perHour: [6, 24 * KB, 7 * KB],
  spread: 0.05,
};
const office = (
  to: CityAddress,
  port: number,
  rest: { purpose: string; perHour: Habit['perHour']; rhythm?: RhythmName },
): Habit => ({ with: to, port, protocol: 'tcp', ...rest });

/** What all devices of a class do, apart from speaking to other devices. */
const HABITS: Readonly<Record<DeviceClass, readonly Habit[]>> = {
  'street-light': [
    PLATFORM,
    TIME,
    {
      with: ADDRESSES.lighting,
      port: 5684,
      protocol: 'udp',
      purpose: 'lighting plan',
      perHour: [2, 1_400, 900],
      rhythm: 'night',
      scaled: true,
    },
  ],
  signal: [
    PLATFORM,
    TIME,
    office(ADDRESSES.traffic, 4840, { purpose: 'counts', perHour: [12, 90 * KB, 20 * KB], rhythm: 'rush' }),
  ],
  crossing: [PLATFORM, TIME],
  camera: [PLATFORM, TIME, NAMES],
  'water-pump': [PLATFORM, TIME],
  'water-tank': [PLATFORM, TIME],
  'waste-bin': [
    { ...PLATFORM, perHour: [1, 900, 500], everyHours: 6 },
    office(ADDRESSES.waste, 5684, { purpose: 'fill level', perHour: [1, 600, 300] }),
  ],
  'air-sensor': [PLATFORM, TIME, office(ADDRESSES.air, 5684, { purpose: 'readings', perHour: [6, 12 * KB, 3 * KB] })],
  'parking-sensor': [
    PLATFORM,
    TIME,
    {
      with: ADDRESSES.parking,
      port: 5684,
      protocol: 'udp',
      purpose: 'bay state',
      perHour: [8, 2_400, 1_600],
      rhythm: 'visitors',
      scaled: true,
      spread: 0.25,
    },
  ],
  'wifi-access-point': [
    PLATFORM,
    TIME,
    NAMES,
    { with: ADDRESSES.wifi, port: 5246, protocol: 'udp', purpose: 'control', perHour: [6, 200 * KB, 160 * KB] },
    {
      with: ADDRESSES.wifi,
      port: 5247,
      protocol: 'udp',
      purpose: "visitors' traffic",
      perHour: [12, 340 * MB, 2_900 * MB],
      rhythm: 'visitors',
      spread: 0.16,
    },
  ],
  'bus-sign': [
    PLATFORM,
    TIME,
    NAMES,
    office(ADDRESSES.signs, 443, { purpose: 'departures', perHour: [12, 60 * KB, 240 * KB] }),
  ],
  'site-switch': [PLATFORM, TIME],
  'plant-controller': [PLATFORM, TIME],
  other: [PLATFORM],
};

function fromHabit(device: string, habit: Habit): UsualPeer {
  return {
    src: device,
    dst: habit.with.ref,
    port: habit.port,
    protocol: habit.protocol,
    purpose: habit.purpose,
    rhythm: habit.rhythm ?? 'flat',
    conversations: habit.perHour[0],
    scaled: habit.scaled ?? false,
    bytesOut: habit.perHour[1],
    bytesIn: habit.perHour[2],
    spread: habit.spread ?? 0.08,
    everyHours: habit.everyHours ?? 1,
  };
}

/** Megabytes of video an hour: about 2 Mbit/s, more for the models that see more. */
const VIDEO_MB: Readonly<Record<string, number>> = { 'Corvane C220': 780, 'Corvane C540': 1_900, 'Tallis T3': 1_150 };

function ofCamera(city: PortMerrow, index: number): UsualPeer[] {
  const device = city.devices[index]!;
  const video = fromHabit(device.id, {
    with: recorderOf(city.wiring.wardOf[index]!),
    port: 554,
    protocol: 'tcp',
    purpose: 'video',
    perHour: [12, (VIDEO_MB[device.model] ?? 900) * MB, 9 * MB],
    rhythm: 'scene',
  });
  const signal = city.wiring.signalOf[index]!;
  if (signal < 0) return [video];
  const counts: Habit = {
    with: { ref: city.devices[signal]!.id, name: '' },
    port: 4840,
    protocol: 'tcp',
    purpose: 'vehicle counts',
    perHour: [12, 64 * KB, 8 * KB],
    rhythm: 'rush',
  };
  return [video, fromHabit(device.id, counts)];
}

function ofCrossing(city: PortMerrow, index: number): UsualPeer[] {
  const signal = city.wiring.signalOf[index]!;
  if (signal < 0) return [];
  const presses: Habit = {
    with: { ref: city.devices[signal]!.id, name: '' },
    port: 4840,
    protocol: 'tcp',
    purpose: 'asks for green',
    perHour: [30, 9 * KB, 6 * KB],
    rhythm: 'rush',
    scaled: true,
    spread: 0.18,
  };
  return [fromHabit(city.devices[index]!.id, presses)];
}

/** What a controller says to each device that answers to it; Modbus to pumps and tanks, plans to signals. */
function ofController(city: PortMerrow, index: number): UsualPeer[] {
  const device = city.devices[index]!;
  const centre = device.owner === 'party-roads' ? ADDRESSES.traffic : ADDRESSES.water;
  const report = office(centre, 4840, { purpose: 'operations', perHour: [12, 300 * KB, 60 * KB] });
  const peers = [fromHabit(device.id, report)];
  city.wiring.controllerOf.forEach((controller, i) => {
    if (controller !== index) return;
    const below = city.devices[i]!;
    const modbus = below.class !== 'signal';
    const orders: Habit = {
      with: { ref: below.id, name: '' },
      port: modbus ? 502 : 501,
      protocol: modbus ? 'tcp' : 'udp',
      purpose: modbus ? 'reads and set-points' : 'signal plan',
      perHour: modbus ? [12, 26 * KB, 34 * KB] : [12, 40 * KB, 60 * KB],
      spread: 0.05,
    };
    peers.push(fromHabit(device.id, orders));
  });
  return peers;
}

/** The peers that the device speaks to of its own accord in an ordinary week; who speaks to it is among the others' peers. */
export function usualPeers(city: PortMerrow, id: string): readonly UsualPeer[] {
  const index = city.wiring.indexOf.get(id);
  if (index === undefined) throw new Error(`list the usual peers of "${id}": want a device of this city`);
  const device = city.devices[index]!;
  const peers = HABITS[device.class].map((habit) => fromHabit(device.id, habit));
  if (device.class === 'camera') peers.push(...ofCamera(city, index));
  if (device.class === 'crossing') peers.push(...ofCrossing(city, index));
  if (device.class === 'plant-controller') peers.push(...ofController(city, index));
  return peers;
}
