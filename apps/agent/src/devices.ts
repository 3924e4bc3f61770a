/** The simulated devices themselves: each with its own connection and telemetry, switches with their reports and orders. */
import { hash32, HOUR_MS, MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import type { Status } from '@cityward/contracts';
import { isAwake, telemetryAt, TELEMETRY_PERIOD_MS, type PortMerrow } from '@cityward/city/reference';
import type { Log } from '@cityward/log';
import { createConnection, createGate, type Broker, type Connection, type ConnectionEvents } from './connection.ts';
import type { Credential } from './credentials.ts';
import type { Fabric } from './fabric.ts';
import type { Schedule } from './schedule.ts';
import { lift, obey, readOrder, takeReports, type SiteSwitch } from './switch.ts';

export const CONNECT_AT_ONCE = 48;
const REPORT_PERIOD_MS = 5 * SECOND_MS;
/** How long a bin stays awake: to connect, report and say that it goes back to sleep. */
const AWAKE_MS = 20 * SECOND_MS;
/** Bins wake somewhere within their hour. */
const WAKING_SPREAD_MS = 55 * MINUTE_MS;
const PLATFORM = 'ip:10.0.10.10';

export interface DevicesParts {
  readonly city: PortMerrow;
  readonly broker: Broker;
  readonly fabric: Fabric;
  readonly schedule: Schedule;
  readonly log: Log;
  readonly random: () => number;
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
  readonly connection: Connection;
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
  const ack = obey(site, read.value, Date.now());
  if (ack) connection()?.publish('ack', ack);
}

function reportOften(site: SiteSwitch, connection: Connection, schedule: Schedule): void {
  const report = (now: number): void => {
    if (lift(site, now)) connection.publish('obs', status(site.id, 'quarantine-lifted', now));
    if (connection.online) for (const message of takeReports(site)) connection.publish('flows', message);
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

export function createDevices(parts: DevicesParts): Devices {
  const { city, fabric, schedule } = parts;
  const gate = createGate(CONNECT_AT_ONCE);
  const habits = createHabits(parts);
  const lives = new Map<string, Life>();
  const seen = new Set<string>();
  const cut = new Set<string>();

  const eventsFor = (id: string): ConnectionEvents => {
    const site = fabric.switches.get(id);
    const connection = (): Connection | undefined => lives.get(id)?.connection;
    return {
      online: () => {
        seen.add(id);
        connection()?.publish('obs', status(id, 'online', Date.now()));
      },
      ...(site ? { order: (payload) => follow(site, connection, { log: parts.log, payload }) } : {}),
    };
  };
  const linkOf = (id: string): Connection | undefined =>
    fabric.switches.has(id) ? lives.get(id)?.connection : undefined;
  return {
    add: (credential) => {
      const id = credential.device;
      const index = city.wiring.indexOf.get(id);
      if (index === undefined || lives.has(id)) return;
      const connection = createConnection({
        broker: parts.broker,
        credential,
        gate,
        random: parts.random,
        takesOrders: fabric.switches.has(id),
        reachable: () => fabric.passes(id, PLATFORM),
        events: eventsFor(id),
      });
      const life: Life = { id, index, connection };
      lives.set(id, life);
      if (city.devices[index]!.class === 'waste-bin') return habits.sleepAndWake(life);
      connection.open();
      habits.keepReporting(life);
      const site = fabric.switches.get(id);
      if (site) reportOften(site, connection, schedule);
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
      await Promise.all([...lives.values()].map((life) => life.connection.close()));
    },
  };
}
