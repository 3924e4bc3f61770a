/** Exports: what is taken from records of people in one table, coarse enough that nobody stands out, for one recipient and purpose. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Count, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';
import { PURPOSES } from '../words.ts';

export const EXPORT_COLUMNS_MAX = 10;
export const EXPORT_LEVELS_MAX = 6;
/** Values that are told what they belong to, at one level. */
export const EXPORT_PARENTS_MAX = 2_000;
export const EXPORTS_SHOWN_MAX = 500;
export const EXPORT_K_MAX = 1_000;
/** Rows of a finding that are compared with what was sent. */
export const FOUND_ROWS_MAX = 20_000;
const FOUND_BODY_MAX_BYTES = 8 * 1_048_576;

const Label = Type.String({ minLength: 1, maxLength: 100 });
/** Where a value stands in a record, as RFC 6901 writes it. */
const Pointer = Type.String({ minLength: 2, maxLength: 200, pattern: '^(/[^/]*)+$' });

/** How a column is made coarser, step by step. */
export const ExportLevel = Type.Union([
  Closed({ by: Type.Literal('exact') }),
  Closed({ by: Type.Literal('bands'), width: Type.Integer({ minimum: 1, maximum: 1_000 }) }),
  Closed({
    by: Type.Literal('parents'),
    parents: Type.Record(Label, Label, { maxProperties: EXPORT_PARENTS_MAX }),
  }),
]);
export const ExportColumn = Closed({
  name: Id,
  at: Pointer,
  /** `quasi`: known of a person elsewhere too. `sensitive`: what nobody is to learn of somebody. */
  role: OneOf(['quasi', 'sensitive'] as const),
  /** Finest first; one alone for a sensitive column. */
  levels: Type.Array(ExportLevel, { minItems: 1, maxItems: EXPORT_LEVELS_MAX }),
});
export type ExportColumn = Static<typeof ExportColumn>;

export const ExportRecipient = Closed({
  name: Type.String({ minLength: 3, maxLength: 200 }),
  /** `age1…`, or `hpke:` with an X25519 public key in base64url. */
  key: Type.String({ minLength: 40, maxLength: 3_000, pattern: '^(age1[0-9a-z]+|hpke:[A-Za-z0-9_-]{43})$' }),
});
export const ExportDraft = Closed({
  /** Records of this category, the newest of each person. */
  category: Id,
  /** `counts`: of its two columns, one down and one across, with totals. */
  shape: OneOf(['rows', 'counts'] as const),
  /** The most important first: it stays exact longest. */
  columns: Type.Array(ExportColumn, { minItems: 1, maxItems: EXPORT_COLUMNS_MAX }),
  /** Only people of whom this is said. */
  only: OrNull(Closed({ at: Pointer, values: Type.Array(Label, { minItems: 1, maxItems: 200 }) })),
  purpose: OneOf(PURPOSES),
  /** `consent`: people who let `person` export for this purpose. `law`: by the clause named in `basis`. */
  ground: OneOf(['consent', 'law'] as const),
  person: OrNull(Id),
  basis: Reason,
  recipient: ExportRecipient,
  k: Type.Integer({ minimum: 5, maximum: EXPORT_K_MAX }),
  l: Type.Integer({ minimum: 2, maximum: 100 }),
  /** When the recipient has to have destroyed it. */
  until: Time,
});
export type ExportDraft = Static<typeof ExportDraft>;

export const EXPORT_STATES = ['asked', 'released', 'refused', 'withdrawn'] as const;
/** What a release says of itself; its recipient has the same in the file. */
export const ExportManifest = Closed({
  export: Id,
  category: Id,
  shape: OneOf(['rows', 'counts'] as const),
  purpose: OneOf(PURPOSES),
  basis: Type.String(),
  recipient: Type.String(),
  at: Time,
  until: Time,
  k: Count,
  l: Count,
  columns: Type.Array(Type.String()),
  shown: Count,
  /** People left out, rounded up to tens: because few are like them, and because they would uncover others. */
  leftOut: Closed({ few: Count, uncovering: Count }),
  /** Sensitive values shown as `other`, because few have them. */
  folded: Count,
  /** Cells of a table of counts that are withheld. */
  withheld: Count,
  /** Rows of nobody, which mark this copy. */
  marks: Count,
  /** Exports of the same records before it, which it was compared with. */
  before: Count,
  notice: Type.String(),
});
export type ExportManifest = Static<typeof ExportManifest>;

