/** What a device says in a given hour: its usual peers, and the visits, updates and restarts that belong to a benign month. */
import { exponential } from './exact.ts';
import { HOUR_MS } from '@cityward/kernel';
import { ADDRESSES } from './catalogue.ts';
import type { PortMerrow } from './city.ts';
import { bell, mix, uniform } from './noise.ts';
import { usualPeers, type UsualPeer } from './peers.ts';
import { dayOf, factorAt, isFair, isWeekend } from './rhythm.ts';

/** All conversations of one kind within one hour. */
export interface HourOfTalk {
  readonly src: string;
  readonly dst: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly count: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** How many of `count` got no answer (a lost packet, a peer that was restarting). */
  readonly unanswered: number;
  /** Differs from line to line of a device, so that they do not all begin at once. */
  readonly line: number;
}

/** How often each device is visited, and gets new firmware, at most. */
const VISIT_EVERY_DAYS = 45;
/** No model goes without a visit for longer than this: somebody of its kind is always due. */
const MODEL_VISIT_DAYS = 7;
const FIRMWARE_EVERY_DAYS = 240;
const CHECK_EVERY_DAYS = 7;
const RESTART_ODDS = 1 / 45;
/** Hours between two wakings of a waste bin. */
const SLEEP_HOURS = 6;
const LOSS_ODDS = 0.004;
const FAIR_FACTOR = 1.35;

/** Bytes of a firmware image; small controllers get a few hundred kilobytes, whatever shows pictures gets many megabytes. */
const FIRMWARE_BYTES: Readonly<Record<string, number>> = {
  camera: 46_000_000,
  'wifi-access-point': 31_000_000,
  'site-switch': 38_000_000,
  'plant-controller': 6_400_000,
  'bus-sign': 9_600_000,
  signal: 1_700_000,
  crossing: 1_200_000,
};
const FIRMWARE_SMALL_BYTES = 420_000;

/** True on the days on which the device is due, when each of its model comes round once in `days`, evenly spread. */
function isDue(city: PortMerrow, index: number, when: { day: number; days: number; salt: number }): boolean {
  const place = city.wiring.inModel[index]!;
  const size = city.wiring.modelSize[index]!;
  return (when.day + when.salt + Math.floor((place * when.days) / size)) % when.days === 0;
}

/** A technician's visit moved from a weekend to the Monday after. */
function isVisited(city: PortMerrow, index: number, day: number): boolean {
  if (isWeekend(day * 24)) return false;
  const days = Math.min(VISIT_EVERY_DAYS, MODEL_VISIT_DAYS * city.wiring.modelSize[index]!);
  const due = (of: number): boolean => isDue(city, index, { day: of, days, salt: 0 });
  const monday = isWeekend((day - 1) * 24);
  return due(day) || (monday && (due(day - 1) || due(day - 2)));
}

function oneOff(device: string, line: number, rest: Partial<HourOfTalk> & Pick<HourOfTalk, 'port'>): HourOfTalk {
  return {
    src: device,
    dst: ADDRESSES.updates.ref,
    protocol: 'tcp',
    count: 1,
    bytesOut: 2_000,
    bytesIn: 4_000,
    unanswered: 0,
    line,
    ...rest,
  };
}

/** One hour of the six from `first`; whoever sleeps through the others has exactly one of them anyway. */
const isTime = (clock: number, first: number, who: { sleeper: boolean; pick: number }): boolean =>
  clock >= first && clock < first + SLEEP_HOURS && (who.sleeper || clock === first + (who.pick % SLEEP_HOURS));

/** Visits, update checks, firmware, restarts: rare for one device, daily for a city. */
function occasions(city: PortMerrow, index: number, hour: number): HourOfTalk[] {
  const salt = city.wiring.salt[index]!;
  const device = city.devices[index]!;
  const day = dayOf(hour);
  const clock = hour % 24;
  const found: HourOfTalk[] = [];
  const sleeper = device.class === 'waste-bin';
  if (isTime(clock, 9, { sleeper, pick: mix(salt, day, 3) }) && isVisited(city, index, day)) {
    const visit = { src: ADDRESSES.engineering.ref, dst: device.id, count: 3, bytesOut: 42_000, bytesIn: 310_000 };
    found.push(oneOff(device.id, 101, { ...visit, port: 443 }));
  }
  if (isTime(clock, 1, { sleeper, pick: mix(salt, 5, 5) })) {
    if (isDue(city, index, { day, days: CHECK_EVERY_DAYS, salt: mix(salt, 6, 6) % CHECK_EVERY_DAYS }))
      found.push(oneOff(device.id, 102, { port: 443 }));
    if (isDue(city, index, { day, days: FIRMWARE_EVERY_DAYS, salt: 11 })) {
      const bytesIn = FIRMWARE_BYTES[device.class] ?? FIRMWARE_SMALL_BYTES;
      found.push(oneOff(device.id, 103, { port: 443, bytesOut: Math.round(bytesIn / 60), bytesIn }));
    }
  }
  if (clock === mix(salt, day, 8) % 24 && uniform(salt, day, 9) < RESTART_ODDS) {
    const time = {
      dst: ADDRESSES.time.ref,
      port: 123,
      protocol: 'udp',
      count: 4,
      bytesOut: 360,
      bytesIn: 360,
    } as const;
    found.push(oneOff(device.id, 104, time));
  }
  return found;
}

