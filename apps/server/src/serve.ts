/** Starts what was wired, in order, and stops it in reverse. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Health } from '@cityward/contracts';
import { systemClock } from '@cityward/kernel';
import { createHttpListener, type HttpListener, type Route } from '@cityward/http';
import type { Identity } from '@cityward/identity';
import type { Log } from '@cityward/log';
import type { Config } from './config.ts';
import { createDeviceListener } from './device-listener.ts';
import { createMqttGateway, type MqttGateway } from './gateway-mqtt.ts';
import { createSyslogGateway, type SyslogGateway } from './gateway-syslog.ts';
import { openListenerCertificate, type ListenerCertificateParts, type ListenerTls } from './listener-certificate.ts';
import { createMenderDoor } from './mender-door.ts';
import { portalListener } from './portal-listener.ts';
import { publicKeyRoutes } from './public-keys.ts';
import { servicesListener } from './services-listener.ts';
import { learnHistory, learnUsualContacts } from './history.ts';
import { createLive } from './live.ts';
import { statusOf } from './problems.ts';
import { readRecording } from './recordings.ts';
import { createReplay, type Replay } from './replay.ts';
import { systemRoutes } from './system-routes.ts';
import { ticketsOf } from './ticket-shelf.ts';
import { visitRoutes } from './visit.ts';
import { originsOf, VERSION, type Modules } from './wire.ts';

const LEARN_JOB = 'learn-history';

/** Modules whose tables others need come first. */
export async function startModules(config: Config, modules: Modules): Promise<void> {
  const { dataFolder, seed, devices } = config;
  mkdirSync(join(dataFolder, 'keys'), { recursive: true, mode: 0o700 });
  await modules.ledger.start();
  await modules.city.start();
  if (!modules.city.isFounded()) await modules.city.found({ seed, devices });
  await modules.identity.start();
  await modules.watch.start();
  await modules.fleet.start();
  await modules.vault.start();
  await modules.sightings.start();
  await modules.dispatcher.start();
  await modules.sql.transact((tx) =>
    Promise.resolve(
      tx.record({
        module: 'policy',
        type: 'policy.loaded',
        actor: 'system',
        subject: 'policy',
        at: Date.now(),
        data: { hash: modules.policy.bundle.hash },
      }),
    ),
  );
}

export interface Listeners {
  readonly console: HttpListener;
  /** Pages of residents and professionals. */
  readonly portal: HttpListener;
  /** Tokens and the API for cloud services. */
  readonly services: HttpListener;
  stop(): Promise<void>;
}

export interface Opens {
  readonly log: Log;
  readonly consoleFolder: string;
  /** When certificates are renewed; for tests. */
  readonly renewal?: Pick<ListenerCertificateParts, 'clock' | 'every'>;
}

/** Opens every listener; the console's is the last, so that whoever sees a page finds all behind it. */
export async function openListeners(config: Config, modules: Modules, opens: Opens): Promise<Listeners> {
  const [{ identity, feed, local }, { log }] = [modules, opens];
  const certificate = await openListenerCertificate({
    clock: systemClock,
    ...opens.renewal,
    issue: () => identity.authority.serverCertificate(),
    ca: () => identity.authority.caPem,
    log: log.part('certificates'),
  });
  const { tls } = certificate;
  const opening = { config, modules, tls, log };
  const mqtt = (modules.mqtt = mqttGateway(opening));
  const est = estListener(opening);
  const [live, replay] = [liveOf(modules, log), replayOf(modules, log)];
  const devices = createDeviceListener({
    ...opening,
    common: common({ config, modules, log: log.part('ingest') }, config.ingestPort),
    isSimulated: simulatedIn(modules),
  });
  const [syslog, services] = [syslogGateway(opening), serviceApi(opening, routesOf(modules, replay))];
  const pages = consoleListener({ config, modules, log, replay, live, consoleFolder: opens.consoleFolder });
  const portal = portalListener({
    config,
    modules,
    common: common({ config, modules, log: log.part('portal') }, config.portalPort),
    routes: routesOf(modules, replay),
  });
  await mqtt.listener.start();
  // Orders to switches are retained in memory only: those of containments in force are sent anew from here.
  await modules.respond.start();
  for (const listener of [est, devices, syslog, services]) await listener.start();
  certificate.start([mqtt.listener.renew, devices.setTls, syslog.setTls, services.setTls]);
  live.start();
  feed.start();
  await modules.trust.start();
  await portal.start();
  await pages.start();
  await local.start(pages, `localhost:${config.consolePort}`);
  return {
    console: pages,
    portal,
    services,
    stop: async () => {
      certificate.stop();
      replay.stop();
      live.stop();
      await local.stop();
      await Promise.all([
        pages.stop(),
        portal.stop(),
        services.stop(),
        devices.stop(),
        est.stop(),
        syslog.stop(),
        mqtt.stop(),
      ]);
    },
  };
}

