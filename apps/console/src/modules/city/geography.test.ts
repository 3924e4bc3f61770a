/** The city's GeoJSON, sorted, measured, projected. */
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { boundsOf, geographyOf, middleOf, pathOf, projection } from './geography.ts';

const square = (kind: string, size: number) => ({
  type: 'Feature' as const,
  properties: { kind, name: kind },
  geometry: {
    type: 'Polygon' as const,
    coordinates: [
      [
        [0, 0],
        [size, 0],
        [size, size],
        [0, size],
        [0, 0],
      ],
    ],
  },
});

describe('layers', () => {
  test('the kind of a feature decides, else the name of its layer; strange ones are not drawn', () => {
    const geography = geographyOf({
      bounds: [0, 0, 1, 1],
      layers: {
        ground: { type: 'FeatureCollection', features: [square('land', 1), square('moon', 1)] },
        streets: { type: 'FeatureCollection', features: [{ ...square('', 1), properties: {} }] },
        broken: 'not geojson',
      },
    });
    expect(geography.land.features).toHaveLength(1);
    expect(geography.street.features).toHaveLength(1);
    expect(geography.ward.features).toHaveLength(0);
  });
  test('bounds and middle', () => {
    expect(boundsOf([square('land', 2)])).toEqual([0, 0, 2, 2]);
    expect(boundsOf([])).toBeNull();
    expect(middleOf(square('ward', 2).geometry)).toEqual([1, 1]);
  });
});

describe('projection', () => {
  const to = projection([174.7, -41.32, 174.79, -41.26], 1_000);
  test('north is up and the corners are the corners', () => {
    expect(to.point(174.7, -41.26)).toEqual([0, 0]);
    const [x, y] = to.point(174.79, -41.32);
    expect(x).toBeCloseTo(1_000, 6);
    expect(y).toBeCloseTo(to.height, 6);
  });
  test('there and back again', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 174.7, max: 174.79, noNaN: true }),
        fc.double({ min: -41.32, max: -41.26, noNaN: true }),
        (lon, lat) => {
          const [back, up] = to.place(...to.point(lon, lat));
          expect(back).toBeCloseTo(lon, 9);
          expect(up).toBeCloseTo(lat, 9);
        },
      ),
    );
  });
  test('rings close, lines do not, points draw nothing', () => {
    expect(pathOf(square('land', 1).geometry, to)).toMatch(/^M.*z$/);
    expect(
      pathOf(
        {
          type: 'LineString',
          coordinates: [
            [174.7, -41.3],
            [174.71, -41.3],
          ],
        },
        to,
      ),
    ).not.toContain('z');
    expect(pathOf({ type: 'Point', coordinates: [0, 0] }, to)).toBe('');
  });
});
