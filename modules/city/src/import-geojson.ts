/** GeoJSON layers of points as import records: devices, services or places, and the plant that a junction register carries. */
import { parseGeoJson, type GeoFile, type GeoPoint } from '@cityward/formats/geojson';
import { ok } from '@cityward/kernel';
import { applyOverride, guessColumns, readOverride, type ColumnGuess } from './domain/column-map.ts';
import type { Field } from './domain/fields.ts';
import type { InputRecord } from './domain/input.ts';
import { hasJunctionPlant, junctionPlant, type JunctionPlant } from './domain/junctions.ts';
import { plainWord, subjectOfName, type Subject } from './domain/words.ts';
import { invalidFile, recordOf, sourceOf, type ImportFile, type Opened } from './import-parts.ts';

/** Names of properties that hold a feature's own id, the steadiest first: object numbers change when a layer is rebuilt. */
const ID_NAMES = [
  'gisid',
  'facilityid',
  'assetid',
  'assettag',
  'deviceid',
  'uuid',
  'globalid',
  'id',
  'objectid',
  'objectid1',
  'fid',
];
const SAMPLES = 50;

export function openGeoJson(file: ImportFile): Opened {
  const read = parseGeoJson(file.text);
  if ('fault' in read) return invalidFile(`read "${file.file}": ${read.fault}`);
  const override = readOverride(file.map ?? '', read.names);
  if (!override.ok) return override;
  const subject = override.value.subject ?? subjectOf(file.file, read);
  const columns = columnsOf(read, override.value.columns);
  const told = applyOverride(columns, override.value);
  const source = sourceOf(file.file);
  const plant = hasJunctionPlant(read.names)
    ? junctionPlant(
        read.points.map((point) => point.properties),
        source,
      )
    : null;
  return ok({
    format: 'geojson',
    columns: told,
    input: {
      source,
      records: () => geoRecords(read, { columns: told, subject, plant }),
      networks: plant?.networks ?? [],
      networkEdges: plant?.edges ?? [],
    },
  });
}

const subjectOf = (name: string, read: GeoFile): Subject =>
  hasJunctionPlant(read.names) ? { kind: 'device', class: 'signal' } : subjectOfName(name);

function columnsOf(read: GeoFile, told: ReadonlyMap<string, Field | null>): ColumnGuess[] {
  const samples = read.names.map((name) => sampleOf(read.points, name));
  const guesses = guessColumns(read.names, samples);
  const id = told.size > 0 && [...told.values()].includes('sourceId') ? null : idProperty(read);
  return guesses.map((guess) => {
    if (guess.column === id) return { ...guess, field: 'sourceId' as const };
    // The geometry says where it is; projected or rounded copies among the properties do not count.
    return guess.field === 'sourceId' || guess.field === 'lat' || guess.field === 'lon'
      ? { ...guess, field: null }
      : guess;
  });
}

function sampleOf(points: readonly GeoPoint[], name: string): string[] {
  const samples: string[] = [];
  for (const point of points) {
    const value = point.properties.get(name);
    if (value !== undefined) samples.push(value);
    if (samples.length >= SAMPLES) break;
  }
  return samples;
}

/** The first property that looks like an id, is filled in every feature and differs in each. */
function idProperty(read: GeoFile): string | null {
  const candidates = ID_NAMES.flatMap((word) => read.names.filter((name) => plainWord(name) === word));
  const unique = (name: string): boolean =>
    new Set(read.points.map((point) => point.properties.get(name) ?? '')).size === read.points.length &&
    read.points.every((point) => point.properties.has(name));
  return candidates.find(unique) ?? null;
}

interface GeoPlan {
  readonly columns: readonly ColumnGuess[];
  readonly subject: Subject;
  readonly plant: JunctionPlant | null;
}

function* geoRecords(read: GeoFile, plan: GeoPlan): Generator<InputRecord, void> {
  const faults = [...read.faults];
  for (const point of read.points) {
    while (faults.length > 0 && faults[0]!.place < point.place) yield rejected(faults.shift()!);
    yield geoRecord(point, plan);
  }
  for (const fault of faults) yield rejected(fault);
}
const rejected = (fault: { place: number; fault: string }): InputRecord => ({
  line: fault.place,
  what: 'fault',
  reason: fault.fault,
});

function geoRecord(point: GeoPoint, plan: GeoPlan): InputRecord {
  const cells: Partial<Record<Field, string>> = { lon: point.lon.toFixed(7), lat: point.lat.toFixed(7) };
  for (const { column, field } of plan.columns) {
    const value = point.properties.get(column);
    if (field !== null && value !== undefined) cells[field] = value;
  }
  if (cells.sourceId === undefined && point.id !== null) cells.sourceId = point.id;
  const record = recordOf(point.place, cells, plan.subject);
  return record.what === 'device' && plan.plant ? { ...record, links: plan.plant.linksOf(point.properties) } : record;
}
