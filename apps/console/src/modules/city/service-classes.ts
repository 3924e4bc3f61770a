/** Which classes of device make up a service, so that its card leads to their rows. */
import type { DeviceClass, ServiceKind } from '@cityward/contracts';

const CLASSES: Readonly<Partial<Record<ServiceKind, DeviceClass>>> = {
  'street-lighting': 'street-light',
  traffic: 'signal',
  crossings: 'crossing',
  cctv: 'camera',
  water: 'water-pump',
  waste: 'waste-bin',
  'air-quality': 'air-sensor',
  parking: 'parking-sensor',
  wifi: 'wifi-access-point',
  'bus-information': 'bus-sign',
};

/** The main class of a service's devices; null for services that have none of their own (a hospital). */
export const classesOf = (kind: ServiceKind): DeviceClass | null => CLASSES[kind] ?? null;
