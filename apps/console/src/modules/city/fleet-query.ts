/** The filter of the fleet table: between the address and the query, its facets, and the CSV of its rows. Pure. */
import type { DeviceRow } from '@cityward/contracts';
import type { UrlState } from '../../frame/url-state.ts';
import type { Input } from '../../live/client.ts';

export type FleetQuery = Input<'listDevices'>['query'];
export const FACETS = ['state', 'class', 'ward', 'maker', 'criticality', 'trust'] as const;
export type Facet = (typeof FACETS)[number];
export const SORTS = ['id', 'name', 'class', 'state', 'ward', 'maker', 'firmware', 'lastSeen'] as const;
export type Sort = (typeof SORTS)[number];
type SortWord = NonNullable<FleetQuery['sort']>;

const BBOX = /^-?[0-9.]+,-?[0-9.]+,-?[0-9.]+,-?[0-9.]+$/;
const Q_MAX = 100;

/** A sort from the address, worst state first when there is none or a strange one. */
export function sortOf(url: UrlState): SortWord {
  const word = url.sort ?? 'state';
  const plain = word.replace(/^-/, '');
  return (SORTS as readonly string[]).includes(plain) ? (word as SortWord) : 'state';
}

/** Pressing a column: upwards, downwards, upwards. */
export const nextSort = (now: string, column: Sort): SortWord => (now === column ? `-${column}` : column) as SortWord;

/** What to ask of the server; keys that the address lacks are left out. */
export function fleetQuery(url: UrlState): FleetQuery {
  const query: Record<string, unknown> = { sort: sortOf(url) };
  if (url.q !== undefined && url.q.trim() !== '') query['q'] = url.q.trim().slice(0, Q_MAX);
  for (const facet of FACETS) if (url[facet] !== undefined) query[facet] = url[facet];
  if (url.bbox !== undefined && BBOX.test(url.bbox)) query['bbox'] = url.bbox;
  return query as FleetQuery;
}

/** Chosen values of a facet. */
export const chosenOf = (url: UrlState, facet: Facet): string[] =>
  url[facet]?.split(',').filter((one) => one !== '') ?? [];

/** The facet's value in the address after a press: `null` takes it out. */
export function toggled(url: UrlState, facet: Facet, value: string): string | null {
  const chosen = chosenOf(url, facet);
  const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
  return next.length === 0 ? null : next.join(',');
}

export const CSV_COLUMNS = [
  'id',
  'name',
  'class',
  'state',
  'stateReason',
  'criticality',
  'trust',
  'ward',
  'site',
  'maker',
  'model',
  'firmware',
  'serial',
  'mac',
  'ip',
  'longitude',
  'latitude',
  'lastSeen',
] as const;

/** One cell: quoted where needed; a leading `=`, `+`, `-` or `@` is made text, so that no spreadsheet runs it (CSV injection). */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvLine = (row: DeviceRow): string =>
  [
    row.id,
    row.name,
    row.class,
    row.state,
    row.stateReason,
    row.criticality,
    row.trust,
    row.ward?.name ?? null,
    row.site?.name ?? null,
    row.maker?.name ?? null,
    row.model,
    row.firmware,
    row.serial,
    row.mac,
    row.ip,
    row.lon,
    row.lat,
    row.lastSeen === null ? null : new Date(row.lastSeen).toISOString(),
  ]
    .map(csvCell)
    .join(',');

/** The whole file, lines ended as RFC 4180 wants. */
export const csvOf = (rows: readonly DeviceRow[]): string =>
  [CSV_COLUMNS.join(','), ...rows.map(csvLine), ''].join('\r\n');
