/** Plays recorded Zeek lines into the stream, marked as replay for ever. */
import { newId, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Flow } from '@cityward/contracts';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { Ingest, Reporter } from './ingest.ts';

/** Reads a log and gives flows with the times of the recording, and lines that are none with the reason. */
export type ReadRecording = (text: string) => {
  readonly flows: readonly Flow[];
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
};

export interface ReplayParts {
  readonly ingest: Ingest;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly read: ReadRecording;
  readonly teach: (flows: readonly Flow[], reporter: Reporter) => void;
}
export interface ReplayAsk {
  readonly file: string;
  readonly speed?: number;
  readonly learn?: boolean;
  readonly text: string;
  readonly by: string;
}
interface Played {
  readonly id: string;
  readonly accepted: number;
  readonly rejected: { readonly line: number; readonly reason: string }[];
}
export interface Replay {
  play(ask: ReplayAsk): Promise<Result<Played, Refusal>>;
  /** Ends what still plays. */
  stop(): void;
}

const FLOWS_MAX = 500_000;
const REJECTED_SHOWN_MAX = 200;
const AT_ONCE = 200;
/** A pause in the recording longer than this is cut to it. */
const PAUSE_MAX_MS = 60_000;

export function createReplay(parts: ReplayParts): Replay {
  const stopping = new AbortController();
  return {
    stop: () => stopping.abort(),
    play: async (ask) => {
      const { flows, rejected } = parts.read(ask.text);
      if (flows.length === 0)
        return refuse(
          'invalid',
          'RECORDING_EMPTY',
          `replay "${ask.file}": no connection was found in it${rejected[0] ? `; line ${rejected[0].line}: ${rejected[0].reason}` : ''}`,
        );
      if (flows.length > FLOWS_MAX)
        return refuse(
          'too-large',
          'RECORDING_TOO_LONG',
          `replay "${ask.file}": ${flows.length} connections, at most ${FLOWS_MAX}`,
        );
      const id = newId('rep');
      const reporter: Reporter = { id, gateway: 'zeek', authenticated: true, replay: true, simulated: false };
      await record(parts, {
        id,
        ask,
        type: 'replay.started',
        data: { file: ask.file, flows: flows.length, rejected: rejected.length },
      });
      const moved = endingNow(
        [...flows].sort((a, b) => a.at - b.at),
        parts.clock(),
      );
      const speed = ask.speed ?? 0;
      if (ask.learn) parts.teach(moved, reporter);
      else if (speed === 0) await putAll(parts.ingest, reporter, moved);
      else {
        const playing = playSlowly(parts, { reporter, flows: moved, speed, signal: stopping.signal });
        playing
          .then(
            () => record(parts, { id, ask, type: 'replay.ended', data: { file: ask.file } }),
            (error: unknown) => parts.log.warn('a replay stopped early', { replay: id, error: String(error) }),
          )
          .catch((error: unknown) =>
            parts.log.warn('the end of a replay was not recorded', { replay: id, error: String(error) }),
          );
      }
      return ok({ id, accepted: moved.length, rejected: rejected.slice(0, REJECTED_SHOWN_MAX) });
    },
  };
}

/** Recordings are years old and some count from zero: the last connection is put at now, the distances stay. */
function endingNow(flows: readonly Flow[], now: number): Flow[] {
  const shift = now - flows.at(-1)!.at;
  return flows.map((flow) => ({ ...flow, at: Math.max(0, Math.round(flow.at + shift)) }));
}

async function putAll(ingest: Ingest, reporter: Reporter, flows: readonly Flow[]): Promise<void> {
  for (let from = 0; from < flows.length; from += AT_ONCE) {
    await Promise.all(flows.slice(from, from + AT_ONCE).map((flow) => ingest.put(reporter, flow)));
  }
}

interface Playing {
  readonly reporter: Reporter;
  readonly flows: readonly Flow[];
  readonly speed: number;
  readonly signal: AbortSignal;
}

async function playSlowly({ ingest, clock }: ReplayParts, { reporter, flows, speed, signal }: Playing): Promise<void> {
  let before = flows[0]!.at;
  for (const flow of flows) {
    const wait = Math.min(PAUSE_MAX_MS, (flow.at - before) / speed);
    before = flow.at;
    if (wait >= 1) await new Promise((resolve) => setTimeout(resolve, wait));
    if (signal.aborted) return;
    await ingest.put(reporter, { ...flow, at: clock() });
  }
}

async function record(
  { sql, clock }: ReplayParts,
  {
    id,
    ask,
    type,
    data,
  }: {
    id: string;
    ask: ReplayAsk;
    type: 'replay.started' | 'replay.ended';
    data: Readonly<Record<string, string | number>>;
  },
): Promise<void> {
  await sql.transact((tx) =>
    Promise.resolve(tx.record({ module: 'server', type, actor: ask.by, subject: id, at: clock(), data })),
  );
}
