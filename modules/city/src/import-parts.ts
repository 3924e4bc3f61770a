/** What the readers of all import formats share. */
import type { ImportReport } from '@cityward/contracts';
import { refuse, type Refusal, type Result } from '@cityward/kernel';
import type { ColumnGuess } from './domain/column-map.ts';
import type { Cells } from './domain/fields.ts';
import type { Input, InputRecord } from './domain/input.ts';
import type { Subject } from './domain/words.ts';

export type ImportFormat = ImportReport['format'];
export type FileRefusal = Refusal<'IMPORT_FILE_INVALID' | 'IMPORT_MAP_INVALID'>;

export interface ImportFile {
  /** As the person called it, e.g. `cameras-2026.csv`. */
  readonly file: string;
  /** Guessed when not given. */
  readonly format?: ImportFormat;
  /** `column=field` pairs, see readOverride(). */
  readonly map?: string;
  readonly text: string;
}
export interface OpenedFile {
  readonly format: ImportFormat;
  readonly columns: readonly ColumnGuess[];
  readonly input: Input;
}
export type Opened = Result<OpenedFile, FileRefusal>;

const SLUG_MAX_CHARS = 40;

export const invalidFile = (message: string): Result<never, FileRefusal> =>
  refuse('invalid', 'IMPORT_FILE_INVALID', message);

/** The file's name without folder and ending, as a namespace for the ids in it. */
export function sourceOf(file: string): string {
  const stem = file
    .split(/[/\\]/)
    .at(-1)!
    .replace(/\.[a-z0-9]{1,8}$/i, '');
  const slug = stem.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, ''); // prettier-ignore
  return slug.slice(0, SLUG_MAX_CHARS).replace(/-+$/, '') || 'import';
}

/** A record about what the file is about. */
export function recordOf(line: number, cells: Cells, subject: Subject): InputRecord {
  if (subject.kind === 'service') return { line, what: 'service', cells, service: subject.service };
  if (subject.kind === 'site') return { line, what: 'site', cells };
  return { line, what: 'device', cells, class: subject.class, links: [], controllers: [] };
}
