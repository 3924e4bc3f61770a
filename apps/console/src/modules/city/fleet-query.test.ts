/** The fleet's filter and its CSV. */
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { chosenOf, csvCell, fleetQuery, nextSort, sortOf, toggled } from './fleet-query.ts';

describe('the filter', () => {
  test('worst state first unless the address says otherwise; strange sorts are dropped', () => {
    expect(fleetQuery({})).toEqual({ sort: 'state' });
    expect(sortOf({ sort: '-lastSeen' })).toBe('-lastSeen');
    expect(sortOf({ sort: 'drop table' })).toBe('state');
  });
  test('only what narrows is sent, and only a real box', () => {
    expect(fleetQuery({ q: '  pole ', class: 'camera', bbox: '1,2,3', tab: 'x' })).toEqual({
      sort: 'state',
      q: 'pole',
      class: 'camera',
    });
    expect(fleetQuery({ bbox: '-1,2,3.5,4' })).toMatchObject({ bbox: '-1,2,3.5,4' });
  });
  test('a second press on a value takes it out', () => {
    expect(toggled({}, 'class', 'camera')).toBe('camera');
    expect(toggled({ class: 'camera' }, 'class', 'signal')).toBe('camera,signal');
    expect(toggled({ class: 'camera' }, 'class', 'camera')).toBeNull();
    expect(chosenOf({ class: 'a,,b' }, 'class')).toEqual(['a', 'b']);
  });
  test('a column goes up, then down', () => {
    expect(nextSort('state', 'name')).toBe('name');
    expect(nextSort('name', 'name')).toBe('-name');
    expect(nextSort('-name', 'name')).toBe('name');
  });
});

describe('a cell of the CSV', () => {
  test.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['=1+1', "'=1+1"],
    ['@sum', "'@sum"],
    ['-cmd|x', "'-cmd|x"],
  ])('%s is written %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });
  test('numbers stay numbers, also below zero; nothing is nothing', () => {
    expect(csvCell(-41.3)).toBe('-41.3');
    expect(csvCell(null)).toBe('');
  });
  test('no text begins a formula or breaks its row', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const cell = csvCell(value);
        expect(cell).not.toMatch(/^"?[=+@\t\r-]/);
        if (!cell.startsWith('"')) expect(cell).not.toMatch(/[,\n\r"]/);
        else expect(cell.slice(1, -1).replaceAll('""', '')).not.toContain('"');
      }),
      { numRuns: 10_000 },
    );
  });
});
