/** What somebody fills in to ask for an export, what is wrong with it field by field, and the draft that is sent. Pure. */
import {
  EXPORT_COLUMNS_MAX,
  EXPORT_K_MAX,
  type ExportColumn,
  type ExportDraft,
  type Purpose,
} from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { DAY_MS } from '../../ui/format.ts';
import type { KnownValue } from './export-values.ts';

const said = words.askingExport;

export interface ColumnFilled {
  readonly key: number;
  /** One that is known of this category, or `other`: then its place is given by hand. */
  readonly value: KnownValue['value'] | 'other' | '';
  readonly at: string;
  readonly name: string;
  readonly role: ExportColumn['role'];
  /** As typed: `10, 20`. */
  readonly bands: string;
}
export interface ExportFilled {
  readonly category: string;
  readonly shape: ExportDraft['shape'];
  readonly columns: readonly ColumnFilled[];
  readonly purpose: Purpose;
  readonly ground: ExportDraft['ground'];
  readonly person: string;
  readonly basis: string;
  readonly recipient: string;
  readonly publicKey: string;
  readonly k: number;
  readonly l: number;
  /** As a date field holds it. */
  readonly until: string;
}
export const emptyColumn = (key: number): ColumnFilled => ({
  ...{ key, value: '', at: '', name: '', role: 'quasi', bands: '' },
});

const KEPT_MAX_DAYS = 5 * 365;
const ID = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;
const PLACE = /^(\/[^/]*)+$/;
const KEY = /^(age1[0-9a-z]+|hpke:[A-Za-z0-9_-]{43})$/;
const KEY_MIN = 40;
const BAND_MAX = 1_000;
const ROW_NUMBER = 'row';
export const TEXT_MIN = 3;

export const bandsOf = (bands: string): number[] =>
  bands
    .split(/[\s,;]+/)
    .filter((one) => one !== '')
    .map(Number);

function bandsFault(text: string): string | null {
  const bands = bandsOf(text);
  const isFine = bands.every((width, at) => {
    const before = bands[at - 1];
    const fits = before === undefined || (width > before && width % before === 0);
    return Number.isInteger(width) && width >= 1 && width <= BAND_MAX && fits;
  });
  return isFine ? null : said.faults.bands;
}

export interface ColumnFaults {
  readonly value: string | null;
  readonly at: string | null;
  readonly name: string | null;
  readonly bands: string | null;
}
function columnFaults(one: ColumnFilled, all: readonly ColumnFilled[]): ColumnFaults {
  const name = one.name.trim();
  const isTwice = all.some((other) => other.key !== one.key && other.name.trim() === name);
  const { faults } = said;
  return {
    value: one.value === '' ? words.choosing.wanted : null,
    at: PLACE.test(one.at.trim()) && one.at.trim().length > 1 ? null : faults.columnPlace,
    name: !ID.test(name)
      ? faults.columnName
      : name === ROW_NUMBER
        ? faults.columnRow
        : isTwice
          ? faults.columnTwice
          : null,
    bands: one.role === 'sensitive' ? null : bandsFault(one.bands),
  };
}

/** The end of that day, by this machine's clock. */
export const endOf = (day: string): number => new Date(`${day}T23:59:59`).getTime();

const short = (text: string): string | null => (text.trim().length < TEXT_MIN ? said.faults.short(TEXT_MIN) : null);
const whole = (n: number, least: number, most: number): boolean => Number.isInteger(n) && n >= least && n <= most;

export function faultsOf(filled: ExportFilled, now: number) {
  const { columns, shape, ground, person, publicKey, k, l, until } = filled;
  const end = endOf(until);
  const { faults } = said;
  const isCounted = shape !== 'counts' || (columns.length === 2 && columns[0]!.role === 'quasi');
  return {
    category: ID.test(filled.category.trim()) ? null : words.choosing.wanted,
    each: columns.map((one) => columnFaults(one, columns)),
    columns: !columns.some(({ role }) => role === 'quasi') ? faults.noQuasi : isCounted ? null : faults.counts,
    person: ground === 'law' || ID.test(person.trim()) ? null : words.choosing.wrongId,
    basis: short(filled.basis),
    recipient: short(filled.recipient),
    publicKey: KEY.test(publicKey.trim()) && publicKey.trim().length >= KEY_MIN ? null : said.form.keyWrong,
    k: whole(k, 5, EXPORT_K_MAX) ? null : faults.k(EXPORT_K_MAX),
    l: whole(l, 2, 100) ? null : faults.l,
    until: end > now && end <= now + KEPT_MAX_DAYS * DAY_MS ? null : said.form.untilWrong,
  };
}
export type ExportFaults = ReturnType<typeof faultsOf>;
export const isFine = ({ each, ...others }: ExportFaults): boolean =>
  Object.values(others).every((fault) => fault === null) &&
  each.every((one) => Object.values(one).every((fault) => fault === null));

const columnOf = ({ name, at, role, bands }: ColumnFilled): ExportColumn => ({
  ...{ name: name.trim(), at: at.trim(), role },
  levels: [
    { by: 'exact' },
    ...(role === 'sensitive' ? [] : bandsOf(bands).map((width) => ({ by: 'bands' as const, width }))),
  ],
});

/** Of what has no fault. */
export const draftOf = (filled: ExportFilled): ExportDraft => ({
  ...{ category: filled.category.trim(), shape: filled.shape, columns: filled.columns.map(columnOf), only: null },
  ...{ purpose: filled.purpose, ground: filled.ground, basis: filled.basis.trim(), k: filled.k, l: filled.l },
  person: filled.ground === 'law' ? null : filled.person.trim(),
  recipient: { name: filled.recipient.trim(), key: filled.publicKey.trim() },
  until: endOf(filled.until),
});
export const mayAddColumn = ({ shape, columns }: ExportFilled): boolean =>
  columns.length < (shape === 'counts' ? 2 : EXPORT_COLUMNS_MAX);
