/** The witness over HTTP: one call, small bodies, few connections. TLS is for what stands before it: answers are signed. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OperationalFault } from '@cityward/kernel';
import type { Answer, Witness } from './witness.ts';

/** A checkpoint with a hundred signatures and the longest proof is smaller. */
const BODY_MAX_BYTES = 65_536;
const CONNECTIONS_MAX = 200;
const REQUEST_MAX_MS = 10_000;
const PATH = '/add-checkpoint';

export interface WitnessListener {
  /** As it listens, e.g. `http://127.0.0.1:9090`. */
  readonly url: string;
  stop(): Promise<void>;
}
export interface Listening {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** What the log's operator will not hear: why the disk failed. */
  readonly onFault: (fault: unknown) => void;
}

export async function serveWitness(witness: Witness, { host, port, onFault }: Listening): Promise<WitnessListener> {
  const server = createServer({ requestTimeout: REQUEST_MAX_MS, headersTimeout: REQUEST_MAX_MS }, (asked, answer) => {
    handle(witness, asked).then(
      (said) => say(answer, said),
      (fault: unknown) => {
        onFault(fault);
        say(answer, { status: 503, type: 'text/plain; charset=utf-8', body: 'the witness cannot write: try later\n' });
      },
    );
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (fault) =>
      reject(new OperationalFault(`listen at "${host}:${port}": ${fault.message}`, { cause: fault })),
    );
    server.listen(port, host, resolve);
  });
  const { address, port: taken, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Said = Omit<Answer, 'status'> & { readonly status: number };
const refused = (status: number, body: string): Said => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

async function handle(witness: Witness, asked: IncomingMessage): Promise<Said> {
  if (asked.url !== PATH) return refused(404, `there is only POST ${PATH} here`);
  if (asked.method !== 'POST') return refused(405, 'wanted POST');
  const body = await bodyOf(asked);
  return body === null ? refused(413, `wanted at most ${BODY_MAX_BYTES} bytes`) : witness.add(body);
}

async function bodyOf(asked: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of asked as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function say(answer: ServerResponse, { status, type, body }: Said): void {
  if (answer.destroyed) return;
  answer.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  answer.end(body);
}
