/**
 * One process has the key files; others on the same machine ask it over a socket that only their user may open. So no two ever write
 * the files, and a key that is destroyed is destroyed for all. Where nodes are on several machines, a key service holds the root
 * and the files are not shared.
 */
import { createServer, connect, type Server, type Socket } from 'node:net';
import { chmod, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { OperationalFault, type Refusal, type Result } from '@cityward/kernel';
import type { Keyring, KeyId, Looked, OpenKey } from './keyring.ts';
import { someAtATime } from '../some-at-a-time.ts';

const OWNER_ONLY = 0o600;
/** A question; ids of keys in it are few. */
const LINE_MAX_CHARS = 1_048_576;
const ANSWER_MAX_MS = 5_000;
const WAITING_MAX = 10_000;

/** All keys of the city's records, and that of the hidden mark in their pictures. */
export interface CityKeys extends Keyring {
  /** The caller's own copy. */
  markKey(): Promise<Buffer>;
}

type Call = Exclude<keyof CityKeys, 'close' | 'recordKeys' | 'unsettled'>;
const CALLS: readonly Call[] = [
  'addSubjects',
  'addCategories',
  'addRecordKeys',
  'settle',
  'look',
  'open',
  'destroy',
  'markKey',
];
/** Ids in one question. */
const IDS_PER_QUESTION = 20_000;
interface Question {
  readonly id: number;
  readonly call: Call;
  readonly given: readonly unknown[];
}
interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly fault?: string;
}

const KEY = 'key:';
/** Bytes as text, and back. */
const packed = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_name, one: unknown) =>
      isBytes(one) ? `${KEY}${Buffer.from(one.data).toString('base64')}` : one,
    ),
  );
const unpacked = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null), (_name, one: unknown) =>
    typeof one === 'string' && one.startsWith(KEY) ? Buffer.from(one.slice(KEY.length), 'base64') : one,
  ) as unknown;
const isBytes = (one: unknown): one is { readonly data: readonly number[] } =>
  typeof one === 'object' && one !== null && (one as { type?: unknown }).type === 'Buffer';

export interface KeyHolder {
  stop(): Promise<void>;
}
/** Gives the keys out at the socket. Rejects where another process does so already. */
export async function holdKeys(keyring: CityKeys, path: string, mayOpen: () => boolean): Promise<KeyHolder> {
  if (await isAnswered(path))
    throw new Error(`hold the keys at "${path}": another process has them, name it as the holder instead`);
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    onLines(socket, (line) => void answer({ keyring, mayOpen }, line).then((text) => socket.write(`${text}\n`)));
  });
  await listening(server, path);
  await chmod(path, OWNER_ONLY);
  return {
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
const listening = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });

function onLines(socket: Socket, take: (line: string) => void): void {
  createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
    if (line.length > LINE_MAX_CHARS) socket.destroy();
    else take(line);
  });
}

interface Holding {
  readonly keyring: CityKeys;
  readonly mayOpen: () => boolean;
}
async function answer({ keyring, mayOpen }: Holding, line: string): Promise<string> {
  const { id, call, given } = JSON.parse(line) as Question;
  try {
    if (!CALLS.includes(call)) throw new Error(`ask for keys: "${String(call)}" is no call`);
    if (call === 'open' && !mayOpen()) throw new Error('open a key: the vault that has the keys is closed');
    const value = await (keyring[call] as (...all: unknown[]) => Promise<unknown>)(...given);
    const text = JSON.stringify({ id, value: packed(value) } satisfies Answer);
    forget(value);
    return text;
  } catch (fault) {
    return JSON.stringify({ id, fault: (fault as Error).message } satisfies Answer);
  }
}
/** What was given out is not kept in the clear here. */
function forget(value: unknown): void {
  if (Buffer.isBuffer(value)) value.fill(0);
  else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) forget(one);
}

/** The keys of the process that holds them. */
export function heldKeys(path: string): CityKeys {
  const line = new HolderLine(path);
  return {
    addSubjects: (...given) => line.ask<readonly KeyId[]>('addSubjects', given),
    addCategories: (...given) => line.ask<Result<readonly KeyId[], Refusal>>('addCategories', given),
    addRecordKeys: (...given) => line.ask<Result<readonly OpenKey[], Refusal>>('addRecordKeys', given),
    // Where it does not arrive, the holder sweeps nothing that it should not: it keeps the key for one that is being written.
    settle: (ids) => void line.ask('settle', [ids]).catch(() => undefined),
    look: async (ids) => {
      let all = { found: 0, slotsRead: 0, slotsFound: 0 };
      for (const some of someAtATime(ids, IDS_PER_QUESTION)) {
        const { found, slotsRead, slotsFound } = await line.ask<Looked>('look', [some]);
        all = { found: all.found + found, slotsRead, slotsFound: all.slotsFound + slotsFound };
      }
      return all;
    },
    recordKeys: () => [],
    unsettled: () => [],
    open: (...given) => line.ask<Result<Buffer, Refusal>>('open', given),
    destroy: async (ids) => {
      let gone = 0;
      for (const some of someAtATime(ids, IDS_PER_QUESTION)) gone += await line.ask<number>('destroy', [some]);
      return gone;
    },
    markKey: () => line.ask<Buffer>('markKey', []),
    close: () => line.close(),
  };
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (fault: Error) => void;
  readonly timer: NodeJS.Timeout;
}
class HolderLine {
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  #socket: Socket | null = null;
  #next = 1;

  constructor(path: string) {
    this.#path = path;
  }

  ask<Value>(call: Call, given: readonly unknown[]): Promise<Value> {
    const id = this.#next++;
    return new Promise<Value>((resolve, reject) => {
      if (this.#waiting.size >= WAITING_MAX) return reject(this.#fault('too many ask at once'));
      const late = (): void => {
        this.#waiting.delete(id);
        reject(this.#fault(`no answer within ${ANSWER_MAX_MS} ms`));
      };
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(late, ANSWER_MAX_MS).unref() });
      this.#connected().write(`${JSON.stringify({ id, call, given } satisfies Question)}\n`);
    });
  }
  close(): Promise<void> {
    this.#socket?.destroy();
    return Promise.resolve();
  }

  #connected(): Socket {
    if (this.#socket) return this.#socket;
    const socket = connect(this.#path);
    const lost = (): void => {
      if (this.#socket === socket) this.#socket = null;
      for (const [id, { reject, timer }] of this.#waiting) {
        clearTimeout(timer);
        this.#waiting.delete(id);
        reject(this.#fault('it is not there'));
      }
    };
    socket.on('error', lost);
    socket.on('close', lost);
    onLines(socket, (line) => this.#take(JSON.parse(line) as Answer));
    return (this.#socket = socket);
  }
  #take({ id, value, fault }: Answer): void {
    const one = this.#waiting.get(id);
    if (!one) return;
    this.#waiting.delete(id);
    clearTimeout(one.timer);
    if (fault === undefined) one.resolve(unpacked(value) as never);
    else one.reject(new OperationalFault(fault));
  }
  #fault(why: string): OperationalFault {
    return new OperationalFault(`ask the holder of the keys at "${this.#path}": ${why}; nothing is opened without it`);
  }
}
