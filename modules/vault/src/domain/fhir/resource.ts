/** Is this a FHIR R4 resource, as far as its shape tells? What is wrong is told by place, never by content. */
import { isFields, type Fields } from './fields.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

const ID = /^[A-Za-z0-9.-]{1,64}$/;
const TYPE_WORD = /^[A-Za-z]{1,64}$/;
/** Narrative is basic formatting alone (R4, Narrative.div); it is never drawn as HTML here, but others may draw what they are given. */
const ACTIVE =
  /<\s*\/?\s*(?:script|iframe|object|embed|form|input|button|link|meta|base|svg|style|frame|applet)\b|[\s/"']on[a-z]+\s*=|javascript:|<!(?:DOCTYPE|ENTITY)/i;

/** Resources in a resource: what is held in it, and what a bundle or a list of parameters carries. */
const CARRIED = 'resource';
const HELD = 'contained';

/** What was wanted, and where: the place is put together on the way out. */
interface Fault {
  readonly wanted: string;
  readonly at: string;
}
type Held = ReadonlySet<string>;

/** What was wanted where it is not; `null` where it is a resource. Already looked at by `jsonFault`, so that its depth is bounded. */
export function resourceFault(value: unknown): string | null {
  const fault = faultOfResource(value);
  return fault === null ? null : `${fault.wanted}, at "${fault.at.replace(/^\./, '') || 'the resource'}"`;
}
const here = (wanted: string): Fault => ({ wanted, at: '' });
const inside = (fault: Fault | null, place: string): Fault | null => fault && { ...fault, at: `${place}${fault.at}` };

/** @param around what the resource around holds, where this one is held */
function faultOfResource(value: unknown, around: Held | null = null): Fault | null {
  if (!isFields(value)) return here('a FHIR resource in JSON, with its resourceType');
  const { resourceType, id } = value;
  if (typeof resourceType !== 'string' || !RESOURCE_TYPES.has(resourceType))
    return here(`a FHIR resource in JSON, with a resourceType of R4 and not ${shown(resourceType)}`);
  if (id !== undefined && !(typeof id === 'string' && ID.test(id)))
    return inside(here('an id of 1 to 64 letters, digits, "-" and "."'), '.id');
  if (resourceType === 'Bundle' && !isBundle(value)) return here('a Bundle with its type and its entries as a list');
  const contained = value[HELD] ?? [];
  if (!Array.isArray(contained) || (around !== null && contained.length > 0))
    return inside(here('a list, and nothing held in what is held'), `.${HELD}`);
  const held =
    around ?? new Set(contained.flatMap((one) => (isFields(one) && typeof one['id'] === 'string' ? [one['id']] : [])));
  for (let i = 0; i < contained.length; i++) {
    const fault = inside(faultOfResource(contained[i], held), `.${HELD}[${i}]`);
    if (fault !== null) return fault;
  }
  return narrativeFault(value['text']) ?? fieldsFault(value, held);
}
const shown = (type: unknown): string =>
  typeof type === 'string' && TYPE_WORD.test(type) ? `"${type}"` : type === undefined ? 'none' : 'what stands there';

const isBundle = ({ type, entry = [] }: Fields): boolean =>
  typeof type === 'string' && Array.isArray(entry) && entry.every(isFields);

function narrativeFault(text: unknown): Fault | null {
  if (!isFields(text) || text['div'] === undefined) return null;
  const { div } = text;
  if (typeof div === 'string' && !ACTIVE.test(div)) return null;
  return inside(here('a narrative without anything that runs or loads'), '.text.div');
}

function fieldsFault(fields: Fields, held: Held): Fault | null {
  for (const key in fields) {
    const value = fields[key];
    if (key === HELD) continue;
    if (
      key === 'reference' &&
      typeof value === 'string' &&
      value.startsWith('#') &&
      value !== '#' &&
      !held.has(value.slice(1))
    )
      return inside(here('a reference to something that the resource holds'), '.reference');
    if (typeof value !== 'object' || value === null) continue;
    // What a resource carries has a world of its own: `#id` in it names what it holds itself.
    const fault =
      key === CARRIED && isFields(value) && 'resourceType' in value ? faultOfResource(value) : valueFault(value, held);
    if (fault !== null) return inside(fault, `.${PLAIN.test(key) ? key : '?'}`);
  }
  return null;
}
const PLAIN = /^_?[A-Za-z][A-Za-z0-9]{0,60}$/;

function valueFault(value: unknown, held: Held): Fault | null {
  if (!Array.isArray(value)) return isFields(value) ? fieldsFault(value, held) : null;
  for (let i = 0; i < value.length; i++) {
    const fault = inside(valueFault(value[i], held), `[${i}]`);
    if (fault !== null) return fault;
  }
  return null;
}
