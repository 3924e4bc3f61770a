/** Devices over MQTT: who connects, what they may publish and hear, and orders on their way to them. */
import { Compile } from 'typebox/compile';
import {
  OrderAck,
  parseTopic,
  topicOf,
  type ProbeOrder,
  type QuarantineOrder,
  type Resource,
} from '@cityward/contracts';
import type { BaselineAsk } from '@cityward/contracts';
import { ok, systemClock, type Refusal, type Result } from '@cityward/kernel';
import type { Identity } from '@cityward/identity';
import { thinned, type Log } from '@cityward/log';
import { createMqttListener } from '@cityward/mqtt';
import type { MqttListener, MqttListenerOptions, MqttMessage } from '@cityward/mqtt';
import type { Access } from './access.ts';
import type { CommissioningGate } from '@cityward/fleet';
import type { Desk } from './desk.ts';
import { createBehalf, type Behalf } from './gateway-behalf.ts';
import { createJobsGateway, type JobsGateway, type JobsGatewayParts } from './gateway-jobs.ts';
import { IngestRefusal, malformed, type Ingest, type Reporter } from './ingest.ts';
import { readJson } from './read-json.ts';

const orderAck = Compile(OrderAck);

export interface MqttGatewayParts {
  readonly port: number;
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
  readonly tickets?: NonNullable<MqttListenerOptions['tickets']>;
  readonly identity: Identity;
  readonly access: Access;
  readonly ingest: Ingest;
  readonly log: Log;
  readonly isSimulated: (device: string) => boolean;
  readonly onAck: (device: string, ack: OrderAck) => Promise<void>;
  /** Where changes are ordered and reported; without it devices get none. */
  readonly desk?: Desk;
  /** Takes what was read of how devices are set up. */
  readonly readings?: (reporter: string, payload: Uint8Array) => Promise<Result<void, Refusal>>;
  /** Where it goes what gateways saw of devices, and how devices connect. */
  readonly gate?: Pick<CommissioningGate, 'connected' | 'probed'>;
  /** A device behind a gateway was reached by it. */
  readonly alive?: (device: string, at: number) => void;
}
export interface MqttGateway {
  readonly listener: MqttListener;
  order(switchId: string, order: QuarantineOrder): Promise<void>;
  /** Not retained: a gateway that is away is not asked later. */
  look(gateway: string, order: ProbeOrder): Promise<void>;
  /** Asks how devices are set up; rejects where the reader is not connected. */
  ask(reader: string, ask: BaselineAsk): Promise<void>;
  isConnected(device: string): boolean;
  /** Whether a change would reach it now: by itself, or by the gateway that changes it. */
  reaches(device: string): boolean;
  /** Whether its gateway has said that it holds it, and may change it. */
  carries(device: string): boolean;
  /**
   * What is known of the device has changed: its live connection is judged anew. Subscriptions and orders that policy allows no
   * longer end at once; a device that may not speak on its own topic any more is cut, and may come back to its quarantine topic.
   */
  judgeAnew(device: string): void;
  stop(): Promise<void>;
}

export function createMqttGateway(parts: MqttGatewayParts): MqttGateway {
  const { access, log } = parts;
  /** Who speaks on each connection, made when it begins. */
  const online = new Map<string, Reporter>();
  const isConnected = (device: string): boolean => online.has(device);
  const listener = createMqttListener({
    host: ['127.0.0.1', '::1'],
    port: parts.port,
    tls: parts.tls,
    ...(parts.tickets ? { tickets: parts.tickets } : {}),
    log,
    prefixOf: (device) => topicOf(device, 'obs').slice(0, -'obs'.length),
    hooks: hooksOf(parts, { online, free: (device) => free.add(device), jobs: () => jobs, behalf: () => behalf }),
  });
  /** Orders stand on the topic of a device only while it may hear them. */
  const hears = (device: string): boolean =>
    isConnected(device) && access.mayAgain(access.device(device), 'subscribe', topicFor(device, 'jobs')).ok;
  const jobs = parts.desk
    ? jobsOver(listener, {
        desk: parts.desk,
        log,
        isConnected: hears,
        refused: (device, refusal) => refused(parts, device, refusal),
      })
    : null;
  const behalf = parts.desk ? behalfOver(listener, { ...parts, desk: parts.desk, isConnected }) : null;
  /** Connections that began, or went on, while their device might speak on its own topic. */
  const free = new Set<string>();
  return {
    listener,
    stop: () => {
      jobs?.stop();
      behalf?.stop();
      return listener.stop();
    },
    order: (switchId, order) =>
      listener.publish(topicOf(switchId, 'orders'), Buffer.from(JSON.stringify(order)), { retain: true, qos: 1 }),
    ask: (reader, ask) =>
      isConnected(reader)
        ? listener.publish(topicOf(reader, 'asks'), Buffer.from(JSON.stringify(ask)), { retain: false, qos: 1 })
        : Promise.reject(new Error(`ask "${reader}": it is not connected`)),
    look: (gateway, order) => (isConnected(gateway) ? lookOver(listener, gateway, order) : away(gateway)),
    isConnected,
    reaches: (device) => behalf?.reaches(device) ?? isConnected(device),
    carries: (device) => (behalf?.reaches(device) ?? null) !== null,
    judgeAnew: (device) => {
      if (!isConnected(device)) return;
      const speaks = speaksFreely(access, device);
      if (speaks) free.add(device);
      // Cut as a held device is: one that came back to its quarantine topic stays there.
      if (!speaks && free.delete(device)) listener.disconnect(device);
      else listener.reauthorise(device);
      jobs?.judgeAnew(device);
    },
  };
}

