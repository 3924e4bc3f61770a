/**
 * Devices that speak hawkBit's Direct Device Integration over HTTPS with their own certificate, such as swupdate: polls, deployments,
 * feedback, cancelling, attributes, downloads. An order is theirs only where it installs something.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { CONTENT_PATH, type JobOrder, type Resource } from '@cityward/contracts';
import { DDI_BODY_MAX_BYTES } from '@cityward/formats/ddi';
import type { Identity } from '@cityward/identity';
import { MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import type { RawReply, RawRequest, RawRoute } from '@cityward/http';
import type { Access } from './access.ts';
import { cancelText, deploymentText, json, NO_SUCH_ACTION, pollText, problem, type Place } from './ddi-answers.ts';
import { takeAttributes, takeCancelFeedback, takeFeedback, takeInstalled } from './ddi-feedback.ts';
import type { Found } from './polled-content.ts';
import { REQUESTS_PER_SECOND_MAX, type Polled } from './polled-devices.ts';
import { actionIdOf, openOrder, type Open, type PolledDevice } from './polled-order.ts';

export const DDI_BASE = '/DEFAULT/controller/v1';
/** Between two polls of a device that has nothing to do. */
export const POLL_MS = 5 * MINUTE_MS;
/** While something is under way. */
const BUSY_POLL_MS = 30 * SECOND_MS;

export interface DdiParts {
  readonly polled: Polled;
  readonly identity: Pick<Identity, 'admit'>;
  readonly access: Pick<Access, 'device' | 'mayAgain'>;
  /** Host headers that a poll may carry. */
  readonly hosts: readonly string[];
  readonly pollMs?: number;
  readonly busyPollMs?: number;
}
export interface DdiGateway {
  readonly routes: readonly RawRoute[];
  /** Answers a plain poll before anything heavier looks at it; false for everything else, which goes the long way. */
  poll(request: IncomingMessage, response: ServerResponse): boolean;
}

export const createDdiGateway = (parts: DdiParts): DdiGateway => ({
  routes: routesOf(parts),
  poll: createShortWay(parts),
});

const TOO_OFTEN: RawReply = {
  ...problem(429, 'TOO_MANY_REQUESTS', `answer a device: at most ${REQUESTS_PER_SECOND_MAX} requests a second`),
  refused: ['TOO_MANY_REQUESTS'],
};
const TOO_MANY_DOWNLOADS: RawReply = problem(
  503,
  'TOO_MANY_DOWNLOADS',
  'send an artifact: as many are under way as there may be, ask again later',
);

/** The body of a poll, made from memory. */
function pollBody({ polled, pollMs, busyPollMs }: DdiParts, device: PolledDevice, place: Place): string {
  const order = polled.wanted(device);
  const cancel = polled.cancelled(device);
  const isBusy = cancel !== null || order !== null || device.open !== null;
  const ms = isBusy ? (busyPollMs ?? BUSY_POLL_MS) : (pollMs ?? POLL_MS);
  return pollText(device.id, {
    place,
    seconds: ms / SECOND_MS,
    deployment: order ? actionIdOf(order) : null,
    cancel: cancel?.id ?? null,
    wantsAttributes: device.firmware === null || (device.open?.isInstalled === true && !device.open.isProved),
  });
}

interface Peer {
  readonly commonName: string;
  readonly serial: string;
}

/** Read once for each connection: the certificate stays what it is, its standing is asked about every time. */
function peerOf(socket: TLSSocket): Peer | null {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  const names = (certificate?.subject ?? '').split('\n').filter((line) => line.startsWith('CN='));
  return certificate && names.length === 1
    ? { commonName: names[0]!.slice('CN='.length), serial: certificate.serialNumber }
    : null;
}

const POLL_PATH = new RegExp(`^${DDI_BASE}/([a-z0-9][a-z0-9-]{1,62}[a-z0-9])$`);

/** The idle poll of a million devices is most of what they ask: the same checks as on the long way, and nothing else. */
function createShortWay(parts: DdiParts): DdiGateway['poll'] {
  const { identity, access, hosts, polled } = parts;
  const allowed = new Set(hosts);
  const peers = new WeakMap<TLSSocket, Peer>();
  return (request, response) => {
    const id = request.method === 'GET' ? POLL_PATH.exec(request.url ?? '')?.[1] : undefined;
    const { host, origin } = request.headers;
    if (id === undefined || host === undefined || !allowed.has(host) || origin !== undefined) return false;
    const socket = request.socket as TLSSocket;
    const peer = peers.get(socket) ?? peerOf(socket);
    if (peer?.commonName !== id) return false;
    peers.set(socket, peer);
    if (!identity.admit(peer).ok || !access.mayAgain(access.device(id), 'takeChange', itself(id)).ok) return false;
    const device = polled.deviceOf(id);
    if (polled.isTooOften(device)) return false;
    polled.heard(device);
    const body = pollBody(parts, device, { host });
    response.writeHead(200, [...POLL_HEADERS, 'content-length', String(body.length)]);
    // All of it is ASCII, and so one byte a character: written without being looked through again.
    response.end(body, 'latin1');
    return true;
  };
}
const POLL_HEADERS = [
  'content-type',
  'application/hal+json',
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
];
const itself = (id: string): Resource => ({ type: 'Device', id, attributes: {} });

type Handle = (device: PolledDevice, request: RawRequest) => Promise<RawReply> | RawReply;

