/** Reads how cameras are set up, for whoever the city asks through this gateway: few at a time, each whole, and tells the city each. */
import { Compile } from 'typebox/compile';
import {
  BASELINE_REPORT_MAX_BYTES,
  BaselineAsk,
  type BaselineRead,
  type BaselineReport,
  type SourceReading,
} from '@cityward/contracts';
import { createGate } from '../connection.ts';
import { CameraUnreachable, type CameraClient } from './camera-client.ts';
import { readSource } from './baseline-sources.ts';

/** Cameras that one gateway reads at a time: more would only wait for its own processor. */
export const READS_AT_ONCE = 24;
/** Cameras that wait to be read; whoever asks for more asks again. */
const WAITING_MAX = 20_000;
const ASK_MAX_BYTES = 65_536;

export type Sources = BaselineReport['sources'];

/** Everything that is asked of one camera, over one kept connection. */
export async function readCamera(client: CameraClient, reads: readonly BaselineRead[]): Promise<Sources> {
  const sources: Sources = [];
  let fault: string | null = null;
  // The connection shows its certificate only once it was made, so that is asked last.
  const ordered = [...reads].sort((a, b) => Number(a.source === 'tls') - Number(b.source === 'tls'));
  for (const read of ordered) {
    let reading: SourceReading;
    try {
      reading = fault === null ? await readSource(client, read) : { state: 'unreadable', why: fault };
    } catch (error) {
      if (!(error instanceof CameraUnreachable)) throw error;
      // It would only time out again for every other source.
      fault = `It did not answer: ${error.message}`.slice(0, 200);
      reading = { state: 'unreadable', why: fault };
    }
    sources.push({ source: read.source, reading });
  }
  return sources;
}

/** As it goes over the wire: where it is too large its largest sources are told as unreadable, never cut. */
export function reportOf(report: Omit<BaselineReport, 'report'>): BaselineReport {
  let sources = report.sources;
  const size = (): number => Buffer.byteLength(JSON.stringify({ report: 'baseline', ...report, sources }));
  while (size() > BASELINE_REPORT_MAX_BYTES) {
    const lengths = sources.map(({ reading }) => JSON.stringify(reading).length);
    const at = lengths.indexOf(Math.max(...lengths));
    const reading: SourceReading = { state: 'unreadable', why: 'What it holds is too long to be told' };
    sources = sources.map((one, place) => (place === at ? { ...one, reading } : one));
  }
  return { report: 'baseline', ...report, sources };
}

const asks = Compile(BaselineAsk);

/** Null for anything but an ask. Never throws on input. */
export function readAsk(payload: Uint8Array): BaselineAsk | null {
  if (payload.length > ASK_MAX_BYTES) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return asks.Check(value) ? value : null;
  } catch {
    return null;
  }
}

export interface BaselineReaderParts {
  /** The client of a camera of this gateway; null for one that it does not hold, or may not reach. */
  readonly clientOf: (camera: string) => CameraClient | null;
  /** QoS 1 on the topic `readings`; false when it was not taken. */
  readonly publish: (report: BaselineReport) => boolean;
  readonly clock: () => number;
  /** A bug; the other cameras are read all the same. */
  readonly failed: (camera: string, fault: unknown) => void;
}
export interface BaselineReader {
  take(payload: Uint8Array): void;
  stop(): void;
}

export function createBaselineReader(parts: BaselineReaderParts): BaselineReader {
  const gate = createGate(READS_AT_ONCE);
  /** By camera: asked twice before it was read, it is read once, for the last who asked. */
  const waiting = new Map<string, BaselineAsk>();
  let stopped = false;
  const readOne = async (camera: string): Promise<void> => {
    const ask = waiting.get(camera);
    waiting.delete(camera);
    const client = ask && !stopped && ask.notAfter > parts.clock() ? parts.clientOf(camera) : null;
    if (!ask || !client) return;
    const sources = await readCamera(client, ask.reads);
    if (!stopped) parts.publish(reportOf({ scan: ask.scan, subject: camera, at: parts.clock(), sources }));
  };
  return {
    take: (payload) => {
      const ask = readAsk(payload);
      for (const camera of ask?.devices ?? []) {
        const isWaiting = waiting.has(camera);
        if (!isWaiting && waiting.size >= WAITING_MAX) return;
        waiting.set(camera, ask!);
        if (isWaiting) continue;
        gate.enter((leave) => {
          readOne(camera)
            .catch((fault: unknown) => parts.failed(camera, fault))
            .finally(leave);
        });
      }
    },
    stop: () => {
      stopped = true;
      waiting.clear();
    },
  };
}
