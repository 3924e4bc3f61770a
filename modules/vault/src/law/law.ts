/** Reads the law from its files: strictly, and refuses what it does not understand. Code names clauses by id alone. */
import { readdirSync, readFileSync } from 'node:fs';
import type { TSchema, Static } from 'typebox';
import { Value } from 'typebox/value';
import { Calendar, Instrument, type Clause, type Duty } from '../domain/law/clause.ts';

const FOLDER = new URL('../../law/', import.meta.url);
const CALENDARS = /-days\.json$/;
/** Of another part: which class of record is kept how long. */
const ELSEWHERE = new Set(['classes.json']);

export interface Law {
  readonly instruments: readonly Instrument[];
  /** Throws for an id that no file has. */
  clause(id: string): Clause;
  has(id: string): boolean;
  /** The instrument that a clause stands in. */
  instrumentOf(id: string): Instrument['instrument'];
  /** The one duty of that sort in the clause; throws where it has none. */
  duty<Is extends Duty['is']>(clause: string, is: Is): Extract<Duty, { is: Is }>;
  calendar(id: string): Calendar;
}

function read<S extends TSchema>(name: string, schema: S, folder: URL): Static<S> {
  const value: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  if (Value.Check(schema, value)) return value;
  const [first] = [...Value.Errors(schema, value)];
  throw new Error(`read the law "${name}": ${first?.instancePath ?? ''} ${first?.message ?? 'is not as wanted'}`);
}

/** `folder`: a test's own. */
export function readLaw(folder: URL = FOLDER): Law {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json') && !ELSEWHERE.has(name));
  const calendars = new Map(
    names
      .filter((name) => CALENDARS.test(name))
      .map((name) => read(name, Calendar, folder))
      .map((one) => [one.calendar, one] as const),
  );
  const instruments = names.filter((name) => !CALENDARS.test(name)).map((name) => read(name, Instrument, folder));
  const clauses = new Map<string, Clause>();
  const duties = new Set<string>();
  for (const clause of instruments.flatMap((one) => one.clauses)) {
    if (clauses.has(clause.id)) throw new Error(`read the law: the clause "${clause.id}" is there twice`);
    clauses.set(clause.id, clause);
    for (const { id } of clause.duties) {
      if (duties.has(id)) throw new Error(`read the law: the duty "${id}" is there twice`);
      duties.add(id);
    }
  }
  const clauseOf = (id: string): Clause => {
    const clause = clauses.get(id);
    if (!clause) throw new Error(`look the clause "${id}" up: no file of the law has it`);
    return clause;
  };
  return {
    instruments,
    clause: clauseOf,
    has: (id) => clauses.has(id),
    instrumentOf: (id) => {
      const clause = clauseOf(id);
      return instruments.find((one) => one.clauses.includes(clause))!.instrument;
    },
    duty: (id, is) => {
      const found = clauseOf(id).duties.find((one) => one.is === is);
      if (!found) throw new Error(`look up what "${id}" asks: it has nothing of the sort "${is}"`);
      return found as never;
    },
    calendar: (id) => {
      const found = calendars.get(id);
      if (!found) throw new Error(`look the calendar "${id}" up: no file of the law has it`);
      return found;
    },
  };
}
