/** The one place that creates modules and hands them what they need. */
import { join } from 'node:path';
import { createCity, type City } from '@cityward/city';
import { createFleet, type Fleet } from '@cityward/fleet';
import { createIdentity, type Identity, type ProviderSettings } from '@cityward/identity';
import { createJobs, type Jobs } from '@cityward/jobs';
import { createLedger, type Ledger } from '@cityward/ledger';
import { systemClock, type Clock } from '@cityward/kernel';
import { thinned, type Log } from '@cityward/log';
import { openObjects, type Objects } from '@cityward/objects';
import { createPolicy, type Policy } from '@cityward/policy';
import { createRespond, type Respond } from '@cityward/respond';
import { createDispatcher, openSql, type Dispatcher, type SqlWithCommits } from '@cityward/sql';
import { openStream, type Stream } from '@cityward/stream';
import type { Vault } from '@cityward/vault';
import { createWatch, type Watch } from '@cityward/watch';
import { createAccess, isLifeSafety, metricsToken, type Access } from './access.ts';
import type { Config } from './config.ts';
import { CITY_NAME, consoleOrigin, partyName, portalOrigin } from './city-names.ts';
import { createFeed, type Feed } from './feed.ts';
import { fleetCity } from './fleet-city.ts';
import { gatePorts, leavingPorts } from './gate-ports.ts';
import { baselineSeen, createBaselineWorld } from './baseline-world.ts';
import type { MqttGateway } from './gateway-mqtt.ts';
import type { Polled } from './polled-devices.ts';
import { createIngest, type Ingest } from './ingest.ts';
import { createSightingsFor, type Sightings } from './sightings.ts';
import { runsTo } from './runs-to.ts';
import { createLocalSocket, type LocalSocket } from './local-socket.ts';
import { respondCity, switchOf } from './respond-city.ts';
import { createSpeaking } from './speaking.ts';
import { readWitnesses } from './witness-file.ts';
import { createSpokeAmiss } from './spoke-amiss.ts';
import { createTrustSources, type TrustSources } from './trust-sources.ts';
import { readableNeighbours } from './visit.ts';
import { createVaultFor } from './vault-ports.ts';

export const VERSION = '0.1.0';
const LOG_ORIGIN = 'port-merrow.cityward.example/ledger';
const STREAM_KEEP_BYTES = 2 * 2 ** 30;
const STREAM_KEEP_MS = 30 * 24 * 3_600_000;

export interface Storage {
  readonly sql: SqlWithCommits;
  readonly stream: Stream;
  readonly objects: Objects;
}
export interface Modules extends Storage {
  readonly ledger: Ledger;
  readonly city: City;
  readonly policy: Policy;
  readonly identity: Identity;
  readonly watch: Watch;
  readonly fleet: Fleet;
  readonly vault: Vault;
  readonly respond: Respond;
  readonly jobs: Jobs;
  readonly dispatcher: Dispatcher;
  readonly access: Access;
  readonly ingest: Ingest;
  readonly feed: Feed;
  /** What sensors saw of people, as pseudonyms. */
  readonly sightings: Sightings;
  /** What other modules know that bears on trust. */
  readonly trust: TrustSources;
  readonly local: LocalSocket;
  /** Set once the listener is there; until then orders to switches fail and are shown so. */
  mqtt: MqttGateway | null;
  /** Devices that poll; null until their listener is made. */
  polled: Pick<Polled, 'reaches'> | null;
}

export async function openStorage({ dataFolder, databaseUrl }: Config, log: Log): Promise<Storage> {
  const sql = await openSql({
    folder: join(dataFolder, 'sql'),
    cache: join(dataFolder, '.cache'),
    databaseUrl,
    log: log.part('sql'),
  });
  const stream = await openStream({
    folder: join(dataFolder, 'stream'),
    retainMaxBytes: STREAM_KEEP_BYTES,
    retainMaxAgeMs: STREAM_KEEP_MS,
    onNotice: ({ kind, message }) => log.part('stream').warn(message, { kind }),
  });
  const objects = await openObjects({ folder: join(dataFolder, 'objects') });
  return { sql, stream, objects };
}

