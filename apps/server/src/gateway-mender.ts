/**
 * Devices that speak Mender's device API over HTTPS with their own certificate, such as Debian's mender-client: authorisation,
 * inventory, the next update, its status and its log. The name that Mender gives an artifact is the version that officers signed.
 */
import { CONTENT_PATH, type ActionName, type Resource } from '@cityward/contracts';
import {
  MENDER_BODY_MAX_BYTES,
  MENDER_LOG_MAX_BYTES,
  menderProvidesIn,
  parseMenderAuth,
  parseMenderInventory,
  parseMenderLog,
  parseMenderProvides,
  parseMenderReport,
  type MenderProvides,
  type MenderReport,
} from '@cityward/formats/mender';
import type { Caller, RawReply, RawRequest, RawRoute } from '@cityward/http';
import { refuse, type Refusal } from '@cityward/kernel';
import { createMenderTokens, signerOf, type MenderTokens } from './mender-token.ts';
import { REQUESTS_PER_SECOND_MAX, type Polled } from './polled-devices.ts';
import { actionIdOf, openOrder, type Meaning, type PolledDevice } from './polled-order.ts';

export const MENDER_BASE = '/api/devices';
export const MENDER_AUTH_PATH = `${MENDER_BASE}/v1/authentication/auth_requests`;
const DEPLOYMENT = `${MENDER_BASE}/v1/deployments/device/deployments`;
/** How long the client may take the address of an artifact for good; it is asked about again each time anyway. */
const ADDRESS_HOLDS_MS = 86_400_000;

export interface MenderParts {
  readonly polled: Polled;
}

export const json = (status: number, body: unknown): RawReply => ({
  status,
  headers: { 'content-type': 'application/json', ...(status === 429 ? { 'retry-after': '1' } : {}) },
  body: JSON.stringify(body),
});
const fault = (status: number, error: string): RawReply => json(status, { error });
const NOTHING: RawReply = { status: 204, headers: {}, body: '' };
export const UNAUTHORISED = fault(401, 'authorise the device: it is not known here, or its token does not hold');
const TOO_OFTEN = fault(429, `answer a device: at most ${REQUESTS_PER_SECOND_MAX} requests a second`);
const NO_SUCH_DEPLOYMENT = fault(404, 'find the deployment: this device has none of that number');
/** At which clients stop what they do, and go back. */
const ABORTED = fault(409, 'take a status: the deployment is over');

type Handle = (device: PolledDevice, request: RawRequest) => Promise<RawReply> | RawReply;
const itself = (id: string): Resource => ({ type: 'Device', id, attributes: {} });

export function createMenderGateway({ polled }: MenderParts): { readonly routes: readonly RawRoute[] } {
  const tokens = createMenderTokens(polled.clock);
  const route = (name: string, method: RawRoute['method'], [path, handle]: readonly [string, Handle]): RawRoute => ({
    name,
    method,
    path,
    action: 'takeChange',
    bodyMaxBytes: name === 'menderLog' ? MENDER_LOG_MAX_BYTES : MENDER_BODY_MAX_BYTES,
    resource: (_, { principal }) => itself(principal.id),
    handle: (request, { principal }) => {
      if (!isAuthorised(tokens, principal.id, request)) return { ...UNAUTHORISED, refused: ['TOKEN_NOT_VALID'] };
      const device = polled.deviceOf(principal.id);
      if (polled.isTooOften(device)) return TOO_OFTEN;
      polled.heard(device);
      return handle(device, request);
    },
  });
  const inventory: Handle = (device, request) => takeInventory(polled, device, request);
  return {
    routes: [
      authRoute(polled, tokens),
      route('menderInventory', 'PUT', [`${MENDER_BASE}/v1/inventory/device/attributes`, inventory]),
      route('menderNextByAddress', 'GET', [
        `${DEPLOYMENT}/next`,
        (device, request) => next(polled, { device, request, provides: menderProvidesIn(request.query) }),
      ]),
      route('menderNext', 'POST', [
        `${MENDER_BASE}/v2/deployments/device/deployments/next`,
        (device, request) => {
          const read = parseMenderProvides(request.body);
          return read.ok
            ? next(polled, { device, request, provides: read.value })
            : refused(polled, device, read.error);
        },
      ]),
      route('menderStatus', 'PUT', [
        `${DEPLOYMENT}/:deployment/status`,
        (device, request) => takeStatus(polled, device, request),
      ]),
      route('menderLog', 'PUT', [
        `${DEPLOYMENT}/:deployment/log`,
        (device, request) => takeLog(polled, device, request),
      ]),
    ],
  };
}

const BEARER = /^Bearer ([A-Za-z0-9_.-]{1,1024})$/u;

function isAuthorised(tokens: MenderTokens, device: string, { headers, peer }: RawRequest): boolean {
  const token = BEARER.exec(headers.authorization ?? '')?.[1];
  return token !== undefined && peer !== null && tokens.holds(token, { device, fingerprint256: peer.fingerprint256 });
}

function refused(polled: Polled, device: PolledDevice, refusal: Refusal): RawReply {
  polled.refused(device, refusal);
  return { ...fault(refusal.kind === 'too-large' ? 413 : 400, refusal.message), refused: [refusal.code] };
}

