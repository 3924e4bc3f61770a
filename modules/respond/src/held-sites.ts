/**
 * While an incident touches a site, no device there is changed: what runs is evidence, and an update would look like the attack.
 * Told anew from the incidents every so often, so that a site which an incident grows into is held back too, and a kill in between
 * leaves nothing frozen or free that should not be.
 */
import { HOUR_MS, SECOND_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { Containments } from './containments.ts';
import type { ChangeNeeds, CityNeeds } from './needs.ts';
import type { Situations } from './situations.ts';
import { addToTimeline, loadIncidents, type IncidentRow } from './store.ts';

/** From the moment that an incident was opened; a containment in force holds on until it ends. */
export const INCIDENT_HOLDS_MS = 24 * HOUR_MS;
const LOOK_EVERY_MS = 10 * SECOND_MS;
const IN_FORCE = new Set(['applying', 'in-force', 'partly-failed']);

export interface HeldSites {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Looks at once; a fault is tried again with the next look. */
  look(): Promise<void>;
}

export interface HeldSitesParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly city: Pick<CityNeeds, 'device'>;
  readonly changes: ChangeNeeds;
  readonly situations: Pick<Situations, 'get'>;
  readonly containments: Pick<Containments, 'ofIncident'>;
}

export function createHeldSites(parts: HeldSitesParts): HeldSites {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = (): Promise<void> => {
    looking = looking
      .then(() => lookOnce(parts))
      .catch((error: unknown) => parts.log.warn('sites could not be held back yet', { error: String(error) }));
    return looking;
  };
  return {
    look,
    start: async () => {
      await look();
      timer = setInterval(() => void look(), LOOK_EVERY_MS);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

async function lookOnce(parts: HeldSitesParts): Promise<void> {
  const { sql, changes } = parts;
  const open = (await loadIncidents(sql)).filter(({ state }) => state !== 'closed');
  const ids = new Set(open.map(({ id }) => id));
  for (const incident of changes.frozenFor()) if (!ids.has(incident)) await changes.thaw(incident);
  for (const row of open) await holdFor(parts, row);
}

async function holdFor(parts: HeldSitesParts, row: IncidentRow): Promise<void> {
  const { sql, clock, city, changes, situations, containments } = parts;
  const situation = await situations.get(row.situation);
  const sites = [...new Set(situation?.devices.flatMap((device) => city.device(device)?.site ?? []))];
  const ends = (await containments.ofIncident(row.id))
    .filter(({ state }) => IN_FORCE.has(state))
    .map((one) => one.ends);
  const until = Math.max(row.opened + INCIDENT_HOLDS_MS, ...ends);
  if (sites.length === 0 || until <= clock()) return;
  const reason = `Incident ${row.id}: ${row.title}`;
  const fresh = await changes.freeze({ incident: row.id, sites, until, reason });
  if (fresh.length === 0) return;
  const end = new Date(until).toISOString().slice(0, 16).replace('T', ' ');
  const text = `Changes of devices are held back at ${fresh.join(', ')} until ${end} UTC or until this is closed`;
  const line = { at: clock(), lane: 'response', text, actor: 'system', subject: row.id, fact: null } as const;
  await sql.transact((tx) => addToTimeline(tx, row.id, line));
}
