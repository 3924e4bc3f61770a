/** The workload of `bench ingest` and what its processes say to each other. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import mqttPacket from 'mqtt-packet';
import { topicOf } from '@cityward/contracts';

export const CLIENTS = 100;
export const IN_FLIGHT = 20;
export const PAYLOAD_BYTES = 200;
export const HOST = '127.0.0.1';
export const clientIds = Array.from({ length: CLIENTS }, (_, i) => `air-${1_000 + i}`);

export interface Identity {
  readonly id: string;
  readonly key: string;
  readonly cert: string;
}
export interface Credentials {
  readonly ca: string;
  readonly server: { readonly key: string; readonly cert: string };
  readonly clients: readonly Identity[];
  readonly subscriber: Identity;
}

/** Sequence numbers begin here, so that all have the same number of digits. */
export const SEQUENCE_FIRST = 100_000_000;

/** An observation of exactly 200 bytes, with a sequence number of its own. */
export function observationText(subject: string, sequence: number, at: number): string {
  const head = `{"kind":"telemetry","at":${at},"subject":"${subject}","values":{"sequence":${sequence},"pm25_ug_m3":12.25,"no2_ug_m3":31.5,"humidity_pct":64.25,`;
  const name = 'p'.repeat(PAYLOAD_BYTES - head.length - '"":0.5}}'.length);
  return `${head}"${name}":0.5}}`;
}

/** A PUBLISH of QoS 1 whose message id, time and sequence number are written over for each message. */
export interface Template {
  readonly packet: Buffer;
  readonly messageIdAt: number;
  readonly timeAt: number;
  readonly sequenceAt: number;
}
export function templateOf(id: string): Template {
  const topic = topicOf(id, 'obs');
  const payload = Buffer.from(observationText(id, SEQUENCE_FIRST, Date.now()));
  if (payload.length !== PAYLOAD_BYTES) throw new Error(`make an observation: ${payload.length} bytes`);
  const packet = mqttPacket.generate({
    cmd: 'publish',
    topic,
    payload,
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
  });
  const start = packet.length - payload.length;
  return {
    packet,
    messageIdAt: start - 2,
    timeAt: start + payload.indexOf('"at":') + '"at":'.length,
    sequenceAt: start + payload.indexOf(String(SEQUENCE_FIRST)),
  };
}

/** Latencies in tenths of a millisecond; the last slot holds all that is longer. */
export const SLOT_MS = 0.1;
export const SLOTS = 50_000;
export function quantile(slots: ArrayLike<number>, part: number): number {
  let total = 0;
  for (let i = 0; i < slots.length; i++) total += slots[i]!;
  let left = total * part;
  for (let i = 0; i < slots.length; i++) if ((left -= slots[i]!) <= 0) return Math.round((i + 1) * SLOT_MS * 10) / 10;
  return slots.length * SLOT_MS;
}

/** Inclusive ranges of sequence numbers by client. */
export type Ranges = Record<string, (readonly [first: number, last: number])[]>;

export interface Measured {
  readonly from: number;
  readonly to: number;
  readonly acknowledged: number;
  readonly slots: Uint32Array;
  readonly cpuMs: number;
}
export interface Drained {
  readonly acknowledged: Ranges;
  /** The first sequence number that was never sent. */
  readonly next: number;
}

/** A process of this benchmark that is asked by messages and answers each with one. */
export interface Child {
  ask<Answer>(what: string, data?: unknown): Promise<Answer>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  readonly process: ChildProcess;
}

export function startChild(file: string, flags: readonly string[] = []): Child {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, {
    serialization: 'advanced',
    execArgv: [
      '--liftoff-only',
      '--disable-warning=ExperimentalWarning',
      ...flags,
      ...(process.env['BENCH_NODE_FLAGS']?.split(' ') ?? []),
    ],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map<string, { resolve: (answer: never) => void; reject: (fault: Error) => void }>();
  child.on('message', ({ what, answer, fault }: { what: string; answer: never; fault?: string }) => {
    const one = waiting.get(what);
    waiting.delete(what);
    if (fault === undefined) one?.resolve(answer);
    else one?.reject(new Error(`${file} ${what}: ${fault}`));
  });
  child.on('exit', () => {
    for (const [what, { reject }] of waiting) reject(new Error(`${file} ended before it answered "${what}"`));
    waiting.clear();
  });
  return {
    ask: <Answer>(what: string, data?: unknown) =>
      new Promise<Answer>((resolve, reject) => {
        waiting.set(what, { resolve: resolve as (answer: never) => void, reject });
        child.send({ what, data }, (error) => error && reject(error));
      }),
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
    process: child,
  };
}

/** The other side of `ask`: one function per question. */
export function answer(questions: Readonly<Record<string, (data: never) => unknown>>): void {
  process.on('message', ({ what, data }: { what: string; data: never }) => {
    Promise.resolve()
      .then(() => questions[what]!(data))
      .then(
        (given) => process.send!({ what, answer: given }),
        (error: unknown) =>
          process.send!({ what, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  // A proper exit, so that a profile asked for by BENCH_NODE_FLAGS is written.
  for (const event of ['disconnect', 'SIGTERM'] as const) process.on(event, () => process.exit(0));
}
