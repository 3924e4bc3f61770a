/** What is wrong with an export as it is asked for. */
import type { ExportColumn, ExportDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';

const YEAR_MS = 365 * DAY_MS;
/** For how long a recipient may keep one. */
export const KEPT_MAX_MS = 5 * YEAR_MS;
/** The first column of rows is their number. */
export const ROW_NUMBER = 'row';

/** Each named with what is wanted; empty where it may be asked for. */
export function faultsOf(draft: ExportDraft, now: number): readonly string[] {
  const { columns, shape, ground, person, until } = draft;
  const names = columns.map(({ name }) => name);
  const faults = columns.flatMap(faultsOfColumn);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) faults.push(`column "${twice}": wanted once`);
  if (!columns.some(({ role }) => role === 'quasi'))
    faults.push('columns: wanted one at least that may be known of a person elsewhere');
  if (shape === 'counts' && (columns.length !== 2 || columns[0]!.role !== 'quasi'))
    faults.push('columns of counts: wanted two, the first of which is not sensitive');
  if ((ground === 'consent') !== (person !== null))
    faults.push('person: wanted whom people gave consent to, and nobody where it rests on law');
  if (until <= now || until > now + KEPT_MAX_MS) faults.push('end: wanted in the future, within five years');
  return faults;
}

function faultsOfColumn({ name, role, levels }: ExportColumn): string[] {
  const faults: string[] = [];
  if (name === ROW_NUMBER) faults.push(`column "${name}": wanted another name, rows have numbers of that name`);
  if (role === 'sensitive' && (levels.length !== 1 || levels[0]!.by !== 'exact'))
    faults.push(`column "${name}": wanted one level, exact, for what is sensitive`);
  levels.forEach((level, at) => {
    const before = levels[at - 1];
    if (level.by === 'exact' && at > 0) faults.push(`column "${name}": wanted exact as the first level alone`);
    if (level.by !== 'bands' || !before) return;
    if (before.by === 'parents') faults.push(`column "${name}": wanted bands before groups`);
    else if (before.by === 'bands' && (level.width <= before.width || level.width % before.width !== 0))
      faults.push(`column "${name}": bands of ${level.width}: wanted a multiple of ${before.width}`);
  });
  return faults;
}
