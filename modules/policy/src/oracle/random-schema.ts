/** Random schemas for comparing with Cedar: a few entity types, an enumeration, action groups, every attribute type. */
import type { Random } from '@cityward/kernel';
import type { CedarType, RecordField } from '../domain/schema.ts';

/** Attribute names that trip implementations built on plain objects, and one that is no identifier. */
export const NAMES = ['a', 'b', 'c', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'x y'];
export const COLOURS = ['red', 'green', '__proto__'];
export const ENUM_TYPE = 'Colour';

export interface WorldEntity {
  readonly name: string;
  readonly parents: readonly string[];
  readonly fields: readonly RecordField[];
  readonly tags: CedarType | null;
}
export interface WorldAction {
  readonly id: string;
  readonly group: string | null;
  readonly principals: readonly string[];
  readonly resources: readonly string[];
  readonly context: readonly RecordField[];
}
export interface World {
  readonly entities: readonly WorldEntity[];
  readonly actions: readonly WorldAction[];
  readonly text: string;
}

const ENTITY_TYPES = ['User', 'Group', 'City::Device', 'City::Site'];
const EXTENSION_KINDS = ['decimal', 'ipaddr', 'datetime', 'duration'] as const;

export function randomType(random: Random, depth: number): CedarType {
  const choice = random.int(depth > 0 ? 9 : 6);
  if (choice < 2) return { kind: 'long' };
  if (choice === 2) return { kind: 'string' };
  if (choice === 3) return { kind: 'boolean' };
  if (choice === 4) return { kind: 'entity', name: random.pick([...ENTITY_TYPES, ENUM_TYPE]) };
  if (choice === 5) return { kind: 'extension', name: random.pick(EXTENSION_KINDS) };
  if (choice < 8) return { kind: 'set', element: randomType(random, depth - 1) };
  return { kind: 'record', fields: randomFields(random, depth - 1) };
}

export function randomFields(random: Random, depth: number): RecordField[] {
  return NAMES.filter(() => random.next() < 0.4).map((name) => ({
    name,
    type: randomType(random, depth),
    required: random.next() < 0.7,
  }));
}

/** Types further down the list may hold those above, so that no hierarchy can be a circle. */
export function randomWorld(random: Random): World {
  const entities = ENTITY_TYPES.map((name, i) => ({
    name,
    parents: ENTITY_TYPES.slice(i + 1).filter(() => random.next() < 0.6),
    fields: randomFields(random, 1),
    tags: random.next() < 0.4 ? randomType(random, 1) : null,
  }));
  const actions = ['read', 'toString'].map((id) => ({
    id,
    group: random.next() < 0.6 ? 'any' : null,
    principals: ENTITY_TYPES.filter(() => random.next() < 0.4),
    resources: ENTITY_TYPES.filter(() => random.next() < 0.4),
    context: randomFields(random, 2),
  }));
  const usable = actions.map((action) => ({
    ...action,
    principals: action.principals.length > 0 ? action.principals : ['User'],
    resources: action.resources.length > 0 ? action.resources : ['City::Device'],
  }));
  return { entities, actions: usable, text: schemaText(entities, usable) };
}

function schemaText(entities: readonly WorldEntity[], actions: readonly WorldAction[]): string {
  const spaced = (name: string): string => name.slice('City::'.length);
  const entityText = (entity: WorldEntity, name: string): string => {
    const parents = entity.parents.length > 0 ? ` in [${entity.parents.join(', ')}]` : '';
    const tags = entity.tags ? ` tags ${typeText(entity.tags)}` : '';
    return `entity ${name}${parents} ${fieldsText(entity.fields)}${tags};`;
  };
  const isSpaced = (entity: WorldEntity): boolean => entity.name.startsWith('City::');
  return [
    ...entities.filter((entity) => !isSpaced(entity)).map((entity) => entityText(entity, entity.name)),
    `entity ${ENUM_TYPE} enum ${JSON.stringify(COLOURS)};`,
    `namespace City { ${entities
      .filter(isSpaced)
      .map((entity) => entityText(entity, spaced(entity.name)))
      .join('\n')} }`,
    'action any;',
    ...actions.map(actionText),
  ].join('\n');
}

const actionText = (action: WorldAction): string =>
  `action ${JSON.stringify(action.id)}${action.group ? ` in [${action.group}]` : ''} appliesTo { principal: [${action.principals.join(
    ', ',
  )}], resource: [${action.resources.join(', ')}], context: ${fieldsText(action.context)} };`;

const fieldsText = (fields: readonly RecordField[]): string =>
  `{ ${fields
    .map(({ name, type, required }) => `${JSON.stringify(name)}${required ? '' : '?'}: ${typeText(type)}`)
    .join(', ')} }`;

function typeText(type: CedarType): string {
  switch (type.kind) {
    case 'boolean':
      return 'Bool';
    case 'long':
      return 'Long';
    case 'string':
      return 'String';
    case 'set':
      return `Set<${typeText(type.element)}>`;
    case 'record':
      return fieldsText(type.fields);
    default:
      return type.name;
  }
}
