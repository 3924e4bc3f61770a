/** The city's own GeoJSON, sorted into the kinds that the map draws. Pure. */
import type { Feature, FeatureCollection, Geometry, Position } from 'geojson';
import type { CityMap } from '@cityward/contracts';
import type { Bounds } from './points.ts';

export const MAP_KINDS = ['land', 'water', 'park', 'building', 'street', 'ward', 'link'] as const;
export type MapKind = (typeof MAP_KINDS)[number];
export type Geography = Readonly<Record<MapKind, FeatureCollection>>;

const isCollection = (value: unknown): value is FeatureCollection =>
  typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'FeatureCollection';

/** `properties.kind` decides, else the name of the layer (`streets` counts as `street`); unknown kinds are not drawn. */
export function geographyOf(map: CityMap): Geography {
  const features: Record<MapKind, Feature[]> = {
    land: [],
    water: [],
    park: [],
    building: [],
    street: [],
    ward: [],
    link: [],
  };
  for (const [name, layer] of Object.entries(map.layers)) {
    if (!isCollection(layer)) continue;
    for (const feature of layer.features) {
      const kind = String(feature.properties?.['kind'] ?? name).replace(/s$/, '');
      if ((MAP_KINDS as readonly string[]).includes(kind)) features[kind as MapKind].push(feature);
    }
  }
  return Object.fromEntries(
    MAP_KINDS.map((kind) => [kind, { type: 'FeatureCollection', features: features[kind] }]),
  ) as unknown as Geography;
}

/** Every position of a geometry, rings and parts alike. */
export function* positionsOf(geometry: Geometry): Generator<Position> {
  if (geometry.type === 'GeometryCollection') {
    for (const part of geometry.geometries) yield* positionsOf(part);
    return;
  }
  const walk = function* (value: unknown): Generator<Position> {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === 'number') yield value as Position;
    else for (const inner of value) yield* walk(inner);
  };
  yield* walk(geometry.coordinates);
}

export function boundsOf(features: readonly Feature[]): Bounds | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const feature of features)
    for (const [lon, lat] of positionsOf(feature.geometry) as Iterable<[number, number]>) {
      west = Math.min(west, lon);
      east = Math.max(east, lon);
      south = Math.min(south, lat);
      north = Math.max(north, lat);
    }
  return west === Infinity ? null : [west, south, east, north];
}

/** The middle of a polygon's outer ring (by area): where a ward's name stands. */
export function middleOf(geometry: Geometry): Position {
  const ring =
    geometry.type === 'Polygon'
      ? geometry.coordinates[0]
      : geometry.type === 'MultiPolygon'
        ? geometry.coordinates[0]?.[0]
        : undefined;
  if (!ring || ring.length < 4) return [...positionsOf(geometry)][0] ?? [0, 0];
  let [area, x, y] = [0, 0, 0];
  for (let i = 0; i < ring.length - 1; i++) {
    const [x0, y0] = ring[i] as [number, number];
    const [x1, y1] = ring[i + 1] as [number, number];
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  return area === 0 ? ring[0]! : [x / (3 * area), y / (3 * area)];
}

/** Points that carry the names of wards. */
export const wardLabels = (geography: Geography): FeatureCollection => ({
  type: 'FeatureCollection',
  features: geography.ward.features.map((feature) => ({
    type: 'Feature',
    properties: { name: feature.properties?.['name'] ?? '' },
    geometry: { type: 'Point', coordinates: middleOf(feature.geometry) },
  })),
});

/** Mercator into a box of the given width; y grows downwards, as in SVG. */
export interface Projection {
  readonly width: number;
  readonly height: number;
  point(lon: number, lat: number): readonly [number, number];
  /** Back to degrees. */
  place(x: number, y: number): readonly [number, number];
}
const mercator = (lat: number): number => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
const inverse = (value: number): number => ((2 * Math.atan(Math.exp(value)) - Math.PI / 2) * 180) / Math.PI;

export function projection(bounds: Bounds, width: number): Projection {
  const [west, south, east, north] = bounds;
  const scale = width / Math.max(1e-9, ((east - west) * Math.PI) / 180);
  const top = mercator(north);
  return {
    width,
    height: Math.max(1, (top - mercator(south)) * scale),
    point: (lon, lat) => [(((lon - west) * Math.PI) / 180) * scale, (top - mercator(lat)) * scale],
    place: (x, y) => [west + ((x / scale) * 180) / Math.PI, inverse(top - y / scale)],
  };
}

const round = (value: number): string => value.toFixed(1);

/** The `d` of a path for a feature. */
export function pathOf(geometry: Geometry, to: Projection): string {
  const line = (positions: readonly Position[], close: boolean): string =>
    positions.length === 0
      ? ''
      : `M${positions.map(([lon, lat]) => to.point(lon!, lat!).map(round).join(' ')).join('L')}${close ? 'z' : ''}`;
  switch (geometry.type) {
    case 'Polygon':
      return geometry.coordinates.map((ring) => line(ring, true)).join('');
    case 'MultiPolygon':
      return geometry.coordinates.flatMap((part) => part.map((ring) => line(ring, true))).join('');
    case 'LineString':
      return line(geometry.coordinates, false);
    case 'MultiLineString':
      return geometry.coordinates.map((part) => line(part, false)).join('');
    case 'GeometryCollection':
      return geometry.geometries.map((part) => pathOf(part, to)).join('');
    case 'Point':
    case 'MultiPoint':
      return '';
  }
}
