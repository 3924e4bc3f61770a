/** ACME answers and problems as bytes (RFC 8555 6.5, 6.7): each brings the next nonce. */
import type { Refusal, RefusalKind } from '@cityward/kernel';
import type { EstAnswer } from './est.ts';

export interface AcmeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly text?: string;
  readonly type?: string;
}
export interface AcmeLinks {
  readonly nonce: string;
  readonly directory: string;
}

const STATUSES: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  forbidden: 403,
  gone: 410,
  'too-large': 413,
  unavailable: 503,
};
/** Error types of RFC 8555 6.7 that we use; a refusal of another kind is said to be a lack of right. */
const TYPES: ReadonlySet<string> = new Set([
  'accountDoesNotExist',
  'alreadyRevoked',
  'badCSR',
  'badNonce',
  'badPublicKey',
  'badSignatureAlgorithm',
  'externalAccountRequired',
  'malformed',
  'orderNotReady',
  'rateLimited',
  'rejectedIdentifier',
  'unauthorized',
  'unsupportedIdentifier',
]);

export function answerOf({ status, headers, body, text, type }: AcmeAnswer, links: AcmeLinks): EstAnswer {
  const bytes = Buffer.from(text ?? (body === undefined ? '' : JSON.stringify(body)), 'utf8');
  const typed = bytes.length > 0 ? { 'content-type': type ?? 'application/json' } : {};
  return {
    status,
    headers: { ...common(bytes, links), ...typed, ...headers, link: linksOf(headers, links) },
    body: bytes,
  };
}

export function problemOf({ kind, code, message }: Refusal, links: AcmeLinks): EstAnswer {
  const known = TYPES.has(code) ? code : 'unauthorized';
  const status = known === 'rateLimited' ? 429 : STATUSES[kind];
  const algorithms = known === 'badSignatureAlgorithm' ? { algorithms: ['ES256', 'EdDSA'] } : {};
  const problem = { type: `urn:ietf:params:acme:error:${known}`, detail: message, status, ...algorithms };
  const bytes = Buffer.from(JSON.stringify(problem), 'utf8');
  const wait: Record<string, string> = status === 429 || status === 503 ? { 'retry-after': '60' } : {};
  const type = { 'content-type': 'application/problem+json' };
  return {
    status,
    headers: { ...common(bytes, links), ...type, ...wait, link: linksOf(undefined, links) },
    body: bytes,
  };
}

/** A refusal that says where the other is (RFC 8555 7.3.5). */
export function conflictOf(detail: string, headers: Readonly<Record<string, string>>): AcmeAnswer {
  const text = JSON.stringify({ type: 'urn:ietf:params:acme:error:malformed', detail, status: 409 });
  return { status: 409, headers, text, type: 'application/problem+json' };
}

const common = (bytes: Buffer, { nonce }: AcmeLinks): Record<string, string> => ({
  'replay-nonce': nonce,
  'content-length': String(bytes.length),
});
const linksOf = (headers: AcmeAnswer['headers'], { directory }: AcmeLinks): string =>
  [`<${directory}>;rel="index"`, ...(headers?.['link'] ? [headers['link']] : [])].join(', ');
