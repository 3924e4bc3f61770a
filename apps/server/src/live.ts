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
import type { Vault } from '@cityward/vault';
import type { Access } from './access.ts';
import { deviceResource, isVisitor } from './visit.ts';

const COUNTS_EVERY_MS = 1_000;

/** An event is shown to whoever may read what it tells of. */
const READS: Readonly<Record<LiveKind, ActionName>> = {
  hello: 'subscribeLive',
  ended: 'subscribeLive',
  access: 'readAccess',
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
  readonly vault: Pick<Vault, 'endSignIn' | 'postsChanged'>;
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
  const { city, identity, access, respond, fleet, vault, ledger, jobs, log } = parts;
  const now = (): number => Date.now();
  const hub = createLiveHub({
    log,
    hello: () => ({ kind: 'hello', at: now(), city: city.name() }),
    principalNow: ({ sessionToken }) => (sessionToken === null ? null : identity.sessions.principalOf(sessionToken)),
    shown: shownBy(parts),
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
      identity.access.onChange(({ id, person, state }) =>
        hub.publish({ kind: 'access', at: now(), id, person, state }),
      );
      identity.onPostEnded(() => vault.postsChanged());
      identity.sessions.onEnd((ended) => {
        const token = access.tokenOf(ended.session);
        if (token !== null) {
          hub.endSession(token, { kind: 'ended', at: now(), ...reasonOf(identity, ended) });
          vault.endSignIn(token);
        }
        access.forget(ended.session);
      });
      timer = setInterval(count, COUNTS_EVERY_MS);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

/**
 * What somebody may be told: what they may read of it. Who may not read the whole city hears of the devices that their access
 * reaches, and of their own access; nothing else, and of nothing how much there is.
 */
function shownBy({ access, city }: LiveParts) {
  const mayRead = (principal: Principal, id: string): boolean => {
    const record = city.record(id);
    return record !== null && access.may(principal, 'readDevice', deviceResource(record)).ok;
  };
  return (event: LiveEvent, principal: Principal): LiveEvent | null => {
    if (access.may(principal, READS[event.kind], resourceOf(event)).ok) return event;
    if (event.kind === 'access') return event.person === principal.id ? event : null;
    if (event.kind !== 'devices' || !isVisitor(principal)) return null;
    const changes = event.changes.filter(([id]) => mayRead(principal, id));
    return changes.length > 0 ? { ...event, changes } : null;
  };
}

type Ended = Extract<LiveEvent, { kind: 'ended' }>;
type EndedSession = Parameters<Parameters<Identity['sessions']['onEnd']>[0]>[0];

/** Where access ended the sign-in: the one that ended last. */
function reasonOf({ access }: Identity, { why, person }: EndedSession): Pick<Ended, 'why' | 'access'> {
  if (why !== 'access-ended') return { why, access: null };
  const ended = access.list(person).flatMap((one) => one.ended ?? []);
  const last = ended.sort((a, b) => b.at - a.at)[0];
  return { why, access: last ? { why: last.why, reason: last.reason } : null };
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
