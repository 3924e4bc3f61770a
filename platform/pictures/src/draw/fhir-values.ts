/** The data types of FHIR R4 as text: what a person would write on a form. */
import type { Json } from '@cityward/kernel';

export type Node = { readonly [name: string]: Json };

export const isNode = (value: Json | undefined): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const list = (value: Json | undefined): readonly Json[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
export const nodes = (value: Json | undefined): Node[] => list(value).filter(isNode);
export const plain = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
const joined = (parts: readonly string[], by = ', '): string => parts.filter((part) => part !== '').join(by);

/** `2027-01-15T09:30:00+13:00` as `2027-01-15 09:30 (+13:00)`: the time as it was written, never moved. */
export function when(value: Json | undefined): string {
  const text = plain(value);
  const parts = /^(\d{4}(?:-\d\d){0,2})(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (!parts) return text;
  const [, date = '', time, zone] = parts;
  if (!time) return date;
  return `${date} ${time}${zone ? ` (${zone === 'Z' ? 'UTC' : zone})` : ''}`;
}

/** The words of a coded concept, and its code where there are no words. */
export function concept(value: Json | undefined): string {
  return joined(
    nodes(value).map(({ text, coding }) => {
      const codes = nodes(coding);
      return plain(text) || joined(codes.map(({ display }) => plain(display)).slice(0, 1)) || coded(codes[0]);
    }),
  );
}
const coded = (code: Node | undefined): string =>
  code ? joined([plain(code['code']), plain(code['system'])], ' of ') : '';

export const quantity = (value: Json | undefined): string =>
  joined(
    nodes(value).map(({ comparator, value: number, unit, code }) =>
      joined([`${plain(comparator)}${plain(number)}`, plain(unit) || plain(code)], ' '),
    ),
  );

export function range(value: Json | undefined): string {
  return joined(
    nodes(value).map(({ low, high, text, type }) => {
      const [from, to] = [quantity(low), quantity(high)];
      const between = from && to ? `${from} to ${to}` : from ? `from ${from}` : to ? `up to ${to}` : '';
      return joined([plain(text) || between, concept(type)]);
    }),
    '; ',
  );
}

export function period(value: Json | undefined): string {
  return joined(
    nodes(value).map(({ start, end }) => {
      const [from, to] = [when(start), when(end)];
      return from && to ? `${from} to ${to}` : from ? `from ${from}` : to ? `until ${to}` : '';
    }),
  );
}

export const personName = (value: Json | undefined): string =>
  joined(
    nodes(value).map(
      ({ text, prefix, given, family, suffix }) =>
        plain(text) || joined([...list(prefix), ...list(given), family ?? '', ...list(suffix)].map(plain), ' '),
    ),
    '; ',
  );

export const reference = (value: Json | undefined): string =>
  joined(
    nodes(value).map(({ display, reference: to, identifier: id }) => plain(display) || plain(to) || identifier(id)),
  );

export const identifier = (value: Json | undefined): string =>
  joined(nodes(value).map(({ value: id, type }) => joined([plain(id), concept(type)], ' – ')));

export const contact = (value: Json | undefined): string =>
  joined(nodes(value).map(({ system, value: at }) => joined([plain(system), plain(at)], ' ')));

export const address = (value: Json | undefined): string =>
  joined(
    nodes(value).map(
      ({ text, line, city, postalCode, country }) =>
        plain(text) || joined([...list(line).map(plain), plain(city), plain(postalCode), plain(country)]),
    ),
    '; ',
  );

export const note = (value: Json | undefined): string =>
  joined(
    nodes(value).map(({ text }) => plain(text)),
    '; ',
  );

export const dosage = (value: Json | undefined): string =>
  joined(
    nodes(value).map(({ text, patientInstruction, route, doseAndRate }) =>
      joined([
        plain(text) || plain(patientInstruction),
        joined(nodes(doseAndRate).map(({ doseQuantity, doseRange }) => quantity(doseQuantity) || range(doseRange))),
        concept(route),
      ]),
    ),
    '; ',
  );

/** `value[x]`, `onset[x]` and others of whatever type they are. */
export function choice(node: Node, name: string): string {
  for (const [key, value] of Object.entries(node)) {
    if (!key.startsWith(name) || !/^[A-Z]/.test(key.slice(name.length))) continue;
    switch (key.slice(name.length)) {
      case 'Quantity':
      case 'Age':
        return quantity(value);
      case 'CodeableConcept':
        return concept(value);
      case 'Reference':
        return reference(value);
      case 'Range':
        return range(value);
      case 'Period':
        return period(value);
      case 'Ratio':
        return joined(
          nodes(value).map(({ numerator, denominator }) =>
            joined([quantity(numerator), quantity(denominator)], ' to '),
          ),
        );
      case 'DateTime':
      case 'Date':
      case 'Instant':
        return when(value);
      case 'Boolean':
        return value === true ? 'yes' : 'no';
      default:
        return plain(value);
    }
  }
  return '';
}
