/** The inventory in memory as the difference of an import wants to see it. */
import { EDGE_KINDS } from '@cityward/contracts';
import type { Known } from './domain/difference.ts';
import type { Edge, Geometry, Position } from './domain/model.ts';
import type { Inventory } from './inventory.ts';

export function knownOf(inventory: Inventory, geometry: Geometry | null): Known {
  const parties = byName(inventory.parties.values());
  const sites = byName([...inventory.sites.values()].filter((site) => site.kind !== 'ward'));
  const wards = byName(inventory.wards());
  const outlines = wardOutlines(geometry);
  const edgeAt = (place: number): Edge => {
    const from = inventory.node(inventory.edges.from.get(place))!.id;
    const to = inventory.node(inventory.edges.to.get(place))!.id;
    const kind = EDGE_KINDS[inventory.edges.kind.get(place)]!;
    return { from, to, kind, note: inventory.edges.noteOf({ from, to, kind }) };
  };
  return {
    bySerial: (serial) => inventory.deviceAt(inventory.bySerial(serial)),
    byMac: (mac) => inventory.deviceAt(inventory.byMac(mac)),
    bySource: (source, id) => inventory.deviceAt(inventory.bySource(source, id)),
    device: (id) => inventory.device(id),
    service: (id) => inventory.services.get(id) ?? null,
    site: (id) => inventory.sites.get(id) ?? null,
    taken: (id) => inventory.slotOf(id) !== -1,
    edge: (edge) => {
      const [from, to] = [inventory.slotOf(edge.from), inventory.slotOf(edge.to)];
      if (from === -1 || to === -1 || !inventory.edges.has(from, to, edge.kind)) return null;
      return { from: edge.from, to: edge.to, kind: edge.kind, note: inventory.edges.noteOf(edge) };
    },
    edgesFrom: (id) => inventory.edges.leaving(inventory.slotOf(id)).map(edgeAt),
    partyNamed: (name) => parties.get(name.toLowerCase()) ?? null,
    siteNamed: (name) => sites.get(name.toLowerCase()) ?? null,
    wardNamed: (name) => wards.get(name.toLowerCase()) ?? null,
    wardAt: (lon, lat) => outlines.find((ward) => within(ward.rings, lon, lat))?.id ?? null,
  };
}

/** By name without case, and by id, which exports of our own carry. */
function byName(things: Iterable<{ readonly id: string; readonly name: string }>): Map<string, string> {
  const map = new Map<string, string>();
  for (const { id, name } of things) {
    if (!map.has(name.toLowerCase())) map.set(name.toLowerCase(), id);
    map.set(id, id);
  }
  return map;
}

interface Outline {
  readonly id: string;
  readonly rings: readonly (readonly Position[])[];
}

function wardOutlines(geometry: Geometry | null): Outline[] {
  return (geometry?.ward.features ?? []).flatMap(({ properties, geometry: shape }) => {
    const id = String(properties['id']);
    if (shape.type === 'Polygon') return [{ id, rings: shape.coordinates }];
    if (shape.type === 'MultiPolygon') return [{ id, rings: shape.coordinates.flat() }];
    return [];
  });
}

/** Even-odd rule over all rings, so that a hole is outside. */
function within(rings: readonly (readonly Position[])[], lon: number, lat: number): boolean {
  let inside = false;
  for (const ring of rings)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i]!;
      const [xj, yj] = ring[j]!;
      if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
    }
  return inside;
}
