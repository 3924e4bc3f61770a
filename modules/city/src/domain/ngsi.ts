/** Smart Data Models as import records: an asset (Streetlight, Camera) and the one Device that controls it are one device here. */
import type { DeviceClass } from '@cityward/contracts';
import type { Cells, Field } from './fields.ts';
import type { InputRecord } from './input.ts';
import { classOf } from './words.ts';

export interface Entity {
  readonly place: number;
  readonly id: string;
  readonly type: string;
  readonly attributes: ReadonlyMap<string, unknown>;
}

const ASSET_CLASS: ReadonlyMap<string, DeviceClass> = new Map([
  ['Streetlight', 'street-light'],
  ['Camera', 'camera'],
  ['WasteContainer', 'waste-bin'],
  ['AirQualityObserved', 'air-sensor'],
  ['ParkingSpot', 'parking-sensor'],
  ['WifiAccessPoint', 'wifi-access-point'],
]);
/** What a bare Device measures tells what it is. */
const MEASURES: readonly (readonly [property: RegExp, deviceClass: DeviceClass])[] = [
  [/fillingLevel/i, 'waste-bin'],
  [/airPollution|^(co2?|no2|o3|pm\d+)$/i, 'air-sensor'],
  [/occupancy/i, 'parking-sensor'],
  [/^(light|illuminance)/i, 'street-light'],
];

const list = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string' && item !== '');
const text = (value: unknown): string | undefined => {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'number' || typeof first === 'boolean') return String(first);
  return typeof first === 'string' ? first : undefined;
};
/** `urn:ngsi-ld:DeviceModel:AX-20` is `AX-20`. */
const lastOfUrn = (urn: string | undefined): string | undefined => urn?.split(':').filter(Boolean).at(-1);

/** One record for each device: a Device with the asset it alone controls, a Device, or an asset that no Device of the file controls. */
export function* entityRecords(entities: readonly Entity[]): Generator<InputRecord, void> {
  const { assetsOf, controllersOf } = controlOf(entities);
  for (const entity of entities) {
    if (entity.type === 'Device') {
      const assets = assetsOf.get(entity.id) ?? [];
      const own = assets.length === 1 && controllersOf.get(assets[0]!.id)?.length === 1 ? assets[0]! : null;
      yield deviceRecord(entity, own);
      continue;
    }
    const assetClass = ASSET_CLASS.get(entity.type);
    if (!assetClass) {
      const reason = `type "${entity.type}" is not read, ${['Device', ...ASSET_CLASS.keys()].join(', ')} wanted`;
      yield { line: entity.place, what: 'fault', reason };
      continue;
    }
    const controllers = controllersOf.get(entity.id) ?? [];
    if (controllers.length === 1 && assetsOf.get(controllers[0]!)!.length === 1) continue; // told with its Device
    const cells = assetCells(entity);
    yield {
      line: entity.place,
      what: 'device',
      cells: { ...cells, sourceId: entity.id },
      class: assetClass,
      links: [],
      controllers,
    };
  }
}

/** Both directions of `refDevice` and `controlledAsset`, each pair once, only between entities of the file. */
function controlOf(entities: readonly Entity[]) {
  const byId = new Map(entities.map((entity) => [entity.id, entity]));
  const assetsOf = new Map<string, Entity[]>();
  const controllersOf = new Map<string, string[]>();
  const join = (device: Entity | undefined, asset: Entity | undefined): void => {
    if (device?.type !== 'Device' || !asset || !ASSET_CLASS.has(asset.type)) return;
    const controllers = controllersOf.get(asset.id) ?? [];
    if (controllers.includes(device.id)) return;
    controllersOf.set(asset.id, [...controllers, device.id]);
    assetsOf.set(device.id, [...(assetsOf.get(device.id) ?? []), asset]);
  };
  for (const entity of entities) {
    for (const id of list(entity.attributes.get('controlledAsset'))) join(entity, byId.get(id));
    for (const id of list(entity.attributes.get('refDevice'))) join(byId.get(id), entity);
  }
  return { assetsOf, controllersOf };
}

function deviceRecord(device: Entity, asset: Entity | null): InputRecord {
  const { attributes } = device;
  const place = placeCells(asset) ?? placeCells(device) ?? {};
  const own: Partial<Record<Field, string | undefined>> = {
    name: text(attributes.get('name')),
    serial: text(attributes.get('serialNumber')),
    mac: text(attributes.get('macAddress')),
    ip: text(attributes.get('ipAddress')),
    firmware: text(attributes.get('firmwareVersion')) ?? text(attributes.get('softwareVersion')),
    hardwareRevision: text(attributes.get('hardwareVersion')),
    model: lastOfUrn(text(attributes.get('refDeviceModel'))),
    installed: text(attributes.get('dateInstalled')) ?? text(attributes.get('dateFirstUsed')),
    maintainer: text(attributes.get('provider')),
    street: streetOf(attributes),
  };
  const cells = { ...filled(own), ...(asset ? assetCells(asset) : {}), ...place, sourceId: device.id };
  const deviceClass = (asset ? ASSET_CLASS.get(asset.type) : undefined) ?? measuredClass(device);
  return { line: device.place, what: 'device', cells, class: deviceClass, links: [], controllers: [] };
}

function measuredClass({ attributes }: Entity): DeviceClass | null {
  for (const property of list(attributes.get('controlledProperty'))) {
    const found = MEASURES.find(([sign]) => sign.test(property));
    if (found) return found[1];
  }
  return classOf(text(attributes.get('name')) ?? '');
}

/** What the asset says of itself: name, place and street; the controller knows the rest. */
function assetCells(asset: Entity): Cells {
  const { attributes } = asset;
  return {
    ...filled({
      name: text(attributes.get('name')) ?? text(attributes.get('cameraName')) ?? text(attributes.get('streetPoleNum')),
      installed: text(attributes.get('dateServiceStarted')),
      street: streetOf(attributes),
    }),
    ...placeCells(asset),
  };
}

function placeCells(entity: Entity | null): Cells | null {
  const location = entity?.attributes.get('location');
  if (typeof location !== 'object' || location === null || !('coordinates' in location)) return null;
  const coordinates: unknown = location.coordinates;
  if (!('type' in location) || location.type !== 'Point' || !Array.isArray(coordinates)) return null;
  const [lon, lat] = coordinates as unknown[];
  if (typeof lon !== 'number' || typeof lat !== 'number') return null;
  return { lon: lon.toFixed(7), lat: lat.toFixed(7) };
}

function streetOf(attributes: ReadonlyMap<string, unknown>): string | undefined {
  const address = attributes.get('address');
  if (typeof address === 'string') return address;
  if (typeof address !== 'object' || address === null || !('streetAddress' in address)) return undefined;
  return text(address.streetAddress);
}

const filled = (cells: Partial<Record<Field, string | undefined>>): Cells =>
  Object.fromEntries(Object.entries(cells).filter((entry): entry is [Field, string] => entry[1] !== undefined));