export const Export = Closed({
  id: Id,
  draft: ExportDraft,
  state: OneOf(EXPORT_STATES),
  asked: Closed({ at: Time, by: By }),
  decided: OrNull(Closed({ at: Time, by: By, why: OrNull(Type.String({ maxLength: 500 })) })),
  manifest: OrNull(ExportManifest),
  /** Of the encrypted file, while the city still has it. */
  bytes: OrNull(Count),
  fetched: OrNull(Time),
});
export type Export = Static<typeof Export>;

export const FoundRow = Type.Array(Type.String({ maxLength: 200 }), { minItems: 1, maxItems: EXPORT_COLUMNS_MAX + 1 });
export const Traced = Closed({
  export: Id,
  recipient: Type.String(),
  /** Rows that carry its own numbers. */
  numbers: Count,
  /** Rows that look like its rows of nobody. */
  marks: Count,
});
export type Traced = Static<typeof Traced>;

export const EXPORT_BUDGETS_MAX = 500;
/** What exports of a category have used up: each release tells its people apart a little more. */
export const ExportBudget = Closed({
  category: Id,
  releases: Count,
  /** Shown by any of them, rounded up to tens; of at most `peopleMax`. */
  people: Count,
  peopleMax: Count,
});
export type ExportBudget = Static<typeof ExportBudget>;

export const vaultExports = {
  listExportBudgets: endpoint({
    name: 'listExportBudgets',
    method: 'GET',
    path: '/api/export-budgets',
    action: 'readExports',
    summary: 'How many exports of each category were released, and how many people they showed',
    answer: Closed({ budgets: Type.Array(ExportBudget, { maxItems: EXPORT_BUDGETS_MAX }) }),
  }),
  askExport: endpoint({
    name: 'askExport',
    method: 'POST',
    path: '/api/exports',
    action: 'askExport',
    summary: 'Ask for an export of records of people; another officer has to release it',
    body: ExportDraft,
    answer: Export,
  }),
  listExports: endpoint({
    name: 'listExports',
    method: 'GET',
    path: '/api/exports',
    action: 'readExports',
    summary: 'Exports that were asked for and what became of them; those that wait first, then the newest',
    answer: Closed({ exports: Type.Array(Export, { maxItems: EXPORTS_SHOWN_MAX }) }),
  }),
  releaseExport: endpoint({
    name: 'releaseExport',
    method: 'POST',
    path: '/api/exports/:id/release',
    action: 'releaseExport',
    summary:
      'Make the export that another officer asked for: made coarse, marked, encrypted to its recipient, recorded',
    params: OneId,
    answer: Export,
  }),
  refuseExport: endpoint({
    name: 'refuseExport',
    method: 'POST',
    path: '/api/exports/:id/refuse',
    action: 'releaseExport',
    summary: 'Refuse an export that was asked for, or withdraw one whose file the city still has',
    params: OneId,
    body: Closed({ reason: Reason }),
    answer: Export,
  }),
  fetchExport: endpoint({
    name: 'fetchExport',
    method: 'GET',
    path: '/api/exports/:id/file',
    action: 'fetchExport',
    summary: 'The encrypted file of a released export: its recipient alone opens it',
    params: OneId,
    answer: Type.Unsafe<Uint8Array>({}),
  }),
  traceExport: endpoint({
    name: 'traceExport',
    method: 'POST',
    path: '/api/exports/trace',
    action: 'traceExport',
    summary: 'Whose copy rows that turned up somewhere come from',
    body: Closed({
      category: Id,
      /** As in the file, with the number of each row first or without it. */
      rows: Type.Array(FoundRow, { minItems: 1, maxItems: FOUND_ROWS_MAX }),
    }),
    bodyMaxBytes: FOUND_BODY_MAX_BYTES,
    answer: Closed({ traced: Type.Array(Traced) }),
  }),
} as const;