function routesOf(parts: DdiParts): RawRoute[] {
  const { polled } = parts;
  const route = (name: string, method: RawRoute['method'], [path, handle]: readonly [string, Handle]): RawRoute => ({
    name,
    method,
    path,
    action: 'takeChange',
    bodyMaxBytes: DDI_BODY_MAX_BYTES,
    // Policy lets a device be changed by nobody but as itself: the path must name the certificate's own identity.
    resource: ({ params }, caller) => itself(params['controller'] ?? caller.principal.id),
    handle: (request, caller) => {
      const device = polled.deviceOf(caller.principal.id);
      if (polled.isTooOften(device)) return TOO_OFTEN;
      polled.heard(device);
      return handle(device, request);
    },
  });
  const own = `${DDI_BASE}/:controller`;
  const file = `${own}/softwaremodules/:module/artifacts`;
  return [
    route('ddiPoll', 'GET', [own, (device, request) => json(200, pollBody(parts, device, placeOf(request)))]),
    route('ddiDeployment', 'GET', [
      `${own}/deploymentBase/:action`,
      (device, request) => deployment(polled, device, request),
    ]),
    route('ddiFeedback', 'POST', [
      `${own}/deploymentBase/:action/feedback`,
      (device, request) => takeFeedback(polled, device, request),
    ]),
    route('ddiCancel', 'GET', [`${own}/cancelAction/:action`, (device, request) => cancel(polled, device, request)]),
    route('ddiCancelFeedback', 'POST', [
      `${own}/cancelAction/:action/feedback`,
      (device, request) => takeCancelFeedback(polled, device, request),
    ]),
    route('ddiAttributes', 'PUT', [`${own}/configData`, (device, request) => takeAttributes(polled, device, request)]),
    route('ddiInstalledVersion', 'PUT', [
      `${own}/installedBase`,
      (device, request) => takeInstalled(polled, device, request),
    ]),
    route('ddiInstalled', 'GET', [`${own}/installedBase/:action`, () => NO_SUCH_ACTION]),
    route('ddiArtifacts', 'GET', [file, (device, request) => artifacts(polled, device, request)]),
    route('ddiArtifact', 'GET', [`${file}/:file`, (device, request) => artifact(polled, device, request)]),
    route('fleetContent', 'GET', [`${CONTENT_PATH}:hash`, (device, request) => contentFor(polled, device, request)]),
  ];
}

const NO_SUCH_FILE = problem(404, 'FILE_NOT_FOUND', 'find the file: this device is to install none of that name');

const placeOf = ({ headers }: RawRequest): Place => ({ host: headers.host ?? 'localhost' });

async function deployment(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const order = polled.cancelled(device) ? null : polled.orderOf(device);
  if (!order || String(actionIdOf(order)) !== request.params['action']) return NO_SUCH_ACTION;
  const open = openOrder(device, order);
  const content = open && (await polled.contents.find(open.artifact.sha256));
  if (!open || !content) return NO_SUCH_FILE;
  await polled.accepted({ device, open });
  return json(200, deploymentText(device.id, { place: placeOf(request), open, sums: content }));
}

function cancel(polled: Polled, device: PolledDevice, request: RawRequest): RawReply {
  const open = polled.cancelled(device);
  return open && String(open.id) === request.params['action'] ? json(200, cancelText(open.id)) : NO_SUCH_ACTION;
}

/** The one artifact that the device is to have now; of others it is not told whether they are there. */
async function orderedContent(polled: Polled, device: PolledDevice): Promise<{ open: Open; content: Found } | null> {
  const order = polled.orderOf(device);
  const open = order && openOrder(device, order);
  const content = open && (await polled.contents.find(open.artifact.sha256));
  return open && content ? { open, content } : null;
}

async function artifacts(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const found = await orderedContent(polled, device);
  if (!found || String(found.open.id) !== request.params['module']) return NO_SUCH_FILE;
  const { open, content } = found;
  const whole = JSON.parse(deploymentText(device.id, { place: placeOf(request), open, sums: content })) as {
    deployment: { chunks: { artifacts: unknown }[] };
  };
  return json(200, JSON.stringify(whole.deployment.chunks[0]?.artifacts ?? []));
}

const SUM = '.MD5SUM';

async function artifact(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const found = await orderedContent(polled, device);
  const { module, file = '' } = request.params;
  if (!found || String(found.open.id) !== module) return NO_SUCH_FILE;
  const { open, content } = found;
  const { name } = open.artifact;
  if (file === `${name}${SUM}`)
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: `${content.md5}  ${name}\n` };
  if (file !== name) return NO_SUCH_FILE;
  await polled.take({ device, open }, { is: 'progress', state: 'downloading' });
  // The tag is the SHA-1, as clients of hawkBit expect.
  return polled.contents.send(device, { ...content.bytes, tag: content.sha1 }, request) ?? TOO_MANY_DOWNLOADS;
}

/** For devices that have their orders in another way: what their order names, and nothing else. */
async function contentFor(polled: Polled, device: PolledDevice, request: RawRequest): Promise<RawReply> {
  const hash = request.params['hash'] ?? '';
  const order = polled.orderFor(device.id);
  const content = order && hashesOf(order).includes(hash) ? await polled.contents.find(hash) : null;
  if (!content) return NO_SUCH_FILE;
  return polled.contents.send(device, { ...content.bytes, tag: hash }, request) ?? TOO_MANY_DOWNLOADS;
}

export function hashesOf({ job, part }: JobOrder): string[] {
  const to = part === 'revert' ? job.revert?.to : undefined;
  if (to) return ['document' in to ? to.document : to.sha256];
  if (job.action.do === 'install') return [job.action.artifact.sha256];
  return job.action.do === 'configure' ? [job.action.document] : [];
}
