/** Two vaults in processes of their own over one PostgreSQL, one of which can be frozen, cut off or killed. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConsentDraft, Consent, HeldRecord, RecordDraft } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import { HOLDER_SOCKET } from '../opening.ts';

const SCRIPT = fileURLToPath(new URL('./testing-process.ts', import.meta.url));

export interface NodeProcess {
  readonly base: string;
  readonly process: ChildProcess;
  put(draft: RecordDraft, by: string): Promise<Result<{ record: string; version: number }, Refusal>>;
  give(draft: ConsentDraft, by: string): Promise<Result<Consent, Refusal>>;
  takeBack(consent: string, by: string): Promise<Result<Consent, Refusal>>;
  destroy(record: string, by: string): Promise<Result<HeldRecord, Refusal>>;
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startNode(of: {
  readonly url: string;
  readonly folder: string;
  /** The folder of the node that has the keys; none where it is this one. */
  readonly keysOf?: string;
}): Promise<NodeProcess> {
  const holder = of.keysOf === undefined ? '' : join(of.keysOf, 'keys', HOLDER_SOCKET);
  const child = fork(SCRIPT, [of.url, of.folder, holder], {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (fault: Error) => void }>();
  let next = 1;
  const ended = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the node has ended'));
  });
  const ask = <Value>(call: string, ...given: unknown[]): Promise<Value> =>
    new Promise<Value>((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve: resolve as (value: never) => void, reject });
      child.send({ id, call, given });
    });
  const [{ base }] = (await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('the node ended before it had started'))),
  ])) as [{ base: string }];
  child.on('message', ({ id, value, fault }: { id: number; value: never; fault?: string }) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (fault === undefined) one?.resolve(value);
    else one?.reject(new Error(fault));
  });
  return {
    base,
    process: child,
    put: (...given) => ask('put', ...given),
    give: (...given) => ask('give', ...given),
    takeBack: (...given) => ask('takeBack', ...given),
    destroy: (...given) => ask('destroy', ...given),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGCONT');
      await ask('stop');
      child.disconnect();
      await ended;
    },
  };
}

export interface Wire {
  /** The database by way of this wire. */
  readonly url: string;
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}
/** A wire to the database that can be cut. */
export async function wireTo(database: string): Promise<Wire> {
  const target = new URL(database);
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((near) => {
    keep(near);
    if (isCut) return void near.destroy();
    const far = keep(connect(Number(target.port || 5_432), target.hostname));
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(database);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut: () => {
      isCut = true;
      dropAll();
    },
    mend: () => {
      isCut = false;
    },
    stop: async () => {
      dropAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
