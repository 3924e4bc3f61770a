/** What respond says, in the city's terms: plain sentences built from counts and names. */
import type { DetectorName, DeviceClass, Finding } from '@cityward/contracts';

export interface ClassWords {
  readonly one: string;
  readonly many: string;
}
export const CLASS_WORDS: Readonly<Record<DeviceClass, ClassWords>> = {
  'street-light': { one: 'street light', many: 'street lights' },
  signal: { one: 'traffic signal', many: 'traffic signals' },
  crossing: { one: 'crossing', many: 'crossings' },
  camera: { one: 'camera', many: 'cameras' },
  'water-pump': { one: 'water pump', many: 'water pumps' },
  'water-tank': { one: 'water tank', many: 'water tanks' },
  'waste-bin': { one: 'waste bin', many: 'waste bins' },
  'air-sensor': { one: 'air sensor', many: 'air sensors' },
  'parking-sensor': { one: 'parking sensor', many: 'parking sensors' },
  'wifi-access-point': { one: 'Wi-Fi access point', many: 'Wi-Fi access points' },
  'bus-sign': { one: 'bus sign', many: 'bus signs' },
  'site-switch': { one: 'site switch', many: 'site switches' },
  'plant-controller': { one: 'plant controller', many: 'plant controllers' },
  other: { one: 'device', many: 'devices' },
};

/** `1 camera`, `14 cameras`, and `3 devices` for mixed classes. */
export function countOf(classes: readonly DeviceClass[]): string {
  const kinds = new Set(classes);
  const [only] = kinds;
  const words = kinds.size === 1 && only ? CLASS_WORDS[only] : { one: 'device', many: 'devices' };
  return `${classes.length} ${classes.length === 1 ? words.one : words.many}`;
}

/** `a`, `a and b`, `a, b and 3 others`. */
export function listOf(names: readonly string[], max = 3): string {
  if (names.length <= 1) return names.join('');
  const shown = names.slice(0, names.length > max ? max - 1 : max);
  const rest = names.length - shown.length;
  const last = rest > 0 ? `${rest} others` : shown.pop()!;
  return `${shown.join(', ')} and ${last}`;
}

/** Addresses that only exist inside networks (RFC 1918, 4193, loopback, link-local). */
const INSIDE = /^ip:(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|127\.|169\.254\.|f[cd][0-9a-f]{2}:|fe80:|::1$)/i;
export const isOutside = (peer: string): boolean => peer.startsWith('ip:') && !INSIDE.test(peer);
export const addressOf = (peer: string): string => peer.replace(/^ip:/, '');

export interface SituationFacts {
  readonly classes: readonly DeviceClass[];
  readonly names: readonly string[];
  readonly wards: readonly string[];
  readonly detectors: readonly DetectorName[];
  readonly outside: readonly string[];
  readonly first: Finding;
}

/** What happened, to what, where. */
export function titleOf({ classes, names, wards, detectors, outside, first }: SituationFacts): string {
  const who = classes.length === 1 ? (names[0] ?? '') : countOf(classes);
  const where = wards.length === 0 || classes.length === 1 ? '' : ` in ${listOf(wards)}`;
  const address = outside[0] ? addressOf(outside[0]) : null;
  if (detectors.includes('new-peer') && address) {
    return `${who}${where} began sending to ${address}, an address none of their kind ever used`.replace(
      'none of their kind',
      classes.length === 1 ? 'none of its kind' : 'none of their kind',
    );
  }
  if (classes.length === 1) return first.title;
  if (detectors.length === 1 && detectors[0] === 'off-band')
    return `${who}${where} left their usual range at the same time`;
  if (detectors.length === 1 && detectors[0] === 'scan') return `${who}${where} search the network for open doors`;
  return `${who}${where} behave in ways they never did, and are in contact with each other`;
}

/** Why these findings stand together. */
export function causeOf({ classes, outside, detectors }: SituationFacts): string {
  if (classes.length === 1) return 'One device; nothing else shows the same yet';
  if (outside.length > 0)
    return `All share ${listOf(outside.map(addressOf))} or were in new contact with a device that does`;
  return detectors.includes('off-band') && detectors.length === 1
    ? 'Same measure, same ward, same quarter of an hour'
    : 'New contacts tie these devices together';
}
