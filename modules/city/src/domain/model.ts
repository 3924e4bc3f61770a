/** What a city is made of, as a generator or an import yields it and as the store keeps it. */
import type { Criticality, DeviceClass, EdgeKind, NodeKind, PartyKind, ServiceKind } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';

/** Who owns, makes, installs, keeps or uses something. */
export interface Party {
  readonly id: string;
  readonly name: string;
  readonly kind: PartyKind;
}

export const SITE_KINDS = ['ward', 'street', 'junction', 'cabinet', 'building', 'plant', 'park', 'depot'] as const;
export type SiteKind = (typeof SITE_KINDS)[number];

/** A place. A ward is a site of kind `ward`; its outline is the feature with the same `id` in the geometry layer `ward`. */
export interface Site {
  readonly id: string;
  readonly name: string;
  readonly kind: SiteKind;
  /** The ward it lies in; null for a ward itself or where not known. */
  readonly ward: string | null;
  readonly lon: number | null;
  readonly lat: number | null;
}

export const NETWORK_KINDS = ['telecom', 'power', 'water'] as const;
export type NetworkKind = (typeof NETWORK_KINDS)[number];

/** A part of a supply tree that is not itself a device: core, ward aggregation, cable, substation, feeder, water zone. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly kind: NetworkKind;
  /** What it is within its tree, e.g. `core`, `ward-aggregation`, `substation`, `feeder`, `zone`, `cable`. */
  readonly level: string;
  readonly lon: number | null;
  readonly lat: number | null;
}

/** One device of the inventory. What is seen of it while it runs (state, last seen) is not here. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly class: DeviceClass;
  readonly model: string;
  readonly firmware: string | null;
  /** Which make of its model, where its maker built more than one: their firmware may differ. */
  readonly hardwareRevision: string | null;
  /** Unique in the city; compared without case. */
  readonly serial: string | null;
  /** Unique in the city; twelve lower-case hex digits in pairs with colons. */
  readonly mac: string | null;
  /** Not an identity: two devices may have held the same one. */
  readonly ip: string | null;
  readonly street: string;
  readonly site: string | null;
  readonly ward: string | null;
  /** WGS 84 degrees. */
  readonly lon: number | null;
  readonly lat: number | null;
  /** Party ids. */
  readonly maker: string | null;
  readonly owner: string | null;
  readonly maintainer: string | null;
  readonly installer: string | null;
  /** Milliseconds since 1970. */
  readonly installed: number | null;
  readonly criticality: Criticality;
  readonly failSafe: string;
  readonly backup: string;
  /** Never isolated, by nobody: isolation would hurt people. */
  readonly neverCut: boolean;
  /** Where the record comes from, e.g. `port-merrow` or the layer of an import. */
  readonly source: string;
  /** Its id there; `source` and `sourceId` together are unique. */
  readonly sourceId: string | null;
  readonly simulated: boolean;
}

/**
 * What the city does for people; a hospital is one too. It depends on devices and networks by edges of kind `service`. A device
 * that no service of its class's kind names belongs to the first such service, so that a draft need not list every street light.
 */
export interface Service {
  readonly id: string;
  readonly name: string;
  readonly kind: ServiceKind;
  readonly criticality: Criticality;
  readonly lon: number | null;
  readonly lat: number | null;
}

/** Data that devices feed, by edges of kind `data-flow` from device to dataset. No module but the vault holds a name. */
export interface Dataset {
  readonly id: string;
  readonly name: string;
  /** What it may be used for. */
  readonly purpose: string;
  /** Whom it is about, e.g. `People who cross Quay Street on foot`. */
  readonly cohort: string;
  /** Random ids of the people it is about, without repeats; the same person has the same id in all datasets. */
  readonly subjects: readonly string[];
}

/**
 * `from` depends on, reaches, feeds or answers to `to`. A draft never lists `location` or `responsibility`: the graph derives
 * them from `site`, `ward`, `owner`, `maintainer`, `installer` and `maker` of devices and sites.
 */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** In words, e.g. `feeder 3, phase B`; mostly empty. */
  readonly note: string;
}

export const GEOMETRY_LAYERS = ['land', 'water', 'park', 'street', 'ward', 'building', 'link'] as const;
export type GeometryLayer = (typeof GEOMETRY_LAYERS)[number];

export type Position = readonly [lon: number, lat: number];
export type Shape =
  | { readonly type: 'Point'; readonly coordinates: Position }
  | { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
  | { readonly type: 'MultiLineString'; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly (readonly Position[])[])[] };
export interface Feature {
  readonly type: 'Feature';
  /** `id` (of the ward or site it draws, where there is one), `name` and `kind` (the layer). */
  readonly properties: Readonly<Record<string, string | number>>;
  readonly geometry: Shape;
}
export interface Layer {
  readonly type: 'FeatureCollection';
  readonly features: readonly Feature[];
}
/** GeoJSON, WGS 84. `link` draws the trunk lines of the supply trees. */
export type Geometry = Readonly<Record<GeometryLayer, Layer>>;

