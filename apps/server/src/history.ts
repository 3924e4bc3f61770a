/** Gives the reference city its past: 14 days of hourly history, folded by the same code as live observations. */
import type { Observed } from '@cityward/contracts';
import type { Respond } from '@cityward/respond';
import type { Watch } from '@cityward/watch';

const DAYS = 14;
const BATCH = 2_000;
/** Lets requests through between batches. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface HistoryParts {
  readonly watch: Watch;
  readonly respond: Respond;
  readonly seed: string;
  readonly devices: number;
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress: (ratio: number) => void;
}

/** Learns the past once and saves it; a kill in the middle leaves nothing learned, and the job runs again. */
export async function learnHistory({
  watch,
  respond,
  seed,
  devices,
  now,
  signal,
  progress,
}: HistoryParts): Promise<void> {
  const { history, portMerrow } = await import('@cityward/city/reference');
  const city = portMerrow({ seed, devices });
  const expected = devices * DAYS * 24 * 3;
  let done = 0;
  let batch: Observed[] = [];
  const learn = async (): Promise<void> => {
    watch.learn(batch);
    respond.learn(batch);
    done += batch.length;
    batch = [];
    progress(Math.min(0.99, done / expected));
    await pause();
    signal.throwIfAborted();
  };
  for (const observed of history(city, { days: DAYS, endAt: now })) {
    batch.push(observed);
    if (batch.length >= BATCH) await learn();
  }
  if (batch.length > 0) await learn();
  await watch.save();
}

/** Contacts of the last day, for the trace only: it keeps none over a restart. */
export async function learnUsualContacts({
  respond,
  seed,
  devices,
  now,
}: Pick<HistoryParts, 'respond' | 'seed' | 'devices' | 'now'>): Promise<void> {
  const { history, portMerrow } = await import('@cityward/city/reference');
  let batch: Observed[] = [];
  for (const observed of history(portMerrow({ seed, devices }), { days: 1, endAt: now })) {
    batch.push(observed);
    if (batch.length < BATCH) continue;
    respond.learn(batch);
    batch = [];
    await pause();
  }
  respond.learn(batch);
}