export const originsOf = (config: Config): string[] => [consoleOrigin(config)];
export const simulatedNotice = ({ simulator }: Config): string | null =>
  simulator ? 'simulated devices, real protocols' : null;

/** Creates every module; nothing runs yet. */
export function createModules(config: Config, storage: Storage, log: Log): Modules {
  const clock: Clock = systemClock;
  const { sql, stream } = storage;
  const ledger = createLedgerFor(config, { sql, clock, log });
  const jobs = createJobs({ sql, log: log.part('jobs'), clock });
  const pulse = createPulse(() => made);
  const city = createCity({
    sql,
    clock,
    log: log.part('city'),
    files: storage.objects,
    timeline: pulse.timeline,
    pulse: pulse.now,
    readable: (reader, neighbours) => readableNeighbours(made, reader, neighbours),
  });
  const policy = createPolicyFor(log.part('policy'));
  const identity = createIdentityFor(config, { sql, city, clock, log, made: () => made });
  const watch = createWatchFor(config, { sql, clock, log, city });
  const respond = createRespondFor({ sql, clock, log, city, identity, watch, ledger, made: () => made });
  const fleet = createFleetFor(config, { storage, city, clock, log, identity, made: () => made });
  const held = { sql, clock, log, identity, ledger, city, fleet, cityName: CITY_NAME };
  const vault = createVaultFor(config, { ...held, access: () => made.access });
  const local = createLocalSocket(join(config.dataFolder, 'cityward.sock'));
  const access = createAccessFor(config, { policy, identity, city, local });
  const sightings = createSightingsFor(config, { log, vault });
  const ingest = createIngest({
    stream,
    clock,
    sightings,
    maySpeak: createSpeaking({ identity, access, city }),
    amiss: createSpokeAmiss({ identity, clock, log: log.part('ingest') }),
    runs: runsTo(fleet),
  });
  const { lostHealth } = fleet.desk;
  const feed = createFeed({ stream, watch, respond, city, identity, lostHealth, log: log.part('feed') });
  const trust = createTrustSources({ identity, city, watch, fleet, clock, log: log.part('trust') });
  const dispatcher = createDispatcher({ sql, handlers: [ledger.factHandler], log: log.part('dispatcher') });
  const made: Modules = {
    ...storage,
    ledger,
    city,
    policy,
    identity,
    watch,
    fleet,
    vault,
    respond,
    jobs,
    dispatcher,
    access,
    ingest,
    sightings,
    feed,
    trust,
    local,
    mqtt: null,
    polled: null,
  };
  return made;
}

const createAccessFor = (
  { dataFolder }: Config,
  parts: Pick<Modules, 'policy' | 'identity' | 'city' | 'local'>,
): Access => createAccess({ ...parts, metricsToken: metricsToken(join(dataFolder, 'metrics-token')) });

interface Shared {
  readonly sql: SqlWithCommits;
  readonly city: City;
  readonly clock: Clock;
  readonly log: Log;
  /** The finished modules: read when called, never while they are created. */
  readonly made: () => Modules;
}

const createLedgerFor = (
  { dataFolder, witnessesFile }: Config,
  { sql, clock, log }: Pick<Shared, 'sql' | 'clock' | 'log'>,
): Ledger =>
  createLedger({
    folder: join(dataFolder, 'ledger'),
    keyFile: join(dataFolder, 'keys', 'ledger.key'),
    origin: LOG_ORIGIN,
    witnesses: witnessesFile === undefined ? [] : readWitnesses(witnessesFile),
    sql,
    clock,
    log: log.part('ledger'),
  });

const createWatchFor = ({ dataFolder }: Config, { sql, clock, log, city }: Omit<Shared, 'made'>): Watch =>
  createWatch({ sql, folder: join(dataFolder, 'watch'), clock, log: log.part('watch'), kindOf: kindOf(city) });

