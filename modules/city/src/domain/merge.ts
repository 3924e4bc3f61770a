/** Makes a device from what a file says, or lays what it says over the one that is there. */
import type { DeviceClass } from '@cityward/contracts';
import { hash32 } from '@cityward/kernel';
import type { Values } from './fields.ts';
import { CLASS_PROFILES, type Device } from './model.ts';
import type { Named } from './naming.ts';

export interface FieldChange {
  readonly field: string;
  readonly was: string;
  readonly becomes: string;
}

const SHORT: Readonly<Record<DeviceClass, string>> = {
  'street-light': 'lamp',
  signal: 'signal',
  crossing: 'crossing',
  camera: 'cam',
  'water-pump': 'pump',
  'water-tank': 'tank',
  'waste-bin': 'bin',
  'air-sensor': 'air',
  'parking-sensor': 'park',
  'wifi-access-point': 'wifi',
  'bus-sign': 'sign',
  'site-switch': 'switch',
  'plant-controller': 'plant',
  other: 'dev',
};

/** The same thing gets the same id each time that it is imported anew; not for security. */
export const thingId = (prefix: string, key: string): string =>
  `${prefix}-${[key, `${key}\n2`].map((text) => hash32(text).toString(36).padStart(7, '0')).join('')}`;

/** A device as its class makes it, known by serial, else by MAC, else by its id in the file. */
export function freshDevice(
  values: Values,
  from: { readonly source: string; readonly class: DeviceClass | null },
): Device {
  const deviceClass = values.class ?? from.class ?? 'other';
  const profile = CLASS_PROFILES[deviceClass];
  const key =
    values.serial !== undefined
      ? `serial\n${values.serial.toLowerCase()}`
      : values.mac !== undefined
        ? `mac\n${values.mac}`
        : `${from.source}\n${values.sourceId}`;
  return {
    id: thingId(SHORT[deviceClass], key),
    name: `${profile.label} ${values.sourceId ?? values.serial ?? values.mac ?? ''}`.trim(),
    class: deviceClass,
    model: '',
    firmware: null,
    hardwareRevision: null,
    serial: null,
    mac: null,
    ip: null,
    street: '',
    site: null,
    ward: null,
    lon: null,
    lat: null,
    maker: null,
    owner: null,
    maintainer: null,
    installer: null,
    installed: null,
    criticality: profile.criticality,
    failSafe: profile.failSafe,
    backup: profile.backup,
    neverCut: profile.neverCut,
    source: from.source,
    sourceId: values.sourceId ?? null,
    simulated: false,
  };
}

/** What the file does not say stays. */
export function withValues(before: Device, values: Values, named: Named): Device {
  const { place } = values;
  return {
    ...before,
    name: values.name ?? before.name,
    model: values.model ?? before.model,
    firmware: values.firmware ?? before.firmware,
    hardwareRevision: values.hardwareRevision ?? before.hardwareRevision,
    serial: before.serial ?? values.serial ?? null,
    mac: before.mac ?? values.mac ?? null,
    ip: values.ip ?? before.ip,
    street: values.street ?? before.street,
    site: named.site ?? before.site,
    ward: named.ward ?? before.ward,
    lon: place?.lon ?? before.lon,
    lat: place?.lat ?? before.lat,
    maker: named.maker ?? before.maker,
    owner: named.owner ?? before.owner,
    maintainer: named.maintainer ?? before.maintainer,
    installer: named.installer ?? before.installer,
    installed: values.installed ?? before.installed,
    backup: values.backup ?? before.backup,
  };
}

const textOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

/** Each field that differs, as text. */
export function changesOf<T extends object>(before: T, after: T): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const field of Object.keys(after) as (keyof T & string)[])
    if (before[field] !== after[field])
      changes.push({ field, was: textOf(before[field]), becomes: textOf(after[field]) });
  return changes;
}
