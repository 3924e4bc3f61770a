/** Hundreds of devices in one process, each with its own key, certificate and connection; started and ended by its parent. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isMain } from './is-main.ts';
import { createLog, type Log } from '@cityward/log';
import { SECOND_MS } from '@cityward/kernel';
import { portMerrow, type PortMerrow } from '@cityward/city/reference';
import { openCredentials, type Credential, type Credentials } from './credentials.ts';
import { beginLife } from './daily-life.ts';
import { refusalLine } from './agent-changes.ts';
import { createDevices, PLATFORM, type Carried, type Devices, type DevicesParts } from './devices.ts';
import { enrolAll, ENROL_AT_ONCE } from './enrolling.ts';
import { createEstClient, enrolOnBehalf, type EstClient } from './est-client.ts';
import { createFabric, type Fabric } from './fabric.ts';
import { createField, type Field } from './field.ts';
import { createInfection, planStory } from './infection.ts';
import { createSimulatedCameras, type SimulatedCameras } from './simulated-cameras.ts';
import { createSimulatedChanges, type SimulatedChanges } from './simulated-changes.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import { proveWiped } from './update/wiping.ts';
import { readCodes, readStart, type SimulatorStart, type StoryStart } from './start.ts';

const PROGRESS_MS = 250;
/** City life begins after this even when some device still has no connection. */
const CONNECT_WAIT_MS = 60 * SECOND_MS;
const STORY_STEP_MS = SECOND_MS / 2;
const STOP_MAX_MS = 4 * SECOND_MS;
/** How long the parent may take to make codes. */
const CODES_WAIT_MS = 120 * SECOND_MS;

/** To the parent, one at a time: IPC messages, or lines of JSON on standard output. */
export type Said =
  | { readonly enrolled: number; readonly connected: number; readonly total: number }
  | { readonly codesWanted: readonly string[] }
  | { readonly ready: { readonly failed: number; readonly cameras: number; readonly pumps: number } }
  | { readonly linkCut: string }
  | { readonly linkMended: string };
/** From the parent. */
export interface Told {
  readonly codes?: Readonly<Record<string, unknown>>;
  readonly cutLink?: unknown;
  readonly mendLink?: unknown;
}
export interface SimulatorParts {
  readonly start: SimulatorStart;
  readonly log: Log;
  readonly say: (said: Said) => void;
}
export interface Simulator {
  /** Resolves once every device has its certificate and is connected, or has failed to. */
  start(): Promise<void>;
  told(message: Told): void;
  stop(): Promise<void>;
}

/** Lets the story happen: each of its steps is a conversation over the same switches as everybody's. */
function beginStory(
  world: { city: PortMerrow; fabric: Fabric; schedule: Schedule },
  story: StoryStart,
  now: number,
): void {
  if (story.calm) return;
  const { city, fabric, schedule } = world;
  const chosen = Object.fromEntries(
    (['first', 'intruder', 'master', 'masterPort'] as const).flatMap((name) =>
      story[name] === null ? [] : [[name, story[name]]],
    ),
  );
  const infection = createInfection(
    city,
    planStory(city, { seed: story.seed ?? city.seed, startAt: now + story.afterMs, ...chosen }),
  );
  const step = (at: number): void => {
    for (const knock of infection.due(at)) infection.heard(knock, fabric.carry(knock.attempt, at), at);
    schedule.at(at + STORY_STEP_MS, step);
  };
  schedule.at(now + story.afterMs, step);
}

