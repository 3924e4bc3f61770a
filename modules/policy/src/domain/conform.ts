/** Checks requests against the schema, compiled once: types of principal and resource, their attributes, the context. */
import { isLongInput } from './integers.ts';
import type { Env } from './node.ts';
import { actionName } from './schema.ts';
import type { CedarType, EntityType, RecordField, RecordType, Schema } from './schema.ts';
import { entityText, isEntity, isRecord, isSet, kindOf } from './values.ts';
import type { CedarRecord, EntityRef, Value } from './values.ts';

type Check = (value: Value) => boolean;

/** What an entity of one type has to be like; only what hangs on the reference itself is looked at. */
export interface EntityRule {
  fits(ref: EntityRef): boolean;
  /** Why it does not fit; null when it does. */
  explain(ref: EntityRef): string | null;
}

export interface Conformance {
  readonly entities: ReadonlyMap<string, EntityRule>;
  /** Compiles the check of a context. */
  context(type: RecordType): (record: CedarRecord) => boolean;
  /** Why the request is not one that the schema knows; null when it is. */
  explain(env: Env): string | null;
  /** The same for one entity. */
  explainEntity(ref: EntityRef): string | null;
}

/** Compiles the checks of a schema. */
export function compileConformance(schema: Schema): Conformance {
  const idFits: IdFits = (ref) => schema.entities.get(ref.type)?.ids?.has(ref.id) ?? true;
  const entities = new Map([...schema.entities.values()].map((type) => [type.name, compileEntity(type, idFits)]));
  const context = (type: RecordType): ((record: CedarRecord) => boolean) => compileRecord(type, idFits);
  const explainEntity = (ref: EntityRef): string | null => {
    const rule = entities.get(ref.type);
    return rule ? rule.explain(ref) : `entity type "${ref.type}" is not in the schema`;
  };
  return {
    entities,
    context,
    explainEntity,
    explain: (env) => explainRequest(env, schema, { context, explainEntity }),
  };
}

function explainRequest(
  env: Env,
  schema: Schema,
  { context, explainEntity }: Pick<Conformance, 'context' | 'explainEntity'>,
): string | null {
  const { principal, resource } = env;
  const name = entityText(env.action);
  const action = schema.actions.get(actionName(env.action.type, env.action.id));
  if (action === undefined) return `action ${name} is not in the schema`;
  if (!action.principals.has(principal.type)) return `${principal.type} cannot ask for ${name}`;
  if (!action.resources.has(resource.type)) return `${name} is not asked about ${resource.type}`;
  if (!context(action.context)(env.context)) return `context of ${name} ${explainRecord(env.context, action.context)}`;
  return explainEntity(principal) ?? explainEntity(resource);
}

function compileEntity(type: EntityType, idFits: IdFits): EntityRule {
  const attributesFit = compileRecord(type.attributes, idFits);
  const tagFits = type.tags === null ? null : compileType(type.tags, idFits);
  const { ids, parents } = type;
  const fits = (ref: EntityRef): boolean => {
    if (ids !== null && !ids.has(ref.id)) return false;
    const { data } = ref;
    if (data === null) return true;
    if (!attributesFit(data.attributes)) return false;
    for (const parent of data.parents) if (!parents.has(parent.type)) return false;
    return data.tags === null || tagsFit(data.tags, tagFits);
  };
  const explain = (ref: EntityRef): string | null => {
    if (fits(ref)) return null;
    if (ids !== null && !ids.has(ref.id)) return `${entityText(ref)} is not one of the ids of its type`;
    const data = ref.data!;
    if (!attributesFit(data.attributes)) return `${entityText(ref)} ${explainRecord(data.attributes, type.attributes)}`;
    const parent = data.parents.find((one) => !parents.has(one.type));
    return parent
      ? `${entityText(ref)} cannot be in ${entityText(parent)}`
      : `${entityText(ref)} has tags of another type`;
  };
  return { fits, explain };
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
      return type.element.kind === 'string'
        ? (value) => isSet(value) && value.every((item) => typeof item === 'string')
        : (value) => isSet(value) && value.every(element);
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

/**
 * Exactly the declared attributes: all that are required, no other. A name that only the prototype has counts here as given;
 * reading it later faults, because only own properties are read.
 */
function compileRecord(type: RecordType, idFits: IdFits): (record: CedarRecord) => boolean {
  const fields = new Map(type.fields.map((one) => [one.name, compileField(one, idFits)]));
  const wanted = type.fields.filter(({ required }) => required).length;
  // Records of one type mostly name their attributes in one order: what stood at a place last is tried there first.
  const lately: (CompiledField | undefined)[] = type.fields.map(() => undefined);
  return (record) => {
    let found = 0;
    let place = 0;
    for (const name in record) {
      let declared = lately[place];
      if (declared === undefined || declared.name !== name) {
        declared = fields.get(name);
        if (declared === undefined) return false;
        lately[place] = declared;
      }
      place++;
      const value = record[name]!;
      if (!fitsField(declared, value)) return false;
      found += declared.counts;
    }
    return found === wanted;
  };
}

interface CompiledField {
  readonly name: string;
  /** Plain types are checked where they stand: most attributes are of one, and a call for each would cost more than the check. */
  readonly plain: 'string' | 'number' | 'boolean' | null;
  readonly fits: Check;
  /** 1 for a required one. */
  readonly counts: number;
}

const PLAIN: Readonly<Partial<Record<CedarType['kind'], CompiledField['plain']>>> = {
  string: 'string',
  long: 'number',
  boolean: 'boolean',
};

const compileField = ({ name, type, required }: RecordField, idFits: IdFits): CompiledField => ({
  name,
  plain: PLAIN[type.kind] ?? null,
  fits: compileType(type, idFits),
  counts: required ? 1 : 0,
});

function fitsField(declared: CompiledField, value: Value): boolean {
  const { plain } = declared;
  if (plain === 'string') return typeof value === 'string';
  if (plain === 'number' && typeof value === 'number') return Number.isSafeInteger(value);
  return declared.fits(value);
}

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
