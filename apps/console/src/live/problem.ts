/** What the console knows when a call fails: what failed, why, what to do, and an id for the log. */
import type { Problem } from '@cityward/contracts';

/** An answer that is not 2xx, or no answer (`status` 0). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly endpoint: string;
  readonly status: number;
  readonly code: string;
  readonly id: string;
  readonly details: readonly string[];
  constructor(endpoint: string, status: number, problem: Problem) {
    super(problem.message);
    this.endpoint = endpoint;
    this.status = status;
    this.code = problem.code;
    this.id = problem.id;
    this.details = problem.details ?? [];
  }
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'id' in value;

/** Reads the body of a refused answer; a body that is no Problem (a proxy's page) still gives one. */
export async function problemOf(endpoint: string, answer: Response): Promise<ApiProblem> {
  const text = await answer.text().catch(() => '');
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    body = null;
  }
  if (isProblem(body)) return new ApiProblem(endpoint, answer.status, body);
  return new ApiProblem(endpoint, answer.status, {
    code: `HTTP_${answer.status}`,
    message: `${answer.status} ${answer.statusText}`.trim(),
    id: answer.headers.get('x-request-id') ?? '',
  });
}

/** What the person can do about it; the words are in words/. */
export type Remedy = 'sign-in' | 'ask' | 'gone' | 'correct' | 'reload' | 'smaller' | 'wait' | 'retry' | 'reach';

/** @param status HTTP status, 0 when no answer came */
export function remedyOf(status: number): Remedy {
  if (status === 0) return 'reach';
  if (status === 401) return 'sign-in';
  if (status === 403) return 'ask';
  if (status === 404 || status === 410) return 'gone';
  if (status === 409) return 'reload';
  if (status === 413) return 'smaller';
  if (status === 429 || status === 503) return 'wait';
  return status < 500 ? 'correct' : 'retry';
}
