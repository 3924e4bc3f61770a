/** Carries observations from the stream to the modules that read them, and what they find from one module to the next. */
import { decodeObserved, type Observed } from '@cityward/contracts';
import type { City } from '@cityward/city';
import type { Identity } from '@cityward/identity';
import type { Log } from '@cityward/log';
import type { Respond } from '@cityward/respond';
import type { Stream, StreamRecord } from '@cityward/stream';
import type { Watch } from '@cityward/watch';
import { unwellAfter, unwellBy } from './health.ts';

/** Contacts that respond keeps in memory; older records need not be read again at start. */
const CONTACTS_READ_MAX = 2_000_000;
const BATCH_MAX = 2_000;
const RATE_WINDOW_MS = 10_000;

export interface FeedParts {
  readonly stream: Stream;
  readonly watch: Watch;
  readonly respond: Respond;
  readonly city: City;
  readonly identity: Identity;
  /** Told when a device is not well. */
  readonly lostHealth: (device: string, reason: string) => unknown;
  readonly log: Log;
}
export interface Feed {
  start(): void;
  stop(): Promise<void>;
  observationsPerSecond(): number;
}

export function createFeed(parts: FeedParts): Feed {
  const { stream, watch, respond, log } = parts;
  const stopping = new AbortController();
  const arrivals: { at: number; count: number }[] = [];
  let running: Promise<unknown> = Promise.resolve();
  const decode = (batch: readonly StreamRecord[]): Observed[] =>
    batch.map((record) => decodeObserved(record.position, record.payload));
  const onFault = (group: string) => (fault: Error) =>
    log.error('a reader of the stream stopped', { group, error: fault.message });

  const toRespond = (batch: readonly StreamRecord[]): Promise<void> => {
    const observed = decode(batch);
    respond.observe(observed);
    for (const one of observed) notice(parts, one);
    const now = Date.now();
    arrivals.push({ at: now, count: observed.filter((one) => now - one.received < RATE_WINDOW_MS).length });
    while (arrivals[0] && now - arrivals[0].at > RATE_WINDOW_MS) arrivals.shift();
    return Promise.resolve();
  };
  return {
    start: () => {
      connectModules(parts);
      const signal = stopping.signal;
      // What watch has saved may be forgotten by the stream; no more than that.
      watch.onSaved((position) => {
        stream
          .commit('watch', Math.min(position, stream.last))
          .catch((error: unknown) =>
            log.warn('the place of watch in the stream was not kept', { error: String(error) }),
          );
      });
      const recent = Math.max(stream.first - 1, stream.last - CONTACTS_READ_MAX);
      running = Promise.all([
        stream.consume('watch', (batch) => watch.observe(decode(batch)), {
          signal,
          batchMax: BATCH_MAX,
          after: Math.min(watch.position(), stream.last),
          commits: 'by-caller',
          onFault: onFault('watch'),
        }),
        stream.consume('respond', toRespond, {
          signal,
          batchMax: BATCH_MAX,
          after: recent,
          onFault: onFault('respond'),
        }),
      ]);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
    observationsPerSecond: () => {
      const since = Date.now() - RATE_WINDOW_MS;
      return (
        arrivals.filter((one) => one.at >= since).reduce((sum, one) => sum + one.count, 0) / (RATE_WINDOW_MS / 1_000)
      );
    },
  };
}

/** Signs of life, and of a device that is not well. */
function notice({ city, lostHealth }: FeedParts, observed: Observed): void {
  const unwell = unwellBy(observed);
  if (unwell !== null) lostHealth(observed.reporter, unwell);
  if (!observed.authenticated || observed.replay) return;
  for (const id of aliveBy(observed)) city.observedAlive(id, observed.received);
}

/** Who has shown life: the reporter, and whom a network heard. */
function aliveBy({ reporter, body }: Observed): readonly string[] {
  const heard = body.kind === 'telemetry' || (body.kind === 'status' && body.state === 'online');
  return heard && body.subject !== reporter ? [reporter, body.subject] : [reporter];
}

/** Findings become situations; what watch and identity know of a device becomes its state. */
function connectModules({ watch, respond, city, identity, lostHealth, log }: FeedParts): void {
  const showWatch = (device: string): void => {
    const facet = watch.stateOf(device);
    if (facet) city.setFacet(device, { watch: facet });
  };
  for (const device of city.deviceIds()) {
    showWatch(device);
    city.setFacet(device, { identity: { state: identity.identityOf(device).state } });
  }
  identity.onStanding((device) => city.setFacet(device, { identity: { state: identity.identityOf(device).state } }));
  watch.onLearning((changes) => {
    for (const { device } of changes) showWatch(device);
  });
  watch.onFinding((finding, change) => {
    showWatch(finding.device);
    if (change === 'dismissed') return;
    const unwell = unwellAfter(finding);
    if (unwell !== null) lostHealth(finding.device, unwell);
    respond
      .onFinding(finding)
      .catch((error: unknown) =>
        log.error('a finding could not be grouped', { finding: finding.id, error: String(error) }),
      );
  });
}
