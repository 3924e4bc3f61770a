/**
 * Devices that speak hawkBit's Direct Device Integration over HTTPS with their own certificate, such as swupdate: polls, deployments,
 * feedback, cancelling, attributes, downloads. An order is theirs only where it installs something.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { CONTENT_PATH, type JobOrder, type JobReport, type Resource } from '@cityward/contracts';
import { DDI_BODY_MAX_BYTES } from '@cityward/formats/ddi';
import { DEVICES_MAX, MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import type { RawReply, RawRequest, RawRoute } from '@cityward/http';
import { thinned } from '@cityward/log';
import { actionIdOf, artifactOf, closeAction, newDdiDevice, openAction, reportOf } from './ddi-actions.ts';
import type { DdiDevice, Open } from './ddi-actions.ts';
import { cancelText, deploymentText, json, NO_SUCH_ACTION, pollText, problem, type Place } from './ddi-answers.ts';
import { createContents, serve, type Content } from './ddi-content.ts';
import type { Ddi, DdiParts } from './ddi-parts.ts';
import { takeAttributes, takeCancelFeedback, takeFeedback, takeInstalled } from './ddi-feedback.ts';

export const DDI_BASE = '/DEFAULT/controller/v1';
/** Requests of one device in one second; a client that polls as told comes once in minutes. */
export const REQUESTS_PER_SECOND_MAX = 200;
/** Between two polls of a device that has nothing to do. */
export const POLL_MS = 5 * MINUTE_MS;
/** While something is under way. */
const BUSY_POLL_MS = 30 * SECOND_MS;

export interface DdiGateway {
  readonly routes: readonly RawRoute[];
  /** Answers a plain poll before anything heavier looks at it; false for everything else, which goes the long way. */
  poll(request: IncomingMessage, response: ServerResponse): boolean;
  stop(): void;
}

function createDdi(parts: DdiParts): Ddi {
  const devices = new Map<string, DdiDevice>();
  const thin = thinned(parts.log);
  return {
    parts,
    contentOf: createContents(parts.desk),
    deviceOf: (id) => {
      let device = devices.get(id);
      if (!device) {
        if (devices.size >= DEVICES_MAX) devices.clear();
        devices.set(id, (device = newDdiDevice(id)));
      }
      return device;
    },
    orderOf: ({ id }) => {
      const order = parts.desk.orderFor(id);
      return order && artifactOf(order) ? order : null;
    },
    say: async (device, open, said) => {
      const seq = (): number => parts.desk.nextSeq(device.id, open.order.job.id);
      const report: JobReport | null = reportOf(open, said, seq);
      if (!report) return 'taken';
      const taken = await parts.desk.report(device.id, report);
      if (taken.ok) return 'taken';
      thin.info({ what: 'a report over DDI was refused', who: device.id }, { reason: taken.error.message });
      return 'over';
    },
  };
}

export function createDdiGateway(parts: DdiParts): DdiGateway {
  const ddi = createDdi(parts);
  const cease = parts.desk.onOrder((id) => forgetJudged(ddi, ddi.deviceOf(id)));
  return { routes: routesOf(ddi), poll: createShortWay(ddi), stop: cease };
}

/** An action that waits for its proof is over once the desk has judged it; the same order again is then another try. */
function forgetJudged(ddi: Ddi, device: DdiDevice): void {
  const order = device.open?.isInstalled ? ddi.orderOf(device) : null;
  if (device.open?.isInstalled && (!order || actionIdOf(order) !== device.open.id)) closeAction(device);
}

/** Told to install what it runs already, as after a restart of the server: it is only to say so again. */
function isThereAlready(ddi: Ddi, device: DdiDevice, order: JobOrder): boolean {
  if (device.firmware === null || device.firmware !== artifactOf(order)?.version) return false;
  const open = openAction(device, order);
  if (!open || open.isInstalled) return true;
  open.isInstalled = true;
  open.isProved = true;
  ddi
    .say(device, open, { state: 'done', at: ddi.parts.clock(), running: device.firmware })
    .catch((fault: unknown) =>
      ddi.parts.log.warn('a report over DDI was lost', { device: device.id, fault: String(fault) }),
    );
  return true;
}

