/** One real device: enrols with its one-time code, keeps its key, connects, reports itself, and falls silent when it is told to. */
import { readFileSync } from 'node:fs';
import { freemem, loadavg, totalmem, uptime } from 'node:os';
import { parseArgs } from 'node:util';
import type { OrderAck, Status } from '@cityward/contracts';
import { isId, SECOND_MS } from '@cityward/kernel';
import { createLog, type Log } from '@cityward/log';
import { clockFault } from './clock-words.ts';
import { createAgentChanges, eraseRest, isLeaving, runningStatus } from './agent-changes.ts';
import { createAgentGateway, isGateway, type AgentGatewayParts } from './agent-gateway.ts';
import { createConnection, createGate, type Broker, type Connection } from './connection.ts';
import { isPrivate, openCredentials, type Credential, type Credentials } from './credentials.ts';
import { isFresh } from './enrolling.ts';
import { answerAsk, type Self } from './own-baseline.ts';
import { createLooks, type Looks } from './prober/looks.ts';
import type { Target } from './prober/probe.ts';
import { readSite } from './prober/site.ts';
import { createEstClient, EstRefused, type EstClient } from './est-client.ts';
import { isMain } from './is-main.ts';
import { endOf, readOrder, tooOld } from './switch.ts';
import type { SiteGateway } from './site-gateway/gateway.ts';
import type { Changes } from './update/changes.ts';
import type { ContentHost } from './update/download.ts';
import type { Bounds } from './update/settings.ts';
import type { Runs } from './update/work.ts';

const PERIOD_MS = 30 * SECOND_MS;
const RENEWAL_CHECK_MS = 3_600 * SECOND_MS;

export interface AgentOptions {
  readonly device: string;
  /** Only for the first start; null once there is a certificate. */
  readonly code: string | null;
  readonly est: { readonly url: string; readonly ca: string };
  readonly broker: Broker;
  readonly dataFolder: string;
  readonly log: Log;
  /** What it reports of itself; default: load, memory and uptime of this machine. */
  readonly measure?: () => Readonly<Record<string, number>>;
  readonly periodMs?: number;
  /** Where what jobs name is fetched; without it the device takes no changes. */
  readonly content?: ContentHost;
  /** The officers' document to pin at commissioning, handed over with the device and by no network. */
  readonly officersFile?: string | null;
  /** Cameras behind this device, handed over at commissioning: it is then their site gateway. */
  readonly camerasFile?: string | null;
  readonly gatewayTiming?: AgentGatewayParts['gatewayTiming'];
  /** Version of the firmware that it left the factory with. */
  readonly firmware?: string | null;
  readonly hardware?: string | null;
  readonly confirmMs?: number;
  /** It is the gateway of a site: where the devices of that site answer, by id. */
  readonly site?: ReadonlyMap<string, Target>;
  /** What a signed order may set, within these bounds, and what moves it (nothing but the record of it). */
  readonly settings?: Readonly<Record<string, Bounds>>;
  readonly move?: (name: string, to: number) => Promise<void>;
  /** Folder of its memory card, erased when it is wiped. */
  readonly card?: string | null;
}
export interface Agent {
  /** Resolves once it has its certificate and has begun to connect; rejects when it is refused one. */
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly online: boolean;
  /** True while an order tells it to be silent. */
  readonly quarantined: boolean;
  /** What it runs; null when it takes no changes. */
  readonly runs: Runs | null;
  /** Resolves when it has erased itself: nothing is left to be started again. */
  readonly wiped: Promise<void>;
}

export const measureMachine = (): Readonly<Record<string, number>> => ({
  load_1min: Math.round(loadavg()[0]! * 100) / 100,
  memory_pct: Math.round((1 - freemem() / totalmem()) * 1_000) / 10,
  uptime_h: Math.round(uptime() / 360) / 10,
});

/** The certificate to live with: the one in the file, renewed when it grows old, else a new one for the code. */
async function credentialFor(options: AgentOptions, est: EstClient, held: Credentials): Promise<Credential> {
  const own = held.get(options.device);
  if (own && isFresh(own, Date.now())) return own;
  if (own) {
    const renewed = await est.renew(options.device, own).catch((fault: unknown) => {
      // Refused after its end: only a new code brings it back, as at the first start.
      if (fault instanceof EstRefused && own.expires <= Date.now() && options.code !== null) return null;
      throw fault;
    });
    if (renewed) held.put(renewed);
    if (renewed) return renewed;
  }
  if (options.code === null) throw new Error(`enrol "${options.device}": want its one-time code for the first start`);
  const fresh = await est.enrol(options.device, options.code);
  held.put(fresh);
  return fresh;
}

interface Standing {
  version: number;
  silent: boolean;
}

