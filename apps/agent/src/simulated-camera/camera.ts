/** One simulated camera: its flash, its interfaces, its restarts, and what a test lets go wrong with it. */
import { DIGEST_ALGORITHMS, type DigestAlgorithm } from '../camera-wire/digest.ts';
import { createSecureContext, type SecureContext } from 'node:tls';
import { randomUUID, X509Certificate } from 'node:crypto';
import { SECOND_MS } from '@cityward/kernel';
import { answerAccounts, createAccounts, type Accounts, type Entry } from './accounts.ts';
import { answerJson, html, json, NOT_FOUND, text } from './answers.ts';
import type { CameraAnswer, CameraRequest, JsonApi } from './answers.ts';
import { answerCard, type CardFault } from './card.ts';
import { answerCertificates, answerEst, CERT_BASE, EST_BASE, newCameraKey } from './certificates.ts';
import { PowerCut, firmwareApi, rollBackInTime, startFirmware, upgrade, type FirmwareMoment } from './firmware.ts';
import { factoryFlash, type Flash, type FlashStore } from './flash.ts';
import { answerParameters, parameter, type CameraProperties } from './parameters.ts';
import {
  answerSettings,
  apiDiscovery,
  applications,
  basicDeviceInfo,
  discover,
  hasEstClient,
  jsonApis,
  systemReady,
} from './settings.ts';
import { answerOnvif, answerVapixServices, ONVIF_SERVICE, ONVIF_UPLOAD, soapFault, VAPIX_SERVICES } from './soap.ts';
import { boundaryOf, formUpload, rawUpload, type Upload } from './upload.ts';

export const FIRMWARE_CGI = '/axis-cgi/firmwaremanagement.cgi';
export const BASIC_INFO = '/axis-cgi/basicdeviceinfo.cgi';
const SYSTEM_READY = '/axis-cgi/systemready.cgi';
const RESTART_MS = 40 * SECOND_MS;
const LOG_MAX = 2_000;

export interface CameraFacts extends CameraProperties {
  /** Version that it left the factory with. */
  readonly firmware: string;
}
/** What goes wrong with a camera; a test sets it while the camera runs. */
export interface CameraFaults {
  /** The power goes at this moment of an upgrade, once. */
  powerCutAt: FirmwareMoment | null;
  /** The version that it claims, whatever runs. */
  shows: string | null;
  isBusy: boolean;
  /** This call of a JSON interface is answered with this number, as by firmware whose interface is another. */
  refuses: { readonly call: string; readonly code: number } | null;
  /** Connections are cut when this path is asked for; of one method only where it is named, as in `firmwaremanagement.cgi#commit`. */
  dropsAt: string | null;
  /** How wrong its clock is. */
  clockOffMs: number;
  /** Its port does not let it in by 802.1X: `shut` out, or into a `guest` network where it is still reached. */
  port: 'open' | 'shut' | 'guest';
  /** Unplugged. */
  isOff: boolean;
  card: CardFault;
}
export interface CameraParts {
  readonly facts: CameraFacts;
  readonly clock?: () => number;
  readonly restartMs?: number;
  readonly store?: FlashStore;
  /** Digests that it offers. */
  readonly algorithms?: readonly DigestAlgorithm[];
}
export interface Logged {
  readonly method: string;
  readonly path: string;
  /** Of a JSON interface: what was called. */
  readonly call: string | null;
  readonly user: string | null;
}
export interface SimulatedCamera {
  readonly facts: CameraFacts;
  readonly flash: Flash;
  readonly faults: CameraFaults;
  /** Everything that it was asked, also what it refused. */
  readonly log: readonly Logged[];
  /** False while it starts, is off, runs what does not start, or has locked itself out by 802.1X. */
  isUp(): boolean;
  /** Takes an image as it arrives; null where this request brings none. The power goes by PowerCut. */
  uploadOf(request: CameraRequest): Upload | null;
  /** @param upload that came with the request; throws PowerCut where nobody is answered any more */
  answer(request: CameraRequest, upload: Upload | null): CameraAnswer;
  /** What it shows in TLS now. */
  context(): SecureContext;
  /** The certificate of its web server, PEM. */
  certificate(): string;
  powerCut(): void;
  /** Called whenever its connections end: a restart, a power cut, another certificate. */
  onHangUp(listener: () => void): void;
}

