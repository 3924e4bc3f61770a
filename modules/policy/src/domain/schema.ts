/** A Cedar schema, read from its JSON form with resolved types into what conformance checks and the index need. */
import { field, listOf, objectOf, textOf } from './expression.ts';
import { CompileFault } from './node.ts';
import { entityRef } from './values.ts';
import type { EntityRef, Extension, KIND } from './values.ts';

export type CedarType =
  | { readonly kind: 'boolean' | 'long' | 'string' }
  | { readonly kind: 'set'; readonly element: CedarType }
  | RecordType
  | { readonly kind: 'entity'; readonly name: string }
  | { readonly kind: 'extension'; readonly name: Extension[typeof KIND] };

export interface RecordType {
  readonly kind: 'record';
  readonly fields: readonly RecordField[];
}
export interface RecordField {
  readonly name: string;
  readonly type: CedarType;
  readonly required: boolean;
}

export interface EntityType {
  readonly name: string;
  readonly attributes: RecordType;
  readonly tags: CedarType | null;
  /** Types whose members it may be in. */
  readonly parents: ReadonlySet<string>;
  /** The only ids there are, for an enumerated type. */
  readonly ids: ReadonlySet<string> | null;
}

export interface ActionType {
  /** With its groups hanging on `data`. */
  readonly ref: EntityRef;
  readonly principals: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
  readonly context: RecordType;
}

export interface Schema {
  readonly entities: ReadonlyMap<string, EntityType>;
  /** By `actionName`. */
  readonly actions: ReadonlyMap<string, ActionType>;
}

const NO_FIELDS: RecordType = { kind: 'record', fields: [] };
const EXTENSION_NAMES: ReadonlySet<string> = new Set(['decimal', 'ipaddr', 'datetime', 'duration']);

/** The key of an action: the id alone in the namespace without a name. */
export const actionName = (type: string, id: string): string => (type === 'Action' ? id : `${type}::${id}`);

const optional = (json: unknown, name: string): unknown =>
  Object.hasOwn(objectOf(json), name) ? field(json, name) : null;

/** Reads `schemaToJsonWithResolvedTypes`; throws a `CompileFault` on a form that is not known. */
export function readSchema(json: unknown): Schema {
  const commons = new Map<string, unknown>();
  const spaces = Object.entries(objectOf(json)).map(([name, body]) => ({
    prefix: name === '' ? '' : `${name}::`,
    body,
  }));
  for (const { prefix, body } of spaces)
    for (const [name, type] of Object.entries(objectOf(optional(body, 'commonTypes') ?? {})))
      commons.set(`${prefix}${name}`, type);
  const entities = new Map<string, EntityType>();
  for (const { prefix, body } of spaces)
    for (const [name, type] of Object.entries(objectOf(field(body, 'entityTypes'))))
      entities.set(`${prefix}${name}`, readEntity(`${prefix}${name}`, type, commons));
  const actions = new Map<string, ActionType>();
  const refs = new Map<string, EntityRef>();
  for (const { prefix, body } of spaces) {
    const declared = objectOf(field(body, 'actions'));
    for (const [id, type] of Object.entries(declared)) {
      const ref = readActionRef({ prefix, id, refs, spaces });
      actions.set(actionName(ref.type, id), readAction(ref, type, commons));
    }
  }
  return { entities, actions };
}

function readEntity(name: string, json: unknown, commons: ReadonlyMap<string, unknown>): EntityType {
  const ids = optional(json, 'enum');
  const shape = optional(json, 'shape');
  const tags = optional(json, 'tags');
  return {
    name,
    attributes: shape === null ? NO_FIELDS : asRecord(readType(shape, commons)),
    tags: tags === null ? null : readType(tags, commons),
    parents: new Set(listOf(optional(json, 'memberOfTypes') ?? []).map(textOf)),
    ids: ids === null ? null : new Set(listOf(ids).map(textOf)),
  };
}

interface ActionPlace {
  readonly prefix: string;
  readonly id: string;
  readonly refs: Map<string, EntityRef>;
  readonly spaces: readonly { readonly prefix: string; readonly body: unknown }[];
}

/** Cedar's own parser has refused cycles among action groups before this. */
function readActionRef({ prefix, id, refs, spaces }: ActionPlace): EntityRef {
  const type = `${prefix}Action`;
  const known = refs.get(actionName(type, id));
  if (known) return known;
  const space = spaces.find((candidate) => candidate.prefix === prefix);
  if (!space) throw new CompileFault(`action group ${JSON.stringify(id)} is in an unknown namespace`);
  const groups = listOf(optional(field(field(space.body, 'actions'), id), 'memberOf') ?? []);
  const parents = groups.map((group) => {
    const groupType = optional(group, 'type');
    const groupPrefix = groupType === null ? prefix : textOf(groupType).slice(0, -'Action'.length);
    return readActionRef({ prefix: groupPrefix, id: textOf(field(group, 'id')), refs, spaces });
  });
  const ref = entityRef(type, id, { attributes: {}, parents, tags: null });
  refs.set(actionName(type, id), ref);
  return ref;
}

function readAction(ref: EntityRef, json: unknown, commons: ReadonlyMap<string, unknown>): ActionType {
  const applies = optional(json, 'appliesTo');
  const context = applies === null ? null : optional(applies, 'context');
  const types = (name: string): ReadonlySet<string> =>
    new Set(applies === null ? [] : listOf(optional(applies, name) ?? []).map(textOf));
  return {
    ref,
    principals: types('principalTypes'),
    resources: types('resourceTypes'),
    context: context === null ? NO_FIELDS : asRecord(readType(context, commons)),
  };
}

function asRecord(type: CedarType): RecordType {
  if (type.kind === 'record') return type;
  throw new CompileFault(`wanted a record type, got ${type.kind}`);
}

function readType(json: unknown, commons: ReadonlyMap<string, unknown>): CedarType {
  const name = textOf(field(json, 'type'));
  switch (name) {
    case 'String':
      return { kind: 'string' };
    case 'Long':
      return { kind: 'long' };
    case 'Bool':
    case 'Boolean':
      return { kind: 'boolean' };
    case 'Set':
      return { kind: 'set', element: readType(field(json, 'element'), commons) };
    case 'Record':
      return { kind: 'record', fields: readFields(field(json, 'attributes'), commons) };
    case 'Entity':
      return { kind: 'entity', name: textOf(field(json, 'name')) };
    case 'Extension':
      return { kind: 'extension', name: extensionName(textOf(field(json, 'name'))) };
    default:
      return readNamed(name, commons);
  }
}

function readNamed(name: string, commons: ReadonlyMap<string, unknown>): CedarType {
  const common = commons.get(name);
  if (common !== undefined) return readType(common, commons);
  const plain = name.startsWith('__cedar::') ? name.slice('__cedar::'.length) : name;
  if (plain !== name && !EXTENSION_NAMES.has(plain)) return readType({ type: plain }, commons);
  return { kind: 'extension', name: extensionName(plain) };
}

function extensionName(name: string): Extension[typeof KIND] {
  if (EXTENSION_NAMES.has(name)) return name as Extension[typeof KIND];
  throw new CompileFault(`unknown type ${JSON.stringify(name)}`);
}

const readFields = (json: unknown, commons: ReadonlyMap<string, unknown>): readonly RecordField[] =>
  Object.entries(objectOf(json)).map(([name, type]) => ({
    name,
    type: readType(type, commons),
    required: optional(type, 'required') !== false,
  }));
