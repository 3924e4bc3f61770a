/** GeoJSON (RFC 7946): features as points with flat properties, each with its place in the file. */
import { isObject, member, readJson } from './geojson-text.ts';

export const GEOJSON_FEATURES_MAX = 1_000_000;
const PROPERTIES_MAX = 500;
const TEXT_MAX = 4_096;

export interface GeoPoint {
  /** Which feature of the file, from 1. */
  readonly place: number;
  /** The feature's own id, as text; null for none. */
  readonly id: string | null;
  /** WGS 84 degrees. */
  readonly lon: number;
  readonly lat: number;
  /** Strings, numbers and booleans as text, trimmed; null, empty and nested values are left out. */
  readonly properties: ReadonlyMap<string, string>;
}
export interface GeoFault {
  readonly place: number;
  readonly fault: string;
}
export interface GeoFile {
  /** The names of all properties, in the order they first appear. */
  readonly names: readonly string[];
  readonly points: readonly GeoPoint[];
  readonly faults: readonly GeoFault[];
}

/** Reads a FeatureCollection, a Feature or an array of Features; never throws on input. */
export function parseGeoJson(text: string): GeoFile | { readonly fault: string } {
  const read = readJson(text);
  if ('fault' in read) return { fault: `read GeoJSON: ${read.fault}` };
  const features = featuresOf(read.value);
  if (!features) return { fault: 'read GeoJSON: a FeatureCollection, a Feature or a list of Features wanted' };
  if (features.length > GEOJSON_FEATURES_MAX)
    return { fault: `read GeoJSON: ${features.length} features, at most ${GEOJSON_FEATURES_MAX} wanted` };
  const fault = crsFault(read.value);
  if (fault) return { fault };
  const names = new Set<string>();
  const points: GeoPoint[] = [];
  const faults: GeoFault[] = [];
  features.forEach((feature, index) => {
    const point = readFeature(feature, index + 1);
    if ('fault' in point) faults.push(point);
    else {
      for (const name of point.properties.keys()) names.add(name);
      points.push(point);
    }
  });
  return { names: [...names], points, faults };
}

function featuresOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value as unknown[];
  if (!isObject(value)) return null;
  if (member(value, 'type') === 'Feature') return [value];
  const features = member(value, 'features');
  return member(value, 'type') === 'FeatureCollection' && Array.isArray(features) ? (features as unknown[]) : null;
}

/** RFC 7946 section 4 has one reference system; older files name another in `crs`, and metres read as degrees would misplace all. */
function crsFault(value: unknown): string | null {
  if (!isObject(value) || !Object.hasOwn(value, 'crs') || value['crs'] === null) return null;
  const name = JSON.stringify(value['crs']);
  if (/CRS84|4326/.test(name)) return null;
  return `read GeoJSON: coordinates in ${name.slice(0, 120)}, WGS 84 degrees wanted (RFC 7946 section 4)`;
}

function readFeature(feature: unknown, place: number): GeoPoint | GeoFault {
  if (!isObject(feature) || member(feature, 'type') !== 'Feature') return { place, fault: 'is not a Feature' };
  const at = pointOf(member(feature, 'geometry'));
  if (typeof at === 'string') return { place, fault: at };
  const given = member(feature, 'properties');
  if (given !== null && given !== undefined && !isObject(given))
    return { place, fault: 'properties are not an object' };
  const entries = Object.entries(given ?? {});
  if (entries.length > PROPERTIES_MAX)
    return { place, fault: `has ${entries.length} properties, at most ${PROPERTIES_MAX} wanted` };
  const properties = new Map<string, string>();
  for (const [name, value] of entries) {
    const text = textOf(value);
    if (text.length > TEXT_MAX)
      return { place, fault: `property "${name.slice(0, 40)}" is longer than ${TEXT_MAX} characters` };
    if (text !== '') properties.set(name, text);
  }
  return { place, id: textOf(member(feature, 'id')) || null, lon: at[0], lat: at[1], properties };
}

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value.trim()
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';

/** The point itself, or a fault in words. */
function pointOf(geometry: unknown): readonly [number, number] | string {
  if (!isObject(geometry)) return 'has no geometry, a Point wanted';
  const type = member(geometry, 'type');
  let coordinates = member(geometry, 'coordinates');
  if (type === 'MultiPoint' && Array.isArray(coordinates) && coordinates.length === 1)
    coordinates = coordinates[0] as unknown;
  else if (type !== 'Point') return `has geometry "${shown(type)}", a Point wanted`;
  if (!Array.isArray(coordinates)) return 'has no coordinates, [longitude, latitude] wanted';
  const [lon, lat] = coordinates as unknown[];
  if (typeof lon !== 'number' || typeof lat !== 'number') return 'has coordinates that are not numbers';
  if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90))
    return `has coordinates [${lon}, ${lat}], longitude within 180 and latitude within 90 degrees wanted`;
  return [lon, lat];
}

const shown = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 40) : typeof value);
