/** `in`: is one entity another, or below it. */
import { dataOf } from './node.ts';
import type { Env } from './node.ts';
import { sameEntity } from './values.ts';
import type { EntityRef } from './values.ts';

/** True when `below` is `above` or has it among its ancestors. An entity that nobody knows has none. */
export function isIn(below: EntityRef, above: EntityRef, env: Env): boolean {
  if (sameEntity(below, above)) return true;
  const parents = dataOf(below, env)?.parents;
  if (parents === undefined || parents.length === 0) return false;
  let deeper = false;
  for (const parent of parents) {
    if (sameEntity(parent, above)) return true;
    const data = dataOf(parent, env);
    if (data !== null && data.parents.length > 0) deeper = true;
  }
  return deeper && isAbove(parents, above, env);
}

/** Every ancestor is visited once, so that a ladder of shared parents does not multiply. */
function isAbove(start: readonly EntityRef[], above: EntityRef, env: Env): boolean {
  const waiting: EntityRef[] = [...start];
  let seen: Set<string> | null = null;
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    const parents = dataOf(ref, env)?.parents;
    if (parents === undefined || parents.length === 0) continue;
    seen ??= new Set();
    const key = `${ref.type.length}:${ref.type}${ref.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const parent of parents) {
      if (sameEntity(parent, above)) return true;
      waiting.push(parent);
    }
  }
  return false;
}
