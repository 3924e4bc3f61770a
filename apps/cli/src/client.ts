/** Asks the running city through its local socket, with the same endpoints as the console. */
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders, type RequestOptions } from 'node:http';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { Endpoint, EndpointAnswer, EndpointInput, Problem } from '@cityward/contracts';
import { CommandFault, EXIT } from './exit-codes.ts';

const ANSWER_MAX_BYTES = 256 * 1_048_576;

type Given = { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown };

export interface Client {
  call<E extends Endpoint>(endpoint: E, input: Partial<EndpointInput<E>>): Promise<EndpointAnswer<E>>;
  /** An answer that is not JSON. */
  bytes(endpoint: Endpoint, input: Pick<Given, 'params' | 'query'>): Promise<Buffer>;
  /** Posts a whole file as it is read. */
  upload(path: string, file: { readonly content: Readable; readonly size: number }): Promise<Buffer>;
}

interface Asking {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Readable | null;
}

/** @param dataFolder of the city, where its socket is */
export const createClient = (dataFolder: string): Client =>
  clientAt({ to: { socketPath: join(resolve(dataFolder), 'cityward.sock') }, how: 'name its folder with --data' });

/** Where the city answers, and what to do where it does not. */
export interface Place {
  readonly to: RequestOptions;
  readonly how: string;
  /** Sent along; may change from one call to the next. */
  readonly headers?: () => OutgoingHttpHeaders;
  readonly heard?: (headers: IncomingHttpHeaders) => void;
}
export function clientAt(place: Place): Client {
  const answered = async (asking: Asking): Promise<Buffer> => {
    const headers = { ...asking.headers, ...place.headers?.() };
    const { status, body, heard } = await ask(place, { ...asking, headers });
    place.heard?.(heard);
    if (status >= 200 && status < 300) return body;
    throw new CommandFault(EXIT.refused, problemText(body));
  };
  return {
    call: async (endpoint, input) =>
      JSON.parse((await answered(askingOf(endpoint, input))).toString('utf8')) as EndpointAnswer<typeof endpoint>,
    bytes: (endpoint, input) => answered(askingOf(endpoint, input)),
    upload: (path, { content, size }) =>
      answered({
        method: 'POST',
        path,
        headers: { 'content-type': 'application/octet-stream', 'content-length': size },
        body: content,
      }),
  };
}

function askingOf(endpoint: Endpoint, input: Given): Asking {
  const { method } = endpoint;
  const path = pathOf(endpoint, input);
  if (input.body === undefined) return { method, path, headers: {}, body: null };
  const isText = typeof input.body === 'string';
  const body = isText ? (input.body as string) : JSON.stringify(input.body);
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  return { method, path, headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) }, body };
}

interface Answered {
  readonly status: number;
  readonly body: Buffer;
  readonly heard: IncomingHttpHeaders;
}
function ask({ to, how }: Place, { method, path, headers, body }: Asking): Promise<Answered> {
  const where = to.socketPath ?? `${to.host}:${to.port}`;
  return new Promise((done, fail) => {
    const call = request({ ...to, method, path, headers }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_MAX_BYTES) call.destroy(new Error(`the answer is larger than ${ANSWER_MAX_BYTES} bytes`));
        chunks.push(chunk);
      });
      answer.on('end', () =>
        done({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks), heard: answer.headers }),
      );
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      fail(
        absent
          ? new CommandFault(
              EXIT.unreachable,
              `reach the city: nothing answers at "${where}"; start it with "npm start", or ${how}`,
            )
          : error,
      );
    });
    if (body instanceof Readable) body.on('error', fail).pipe(call);
    else call.end(body ?? undefined);
  });
}

function pathOf(endpoint: Endpoint, { params, query }: { params?: unknown; query?: unknown }): string {
  const given = (params ?? {}) as Record<string, string | number>;
  const path = endpoint.path.replace(/:([a-z]+)/g, (_, name: string) => encodeURIComponent(String(given[name] ?? '')));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>))
    if (value !== undefined) search.set(name, String(value));
  return search.size > 0 ? `${path}?${search}` : path;
}

function problemText(body: Buffer): string {
  try {
    const problem = JSON.parse(body.toString('utf8')) as Problem;
    return [
      `${problem.message} (${problem.code}${problem.id ? `, ${problem.id}` : ''})`,
      ...(problem.details ?? []).map((one) => `  - ${one}`),
    ].join('\n');
  } catch {
    return `the city answered with ${body.length} bytes that are no problem description`;
  }
}
