/** NGSI-LD entities (ETSI GS CIM 009), normalised, concise or key-values, as plain values by attribute name. */
import { isObject, member, readJson } from './geojson-text.ts';

export const NGSI_ENTITIES_MAX = 1_000_000;
const ATTRIBUTES_MAX = 500;
const ID_MAX = 256;

export interface NgsiEntity {
  /** Which entity of the file, from 1. */
  readonly place: number;
  readonly id: string;
  /** Without a namespace: `https://…#Streetlight` is `Streetlight`. */
  readonly type: string;
  /** Plain values; a relationship is the URN, or the list of URNs, that it points to. */
  readonly attributes: ReadonlyMap<string, unknown>;
}
export interface NgsiFault {
  readonly place: number;
  readonly fault: string;
}
export interface NgsiFile {
  readonly entities: readonly NgsiEntity[];
  readonly faults: readonly NgsiFault[];
}

/** Reads one entity, a list of them, or `{entities: […]}`; lenient where published examples break their own schema; never throws. */
export function parseNgsiLd(text: string): NgsiFile | { readonly fault: string } {
  const read = readJson(text);
  if ('fault' in read) return { fault: `read NGSI-LD: ${read.fault}` };
  const list = listOf(read.value);
  if (!list) return { fault: 'read NGSI-LD: an entity with "id" and "type", or a list of entities wanted' };
  if (list.length > NGSI_ENTITIES_MAX)
    return { fault: `read NGSI-LD: ${list.length} entities, at most ${NGSI_ENTITIES_MAX} wanted` };
  const entities: NgsiEntity[] = [];
  const faults: NgsiFault[] = [];
  list.forEach((value, index) => {
    const entity = readEntity(value, index + 1);
    if ('fault' in entity) faults.push(entity);
    else entities.push(entity);
  });
  return { entities, faults };
}

function listOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value as unknown[];
  if (!isObject(value)) return null;
  for (const name of ['entities', '@graph']) {
    const inner = member(value, name);
    if (Array.isArray(inner)) return inner as unknown[];
  }
  return typeof (member(value, 'id') ?? member(value, '@id')) === 'string' ? [value] : null;
}

function readEntity(value: unknown, place: number): NgsiEntity | NgsiFault {
  if (!isObject(value)) return { place, fault: 'is not an object' };
  const id = member(value, 'id') ?? member(value, '@id');
  if (typeof id !== 'string' || id === '' || id.length > ID_MAX)
    return { place, fault: `has no "id", a URI of at most ${ID_MAX} characters wanted` };
  const given = member(value, 'type') ?? member(value, '@type');
  const type: unknown = Array.isArray(given) ? given[0] : given;
  if (typeof type !== 'string' || type === '') return { place, fault: `"${id}" has no "type"` };
  const names = Object.keys(value);
  if (names.length > ATTRIBUTES_MAX)
    return { place, fault: `"${id}" has ${names.length} attributes, at most ${ATTRIBUTES_MAX} wanted` };
  const attributes = new Map<string, unknown>();
  for (const name of names) {
    if (['id', '@id', 'type', '@type', '@context'].includes(name)) continue;
    const plain = plainValue(value[name]);
    if (plain !== undefined && plain !== null) attributes.set(localName(name), plain);
  }
  return { place, id, type: localName(type), attributes };
}

const localName = (name: string): string =>
  /^https?:/.test(name) ? name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('#')) + 1) : name;

const VALUE_MEMBER: ReadonlyMap<unknown, string> = new Map([
  ['Property', 'value'],
  ['GeoProperty', 'value'],
  ['Relationship', 'object'],
  ['ListProperty', 'valueList'],
  ['ListRelationship', 'objectList'],
  ['LanguageProperty', 'languageMap'],
  ['VocabProperty', 'vocab'],
  ['JsonProperty', 'json'],
]);

/** The value within an attribute, whichever of the three forms it has; of several instances (datasetId) the default one. */
function plainValue(attribute: unknown): unknown {
  if (Array.isArray(attribute)) {
    const instances = (attribute as unknown[]).filter(isInstance);
    if (instances.length === 0 || instances.length < attribute.length) return (attribute as unknown[]).map(scalarOf);
    const relationships = instances.filter((one) => member(one, 'type') === 'Relationship');
    if (relationships.length === instances.length) return relationships.flatMap((one) => plainValue(one));
    return plainValue(instances.find((one) => member(one, 'datasetId') === undefined) ?? instances[0]);
  }
  if (!isObject(attribute)) return attribute;
  const name = VALUE_MEMBER.get(member(attribute, 'type'));
  if (name !== undefined) return scalarOf(member(attribute, name));
  // The concise form leaves `type` out.
  if (Object.hasOwn(attribute, 'value')) return scalarOf(attribute['value']);
  if (Object.hasOwn(attribute, 'object')) return scalarOf(attribute['object']);
  return scalarOf(attribute);
}

const isInstance = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && VALUE_MEMBER.has(member(value, 'type'));

/** `{"@type": "DateTime", "@value": …}` and `{"@value": …}` are the value itself. */
const scalarOf = (value: unknown): unknown => {
  if (isObject(value) && Object.hasOwn(value, '@value')) return value['@value'];
  return value;
};
