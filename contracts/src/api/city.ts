/** What the city has: map, devices, services, parties, imports. */
import { Type, type Static } from 'typebox';
import { IMPORT_BODY_MAX_BYTES, PAGE_ROWS_MAX } from '@cityward/kernel';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, OneOf, Reason, Time } from '../schema.ts';
import {
  CRITICALITIES,
  DEVICE_CLASSES,
  DEVICE_STATES,
  EDGE_KINDS,
  NODE_KINDS,
  PARTY_KINDS,
  SERVICE_KINDS,
  TRUST_LEVELS,
} from '../words.ts';

const Nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);
const DeviceClass = OneOf(DEVICE_CLASSES);
const DeviceState = OneOf(DEVICE_STATES);
const StateCounts = Type.Partial(
  Closed(
    Object.fromEntries(DEVICE_STATES.map((s) => [s, Count])) as Record<(typeof DEVICE_STATES)[number], typeof Count>,
  ),
);

export const Named = Closed({ id: Id, name: Type.String() });
export const ServiceCard = Closed({
  id: Id,
  name: Type.String(),
  kind: OneOf(SERVICE_KINDS),
  criticality: OneOf(CRITICALITIES),
  devices: Count,
  states: StateCounts,
  /** Share of devices reporting, one value an hour, oldest first, last 24 h; null where not known. */
  reporting: Type.Array(Nullable(Type.Number({ minimum: 0, maximum: 1 }))),
});
export type ServiceCard = Static<typeof ServiceCard>;
export const CityNow = Closed({
  name: Type.String(),
  at: Time,
  devices: Count,
  states: StateCounts,
  services: Type.Array(ServiceCard),
  wards: Type.Array(Closed({ id: Id, name: Type.String(), devices: Count, states: StateCounts })),
  observationsPerSecond: Type.Number(),
  openSituations: Count,
  openIncidents: Count,
  history: Type.String(),
});
export type CityNow = Static<typeof CityNow>;

/** GeoJSON feature collections, WGS 84; `kind` in properties: land, water, park, street, ward, building, link. */
export const CityMap = Closed({
  bounds: Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]),
  layers: Type.Record(Type.String(), Type.Unknown()),
});
export type CityMap = Static<typeof CityMap>;
/** All devices as columns: index i is one device. `class`, `state`, `ward` are indexes into the lists that come with them. */
export const DevicePoints = Closed({
  classes: Type.Array(Type.String()),
  states: Type.Array(Type.String()),
  wards: Type.Array(Type.String()),
  id: Type.Array(Type.String()),
  lon: Type.Array(Type.Number()),
  lat: Type.Array(Type.Number()),
  class: Type.Array(Count),
  state: Type.Array(Count),
  ward: Type.Array(Type.Integer({ minimum: -1 })),
});
export type DevicePoints = Static<typeof DevicePoints>;

export const DeviceRow = Closed({
  id: Id,
  name: Type.String(),
  class: DeviceClass,
  state: DeviceState,
  stateReason: Type.String(),
  stateSince: Nullable(Time),
  /** How far its identity is trusted; see `getDeviceTrust` for why. */
  trust: OneOf(TRUST_LEVELS),
  criticality: OneOf(CRITICALITIES),
  ward: Nullable(Named),
  site: Nullable(Named),
  maker: Nullable(Named),
  model: Type.String(),
  firmware: Nullable(Type.String()),
  /** As the inventory says it; a device that says its own is believed before that. */
  hardwareRevision: Nullable(Type.String()),
  serial: Nullable(Type.String()),
  mac: Nullable(Type.String()),
  ip: Nullable(Type.String()),
  lon: Nullable(Type.Number()),
  lat: Nullable(Type.Number()),
  lastSeen: Nullable(Time),
  simulated: Type.Boolean(),
});
export type DeviceRow = Static<typeof DeviceRow>;
export const Neighbour = Closed({
  direction: OneOf(['depends-on', 'needed-by']),
  edge: OneOf(EDGE_KINDS),
  node: OneOf(NODE_KINDS),
  id: Id,
  name: Type.String(),
  note: Type.String(),
});
export type Neighbour = Static<typeof Neighbour>;
export const DeviceDetail = Closed({
  device: DeviceRow,
  installed: Nullable(Time),
  installer: Nullable(Named),
  maintainer: Nullable(Named),
  owner: Nullable(Named),
  failSafe: Type.String(),
  backup: Type.String(),
  neverCut: Type.Boolean(),
  source: Type.String(),
  neighbours: Type.Array(Neighbour),
  facets: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())),
  timeline: Type.Array(
    Closed({ at: Time, type: Type.String(), text: Type.String(), actor: Type.String(), entry: Nullable(Count) }),
  ),
  datasets: Type.Array(
    Closed({ id: Id, name: Type.String(), cohort: Type.String(), people: Count, purpose: Type.String() }),
  ),
});
export type DeviceDetail = Static<typeof DeviceDetail>;

