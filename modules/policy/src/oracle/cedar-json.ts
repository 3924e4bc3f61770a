/** Reads the JSON that Cedar takes for values and entities into the values of our engine. */
import { EXTENSIONS } from '../domain/extensions.ts';
import type { Env } from '../domain/node.ts';
import type { ActionType } from '../domain/schema.ts';
import { entityRef } from '../domain/values.ts';
import type { CedarRecord, EntityData, EntityRef, Value } from '../domain/values.ts';
import type { CedarJson, EntityJson, RequestJson, Uid } from './random-requests.ts';

export function valueOf(json: CedarJson): Value {
  if (typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(valueOf);
  const object = json as { readonly [name: string]: CedarJson };
  if (Object.hasOwn(object, '__entity')) {
    const { type, id } = object['__entity'] as unknown as Uid;
    return entityRef(type, id);
  }
  if (Object.hasOwn(object, '__extn')) {
    const { fn, arg } = object['__extn'] as unknown as { fn: string; arg: string };
    return EXTENSIONS.get(fn)!.call(arg);
  }
  return recordOf(object);
}

const recordOf = (object: { readonly [name: string]: CedarJson }): CedarRecord =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, valueOf(value)]));

export interface OurRequest {
  readonly env: Env;
  readonly entities: readonly EntityRef[];
}

/** @param action the action's type, with its groups; undefined where there is no schema */
export function requestOf(json: RequestJson, action: ActionType | undefined): OurRequest {
  const key = (type: string, id: string): string => `${type}/${id}`;
  const store = new Map<string, EntityData>(
    json.entities.map((entity) => [key(entity.uid.type, entity.uid.id), dataOf(entity)]),
  );
  const refOf = ({ type, id }: Uid): EntityRef => entityRef(type, id, store.get(key(type, id)) ?? null);
  return {
    env: {
      principal: refOf(json.principal),
      action: action?.ref ?? refOf(json.action),
      resource: refOf(json.resource),
      context: recordOf(json.context),
      find: (type, id) => store.get(key(type, id)) ?? null,
    },
    entities: json.entities.map(({ uid }) => refOf(uid)),
  };
}

const dataOf = (entity: EntityJson): EntityData => ({
  attributes: recordOf(entity.attrs),
  parents: entity.parents.map(({ type, id }) => entityRef(type, id)),
  tags: entity.tags ? recordOf(entity.tags) : null,
});
