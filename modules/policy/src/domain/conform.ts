/** Checks requests against the schema, compiled once: types of principal and resource, their attributes, the context. */
import { isLongInput } from './integers.ts';
import type { Env } from './node.ts';
import { actionName } from './schema.ts';
import type { CedarType, EntityType, RecordField, RecordType, Schema } from './schema.ts';
import { entityText, isEntity, isRecord, isSet, kindOf } from './values.ts';
import type { CedarRecord, EntityRef, Value } from './values.ts';

type Check = (value: Value) => boolean;

/** Why a request is not one that the schema knows; null when it is. */
export type RequestCheck = (env: Env) => string | null;

/** What stands in the way of using an entity; null for nothing. Only what hangs on the reference itself is looked at. */
export type EntityCheck = (ref: EntityRef) => string | null;

interface CompiledEntity {
  readonly type: EntityType;
  readonly attributes: (record: CedarRecord) => boolean;
  readonly tags: Check | null;
}
interface CompiledAction {
  readonly principals: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
  readonly context: RecordType;
  readonly contextFits: (record: CedarRecord) => boolean;
}

export interface Conformance {
  readonly request: RequestCheck;
  readonly entity: EntityCheck;
}

/** Compiles the checks of a schema. */
export function compileConformance(schema: Schema): Conformance {
  const entities = new Map<string, CompiledEntity>();
  const idFits = (ref: EntityRef): boolean => schema.entities.get(ref.type)?.ids?.has(ref.id) ?? true;
  for (const type of schema.entities.values())
    entities.set(type.name, {
      type,
      attributes: compileRecord(type.attributes, idFits),
      tags: type.tags === null ? null : compileType(type.tags, idFits),
    });
  const actions = new Map<string, CompiledAction>();
  for (const [name, action] of schema.actions)
    actions.set(name, { ...action, contextFits: compileRecord(action.context, idFits) });
  const entity: EntityCheck = (ref) => checkEntity(ref, entities.get(ref.type), idFits);
  return { entity, request: (env) => checkRequest(env, actions, entity) };
}

function checkRequest(env: Env, actions: ReadonlyMap<string, CompiledAction>, entity: EntityCheck): string | null {
  const { principal, resource, context } = env;
  const action = actions.get(env.action.type === 'Action' ? env.action.id : actionName(env.action.type, env.action.id));
  if (action === undefined) return `action ${entityText(env.action)} is not in the schema`;
  if (!action.principals.has(principal.type)) return `${principal.type} cannot ask for ${entityText(env.action)}`;
  if (!action.resources.has(resource.type)) return `${entityText(env.action)} is not asked about ${resource.type}`;
  if (!action.contextFits(context))
    return `context of ${entityText(env.action)} ${explainRecord(context, action.context)}`;
  return entity(principal) ?? entity(resource);
}

function checkEntity(
  ref: EntityRef,
  known: CompiledEntity | undefined,
  idFits: (ref: EntityRef) => boolean,
): string | null {
  if (known === undefined) return `entity type "${ref.type}" is not in the schema`;
  if (known.type.ids !== null && !idFits(ref)) return `${entityText(ref)} is not one of the ids of its type`;
  const { data } = ref;
  if (data === null) return null;
  if (!known.attributes(data.attributes))
    return `${entityText(ref)} ${explainRecord(data.attributes, known.type.attributes)}`;
  for (const parent of data.parents)
    if (!known.type.parents.has(parent.type)) return `${entityText(ref)} cannot be in ${entityText(parent)}`;
  if (data.tags !== null && !tagsFit(data.tags, known.tags)) return `${entityText(ref)} has tags of another type`;
  return null;
}

const tagsFit = (tags: CedarRecord, check: Check | null): boolean =>
  Object.keys(tags).every((name) => check !== null && check(tags[name]!));

type IdFits = (ref: EntityRef) => boolean;

function compileType(type: CedarType, idFits: IdFits): Check {
  switch (type.kind) {
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'string':
      return (value) => typeof value === 'string';
    case 'long':
      return (value) => isLongInput(value);
    case 'set': {
      const element = compileType(type.element, idFits);
      return (value) => isSet(value) && value.every(element);
    }
    case 'record': {
      const fits = compileRecord(type, idFits);
      return (value) => isRecord(value) && fits(value);
    }
    case 'entity':
      return (value) => isEntity(value) && value.type === type.name && idFits(value);
    case 'extension':
      return (value) => kindOf(value) === type.name;
  }
}

/** Exactly the declared attributes: all that are required, no other. */
function compileRecord(type: RecordType, idFits: IdFits): (record: CedarRecord) => boolean {
  if (type.fields.length === 0) return isBare;
  const fields = type.fields.map((declared) => ({ ...declared, fits: compileType(declared.type, idFits) }));
  return (record) => {
    let found = 0;
    for (const { name, required, fits } of fields) {
      if (!Object.hasOwn(record, name)) {
        if (required) return false;
        continue;
      }
      if (!fits(record[name]!)) return false;
      found++;
    }
    return found === Object.keys(record).length;
  };
}

const isBare = (record: CedarRecord): boolean => {
  for (const name in record) if (Object.hasOwn(record, name)) return false;
  return true;
};

/** The words for a record that did not fit; only made when one did not. */
function explainRecord(record: CedarRecord, type: RecordType): string {
  const declared = new Map<string, RecordField>(type.fields.map((one) => [one.name, one]));
  const unknown = Object.keys(record).find((name) => !declared.has(name));
  if (unknown !== undefined) return `has an attribute ${JSON.stringify(unknown)} that the schema does not have`;
  const missing = type.fields.find(({ name, required }) => required && !Object.hasOwn(record, name));
  if (missing) return `lacks the attribute ${JSON.stringify(missing.name)}`;
  const wrong = type.fields.find(
    (one) => Object.hasOwn(record, one.name) && !compileType(one.type, () => true)(record[one.name]!),
  );
  return wrong
    ? `has an attribute "${wrong.name}" that is no ${wrong.type.kind}`
    : 'names an entity that its type does not have';
}