/** Whoever is not admitted by its certificate is told to wait, as Mender's own server tells devices that nobody accepted yet. */
function authRoute(polled: Polled, tokens: MenderTokens): RawRoute {
  const isDevice = ({ principal }: Caller): boolean => principal.type === 'Device';
  const action: ActionName = 'enrol';
  return {
    name: 'menderAuthorisation',
    method: 'POST',
    path: MENDER_AUTH_PATH,
    action,
    bodyMaxBytes: MENDER_BODY_MAX_BYTES,
    resource: (_, caller) => itself(isDevice(caller) ? caller.principal.id : 'unknown'),
    handle: (request, caller) => {
      if (!isDevice(caller) || !request.peer) return { ...UNAUTHORISED, refused: ['NOT_ADMITTED'] };
      const device = polled.deviceOf(caller.principal.id);
      if (polled.isTooOften(device)) return TOO_OFTEN;
      const read = parseMenderAuth(request.body);
      if (!read.ok) return refused(polled, device, read.error);
      const signature = request.headers['x-men-signature'];
      if (typeof signature !== 'string' || !signerOf(request.body, read.value.publicKey, signature)) {
        polled.refused(device, UNSIGNED);
        return { ...UNAUTHORISED, refused: [UNSIGNED.code] };
      }
      polled.heard(device);
      const { fingerprint256 } = request.peer;
      const headers = { 'content-type': 'application/jwt', 'cache-control': 'no-store' };
      return { status: 200, headers, body: tokens.issue({ device: device.id, fingerprint256 }) };
    },
  };
}
const { error: UNSIGNED } = refuse('forbidden', 'MENDER_NOT_SIGNED', 'authorise the device: its key did not sign this');

/** Before anything was installed the client says this. */
const UNKNOWN_ARTIFACT = 'unknown';

async function takeInventory(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const read = parseMenderInventory(request.body);
  if (!read.ok) return refused(polled, device, read.error);
  const name = read.value.get('artifact_name');
  if (name !== undefined && name !== UNKNOWN_ARTIFACT) await polled.shows(device, name);
  return { status: 200, headers: {}, body: '' };
}

interface Asking {
  readonly device: PolledDevice;
  readonly request: RawRequest;
  readonly provides: MenderProvides;
}

async function next(polled: Polled, { device, request, provides }: Asking): Promise<RawReply> {
  const { artifactName, deviceType } = provides;
  if (artifactName !== null && artifactName !== UNKNOWN_ARTIFACT) await polled.shows(device, artifactName);
  const order = polled.wanted(device);
  const open = order && openOrder(device, order);
  if (!order || !open || !(await polled.contents.find(open.artifact.sha256))) return NOTHING;
  await polled.accepted({ device, open });
  const expire = new Date(polled.clock() + ADDRESS_HOLDS_MS).toISOString();
  const uri = `https://${request.headers.host ?? 'localhost'}${CONTENT_PATH}${open.artifact.sha256}`;
  return json(200, {
    id: String(actionIdOf(order)),
    artifact: {
      artifact_name: open.artifact.version,
      // For whom it is stands in the artifact, which its maker signed and the client checks; this answer is for this device.
      device_types_compatible: [deviceType ?? UNKNOWN_ARTIFACT],
      source: { uri, expire },
    },
  });
}

function meaningOf({ status, words }: MenderReport): Meaning {
  switch (status) {
    case 'downloading':
    case 'pause_before_installing':
      return { is: 'progress', state: 'downloading' };
    case 'installing':
    case 'pause_before_rebooting':
      return { is: 'progress', state: 'installing' };
    case 'rebooting':
    case 'pause_before_committing':
      return { is: 'progress', state: 'restarting' };
    case 'success':
    case 'already-installed':
      return { is: 'claim' };
    case 'failure':
      return { is: 'failure', state: 'failed', reason: words ?? 'the device says that it failed; its log says why' };
  }
}

async function takeStatus(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const read = parseMenderReport(request.body);
  if (!read.ok) return refused(polled, device, read.error);
  const open = polled.toldOf(device, request.params['deployment'] ?? '');
  if (open === 'over') return ABORTED;
  if (open === 'unknown') return NO_SUCH_DEPLOYMENT;
  const meaning = meaningOf(read.value);
  // Mender has no word for "stop" but the answer to the next status.
  if (polled.cancelled(device) === open && meaning.is === 'progress') {
    const reason = `cancelled by the city while ${read.value.status}`;
    await polled.take({ device, open }, { is: 'failure', state: 'failed', reason });
    return ABORTED;
  }
  return (await polled.take({ device, open }, meaning)) === 'over' ? ABORTED : NOTHING;
}

/** It comes after the failure that it explains: kept for people, it changes nothing. */
function takeLog(polled: Polled, device: PolledDevice, request: RawRequest): RawReply {
  const read = parseMenderLog(request.body);
  if (!read.ok) return refused(polled, device, read.error);
  if (polled.toldOf(device, request.params['deployment'] ?? '') === 'unknown') return NO_SUCH_DEPLOYMENT;
  if (read.value !== null) polled.explained(device, read.value);
  return NOTHING;
}
