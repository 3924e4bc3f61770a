/** Cedar's equality, and membership in sets in linear time. */
import { isEntity, isLong, isRecord, isSet, KIND, sameEntity } from './values.ts';
import type { CedarRecord, Extension, Value } from './values.ts';

/** Below this many comparisons two sets are compared item by item; above it through keys, so that it stays linear. */
const PAIRS_MAX = 64;

/** Equal values of equal types; values of different types are unequal, never a fault. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (isSet(a)) return isSet(b) && includesAll(a, b) && includesAll(b, a);
  if (isSet(b)) return false;
  if (isEntity(a)) return isEntity(b) && sameEntity(a, b);
  if (isRecord(a)) return isRecord(b) && sameRecord(a, b);
  return !isEntity(b) && !isRecord(b) && sameExtension(a as Extension, b as Extension);
}

function sameRecord(a: CedarRecord, b: CedarRecord): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && equal(a[name]!, b[name]!));
}

function sameExtension(a: Extension, b: Extension): boolean {
  if (a[KIND] === 'ipaddr')
    return b[KIND] === 'ipaddr' && a.bits === b.bits && a.address === b.address && a.prefix === b.prefix;
  return a[KIND] === b[KIND] && keyOf(a) === keyOf(b);
}

/** One linear pass; no index is built for one question. */
export function includes(set: readonly Value[], wanted: Value): boolean {
  if (typeof wanted !== 'object') return set.includes(wanted);
  return set.some((item) => equal(item, wanted));
}

/** Every one of `wanted` is in `set`. */
export function includesAll(set: readonly Value[], wanted: readonly Value[]): boolean {
  if (set.length * wanted.length <= PAIRS_MAX) return wanted.every((item) => includes(set, item));
  const keys = new Set(set.map(keyOf));
  return wanted.every((item) => keys.has(keyOf(item)));
}

/** At least one of `wanted` is in `set`. */
export function includesAny(set: readonly Value[], wanted: readonly Value[]): boolean {
  if (set.length * wanted.length <= PAIRS_MAX) return wanted.some((item) => includes(set, item));
  const keys = new Set(set.map(keyOf));
  return wanted.some((item) => keys.has(keyOf(item)));
}

/** Equal values, and only they, have equal keys: every part is written with its length. */
export function keyOf(value: Value): string {
  if (typeof value === 'string') return `s${value.length}:${value}`;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (isLong(value)) return `i${value};`;
  if (isSet(value)) return `[${[...new Set(value.map(keyOf))].sort().join('')}]`;
  if (isRecord(value)) return `{${recordKeys(value)}}`;
  if (isEntity(value)) return `e${keyOf(value.type)}${keyOf(value.id)}`;
  return extensionKey(value as Extension);
}

const recordKeys = (record: CedarRecord): string =>
  Object.keys(record)
    .sort()
    .map((name) => `${keyOf(name)}${keyOf(record[name]!)}`)
    .join('');

function extensionKey(value: Extension): string {
  switch (value[KIND]) {
    case 'decimal':
      return `d${value.scaled};`;
    case 'datetime':
      return `m${value.epochMs};`;
    case 'duration':
      return `u${value.ms};`;
    case 'ipaddr':
      return `a${value.bits}/${value.address}/${value.prefix};`;
  }
}