const FacetCounts = Type.Record(Type.String(), Count);
export const DeviceQuery = Closed({
  q: Type.Optional(Type.String({ maxLength: 100 })),
  class: Type.Optional(Type.String()),
  state: Type.Optional(Type.String()),
  ward: Type.Optional(Type.String()),
  maker: Type.Optional(Type.String()),
  criticality: Type.Optional(Type.String()),
  trust: Type.Optional(Type.String()),
  /** west,south,east,north in degrees */
  bbox: Type.Optional(Type.String({ pattern: '^-?[0-9.]+,-?[0-9.]+,-?[0-9.]+,-?[0-9.]+$' })),
  sort: Type.Optional(
    OneOf([
      'id',
      '-id',
      'name',
      '-name',
      'class',
      '-class',
      'state',
      '-state',
      'ward',
      '-ward',
      'maker',
      '-maker',
      'firmware',
      '-firmware',
      'lastSeen',
      '-lastSeen',
    ]),
  ),
  offset: Type.Optional(Type.Integer({ minimum: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_ROWS_MAX })),
});
export const DevicePage = Closed({
  total: Count,
  offset: Count,
  rows: Type.Array(DeviceRow),
  facets: Closed({
    class: FacetCounts,
    state: FacetCounts,
    ward: FacetCounts,
    maker: FacetCounts,
    criticality: FacetCounts,
    trust: FacetCounts,
  }),
});
export type DevicePage = Static<typeof DevicePage>;

export const IMPORT_FORMATS = ['csv', 'netbox-csv', 'geojson', 'ngsi-ld'] as const;
export const IMPORT_VERDICTS = ['new', 'changed', 'same', 'conflict', 'rejected'] as const;
/** One input row of a difference. `line` counts from 1 in the file (or the feature's or entity's place). */
export const ImportRow = Closed({
  line: Count,
  verdict: OneOf(IMPORT_VERDICTS),
  device: Nullable(Type.String()),
  name: Type.String(),
  reason: Type.String(),
  changes: Type.Array(Closed({ field: Type.String(), was: Type.String(), becomes: Type.String() })),
});
export type ImportRow = Static<typeof ImportRow>;
export const ImportReport = Closed({
  id: Id,
  at: Time,
  by: Type.String(),
  file: Type.String(),
  format: OneOf(IMPORT_FORMATS),
  state: OneOf(['previewed', 'committed', 'undone']),
  columns: Type.Array(Closed({ column: Type.String(), field: Nullable(Type.String()), sample: Type.String() })),
  counts: Closed({ rows: Count, new: Count, changed: Count, same: Count, conflict: Count, rejected: Count }),
  /** Of the file as UTF-8 without byte order mark; null for imports from before files were kept. */
  sha256: Nullable(Type.String()),
  /** At most 500 rows of each verdict but `same`. */
  rows: Type.Array(ImportRow),
});
export type ImportReport = Static<typeof ImportReport>;

export const city = {
  cityNow: endpoint({
    name: 'cityNow',
    method: 'GET',
    path: '/api/city',
    action: 'readCity',
    summary: 'The city in one look',
    answer: CityNow,
  }),
  cityMap: endpoint({
    name: 'cityMap',
    method: 'GET',
    path: '/api/city/map',
    action: 'readCity',
    summary: 'Land, water, streets, wards',
    answer: CityMap,
  }),
  devicePoints: endpoint({
    name: 'devicePoints',
    method: 'GET',
    path: '/api/city/points',
    action: 'readCity',
    summary: 'Every device as a point, in columns',
    answer: DevicePoints,
  }),
  listDevices: endpoint({
    name: 'listDevices',
    method: 'GET',
    path: '/api/devices',
    action: 'readCity',
    summary: 'Devices, filtered, with facet counts',
    query: DeviceQuery,
    answer: DevicePage,
  }),
  getDevice: endpoint({
    name: 'getDevice',
    method: 'GET',
    path: '/api/devices/:id',
    action: 'readDevice',
    summary: 'One device',
    params: OneId,
    answer: DeviceDetail,
  }),
  listParties: endpoint({
    name: 'listParties',
    method: 'GET',
    path: '/api/parties',
    action: 'readCity',
    summary: 'City departments, integrators, makers, clinics',
    answer: Closed({
      parties: Type.Array(Closed({ id: Id, name: Type.String(), kind: OneOf(PARTY_KINDS), devices: Count })),
    }),
  }),
  previewImport: endpoint({
    name: 'previewImport',
    method: 'POST',
    path: '/api/imports',
    action: 'importInventory',
    summary: 'What a file would change',
    query: Closed({
      file: Type.String({ maxLength: 200 }),
      format: Type.Optional(OneOf(IMPORT_FORMATS)),
      map: Type.Optional(Type.String({ maxLength: 4_000, description: 'column=field pairs, comma separated' })),
    }),
    body: Type.String(),
    answer: ImportReport,
    bodyMaxBytes: IMPORT_BODY_MAX_BYTES,
  }),
  listImports: endpoint({
    name: 'listImports',
    method: 'GET',
    path: '/api/imports',
    action: 'readCity',
    summary: 'Imports, newest first',
    answer: Closed({ imports: Type.Array(Type.Omit(ImportReport, ['rows', 'columns'])) }),
  }),
  getImport: endpoint({
    name: 'getImport',
    method: 'GET',
    path: '/api/imports/:id',
    action: 'readCity',
    summary: 'One import with its difference',
    params: OneId,
    answer: ImportReport,
  }),
  getImportFile: endpoint({
    name: 'getImportFile',
    method: 'GET',
    path: '/api/imports/:id/file',
    action: 'readCity',
    summary: 'The file of an import, as it was handed in',
    params: OneId,
    answer: Type.String(),
  }),
  commitImport: endpoint({
    name: 'commitImport',
    method: 'POST',
    path: '/api/imports/:id/commit',
    action: 'importInventory',
    summary: 'Apply a previewed import as one change',
    params: OneId,
    answer: ImportReport,
  }),
  undoImport: endpoint({
    name: 'undoImport',
    method: 'POST',
    path: '/api/imports/:id/undo',
    action: 'undoImport',
    summary: 'Take an import back',
    params: OneId,
    body: Closed({ reason: Reason }),
    answer: ImportReport,
  }),
} as const;