const estListener = ({ config, modules: { identity }, log }: Opening): ReturnType<Identity['createEstListener']> =>
  identity.createEstListener({
    host: 'localhost',
    port: config.estPort,
    log: log.part('est'),
    tickets: ticketsOf(config.dataFolder, log.part('est'), 'est'),
    knock: createMenderDoor(identity),
  });
const liveOf = (modules: Modules, log: Log): ReturnType<typeof createLive> =>
  createLive({
    ...modules,
    log: log.part('live'),
    observationsPerSecond: () => modules.feed.observationsPerSecond(),
  });
const replayOf = (modules: Modules, log: Log): Replay =>
  createReplay({
    ...modules,
    clock: systemClock,
    log: log.part('replay'),
    read: readRecording(modules.city),
    teach: teachBy(modules),
  });

const serviceApi = ({ config, modules, tls, log }: Opening, routes: readonly Route[]): HttpListener =>
  servicesListener({
    ...common({ config, modules, log: log.part('services') }, config.servicesPort),
    modules,
    tls: { ...tls, tickets: ticketsOf(config.dataFolder, log.part('services'), 'services') },
    routes,
  });

interface Pages extends Pick<Opening, 'config' | 'modules' | 'log'> {
  readonly replay: Replay;
  readonly live: ReturnType<typeof createLive>;
  readonly consoleFolder: string;
}

const consoleListener = ({ config, modules, log, replay, live, consoleFolder }: Pages): HttpListener =>
  createHttpListener({
    ...common({ config, modules, log: log.part('http') }, config.consolePort),
    allowedOrigins: originsOf(config),
    routes: routesOf(modules, replay),
    rawRoutes: [
      ...modules.ledger.logRoutes,
      ...modules.fleet.rawRoutes,
      ...modules.vault.rawRoutes,
      ...publicKeyRoutes(modules),
    ],
    statics: { folder: consoleFolder, fallback: 'index.html' },
    live: live.hub,
    metrics: metricsOf(modules),
    describe: { title: 'Cityward', version: VERSION },
    authenticate: (facts) => modules.access.authenticate(facts),
  });

const syslogGateway = ({ config, modules, tls, log }: Opening): SyslogGateway =>
  createSyslogGateway({
    ...modules,
    tls,
    tickets: ticketsOf(config.dataFolder, log.part('syslog'), 'syslog'),
    tlsPort: config.syslogTlsPort,
    plainPort: config.syslogPort,
    clock: systemClock,
    isSimulated: simulatedIn(modules),
    log: log.part('syslog'),
  });

interface Opening {
  readonly config: Config;
  readonly modules: Modules;
  readonly tls: ListenerTls;
  readonly log: Log;
}

const simulatedIn =
  ({ city }: Modules) =>
  (device: string): boolean =>
    city.record(device)?.simulated ?? false;

/** A hold or a revocation ends the device's connection at once; held ones may come back to their quarantine topics. */
function mqttGateway({ config, modules, tls, log }: Opening): MqttGateway {
  const { identity, access, ingest, respond, fleet } = modules;
  const onAck: Parameters<typeof createMqttGateway>[0]['onAck'] = (device, ack) => respond.onAck(device, ack);
  const gateway = createMqttGateway({
    port: config.mqttPort,
    tls,
    tickets: ticketsOf(config.dataFolder, log.part('mqtt'), 'mqtt'),
    identity,
    access,
    ingest,
    log: log.part('mqtt'),
    isSimulated: simulatedIn(modules),
    onAck,
    desk: fleet.desk,
    readings: fleet.baseline.take,
    gate: fleet.gate,
    alive: (device, at) => modules.city.observedAlive(device, at),
  });
  identity.onRefused((device, { way, code }) => fleet.departures.thefts.turnedAway(device, `${way}: ${code}`));
  identity.onStanding((device, standing) => {
    if (standing !== 'active') gateway.listener.disconnect(device);
  });
  identity.onTrust(({ subject }) => {
    if (subject.kind === 'device') gateway.judgeAnew(subject.id);
  });
  return gateway;
}

