/** The simulated devices themselves: each with its own connection and telemetry, switches with their reports and orders. */
import { hash32, HOUR_MS, MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import type { Status } from '@cityward/contracts';
import { isAwake, telemetryAt, TELEMETRY_PERIOD_MS, type PortMerrow } from '@cityward/city/reference';
import type { Log } from '@cityward/log';
import { createConnection, createGate, type Broker, type Connection, type ConnectionEvents } from './connection.ts';
import type { Credential } from './credentials.ts';
import type { Fabric } from './fabric.ts';
import type { Schedule } from './schedule.ts';
import { runningStatus, type Self } from './agent-changes.ts';
import { answerAsk, type Self as BaselineSelf } from './own-baseline.ts';
import type { SimulatedChanges } from './simulated-changes.ts';
import { createPassersBy, type PassersBy } from './passers-by.ts';
import { createLooks, type Looks } from './prober/looks.ts';
import type { Target } from './prober/probe.ts';
import type { SiteGateway } from './site-gateway/gateway.ts';
import type { Changes } from './update/changes.ts';
import type { Runs } from './update/work.ts';
import { lift, obey, readOrder, takeReports, type SiteSwitch } from './switch.ts';

export const CONNECT_AT_ONCE = 48;
const REPORT_PERIOD_MS = 5 * SECOND_MS;
/** How long a bin stays awake: to connect, report and say that it goes back to sleep. */
const AWAKE_MS = 20 * SECOND_MS;
/** Bins wake somewhere within their hour. */
const WAKING_SPREAD_MS = 55 * MINUTE_MS;
export const PLATFORM = 'ip:10.0.10.10';

export interface DevicesParts {
  readonly city: PortMerrow;
  readonly broker: Broker;
  readonly fabric: Fabric;
  readonly schedule: Schedule;
  readonly log: Log;
  readonly random: () => number;
  /** A device has erased itself: its key and certificate go. */
  readonly forget: (device: string) => void;
  /** A new key with a new certificate, kept in the place of the old. */
  readonly renew: (credential: Credential) => Promise<Credential>;
  /** Null: these devices take no changes. */
  readonly changes: SimulatedChanges | null;
  /** Where a device answers on its site's network; null for one that is not there. */
  readonly target: (device: string) => Target | null;
  /** Devices that their site's gateway changes, and the gateway that runs on a switch. */
  readonly carried?: Carried | null;
}
export interface Carried {
  isCarried(device: string): boolean;
  gatewayOn(link: GatewayLink): SiteGateway | null;
}
export interface GatewayLink {
  readonly gateway: string;
  readonly credential: Credential;
  readonly connection: () => Connection | undefined;
}
export interface Devices {
  /** Brings a device to life with its certificate. */
  add(credential: Credential): void;
  /** Devices that have been connected; sleepers that said good night count. */
  readonly connected: number;
  /** Cuts the link of a switch to the city, or mends it: cut, it neither reports nor learns. False for what is no switch here. */
  cutLink(id: string): boolean;
  mendLink(id: string): boolean;
  stop(): Promise<void>;
}

interface Life {
  readonly id: string;
  readonly index: number;
  /** A rotation makes another, and a link of its own with it. */
  credential: Credential;
  connection: Connection;
  readonly dial: (by: Credential) => Connection;
  /** Made for the first change: most devices never see one. */
  changes: Changes | null;
}

const status = (subject: string, state: Status['state'], at: number): Status => ({
  kind: 'status',
  at,
  subject,
  state,
});

/** Applies an order that came over MQTT, and answers it; nothing else ever changes what a switch drops. */
function follow(
  site: SiteSwitch,
  connection: () => Connection | undefined,
  { log, payload }: { log: Log; payload: Uint8Array },
): void {
  const read = readOrder(payload);
  if (!read.ok) {
    log.warn('a switch got an order that it cannot read', { switch: site.id, reason: read.error });
    return;
  }
  connection()?.publish('ack', obey(site, read.value, Date.now()));
}

interface Reporting {
  readonly schedule: Schedule;
  readonly passersBy: PassersBy;
}
function reportOften(site: SiteSwitch, connection: () => Connection, { schedule, passersBy }: Reporting): void {
  const report = (now: number): void => {
    if (lift(site, now)) connection().publish('obs', status(site.id, 'quarantine-lifted', now));
    if (connection().online) {
      for (const message of takeReports(site)) connection().publish('flows', message);
      const seen = passersBy.at(site.id, now);
      if (seen.length > 0) connection().publish('flows', seen);
    }
    schedule.at(now + REPORT_PERIOD_MS, report);
  };
  schedule.at(Date.now() + (hash32(site.id) % REPORT_PERIOD_MS), report);
}

/** What a device does with its connection: most report every half minute, bins sleep in between. */
function createHabits({ city, fabric, schedule }: DevicesParts) {
  const report = (life: Life, now: number): void => {
    if (!fabric.passes(life.id, PLATFORM)) return;
    const values = telemetryAt(city, life.id, now);
    life.connection.publish('obs', { kind: 'telemetry', at: now, subject: life.id, values });
  };
  const saltOf = (life: Life): number => city.wiring.salt[life.index]! >>> 0;
  return {
    keepReporting: (life: Life): void => {
      const again = (now: number): void => {
        report(life, now);
        schedule.at(now + TELEMETRY_PERIOD_MS, again);
      };
      // Spread over the period, so that a city does not speak all at once.
      schedule.at(Date.now() + (saltOf(life) % TELEMETRY_PERIOD_MS), again);
    },
    sleepAndWake: (life: Life): void => {
      const sleep = (now: number): void => {
        // Batteries or not: a change that has begun is finished awake.
        if (life.changes?.busy) return schedule.at(now + AWAKE_MS, sleep);
        life.connection.publish('obs', status(life.id, 'asleep', now));
        void life.connection.drained(AWAKE_MS).then(() => life.connection.close());
        let hour = Math.floor(now / HOUR_MS) + 1;
        while (!isAwake(city, life.index, hour)) hour++;
        schedule.at(hour * HOUR_MS + (saltOf(life) % WAKING_SPREAD_MS), wake);
      };
      const wake = (now: number): void => {
        life.connection.open();
        schedule.at(now + AWAKE_MS / 2, (later) => report(life, later));
        schedule.at(now + AWAKE_MS, sleep);
      };
      wake(Date.now());
    },
  };
}

interface Shared {
  readonly parts: DevicesParts;
  readonly lives: Map<string, Life>;
  readonly seen: Set<string>;
  readonly cut: Set<string>;
  readonly looks: Set<Looks>;
  readonly gateways: Set<SiteGateway>;
}

/** Goes on by the new certificate, on a link of its own. */
async function renewed(parts: DevicesParts, life: Life, cut: ReadonlySet<string>): Promise<void> {
  life.credential = await parts.renew(life.credential);
  await life.connection.close();
  life.connection = life.dial(life.credential);
  if (!cut.has(life.id)) life.connection.open();
}

/** Made when it is first asked for. */
function changesOf({ parts, cut }: Shared, life: Life): Changes | null {
  life.changes ??=
    parts.changes?.create({
      id: life.id,
      firmware: parts.city.devices[life.index]!.firmware,
      get credential() {
        return life.credential;
      },
      renew: () => renewed(parts, life, cut),
      connection: () => life.connection,
      mayDial: () => !cut.has(life.id),
      class: parts.city.devices[life.index]!.class,
      forget: () => {
        cut.add(life.id);
        parts.forget(life.id);
        void life.connection.close();
      },
    }) ?? null;
  return life.changes;
}

const runsOf = ({ parts }: Shared, life: Life): Runs =>
  life.changes?.runs ?? { firmware: parts.city.devices[life.index]!.firmware, document: null };

const selfOf = (shared: Shared, life: Life): Self => {
  const runs = runsOf(shared, life);
  return shared.parts.changes?.self(life.id, runs) ?? { ...runs, officers: null, hardware: null };
};

function takeChange(shared: Shared, credential: Credential, payload: Uint8Array): void {
  const life = shared.lives.get(credential.device);
  if (life && shared.parts.changes?.follow({ id: life.id, connection: () => life.connection }, payload))
    return void life.connection.publish('obs', runningStatus(life.id, selfOf(shared, life)));
  // Nothing to take back from a device that was never changed.
  if (!life || (payload.length === 0 && !life.changes)) return;
  const isNew = life.changes === null;
  const changes = changesOf(shared, life);
  if (isNew) changes?.online();
  changes?.take(payload);
}

/** A site switch looks at devices behind it, and at nobody else's. */
function looksOf({ parts, looks }: Shared, id: string, connection: () => Connection | undefined): Looks {
  const made = createLooks({
    gateway: id,
    target: (device) => (parts.fabric.switchOf(device)?.id === id ? parts.target(device) : null),
    publish: (result) => connection()?.publish('ack', result),
    log: parts.log,
  });
  looks.add(made);
  return made;
}

/** Settings of a device that was never changed are those of the factory: it has none that the city gave it. */
function baselineSelf(shared: Shared, credential: Credential): BaselineSelf {
  const { device } = credential;
  const life = shared.lives.get(device);
  const { expires } = life?.credential ?? credential;
  return {
    device,
    settings: life?.changes?.settings() ?? null,
    certificateUntil: expires,
    // All simulated devices keep theirs in one file of the simulator's owner.
    keyIsPrivate: true,
    officers: life ? (selfOf(shared, life).officers ?? null) : null,
    tls: life?.connection.protocol ?? null,
  };
}

function eventsFor(shared: Shared, credential: Credential): ConnectionEvents {
  const { parts, lives, seen } = shared;
  const id = credential.device;
  const site = parts.fabric.switches.get(id);
  const connection = (): Connection | undefined => lives.get(id)?.connection;
  const looks = site && looksOf(shared, id, connection);
  const gateway = site ? (parts.carried?.gatewayOn({ gateway: id, credential, connection }) ?? null) : null;
  if (gateway) shared.gateways.add(gateway);
  return {
    online: () => {
      seen.add(id);
      const life = lives.get(id);
      if (!life) return;
      // What a camera runs is its gateway's word.
      if (parts.carried?.isCarried(id)) return void life.connection.publish('obs', status(id, 'online', Date.now()));
      life.connection.publish('obs', runningStatus(id, selfOf(shared, life)));
      life.changes?.online();
      gateway?.online();
    },
    offline: () => {
      lives.get(id)?.changes?.offline();
      gateway?.offline();
    },
    ...(gateway ? { work: gateway.work } : {}),
    change: (payload) => takeChange(shared, credential, payload),
    asked: (payload) => {
      const answer = answerAsk(payload, () => baselineSelf(shared, credential), Date.now());
      if (answer) connection()?.publish('readings', answer);
      gateway?.asked(payload);
    },
    ...(site
      ? { order: (payload) => void (looks?.take(payload) || follow(site, connection, { log: parts.log, payload })) }
      : {}),
  };
}

export function createDevices(parts: DevicesParts): Devices {
  const { city, fabric, schedule } = parts;
  const gate = createGate(CONNECT_AT_ONCE);
  const habits = createHabits(parts);
  const passersBy = createPassersBy(city, fabric, parts.random);
  const lives = new Map<string, Life>();
  const seen = new Set<string>();
  const cut = new Set<string>();
  const shared: Shared = { parts, lives, seen, cut, looks: new Set(), gateways: new Set() };
  const isCarried = (id: string): boolean => parts.carried?.isCarried(id) ?? false;
  const linkOf = (id: string): Connection | undefined =>
    fabric.switches.has(id) ? lives.get(id)?.connection : undefined;
  return {
    add: (credential) => {
      const id = credential.device;
      const index = city.wiring.indexOf.get(id);
      if (index === undefined || lives.has(id)) return;
      const common = {
        ...{ broker: parts.broker, gate, random: parts.random },
        takesOrders: fabric.switches.has(id),
        takesChanges: parts.changes !== null && !isCarried(id),
        reachable: () => fabric.passes(id, PLATFORM),
        events: eventsFor(shared, credential),
      };
      const dial: Life['dial'] = (by) => createConnection({ ...common, credential: by });
      const life: Life = { id, index, credential, dial, connection: dial(credential), changes: null };
      lives.set(id, life);
      if (parts.changes?.knows(id) && !isCarried(id)) changesOf(shared, life);
      if (city.devices[index]!.class === 'waste-bin') return habits.sleepAndWake(life);
      life.connection.open();
      habits.keepReporting(life);
      const site = fabric.switches.get(id);
      if (site) reportOften(site, () => life.connection, { schedule, passersBy });
    },
    get connected() {
      return seen.size;
    },
    cutLink: (id) => {
      cut.add(id);
      void linkOf(id)?.close();
      return linkOf(id) !== undefined;
    },
    mendLink: (id) => {
      const link = cut.delete(id) ? linkOf(id) : undefined;
      link?.open();
      return link !== undefined;
    },
    stop: async () => {
      for (const one of shared.looks) one.stop();
      for (const gateway of shared.gateways) gateway.stop();
      for (const life of lives.values()) life.changes?.stop();
      await Promise.all([...lives.values()].map((life) => life.connection.close()));
    },
  };
}
