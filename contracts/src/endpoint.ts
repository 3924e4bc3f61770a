/** One declaration per HTTP route: server validation, policy, OpenAPI, the console's client and the CLI all come from it. */
import type { Static, TSchema } from 'typebox';
import type { ActionName } from './actions.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Endpoint<
  Params extends TSchema | undefined = TSchema | undefined,
  Query extends TSchema | undefined = TSchema | undefined,
  Body extends TSchema | undefined = TSchema | undefined,
  Answer extends TSchema = TSchema,
> {
  readonly name: string;
  readonly method: Method;
  /** With `:param` places. */
  readonly path: string;
  readonly action: ActionName;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly answer: Answer;
  /** Raised where a body is a whole file. */
  readonly bodyMaxBytes?: number;
}

type Given<S extends TSchema | undefined> = S extends TSchema ? Static<S> : undefined;
export interface EndpointInput<E extends Endpoint> {
  readonly params: Given<E['params']>;
  readonly query: Given<E['query']>;
  readonly body: Given<E['body']>;
}
export type EndpointAnswer<E extends Endpoint> = Static<E['answer']>;

interface Draft<P, Q, B, A> {
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly action: ActionName;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  readonly bodyMaxBytes?: number;
}

export const endpoint = <
  A extends TSchema,
  P extends TSchema | undefined = undefined,
  Q extends TSchema | undefined = undefined,
  B extends TSchema | undefined = undefined,
>(
  draft: Draft<P, Q, B, A>,
): Endpoint<P, Q, B, A> => ({
  params: undefined as P,
  query: undefined as Q,
  body: undefined as B,
  ...draft,
});

/** The body of every answer that is not 2xx. `id` finds the log line. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly id: string;
  readonly details?: readonly string[];
}
