/**
 * The one place that says how long what is kept: classes of personal data (`law/classes.json`), each with the clauses of the law that it
 * rests on. A period that the law names is taken from its clause, never written a second time.
 */
import { readFileSync } from 'node:fs';
import { Type, type Static, type TProperties } from 'typebox';
import { Value } from 'typebox/value';
import { faultsOfOwnData, type OwnData } from '../domain/own-data.ts';
import { faultsOfLaw, type Period, type RetentionClass, type RetentionLaw } from '../domain/retention.ts';
import { readLaw, type Law } from './law.ts';

const FILE = new URL('../../law/classes.json', import.meta.url);

const Closed = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false });
const Name = Type.String({ pattern: '^[a-z][a-z0-9-]{2,59}$' });
const Text = Type.String({ minLength: 3, maxLength: 300 });
const OwnPeriod = Type.Union([Closed({ years: Type.Integer() }), Closed({ days: Type.Integer() })]);
const OrNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

const DataClass = Closed({
  /** What its periods rest on. */
  clauses: Type.Array(Name, { minItems: 1 }),
  words: Text,
  from: Type.Enum(['last-encounter', 'stored']),
  /** The clause whose period it is. */
  keepAtLeast: OrNull(Closed({ law: Name })),
  /** The city's own limits. */
  keepAtMost: OrNull(OwnPeriod),
  archiveAfter: OrNull(OwnPeriod),
  categories: Type.Array(Name, { minItems: 1 }),
  /** Where the city's own sensors make it. */
  sensed: OrNull(
    Closed({
      ...{ what: Text, purpose: Text, basis: Text, archive: Text, destruction: Text },
      pseudonymised: Type.Boolean(),
      keptAs: Type.Enum(['record', 'segments']),
      mayAsk: Type.Array(Text),
    }),
  ),
});
type DataClass = Static<typeof DataClass>;
const File = Closed({
  version: Type.Literal(3),
  classes: Type.Record(Name, DataClass),
  /** Categories that no law asks anything of, each with why: they are left out on purpose. */
  free: Type.Record(Name, Text),
});

export interface DataClasses {
  readonly retention: RetentionLaw;
  readonly ownData: OwnData;
  readonly free: ReadonlySet<string>;
}

/** Refused whole where anything in it is wrong, or names a clause that no file of the law has. */
export function readClasses(text: string = readFileSync(FILE, 'utf8'), law: Law = readLaw()): DataClasses {
  const read: unknown = JSON.parse(text);
  if (!Value.Check(File, read)) {
    const [first] = [...Value.Errors(File, read)];
    throw new Error(`read the classes of data: ${first?.instancePath ?? ''} ${first?.message ?? 'is not as wanted'}`);
  }
  const classes = Object.entries(read.classes);
  const retention: RetentionLaw = {
    classes: Object.fromEntries(classes.map(([name, one]) => [name, retentionIn(one, law)])),
    categories: Object.fromEntries(classes.flatMap(([name, { categories }]) => categories.map((one) => [one, name]))),
  };
  const sensed = classes.flatMap(([name, { sensed: one, keepAtMost }]) =>
    one ? [[name, { ...one, keptDays: daysOf(keepAtMost) }] as const] : [],
  );
  const ownData: OwnData = { classes: Object.fromEntries(sensed) };
  const twice = classes
    .flatMap(([, { categories }]) => categories)
    .filter((category, i, all) => all.indexOf(category) !== i)
    .map((category) => `category "${category}": it is of two classes`);
  const free = new Set(Object.keys(read.free));
  const both = Object.keys(retention.categories)
    .filter((category) => free.has(category))
    .map((category) => `category "${category}": it is of a class and free`);
  const faults = [...faultsOfLaw(retention), ...faultsOfOwnData(ownData), ...twice, ...both];
  if (faults.length > 0) throw new Error(`read the classes of data: ${faults.join('; ')}`);
  return { retention, ownData, free };
}
let inFile: DataClasses | undefined;
const classesInFile = (): DataClasses => (inFile ??= readClasses());
export const retentionLaw = (): RetentionLaw => classesInFile().retention;
export const ownData = (): OwnData => classesInFile().ownData;

/** Categories that somebody decided about: of a class of the law, or free of it on purpose. */
export function decidedCategories(): ReadonlySet<string> {
  const { retention, free } = classesInFile();
  return new Set([...Object.keys(retention.categories), ...free]);
}

const daysOf = (period: Period | null): number => (period !== null && 'days' in period ? period.days : 0);

function retentionIn({ clauses, words, from, keepAtLeast, ...own }: DataClass, law: Law): RetentionClass {
  const duty = keepAtLeast && law.duty(keepAtLeast.law, 'period');
  if (duty && duty.since !== from)
    throw new Error(
      `read the classes of data: clause "${keepAtLeast.law}" counts from "${duty.since}", wanted "${from}"`,
    );
  const { keepAtMost, archiveAfter } = own;
  const limit = keepAtMost === null ? '' : "; the city's own limit";
  return {
    ...{ clauses, clause: `${inWords(clauses, law)}${limit}`, words, from },
    ...{ keepAtLeast: duty && { years: duty.years }, keepAtMost, archiveAfter },
  };
}

/** `Act, section 1, section 2; Code, rule 3`. */
function inWords(clauses: readonly string[], law: Law): string {
  const all = clauses.map((id) => ({ ref: law.clause(id).ref, of: law.instrumentOf(id).name }));
  const byName = Map.groupBy(all, ({ of }) => of);
  return [...byName].map(([name, some]) => [name, ...some.map(({ ref }) => ref)].join(', ')).join('; ');
}