/** A policy that errors may err on every request: its alarms are thinned. */
function createPolicyFor(log: Log): Policy {
  const alarms = thinned(log);
  return createPolicy({
    log,
    onFault: ({ principal, action, resource, faults }) =>
      alarms.error({ what: `policy could not decide "${action}" and denied`, who: principal }, { resource, faults }),
  });
}

const providerOf = ({
  oidcIssuer: issuer,
  oidcClientId: clientId,
  oidcClientSecretFile: secretFile,
}: Config): ProviderSettings | undefined =>
  issuer !== undefined && clientId !== undefined && secretFile !== undefined
    ? { issuer, clientId, secretFile }
    : undefined;

function createIdentityFor(config: Config, { sql, city, clock, log, made }: Shared): Identity {
  return createIdentity({
    sql,
    clock,
    log: log.part('identity'),
    folder: join(config.dataFolder, 'keys', 'identity'),
    cityName: CITY_NAME,
    directory: {
      device: (id) => city.record(id),
      siteOf: (id) => city.record(id)?.site ?? null,
      bySerial: (serial) => {
        const id = city.deviceBySerial(serial);
        return id === null ? null : city.record(id);
      },
      lastSeen: (id) => city.device(id)?.lastSeen ?? null,
      isLifeSafety: (id) => {
        const record = city.record(id);
        return record !== null && isLifeSafety(record);
      },
      isParty: (id) => city.node(id)?.kind === 'party',
      partyName: (id) => partyName(city, id),
      isSite: (id) => city.node(id)?.kind === 'site',
      switchOf: (id) => switchOf(city, id),
    },
    statusUrl: config.statusUrl,
    provider: providerOf(config),
    dormantDays: config.dormantDays,
    origins: originsOf(config),
    portal: portalOrigin(config),
    estUrl: `https://localhost:${config.estPort}`,
    servicesUrl: `https://localhost:${config.servicesPort}`,
    keepPassphrase: config.simulator,
    authorise: (principal, action, resource) => made().access.may(principal, action, resource),
    mayJoin: (id) => made().access.mayJoin(id).ok,
    accessUrl: `https://localhost:${config.ingestPort}`,
    acme: config.acme.size > 0 ? { addresses: config.acme, port: config.acmePort } : null,
    connected: (device) => made().mqtt?.isConnected(device) ?? false,
    officerKeys: () => made().fleet.officers.passkeys(),
    about: { notice: simulatedNotice(config), version: VERSION },
  });
}

function createFleetFor(
  config: Config,
  { storage, city, clock, log, identity, made }: Omit<Shared, 'sql'> & Pick<Modules, 'identity'> & { storage: Storage },
): Fleet {
  const said = log.part('fleet');
  const alarms = thinned(said);
  const isConnected = (device: string): boolean => made().mqtt?.isConnected(device) ?? false;
  const isCarried = (device: string): boolean => made().mqtt?.carries(device) ?? false;
  const view = fleetCity({
    city,
    identity,
    isReached: (device) => (made().mqtt?.reaches(device) ?? false) || (made().polled?.reaches(device) ?? false),
    isCarried,
    clock,
    shown: (device) => made().fleet.desk.shown(device),
  });
  const fleet = createFleet({
    sql: storage.sql,
    clock,
    log: said,
    objects: storage.objects,
    keyFolder: join(config.dataFolder, 'keys', 'fleet'),
    cityName: CITY_NAME,
    city: view,
    authorities: () => identity.authority.caPem.split(/(?<=-----END CERTIFICATE-----\n)/u),
    leaving: leavingPorts({
      city,
      identity,
      mqtt: () => made().mqtt,
      alarm: (device, words) => alarms.error({ what: 'a stolen device was seen', who: device }, { words }),
    }),
    gate: gatePorts({
      city,
      identity,
      mqtt: () => made().mqtt,
      baseline: (device) => baselineSeen(made().fleet, device),
    }),
    baseline: createBaselineWorld({
      city,
      identity,
      access: () => made().access,
      isConnected,
      isCarried,
      ask: (reader, ask) =>
        made().mqtt?.ask(reader, ask) ?? Promise.reject(new Error(`ask "${reader}": the listener is not open`)),
      timeServers: config.timeServers.split(','),
      log: said,
    }),
    alarm: (device, what, words) => {
      alarms.error({ what: `a device ${what} what it was told`, who: device }, { words });
      made().trust.alarmed(device, what, words);
    },
  });
  const lostHealth: Fleet['desk']['lostHealth'] = (device, reason) => {
    const counted = fleet.desk.lostHealth(device, reason);
    if (counted) made().trust.unwell(device, reason);
    return counted;
  };
  return { ...fleet, desk: { ...fleet.desk, lostHealth } };
}