function codeDesk(parts: SimulatorParts) {
  let held: ReadonlyMap<string, string> = parts.start.codes;
  let wanted: { resolve(codes: ReadonlyMap<string, string>): void } | null = null;
  return {
    bring: (codes: ReadonlyMap<string, string>): void => {
      held = new Map([...held, ...codes]);
      wanted?.resolve(held);
    },
    codesFor: (devices: readonly string[]): Promise<ReadonlyMap<string, string>> => {
      const missing = devices.filter((device) => !held.has(device));
      if (missing.length === 0) return Promise.resolve(held);
      parts.say({ codesWanted: missing });
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(held), CODES_WAIT_MS);
        wanted = {
          resolve: (codes) => {
            clearTimeout(timer);
            resolve(codes);
          },
        };
      });
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What the parent says while devices run. */
const listener =
  (hears: { desk: ReturnType<typeof codeDesk>; devices: Devices; say: SimulatorParts['say'] }) =>
  ({ codes, cutLink, mendLink }: Told): void => {
    if (codes) hears.desk.bring(readCodes(codes));
    if (typeof cutLink === 'string' && hears.devices.cutLink(cutLink)) hears.say({ linkCut: cutLink });
    if (typeof mendLink === 'string' && hears.devices.mendLink(mendLink)) hears.say({ linkMended: mendLink });
  };

/** On a site's switch runs its gateway, for the cameras behind it that cannot check officers themselves. */
function carriedBy(cameras: SimulatedCameras, changes: SimulatedChanges, rest: CarryingParts): Carried {
  const { fabric, start, behalf } = rest;
  return {
    isCarried: cameras.isCarried,
    gatewayOn: ({ gateway, credential, connection }) =>
      cameras.gatewayOn({
        gateway,
        officers: changes.officers,
        ca: start.est.ca,
        download: changes.fetchFor({ id: gateway, credential }),
        certify: (request) => behalf(credential, request),
        prove: (camera, report) => proveWiped(camera, credential, report),
        publish: (message, acknowledged) => connection()?.publish('behalf', message, acknowledged) ?? false,
        tell: (report) => connection()?.publish('readings', report) ?? false,
        alarm: (refusal, job) => void connection()?.publish('obs', refusalLine(gateway, refusal, job)),
        passes: (camera) => fabric.passes(gateway, camera),
      }),
  };
}
interface CarryingParts {
  readonly fabric: Fabric;
  readonly start: SimulatorStart;
  readonly behalf: (gateway: Credential, request: Buffer) => Promise<string>;
}

function devicesOf(
  world: {
    city: PortMerrow;
    fabric: Fabric;
    schedule: Schedule;
    target: Field['target'];
    cameras: SimulatedCameras;
  },
  { start, log, forget, renew }: SimulatorParts & Pick<DevicesParts, 'forget' | 'renew'>,
): Devices {
  const passes = (device: string): boolean => world.fabric.passes(device, PLATFORM);
  const { content, dataFolder, mqtt: broker } = start;
  const changes = content && createSimulatedChanges({ dataFolder, content, log, passes });
  const behalf: CarryingParts['behalf'] = (gateway, request) => enrolOnBehalf(start.est, gateway, request);
  const carried = changes && carriedBy(world.cameras, changes, { fabric: world.fabric, start, behalf });
  return createDevices({ ...world, broker, log, random: Math.random, changes, carried, forget, renew });
}

const renewing =
  (est: EstClient, credentials: Credentials): DevicesParts['renew'] =>
  async (credential) => {
    const next = await est.renew(credential.device, credential);
    credentials.put(next);
    return next;
  };

const camerasOf = (city: PortMerrow, { start, log }: SimulatorParts): SimulatedCameras =>
  createSimulatedCameras({
    city,
    dataFolder: start.dataFolder,
    ports: { http: start.loopback.httpPort, https: start.loopback.httpsPort },
    most: start.loopback.cameras,
    log,
  });

