/** The map opens on the city; outliers are counted, a city elsewhere is shown whole. */
import { expect, test } from 'vitest';
import { homeOf } from './home.ts';
import { pointSet, type Bounds } from './points.ts';

const LAND: Bounds = [0, 0, 1, 1];
const ALL: Bounds = [-60, -60, 60, 60];
const at = (places: readonly (readonly [number, number])[]) =>
  pointSet({
    id: places.map((_, i) => `cam-${i}`),
    lon: places.map(([lon]) => lon),
    lat: places.map(([, lat]) => lat),
    classes: ['camera'],
    class: places.map(() => 0),
    states: ['trusted'],
    state: places.map(() => 0),
    wards: [''],
    ward: places.map(() => 0),
  });
const inside = (n: number) => Array.from({ length: n }, () => [0.5, 0.5] as const);

test('one device far away does not take the city off the map', () => {
  expect(homeOf(LAND, ALL, at([...inside(20), [50, -5]]))).toEqual({ bounds: LAND, outside: 1 });
});
test('without outliers, with many, or without land the map holds every device', () => {
  expect(homeOf(LAND, ALL, at(inside(20)))).toEqual({ bounds: ALL, outside: 0 });
  expect(homeOf(LAND, ALL, at([...inside(2), [50, -5]]))).toEqual({ bounds: ALL, outside: 0 });
  expect(homeOf(null, ALL, at([...inside(20), [50, -5]]))).toEqual({ bounds: ALL, outside: 0 });
});
