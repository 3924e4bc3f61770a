/** What a FHIR R4 resource says, as rows for people: only what is there, nothing made up; all else is shown as it is stored. */
import type { Calendar } from './dates.ts';
import type { Words } from './words/index.ts';

type Fields = Words['record']['fields'];
export interface Row {
  readonly name: string;
  readonly value: string;
}
export interface Told {
  readonly title: string;
  readonly rows: readonly Row[];
  /** A language tag, where the resource names one. */
  readonly language: string | null;
}
interface Resource {
  readonly [key: string]: unknown;
}
const TEXT_MAX_CHARS = 20_000;
const DATE = /^\d{4}-\d{2}-\d{2}/;

const isObject = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Walks names and numbers; undefined wherever the path ends. */
const at = (from: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof key === 'number'
        ? Array.isArray(value)
          ? (value as unknown[])[key]
          : undefined
        : isObject(value)
          ? value[key]
          : undefined,
    from,
  );
const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== ''
    ? value.slice(0, TEXT_MAX_CHARS)
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : null;
/** A CodeableConcept by its text, else by what its first code is called. */
const concept = (value: unknown): string | null =>
  text(at(value, 'text')) ?? text(at(value, 'coding', 0, 'display')) ?? text(at(value, 'coding', 0, 'code'));
const quantity = (value: unknown): string | null => {
  const amount = text(at(value, 'value'));
  return amount === null ? null : [amount, text(at(value, 'unit'))].filter(Boolean).join(' ');
};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const joined = (...parts: readonly (string | null)[]): string | null => parts.filter(Boolean).join(', ') || null;

/** A day in words; what is no full day stays as it is. */
const dayOf =
  (calendar: Pick<Calendar, 'day'>) =>
  (value: unknown): string | null => {
    const given = text(value);
    if (given === null || !DATE.test(given)) return given;
    const moment = Date.parse(given.length === 10 ? `${given}T00:00:00+12:00` : given);
    return Number.isNaN(moment) ? given : calendar.day(moment);
  };

interface Telling {
  readonly title: (resource: Resource) => string | null;
  readonly rows: (
    resource: Resource,
    day: (value: unknown) => string | null,
  ) => readonly (readonly [keyof Fields, string | null])[];
}

const range = (value: unknown): string | null => {
  const [low, high] = [quantity(at(value, 'low')), quantity(at(value, 'high'))];
  return text(at(value, 'text')) ?? (low && high ? `${low} – ${high}` : (low ?? high));
};
const humanName = (value: unknown): string | null =>
  text(at(value, 'text')) ??
  (list(at(value, 'given'))
    .map(text)
    .concat(text(at(value, 'family')))
    .filter(Boolean)
    .join(' ') ||
    null);
/** Null where it is no base64. It runs in browsers too. */
function decoded(base64: string): string | null {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)));
  } catch {
    return null;
  }
}
const attached = (value: unknown): string | null => {
  const data = text(at(value, 'data'));
  const isText = (text(at(value, 'contentType')) ?? '').startsWith('text/plain');
  return data !== null && isText ? decoded(data) : null;
};

const TELLINGS: Readonly<Record<string, Telling>> = {
  Patient: {
    title: ({ name }) => humanName(at(name, 0)),
    rows: ({ name, birthDate, gender, address }, day) => [
      ['name', humanName(at(name, 0))],
      ['born', day(birthDate)],
      ['gender', text(gender)],
      [
        'address',
        text(at(address, 0, 'text')) ?? joined(...list(at(address, 0, 'line')).map(text), text(at(address, 0, 'city'))),
      ],
    ],
  },
  Observation: {
    title: ({ code }) => concept(code),
    rows: (
      {
        valueQuantity,
        valueString,
        valueCodeableConcept,
        referenceRange,
        interpretation,
        effectiveDateTime,
        status,
        performer,
      },
      day,
    ) => [
      ['result', quantity(valueQuantity) ?? text(valueString) ?? concept(valueCodeableConcept)],
      ['usual', range(at(referenceRange, 0))],
      ['flag', concept(at(interpretation, 0))],
      ['taken', day(effectiveDateTime)],
      ['by', text(at(performer, 0, 'display'))],
      ['status', text(status)],
    ],
  },
  MedicationRequest: {
    title: ({ medicationCodeableConcept }) => concept(medicationCodeableConcept),
    rows: ({ dosageInstruction, authoredOn, requester, status }, day) => [
      ['dose', joined(...list(dosageInstruction).map((one) => text(at(one, 'text'))))],
      ['prescribed', day(authoredOn)],
      ['by', text(at(requester, 'display'))],
      ['status', text(status)],
    ],
  },
  Condition: {
    title: ({ code }) => concept(code),
    rows: ({ clinicalStatus, onsetDateTime, recorder }, day) => [
      ['status', concept(clinicalStatus)],
      ['since', day(onsetDateTime)],
      ['by', text(at(recorder, 'display'))],
    ],
  },
  AllergyIntolerance: {
    title: ({ code }) => concept(code),
    rows: ({ reaction, criticality, clinicalStatus, recordedDate }, day) => [
      ['reaction', joined(...list(at(reaction, 0, 'manifestation')).map(concept))],
      ['risk', text(criticality)],
      ['status', concept(clinicalStatus)],
      ['written', day(recordedDate)],
    ],
  },
  Immunization: {
    title: ({ vaccineCode }) => concept(vaccineCode),
    rows: ({ occurrenceDateTime, lotNumber, performer, status }, day) => [
      ['given', day(occurrenceDateTime)],
      ['by', text(at(performer, 0, 'actor', 'display'))],
      ['lot', text(lotNumber)],
      ['status', text(status)],
    ],
  },
  DocumentReference: {
    title: ({ description, content }) => text(description) ?? text(at(content, 0, 'attachment', 'title')),
    rows: ({ date, author, type, content }, day) => [
      ['kind', concept(type)],
      ['written', day(date)],
      ['by', text(at(author, 0, 'display'))],
      ['text', attached(at(content, 0, 'attachment'))],
    ],
  },
};

/** `null` where it is no resource that has words here. */
export function tellResource(resource: unknown, fields: Fields, calendar: Pick<Calendar, 'day'>): Told | null {
  if (!isObject(resource)) return null;
  const kind = text(resource['resourceType']);
  const telling = kind !== null && Object.hasOwn(TELLINGS, kind) ? TELLINGS[kind] : undefined;
  if (!telling) return null;
  const rows = telling
    .rows(resource, dayOf(calendar))
    .flatMap(([name, value]) => (value === null ? [] : [{ name: fields[name], value }]));
  return { title: telling.title(resource) ?? kind!, rows, language: text(resource['language']) };
}
