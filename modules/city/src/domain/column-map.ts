/** Which column of a table says what: guessed from its name and its samples, or told by a person. */
import { refuse, ok, type Refusal, type Result } from '@cityward/kernel';
import { FIELDS, readMac, type Field } from './fields.ts';
import { classOf, plainWord, subjectOfWord, type Subject } from './words.ts';

export interface ColumnGuess {
  readonly column: string;
  readonly field: Field | null;
  readonly sample: string;
}

/** Names that people give their columns, the most exact first. */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  name: ['name', 'devicename', 'cameraname', 'label', 'title', 'hostname', 'alternatename', 'streetpolenum'],
  class: [
    'class',
    'deviceclass',
    'role',
    'devicerole',
    'category',
    'assetclass',
    'type',
    'kind',
    'assettype',
    'devicekind',
  ],
  serial: ['serial', 'serialnumber', 'serialno', 'serialnr', 'sn', 'seriennummer', 'numserie'],
  mac: ['mac', 'macaddress', 'macaddr', 'ethernetaddress', 'hwaddr', 'hardwareaddress'],
  ip: ['ip', 'ipaddress', 'ipv4', 'ipaddr', 'address4', 'primaryip', 'primaryip4', 'managementip'],
  model: ['model', 'devicemodel', 'devicetype', 'modelname', 'modelnumber', 'product', 'refdevicemodel'],
  maker: ['maker', 'manufacturer', 'vendor', 'make', 'brand', 'brandname', 'hersteller'],
  firmware: ['firmware', 'firmwareversion', 'fwversion', 'fw', 'softwareversion', 'version', 'platform'],
  hardwareRevision: [
    'hardwarerevision',
    'hwrevision',
    'hwrev',
    'hardwareversion',
    'hwversion',
    'hardwareid',
    'boardrevision',
    'revision',
  ],
  street: ['street', 'streetname', 'address', 'streetaddress', 'location', 'road'],
  site: ['site', 'sitename', 'facility', 'cabinet'],
  ward: ['ward', 'district', 'suburb', 'neighbourhood', 'neighborhood', 'borough'],
  lat: ['lat', 'latitude', 'y4326', 'geolat'],
  lon: ['lon', 'lng', 'long', 'longitude', 'x4326', 'geolon', 'geolng'],
  installed: [
    'installed',
    'installdate',
    'dateinstalled',
    'installationdate',
    'commissioned',
    'installyear',
    'datefirstused',
  ],
  owner: ['owner', 'department', 'tenant', 'ownedby', 'agency'],
  maintainer: ['maintainer', 'maintainedby', 'maintenance', 'serviceprovider'],
  installer: ['installer', 'installedby', 'integrator', 'contractor'],
  criticality: ['criticality', 'critical', 'importance'],
  failSafe: ['failsafe', 'failsafestate'],
  backup: ['backup', 'fallback'],
  neverCut: ['nevercut', 'neverisolate', 'donotisolate'],
  sourceId: [
    'gisid',
    'facilityid',
    'assettag',
    'assetid',
    'assetno',
    'deviceid',
    'cameraid',
    'id',
    'uuid',
    'objectid',
    'objectid1',
    'fid',
  ],
};
/** Words that also name other things: they count only when the samples bear them out. */
const VAGUE_CLASS = new Set(['type', 'kind', 'category', 'role', 'devicekind']);
const PARTIES: readonly Field[] = ['owner', 'maintainer', 'installer', 'maker'];

/** @param samples for each column some cells, empty ones left out */
export function guessColumns(header: readonly string[], samples: readonly (readonly string[])[]): ColumnGuess[] {
  const fields: (Field | null)[] = header.map(() => null);
  for (const field of FIELDS) {
    const at = bestColumn(
      field,
      header,
      (column) => fields[column] === null && fits(field, header[column]!, samples[column] ?? []),
    );
    if (at !== -1) fields[at] = field;
  }
  // A column of MAC addresses is one whatever it is called.
  if (!fields.includes('mac')) {
    const at = samples.findIndex(
      (cells, column) => fields[column] === null && cells.length > 0 && cells.every(looksLikeMac),
    );
    if (at !== -1) fields[at] = 'mac';
  }
  return header.map((column, at) => ({ column, field: fields[at]!, sample: samples[at]?.[0]?.slice(0, 60) ?? '' }));
}

