/**
 * The site gateway: holds the accounts of the cameras behind it, asks the city for their orders, verifies each itself, and changes
 * the cameras. The city never has an account, and a camera never has to trust the city.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  BEHALF_CONTENT_PATH,
  BEHALF_SEEN_MAX,
  WorkMessage,
  type BehalfMessage,
  type JobReport,
  type WipeProof,
} from '@cityward/contracts';
import type { BaselineReport } from '@cityward/contracts';
import { isId, MINUTE_MS, SECOND_MS, type Refusal } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { Compile } from 'typebox/compile';
import { createPost, pause as realPause, verifierOf } from '../update/changes.ts';
import { folderDisk, readJson, replaceJson, type Disk } from '../update/disk.ts';
import type { PinnedOfficers } from '../update/officers.ts';
import type { Updater } from '../update/updater.ts';
import type { Runs, UpdaterParts } from '../update/work.ts';
import { createGate, type Gate } from '../connection.ts';
import { createBaselineReader, type BaselineReader } from './baseline-reader.ts';
import { readInfo } from './camera-api.ts';
import { createCameraClient, CameraUnreachable, type CameraClient } from './camera-client.ts';
import { createCameraKeeper } from './camera-keeper.ts';
import { TIMING, type CameraParts, type Timing } from './camera-work.ts';
import { openImages, type Images } from './images.ts';
import { readOnvifInfo } from './onvif.ts';
import { placeOf, readRecord, writeRecord, type CameraRecord } from './records.ts';
import { openWipedCameras, type WipedCameras } from './wiped-cameras.ts';

const CAMERAS_FOLDER = 'cameras';
const RUNS_FILE = 'runs.json';
/** Cameras looked at, and cameras changed, at a time. */
export const LOOKS_AT_ONCE = 16;
export const CAMERAS_MAX = 10_000;
const ROUND_MS = MINUTE_MS;
/** A page that does not come is asked for again. */
const PAGE_WAIT_MS = 30 * SECOND_MS;
const WORK_MAX_BYTES = 65_536;

const workMessage = Compile(WorkMessage);

export interface SiteGatewayParts {
  readonly gateway: string;
  /** Of this gateway only; made when missing, for its owner only. */
  readonly folder: string;
  readonly officers: PinnedOfficers;
  /** PEM of the city's authority. */
  readonly ca: string;
  readonly log: Log;
  readonly download: UpdaterParts['download'];
  readonly certify: CameraParts['certify'];
  /** Signs for a camera that this gateway erased, with the key of its own certificate. */
  prove(camera: string, report: JobReport): WipeProof;
  /** QoS 1 on the topic `behalf`; false when it was not taken. */
  publish(message: BehalfMessage, acknowledged?: () => void): boolean;
  /** QoS 1 on the topic `readings`: how a camera is set up, for the baseline. */
  readonly tell?: (report: BaselineReport) => boolean;
  /** Told to the city in the gateway's own name. */
  alarm(refusal: Refusal, job: string | null, camera: string): void;
  /** Does the site's network let this gateway reach the camera? */
  readonly passes?: (camera: string) => boolean;
  readonly roundMs?: number;
  readonly timing?: Partial<Timing>;
  readonly clock?: () => number;
  readonly pause?: CameraParts['pause'];
}
export interface SiteGateway {
  online(): void;
  offline(): void;
  /** A message of the topic `work`, as it came. */
  work(payload: Uint8Array): void;
  /** A message of the topic `asks`, as it came: reads the cameras that it names. */
  asked(payload: Uint8Array): void;
  /** Takes a camera in, by whoever stands before it: from now on its account is here. Durable on return. */
  commission(record: CameraRecord): void;
  holds(camera: string): boolean;
  /** Whether this very camera was erased here: a list of before does not bring it back. */
  hasWiped(camera: string, serial: string): boolean;
  readonly cameras: readonly string[];
  /** Looks at every camera now, then tells the city and asks for work. */
  round(): Promise<void>;
  stop(): void;
}

/** A camera and all that is kept of it. */
interface Held {
  readonly device: string;
  readonly disk: Disk;
  record: CameraRecord;
  readonly client: CameraClient;
  readonly post: ReturnType<typeof createPost>;
  runs: Runs;
  keeper: Updater | null;
  /** Reached in the last round. */
  isSeen: boolean;
}

interface Core {
  readonly parts: SiteGatewayParts;
  readonly clock: () => number;
  readonly images: Images;
  readonly held: Map<string, Held>;
  readonly gate: Gate;
  readonly wiped: WipedCameras;
  isOnline: boolean;
}

const NOTHING: Runs = { firmware: null, document: null };
const runsIn = (disk: Disk): Runs => (readJson(disk, RUNS_FILE) as Runs | null) ?? NOTHING;

function show(one: Held, running: Partial<Runs>): void {
  const next = { ...one.runs, ...running };
  if (next.firmware === one.runs.firmware && next.document === one.runs.document) return;
  replaceJson(one.disk, RUNS_FILE, next);
  one.runs = next;
}

