/** MapLibre's style from our own GeoJSON: four quiet tones, local letters, devices by class and state. No tile, glyph or sprite. */
import type { FeatureCollection } from 'geojson';
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { DEVICE_CLASSES, DEVICE_STATES } from '@cityward/contracts';
import { MAP_TONES, STATE_TONES, type Scheme } from '../../ui/palette.ts';
import { words } from '../../words/en-GB.ts';
import { wardLabels, type Geography } from './geography.ts';
import { aggregates, classAt, hotIndexes, stateAt, type PointSet } from './points.ts';
import { asClass, isBadged, SHAPE_SIZES } from './shapes.ts';

export const HOT_MAX = 300;
/** Above this many devices the city is drawn by ward until one comes near. */
export const AGGREGATE_FROM = 4_000;
/** How much nearer than the whole city single devices appear then. */
const NEARER = 1.6;
const FONT = ['system-ui', 'sans-serif'];

const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] };

export const pointsGeoJson = (set: PointSet): FeatureCollection => ({
  type: 'FeatureCollection',
  features: Array.from({ length: set.count }, (_, at) => ({
    type: 'Feature',
    id: at,
    properties: { s: set.state[at], c: asClass(classAt(set, at)) },
    geometry: { type: 'Point', coordinates: [set.lon[at]!, set.lat[at]!] },
  })),
});

export const hotGeoJson = (set: PointSet): FeatureCollection => ({
  type: 'FeatureCollection',
  features: hotIndexes(set, HOT_MAX)
    .filter((at) => isBadged(stateAt(set, at)))
    .map((at) => ({
      type: 'Feature',
      id: at,
      properties: { badge: `badge-${stateAt(set, at)}`, order: -set.state[at]! },
      geometry: { type: 'Point', coordinates: [set.lon[at]!, set.lat[at]!] },
    })),
});

export const groupsGeoJson = (set: PointSet, nameOf: (ward: string) => string): FeatureCollection => ({
  type: 'FeatureCollection',
  features: aggregates(set, nameOf).map((group, at) => ({
    type: 'Feature',
    id: at,
    properties: {
      count: group.count,
      state: DEVICE_STATES.indexOf(group.worst),
      text: words.map.group(group.worstCount, words.states[group.worst].word, group.count),
      key: group.key,
      name: group.label,
    },
    geometry: { type: 'Point', coordinates: [group.lon, group.lat] },
  })),
});

const byState = (scheme: Scheme, state: ExpressionSpecification): ExpressionSpecification =>
  [
    'match',
    state,
    ...DEVICE_STATES.flatMap((word, code) => [code, STATE_TONES[scheme][word].fill]),
    STATE_TONES[scheme].unknown.fill,
  ] as unknown as ExpressionSpecification;

const LIVE_STATE: ExpressionSpecification = ['coalesce', ['feature-state', 's'], ['get', 's']];

const zoomed = (from: number, to: number): ExpressionSpecification => [
  'interpolate',
  ['linear'],
  ['zoom'],
  11,
  from,
  17,
  to,
];

const RANK: ExpressionSpecification = ['coalesce', ['get', 'rank'], ''];
const MAIN: ExpressionSpecification = ['==', RANK, 'main'];
/** Streets by rank, from a thin line over the whole city to a carriageway near by. */
const streetWidth = (edge: number): ExpressionSpecification => [
  'interpolate',
  ['exponential', 1.5],
  ['zoom'],
  11,
  ['case', MAIN, 1.6 + edge, 0.5 + edge / 2],
  17,
  ['case', MAIN, 15 + 2 * edge, 8 + 2 * edge],
];
const ROUND = { 'line-cap': 'round', 'line-join': 'round' } as const;

function ground(scheme: Scheme): LayerSpecification[] {
  const tone = MAP_TONES[scheme];
  const wet: ExpressionSpecification = ['case', ['==', RANK, 'sea'], tone.sea, tone.water];
  const built: ExpressionSpecification = ['case', ['==', RANK, 'public'], tone.public, tone.building];
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': tone.sea } },
    { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': tone.land } },
    { id: 'park', type: 'fill', source: 'park', paint: { 'fill-color': tone.park } },
    {
      id: 'water',
      type: 'fill',
      source: 'water',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': wet },
    },
    {
      id: 'river',
      type: 'line',
      source: 'water',
      filter: ['==', ['geometry-type'], 'LineString'],
      paint: { 'line-color': tone.water, 'line-width': zoomed(3, 22) },
    },
    { id: 'building', type: 'fill', source: 'building', minzoom: 12.5, paint: { 'fill-color': built } },
    {
      id: 'street-edge',
      type: 'line',
      source: 'street',
      minzoom: 12.5,
      layout: ROUND,
      paint: { 'line-color': tone.streetEdge, 'line-width': streetWidth(1) },
    },
    {
      id: 'street',
      type: 'line',
      source: 'street',
      layout: ROUND,
      paint: { 'line-color': tone.street, 'line-width': streetWidth(0) },
    },
    {
      id: 'ward',
      type: 'line',
      source: 'ward',
      paint: { 'line-color': tone.ward, 'line-width': 1, 'line-opacity': 0.6 },
    },
  ];
}

/** In a large city the names of wards stand below their bubbles. */
const GROUP_NAME_EM = 3.6;