/** The action to cancel: told to the device, not finished by it, and wanted no more. */
export function cancelled(ddi: Ddi, device: DdiDevice): Open | null {
  const { open } = device;
  if (!open || open.isInstalled) return null;
  const order = ddi.orderOf(device);
  return order && actionIdOf(order) === open.id ? null : open;
}

/** Every request of a device: that it is there, and what it last said that it runs. */
function heard({ parts }: Ddi, device: DdiDevice): void {
  parts.alive(device.id, parts.clock());
  parts.desk.seen(device.id, { firmware: device.firmware, document: null });
}

function isTooOften(device: DdiDevice, now: number): boolean {
  const second = Math.floor(now / SECOND_MS);
  if (device.second !== second) [device.second, device.count] = [second, 0];
  return ++device.count > REQUESTS_PER_SECOND_MAX;
}

const TOO_OFTEN: RawReply = {
  ...problem(429, 'TOO_MANY_REQUESTS', `answer a device: at most ${REQUESTS_PER_SECOND_MAX} requests a second`),
};

/** The body of a poll, made from memory. */
function pollBody(ddi: Ddi, device: DdiDevice, place: Place): string {
  forgetJudged(ddi, device);
  const cancel = cancelled(ddi, device);
  const wanted = cancel || device.open?.isInstalled ? null : ddi.orderOf(device);
  const order = wanted && !isThereAlready(ddi, device, wanted) ? wanted : null;
  const isBusy = cancel !== null || order !== null || device.open !== null;
  const ms = isBusy ? (ddi.parts.busyPollMs ?? BUSY_POLL_MS) : (ddi.parts.pollMs ?? POLL_MS);
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
function createShortWay(ddi: Ddi): DdiGateway['poll'] {
  const { identity, access, clock, hosts } = ddi.parts;
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
    const device = ddi.deviceOf(id);
    if (isTooOften(device, clock())) return false;
    heard(ddi, device);
    const body = pollBody(ddi, device, { host });
    response.writeHead(200, [...POLL_HEADERS, 'content-length', String(body.length)]);
    response.end(body);
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

type Handle = (device: DdiDevice, request: RawRequest) => Promise<RawReply> | RawReply;

function routesOf(ddi: Ddi): RawRoute[] {
  const { clock } = ddi.parts;
  const route = (name: string, method: RawRoute['method'], [path, handle]: readonly [string, Handle]): RawRoute => ({
    name,
    method,
    path,
    action: 'takeChange',
    bodyMaxBytes: DDI_BODY_MAX_BYTES,
    // Policy lets a device be changed by nobody but as itself: the path must name the certificate's own identity.
    resource: ({ params }, caller) => itself(params['controller'] ?? caller.principal.id),
    handle: (request, caller) => {
      const device = ddi.deviceOf(caller.principal.id);
      if (isTooOften(device, clock())) return TOO_OFTEN;
      heard(ddi, device);
      return handle(device, request);
    },
  });
  const own = `${DDI_BASE}/:controller`;
  const file = `${own}/softwaremodules/:module/artifacts`;
  return [
    route('ddiPoll', 'GET', [own, (device, request) => json(200, pollBody(ddi, device, placeOf(request)))]),
    route('ddiDeployment', 'GET', [
      `${own}/deploymentBase/:action`,
      (device, request) => deployment(ddi, device, request),
    ]),
    route('ddiFeedback', 'POST', [
      `${own}/deploymentBase/:action/feedback`,
      (device, request) => takeFeedback(ddi, device, request),
    ]),
    route('ddiCancel', 'GET', [`${own}/cancelAction/:action`, (device, request) => cancel(ddi, device, request)]),
    route('ddiCancelFeedback', 'POST', [
      `${own}/cancelAction/:action/feedback`,
      (device, request) => takeCancelFeedback(ddi, device, request),
    ]),
    route('ddiAttributes', 'PUT', [`${own}/configData`, (device, request) => takeAttributes(ddi, device, request)]),
    route('ddiInstalledVersion', 'PUT', [
      `${own}/installedBase`,
      (device, request) => takeInstalled(ddi, device, request),
    ]),
    route('ddiInstalled', 'GET', [`${own}/installedBase/:action`, () => NO_SUCH_ACTION]),
    route('ddiArtifacts', 'GET', [file, (device, request) => artifacts(ddi, device, request)]),
    route('ddiArtifact', 'GET', [`${file}/:file`, (device, request) => artifact(ddi, device, request)]),
    route('fleetContent', 'GET', [`${CONTENT_PATH}:hash`, (device, request) => contentFor(ddi, device, request)]),
  ];
}

const NO_SUCH_FILE = problem(404, 'FILE_NOT_FOUND', 'find the file: this device is to install none of that name');

const placeOf = ({ headers }: RawRequest): Place => ({ host: headers.host ?? 'localhost' });

async function deployment(ddi: Ddi, device: DdiDevice, request: RawRequest): Promise<RawReply> {
  const order = cancelled(ddi, device) ? null : ddi.orderOf(device);
  if (!order || String(actionIdOf(order)) !== request.params['action']) return NO_SUCH_ACTION;
  const open = openAction(device, order);
  const content = open && (await ddi.contentOf(open.artifact.sha256));
  if (!open || !content) return NO_SUCH_FILE;
  await ddi.say(device, open, { state: 'accepted', at: ddi.parts.clock(), running: device.firmware });
  return json(200, deploymentText(device.id, { place: placeOf(request), open, content }));
}

function cancel(ddi: Ddi, device: DdiDevice, request: RawRequest): RawReply {
  const open = cancelled(ddi, device);
  return open && String(open.id) === request.params['action'] ? json(200, cancelText(open.id)) : NO_SUCH_ACTION;
}

/** The one artifact that the device is to have now; of others it is not told whether they are there. */
async function orderedContent(ddi: Ddi, device: DdiDevice): Promise<{ open: Open; content: Content } | null> {
  const order = ddi.orderOf(device);
  const open = order && openAction(device, order);
  const content = open && (await ddi.contentOf(open.artifact.sha256));
  return open && content ? { open, content } : null;
}

async function artifacts(ddi: Ddi, device: DdiDevice, request: RawRequest): Promise<RawReply> {
  const found = await orderedContent(ddi, device);
  if (!found || String(found.open.id) !== request.params['module']) return NO_SUCH_FILE;
  const whole = JSON.parse(deploymentText(device.id, { place: placeOf(request), ...found })) as {
    deployment: { chunks: { artifacts: unknown }[] };
  };
  return json(200, JSON.stringify(whole.deployment.chunks[0]?.artifacts ?? []));
}

const SUM = '.MD5SUM';

async function artifact(ddi: Ddi, device: DdiDevice, request: RawRequest): Promise<RawReply> {
  const found = await orderedContent(ddi, device);
  const { module, file = '' } = request.params;
  if (!found || String(found.open.id) !== module) return NO_SUCH_FILE;
  const { open, content } = found;
  const { name } = open.artifact;
  if (file === `${name}${SUM}`)
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: `${content.md5}  ${name}\n` };
  if (file !== name) return NO_SUCH_FILE;
  await ddi.say(device, open, { state: 'downloading', at: ddi.parts.clock(), running: device.firmware });
  return serve(content, request.headers);
}

/** For devices that have their orders over MQTT: what their order names, and nothing else. */
async function contentFor(ddi: Ddi, device: DdiDevice, request: RawRequest): Promise<RawReply> {
  const hash = request.params['hash'] ?? '';
  const order = ddi.parts.desk.orderFor(device.id);
  if (!order || !hashesOf(order).includes(hash)) return NO_SUCH_FILE;
  const content = await ddi.contentOf(hash);
  return content ? serve(content, request.headers) : NO_SUCH_FILE;
}

function hashesOf({ job, part }: JobOrder): string[] {
  const to = part === 'revert' ? job.revert?.to : undefined;
  if (to) return ['document' in to ? to.document : to.sha256];
  if (job.action.do === 'install') return [job.action.artifact.sha256];
  return job.action.do === 'configure' ? [job.action.document] : [];
}
