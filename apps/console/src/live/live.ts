/** The running console's client, query cache and live store: made once, used everywhere. */
import { QueryClient } from '@tanstack/react-query';
import { endpoints } from 'virtual:endpoints';
import type { DeviceState, LiveEvent, Session } from '@cityward/contracts';
import { createClient } from './client.ts';
import { ApiProblem } from './problem.ts';
import { INITIAL, reduce, staleAfter, type LiveChange, type LiveState } from './store.ts';
import { openStream } from './stream.ts';

const STALE_MS = 15_000;
const REFRESH_MS = 1_000;
const SLOW_REFRESH_MS = 5_000;
/** Asked again at most every 5 s, whatever the stream says: they are large or change with every observation. */
const SLOW = new Set(['cityNow', 'listDevices', 'getDevice', 'traceIncident', 'affectedBy', 'listAttempts']);

const worthRetrying = (count: number, error: Error): boolean =>
  count < 2 && error instanceof ApiProblem && (error.status === 0 || error.status >= 500);

export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: STALE_MS, retry: worthRetrying, refetchOnWindowFocus: false, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});

export const client = createClient({
  endpoints,
  fetch: (url, init) => fetch(url, init),
  onUnauthorised: () => void queries.invalidateQueries({ queryKey: ['getSession'] }),
});

let state: LiveState = INITIAL;
const listeners = new Set<() => void>();
type DeviceListener = (changes: readonly (readonly [string, DeviceState])[]) => void;
const deviceListeners = new Set<DeviceListener>();

const change = (next: LiveChange): void => {
  const before = state;
  state = reduce(state, next);
  if (state !== before) for (const listener of listeners) listener();
};

export const live = {
  get: (): LiveState => state,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Batches of state changes as they come; for the map, which paints them without a render. */
  onDevices: (listener: DeviceListener): (() => void) => {
    deviceListeners.add(listener);
    return () => deviceListeners.delete(listener);
  },
};

const due = new Map<string, number>();
/** Marks answers old, each endpoint at most once per pause, the last request never lost. */
function refresh(name: string): void {
  if (due.has(name)) return;
  const pause = SLOW.has(name) ? SLOW_REFRESH_MS : REFRESH_MS;
  due.set(
    name,
    window.setTimeout(() => {
      due.delete(name);
      void queries.invalidateQueries({ queryKey: [name] });
    }, pause),
  );
}

/** What was shown under access that has ended leaves the screen and the memory at once, before anybody asks the server. */
function forget({ why }: Extract<LiveEvent, { kind: 'ended' }>): void {
  if (why === 'access-ended' || why === 'disabled') {
    queries.setQueriesData<Session>({ queryKey: ['getSession'] }, (before) => before && { ...before, me: null });
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'getSession' });
  }
  void queries.invalidateQueries({ queryKey: ['getSession'] });
}

function hear(event: LiveEvent): void {
  change({ do: 'heard', event, now: Date.now() });
  if (event.kind === 'ended') forget(event);
  if (event.kind === 'devices') for (const listener of deviceListeners) listener(event.changes);
  const names = staleAfter(event);
  if (names === null) void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'cityMap' });
  else for (const name of names) refresh(name);
}

/** Begins to listen; call once a session exists. Returns the way to stop. */
export function startLive(): () => void {
  change({ do: 'connecting' });
  return openStream('/api/live', {
    opened: () => change({ do: 'opened', now: Date.now() }),
    heard: hear,
    lost: () => {
      change({ do: 'lost' });
      void queries.invalidateQueries({ queryKey: ['getSession'] });
    },
  });
}