const topicResource = (name: string): Resource => ({ type: 'Topic', id: name, attributes: {} });
const topicFor = (device: string, leaf: Parameters<typeof topicOf>[1]): Resource =>
  topicResource(topicOf(device, leaf));
const speaksFreely = (access: Access, device: string): boolean =>
  access.mayAgain(access.device(device), 'publish', topicFor(device, 'obs')).ok;

interface Connections {
  readonly online: Map<string, Reporter>;
  /** The device may speak on its own topic on this connection. */
  readonly free: (device: string) => void;
  readonly jobs: () => JobsGateway | null;
  readonly behalf: () => Behalf | null;
}

function hooksOf(parts: MqttGatewayParts, { online, free, jobs, behalf }: Connections): MqttListenerOptions['hooks'] {
  const { identity, access } = parts;
  const thin = thinned(parts.log);
  const links = createLinks(parts);
  return {
    identify: ({ commonName, serial, protocol, cipher }): Result<void, Refusal> => {
      const admitted = identity.admit({ commonName, serial });
      return admitted.ok ? ok(links.made(commonName, { protocol, cipher })) : admitted;
    },
    subscribe: (device, name) => {
      const allowed = access.may(access.device(device), 'subscribe', topicResource(name));
      if (allowed.ok && parseTopic(name)?.leaf === 'jobs') jobs()?.subscribed(device);
      return allowed;
    },
    publish: (message, acknowledge) => {
      const { clientId } = message;
      const allowed = access.mayAgain(access.device(clientId), 'publish', topicResource(message.topic));
      if (!allowed.ok) return acknowledge(new IngestRefusal(allowed.error));
      const leaf = parseTopic(message.topic)?.leaf;
      if (leaf === 'ack') return takeAck(parts, message, acknowledge);
      if (leaf === 'report') return takeReport(jobs(), message, acknowledge);
      if (leaf === 'behalf') return takeBehalf(behalf(), message, acknowledge);
      if (leaf === 'readings') return takeReading(parts, message, acknowledge);
      // A will comes after its connection has ended.
      const reporter = online.get(clientId) ?? reporterOf(parts, clientId);
      parts.ingest.take(reporter, message.payload, acknowledge);
    },
    connected: (device) => {
      online.set(device, reporterOf(parts, device));
      if (speaksFreely(access, device)) free(device);
      links.connected(device);
      parts.desk?.seen(device, { firmware: null, document: null });
    },
    disconnected: (device) => {
      online.delete(device);
      links.ended(device);
      jobs()?.disconnected(device);
    },
    refused: ({ what, clientId, reason, code }) => {
      thin.info({ what: `MQTT ${what} refused`, who: clientId ?? 'nobody yet' }, { reason });
      if (code !== null) refused(parts, clientId ?? 'unknown', { code });
    },
  };
}

/** What a device said was refused and is over, or it was not let in: for the evidence. */
const refused = (
  { identity }: Pick<MqttGatewayParts, 'identity'>,
  device: string,
  { code }: Pick<Refusal, 'code'>,
): void => identity.refused(device, { way: 'MQTT', code });

/** How each device connected: told to the gate once the connection stands. */
function createLinks({ gate }: MqttGatewayParts) {
  const links = new Map<string, { readonly protocol: string; readonly cipher: string }>();
  return {
    made: (device: string, link: { readonly protocol: string; readonly cipher: string }): void =>
      void links.set(device, link),
    connected: (device: string): void => {
      const link = links.get(device);
      if (link) gate?.connected(device, link);
    },
    ended: (device: string): void => void links.delete(device),
  };
}

