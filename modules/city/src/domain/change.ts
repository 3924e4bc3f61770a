/** A change of the inventory as a value: what stood there and what shall stand there, so that it can be applied, saved and undone. */
import type { CityDraft, Dataset, Device, Edge, Network, Party, Service, Site } from './model.ts';

export interface Things {
  readonly party: Party;
  readonly site: Site;
  readonly network: Network;
  readonly device: Device;
  readonly service: Service;
  readonly dataset: Dataset;
  readonly edge: Edge;
}
export type What = keyof Things;

/** `before` null makes it, `after` null removes it; never both. */
export type Change = {
  readonly [W in What]: { readonly what: W; readonly before: Things[W] | null; readonly after: Things[W] | null };
}[What];

/** Nodes before the edges that touch them. */
export const WHATS: readonly What[] = ['party', 'site', 'network', 'device', 'service', 'dataset', 'edge'];

export const edgeKey = (edge: Pick<Edge, 'from' | 'to' | 'kind'>): string => `${edge.from} ${edge.to} ${edge.kind}`;

/** The id of the node that a change alters; for an edge the one that it leaves. */
export function alteredBy(change: Change): string {
  if (change.what === 'edge') return (change.after ?? change.before)!.from;
  return (change.after ?? change.before)!.id;
}

/** What a change rests on: the node itself, both ends of an edge, and the parties and places that a device names. */
export function restsOn(change: Change): readonly string[] {
  if (change.what === 'edge') {
    const { from, to } = (change.after ?? change.before)!;
    return [from, to];
  }
  const { id } = (change.after ?? change.before)!;
  if (change.what !== 'device' || !change.after) return [id];
  const { site, ward, maker, owner, maintainer, installer } = change.after;
  return [id, site, ward, maker, owner, maintainer, installer].filter((named) => named !== null);
}

/** What takes these changes back, in the order in which to do it. */
export const inverse = (changes: readonly Change[]): Change[] =>
  changes.map((change) => ({ ...change, before: change.after, after: change.before }) as Change).reverse();

/** A whole draft as changes from nothing. */
export function* draftChanges(draft: CityDraft): Generator<Change, void> {
  for (const after of draft.parties) yield { what: 'party', before: null, after };
  for (const after of draft.sites) yield { what: 'site', before: null, after };
  for (const after of draft.networks) yield { what: 'network', before: null, after };
  for (const after of draft.devices) yield { what: 'device', before: null, after };
  for (const after of draft.services) yield { what: 'service', before: null, after };
  for (const after of draft.datasets) yield { what: 'dataset', before: null, after };
  for (const after of draft.edges) yield { what: 'edge', before: null, after };
}
