/** NGSI-LD files as import records. */
import { parseNgsiLd } from '@cityward/formats/ngsi-ld';
import { ok } from '@cityward/kernel';
import type { ColumnGuess } from './domain/column-map.ts';
import type { Field } from './domain/fields.ts';
import type { InputRecord } from './domain/input.ts';
import { entityRecords, type Entity } from './domain/ngsi.ts';
import { invalidFile, type ImportFile, type Opened } from './import-parts.ts';

/** Attributes that are read, and as what; entity ids are URNs and so need no namespace of the file. */
const READ: Readonly<Record<string, Field>> = {
  name: 'name',
  cameraName: 'name',
  streetPoleNum: 'name',
  serialNumber: 'serial',
  macAddress: 'mac',
  ipAddress: 'ip',
  firmwareVersion: 'firmware',
  softwareVersion: 'firmware',
  hardwareVersion: 'hardwareRevision',
  refDeviceModel: 'model',
  dateInstalled: 'installed',
  dateFirstUsed: 'installed',
  dateServiceStarted: 'installed',
  provider: 'maintainer',
  address: 'street',
  location: 'lat',
};

export function openNgsiLd(file: ImportFile): Opened {
  const read = parseNgsiLd(file.text);
  if ('fault' in read) return invalidFile(`read "${file.file}": ${read.fault}`);
  const faults = read.faults.map(({ place, fault }): InputRecord => ({ line: place, what: 'fault', reason: fault }));
  return ok({
    format: 'ngsi-ld',
    columns: attributeColumns(read.entities),
    input: {
      source: 'ngsi-ld',
      *records() {
        yield* faults;
        yield* entityRecords(read.entities);
      },
      networks: [],
      networkEdges: [],
    },
  });
}

function attributeColumns(entities: readonly Entity[]): ColumnGuess[] {
  const samples = new Map<string, string>();
  for (const { attributes } of entities)
    for (const [name, value] of attributes)
      if (!samples.has(name))
        samples.set(name, (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 60));
  return [...samples].map(([column, sample]) => ({
    column,
    field: Object.hasOwn(READ, column) ? READ[column]! : null,
    sample,
  }));
}
