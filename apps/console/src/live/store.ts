/** What the one live stream has told us, as a pure reducer: connection, counts, evidence, news. */
import type { DeviceState, LiveEvent } from '@cityward/contracts';

export interface News {
  readonly at: number;
  readonly id: string;
  readonly title: string;
  readonly change: string;
}
export interface Progress {
  /** By this machine's clock, as all that is compared with it. */
  readonly heardAt: number;
  readonly state: string;
  readonly done: number;
  readonly failed: number;
  readonly of: number;
}
export interface LiveState {
  readonly connection: 'connecting' | 'open' | 'lost';
  /** When the last event or comment of the stream came; null before the first. */
  readonly heardAt: number | null;
  readonly city: string | null;
  readonly states: Readonly<Partial<Record<DeviceState, number>>> | null;
  readonly observationsPerSecond: number | null;
  readonly evidence: { readonly size: number; readonly root: string; readonly at: number } | null;
  /** Newest first, at most NEWS_MAX. */
  readonly news: readonly News[];
  /** How far each change of devices is, by its id, as last told. */
  readonly progress: Readonly<Record<string, Progress>>;
  /** Why the sign-in ended; null while it stands. */
  readonly ended: Ended | null;
}
export type Ended = Pick<Extract<LiveEvent, { kind: 'ended' }>, 'why' | 'access' | 'at'>;
export type LiveChange =
  | { readonly do: 'connecting' }
  | { readonly do: 'opened'; readonly now: number }
  | { readonly do: 'lost' }
  | { readonly do: 'heard'; readonly event: LiveEvent; readonly now: number };

const NEWS_MAX = 20;

export const INITIAL: LiveState = {
  connection: 'connecting',
  heardAt: null,
  city: null,
  states: null,
  observationsPerSecond: null,
  evidence: null,
  news: [],
  progress: {},
  ended: null,
};

function hear(state: LiveState, event: LiveEvent, now: number): LiveState {
  const heard: LiveState = { ...state, connection: 'open', heardAt: now };
  switch (event.kind) {
    case 'hello':
      return { ...heard, city: event.city, ended: null };
    case 'ended':
      return { ...heard, ended: { why: event.why, access: event.access, at: event.at } };
    case 'counts':
      return { ...heard, states: event.states, observationsPerSecond: event.observationsPerSecond };
    case 'evidence':
      return { ...heard, evidence: { size: event.size, root: event.root, at: event.at } };
    case 'situation': {
      const item: News = { at: event.at, id: event.id, title: event.title, change: event.change };
      return { ...heard, news: [item, ...state.news.filter((old) => old.id !== event.id)].slice(0, NEWS_MAX) };
    }
    case 'change': {
      const { id, state: word, done, failed, of } = event;
      return { ...heard, progress: { ...state.progress, [id]: { heardAt: now, state: word, done, failed, of } } };
    }
    default:
      return heard;
  }
}

/** The next state; the same object when nothing changed. */
export function reduce(state: LiveState, change: LiveChange): LiveState {
  switch (change.do) {
    case 'connecting':
      return state.connection === 'lost' ? state : { ...state, connection: 'connecting' };
    case 'opened':
      return { ...state, connection: 'open', heardAt: change.now };
    case 'lost':
      return state.connection === 'lost' ? state : { ...state, connection: 'lost' };
    case 'heard':
      return hear(state, change.event, change.now);
  }
}

/** Endpoints whose answers an event has made old; `hello` makes all of them old, which `null` says. */
export function staleAfter(event: LiveEvent): readonly string[] | null {
  switch (event.kind) {
    case 'hello':
      return null;
    case 'ended':
      return [];
    case 'access':
      return ['listAccess', 'myAccess', 'myDevices', 'getSession'];
    case 'devices':
      return ['cityNow', 'listDevices', 'getDevice', 'getIdentity', 'myDevices'];
    case 'trust':
      return ['getDeviceTrust', 'listDevices'];
    case 'counts':
      return [];
    case 'situation':
      return [
        'listSituations',
        'getSituation',
        'listFindings',
        'cityNow',
        ...(event.change === 'grown' ? ['listIncidents', 'getIncident', 'traceIncident', 'affectedBy'] : []),
      ];
    case 'incident':
      return [
        'listIncidents',
        'getIncident',
        'traceIncident',
        'affectedBy',
        'listSituations',
        'getSituation',
        'cityNow',
      ];
    case 'containment':
      return ['getIncident', 'listIncidents', 'traceIncident', 'getDevice', 'getIdentity'];
    case 'evidence':
      return ['evidenceStatus', 'listEntries'];
    case 'job':
      return ['listJobs'];
    case 'import':
      return ['listImports', 'getImport', 'cityNow', 'listDevices', 'devicePoints', 'cityMap', 'listParties'];
    case 'change':
      return ['listChanges', 'getChange', 'listAttempts', 'changeToSign'];
  }
}
