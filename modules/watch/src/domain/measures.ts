/** What is measured of each device by the hour, and how a value is kept in one byte. */

export interface Measure {
  readonly name: string;
  readonly unit: string;
  /** Values below never alarm, whatever the band: a handful is not a flood. */
  readonly floor: number;
  /** Steps per doubling in the byte: 12 keeps counts within 3 %, 7 keeps bytes within 5 % up to 64 GB an hour. */
  readonly steps: number;
  /** In a sentence: "sent out 41 MB". */
  readonly verb: string;
  readonly bytes: boolean;
}

export const MEASURES: readonly Measure[] = [
  { name: 'conversations', unit: 'per hour', floor: 60, steps: 12, verb: 'began', bytes: false },
  { name: 'bytes out', unit: 'bytes per hour', floor: 2_097_152, steps: 7, verb: 'sent out', bytes: true },
  { name: 'bytes in', unit: 'bytes per hour', floor: 2_097_152, steps: 7, verb: 'took in', bytes: true },
  { name: 'messages', unit: 'per hour', floor: 60, steps: 12, verb: 'sent', bytes: false },
  { name: 'peers', unit: 'per hour', floor: 10, steps: 12, verb: 'spoke to', bytes: false },
];
export const MEASURE_COUNT = 5;
export const CONVERSATIONS = 0;
export const BYTES_OUT = 1;
export const BYTES_IN = 2;
export const MESSAGES = 3;
export const PEERS = 4;

/** The byte that says "not known" (watch heard nothing in that hour, or it was before the device). */
export const NO_VALUE = 255;
const BYTE_MAX = 254;

export function encodeValue(measure: number, value: number): number {
  const step = Math.round(Math.log2(1 + value) * MEASURES[measure]!.steps);
  return step > BYTE_MAX ? BYTE_MAX : step;
}

/** The value of a byte; whole. */
export const decodeValue = (measure: number, byte: number): number =>
  Math.round(valueOfOctaves(octavesOf(measure, byte)));

/** log2(1 + value) of a byte: the scale on which bands are reckoned. */
export const octavesOf = (measure: number, byte: number): number => byte / MEASURES[measure]!.steps;
export const valueOfOctaves = (octaves: number): number => 2 ** octaves - 1;

/** Distinct peers of an hour, by linear counting over 256 bits: within one up to some 20 peers, saturating near 1,400. */
export const PEER_BITS = 256;
export function peersFromBits(zeros: number): number {
  return zeros === 0 ? PEER_BITS * 5.5 : Math.round(PEER_BITS * Math.log(PEER_BITS / zeros));
}
