/** Puts the parts of respond together: findings and contacts come in, situations and containments go out. */
import type { Clock } from '@cityward/kernel';
import type { Finding, LiveEvent, Observed, OrderAck } from '@cityward/contracts';
import type { Route } from '@cityward/http';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { createContainments } from './containments.ts';
import { createContactLog } from './domain/contact-log.ts';
import { firstAfter } from './domain/backward.ts';
import { contactCost, TRACE } from './domain/trace.ts';
import type { InContact } from './domain/situations.ts';
import type { ContactLog } from './domain/contact-log.ts';
import { createIncidents } from './incidents.ts';
import { createHeldSites } from './held-sites.ts';
import type { ChangeNeeds, CityNeeds, FindingNeeds, IdentityNeeds, LedgerNeeds, SwitchNeeds } from './needs.ts';
import { respondRoutes } from './routes.ts';
import { createSituations } from './situations.ts';

export interface RespondOptions {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly city: CityNeeds;
  readonly identity: IdentityNeeds;
  readonly switches: SwitchNeeds;
  readonly findings: FindingNeeds;
  readonly ledger: LedgerNeeds;
  readonly changes: ChangeNeeds;
}
export interface Respond {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Contacts of live observations; the stream keeps them, so a restart reads them again. */
  observe(batch: readonly Observed[]): void;
  /** Pairs that history knows: contacts between them are everyday ones. */
  learn(batch: readonly Observed[]): void;
  onFinding(finding: Finding): Promise<void>;
  /** A switch's answer to its order. */
  onAck(switchId: string, ack: OrderAck): Promise<void>;
  onChange(listener: (event: LiveEvent) => void): void;
  openCounts(): Promise<{ readonly situations: number; readonly incidents: number }>;
  readonly routes: readonly Route[];
}

export function createRespond(options: RespondOptions): Respond {
  const contacts = createContactLog();
  const listeners: ((event: LiveEvent) => void)[] = [];
  const tell = (event: LiveEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const containments = createContainments({ ...options, tell });
  // A situation that grows must not make a contained device look merely suspect.
  const city: CityNeeds = {
    ...options.city,
    mark: (device, mark) => {
      if (!containments.covers(device)) options.city.mark(device, mark);
    },
  };
  const situations = createSituations({ ...options, city, tell, inContact: inContactBy(contacts) });
  const heldSites = createHeldSites({ ...options, situations, containments });
  const touched = (): Promise<void> => heldSites.look();
  const incidents = createIncidents({ ...options, city, situations, containments, contacts, tell, touched });
  return {
    start: async () => {
      await options.sql.migrate({ module: 'respond', folder: new URL('../migrations/', import.meta.url) });
      await situations.start();
      await containments.start();
      await heldSites.start();
    },
    stop: async () => {
      containments.stop();
      await heldSites.stop();
    },
    observe: (batch) => {
      for (const observed of batch) contacts.add(observed.body);
    },
    learn: (batch) => {
      for (const observed of batch) contacts.learn(observed.body);
    },
    onFinding: (finding) => situations.take(finding),
    onAck: (switchId, ack) => containments.onAck(switchId, ack),
    onChange: (listener) => listeners.push(listener),
    openCounts: async () => ({
      situations: (await situations.list('open')).length,
      incidents: (await incidents.list()).filter((incident) => incident.state === 'open').length,
    }),
    routes: respondRoutes({ situations, incidents, containments }),
  };
}

/** An unusual contact, either way, within the time. */
export function inContactBy(contacts: ContactLog): InContact {
  return (device, others, sinceMs) => {
    const view = contacts.view();
    const self = view.indexOf(device);
    if (self === undefined || view.length === 0) return false;
    const costOf = contactCost(view);
    const wanted = new Set([...others].flatMap((other) => view.indexOf(other) ?? []));
    for (let index = firstAfter(view, view.at[view.length - 1]! - sinceMs); index < view.length; index++) {
      const from = view.from[index]!;
      const to = view.to[index]!;
      if (((from === self && wanted.has(to)) || (to === self && wanted.has(from))) && costOf(index) < TRACE.usualCost)
        return true;
    }
    return false;
  };
}
