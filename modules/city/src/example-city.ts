/** A city of two wards for tests: small enough to know by heart. */
import {
  CLASS_PROFILES,
  GEOMETRY_LAYERS,
  type CityDraft,
  type Device,
  type Feature,
  type Geometry,
} from './domain/model.ts';

export const DEVICE_DEFAULTS: Omit<
  Device,
  'id' | 'name' | 'class' | 'criticality' | 'failSafe' | 'backup' | 'neverCut'
> = {
  model: 'M1',
  firmware: '1.0',
  hardwareRevision: null,
  serial: null,
  mac: null,
  ip: null,
  street: 'Quay Street',
  site: 'site-1',
  ward: 'ward-east',
  lon: 174.15,
  lat: -41.25,
  maker: 'party-maker',
  owner: 'party-city',
  maintainer: 'party-city',
  installer: null,
  installed: null,
  source: 'example',
  sourceId: null,
  simulated: true,
};

export function exampleDevice(id: string, deviceClass: Device['class'], rest: Partial<Device> = {}): Device {
  const { criticality, failSafe, backup, neverCut, label } = CLASS_PROFILES[deviceClass];
  return {
    ...DEVICE_DEFAULTS,
    id,
    name: `${label} ${id}`,
    class: deviceClass,
    criticality,
    failSafe,
    backup,
    neverCut,
    ...rest,
  };
}

const square = (id: string, west: number): Feature => ({
  type: 'Feature',
  properties: { id, name: id, kind: 'ward' },
  geometry: {
    type: 'Polygon',
    coordinates: [[[west, -41.3], [west + 0.1, -41.3], [west + 0.1, -41.2], [west, -41.2], [west, -41.3]]], // prettier-ignore
  },
});

const geometry = {
  ...Object.fromEntries(GEOMETRY_LAYERS.map((layer) => [layer, { type: 'FeatureCollection', features: [] }])),
  ward: { type: 'FeatureCollection', features: [square('ward-west', 174), square('ward-east', 174.1)] },
} as unknown as Geometry;

/** Two cameras, a crossing, a sleeping bin and their switch; ward west runs from 174.0 to 174.1, east from there to 174.2. */
export const exampleCity: CityDraft = {
  name: 'Example',
  bounds: [174, -41.3, 174.2, -41.2],
  geometry,
  parties: [
    { id: 'party-city', name: 'City', kind: 'city' },
    { id: 'party-maker', name: 'Maker', kind: 'maker' },
  ],
  sites: [
    { id: 'ward-east', name: 'East', kind: 'ward', ward: null, lon: 174.15, lat: -41.25 },
    { id: 'ward-west', name: 'West', kind: 'ward', ward: null, lon: 174.05, lat: -41.25 },
    { id: 'site-1', name: 'Cabinet 1', kind: 'cabinet', ward: 'ward-east', lon: 174.15, lat: -41.25 },
  ],
  networks: [{ id: 'net-core', name: 'Core', kind: 'telecom', level: 'core', lon: null, lat: null }],
  devices: [
    exampleDevice('switch-1', 'site-switch', { serial: 'SW1' }),
    exampleDevice('cam-1', 'camera', { serial: 'C1', mac: '02:00:00:00:00:01', ip: '192.0.2.1' }),
    exampleDevice('cam-2', 'camera', {
      serial: 'C2',
      mac: '02:00:00:00:00:02',
      ip: '192.0.2.2',
      ward: 'ward-west',
      lon: 174.05,
      street: 'Hill Road',
    }),
    exampleDevice('crossing-1', 'crossing', { serial: 'X1', maker: null }),
    exampleDevice('bin-1', 'waste-bin', { serial: 'B1', ward: null, site: null, lon: null, lat: null }),
  ],
  services: [
    { id: 'svc-cctv', name: 'Cameras', kind: 'cctv', criticality: 'important', lon: null, lat: null },
    { id: 'svc-hospital', name: 'Hospital', kind: 'hospital', criticality: 'life-safety', lon: 174.12, lat: -41.22 },
  ],
  datasets: [
    {
      id: 'data-1',
      name: 'Footage',
      purpose: 'safety',
      cohort: 'People on Quay Street',
      subjects: ['p-1', 'p-2', 'p-3'],
    },
    { id: 'data-2', name: 'Counts', purpose: 'planning', cohort: 'People on Hill Road', subjects: ['p-3', 'p-4'] },
  ],
  edges: [
    { from: 'switch-1', to: 'net-core', kind: 'telecom', note: 'fibre' },
    { from: 'cam-1', to: 'switch-1', kind: 'telecom', note: '' },
    { from: 'cam-2', to: 'switch-1', kind: 'telecom', note: '' },
    { from: 'cam-1', to: 'data-1', kind: 'data-flow', note: '' },
    { from: 'cam-2', to: 'data-1', kind: 'data-flow', note: '' },
    { from: 'cam-2', to: 'data-2', kind: 'data-flow', note: '' },
    { from: 'svc-hospital', to: 'crossing-1', kind: 'service', note: 'ambulances' },
  ],
};
