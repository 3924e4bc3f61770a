/** Reads what other people call devices, services and answers, e.g. `CCTV camera`, `Lamp post`, `ja`. */
import {
  CRITICALITIES,
  DEVICE_CLASSES,
  SERVICE_KINDS,
  type Criticality,
  type DeviceClass,
  type ServiceKind,
} from '@cityward/contracts';

/** Letters and digits only, lower case, accents off: `Serial No.` and `serial_no` are the same word. */
export const plainWord = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

/** Parts of words that give a class away, most telling first: a `bus stop camera` is a camera, a `red light camera` too. */
const CLASS_SIGNS: readonly (readonly [sign: string, deviceClass: DeviceClass])[] = [
  ['cctv', 'camera'],
  ['camera', 'camera'],
  ['dvr', 'camera'],
  ['pushbutton', 'crossing'],
  ['crossing', 'crossing'],
  ['crosswalk', 'crossing'],
  ['pedestriansignal', 'crossing'],
  ['signalized', 'signal'],
  ['signalised', 'signal'],
  ['trafficsignal', 'signal'],
  ['trafficlight', 'signal'],
  ['streetlight', 'street-light'],
  ['streetlamp', 'street-light'],
  ['lamppost', 'street-light'],
  ['luminaire', 'street-light'],
  ['lantern', 'street-light'],
  ['lamp', 'street-light'],
  ['pump', 'water-pump'],
  ['tank', 'water-tank'],
  ['reservoir', 'water-tank'],
  ['wastecontainer', 'waste-bin'],
  ['wastebin', 'waste-bin'],
  ['litterbin', 'waste-bin'],
  ['rubbishbin', 'waste-bin'],
  ['trashbin', 'waste-bin'],
  ['airquality', 'air-sensor'],
  ['airsensor', 'air-sensor'],
  ['parkingmeter', 'parking-sensor'],
  ['parking', 'parking-sensor'],
  ['wifi', 'wifi-access-point'],
  ['accesspoint', 'wifi-access-point'],
  ['bussign', 'bus-sign'],
  ['busstop', 'bus-sign'],
  ['passengerinformation', 'bus-sign'],
  ['plc', 'plant-controller'],
  ['plant', 'plant-controller'],
  ['switch', 'site-switch'],
  ['signal', 'signal'],
];

/** The class that a word means; null for none. */
export function classOf(text: string): DeviceClass | null {
  const word = plainWord(text);
  if (word === '') return null;
  const exact = DEVICE_CLASSES.find((known) => plainWord(known) === word);
  return exact ?? CLASS_SIGNS.find(([sign]) => word.includes(sign))?.[1] ?? null;
}

const SERVICE_SIGNS: readonly (readonly [sign: string, kind: ServiceKind])[] = [
  ['hospital', 'hospital'],
  ['dialysis', 'dialysis'],
  ['clinic', 'clinic'],
  ['fire', 'fire'],
  ['police', 'police'],
];
/** Places that are neither device nor service. */
const SITE_SIGNS = ['station', 'school', 'library', 'building', 'facility'];

/** What a file is about, from its name. */
export type Subject =
  | { readonly kind: 'device'; readonly class: DeviceClass | null }
  | { readonly kind: 'service'; readonly service: ServiceKind }
  | { readonly kind: 'site' };

export function subjectOfName(name: string): Subject {
  const word = plainWord(name);
  const service = SERVICE_SIGNS.find(([sign]) => word.includes(sign));
  const found = classOf(name);
  if (service && found === null) return { kind: 'service', service: service[1] };
  if (found === null && SITE_SIGNS.some((sign) => word.includes(sign))) return { kind: 'site' };
  return { kind: 'device', class: found };
}

/** The subject that somebody names outright: a class, a kind of service, or `site`. */
export function subjectOfWord(word: string): Subject | null {
  if (word === 'site') return { kind: 'site' };
  const deviceClass = DEVICE_CLASSES.find((known) => known === word);
  if (deviceClass) return { kind: 'device', class: deviceClass };
  const service = SERVICE_KINDS.find((known) => known === word);
  return service ? { kind: 'service', service } : null;
}

export const criticalityOf = (text: string): Criticality | null => {
  const word = plainWord(text);
  return CRITICALITIES.find((known) => plainWord(known) === word) ?? null;
};

export const SERVICE_CRITICALITY: Readonly<Partial<Record<ServiceKind, Criticality>>> = {
  hospital: 'life-safety',
  dialysis: 'life-safety',
  fire: 'life-safety',
  police: 'life-safety',
  clinic: 'essential',
};

const YES = ['yes', 'true', 'y', 't', '1'];
const NO = ['no', 'false', 'n', 'f', '0'];
export const truthOf = (text: string): boolean | null => {
  const word = plainWord(text);
  return YES.includes(word) ? true : NO.includes(word) ? false : null;
};

/** What people write where there is nothing. */
const NOTHING = new Set(['', 'na', 'none', 'null', 'nil', 'unknown', 'tbd', 'tbc', 'notknown', 'notapplicable']);
export const saysNothing = (text: string): boolean => NOTHING.has(plainWord(text));
