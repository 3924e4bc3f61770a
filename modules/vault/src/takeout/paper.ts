/** What somebody takes along, to read: what is held, who may see it, who looked, and what is missing. */
import type { Consent, Look } from '@cityward/contracts';
import { createPaper, when, type Paper } from '@cityward/paper';
import type { TakenRecord } from '../domain/takeout/bundle.ts';

/** Lines of a list; the files hold all. */
const LINES_MAX = 300;

export interface Page {
  readonly subject: string;
  readonly at: number;
  readonly records: readonly Pick<TakenRecord, 'record' | 'category' | 'media' | 'at' | 'file'>[];
  /** `null` where they could not be reached. */
  readonly consents: readonly Consent[] | null;
  readonly looks: readonly Look[] | null;
  readonly missing: readonly { readonly what: string; readonly why: string }[];
}

export function paperOf({ subject, at, records, consents, looks, missing }: Page): Promise<Buffer> {
  const paper = createPaper({
    title: 'What is held about you',
    author: 'Cityward',
    subject,
    at,
    foot: `What is held about ${subject}`,
  });
  paper.head({
    over: 'Your data',
    title: 'What is held about you',
    lines: [`As of ${when(at)}`, `Your number here: ${subject}`],
  });
  list(
    paper,
    'Your records',
    records.map(({ category, at: stored, file }) => [category, `${when(stored)}  ${file}`]),
  );
  paper.text('The files lie beside this page; bundle.fhir.json holds the newest of each for other programs.', 'soft');
  if (consents) list(paper, 'Whom you let see what', consents.map(consentLine));
  if (looks) list(paper, 'Who looked, and what else was done', looks.map(lookLine));
  if (missing.length > 0)
    list(
      paper,
      'What is missing here',
      missing.map(({ what, why }) => [what, why]),
    );
  return paper.end();
}

type Row = readonly [label: string, value: string];

function list(paper: Paper, title: string, rows: readonly Row[]): void {
  paper.heading(title);
  if (rows.length === 0) paper.text('Nothing.', 'soft');
  for (const [label, value] of rows.slice(0, LINES_MAX)) paper.row(label, value);
  if (rows.length > LINES_MAX) paper.text(`And ${rows.length - LINES_MAX} more, in the files.`, 'soft');
  paper.rule();
}

const consentLine = ({ person, state, scope, purpose, until }: Consent): Row => {
  const what = scope.of === 'categories' ? scope.categories.join(', ') : `${scope.records.length} records`;
  return [state.replaceAll('-', ' '), `${person}: ${what}, for ${purpose}, until ${when(until)}`];
};
const lookLine = ({ at, what, by, record, purpose, why, entry }: Look): Row => [
  when(at),
  [`${what.replaceAll('-', ' ')} by ${by}`, record ?? '', purpose ? `for ${purpose}` : '', why ?? '', `entry ${entry}`]
    .filter((part) => part !== '')
    .join(', '),
];
