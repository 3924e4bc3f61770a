/** Copies of one table for two recipients are told apart, with the numbers of their rows and without. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Export } from '@cityward/contracts';
import { seeded } from '@cityward/kernel';
import { traced } from '../domain/exports/marks.ts';
import { must, NOW } from '../testing.ts';
import { markerOf, matchesOf } from './marker.ts';
import { textAt, type People } from './people.ts';
import { shape } from './shaping.ts';

const CONDITIONS = Array.from({ length: 40 }, (_, at) => `condition ${at}`);
const COUNT = 1_000;
const random = seeded('copies');
const suburbs = Array.from({ length: COUNT }, () => random.pick(['Quay', 'Ridge', 'Valley', 'Wharf']));
const ages = Array.from({ length: COUNT }, () => String(random.int(80)));
const conditions = Array.from({ length: COUNT }, () => random.pick(CONDITIONS));
const people: People = {
  all: suburbs.map((_, at) => ({
    head: { id: `rec-${at}`, subject: `sub-${at}`, category: 'diagnoses', isDestroyed: false },
    version: 1,
    basis: null,
  })),
  values: [suburbs, ages, conditions],
  isIn: new Uint8Array(COUNT).fill(1),
};
const askedBy = (id: string): Export => ({
  id,
  draft: {
    category: 'diagnoses',
    shape: 'rows',
    columns: [
      { name: 'suburb', at: '/suburb', role: 'quasi', levels: [{ by: 'exact' }] },
      { name: 'age', at: '/age', role: 'quasi', levels: [{ by: 'bands', width: 20 }] },
      { name: 'condition', at: '/condition', role: 'sensitive', levels: [{ by: 'exact' }] },
    ],
    ...{ only: null, purpose: 'HRESCH', ground: 'law', person: null, basis: 'the law', k: 5, l: 2, until: NOW },
    recipient: { name: id, key: '' },
  },
  ...{ state: 'asked', asked: { at: NOW, by: 'per-olive' }, decided: null, manifest: null, bytes: null, fetched: null },
});
const KEY = randomBytes(32);
function copyFor(id: string) {
  const standing = { sets: new Int32Array(COUNT), gone: new Map(), rank: new Float64Array(COUNT) };
  const shaped = must(shape({ asked: askedBy(id), people, standing, marker: markerOf(KEY, id), at: NOW, before: 0 }));
  const lines = shaped.plain.toString().trimEnd().split('\n').slice(2);
  return { id, marks: shaped.marks, rows: lines.map((line) => JSON.parse(line) as string[]) };
}
const copies = ['exp-clinic', 'exp-school', 'exp-bureau'].map(copyFor);
const tracedTo = (rows: readonly (readonly string[])[]): string[] =>
  traced(copies.map(({ id, marks }) => ({ export: id, ...matchesOf(markerOf(KEY, id), marks, rows) }))).map(
    (one) => one.export,
  );
const without = (rows: readonly string[][]): string[][] => rows.map((row) => row.slice(1)).sort();

describe('a copy', () => {
  it.each(copies.map((copy) => [copy.id, copy] as const))(
    '%s is traced by one row of it, and by its rows without their numbers',
    (id, copy) => {
      expect(copy.marks).toHaveLength(5);
      expect(tracedTo(copy.rows.slice(7, 8))).toEqual([id]);
      expect(tracedTo(without(copy.rows))).toEqual([id]);
      // Sorted, and one in five of the rows lost.
      expect(tracedTo(without(copy.rows).filter((_, at) => at % 5 !== 0)).filter((one) => one !== id)).toEqual([]);
    },
  );
  it('is not named by what all copies have', () => {
    const common = without(copies[0]!.rows).filter((row) =>
      copies.every(({ rows }) => rows.some((other) => other.slice(1).join() === row.join())),
    );
    expect(common.length).toBeGreaterThan(900);
    expect(tracedTo(common)).toEqual([]);
  });
});

describe('a value in a record', () => {
  it.each([
    [{ a: { 'b/c': 7 } }, '/a/b~1c', '7'],
    [{ a: ['x', 'y'] }, '/a/1', 'y'],
    [{ a: { b: true } }, '/a/b', 'true'],
    [{ a: { b: {} } }, '/a/b', ''],
    [{ a: 1 }, '/constructor/name', ''],
    [null, '/a', ''],
  ])('%j at %s is "%s"', (said, pointer, text) => expect(textAt(said, pointer)).toBe(text));
});
