/** What goes out to open consoles: state changes, counts, situations, containments, evidence, jobs. */
import type { ActionName, LiveEvent, LiveKind, Principal, Resource } from '@cityward/contracts';
import { THE_CITY } from '@cityward/contracts';
import type { City } from '@cityward/city';
import type { Fleet } from '@cityward/fleet';
import { createLiveHub, type LiveHub } from '@cityward/http';
import type { Identity } from '@cityward/identity';
import type { Jobs } from '@cityward/jobs';
import type { Ledger } from '@cityward/ledger';
import type { Log } from '@cityward/log';
import type { Respond } from '@cityward/respond';
import type { Access } from './access.ts';

const COUNTS_EVERY_MS = 1_000;

/** An event is shown to whoever may read what it tells of. */
const READS: Readonly<Record<LiveKind, ActionName>> = {
  hello: 'subscribeLive',
  devices: 'readCity',
  trust: 'readCity',
  counts: 'readCity',
  situation: 'readCity',
  incident: 'readIncident',
  containment: 'readIncident',
  evidence: 'readEvidence',
  job: 'readJobs',
  import: 'readCity',
  change: 'readChanges',
};
const EVIDENCE: Resource = { type: 'Evidence', id: 'ledger', attributes: {} };

export interface LiveParts {
  readonly city: City;
  readonly identity: Identity;
  readonly access: Access;
  readonly respond: Respond;
  readonly fleet: Fleet;
  readonly ledger: Ledger;
  readonly jobs: Jobs;
  readonly log: Log;
  readonly observationsPerSecond: () => number;
}

/** Connects every source of events to one hub; `stop` of the hub ends the streams, the returned function the counting. */
export function createLive(parts: LiveParts): {
  readonly hub: LiveHub;
  readonly start: () => void;
  readonly stop: () => void;
} {
  const { city, identity, access, respond, fleet, ledger, jobs, log } = parts;
  const now = (): number => Date.now();
  const mayReceive = (event: LiveEvent, principal: Principal): boolean =>
    access.may(principal, READS[event.kind], resourceOf(event)).ok;
  const hub = createLiveHub({
    log,
    hello: () => ({ kind: 'hello', at: now(), city: city.name() }),
    principalNow: ({ sessionToken }) => (sessionToken === null ? null : identity.sessions.principalOf(sessionToken)),
    mayReceive,
  });
  let timer: NodeJS.Timeout | undefined;
  let before = '';
  const count = (): void => {
    if (hub.count() === 0) return;
    const states = countStates(city);
    const observationsPerSecond = Math.round(parts.observationsPerSecond());
    const text = JSON.stringify([states, observationsPerSecond]);
    if (text === before) return;
    before = text;
    hub.publish({ kind: 'counts', at: now(), states, observationsPerSecond });
  };
  return {
    hub,
    start: () => {
      city.onStates((changes) => hub.publish({ kind: 'devices', at: now(), changes }));
      identity.onTrust(({ subject, from, to }) => {
        if (subject.kind === 'device' && from.level !== to.level) hub.publish({ kind: 'trust', at: now() });
      });
      respond.onChange((event) => hub.publish(event));
      fleet.changes.running.onLive((event) => hub.publish(event));
      ledger.onCheckpoint(({ size, root }) => hub.publish({ kind: 'evidence', at: now(), size, root }));
      jobs.onChange(({ id, state }) => hub.publish({ kind: 'job', at: now(), id, state }));
      identity.sessions.onEnd(({ session }) => {
        const token = access.tokenOf(session);
        if (token !== null) hub.endSession(token);
        access.forget(session);
      });
      timer = setInterval(count, COUNTS_EVERY_MS);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

function resourceOf(event: LiveEvent): Resource {
  if (event.kind === 'incident') return { type: 'Incident', id: event.id, attributes: {} };
  if (event.kind === 'containment') return { type: 'Incident', id: event.incident, attributes: {} };
  return event.kind === 'evidence' ? EVIDENCE : THE_CITY;
}

function countStates(city: City): Extract<LiveEvent, { kind: 'counts' }>['states'] {
  const states: Record<string, number> = {};
  for (const id of city.deviceIds()) {
    const { state } = city.device(id)!;
    states[state] = (states[state] ?? 0) + 1;
  }
  return states;
}
