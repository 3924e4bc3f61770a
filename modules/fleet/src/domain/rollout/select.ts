/** Who of the city a change is for, and why the others are left out. */
import { DEVICE_CLASSES } from '@cityward/contracts';
import { ENDED, HELD, LIFE_SAFETY, REVOKED, UNKNOWN, type Columns, type Words } from './columns.ts';
import { EXCLUSIONS, type Exclusion, type Selection, type Target } from './draft.ts';
import { compareVersions } from '../trust/versions.ts';
import { pathTo } from './paths.ts';

/** `reason` of each row: NOT_MEANT, IN, or a place in EXCLUSIONS. */
export const IN = 254;
export const NOT_MEANT = 255;

export interface Chosen {
  readonly reason: Uint8Array;
  /** Rows that take part, in the order of the columns. */
  readonly rows: Uint32Array;
  /** For each version that somebody runs: the steps from it. */
  readonly paths: readonly (readonly string[] | null)[];
}

export interface Question {
  readonly columns: Columns;
  readonly selection: Selection;
  readonly target: Target;
  readonly lifeSafety: boolean;
}

/** One byte per word: whether it is among those asked for; all are when none is asked for. */
function maskOf(words: Words, wanted: readonly string[]): Uint8Array | null {
  if (wanted.length === 0) return null;
  const set = new Set(wanted);
  return Uint8Array.from(words.names, (name) => (set.has(name) ? 1 : 0));
}
const classMask = (wanted: readonly string[]): Uint8Array | null =>
  wanted.length === 0 ? null : Uint8Array.from(DEVICE_CLASSES, (name) => (wanted.includes(name) ? 1 : 0));
const hasWord = (mask: Uint8Array | null, place: number): boolean => mask === null || mask[place] === 1;

const place = (reason: Exclusion): number => EXCLUSIONS.indexOf(reason);

export function choose(question: Question): Chosen {
  const { columns } = question;
  const meant = meantBy(question);
  const excluded = excludedBy(question);
  const size = columns.ids.length;
  const reason = new Uint8Array(size).fill(NOT_MEANT);
  const rows = new Uint32Array(size);
  let count = 0;
  for (let row = 0; row < size; row++) {
    if (!meant(row)) continue;
    const why = excluded.of(row);
    reason[row] = why;
    if (why === IN) rows[count++] = row;
  }
  return { reason, rows: rows.slice(0, count), paths: excluded.paths };
}

function meantBy({ columns, selection }: Question): (row: number) => boolean {
  const classes = classMask(selection.classes);
  const models = maskOf(columns.model, selection.models);
  const wards = maskOf(columns.ward, selection.wards);
  const sites = maskOf(columns.site, selection.sites);
  const running = maskOf(columns.running, selection.running);
  const named = selection.devices.length === 0 ? null : new Set(selection.devices);
  return (row) =>
    hasWord(classes, columns.class[row]!) &&
    hasWord(models, columns.model.of[row]!) &&
    hasWord(wards, columns.ward.of[row]!) &&
    hasWord(sites, columns.site.of[row]!) &&
    hasWord(running, columns.running.of[row]!) &&
    (named === null || named.has(columns.ids[row]!));
}

/** Where each version leads: IN, or why it does not; the last entry is for devices whose version is not known. */
function versionsOf({ columns, target }: Question) {
  const paths: (readonly string[] | null)[] = [];
  const reasons = new Uint8Array(columns.running.names.length + 1).fill(IN);
  for (const [at, version] of [...columns.running.names, null].entries()) {
    paths.push(target.running === null ? [] : pathTo(target.tracks, version, target.running));
    if (target.running === null) continue;
    if (version === target.running) reasons[at] = place('at-target');
    else if (target.ordered && version !== null && compareVersions(version, target.running) > 0)
      reasons[at] = place('downgrade');
    else if (paths[at] === null) reasons[at] = place('no-path');
  }
  return { paths, reasons };
}

function excludedBy(question: Question): {
  readonly of: (row: number) => number;
  readonly paths: Chosen['paths'];
} {
  const { columns, target, lifeSafety } = question;
  const classes = classMask(target.classes);
  const models = maskOf(columns.model, target.models);
  const hardware = maskOf(columns.hardware, target.hardware);
  const { paths, reasons } = versionsOf(question);
  const unknownVersion = columns.running.names.length;
  const of = (row: number): number => {
    const flags = columns.flags[row]!;
    if (flags & ENDED) return place('ended');
    if (flags & REVOKED) return place('revoked');
    if (flags & HELD) return place('held');
    if (flags & UNKNOWN) return place('unknown');
    if (!hasWord(classes, columns.class[row]!)) return place('wrong-class');
    if (!hasWord(models, columns.model.of[row]!)) return place('wrong-model');
    if (!hasWord(hardware, columns.hardware.of[row]!)) return place('wrong-hardware');
    if (flags & LIFE_SAFETY && !lifeSafety) return place('life-safety');
    const running = columns.running.of[row]!;
    return reasons[running === -1 ? unknownVersion : running]!;
  };
  return { of, paths };
}
