/** The drawing of Port Merrow as GeoJSON layers. */
import { cosine, sine } from './exact.ts';
import { hash32, seeded } from '@cityward/kernel';
import type { Bounds, Feature, Geometry, GeometryLayer, Layer, Shape } from '../domain/model.ts';
import { BUILDINGS, FRAME_HEIGHT_M, FRAME_WIDTH_M, type BuildingName } from './blueprint.ts';
import type { Geography } from './geography.ts';
import { along, contains, toLonLat, type Line, type Point } from './plane.ts';
import type { Street } from './streets.ts';
import { buildingId, type Supply } from './supply.ts';

const FOOTPRINT_SPACING_M = 42;
const FOOTPRINTS_MAX = 2_400;
const SETBACK_M = 24;
const FOOTPRINT_WARDS = new Set(['harbour', 'old-town', 'station', 'port']);

export const CITY_BOUNDS: Bounds = [...toLonLat([0, 0]), ...toLonLat([FRAME_WIDTH_M, FRAME_HEIGHT_M])];

const ring = (line: Line): Shape => {
  const points = line.map(toLonLat);
  return { type: 'Polygon', coordinates: [[...points, points[0]!]] };
};
const path = (line: Line): Shape => ({ type: 'LineString', coordinates: line.map(toLonLat) });
const feature = (kind: GeometryLayer, geometry: Shape, properties: Record<string, string | number>): Feature => ({
  type: 'Feature',
  properties: { kind, ...properties },
  geometry,
});
const layer = (features: readonly Feature[]): Layer => ({ type: 'FeatureCollection', features });

function rectangle(at: Point, size: Point, ahead: Point): Line {
  const corner = (u: number, v: number): Point => [
    at[0] + ahead[0] * u * size[0] - ahead[1] * v * size[1],
    at[1] + ahead[1] * u * size[0] + ahead[0] * v * size[1],
  ];
  return [corner(-0.5, -0.5), corner(0.5, -0.5), corner(0.5, 0.5), corner(-0.5, 0.5)];
}

/** House fronts along the streets of the inner wards. */
function footprints(geography: Geography, streets: readonly Street[], seed: string): Feature[] {
  const random = seeded(`${seed}/footprints`);
  const built = new Map(geography.wards.map((ward) => [ward.plan.slug, ward.built] as const));
  const out: Feature[] = [];
  for (const street of streets) {
    if (!FOOTPRINT_WARDS.has(street.ward)) continue;
    for (let at = FOOTPRINT_SPACING_M / 2; at < street.length; at += FOOTPRINT_SPACING_M) {
      const { point, direction } = along(street.line, at);
      const side = random.next() < 0.5 ? 1 : -1;
      const size: Point = [16 + random.next() * 20, 12 + random.next() * 14];
      const spot: Point = [point[0] - direction[1] * SETBACK_M * side, point[1] + direction[0] * SETBACK_M * side];
      if (random.next() < 0.25 || !contains(built.get(street.ward)!, spot)) continue;
      if (geography.parks.some((park) => contains(park.outline, spot))) continue;
      if (out.length < FOOTPRINTS_MAX)
        out.push(feature('building', ring(rectangle(spot, size, direction)), { rank: 'house' }));
    }
  }
  return out;
}

function named(): Feature[] {
  return (Object.keys(BUILDINGS) as BuildingName[]).map((name) => {
    const { name: called, at, size } = BUILDINGS[name];
    const turn = ((hash32(name) % 5) - 2) * 0.16;
    const outline = rectangle(at, size, [cosine(turn), sine(turn)]);
    return feature('building', ring(outline), { id: buildingId(name), name: called, rank: 'public' });
  });
}

/** Everything that the map draws under the devices; `rank` tells main roads from streets and public buildings from houses. */
export function drawMap(
  geography: Geography,
  streets: readonly Street[],
  rest: { supply: Supply; seed: string },
): Geometry {
  return {
    land: layer([feature('land', ring(geography.land), { name: 'Merrow coast' })]),
    water: layer([
      feature('water', ring(geography.sea), { name: 'Merrow Harbour', rank: 'sea' }),
      feature('water', ring(geography.river), { name: 'Merrow River', rank: 'river' }),
      ...geography.lakes.map((lake) => feature('water', ring(lake.outline), { name: lake.name, rank: 'lake' })),
    ]),
    park: layer(geography.parks.map((park) => feature('park', ring(park.outline), { name: park.name }))),
    street: layer(
      streets.map((street) => feature('street', path(street.line), { name: street.name, rank: street.rank })),
    ),
    ward: layer(
      geography.wards.map(({ plan, outline }) =>
        feature('ward', ring(outline), { id: `ward-${plan.slug}`, name: plan.name }),
      ),
    ),
    building: layer([...footprints(geography, streets, rest.seed), ...named()]),
    link: layer(
      rest.supply.trunks.map((trunk) => feature('link', path(trunk.line), { name: trunk.name, tree: trunk.kind })),
    ),
  };
}
