/** Routes as modules declare them: apps/server adds who asks and whether they may. */
import type { Endpoint, EndpointAnswer, EndpointInput, Principal, Resource } from '@cityward/contracts';
import { ACTIONS, THE_CITY } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';

/** Who calls, and the little of the transport that a handler may touch. */
export interface Caller {
  readonly principal: Principal;
  /** Request id, also in the log line and in a Problem. */
  readonly id: string;
  /** The session token that came with the request; null for none. */
  readonly sessionToken: string | null;
  /** Sets or clears the HttpOnly SameSite=Strict session cookie of the answer. */
  setSession(token: string | null): void;
  /** The origin the browser named, checked against the allow-list, e.g. `http://localhost:8080`. */
  readonly origin: string;
  /** The address of the other end of the connection; absent where there is none. */
  readonly address?: string;
}

/** An answer that is not JSON. */
export class RawAnswer {
  readonly contentType: string;
  readonly body: Uint8Array | string;
  readonly fileName: string | null;
  constructor(contentType: string, body: Uint8Array | string, fileName: string | null = null) {
    this.contentType = contentType;
    this.body = body;
    this.fileName = fileName;
  }
}

export type Handle<E extends Endpoint> = (
  input: EndpointInput<E>,
  caller: Caller,
) => Promise<Result<EndpointAnswer<E> | RawAnswer, Refusal>>;

/** An endpoint with its handler and the resource that policy is asked about. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly resource: (input: EndpointInput<Endpoint>, caller: Caller) => Resource | Promise<Resource>;
  readonly handle: Handle<Endpoint>;
}

/** The resource that an action's type and the path's `:id` name. */
function resourceOf(endpoint: Endpoint, input: EndpointInput<Endpoint>): Resource {
  const type = ACTIONS[endpoint.action];
  if (type === 'City') return THE_CITY;
  if (type === 'Evidence') return { type, id: 'ledger', attributes: {} };
  const { id } = (input.params ?? {}) as { readonly id?: string };
  if (id === undefined)
    throw new Error(`ask policy about "${endpoint.name}": its ${type} is not named by the path; pass a resource`);
  return { type, id, attributes: {} };
}

/** Binds an endpoint to its handler, typed by the endpoint. Without `resource` it is the one that action and path name. */
export const route = <E extends Endpoint>(
  endpoint: E,
  handle: Handle<E>,
  resource?: (input: EndpointInput<E>, caller: Caller) => Resource | Promise<Resource>,
): Route => ({
  endpoint,
  handle: handle as unknown as Handle<Endpoint>,
  resource: (resource ??
    ((input: EndpointInput<E>) => resourceOf(endpoint, input as EndpointInput<Endpoint>))) as Route['resource'],
});