interface Core {
  readonly facts: CameraFacts;
  readonly flash: Flash;
  readonly faults: CameraFaults;
  readonly accounts: Accounts;
  readonly log: Logged[];
  readonly clock: () => number;
  /** The camera's own, which may be wrong. */
  readonly now: () => number;
  readonly restartMs: number;
  readonly save: () => void;
  readonly hangUp: () => void;
  upFrom: number;
  /** Open for one ONVIF image. */
  upload: string | null;
  secure: { readonly key: string; readonly context: SecureContext } | null;
}

const NO_FAULTS: CameraFaults = {
  powerCutAt: null,
  shows: null,
  isBusy: false,
  refuses: null,
  dropsAt: null,
  clockOffMs: 0,
  port: 'open',
  isOff: false,
  card: null,
};

function createCore(
  { facts, clock = Date.now, restartMs = RESTART_MS, store, algorithms = DIGEST_ALGORITHMS }: CameraParts,
  hangUp: () => void,
): Core {
  const faults = { ...NO_FAULTS };
  const now = (): number => clock() + faults.clockOffMs;
  const own = store?.load();
  const flash = own ?? factoryFlash(facts.firmware, newCameraKey(`axis-${facts.serial}`, [], clock()));
  const save = (): void => store?.save(flash);
  if (!own) save();
  const accounts = createAccounts({ realm: `AXIS_${facts.serial}`, flash, now, algorithms });
  return {
    facts,
    flash,
    faults,
    accounts,
    log: [],
    clock,
    now,
    restartMs,
    save,
    hangUp,
    upFrom: 0,
    upload: null,
    secure: null,
  };
}

/** Down for as long as it starts; whatever was staged runs from then on. */
function restart(core: Core): void {
  core.upFrom = core.clock() + core.restartMs;
  core.upload = null;
  startFirmware(core.flash, core.upFrom);
  core.save();
  core.hangUp();
}

/** Time passes: an upgrade that nobody committed has gone back by itself. */
function settle(core: Core): void {
  const was = core.flash.firmware.rollbackAt ?? 0;
  if (!rollBackInTime(core.flash, core.clock())) return;
  core.upFrom = Math.max(core.upFrom, was + core.restartMs);
  core.save();
  core.hangUp();
}

/** A network that asks for 802.1X does not let in a camera that holds a certificate which is not valid by its own clock. */
function isLockedOut({ flash, faults, now }: Core): boolean {
  const { enabled, certClient } = flash.wired;
  const entry = flash.keys[certClient];
  if (!enabled || !entry) return false;
  if (faults.port === 'shut') return true;
  const { validFrom, validTo } = new X509Certificate(entry.certificate);
  return now() < Date.parse(validFrom) || now() > Date.parse(validTo);
}

function isUp(core: Core): boolean {
  settle(core);
  const { faults, flash } = core;
  return !faults.isOff && core.clock() >= core.upFrom && flash.firmware.active.starts === 'well' && !isLockedOut(core);
}

const firmwareOf = (core: Core) => ({
  model: core.facts.model,
  flash: core.flash,
  now: core.clock,
  shown: () => core.faults.shows,
  isBusy: () => core.faults.isBusy,
  powerGoes: (moment: FirmwareMoment): boolean => {
    if (core.faults.powerCutAt !== moment) return false;
    core.faults.powerCutAt = null;
    return true;
  },
});

const settingsOf = (core: Core) => ({
  ...core,
  shown: () => core.faults.shows,
  isLetIn: () => core.faults.port === 'open',
});

const apisOf = (core: Core): ReadonlyMap<string, JsonApi> => {
  const parts = settingsOf(core);
  const firmware = firmwareApi(firmwareOf(core));
  const basic = basicDeviceInfo(parts, true);
  const apis = new Map([...jsonApis(parts), [FIRMWARE_CGI, firmware], [BASIC_INFO, basic]]);
  return apis.set('/axis-cgi/apidiscovery.cgi', apiDiscovery(parts, [...apis.values()]));
};

