/** Operators that look into entities and records: attributes, tags, hierarchy, types, patterns. */
import { isIn } from './hierarchy.ts';
import { compileLike } from './like.ts';
import type { PatternElement } from './like.ts';
import { constantNode, dataOf, fold, testNode } from './node.ts';
import type { Env, Node } from './node.ts';
import { entityText, EvaluationFault, isEntity, isRecord, isSet, wrongType } from './values.ts';
import type { CedarRecord, EntityData, EntityRef, Value } from './values.ts';

const asEntity = (value: Value): EntityRef => (isEntity(value) ? value : wrongType('entity', value));

function knownData(ref: EntityRef, env: Env): EntityData {
  const data = dataOf(ref, env);
  if (data === null) throw new EvaluationFault(`entity ${entityText(ref)} is not known`);
  return data;
}

function readAttribute(attributes: CedarRecord, name: string): Value {
  if (!Object.hasOwn(attributes, name)) throw new EvaluationFault(`attribute ${JSON.stringify(name)} is missing`);
  return attributes[name]!;
}

/** `left.name`; faults when there is no such entity or attribute. */
export function attribute(left: Node, name: string): Node {
  if (left.variable === 'context') return { run: (env) => readAttribute(env.context, name) };
  if (left.variable === 'principal')
    return { run: (env) => readAttribute(knownData(env.principal, env).attributes, name) };
  if (left.variable === 'resource')
    return { run: (env) => readAttribute(knownData(env.resource, env).attributes, name) };
  return {
    run: (env) => {
      const value = left.run(env);
      if (isEntity(value)) return readAttribute(knownData(value, env).attributes, name);
      return readAttribute(isRecord(value) ? value : wrongType('entity or record', value), name);
    },
  };
}

/** Attributes of an entity or record; null for an entity that is not known, which has nothing. */
function attributesOf(value: Value, env: Env): CedarRecord | null {
  if (isEntity(value)) return dataOf(value, env)?.attributes ?? null;
  return isRecord(value) ? value : wrongType('entity or record', value);
}

/** `left has a` and `left has a.b.c`, which is `left has a && left.a has b && left.a.b has c`. */
export function has(left: Node, names: readonly string[]): Node {
  const [name, ...rest] = names as [string, ...string[]];
  if (rest.length === 0) {
    if (left.variable === 'context') return testNode((env) => Object.hasOwn(env.context, name));
    return testNode((env) => {
      const attributes = attributesOf(left.run(env), env);
      return attributes !== null && Object.hasOwn(attributes, name);
    });
  }
  return testNode((env) => {
    let value = left.run(env);
    for (const step of names) {
      const attributes = attributesOf(value, env);
      if (attributes === null || !Object.hasOwn(attributes, step)) return false;
      value = attributes[step]!;
    }
    return true;
  });
}

const asString = (value: Value): string => (typeof value === 'string' ? value : wrongType('string', value));

export function hasTag(left: Node, right: Node): Node {
  return testNode((env) => {
    const ref = asEntity(left.run(env));
    const tag = asString(right.run(env));
    const tags = dataOf(ref, env)?.tags;
    return tags ? Object.hasOwn(tags, tag) : false;
  });
}

export function getTag(left: Node, right: Node): Node {
  return {
    run: (env) => {
      const ref = asEntity(left.run(env));
      const tag = asString(right.run(env));
      const { tags } = knownData(ref, env);
      if (!tags || !Object.hasOwn(tags, tag)) throw new EvaluationFault(`tag ${JSON.stringify(tag)} is missing`);
      return tags[tag]!;
    },
  };
}

/** `left in right`, where right is an entity or a set of entities. */
export function within(left: Node, right: Node): Node {
  const above = right.constant;
  if (above !== undefined && isEntity(above)) return testNode((env) => isIn(asEntity(left.run(env)), above, env));
  return testNode((env) => {
    const below = asEntity(left.run(env));
    const value = right.run(env);
    if (isEntity(value)) return isIn(below, value, env);
    const set = isSet(value) ? value : wrongType('entity or set of entities', value);
    const refs = set.map(asEntity);
    return refs.some((ref) => isIn(below, ref, env));
  });
}

/** `left is Type`, and `left is Type in right`. */
export function is(left: Node, type: string, right: Node | null): Node {
  if (right === null) return testNode((env) => asEntity(left.run(env)).type === type);
  const below = within(left, right).run;
  return testNode((env) => asEntity(left.run(env)).type === type && (below(env) as boolean));
}

export function like(left: Node, pattern: readonly PatternElement[]): Node {
  const matches = compileLike(pattern);
  return fold(
    testNode((env) => matches(asString(left.run(env)))),
    [left],
  );
}

/** A record literal, without a prototype: `{"__proto__": 1}` has one attribute. */
export function recordOf(fields: readonly (readonly [name: string, node: Node])[]): Node {
  const make = (env: Env): CedarRecord => {
    const record = Object.create(null) as Record<string, Value>;
    for (const [name, node] of fields) record[name] = node.run(env);
    return record;
  };
  const known = fields.every(([, node]) => node.constant !== undefined);
  return known ? constantNode(make({} as Env)) : { run: make };
}
