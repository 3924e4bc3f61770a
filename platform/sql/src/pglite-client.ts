/** PGlite as kysely's dialect wants it, answered by the worker thread. */
import { Worker } from 'node:worker_threads';
import type { PGlite } from 'kysely';
import { OperationalFault } from '@cityward/kernel';
import type { WorkerAnswer, WorkerFault, WorkerRequest } from './pglite-protocol.ts';

type Draft = WorkerRequest extends infer R ? (R extends WorkerRequest ? Omit<R, 'id'> : never) : never;
interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** An error of the database with SQLSTATE `code` and, where there is one, `constraint`: the same fields as the `pg` driver's. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: string | undefined;
  readonly constraint: string | undefined;
  readonly detail: string | undefined;
  constructor(fault: WorkerFault) {
    super(fault.message);
    this.code = fault.fields['code'];
    this.constraint = fault.fields['constraint'];
    this.detail = fault.fields['detail'];
  }
}

export interface PgliteClient extends PGlite {
  /** Several statements at once, no parameters. */
  execute(text: string): Promise<void>;
}

/** Starts the worker on an existing cluster; resolves when it answers. */
export async function openPgliteClient(folder: string): Promise<PgliteClient> {
  const worker = new Worker(new URL('pglite-worker.ts', import.meta.url), { workerData: { folder } });
  const waiting = new Map<number, Waiting>();
  let next = 1;
  let ended: Error | null = null;
  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('error', (error) => end(new OperationalFault(`run the database thread: ${String(error)}`)));
  worker.on('exit', () => end(new OperationalFault('ask the database: its thread has ended')));
  worker.on('message', (answer: WorkerAnswer) => {
    const entry = waiting.get(answer.id);
    if (!entry) return;
    waiting.delete(answer.id);
    if ('fault' in answer) entry.reject(new DatabaseError(answer.fault));
    else entry.resolve(answer.value);
  });
  const opened = new Promise<unknown>((resolve, reject) => waiting.set(0, { resolve, reject }));
  const ask = <T>(draft: Draft): Promise<T> => {
    if (ended) return Promise.reject(ended);
    const id = next++;
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ ...draft, id });
    });
  };
  await opened;
  return clientOver(ask, async () => {
    end(new OperationalFault('ask the database: it is closed'));
    await worker.terminate();
  });
}

/** kysely runs one piece of work at a time on a PGlite, so BEGIN and COMMIT can be plain statements. */
function clientOver(ask: <T>(draft: Draft) => Promise<T>, terminate: () => Promise<void>): PgliteClient {
  const query = <T>(
    text: string,
    parameters: unknown[] = [],
  ): Promise<{ rows: T[]; fields: []; affectedRows?: number }> => ask({ operation: 'query', text, parameters });
  const execute = (text: string): Promise<void> => ask({ operation: 'execute', text });
  const client = {
    ready: true,
    closed: false,
    waitReady: Promise.resolve(),
    query,
    execute,
    transaction: async <T>(
      work: (tx: { query: typeof query; rollback: () => Promise<void> }) => Promise<T>,
    ): Promise<T> => {
      await execute('begin');
      let open = true;
      const rollback = async (): Promise<void> => {
        if (open) await execute('rollback');
        open = false;
      };
      try {
        const value = await work({ query, rollback });
        if (open) await execute('commit');
        return value;
      } catch (error) {
        await rollback();
        throw error;
      }
    },
    close: async (): Promise<void> => {
      if (client.closed) return;
      client.closed = true;
      await ask({ operation: 'close' });
      await terminate();
    },
  };
  return client;
}
