/** What people call things of the city. */
import type { City } from '@cityward/city';

/** Null where there is no party of this id. */
export function partyName(city: Pick<City, 'node'>, id: string): string | null {
  const node = city.node(id);
  return node?.kind === 'party' ? node.name : null;
}