function openUpload(core: Core, isTls: boolean): string | null {
  if (core.faults.isBusy) return null;
  core.upload = randomUUID();
  // Only the path counts: the camera does not know by which address it is reached.
  return `${isTls ? 'https' : 'http'}://camera${ONVIF_UPLOAD}${core.upload}`;
}

const formOf = ({ method, query, body, contentType }: CameraRequest): URLSearchParams =>
  method === 'POST' && contentType.startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams(body.toString('utf8'))
    : query;

function refusedBy({ faults }: Core, call: string | null): CameraAnswer | null {
  if (!faults.refuses || faults.refuses.call !== call) return null;
  const { code } = faults.refuses;
  return json(200, { apiVersion: '1.10', method: call, error: { code, message: 'Refused' } });
}

/** What administrators are answered. */
function answerAdministrator(core: Core, request: CameraRequest): CameraAnswer {
  const { flash, facts, hangUp } = core;
  const { path } = request;
  const api = apisOf(core).get(path);
  const settings = settingsOf(core);
  const certificates = { flash, now: core.clock, changed: hangUp };
  const refused = api ? refusedBy(core, callOf(request.body)) : null;
  if (refused) return refused;
  if (api)
    return request.method === 'POST'
      ? answerJson(api, request.body.toString('utf8'))
      : text(405, 'Method Not Allowed\n');
  if (path === '/axis-cgi/param.cgi') return answerParameters(facts, flash, formOf(request));
  if (path === '/axis-cgi/pwdgrp.cgi') return answerAccounts(flash, formOf(request));
  const card = answerCard({ flash, now: core.clock, fault: () => core.faults.card }, path, formOf(request));
  if (card) return card;
  if (path === '/axis-cgi/applications/config.cgi') return applications(settings, formOf(request));
  if (path === '/config/discover') return discover(settings);
  if (path.startsWith(`${CERT_BASE}/`)) return answerCertificates(certificates, request);
  if (path.startsWith(`${EST_BASE}/`)) return hasEstClient(settings) ? answerEst(certificates, request) : NOT_FOUND;
  if (path === VAPIX_SERVICES) return answerVapixServices(soapPartsOf(core), request);
  return answerSettings(settings, request) ?? NOT_FOUND;
}

const soapPartsOf = (core: Core) => ({
  ...settingsOf(core),
  now: core.now,
  changed: core.hangUp,
  openUpload: (isTls: boolean) => openUpload(core, isTls),
});

/** An image has arrived, over whichever interface. */
function answerUpload(core: Core, request: CameraRequest, upload: Upload): CameraAnswer {
  const { asked, facts } = upload.end();
  const call = (asked ?? {}) as { method?: unknown; params?: unknown; context?: unknown };
  const isOnvif = request.path.startsWith(ONVIF_UPLOAD);
  core.upload = null;
  const params = isOnvif ? { autoCommit: 'boot' } : call.params;
  const refused = refusedBy(core, isOnvif ? null : 'upgrade');
  if (refused) return refused;
  const isAsked = isOnvif || call.method === 'upgrade';
  const answered = isAsked
    ? upgrade(firmwareOf(core), params, facts)
    : { error: { code: 400, message: 'Invalid request' } };
  if (isOnvif)
    return 'error' in answered
      ? soapFault(400, 'ter:InvalidFirmware', answered.error.message)
      : { ...text(200, ''), restarts: true };
  const head = {
    apiVersion: '1.10',
    method: 'upgrade',
    ...(typeof call.context === 'string' ? { context: call.context } : {}),
  };
  if ('error' in answered) return json(200, { ...head, error: answered.error });
  return { ...json(200, { ...head, data: answered.data }), restarts: true };
}