const lookOver = (listener: MqttListener, gateway: string, order: ProbeOrder): Promise<void> =>
  listener.publish(topicOf(gateway, 'orders'), Buffer.from(JSON.stringify(order)), { retain: false, qos: 1 });
const away = (gateway: string): Promise<never> =>
  Promise.reject(new Error(`ask "${gateway}" to look: it is not connected`));

const jobsOver = (listener: MqttListener, rest: Omit<JobsGatewayParts, 'publish'>): JobsGateway =>
  createJobsGateway({
    ...rest,
    publish: (name, payload, retain) => listener.publish(name, payload, { retain, qos: 1 }),
  });

interface Carrying extends Pick<MqttGatewayParts, 'identity' | 'access' | 'log' | 'alive'> {
  readonly desk: Desk;
  isConnected(gateway: string): boolean;
}
const behalfOver = (listener: MqttListener, parts: Carrying): Behalf =>
  createBehalf({
    desk: parts.desk,
    clock: systemClock,
    log: parts.log,
    mayCarry: (gateway, device) => {
      const { identity, access } = parts;
      const resource = {
        type: 'Device',
        id: device,
        attributes: { gateway: identity.gatewayOf(device) ?? '' },
      } as const;
      return access.may(access.device(gateway), 'carryChange', resource);
    },
    publish: (name, payload) => listener.publish(name, payload, { retain: false, qos: 1 }),
    isConnected: parts.isConnected,
    refused: (gateway, refusal) => refused(parts, gateway, refusal),
    alive: (device, at) => parts.alive?.(device, at),
  });

function takeBehalf(
  behalf: Behalf | null,
  { clientId, payload }: MqttMessage,
  acknowledge: (fault: Error | null) => void,
): void {
  if (behalf) behalf.take(clientId, payload, acknowledge);
  else acknowledge(new Error(`take what "${clientId}" says of others: nothing is ordered here`));
}

const reporterOf = ({ isSimulated }: MqttGatewayParts, device: string): Reporter => ({
  id: device,
  gateway: 'mqtt',
  authenticated: true,
  replay: false,
  simulated: isSimulated(device),
});

function takeReport(
  jobs: JobsGateway | null,
  { clientId, payload }: MqttMessage,
  acknowledge: (fault: Error | null) => void,
): void {
  if (jobs) jobs.report(clientId, payload, acknowledge);
  else acknowledge(new Error(`take a report of "${clientId}": nothing is ordered here`));
}

/** A reading that is refused is over, and is not sent again; one that could not be saved is. */
function takeReading(
  parts: MqttGatewayParts,
  { clientId, payload }: MqttMessage,
  acknowledge: (fault: Error | null) => void,
): void {
  const { readings, log } = parts;
  if (!readings) return acknowledge(new Error(`take a reading of "${clientId}": nothing is read here`));
  readings(clientId, payload).then((taken) => {
    if (!taken.ok) {
      log.info('a reading was refused', { device: clientId, reason: taken.error.message });
      refused(parts, clientId, taken.error);
    }
    acknowledge(null);
  }, acknowledge);
}

function takeAck(parts: MqttGatewayParts, message: MqttMessage, acknowledge: (fault: Error | null) => void): void {
  const ack = readJson(message.payload);
  if ((ack as { order?: unknown } | null)?.order === 'probe') return takeLook(parts, message, acknowledge);
  if (!orderAck.Check(ack))
    return acknowledge(
      malformed('ANSWER_MALFORMED', `read an answer of "${message.clientId}": it is not an order's answer`),
    );
  parts.onAck(message.clientId, ack).then(() => acknowledge(null), acknowledge);
}

/** Refused or not, it is over: sending it again would change nothing. */
function takeLook(
  parts: MqttGatewayParts,
  { clientId, payload }: MqttMessage,
  acknowledge: (fault: Error | null) => void,
): void {
  const { gate, log } = parts;
  if (!gate) return acknowledge(new Error(`take what "${clientId}" saw: nobody asked`));
  gate.probed(clientId, payload).then((taken) => {
    if (!taken.ok) {
      log.warn('what a gateway saw was refused', { gateway: clientId, reason: taken.error.message });
      refused(parts, clientId, taken.error);
    }
    acknowledge(null);
  }, acknowledge);
}