function createRespondFor({
  sql,
  clock,
  log,
  city,
  identity,
  watch,
  ledger,
  made,
}: Shared & Pick<Modules, 'identity' | 'watch' | 'ledger'>): Respond {
  const said = log.part('respond');
  const tellRefusal = (what: string, device: string, message: string): void =>
    said.warn(`${what} was refused`, { device, message });
  return createRespond({
    sql,
    clock,
    log: said,
    city: respondCity(city),
    identity: {
      hold: async (device, order) => {
        const held = await identity.hold(device, order);
        if (!held.ok) tellRefusal('a hold', device, held.error.message);
      },
      release: async (device, order) => {
        const released = await identity.release(device, order);
        if (!released.ok) tellRefusal('a release', device, released.error.message);
      },
      enrolled: (device) => identity.standing(device) === 'active' || identity.standing(device) === 'held',
    },
    switches: {
      order: (id, order) =>
        made().mqtt?.order(id, order) ?? Promise.reject(new Error(`order "${id}": the MQTT listener is not open`)),
    },
    findings: { get: (id) => watch.get(id) },
    ledger: { entryOf: (fact) => ledger.entryOf(fact) },
    changes: {
      freeze: ({ incident, sites, until, reason }) =>
        made().fleet.freezes.freezeFor({ cause: incident, scopes: sites, until, reason, by: 'system' }),
      thaw: (incident) => made().fleet.freezes.thawFor(incident, 'system'),
      frozenFor: () => made().fleet.freezes.causes(),
    },
  });
}

/** Kinds for watch: class and model by device id or by address. */
const kindOf =
  (city: City) =>
  (
    node: string,
  ): {
    kind: string;
    class: NonNullable<ReturnType<City['record']>>['class'];
    name: string;
    ward: string | null;
    id?: string;
  } | null => {
    const byAddress = node.startsWith('ip:') ? city.deviceByIp(node.slice(3)) : null;
    const device = city.record(byAddress ?? node);
    if (!device) return null;
    const kind = `${device.class}/${device.model}`;
    return { kind, class: device.class, name: device.name, ward: device.ward, ...(byAddress ? { id: byAddress } : {}) };
  };

/** What the first screen and the device page want from modules that come after city. */
function createPulse(made: () => Modules) {
  let counts = { situations: 0, incidents: 0 };
  const refresh = async (): Promise<void> => {
    counts = await made().respond.openCounts();
  };
  return {
    now: () => {
      // Told from the last count, renewed behind the answer: the first screen never waits for another module's tables.
      refresh().catch(() => undefined);
      const history = made().watch.hasLearned() ? '14 days, simulated' : 'none yet';
      return {
        observationsPerSecond: made().feed.observationsPerSecond(),
        openSituations: counts.situations,
        openIncidents: counts.incidents,
        history,
      };
    },
    timeline: (device: string) => deviceTimeline(made(), device),
  };
}

const TIMELINE_ROWS = 50;

async function deviceTimeline({ ledger }: Modules, subject: string) {
  const entries = await ledger.entriesAbout(subject, TIMELINE_ROWS);
  return entries.map(({ at, type, text, actor, index }) => ({ at, type, text, actor, entry: index }));
}
