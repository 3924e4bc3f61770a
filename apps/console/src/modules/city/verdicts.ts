/** Verdicts of an import in the order in which a person should look at them. */
import type { ImportRow } from '@cityward/contracts';

export const IMPORT_VERDICTS = [
  'conflict',
  'rejected',
  'changed',
  'new',
  'same',
] as const satisfies readonly ImportRow['verdict'][];
