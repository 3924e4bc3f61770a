/** The one table from refusals to HTTP statuses. */
import type { RefusalKind } from '@cityward/kernel';

const STATUS: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  'too-large': 413,
  unavailable: 503,
};

const STATUS_BY_CODE: Readonly<Record<string, number>> = { TOO_MANY_ATTEMPTS: 429 };

export const statusOf = (kind: RefusalKind, code: string): number => STATUS_BY_CODE[code] ?? STATUS[kind];
