/** The site gateway of one real agent: cameras are handed over in a file at commissioning, and kept in files of their own from then on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isId, refuse, Secret } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { refusalLine } from './agent-changes.ts';
import type { Connection } from './connection.ts';
import type { Credential } from './credentials.ts';
import { enrolOnBehalf } from './est-client.ts';
import { createSiteGateway, type SiteGateway, type SiteGatewayParts } from './site-gateway/gateway.ts';
import { CAMERA_DRIVERS, type CameraDriver, type CameraRecord } from './site-gateway/records.ts';
import { download, type ContentHost } from './update/download.ts';
import { openOfficers, type PinnedOfficers } from './update/officers.ts';
import { proveWiped } from './update/wiping.ts';

const FILE_MAX_BYTES = 4_194_304;

export interface AgentGatewayParts {
  readonly device: string;
  readonly dataFolder: string;
  readonly log: Log;
  readonly est: { readonly url: string; readonly ca: string };
  readonly content: ContentHost;
  /** Cameras to take in; null when all are here already. */
  readonly camerasFile: string | null;
  readonly connection: () => Connection | null;
  readonly credential: () => Credential;
  /** How long it waits for cameras; as it is in the street where it is not said. */
  readonly gatewayTiming?: SiteGatewayParts['timing'];
}

const FOLDER = 'gateway';
/** Cameras were taken in before. */
export const isGateway = (dataFolder: string): boolean => existsSync(join(dataFolder, FOLDER, 'cameras'));

/** Whatever the device itself has pinned by now: it follows newer officers, its gateway only reads. */
const pinnedIn = (dataFolder: string): PinnedOfficers => ({
  get current() {
    return openOfficers(dataFolder, null, () => undefined).current;
  },
  follow: () => refuse('conflict', 'OFFICERS_NOT_FOLLOWED', 'follow officers: the device itself does'),
  look: () => undefined,
});

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** One entry of the file. @throws with what is missing */
function recordOf(value: unknown): CameraRecord {
  const entry = (value ?? {}) as Readonly<Record<string, unknown>>;
  const [device, url, serial, user, password] = ['device', 'url', 'serial', 'user', 'password'].map((name) =>
    text(entry[name]),
  );
  const driver = (text(entry['driver']) ?? 'vapix') as CameraDriver;
  const certificate = text(entry['certificate']);
  const wrong = (what: string): Error => new Error(`commission camera "${device ?? '?'}": want ${what}`);
  if (!device || !isId(device)) throw wrong('"device", its id in the city');
  if (!url || !/^https?:\/\/[^/]+$/u.test(url)) throw wrong('"url", such as https://10.0.0.5');
  if (url.startsWith('https:') && !certificate) throw wrong('"certificate", the one that it shows, as PEM');
  if (!serial || !user || !password)
    throw wrong('"serial", and "user" and "password" of the account made for this gateway');
  if (!CAMERA_DRIVERS.includes(driver)) throw wrong(`"driver" to be ${CAMERA_DRIVERS.join(' or ')}`);
  const login = { user, password: new Secret(password) };
  const rest = { next: null, past: null, pinned: certificate ? [certificate] : [], isOfCity: false };
  return { device, driver, url, serial, login, ...rest };
}

/** @throws when the file cannot be read or says too little */
export function readCameras(file: string): CameraRecord[] {
  const bytes = readFileSync(file);
  if (bytes.length > FILE_MAX_BYTES) throw new Error(`read cameras "${file}": want at most ${FILE_MAX_BYTES} bytes`);
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  if (!Array.isArray(value)) throw new Error(`read cameras "${file}": want a list`);
  return value.map(recordOf);
}

export function createAgentGateway(parts: AgentGatewayParts): SiteGateway {
  const { device, log, est } = parts;
  const gateway = createSiteGateway({
    gateway: device,
    folder: join(parts.dataFolder, FOLDER),
    officers: pinnedIn(parts.dataFolder),
    timing: parts.gatewayTiming ?? {},
    ca: est.ca,
    log,
    download: (wanted, write, signal) =>
      download({ host: parts.content, credential: parts.credential(), wanted }, write, signal),
    certify: (request) => enrolOnBehalf(est, parts.credential(), request),
    prove: (camera, report) => proveWiped(camera, parts.credential(), report),
    publish: (message, acknowledged) => parts.connection()?.publish('behalf', message, acknowledged) ?? false,
    tell: (report) => parts.connection()?.publish('readings', report) ?? false,
    alarm: (refusal, job) => void parts.connection()?.publish('obs', refusalLine(device, refusal, job)),
  });
  if (parts.camerasFile === null) return gateway;
  for (const record of readCameras(parts.camerasFile)) {
    if (gateway.holds(record.device)) continue;
    if (gateway.hasWiped(record.device, record.serial)) {
      log.warn('a camera was erased before and is not taken in again', { camera: record.device });
      continue;
    }
    gateway.commission(record);
    log.info('a camera was taken in', { camera: record.device });
  }
  log.warn('cameras were read; remove their file, it holds accounts', { file: parts.camerasFile });
  return gateway;
}