/** Names that a stranger's DNS could not point here. */
const hostsAt = (port: number): string[] => [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`];

function common({ modules, log }: Pick<Opening, 'config' | 'modules' | 'log'>, port: number) {
  const { access } = modules;
  return {
    host: 'localhost',
    port,
    allowedHosts: hostsAt(port),
    screen: access.screen.bind(access),
    authorise: access.authorise.bind(access),
    statusOf,
    log,
  };
}

function routesOf(modules: Modules, replay: Replay) {
  const { ledger, city, identity, watch, fleet, vault, respond, jobs } = modules;
  const system = systemRoutes({ health: () => healthOf(modules), jobs, identity, replay });
  return [
    ...ledger.routes,
    ...city.routes,
    ...identity.routes,
    ...watch.routes,
    ...fleet.routes,
    ...vault.routes,
    ...respond.routes,
    ...system,
    ...visitRoutes(modules),
  ];
}

export function healthOf({ sql, ledger, identity, vault, stream }: Modules): Health {
  const notes = [...ledger.status().notes];
  const { healthy, droppedUnread } = stream.stats();
  if (!healthy) notes.push('The stream cannot be written: observations are refused until the disk takes them again');
  if (droppedUnread > 0)
    notes.push(`${droppedUnread} observations were dropped at the hard limit before every reader had them`);
  const { replayed, unsaved, reminders } = identity.status();
  if (replayed > 0) notes.push(`${replayed} changes of standing were in the journal and not in SQL; they are in force`);
  if (unsaved > 0) notes.push(`${unsaved} changes of standing wait for SQL; they are in force`);
  const held = vault.status();
  if (held.gate.is === 'closed') notes.push(`The records of people are ${held.gateWords}`);
  if (held.broughtBack > 0)
    notes.push(
      `${held.broughtBack} things that the database of the records had forgotten were brought back from the ledger`,
    );
  if (held.unsaved > 0) notes.push(`${held.unsaved} changes of records or consents wait for SQL; they are in force`);
  if (held.damagedKeys > 0)
    notes.push(`${held.damagedKeys} keys of records are damaged: what they open cannot be read`);
  const storage = sql.engine === 'pglite' ? 'PGlite (embedded)' : 'PostgreSQL';
  const promise = `${sql.promise}. Stream, journal and ledger are written through to the disk before they are acknowledged`;
  return {
    status: unsaved + held.unsaved + held.damagedKeys > 0 || held.gate.is === 'closed' || !healthy ? 'degraded' : 'ok',
    storage,
    promise,
    version: VERSION,
    notes,
    reminders: [...reminders],
  };
}

function metricsOf({ stream, city, ingest, mqtt, ledger }: Modules): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('cityward_devices', 'Devices in the inventory', () => city.deviceIds().length);
  gauge('cityward_observations_taken', 'Observations acknowledged since start', () => ingest.stats().taken);
  gauge('cityward_observations_refused', 'Observations refused since start', () => ingest.stats().refused);
  gauge('cityward_stream_position', 'Last position of the stream', () => stream.last);
  gauge('cityward_stream_bytes', 'Bytes the stream keeps', () => stream.stats().bytes);
  gauge('cityward_mqtt_clients', 'Devices connected over MQTT', () => mqtt?.listener.stats().clients ?? 0);
  gauge('cityward_ledger_size', 'Entries under the signed checkpoint', () => ledger.status().size);
  return registry;
}

/** Teaching takes no place in the stream: it is not what happened here. */
const teachBy =
  ({ watch, respond }: Modules): Parameters<typeof createReplay>[0]['teach'] =>
  (flows, { id, ...reporter }) => {
    const observed = flows.map((body, index) => ({
      ...reporter,
      reporter: id,
      position: index - flows.length,
      received: body.at,
      body,
    }));
    watch.learn(observed);
    respond.learn(observed);
  };

/** Background work: the past of the reference city, learned once; its usual contacts, at each start. */
export async function startJobs(config: Config, modules: Modules): Promise<void> {
  const { jobs, watch } = modules;
  const { seed, devices } = config;
  jobs.define(LEARN_JOB, {
    title: () => 'Learn 14 days of simulated history',
    attemptsMax: 3,
    run: (_, { signal, progress }) => learnHistory({ ...modules, seed, devices, now: Date.now(), signal, progress }),
  });
  await jobs.start();
  if (!config.simulator) return;
  if (watch.hasLearned()) await learnUsualContacts({ ...modules, seed, devices, now: Date.now() });
  else await jobs.enqueue(null, LEARN_JOB, null);
}

export async function stopModules(modules: Modules): Promise<void> {
  modules.trust.stop();
  await modules.feed.stop();
  await modules.jobs.stop();
  await modules.respond.stop();
  await modules.sightings.stop();
  await modules.vault.stop();
  await modules.fleet.stop();
  await modules.watch.stop();
  await modules.identity.stop();
  await modules.dispatcher.stop();
  await modules.city.stop();
  await modules.ledger.stop();
  await modules.stream.close();
  await modules.sql.stop();
}

/** Where strangers get the log's key by another way than the log: printed at start and kept beside the data. */
export function writeVerifierKey(folder: string, { ledger }: Modules): void {
  writeFileSync(join(folder, 'ledger.vkey'), `${ledger.status().verifierKey}\n`);
}
