/** The typed client: every call is an endpoint of contracts, so a route that changes is a type error here. */
import type { Api, Endpoint, EndpointAnswer, EndpointInput } from '@cityward/contracts';
import { ApiProblem, problemOf } from './problem.ts';

export type EndpointName = keyof Api;
export type Answer<Name extends EndpointName> = EndpointAnswer<Api[Name] & Endpoint>;
type Whole<Name extends EndpointName> = EndpointInput<Api[Name] & Endpoint>;
/** Only the parts (params, query, body) that the endpoint has. */
export type Input<Name extends EndpointName> = {
  readonly [Part in keyof Whole<Name> as Whole<Name>[Part] extends undefined ? never : Part]: Whole<Name>[Part];
};

interface Wire {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}
export interface EndpointLine {
  readonly method: string;
  readonly path: string;
  /** The body is a whole file, sent as text. */
  readonly text: boolean;
}
export type EndpointTable = Readonly<Record<string, EndpointLine>>;

/** Fills `:param` places and appends the query; absent and empty values are left out. Throws when a param is missing. */
export function urlOf(path: string, input: Wire): string {
  const filled = path.replace(/:([a-z]+)/gi, (_all, name: string) => {
    const value = input.params?.[name];
    if (value === undefined || value === '') throw new Error(`call "${path}": param "${name}" is missing`);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  const text = query.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

const bodyOf = (line: EndpointLine, input: Wire): RequestInit => {
  if (input.body === undefined) return {};
  if (line.text) return { body: String(input.body), headers: { 'content-type': 'text/plain; charset=utf-8' } };
  return { body: JSON.stringify(input.body), headers: { 'content-type': 'application/json' } };
};

export interface Client {
  /** Throws ApiProblem when refused or not answered; AbortError when cancelled. */
  call<Name extends EndpointName>(name: Name, input: Input<Name>, signal?: AbortSignal): Promise<Answer<Name>>;
  /** The address of an endpoint, for a link or a download. */
  url<Name extends EndpointName>(name: Name, input: Input<Name>): string;
}

/** @param onUnauthorised told of each 401, so that an ended session is noticed wherever it shows first */
export function createClient(options: {
  readonly endpoints: EndpointTable;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly onUnauthorised?: () => void;
}): Client {
  const lineOf = (name: string): EndpointLine => {
    const line = options.endpoints[name];
    if (!line) throw new Error(`call "${name}": contracts has no such endpoint`);
    return line;
  };
  return {
    url: (name, input) => urlOf(lineOf(name).path, input),
    async call<Name extends EndpointName>(name: Name, input: Input<Name>, signal?: AbortSignal) {
      const line = lineOf(name);
      const init: RequestInit = { method: line.method, credentials: 'same-origin', ...bodyOf(line, input) };
      const answer = await options
        .fetch(urlOf(line.path, input), signal ? { ...init, signal } : init)
        .catch((error: unknown) => {
          if (signal?.aborted) throw error;
          throw new ApiProblem(name, 0, { code: 'NO_ANSWER', message: 'The server did not answer', id: '' });
        });
      if (!answer.ok) {
        if (answer.status === 401) options.onUnauthorised?.();
        throw await problemOf(name, answer);
      }
      const json = answer.headers.get('content-type')?.includes('json') ?? false;
      return (json ? await answer.json() : await answer.text()) as Answer<Name>;
    },
  };
}
