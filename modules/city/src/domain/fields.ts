/** The fields that a file can state about a device, read from text into values, or refused with a reason. */
import { IMPORT_FIELDS, type Criticality, type DeviceClass } from '@cityward/contracts';
import { classOf, criticalityOf, saysNothing, truthOf } from './words.ts';

export const FIELDS = IMPORT_FIELDS;
export type Field = (typeof FIELDS)[number];

/** What a row says, as text; a field that is absent or empty says nothing and changes nothing. */
export type Cells = Readonly<Partial<Record<Field, string>>>;

/** The same, read. Parties, site and ward are names still. */
export interface Values {
  readonly name?: string;
  readonly class?: DeviceClass;
  readonly serial?: string;
  readonly mac?: string;
  readonly ip?: string;
  readonly model?: string;
  readonly maker?: string;
  readonly firmware?: string;
  readonly hardwareRevision?: string;
  readonly street?: string;
  readonly site?: string;
  readonly ward?: string;
  readonly place?: { readonly lon: number; readonly lat: number };
  readonly installed?: number;
  readonly owner?: string;
  readonly maintainer?: string;
  readonly installer?: string;
  readonly criticality?: Criticality;
  readonly failSafe?: string;
  readonly backup?: string;
  readonly neverCut?: boolean;
  readonly sourceId?: string;
  /** What was left out or taken for something else, in words. */
  readonly remark: string;
}
export type Read = { readonly values: Values } | { readonly fault: string };

const SHORT_MAX_CHARS = 64;
const TEXT_MAX_CHARS = 200;
const LONG_MAX_CHARS = 500;
const LENGTHS: Readonly<Partial<Record<Field, number>>> = {
  serial: SHORT_MAX_CHARS,
  hardwareRevision: SHORT_MAX_CHARS,
  failSafe: LONG_MAX_CHARS,
  backup: LONG_MAX_CHARS,
};

const BREAKS = /[\t\r\n]+/g;

/** True for characters that neither a label nor a log line may hold. */
const hasControl = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
};

/** Reads one row; the first fault refuses all of it. */
export function readValues(cells: Cells): Read {
  const values: Record<string, unknown> = {};
  const remarks: string[] = [];
  for (const field of FIELDS) {
    const text = cells[field]?.replace(BREAKS, ' ').trim();
    if (text === undefined || text === '' || (field !== 'name' && saysNothing(text))) continue;
    const most = LENGTHS[field] ?? TEXT_MAX_CHARS;
    if (text.length > most)
      return { fault: `${field} "${text.slice(0, 30)}…" has ${text.length} characters, at most ${most} wanted` };
    if (hasControl(text)) return { fault: `${field} holds a control character, plain text wanted` };
    if (field === 'class') {
      const found = classOf(text);
      if (found) values['class'] = found;
      else remarks.push(`class "${text}" is not known`);
      continue;
    }
    const read = READERS[field]?.(text) ?? { value: text };
    if ('fault' in read) return { fault: `${field} "${text.slice(0, 60)}" ${read.fault}` };
    values[field] = read.value;
  }
  const place = placeOf(values);
  if (place && 'fault' in place) return place;
  delete values['lat'];
  delete values['lon'];
  return { values: { ...values, ...(place ? { place } : {}), remark: remarks.join('; ') } };
}

type Reader = (text: string) => { readonly value: unknown } | { readonly fault: string };

const READERS: Readonly<Partial<Record<Field, Reader>>> = {
  mac: readMac,
  ip: readIp,
  lat: (text) => readDegrees(text, 90),
  lon: (text) => readDegrees(text, 180),
  installed: readDate,
  criticality: (text) => {
    const value = criticalityOf(text);
    return value ? { value } : { fault: 'is no criticality, life-safety, essential, important or routine wanted' };
  },
  neverCut: (text) => {
    const value = truthOf(text);
    return value === null ? { fault: 'is neither yes nor no' } : { value };
  },
};

function placeOf(values: Readonly<Record<string, unknown>>): { lon: number; lat: number } | { fault: string } | null {
  const { lat, lon } = values;
  if (lat === undefined && lon === undefined) return null;
  if (typeof lat !== 'number' || typeof lon !== 'number')
    return { fault: `has only one of latitude and longitude, both or neither wanted` };
  // 0, 0 lies in the open sea: it is what programs write for `no position`.
  if (lat === 0 && lon === 0) return null;
  return { lon, lat };
}

/** Any of the usual spellings, as pairs with colons; placeholders that many devices share are refused. */
export function readMac(text: string): { readonly value: string } | { readonly fault: string } {
  const digits = text.toLowerCase().replace(/[:.\- ]/g, '');
  if (!/^[0-9a-f]{12}$/.test(digits)) return { fault: 'is no MAC address, twelve hexadecimal digits wanted' };
  if (/^(.)\1{11}$/.test(digits)) return { fault: 'is a placeholder, the real MAC address wanted' };
  return { value: digits.match(/../g)!.join(':') };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6 = /^[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}$/;

function readIp(text: string): { readonly value: string } | { readonly fault: string } {
  const address = text.toLowerCase().split('/')[0]!;
  const doubled = address.split('::').length - 1;
  const six = IPV6.test(address) && doubled <= 1 && (doubled === 1 || address.split(':').length === 8);
  return IPV4.test(address) || six ? { value: address } : { fault: 'is no IP address' };
}

/** With a point or, as spreadsheets of half the world write it, a comma. */
function readDegrees(text: string, most: number): { readonly value: number } | { readonly fault: string } {
  const number = /^[+-]?\d{1,3}([.,]\d+)?$/.test(text) ? Number(text.replace(',', '.')) : NaN;
  if (Number.isNaN(number)) return { fault: 'is no number of degrees, decimal degrees wanted' };
  return Math.abs(number) <= most ? { value: number } : { fault: `is outside ${-most} to ${most} degrees` };
}

const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?)?)?$/;

/** Year, year-month, or an ISO 8601 date with or without time; without a zone it is UTC. */
function readDate(text: string): { readonly value: number } | { readonly fault: string } {
  const fault = { fault: 'is no date, year-month-day wanted' };
  const match = DATE.exec(text);
  if (!match) return fault;
  const [, year, month = '01', day = '01'] = match;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (new Date(date).toISOString().slice(0, 10) !== `${year}-${month}-${day}`) return fault;
  if (text.length <= 10) return { value: date };
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
  const at = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(at) ? fault : { value: at };
}
