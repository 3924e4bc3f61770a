/** What people's records come to in an export: made coarse, marked, written down. */
import type { Export, ExportManifest } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { LEFT_OUT, setsAfter, type Standing } from '../domain/exports/budget.ts';
import { gateCounts, type GatedCounts } from '../domain/exports/counts-gate.ts';
import { marksFor } from '../domain/exports/marks.ts';
import { namelike, profileOf } from '../domain/exports/profile.ts';
import { gateRows, type GatedRows } from '../domain/exports/rows-gate.ts';
import { shownRows } from '../domain/exports/shown.ts';
import { tableOf, type Table } from '../domain/exports/table.ts';
import { ROW_NUMBER } from './draft.ts';
import type { Marker } from './marker.ts';
import type { People } from './people.ts';

/** Of the people who were asked for, those who have to be shown: an export of fewer would be of those who are like many. */
const SHOWN_MIN = 0.5;
/** Counts of people left out are told in tens. */
const TOLD_IN = 10;
const NOTICE =
  'This is no proof of anonymity. Nobody in it stands out by the columns it has, nor by other exports of the same records; who ' +
  'knows more about somebody may learn more. It holds for its purpose and its recipient alone, is not to be joined with other ' +
  'data about people, and is to be destroyed by its end. It is marked: copies of it can be traced to its recipient.';

export interface Shaped {
  readonly manifest: ExportManifest;
  /** A JSON text a line: the manifest, then the columns, then what is shown. */
  readonly plain: Buffer;
  readonly marks: readonly string[];
  /** By person: whom they are shown alike, or LEFT_OUT. */
  readonly classes: Int32Array;
  /** By person: the set they are in after this release. */
  readonly after: { readonly sets: Int32Array; readonly gone: ReadonlyMap<number, number> };
}
interface Asked {
  readonly asked: Export;
  readonly people: People;
  readonly standing: Standing;
  readonly marker: Marker;
  readonly at: number;
  readonly before: number;
}

export function shape(given: Asked): Result<Shaped, Refusal> {
  const { asked, people } = given;
  const where = `release export "${asked.id}"`;
  const table = tableOf(asked.draft.columns, people.values);
  const name = namelike(table, profileOf(table, asked.draft.k));
  if (name !== null)
    return refuse(
      'conflict',
      'EXPORT_NAMES_PEOPLE',
      `${where}: "${name}" is as good as a name, wanted columns that are none`,
    );
  const total = people.isIn.reduce((sum, isIn) => sum + isIn, 0);
  const shaped = asked.draft.shape === 'rows' ? rowsOf(given, table) : countsOf(given, table);
  if (shaped === null)
    return refuse('conflict', 'EXPORT_TOO_FINE', `${where}: too few people are alike, wanted coarser columns`);
  if (shaped.manifest.shown < total * SHOWN_MIN || shaped.manifest.shown === 0)
    return refuse(
      'conflict',
      'EXPORT_LEAVES_TOO_FEW',
      `${where}: ${shaped.manifest.shown} of ${total} people could be shown; wanted half, with coarser columns, or the columns of the exports before it`,
    );
  return ok(shaped);
}

const ask = ({ asked: { draft }, people, standing }: Asked) => ({
  isIn: people.isIn,
  standing,
  rule: { k: draft.k, l: draft.l },
});

function rowsOf(given: Asked, table: Table): Shaped | null {
  const gated = gateRows(table, ask(given));
  if (gated === null) return null;
  const { marker } = given;
  const marks = marksFor(gated.classes, gated.sensitive, marker.draw);
  const { columns, rows } = shownRows(table, gated, marks);
  const numbered = rows.map((row) => [marker.number(), ...row]).sort(([a], [b]) => (a! < b! ? -1 : 1));
  const folded = gated.sensitive.reduce((sum, { kept }) => sum + kept.filter((isKept) => !isKept).length, 0);
  const manifest = manifestOf(given, gated, { folded, withheld: 0, marks: marks.length });
  const marked = marks.length === 0 ? [] : rows.slice(-marks.length).map(marker.digest);
  return shapedBy(given, gated, {
    manifest,
    marks: marked,
    lines: [{ columns: [ROW_NUMBER, ...columns] }, ...numbered],
  });
}

function countsOf(given: Asked, table: Table): Shaped | null {
  const [down, across] = given.asked.draft.columns.map(({ name }) =>
    [...table.quasi, ...table.sensitive].find((column) => column.name === name),
  );
  const gated = gateCounts(table, { ...ask(given), down: down!, across: across! });
  if (gated === null) return null;
  const { counts, withheld } = gated;
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  const lines = counts.map((line, row) => [
    gated.down[row]!,
    ...line.map((count, column) => (withheld[row]![column] ? null : count)),
    sum(line),
  ]);
  const totals = [
    'total',
    ...gated.across.map((_, column) => sum(counts.map((line) => line[column]!))),
    sum(counts.flat()),
  ];
  const head = { down: down!.name, across: across!.name, columns: [...gated.across, 'total'] };
  const manifest = manifestOf(given, gated, { folded: 0, withheld: withheld.flat().filter(Boolean).length, marks: 0 });
  return shapedBy(given, gated, { manifest, marks: [], lines: [head, ...lines, totals] });
}

function shapedBy(
  { standing }: Asked,
  { classes }: Pick<GatedRows | GatedCounts, 'classes'>,
  { manifest, marks, lines }: Pick<Shaped, 'manifest' | 'marks'> & { readonly lines: readonly unknown[] },
): Shaped {
  const plain = Buffer.from([{ manifest }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { manifest, plain, marks, classes, after: setsAfter(standing.sets, classes, standing.gone) };
}

function manifestOf(
  { asked: { id, draft }, at, before }: Asked,
  { classes, leftOut }: Pick<GatedRows | GatedCounts, 'classes' | 'leftOut'>,
  more: Pick<ExportManifest, 'folded' | 'withheld' | 'marks'>,
): ExportManifest {
  const { category, shape: form, purpose, basis, recipient, until, k, l, columns } = draft;
  const inTens = (count: number): number => Math.ceil(count / TOLD_IN) * TOLD_IN;
  return {
    ...{ export: id, category, shape: form, purpose, basis, recipient: recipient.name, at, until, k, l },
    columns: columns.map(({ name }) => name),
    shown: classes.reduce((sum, shown) => (shown === LEFT_OUT ? sum : sum + 1), 0),
    leftOut: { few: inTens(leftOut.few), uncovering: inTens(leftOut.uncovering) },
    ...more,
    before,
    notice: NOTICE,
  };
}