const sourceFor = (device: string, hash: string): string => `${BEHALF_CONTENT_PATH}${device}/${hash}`;

function cameraParts(core: Core, one: Held): CameraParts {
  const { parts, images, clock } = core;
  const { device, disk } = one;
  const from = <T extends { readonly sha256: string }>(wanted: T) => ({
    ...wanted,
    source: sourceFor(device, wanted.sha256),
  });
  return {
    disk,
    client: one.client,
    runs: () => one.runs,
    verify: verifierOf({ device, officers: parts.officers }),
    send: async (report) => {
      await one.post.send(report);
      // What was erased runs nothing that anybody should go by.
      if (isEnd(report) && !report.proof) tell(core, [one]);
    },
    proveWiped: (report) => parts.prove(device, report),
    leaves: () => forget(core, one),
    alarm: (refusal, job) => parts.alarm(refusal, job, device),
    failed: (fault) => parts.log.error('changes of a camera have stopped', { camera: device, fault: String(fault) }),
    clock,
    record: () => one.record,
    keepRecord: (record) => {
      writeRecord(disk, record);
      one.record = record;
      one.client.turnTo(placeOf(record, parts.ca));
    },
    shows: (running) => show(one, running),
    image: (wanted, signal) => images.image(from(wanted), signal),
    document: (wanted, signal) => images.document(from(wanted), signal),
    certify: parts.certify,
    ca: parts.ca,
    timing: { ...TIMING, ...parts.timing },
    pause: parts.pause ?? realPause,
  };
}

/** Written down first: whatever a power cut leaves of it is erased at the next start. */
function forget(core: Core, { device, record, keeper, client }: Held): void {
  keeper?.stop();
  client.hangUp();
  core.held.delete(device);
  core.wiped.add(device, record.serial);
  eraseCameraFolder(core, device);
  core.parts.log.info('a camera was erased, and is not looked after any more', { camera: device });
}

function eraseCameraFolder({ parts }: Core, device: string): void {
  const folder = join(parts.folder, CAMERAS_FOLDER, device);
  const disk = folderDisk(folder);
  for (const name of disk.list()) disk.erase(name);
  disk.close();
  rmSync(folder, { recursive: true, force: true });
}

function hold(core: Core, disk: Disk, record: CameraRecord): Held {
  const { device } = record;
  const publish: Parameters<typeof createPost>[0] = (report, acknowledged) =>
    core.parts.publish({ behalf: 'report', subject: device, report }, acknowledged);
  const one: Held = {
    device,
    disk,
    record,
    client: createCameraClient({ ...placeOf(record, core.parts.ca), clock: core.clock }),
    post: createPost(publish),
    runs: runsIn(disk),
    keeper: null,
    isSeen: false,
  };
  one.keeper = createCameraKeeper(cameraParts(core, one));
  one.post.isOnline = core.isOnline;
  core.held.set(device, one);
  one.keeper.start();
  return one;
}

/** Reads every record; a damaged one is told of, and its camera is not touched. */
function openAll(core: Core): void {
  const folder = join(core.parts.folder, CAMERAS_FOLDER);
  if (!existsSync(folder)) return;
  for (const device of readdirSync(folder).filter(isId).slice(0, CAMERAS_MAX)) {
    try {
      const disk = folderDisk(join(folder, device));
      const record = readRecord(disk);
      if (record && core.wiped.has(device, record.serial)) eraseCameraFolder(core, device);
      else if (record?.device === device) hold(core, disk, record);
    } catch (fault) {
      core.parts.log.error('a camera cannot be looked after', { camera: device, reason: (fault as Error).message });
    }
  }
}

/** Who is it, and what does it run? Another camera at the address is not seen. */
async function look(core: Core, one: Held): Promise<void> {
  const { record, client } = one;
  if (core.parts.passes && !core.parts.passes(one.device)) return void (one.isSeen = false);
  try {
    const info = record.driver === 'onvif' ? await readOnvifInfo(client, core.clock()) : await readInfo(client);
    one.isSeen = info.ok && info.value.serial === record.serial;
    if (one.isSeen && info.ok) show(one, { firmware: info.value.version });
    else if (info.ok)
      core.parts.log.warn('another camera answers at the address', { camera: one.device, serial: info.value.serial });
  } catch (fault) {
    if (!(fault instanceof CameraUnreachable)) throw fault;
    one.isSeen = false;
  }
}

const inGate = async (gate: Gate, act: () => Promise<void>): Promise<void> => {
  const leave = await new Promise<() => void>((resolve) => gate.enter(resolve));
  try {
    await act();
  } finally {
    leave();
  }
};

const ENDS: readonly JobReport['state'][] = ['done', 'failed', 'reverted'];
const isEnd = ({ state }: JobReport): boolean => ENDS.includes(state);

/** What a camera runs on trial is not told: until it is committed it may go back. */
const tellSeen = (core: Core): void =>
  tell(
    core,
    [...core.held.values()].filter(({ isSeen, keeper }) => isSeen && !keeper?.busy),
  );