/** Obeys an order about itself: silent on everything but the quarantine topic, until a newer order leaves it out. */
function follow(
  options: AgentOptions,
  standing: Standing,
  { connection, payload }: { connection: Connection; payload: Uint8Array },
): void {
  const read = readOrder(payload);
  if (!read.ok) return options.log.warn('got an order that cannot be read', { reason: read.error });
  const order = read.value;
  const now = Date.now();
  if (order.version < standing.version) return void connection.publish('ack', tooOld(standing.version, now));
  standing.version = order.version;
  const ends = endOf(order, now);
  standing.silent = order.devices.includes(options.device) && (ends === null || ends > now);
  const state = standing.silent ? 'quarantine-applied' : 'quarantine-lifted';
  const status: Status = { kind: 'status', at: now, subject: options.device, state };
  connection.publish('quarantine', status);
  const ack: OrderAck = { order: 'quarantine', version: order.version, at: now, result: 'applied' };
  connection.publish('ack', ack);
}

interface Link {
  readonly standing: Standing;
  connection: Connection | null;
  changes: Changes | null;
  gateway: SiteGateway | null;
  looks: Looks | null;
}

function report(options: AgentOptions, { standing, connection }: Link): void {
  if (standing.silent || !connection?.online) return;
  const values = (options.measure ?? measureMachine)();
  connection.publish('obs', { kind: 'telemetry', at: Date.now(), subject: options.device, values });
}

const selfOf = (options: AgentOptions, link: Link, credential: Credential): Self => ({
  device: options.device,
  settings: link.changes?.settings() ?? null,
  certificateUntil: credential.expires,
  keyIsPrivate: isPrivate(options.dataFolder),
  officers: link.changes?.officers ?? null,
  tls: link.connection?.protocol ?? null,
});

const dial = (options: AgentOptions, link: Link, credential: Credential): Connection =>
  createConnection({
    broker: options.broker,
    credential,
    gate: createGate(1),
    random: Math.random,
    takesOrders: true,
    takesChanges: link.changes !== null,
    reachable: () => true,
    events: {
      online: () => {
        report(options, link);
        link.gateway?.online();
        if (!link.changes) return;
        const { runs, officers } = link.changes;
        const self = { ...runs, officers, hardware: options.hardware ?? null };
        link.connection?.publish('obs', runningStatus(options.device, self));
        link.changes.online();
      },
      offline: () => {
        link.changes?.offline();
        link.gateway?.offline();
      },
      failed: (fault) => {
        const words = clockFault(fault, Date.now());
        if (words !== null) options.log.error(words);
      },
      ...(link.gateway ? { work: link.gateway.work } : {}),
      order: (payload) => {
        if (link.looks?.take(payload)) return;
        if (link.connection) follow(options, link.standing, { connection: link.connection, payload });
      },
      change: (payload) => link.changes?.take(payload),
      asked: (payload) => {
        const answer = answerAsk(payload, () => selfOf(options, link, credential), Date.now());
        if (answer && !link.standing.silent) link.connection?.publish('readings', answer);
        link.gateway?.asked(payload);
      },
    },
  });

async function dialAgain(options: AgentOptions, link: Link, credential: Credential): Promise<void> {
  await link.connection?.close();
  link.connection = dial(options, link, credential);
  link.connection.open();
}

function changesFor(
  options: AgentOptions,
  link: Link,
  { est, held, leave }: { readonly est: EstClient; readonly held: Credentials; readonly leave: () => void },
): Changes | null {
  if (!options.content) return null;
  return createAgentChanges({
    ...options,
    content: options.content,
    officersFile: options.officersFile ?? null,
    firmware: options.firmware ?? null,
    hardware: options.hardware ?? null,
    settings: options.settings ?? {},
    move: options.move ?? (() => Promise.resolve()),
    card: options.card ?? null,
    leave,
    connection: () => link.connection,
    credential: () => held.get(options.device)!,
    renew: async () => {
      const renewed = await est.renew(options.device, held.get(options.device)!);
      held.put(renewed);
      await dialAgain(options, link, renewed);
    },
  });
}

function looksFor({ site, device, log }: AgentOptions, link: Link): Link['looks'] {
  if (!site) return null;
  return createLooks({
    gateway: device,
    target: (id) => site.get(id) ?? null,
    publish: (result) => link.connection?.publish('ack', result),
    log,
  });
}

/** Only where cameras stand behind it. */
function gatewayFor(options: AgentOptions, link: Link, held: Credentials): SiteGateway | null {
  const { content, camerasFile = null } = options;
  if (!content || (camerasFile === null && !isGateway(options.dataFolder))) return null;
  return createAgentGateway({
    ...options,
    content,
    camerasFile,
    connection: () => link.connection,
    credential: () => held.get(options.device)!,
  });
}

const newLink = (): Link => ({
  standing: { version: 0, silent: false },
  connection: null,
  changes: null,
  gateway: null,
  looks: null,
});