/** Digest for all but what anybody may ask, and the making of the first account. */
function answer(core: Core, request: CameraRequest, upload: Upload | null): CameraAnswer {
  const { path, method, isTls } = request;
  const note = (entry: Entry | null): void =>
    log(core, request, entry && typeof entry !== 'string' ? entry.user : null);
  if (!isTls && parameter(core.flash, 'System.BoaGroupPolicy.admin') === 'https') {
    note(null);
    return text(403, 'HTTPS only\n');
  }
  if (path === ONVIF_SERVICE) {
    note(null);
    return method === 'POST' ? answerOnvif(soapPartsOf(core), request) : text(405, 'Method Not Allowed\n');
  }
  const isOnvifUpload = core.upload !== null && path === `${ONVIF_UPLOAD}${core.upload}`;
  const open = isOnvifUpload ? null : answerAnybody(core, request);
  if (open) {
    note(null);
    return open;
  }
  const entry = isOnvifUpload ? null : core.accounts.enter(request);
  note(entry);
  if (entry === 'unknown' || entry === 'stale') return core.accounts.challenge(entry === 'stale');
  if (entry && !entry.account.groups.includes('admin'))
    return html(403, '<html><body><h1>403 Forbidden</h1></body></html>');
  return upload ? answerUpload(core, request, upload) : answerAdministrator(core, request);
}

/** Null where an account is needed. */
function answerAnybody(core: Core, request: CameraRequest): CameraAnswer | null {
  const { path, method, body } = request;
  if (path === SYSTEM_READY)
    return method === 'POST'
      ? answerJson(systemReady(settingsOf(core)), body.toString('utf8'))
      : text(405, 'Method Not Allowed\n');
  if (path === BASIC_INFO) {
    if (method !== 'POST')
      return { ...text(405, 'Method Not Allowed\n'), headers: { allow: 'POST', 'content-type': 'text/plain' } };
    if (/"get(All)?Properties"/u.test(body.toString('latin1'))) return null;
    return answerJson(basicDeviceInfo(settingsOf(core), false), body.toString('utf8'));
  }
  if (path !== '/axis-cgi/pwdgrp.cgi' || Object.keys(core.flash.accounts).length > 0) return null;
  const asked = formOf(request);
  return asked.get('action') === 'add' ? answerAccounts(core.flash, asked) : null;
}

const callOf = (body: Buffer): string | null =>
  /"method"\s*:\s*"([A-Za-z0-9]{1,60})"/u.exec(body.toString('latin1', 0, 4_096))?.[1] ?? null;

function log(core: Core, { method, path, body }: CameraRequest, user: string | null): void {
  if (core.log.length >= LOG_MAX) core.log.shift();
  core.log.push({ method, path, call: callOf(body), user });
}

const drops = ({ faults, facts }: Core, { path, body }: CameraRequest): boolean => {
  const [where, call] = (faults.dropsAt ?? '').split('#');
  return where !== '' && facts.serial !== '' && path.endsWith(where!) && (call === undefined || call === callOf(body));
};

export function createSimulatedCamera(parts: CameraParts): SimulatedCamera {
  const listeners = new Set<() => void>();
  const core = createCore(parts, () => listeners.forEach((listener) => listener()));
  const { facts, flash, faults } = core;
  const powerCut = (): void => restart(core);
  const entryOf = () => flash.keys[flash.webCertificate]!;
  return {
    facts,
    flash,
    faults,
    log: core.log,
    isUp: () => isUp(core),
    uploadOf: (request) => {
      if (request.method !== 'POST') return null;
      if (core.upload !== null && request.path === `${ONVIF_UPLOAD}${core.upload}`) return rawUpload();
      const boundary = request.path === FIRMWARE_CGI ? boundaryOf(request.contentType) : null;
      return boundary === null ? null : formUpload(boundary);
    },
    answer: (request, upload) => {
      if (!isUp(core) || drops(core, request)) throw new PowerCut();
      try {
        const answered = answer(core, request, upload);
        if (request.method !== 'GET') core.save();
        if (answered.restarts) {
          restart(core);
          if (firmwareOf(core).powerGoes('started')) powerCut();
        }
        return answered;
      } catch (fault) {
        if (fault instanceof PowerCut) powerCut();
        throw fault;
      }
    },
    context: () => {
      const { key, certificate } = entryOf();
      if (core.secure?.key !== certificate)
        core.secure = { key: certificate, context: createSecureContext({ key, cert: certificate }) };
      return core.secure.context;
    },
    certificate: () => entryOf().certificate,
    powerCut,
    onHangUp: (listener) => void listeners.add(listener),
  };
}
