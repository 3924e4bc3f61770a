/** Where copies of records lie, and what became of them. */
export const COPY_KINDS = [
  'primary',
  'wal',
  'replica',
  'backup',
  'archive',
  'cache',
  'search-index',
  'picture',
  'stream-segment',
  'export',
  'recipient',
] as const;
export type CopyKind = (typeof COPY_KINDS)[number];

export const COPY_OUTCOMES = ['purged', 'unreadable', 'asked', 'pending', 'beyond'] as const;
export type CopyOutcome = (typeof COPY_OUTCOMES)[number];
