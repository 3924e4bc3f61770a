/** The communications plant that registers of signalised junctions carry: trunk, distribution, sub-feed, cable and line as a tree. */
import type { Edge, Network } from './model.ts';
import type { NetworkLink } from './input.ts';
import { networkPrefix } from './input.ts';
import { hash32 } from '@cityward/kernel';

/** From the centre outwards; a junction hangs on the last cable that its record names. */
const CABLES = [
  { property: 'TRUNK', level: 'trunk', label: 'Trunk cable' },
  { property: 'DIST', level: 'distribution', label: 'Distribution cable' },
  { property: 'SUBFEED', level: 'sub-feed', label: 'Sub-feed cable' },
  { property: 'COMMCAB', level: 'cable', label: 'Communication cable' },
] as const;
type Properties = ReadonlyMap<string, string>;

export const hasJunctionPlant = (names: readonly string[]): boolean =>
  names.includes('COMMLINE') && names.includes('COMMCAB') && names.includes('TRUNK');

export interface JunctionPlant {
  readonly networks: readonly Network[];
  readonly edges: readonly Edge[];
  linksOf(properties: Properties): NetworkLink[];
}

/** Registers write blanks and 0 where a junction is not connected. */
const named = (properties: Properties, name: string): string | null => {
  const text = properties.get(name)?.trim() ?? '';
  return text === '' || text === '0' ? null : text;
};

/** @param source the layer's name; ids of its networks begin with it */
export function junctionPlant(junctions: readonly Properties[], source: string): JunctionPlant {
  const prefix = networkPrefix(source);
  const idOf = (level: string, name: string): string => `${prefix}${level}-${hash32(`${level}\n${name}`).toString(36)}`;
  const centre: Network = {
    id: `${prefix}centre`,
    name: 'Traffic control centre',
    kind: 'telecom',
    level: 'core',
    lon: null,
    lat: null,
  };
  const networks = new Map<string, Network>([[centre.id, centre]]);
  const add = (level: string, label: string, name: string): string => {
    const id = idOf(level, name);
    networks.set(id, { id, name: `${label} ${name}`, kind: 'telecom', level, lon: null, lat: null });
    return id;
  };
  const parents = new Votes();
  for (const junction of junctions) {
    let above = centre.id;
    for (const { property, level, label } of CABLES) {
      const name = named(junction, property);
      if (name === null) continue;
      const id = add(level, label, name);
      parents.vote(id, above);
      above = id;
    }
    const line = named(junction, 'COMMLINE');
    if (line !== null) parents.vote(add('line', 'Line', line), centre.id);
  }
  return {
    networks: [...networks.values()],
    edges: parents.winners().map(([from, to]): Edge => ({ from, to, kind: 'telecom', note: '' })),
    linksOf: (properties) => linksOf(properties, idOf),
  };
}

function linksOf(properties: Properties, idOf: (level: string, name: string) => string): NetworkLink[] {
  const links: NetworkLink[] = [];
  const last = CABLES.findLast(({ property }) => named(properties, property) !== null);
  const pair = named(properties, 'FDRPAIR');
  if (last)
    links.push({
      network: idOf(last.level, named(properties, last.property)!),
      kind: 'telecom',
      note: pair ? `pair ${pair}` : '',
    });
  const line = named(properties, 'COMMLINE');
  const drop = named(properties, 'SWITCH');
  // Up to eight junctions share a line, told apart by the address switch of their controllers.
  if (line !== null) links.push({ network: idOf('line', line), kind: 'control', note: drop ? `drop ${drop}` : '' });
  return links;
}

/** Records disagree now and then on what a cable hangs on: most of them decide, so that the plant stays a tree. */
class Votes {
  readonly #votes = new Map<string, Map<string, number>>();

  vote(child: string, parent: string): void {
    const own = this.#votes.get(child) ?? new Map<string, number>();
    own.set(parent, (own.get(parent) ?? 0) + 1);
    this.#votes.set(child, own);
  }
  winners(): [child: string, parent: string][] {
    return [...this.#votes].map(([child, votes]) => {
      const [parent] = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]!;
      return [child, parent];
    });
  }
}