function labels(scheme: Scheme, from: number): LayerSpecification[] {
  const tone = MAP_TONES[scheme];
  const halo = { 'text-halo-color': tone.halo, 'text-halo-width': 1.4 };
  return [
    {
      id: 'street-label',
      type: 'symbol',
      source: 'street',
      minzoom: 13.5,
      layout: {
        'symbol-placement': 'line',
        'text-field': ['coalesce', ['get', 'name'], ''],
        'text-font': FONT,
        'text-size': 11,
        'symbol-spacing': 320,
      },
      paint: { 'text-color': tone.streetLabel, ...halo },
    },
    {
      id: 'building-label',
      type: 'symbol',
      source: 'building',
      minzoom: 13,
      filter: ['has', 'name'],
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 11, 'text-max-width': 8 },
      paint: { 'text-color': tone.label, ...halo },
    },
    {
      id: 'ward-label',
      type: 'symbol',
      source: 'ward-label',
      minzoom: from,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': 13,
        'text-letter-spacing': 0.04,
        'text-padding': 4,
      },
      paint: { 'text-color': tone.label, ...halo },
    },
  ];
}

function devices(scheme: Scheme, from: number): LayerSpecification[] {
  const tone = MAP_TONES[scheme];
  const size = [
    'match',
    ['get', 'c'],
    ...DEVICE_CLASSES.flatMap((name) => [name, SHAPE_SIZES[name]]),
    0.7,
  ] as unknown as ExpressionSpecification;
  return [
    {
      id: 'devices',
      type: 'symbol',
      source: 'devices',
      minzoom: from,
      layout: {
        'icon-image': ['concat', 'shape-', ['get', 'c']],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'icon-size': [
          'interpolate',
          ['linear'],
          ['zoom'],
          11,
          ['*', 0.42, size],
          14,
          ['*', 0.66, size],
          17,
          ['*', 1.05, size],
        ],
        'symbol-z-order': 'source',
      },
      paint: { 'icon-color': byState(scheme, LIVE_STATE), 'icon-halo-color': tone.halo, 'icon-halo-width': 1 },
    },
  ];
}

/** Above the letters: what is selected, and the badges of what needs an eye. */
function badges(scheme: Scheme, from: number): LayerSpecification[] {
  const tone = MAP_TONES[scheme];
  return [
    {
      id: 'selected',
      type: 'circle',
      source: 'selected',
      paint: {
        'circle-radius': 15,
        'circle-color': 'transparent',
        'circle-stroke-color': tone.label,
        'circle-stroke-width': 2.5,
      },
    },
    {
      id: 'hot',
      type: 'symbol',
      source: 'hot',
      minzoom: from,
      layout: {
        'icon-image': ['get', 'badge'],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'icon-size': zoomed(0.62, 1),
        'symbol-sort-key': ['get', 'order'],
      },
    },
  ];
}

const groupLayers = (scheme: Scheme, until: number): LayerSpecification[] => [
  {
    id: 'groups',
    type: 'circle',
    source: 'groups',
    maxzoom: until,
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['sqrt', ['get', 'count']], 1, 30, 100, 44],
      'circle-color': MAP_TONES[scheme].halo,
      'circle-opacity': 0.94,
      'circle-stroke-width': 4,
      'circle-stroke-color': byState(scheme, ['get', 'state']),
    },
  },
  {
    id: 'groups-text',
    type: 'symbol',
    source: 'groups',
    maxzoom: until,
    layout: { 'text-field': ['get', 'text'], 'text-font': FONT, 'text-size': 11, 'text-allow-overlap': true },
    paint: { 'text-color': MAP_TONES[scheme].label },
  },
  {
    id: 'groups-name',
    type: 'symbol',
    source: 'groups',
    maxzoom: until,
    layout: {
      'text-field': ['get', 'name'],
      'text-font': FONT,
      'text-size': 13,
      'text-letter-spacing': 0.04,
      'text-offset': [0, GROUP_NAME_EM],
      'text-allow-overlap': true,
    },
    paint: {
      'text-color': MAP_TONES[scheme].label,
      'text-halo-color': MAP_TONES[scheme].halo,
      'text-halo-width': 1.4,
    },
  },
];

/** From which zoom single devices are drawn, for a city that fits the window at `fit`. */
export const devicesFrom = (count: number, fit: number): number =>
  count < AGGREGATE_FROM ? 0 : Math.min(22, fit + NEARER);

export interface StyleParts {
  readonly scheme: Scheme;
  readonly geography: Geography;
  readonly set: PointSet;
  readonly nameOf: (ward: string) => string;
  readonly fit: number;
}

export function mapStyle({ scheme, geography, set, nameOf, fit }: StyleParts): StyleSpecification {
  const from = devicesFrom(set.count, fit);
  const source = (data: FeatureCollection) => ({ type: 'geojson' as const, data });
  const grouped = from > 0;
  return {
    version: 8,
    sources: {
      land: source(geography.land),
      water: source(geography.water),
      park: source(geography.park),
      building: source(geography.building),
      street: source(geography.street),
      ward: source(geography.ward),
      'ward-label': source(wardLabels(geography)),
      devices: source(pointsGeoJson(set)),
      hot: source(hotGeoJson(set)),
      selected: source(EMPTY),
      groups: source(grouped ? groupsGeoJson(set, nameOf) : EMPTY),
    },
    layers: [
      ...ground(scheme),
      ...devices(scheme, from),
      ...labels(scheme, from),
      ...badges(scheme, from),
      ...(grouped ? groupLayers(scheme, from) : []),
    ],
  };
}
