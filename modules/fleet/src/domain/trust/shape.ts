/** Whether what was handed over has exactly the agreed form: nothing missing, nothing more, nothing else. */
import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';

/** True when the value fits the schema and holds nothing that JSON could not carry. Never throws, whatever it is given. */
export function fits<S extends TSchema>(schema: S, value: unknown): value is Static<S> {
  try {
    return Check(schema, value) && isJson(value, DEPTH_MAX);
  } catch {
    return false;
  }
}

/** Deeper than any schema here. */
const DEPTH_MAX = 8;

/** Plain objects, arrays without holes, finite numbers: an accessor or a class could answer differently the second time. */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype || Reflect.ownKeys(value).length !== value.length + 1)
      return false;
  } else if (![Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) return false;
  return Reflect.ownKeys(value).every((name) => {
    if (name === 'length' && Array.isArray(value)) return true;
    const property = Object.getOwnPropertyDescriptor(value, name);
    return typeof name === 'string' && property?.enumerable === true && isJson(property.value, depth - 1);
  });
}
