/** The head of a policy: which principals, actions and resources it speaks about. */
import { field, listOf, objectOf, textOf } from './expression.ts';
import { isIn } from './hierarchy.ts';
import { CompileFault } from './node.ts';
import type { Env } from './node.ts';
import { entityRef, sameEntity } from './values.ts';
import type { EntityRef } from './values.ts';

export type PartTest = (ref: EntityRef, env: Env) => boolean;

/** One part of a scope: `test` null matches everything that has the type, `type` null any type. */
export interface PartScope {
  readonly type: string | null;
  readonly test: PartTest | null;
}

const refOf = (json: unknown): EntityRef => {
  const uid = Object.hasOwn(objectOf(json), '__entity') ? field(json, '__entity') : json;
  return entityRef(textOf(field(uid, 'type')), textOf(field(uid, 'id')));
};

function target(json: unknown): EntityRef {
  if (Object.hasOwn(objectOf(json), 'slot')) throw new CompileFault('templates are not taken: unknown scope "slot"');
  return refOf(field(json, 'entity'));
}

/** Compiles the principal or resource part. */
export function compilePart(json: unknown): PartScope {
  const op = textOf(field(json, 'op'));
  switch (op) {
    case 'All':
      return { type: null, test: null };
    case '==': {
      const wanted = target(json);
      return { type: wanted.type, test: (ref) => sameEntity(ref, wanted) };
    }
    case 'in': {
      const above = target(json);
      return { type: null, test: (ref, env) => isIn(ref, above, env) };
    }
    case 'is': {
      const type = textOf(field(json, 'entity_type'));
      if (!Object.hasOwn(objectOf(json), 'in')) return { type, test: null };
      const above = target(field(json, 'in'));
      return { type, test: (ref, env) => isIn(ref, above, env) };
    }
    default:
      throw new CompileFault(`unknown scope ${JSON.stringify(op)}`);
  }
}

/** The actions that a policy speaks about; null for all. An action that is `in` one of these counts too. */
export interface ActionScope {
  readonly exact: boolean;
  readonly actions: readonly EntityRef[];
}

export function compileActions(json: unknown): ActionScope | null {
  const op = textOf(field(json, 'op'));
  if (op === 'All') return null;
  if (op === '==') return { exact: true, actions: [target(json)] };
  if (op !== 'in') throw new CompileFault(`unknown scope ${JSON.stringify(op)}`);
  if (Object.hasOwn(objectOf(json), 'entities'))
    return { exact: false, actions: listOf(field(json, 'entities')).map(refOf) };
  return { exact: false, actions: [target(json)] };
}

/** Does the scope cover the action, whose groups hang on `action.data`? */
export const coversAction = (scope: ActionScope | null, action: EntityRef, env: Env): boolean =>
  scope === null ||
  scope.actions.some((wanted) => (scope.exact ? sameEntity(action, wanted) : isIn(action, wanted, env)));