/** West, south, east, north in degrees. */
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** What a generator yields: a whole city that can be written in one go. Ids are unique over all kinds. */
export interface CityDraft {
  readonly name: string;
  readonly bounds: Bounds;
  readonly parties: readonly Party[];
  readonly sites: readonly Site[];
  readonly networks: readonly Network[];
  readonly devices: readonly Device[];
  readonly services: readonly Service[];
  readonly datasets: readonly Dataset[];
  readonly edges: readonly Edge[];
  readonly geometry: Geometry;
}

/** A node of the city graph, whatever its kind. */
export interface NodeName {
  readonly kind: NodeKind;
  readonly id: string;
  readonly name: string;
}

/** What is true of a class of devices unless its record says otherwise. */
export interface ClassProfile {
  readonly label: string;
  readonly criticality: Criticality;
  /** What it does when it is cut off. */
  readonly failSafe: string;
  /** What does its work meanwhile. */
  readonly backup: string;
  readonly neverCut: boolean;
  /** How long it sleeps between two reports by design; 0 for never. */
  readonly sleepMs: number;
  /** Silence after which it is unreachable; for sleepers at least two sleep periods. */
  readonly silenceMs: number;
  /** The service that it works for; null where none follows from the class. */
  readonly service: ServiceKind | null;
}

const AWAKE = { sleepMs: 0, silenceMs: 3 * MINUTE_MS };

/** Waste bins wake every six hours; all others are awake and overdue after three minutes of silence. */
export const CLASS_PROFILES: Readonly<Record<DeviceClass, ClassProfile>> = {
  'street-light': {
    ...AWAKE,
    label: 'Street light',
    criticality: 'important',
    failSafe: 'stays lit at full power from dusk to dawn by its own photocell',
    backup: 'neighbouring lights',
    neverCut: false,
    service: 'street-lighting',
  },
  signal: {
    ...AWAKE,
    label: 'Traffic signal',
    criticality: 'life-safety',
    failSafe: 'runs its local fixed-time plan, then flashes red on all approaches',
    backup: 'local controller without the network, then police on point duty',
    neverCut: false,
    service: 'traffic',
  },
  crossing: {
    ...AWAKE,
    label: 'Pedestrian crossing',
    criticality: 'life-safety',
    failSafe: 'keeps its audible signal on a fixed cycle',
    backup: 'none: blind people rely on it',
    neverCut: true,
    service: 'crossings',
  },
  camera: {
    ...AWAKE,
    label: 'Camera',
    criticality: 'important',
    failSafe: 'records on its own card for 24 hours',
    backup: 'cameras that see the same place',
    neverCut: false,
    service: 'cctv',
  },
  'water-pump': {
    ...AWAKE,
    label: 'Water pump',
    criticality: 'essential',
    failSafe: 'holds its last set-point within the limits of its own controller',
    backup: 'second pump of the station, then the tanks',
    neverCut: true,
    service: 'water',
  },
  'water-tank': {
    ...AWAKE,
    label: 'Water tank',
    criticality: 'essential',
    failSafe: 'float valve closes at full',
    backup: 'level read by hand',
    neverCut: false,
    service: 'water',
  },
  'waste-bin': {
    label: 'Waste bin',
    criticality: 'routine',
    failSafe: 'is emptied by the fixed round',
    backup: 'fixed round',
    neverCut: false,
    sleepMs: 6 * HOUR_MS,
    silenceMs: 13 * HOUR_MS,
    service: 'waste',
  },
  'air-sensor': {
    ...AWAKE,
    label: 'Air sensor',
    criticality: 'routine',
    failSafe: 'keeps readings for seven days',
    backup: 'neighbouring sensors',
    neverCut: false,
    service: 'air-quality',
  },
  'parking-sensor': {
    ...AWAKE,
    label: 'Parking sensor',
    criticality: 'routine',
    failSafe: 'bay is shown as not known',
    backup: 'wardens',
    neverCut: false,
    service: 'parking',
  },
  'wifi-access-point': {
    ...AWAKE,
    label: 'Public Wi-Fi',
    criticality: 'routine',
    failSafe: 'stops serving visitors',
    backup: 'mobile networks',
    neverCut: false,
    service: 'wifi',
  },
  'bus-sign': {
    ...AWAKE,
    label: 'Bus sign',
    criticality: 'routine',
    failSafe: 'shows the timetable',
    backup: 'printed timetable',
    neverCut: false,
    service: 'bus-information',
  },
  'site-switch': {
    ...AWAKE,
    label: 'Site switch',
    criticality: 'essential',
    failSafe: 'forwards as last configured',
    backup: 'ring to the next cabinet where built',
    neverCut: false,
    service: null,
  },
  'plant-controller': {
    ...AWAKE,
    label: 'Plant controller',
    criticality: 'essential',
    failSafe: 'keeps its last programme; operators take over at the panel',
    backup: 'manual operation at the plant',
    neverCut: true,
    service: 'water',
  },
  other: {
    label: 'Other device',
    criticality: 'routine',
    failSafe: 'not known',
    backup: 'not known',
    neverCut: false,
    sleepMs: 0,
    silenceMs: DAY_MS,
    service: null,
  },
};
