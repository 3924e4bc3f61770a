/** Every way a request can fail, as one shape: `Problem` with a code, a message, the request id and the single faults. */
import type { Problem } from '@cityward/contracts';
import type { Refusal, RefusalKind } from '@cityward/kernel';
import { OperationalFault, SECOND_MS } from '@cityward/kernel';
import { FAULTS_LISTED_MAX } from './options.ts';

/** Thrown inside the listener where Fastify wants an error; never leaves it. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export const problemOf = (refusal: Refusal, id: string): Problem => ({
  code: refusal.code,
  message: refusal.message,
  id,
  ...(refusal.details ? { details: refusal.details.slice(0, FAULTS_LISTED_MAX) } : {}),
});

/** What an unexpected fault looks like from outside: nothing of its inside. */
export const unexpected = (id: string): Problem => ({
  code: 'UNEXPECTED_FAULT',
  message: `answer the request: an unexpected fault happened here, its log line carries id "${id}"`,
  id,
});

const OUTAGE_RETRY_MS = 10 * SECOND_MS;
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** A fault of the world, such as a full disk; its own words name files of this machine and stay in the log. */
export function outageOf(thrown: unknown, id: string): Refusal | null {
  if (!(thrown instanceof OperationalFault)) return null;
  const full = FULL.includes((thrown.cause as { readonly code?: unknown } | undefined)?.code);
  const why = full ? 'the disk of the server is full' : 'storage cannot take it now';
  return {
    kind: 'unavailable',
    code: full ? 'DISK_FULL' : 'UNAVAILABLE_NOW',
    message: `answer the request: ${why}, nothing of it is promised; send it again later. The log line carries id "${id}"`,
    retryAfterMs: OUTAGE_RETRY_MS,
  };
}

interface SchemaFault {
  readonly instancePath?: string;
  readonly keyword?: string;
  readonly message?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}
/** The shape of Fastify's own errors. */
export interface FastifyFault {
  readonly code?: string;
  readonly message: string;
  readonly statusCode?: number;
  readonly validation?: readonly SchemaFault[];
  readonly validationContext?: string;
}

const KIND_OF_STATUS: Readonly<Record<number, RefusalKind>> = {
  400: 'invalid',
  404: 'not-found',
  405: 'not-found',
  413: 'too-large',
  414: 'too-large',
  415: 'invalid',
  431: 'too-large',
  503: 'unavailable',
};

/** Reads a thrown thing as a refusal; null when it is a bug of ours. */
export function refusalOf(thrown: unknown): Refusal | null {
  if (thrown instanceof RefusedRequest) return thrown.refusal;
  const fault = thrown as FastifyFault;
  if (fault.validation) return invalidInput(fault.validation, fault.validationContext ?? 'input');
  const framework = typeof fault.code === 'string' && fault.code.startsWith('FST_');
  const kind = KIND_OF_STATUS[fault.statusCode ?? 0];
  if (!framework || !kind) return null;
  return {
    kind,
    code: CODES[fault.code ?? ''] ?? 'REQUEST_NOT_UNDERSTOOD',
    message: `read the request: ${fault.message}`,
  };
}

const CODES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'CONTENT_TYPE_NOT_TAKEN',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_MISSING',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_NOT_JSON',
  FST_ERR_BAD_URL: 'URL_NOT_UNDERSTOOD',
  FST_ERR_MAX_PARAM_LENGTH: 'URL_TOO_LONG',
};

function invalidInput(faults: readonly SchemaFault[], where: string): Refusal {
  const part = where === 'querystring' ? 'query' : where;
  const details = [...new Set(faults.filter(worthSaying).map((fault) => sentence(part, fault)))];
  return {
    kind: 'invalid',
    code: 'INPUT_INVALID',
    message: `check the ${part}: ${details[0] ?? 'it does not have the wanted shape'}`,
    details,
  };
}

/** TypeBox tells of an unknown field twice; the second tells which. */
const worthSaying = (fault: SchemaFault): boolean => fault.keyword !== 'boolean';

function sentence(part: string, fault: SchemaFault): string {
  const at = `${part}${fault.instancePath ?? ''}`;
  const unknown = fault.params?.['additionalProperties'];
  if (Array.isArray(unknown)) return `${at} has unknown fields ${quoteAll(unknown)}`;
  const missing = fault.params?.['requiredProperties'];
  if (Array.isArray(missing)) return `${at} lacks ${quoteAll(missing)}`;
  const allowed = fault.params?.['allowedValues'];
  if (Array.isArray(allowed)) return `${at} must be one of ${quoteAll(allowed)}`;
  return `${at} ${fault.message ?? 'does not have the wanted shape'}`;
}

const quoteAll = (values: readonly unknown[]): string => values.map((value) => `"${String(value)}"`).join(', ');