export function createSimulator(parts: SimulatorParts): Simulator {
  const { start, log, say } = parts;
  const city = portMerrow(start.city);
  const fabric = createFabric(city);
  const schedule = createSchedule((fault) => log.error('a step of a device failed', { fault: String(fault) }));
  const field = createField(city, start.loopback);
  const cameras = camerasOf(city, parts);
  const est = createEstClient({ ...start.est, connections: ENROL_AT_ONCE });
  const credentials = openCredentials(start.dataFolder);
  const stopping = new AbortController();
  const { signal } = stopping;
  const desk = codeDesk(parts);
  const total = city.devices.length;
  let enrolled = 0;
  const devices = devicesOf(
    { city, fabric, schedule, target: field.target, cameras },
    { ...parts, forget: credentials.drop, renew: renewing(est, credentials) },
  );
  const progress = (): void => say({ enrolled, connected: devices.connected, total });
  let ticker: NodeJS.Timeout | null = null;
  const alive = (credential: Credential): void => {
    enrolled++;
    devices.add(credential);
  };

  /** Switches first, since the others' conversations are reported by them. */
  const order = [...city.devices].sort((a, b) => Number(b.class === 'site-switch') - Number(a.class === 'site-switch'));
  return {
    start: async () => {
      schedule.start();
      ticker = setInterval(progress, PROGRESS_MS);
      // Before the others: a camera's own address is answered by itself.
      const carried = start.content && start.loopback.enabled ? await cameras.start() : 0;
      const opened = await field.start();
      const result = await enrolAll(
        { est, credentials, log, signal, codesFor: desk.codesFor, enrolled: alive },
        order.map((device) => device.id),
      );
      est.close();
      const patience = Date.now() + CONNECT_WAIT_MS;
      while (devices.connected < enrolled && Date.now() < patience && !signal.aborted) await pause(PROGRESS_MS / 5);
      clearInterval(ticker);
      if (signal.aborted) return;
      progress();
      beginLife({ city, fabric, field, schedule }, Date.now());
      beginStory({ city, fabric, schedule }, start.story, Date.now());
      say({ ready: { failed: result.failed.length, ...opened, cameras: opened.cameras + carried } });
    },
    told: listener({ desk, devices, say }),
    stop: async () => {
      stopping.abort();
      if (ticker) clearInterval(ticker);
      schedule.stop();
      est.close();
      await Promise.race([Promise.all([devices.stop(), field.stop(), cameras.stop()]), pause(STOP_MAX_MS)]);
      credentials.close();
    },
  };
}

/** The start comes as a file (`simulator.ts FILE`), as the first message of the parent, or as the first line of input. */
async function readInput(tell: (message: Told) => void): Promise<unknown> {
  const file = process.argv[2];
  if (file !== undefined) {
    process.on('message', tell);
    return JSON.parse(readFileSync(file, 'utf8'));
  }
  if (process.send) {
    const [first] = (await once(process, 'message')) as [unknown];
    process.on('message', tell);
    return first;
  }
  const lines = createInterface({ input: process.stdin });
  const [first] = (await once(lines, 'line')) as [string];
  lines.on('line', (line) => tell(JSON.parse(line) as Told));
  lines.on('close', () => process.emit('SIGTERM'));
  return JSON.parse(first);
}

async function main(): Promise<void> {
  const log = createLog({ level: 'warn' }).part('simulator');
  const say = (said: Said): void => {
    if (process.send) process.send(said);
    else process.stdout.write(`${JSON.stringify(said)}\n`);
  };
  let simulator: Simulator | null = null;
  const early: Told[] = [];
  const tell = (message: Told): void => {
    if (simulator) simulator.told(message);
    else early.push(message);
  };
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(0), STOP_MAX_MS + SECOND_MS).unref();
    void (simulator?.stop() ?? Promise.resolve()).then(() => process.exit(0));
  };
  process.on('disconnect', end); // the parent is gone
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  const start = readStart(await readInput(tell), (path) => readFileSync(path, 'utf8'));
  simulator = createSimulator({ start, log, say });
  early.forEach((message) => simulator!.told(message));
  await simulator.start();
}

if (isMain(import.meta.url)) {
  main().catch((fault: unknown) => {
    process.stderr.write(`simulator: ${(fault as Error).message}\n`);
    process.exit(1);
  });
}