function tell({ parts, clock }: Core, cameras: readonly Held[]): void {
  const seen = cameras.map(({ device, runs }) => ({ device, ...runs }));
  for (let from = 0; from < seen.length; from += BEHALF_SEEN_MAX)
    parts.publish({ behalf: 'seen', at: clock(), devices: seen.slice(from, from + BEHALF_SEEN_MAX) });
}

/** Asks page by page, one at a time; whatever a whole pass did not name is wanted no more. */
function createAsker(core: Core) {
  let pass: { after: string | null; readonly named: Set<string>; readonly until: number } | null = null;
  let again = false;
  const ask = (after: string | null, named: Set<string>): void => {
    const isSent = core.isOnline && core.parts.publish({ behalf: 'ask', after });
    pass = isSent ? { after, named, until: core.clock() + PAGE_WAIT_MS } : null;
  };
  const begin = (): void => {
    if (pass && core.clock() < pass.until) again = true;
    else ask(null, new Set());
  };
  return {
    begin,
    lose: (): void => {
      pass = null;
      again = false;
    },
    page: ({ after, orders, next }: Extract<WorkMessage, { work: 'page' }>): void => {
      if (!pass || pass.after !== after) return;
      const { named } = pass;
      for (const order of orders) {
        const one = core.held.get(order.leaf.device);
        if (!one) continue;
        named.add(one.device);
        one.keeper?.take(Buffer.from(JSON.stringify(order)));
      }
      // A page that leads nowhere new would be asked for for ever.
      if (next !== null && (after === null || next > after)) return ask(next, named);
      pass = null;
      for (const one of core.held.values())
        if (!named.has(one.device) && one.keeper?.busy) one.keeper.take(Buffer.alloc(0));
      if (!again) return;
      again = false;
      begin();
    },
  };
}

function readWork(payload: Uint8Array): WorkMessage | null {
  if (payload.length > WORK_MAX_BYTES) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return workMessage.Check(value) ? value : null;
  } catch {
    return null;
  }
}

/** Looks at every camera, tells the city, asks for work; again and again while there is a link. */
function createRounds(core: Core, asker: ReturnType<typeof createAsker>) {
  const { parts } = core;
  let timer: NodeJS.Timeout | null = null;
  const once = async (): Promise<void> => {
    await Promise.all([...core.held.values()].map((one) => inGate(core.gate, () => look(core, one))));
    if (!core.isOnline) return;
    tellSeen(core);
    asker.begin();
  };
  const rest = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
  };
  const begin = (): void => {
    rest();
    once()
      .catch((fault: unknown) => parts.log.error('a round of the site gateway failed', { fault: String(fault) }))
      .finally(() => {
        rest();
        if (core.isOnline) timer = setTimeout(begin, parts.roundMs ?? ROUND_MS).unref();
      });
  };
  return { once, begin, rest };
}

const readerOf = ({ parts, clock, held }: Core): BaselineReader =>
  createBaselineReader({
    clientOf: (camera) => (parts.passes && !parts.passes(camera) ? null : (held.get(camera)?.client ?? null)),
    publish: (report) => parts.tell?.(report) ?? false,
    clock,
    failed: (camera, fault) => parts.log.error('a camera could not be read', { camera, fault: String(fault) }),
  });

export function createSiteGateway(parts: SiteGatewayParts): SiteGateway {
  const clock = parts.clock ?? Date.now;
  const images = openImages(join(parts.folder, 'images'), parts.download);
  const wiped = openWipedCameras(parts.folder);
  const core: Core = { parts, clock, images, wiped, held: new Map(), gate: createGate(LOOKS_AT_ONCE), isOnline: false };
  const asker = createAsker(core);
  const reader = readerOf(core);
  const rounds = createRounds(core, asker);
  openAll(core);
  return {
    online: () => {
      core.isOnline = true;
      for (const { post } of core.held.values()) {
        post.isOnline = true;
        post.pump();
      }
      rounds.begin();
    },
    offline: () => {
      core.isOnline = false;
      rounds.rest();
      asker.lose();
      for (const { post } of core.held.values()) post.lose();
    },
    work: (payload) => {
      const message = readWork(payload);
      if (message?.work === 'page') asker.page(message);
      else if (message) asker.begin();
      else parts.log.warn('a message about work cannot be read', { gateway: parts.gateway });
    },
    commission: (record) => {
      const disk = folderDisk(join(parts.folder, CAMERAS_FOLDER, record.device));
      core.held.get(record.device)?.keeper?.stop();
      core.wiped.remove(record.device);
      writeRecord(disk, record);
      hold(core, disk, record);
    },
    asked: reader.take,
    holds: (camera) => core.held.has(camera),
    hasWiped: wiped.has,
    get cameras() {
      return [...core.held.keys()];
    },
    round: rounds.once,
    stop: () => {
      reader.stop();
      core.isOnline = false;
      rounds.rest();
      for (const { keeper, client } of core.held.values()) {
        keeper?.stop();
        client.hangUp();
      }
    },
  };
}