/** MAC addresses with their separators: twelve bare digits may be any number. */
const looksLikeMac = (text: string): boolean => /[:\-.]/.test(text) && 'value' in readMac(text);

function bestColumn(field: Field, header: readonly string[], allowed: (column: number) => boolean): number {
  const plain = header.map(plainWord);
  for (const name of [plainWord(field), ...NAMES[field]]) {
    const at = plain.findIndex((word, column) => word === name && allowed(column));
    if (at !== -1) return at;
  }
  return -1;
}

function fits(field: Field, column: string, samples: readonly string[]): boolean {
  if (field === 'class' && VAGUE_CLASS.has(plainWord(column)))
    return samples.filter((cell) => classOf(cell) !== null).length * 2 >= Math.max(samples.length, 1);
  // Numbers in place of a party's name are codes of somebody's register.
  if (PARTIES.includes(field)) return !samples.every((cell) => /^\d+$/.test(cell)) || samples.length === 0;
  if (field === 'lat' || field === 'lon') return samples.every((cell) => /^[+-]?\d{1,3}([.,]\d+)?$/.test(cell));
  return true;
}

export interface Override {
  readonly columns: ReadonlyMap<string, Field | null>;
  /** From `*=camera`: what every row is. */
  readonly subject: Subject | null;
}

/** Reads `column=field,column=field`; an empty field leaves the column out, `*=camera` says what every row is. */
export function readOverride(map: string, header: readonly string[]): Result<Override, Refusal<'IMPORT_MAP_INVALID'>> {
  const columns = new Map<string, Field | null>();
  let subject: Subject | null = null;
  for (const pair of map.split(',').filter((part) => part.trim() !== '')) {
    const cut = pair.lastIndexOf('=');
    const column = pair.slice(0, cut).trim();
    const word = pair.slice(cut + 1).trim();
    if (cut === -1) return refuse('invalid', 'IMPORT_MAP_INVALID', `read column map: "${pair}" is not column=field`);
    if (column === '*') {
      subject = subjectOfWord(word);
      if (!subject)
        return refuse(
          'invalid',
          'IMPORT_MAP_INVALID',
          `read column map: "${word}" is no device class, service or site`,
        );
      continue;
    }
    const name = header.find((own) => own === column) ?? header.find((own) => plainWord(own) === plainWord(column));
    if (name === undefined)
      return refuse(
        'invalid',
        'IMPORT_MAP_INVALID',
        `read column map: the file has no column "${column}", one of "${header.slice(0, 30).join('", "')}" wanted`,
      );
    const field = FIELDS.find((known) => plainWord(known) === plainWord(word)) ?? null;
    if (word !== '' && !field)
      return refuse(
        'invalid',
        'IMPORT_MAP_INVALID',
        `read column map: "${word}" is no field, one of ${FIELDS.join(', ')} wanted`,
      );
    columns.set(name, field);
  }
  return ok({ columns, subject });
}

/** A field told by a person is taken from any column that had been guessed for it. */
export function applyOverride(guesses: readonly ColumnGuess[], override: Override): ColumnGuess[] {
  const told = new Set([...override.columns.values()].filter((field) => field !== null));
  return guesses.map((guess) => {
    if (override.columns.has(guess.column)) return { ...guess, field: override.columns.get(guess.column)! };
    return guess.field !== null && told.has(guess.field) ? { ...guess, field: null } : guess;
  });
}

/** NetBox's own export and import (`netbox/dcim/forms/bulk_import.py`): which of its columns say what, exactly. */
export const NETBOX_COLUMNS: Readonly<Record<string, Field | null>> = {
  name: 'name',
  role: 'class',
  tenant: 'owner',
  manufacturer: 'maker',
  device_type: 'model',
  platform: 'firmware',
  serial: 'serial',
  asset_tag: 'sourceId',
  status: null,
  site: 'site',
  location: 'street',
  rack: null,
  position: null,
  face: null,
  latitude: 'lat',
  longitude: 'lon',
  parent: null,
  device_bay: null,
  airflow: null,
  virtual_chassis: null,
  vc_position: null,
  vc_priority: null,
  cluster: null,
  description: null,
  config_template: null,
  comments: null,
  tags: null,
};
export const NETBOX_REQUIRED = ['role', 'manufacturer', 'device_type', 'status', 'site'] as const;

/** True when a header is NetBox's: every required column is there by its exact name. */
export const isNetbox = (header: readonly string[]): boolean => NETBOX_REQUIRED.every((name) => header.includes(name));
