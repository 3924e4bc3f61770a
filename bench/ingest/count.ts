/** What is in the stream, counted by reading it back. */
import { decodeObserved } from '@cityward/contracts';
import { openStream, type Stream } from '@cityward/stream';
import { SEQUENCE_FIRST, type Ranges } from './plan.ts';

export interface Tally {
  readonly records: number;
  /** How often each sequence number is there, by client. */
  readonly counts: Record<string, Map<number, number>>;
  /** When each record was appended, milliseconds since 1970, ascending. */
  readonly times: Float64Array;
}

export async function tallyStream(stream: Stream): Promise<Tally> {
  const counts: Record<string, Map<number, number>> = {};
  const times = new Float64Array(stream.last - stream.first + 1);
  let records = 0;
  for await (const batch of stream.read()) {
    for (const record of batch) {
      const { body } = decodeObserved(record.position, record.payload);
      if (body.kind !== 'telemetry') throw new Error(`count the stream: record ${record.position} is a ${body.kind}`);
      const sequence = body.values['sequence']! - SEQUENCE_FIRST;
      const client = (counts[body.subject] ??= new Map<number, number>());
      client.set(sequence, (client.get(sequence) ?? 0) + 1);
      times[records++] = record.at;
    }
  }
  return { records, counts, times };
}

export async function tallyFolder(folder: string): Promise<Tally> {
  const stream = await openStream({ folder });
  try {
    return await tallyStream(stream);
  } finally {
    await stream.close();
  }
}

export interface Comparison {
  readonly acknowledged: number;
  readonly stored: number;
  /** Acknowledged, and not there. */
  readonly lost: number;
  /** There more than once. */
  readonly duplicates: number;
}

export function compare(acknowledged: readonly Ranges[], tally: Tally): Comparison {
  let promised = 0;
  let lost = 0;
  for (const ranges of acknowledged)
    for (const [client, list] of Object.entries(ranges))
      for (const [first, last] of list)
        for (let sequence = first; sequence <= last; sequence++) {
          promised++;
          if (!tally.counts[client]?.has(sequence)) lost++;
        }
  const distinct = Object.values(tally.counts).reduce((sum, client) => sum + client.size, 0);
  return { acknowledged: promised, stored: tally.records, lost, duplicates: tally.records - distinct };
}

export const storedBetween = (tally: Tally, from: number, to: number): number =>
  tally.times.reduce((sum, at) => sum + (at >= from && at < to ? 1 : 0), 0);
