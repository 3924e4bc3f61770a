/** The thread that runs PGlite, so that a long query never stops the server's event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { BYTES_CODEC } from './pglite-bytes.ts';
import { PGLITE_OPTIONS } from './pglite-options.ts';
import type { WorkerAnswer, WorkerFault, WorkerRequest } from './pglite-protocol.ts';

const port = parentPort;
if (!port) throw new Error('run pglite-worker: it is a worker thread, started by pglite-client');
const { folder } = workerData as { folder: string };
const database = await PGlite.create({ dataDir: folder, ...PGLITE_OPTIONS, ...BYTES_CODEC });

async function run(request: WorkerRequest): Promise<unknown> {
  switch (request.operation) {
    case 'query': {
      const { rows, affectedRows } = await database.query(request.text, [...request.parameters]);
      return { rows, affectedRows };
    }
    case 'execute':
      await database.exec(request.text);
      return null;
    case 'close':
      await database.close();
      return null;
  }
}

const FAULT_FIELDS = ['code', 'constraint', 'detail', 'schema', 'table', 'column', 'position', 'hint'] as const;

/** Structured clone drops fields of errors, so those that callers act on are copied by name. */
function faultOf(error: unknown): WorkerFault {
  const source = error instanceof Error ? error : new Error(String(error));
  const fields: Record<string, string> = {};
  for (const name of FAULT_FIELDS) {
    const value = (source as unknown as Record<string, unknown>)[name];
    if (typeof value === 'string') fields[name] = value;
  }
  return { message: source.message, fields };
}

port.on('message', (request: WorkerRequest) => {
  run(request).then(
    (value) => port.postMessage({ id: request.id, value } satisfies WorkerAnswer),
    (error: unknown) => port.postMessage({ id: request.id, fault: faultOf(error) } satisfies WorkerAnswer),
  );
});
port.postMessage({ id: 0, value: null } satisfies WorkerAnswer);
