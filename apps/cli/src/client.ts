/** Asks the running city through its local socket, with the same endpoints as the console. */
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import type { Endpoint, EndpointAnswer, EndpointInput, Problem } from '@cityward/contracts';
import { CommandFault, EXIT } from './exit-codes.ts';

const ANSWER_MAX_BYTES = 256 * 1_048_576;

export interface Client {
  call<E extends Endpoint>(endpoint: E, input: Partial<EndpointInput<E>>): Promise<EndpointAnswer<E>>;
  /** An answer that is not JSON. */
  bytes(endpoint: Endpoint, input: { params?: unknown; query?: unknown }): Promise<Buffer>;
}

/** @param dataFolder of the city, where its socket is */
export function createClient(dataFolder: string): Client {
  const socketPath = join(resolve(dataFolder), 'cityward.sock');
  const send = (
    endpoint: Endpoint,
    input: { params?: unknown; query?: unknown; body?: unknown },
  ): Promise<{ status: number; body: Buffer }> =>
    new Promise((done, fail) => {
      const text = typeof input.body === 'string';
      const body = input.body === undefined ? null : text ? (input.body as string) : JSON.stringify(input.body);
      const headers =
        body === null
          ? {}
          : {
              'content-type': text ? 'text/plain; charset=utf-8' : 'application/json',
              'content-length': Buffer.byteLength(body),
            };
      const call = request(
        { socketPath, method: endpoint.method, path: pathOf(endpoint, input), headers },
        (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > ANSWER_MAX_BYTES) call.destroy(new Error(`the answer is larger than ${ANSWER_MAX_BYTES} bytes`));
            chunks.push(chunk);
          });
          answer.on('end', () => done({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
        },
      );
      call.on('error', (error: NodeJS.ErrnoException) => {
        const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
        fail(
          absent
            ? new CommandFault(
                EXIT.unreachable,
                `reach the city: nothing answers at "${socketPath}"; start it with "npm start", or name its folder with --data`,
              )
            : error,
        );
      });
      call.end(body ?? undefined);
    });
  const checked = async (
    endpoint: Endpoint,
    input: { params?: unknown; query?: unknown; body?: unknown },
  ): Promise<Buffer> => {
    const { status, body } = await send(endpoint, input);
    if (status >= 200 && status < 300) return body;
    throw new CommandFault(EXIT.refused, problemText(body));
  };
  return {
    call: async (endpoint, input) =>
      JSON.parse((await checked(endpoint, input)).toString('utf8')) as EndpointAnswer<typeof endpoint>,
    bytes: checked,
  };
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