/** Waste bins wake once in six hours; whatever they say falls into that hour. */
export const isAwake = (city: PortMerrow, index: number, hour: number): boolean =>
  city.devices[index]!.class !== 'waste-bin' ||
  (hour + (mix(city.wiring.salt[index]!, 1, 1) % SLEEP_HOURS)) % SLEEP_HOURS === 0;

interface Saying {
  readonly salt: number;
  readonly line: number;
  readonly hour: number;
}

function usualHour(peer: UsualPeer, { salt, line, hour }: Saying): HourOfTalk | null {
  const phase = peer.everyHours === 1 ? 0 : mix(salt, line, 2) % peer.everyHours;
  if ((hour + phase) % peer.everyHours !== 0) return null;
  const key = Math.imul(line + 1, 0x1003f) ^ hour;
  const fair = isFair(hour) && peer.rhythm !== 'flat' && peer.rhythm !== 'night' ? FAIR_FACTOR : 1;
  const factor = factorAt(peer.rhythm, hour) * fair * (1 + 0.2 * (uniform(salt, line, 77) - 0.5));
  const strayed = factor * exponential(peer.spread * bell(salt, key, 1));
  const count = Math.max(1, Math.round(peer.conversations * (peer.scaled ? strayed : 1)));
  const unanswered = uniform(salt, key, 4) < LOSS_ODDS * count ? 1 : 0;
  return {
    src: peer.src,
    dst: peer.dst,
    port: peer.port,
    protocol: peer.protocol,
    count,
    bytesOut: Math.round(peer.bytesOut * strayed),
    bytesIn: unanswered === count ? 0 : Math.round(peer.bytesIn * strayed),
    unanswered,
    line,
  };
}

/** Tells what a device says; keeps each device's peers, so that asking for many hours is cheap. */
export interface Traffic {
  /** @param hour hours since 1970 UTC. Stateless: any hour may be asked for, in any order. */
  hour(index: number, hour: number): readonly HourOfTalk[];
}

export function trafficOf(city: PortMerrow): Traffic {
  const peers: (readonly UsualPeer[] | undefined)[] = new Array<undefined>(city.devices.length).fill(undefined);
  return {
    hour: (index, hour) => {
      if (!isAwake(city, index, hour)) return [];
      const own = (peers[index] ??= usualPeers(city, city.devices[index]!.id));
      const salt = city.wiring.salt[index]!;
      const said: HourOfTalk[] = [];
      for (let line = 0; line < own.length; line++) {
        const talk = usualHour(own[line]!, { salt, line, hour });
        if (talk) said.push(talk);
      }
      const rare = occasions(city, index, hour);
      return rare.length === 0 ? said : [...said, ...rare];
    },
  };
}

/** One conversation of an hour's talk. */
export interface Conversation {
  readonly at: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly answered: boolean;
}

/** Spreads an hour's talk over the hour: evenly, a little shaken; the bytes add up to those of the hour. */
export function conversationsOf(talk: HourOfTalk, hour: number, salt: number): Conversation[] {
  const { count, unanswered } = talk;
  const lost = unanswered > 0 ? mix(salt, talk.line, hour) % count : -1;
  const answered = Math.max(1, count - unanswered);
  let place = 0;
  return Array.from({ length: count }, (_, k): Conversation => {
    const at = Math.floor(hour * HOUR_MS + ((k + uniform(salt ^ talk.line, hour, k)) * HOUR_MS) / count);
    const out = share(talk.bytesOut, count, k);
    if (k === lost) return { at, bytesOut: out, bytesIn: 0, answered: false };
    return { at, bytesOut: out, bytesIn: share(talk.bytesIn, answered, place++), answered: true };
  });
}

/** The k-th of n whole parts that add up to the sum. */
const share = (sum: number, n: number, k: number): number =>
  Math.floor(((k + 1) * sum) / n) - Math.floor((k * sum) / n);