export function createAgent(options: AgentOptions): Agent {
  const link = newLink();
  const est = createEstClient({ ...options.est, connections: 1 });
  const held = openCredentials(options.dataFolder);
  link.looks = looksFor(options, link);
  const timers: NodeJS.Timeout[] = [];
  const renewInTime = async (): Promise<void> => {
    const own = held.get(options.device);
    if (!own || isFresh(own, Date.now())) return;
    await dialAgain(options, link, await credentialFor(options, est, held));
  };
  const stop = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer);
    link.looks?.stop();
    link.changes?.stop();
    link.gateway?.stop();
    est.close();
    await link.connection?.close();
    held.close();
  };
  const wiped = Promise.withResolvers<void>();
  /** Keys first: whatever a power cut leaves after them is of no use to anybody. */
  const eraseSelf = (): void => {
    held.erase();
    eraseRest(options.dataFolder);
  };
  const leave = (): void => {
    link.changes?.stop();
    eraseSelf();
    stop().then(wiped.resolve, wiped.resolve);
  };
  return {
    wiped: wiped.promise,
    stop,
    start: async () => {
      if (options.content && isLeaving(options.dataFolder)) {
        eraseSelf();
        throw new Error(`start agent "${options.device}": it was wiped, commission it anew`);
      }
      const credential = await credentialFor(options, est, held);
      link.changes = changesFor(options, link, { est, held, leave });
      link.gateway = gatewayFor(options, link, held);
      await dialAgain(options, link, credential);
      timers.push(setInterval(() => report(options, link), options.periodMs ?? PERIOD_MS));
      const check = (): void => {
        renewInTime().catch((fault: unknown) => options.log.warn('renewal failed', { fault: String(fault) }));
      };
      timers.push(setInterval(check, RENEWAL_CHECK_MS));
    },
    get online() {
      return link.connection?.online ?? false;
    },
    get quarantined() {
      return link.standing.silent;
    },
    get runs() {
      return link.changes?.runs ?? null;
    },
  };
}

const HELP = `One device of a Cityward city.

  node tools/pinned.mjs apps/agent/src/agent.ts --id cam-9001 --code XXXX-XXXX --ca city-ca.pem --data ./cam-9001
      [--est https://localhost:8443] [--mqtt localhost:8883]

The code is needed once; key and certificate then stay in the data folder, readable by their owner only. So do the officers whose
signatures it takes: they are pinned from the file that was handed over with the device, and never come over the network.

With --cameras it is the gateway of the cameras in the file: a list of {device, url, serial, certificate, user, password}, each taken into
a file of its own that only its owner reads. Remove the list afterwards.
--site makes it the gateway of a site: it looks at those devices when the city asks, and at no others. The file is JSON, by device id:
{"cam-0007": {"host": "10.4.0.7", "httpPort": 80, "httpsPort": 443, "maker": "Axis"}}
`;

/** `NAME=LOW..HIGH`, each. */
function boundsOf(given: readonly string[]): Record<string, Bounds> {
  const bounds = given.map((text) => {
    const [, name, min, max] = /^([a-z][a-z0-9_]{0,39})=(-?[0-9.]+?)\.\.(-?[0-9.]+)$/u.exec(text) ?? [];
    if (!name || !(Number(min) <= Number(max))) throw new Error(`read setting "${text}": want NAME=LOW..HIGH`);
    return [name, { min: Number(min), max: Number(max) }] as const;
  });
  return Object.fromEntries(bounds);
}

function readOptions(): AgentOptions | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      id: text,
      code: text,
      ca: text,
      data: text,
      est: text,
      mqtt: text,
      content: text,
      officers: text,
      cameras: text,
      firmware: text,
      hardware: text,
      site: text,
      card: text,
      setting: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  const { id, ca, data } = values;
  if (values.help || !id || !ca || !data) return null;
  if (!isId(id)) throw new Error(`start agent "${id}": want 3 to 64 of a-z, 0-9 and -`);
  const [host, port] = (values.mqtt ?? 'localhost:8883').split(':');
  const pem = readFileSync(ca, 'utf8');
  return {
    device: id,
    code: values.code ?? null,
    est: { url: values.est ?? 'https://localhost:8443', ca: pem },
    broker: { host: host!, port: Number(port ?? 8883), ca: pem },
    content: { url: values.content ?? 'https://localhost:8444', ca: pem },
    officersFile: values.officers ?? null,
    camerasFile: values.cameras ?? null,
    firmware: values.firmware ?? null,
    hardware: values.hardware ?? null,
    ...(values.site === undefined ? {} : { site: readSite(readFileSync(values.site, 'utf8')) }),
    card: values.card ?? null,
    settings: boundsOf(values.setting ?? []),
    dataFolder: data,
    log: createLog({ level: 'info' }).part('agent'),
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) {
    process.stdout.write(HELP);
    return;
  }
  const agent = createAgent(options);
  const end = (): void => void agent.stop().then(() => process.exit(0));
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  void agent.wiped.then(() => process.exit(0));
  await agent.start();
  options.log.info('device runs', { device: options.device });
}

if (isMain(import.meta.url)) {
  main().catch((fault: unknown) => {
    process.stderr.write(`agent: ${(fault as Error).message}\n`);
    process.exit(1);
  });
}
