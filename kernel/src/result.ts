/** What a step that may be refused returns: refusals are values, bugs are thrown. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

/** Marks a branch that the types say cannot be reached; reaching it is a bug, so it throws. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** What sort of refusal, so that one table in apps/ maps them to HTTP statuses and exit codes. */
export type RefusalKind = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'gone' | 'too-large' | 'unavailable';

/**
 * A refusal that a caller can act on: `code` is stable and never reused (UPPER_SNAKE), `message` names the action, quotes the
 * value and says what was wanted; `details` lists each fault where there are several.
 */
export interface Refusal<Code extends string = string> {
  readonly kind: RefusalKind;
  readonly code: Code;
  readonly message: string;
  readonly details?: readonly string[];
  /** Where trying again helps: milliseconds until then. */
  readonly retryAfterMs?: number;
}

export const refuse = <Code extends string>(
  kind: RefusalKind,
  code: Code,
  message: string,
): { readonly ok: false; readonly error: Refusal<Code> } => err({ kind, code, message });

/** A fault of the world (disk, network, database) that a bounded retry may cure; bugs are never this class. */
export class OperationalFault extends Error {
  override readonly name = 'OperationalFault';
}
