/** Identity as one: authority, enrolment, standing and people behind the facade that the server wires. */
import { openAcme, type OpenedAcme } from './acme-door.ts';
import { ACME_BASE } from './acme.ts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { DeviceIdentity, NetworkKind, Observation, Principal, ServiceIdentity, Trust } from '@cityward/contracts';
import type { Route } from '@cityward/http';
import { authorityFace, type AuthorityFace } from './authority-face.ts';
import { Accounts } from './accounts.ts';
import { accessHub, connectAccess, type AccessHub } from './access-face.ts';
import type { Caretaker } from './caretaker.ts';
import { openCare } from './charges.ts';
import { cloudRoutes, openCloud, type Cloud, type CloudRoutes, type ServiceCall } from './cloud.ts';
import { openDevices, type Admitted, type Devices, type Peer } from './devices.ts';
import { maySpeak, type SpeakRefusal } from './domain/may-speak.ts';
import { personUnknown } from './domain/people.ts';
import type { Ending, Standing } from './domain/standing.ts';
import type { SignalDraft, Subject, TrustMark } from './domain/trust.ts';
import type { CodeOptions, IssuedCode } from './enrolment.ts';
import type { EstHandler } from './est.ts';
import type { Sighting } from './discoveries.ts';
import type { RefusalListener, Refused } from './refusals.ts';
import { createEstListener, type EstListener, type EstListenerOptions } from './est-listener.ts';
import type { IdentityOptions } from './needs.ts';
import { openNetworkAccess, type NetworkAccess, type NetworkAccessFace } from './network-access.ts';
import type { Ocsp } from './ocsp.ts';
import { People } from './people.ts';
import { peopleFace, type PeopleFace } from './people-face.ts';
import { createRoutes } from './routes.ts';
import type { EndedSession } from './sessions.ts';
import type { Because, StandingListener } from './standing.ts';
import { Posts } from './posts.ts';
import { speakers } from './speakers.ts';
import { TrustService, type TrustListener } from './trust.ts';
import { WaysIn } from './ways-in.ts';

export type { AuthorityFace } from './authority-face.ts';
export type { Admitted } from './devices.ts';
export type { PersonFace, SessionsFace } from './people-face.ts';

export interface IdentityStatus {
  /** Changes that the journal held and SQL did not at start. */
  readonly replayed: number;
  /** Changes in force that SQL has not taken yet. */
  readonly unsaved: number;
  /** What somebody has to do by a day. */
  readonly reminders: readonly string[];
}

/** Cloud services, as the transport and other modules need them. */
export interface ServicesFace extends CloudRoutes {
  /** The living service behind a call; null for nobody. */
  authenticate(call: ServiceCall): Promise<Principal | null>;
  /** Policy refused it what it asked for: too often, and it is trusted less. */
  refused(id: string): void;
  list(): readonly ServiceIdentity[];
  /** For good, and at once. */
  end(id: string, ending: { readonly reason: string; readonly by: string }): Promise<Result<ServiceIdentity, Refusal>>;
}

export interface Identity extends PeopleFace {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly authority: AuthorityFace;
  /** What lies upon the device and whether it is certified; from memory. */
  standing(device: string): Standing;
  /**
   * May this peer connect, and under which standing? Ask on every connection, and again when standing changes. Who is turned away
   * at a door that says its name is noted.
   */
  admit(peer: Peer, door?: string): Result<Admitted, Refusal>;
  /** In force when it resolves, and after a kill. `until` in milliseconds since 1970. */
  hold(device: string, hold: Because & { readonly until: number }): Promise<Result<void, Refusal>>;
  release(device: string, because: Because): Promise<Result<void, Refusal>>;
  revoke(device: string, because: Because): Promise<Result<void, Refusal>>;
  /** For good: the device is retired, or another takes its place. It neither renews nor connects again. */
  end(device: string, ending: Because & { readonly as: Ending }): Promise<Result<void, Refusal>>;
  onStanding(listener: StandingListener): () => void;
  /** What a source says of one component of an identity's trust. In force at once; resolves when it is saved. */
  putSignal(signal: SignalDraft): Promise<Result<void, Refusal>>;
  /** The level with every component and its reason: for people. */
  trustOf(subject: Subject): Trust;
  /** The level and its number, from memory: for decisions. The same object until it changes. */
  trustMarkOf(subject: Subject): TrustMark;
  /** Told at once when a level or its number changes: judge live connections anew here. */
  onTrust(listener: TrustListener): () => void;
  /** Looks at every certificate and at who was not seen, reminds people, and ends what is dormant. Runs by itself every hour. */
  judgeAll(): Promise<void>;
  issueCodes(devices: readonly string[], by: string, options?: CodeOptions): Promise<readonly IssuedCode[]>;
  identityOf(device: string): DeviceIdentity;
  readonly est: EstHandler;
  createEstListener(options: EstListenerOptions): EstListener;
  /** The city's own signature on a document: detached CMS, DER. */
  signDocument(bytes: Uint8Array): Promise<Buffer>;
  /** What somebody sent was refused: the ledger hears of all of it, thinned so that nobody can fill it. */
  refused(claimed: string, refused: Refused): void;
  /** Told of every refusal, at whichever door. */
  onRefused(listener: RefusalListener): () => void;
  /** Somebody unknown knocked in another way than EST: a card for people to judge. */
  discovered(sighting: Sighting): void;
  /** The signed revocation list, DER. */
  revocations(): Buffer;
  /** Answers OCSP requests, on whichever listener they come. */
  readonly ocsp: Ocsp;
  status(): IdentityStatus;
  /** Cloud services: who a call comes from, and the raw routes of their listener. */
  readonly services: ServicesFace;
  /** May this authenticated reporter say this? Pure; standing and topics are judged elsewhere. */
  maySpeak(reporter: string, body: Observation): Result<void, SpeakRefusal>;
  /** What a registered network is; null for every other id. */
  networkOf(id: string): NetworkKind | null;
  /** Networks that may speak for the device now. */
  speakersFor(device: string): readonly string[];
  /** The gateway behind which a device stands: registered for it or its site, else the switch that carries it. */
  gatewayOf(device: string): string | null;
  /** Who joins the city's own networks at a switch, as a RADIUS server asks. */
  readonly network: NetworkAccessFace;
  readonly routes: readonly Route[];
}

export function createIdentity(options: IdentityOptions): Identity {
  let opened: Opened | null = null;
  const hub: Hub = {
    standing: new Set(),
    ends: new Set(),
    posts: new Set(),
    trust: new Set(),
    access: accessHub(),
    refused: new Set(),
  };
  const started = (): Opened => {
    if (!opened) throw new Error('use identity: it has not started, wanted start first');
    return opened;
  };
  return {
    start: async () => {
      opened = await openAll(options);
      tellAll(hub, opened);
      opened.access.start();
    },
    stop: async () => {
      const closing = opened;
      opened = null;
      await closing?.care.stop();
      await closing?.access.stop();
      await closing?.trust.stop();
      await closing?.cloud.stop();
      await closing?.waysIn.stop();
      await closing?.posts.stop();
      await closing?.people.stop();
      await closing?.devices.stop();
    },
    ...deviceFace(options, started, hub),
    admit: (peer, door) => admit(started(), peer, door),
    ...peopleFace(started, hub),
    services: servicesFace(options, () => started().cloud),
    ...trustFace(options, started, hub),
    maySpeak: (reporter, body) => maySpeak(speakers(options.directory, started().devices.networks), reporter, body),
    ...networkFace(started),
    routes: createRoutes({
      options,
      devices: () => started().devices,
      access: () => started().access,
      acme: () => started().acme,
      people: () => started().people,
      waysIn: () => started().waysIn,
      accounts: () => started().accounts,
      cloud: () => started().cloud,
      trust: () => started().trust,
      posts: () => started().posts,
    }),
  };
}

/** Listeners may be added before the start. */
interface Hub {
  readonly standing: Set<StandingListener>;
  readonly ends: Set<(ended: EndedSession) => void>;
  readonly posts: Set<() => void>;
  readonly trust: Set<TrustListener>;
  readonly access: AccessHub;
  readonly refused: Set<RefusalListener>;
}

function tellAll(hub: Hub, { devices, trust, people, posts }: Opened): void {
  posts.onEnd = () => hub.posts.forEach((tell) => tell());
  devices.standing.onStanding((device, standing) => hub.standing.forEach((tell) => tell(device, standing)));
  devices.refusals.onNoted((...noted) => hub.refused.forEach((tell) => tell(...noted)));
  trust.onTrust((change) => hub.trust.forEach((tell) => tell(change)));
  connectAccess(people.access, hub.access);
  people.sessions.onEnd((ended) => hub.ends.forEach((tell) => tell(ended)));
}

function admit({ devices, care }: Opened, peer: Peer, door: string | undefined): Result<Admitted, Refusal> {
  const { commonName: id } = peer;
  const admitted = devices.admit(peer);
  if (admitted.ok) care.seen({ kind: devices.networks.kindOf(id) === null ? 'device' : 'network', id });
  else if (door !== undefined) devices.refusals.note(id, { way: door, code: admitted.error.code });
  return admitted;
}

const addTo =
  <T>(listeners: Set<T>) =>
  (listener: T): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };

type TrustFace = Pick<Identity, 'putSignal' | 'trustOf' | 'trustMarkOf' | 'onTrust' | 'judgeAll'>;
function trustFace({ directory }: IdentityOptions, started: () => Opened, hub: Hub): TrustFace {
  const unknown = ({ kind, id }: Subject): Result<never, Refusal> | null => {
    if (kind === 'person') return started().people.get(id) ? null : personUnknown(id);
    if (kind !== 'device' || directory.device(id)) return null;
    return refuse('not-found', 'DEVICE_UNKNOWN', `take signal about "${id}": the city has no such device`);
  };
  return {
    putSignal: async (signal) => {
      const put = unknown(signal.subject) ?? started().trust.put(signal);
      if (!put.ok) return put;
      await put.value;
      return ok(undefined);
    },
    trustOf: (subject) => started().trust.viewOf(subject),
    trustMarkOf: (subject) => started().trust.markOf(subject),
    onTrust: addTo(hub.trust),
    judgeAll: async () => {
      await started().care.round();
      await started().access.reminders.look();
    },
  };
}

const servicesFace = (options: IdentityOptions, cloud: () => Cloud): ServicesFace => ({
  ...cloudRoutes(options, cloud),
  authenticate: (call) => cloud().authenticate(call),
  refused: (id) => cloud().conduct.refused(id),
  list: () => cloud().services.list(),
  end: (id, ending) => cloud().services.end(id, ending),
});

type NetworkFace = Pick<Identity, 'networkOf' | 'speakersFor' | 'gatewayOf' | 'network'>;
const networkFace = (started: () => Opened): NetworkFace => ({
  networkOf: (id) => started().devices.networks.kindOf(id),
  speakersFor: (device) => started().devices.networks.speakersFor(device),
  gatewayOf: (device) => started().devices.networks.gatewayOf(device),
  network: {
    join: (request) => started().access.join(request),
    account: (note) => started().access.account(note),
    refused: (note) => started().access.refused(note),
    settled: () => started().access.settled(),
  },
});
type DeviceFace = Omit<
  Identity,
  | keyof PeopleFace
  | keyof TrustFace
  | keyof NetworkFace
  | 'services'
  | 'admit'
  | 'start'
  | 'stop'
  | 'maySpeak'
  | 'routes'
>;
function deviceFace(options: IdentityOptions, started: () => Opened, hub: Hub): DeviceFace {
  const devices = (): Devices => started().devices;
  const known = (device: string): Result<void, Refusal> | null =>
    devices().holder(device)
      ? null
      : refuse('not-found', 'DEVICE_UNKNOWN', `change standing of "${device}": the city has no such device`);
  return {
    authority: authorityFace(devices),
    standing: (device) => devices().standing.of(device),
    hold: async (device, hold) => known(device) ?? devices().standing.hold(device, hold),
    release: async (device, because) => devices().standing.release(device, because),
    revoke: async (device, because) => known(device) ?? devices().standing.revoke(device, because),
    end: async (device, ending) => known(device) ?? devices().standing.end(device, ending),
    onStanding: addTo(hub.standing),
    onRefused: addTo(hub.refused),
    issueCodes: (ids, by, codeOptions) => devices().enrolment.issueCodes(ids, by, codeOptions),
    identityOf: (device) => devices().identityOf(device),
    est: (request) => devices().est(request),
    createEstListener: (listenerOptions) =>
      createEstListener(
        {
          // ACME has the same door: its own paths, and certificates that nobody has to have yet.
          handler: (request) =>
            request.path.startsWith(ACME_BASE) ? started().acme.handler(request) : devices().est(request),
          certificate: () => devices().serverCertificate(),
          clock: options.clock,
        },
        listenerOptions,
      ),
    signDocument: (bytes) => devices().documents.sign(bytes),
    refused: (...what) => devices().refusals.note(...what),
    discovered: (sighting) => devices().discoveries.saw(sighting),
    revocations: () => devices().revocations(),
    ocsp: {
      answer: (request) => devices().ocsp.answer(request),
      answerPath: (escaped) => devices().ocsp.answerPath(escaped),
    },
    status: () => ({
      replayed: devices().replayed,
      unsaved: devices().standing.unsaved(),
      reminders: started().access.reminders.words(),
    }),
  };
}

interface Opened {
  readonly devices: Devices;
  readonly people: People;
  readonly posts: Posts;
  readonly waysIn: WaysIn;
  readonly accounts: Accounts;
  readonly cloud: Cloud;
  readonly trust: TrustService;
  readonly access: NetworkAccess;
  readonly care: Caretaker;
  readonly acme: OpenedAcme;
}

async function openAll(options: IdentityOptions): Promise<Opened> {
  const devices = await openDevices(options);
  const people = await People.open(options);
  const posts = await Posts.open(options, people);
  const waysIn = await WaysIn.open(people);
  const accounts = await Accounts.open(options, { people, waysIn });
  const trust = await TrustService.open(options);
  const access = await openNetworkAccess({ options, devices, trust });
  const cloud = await openCloud(options, { devices, people, trust });
  const care = await openCare(options, { devices, people, waysIn, trust, services: cloud.services });
  const acme = await openAcme(options, devices);
  return { devices, people, posts, cloud, waysIn, accounts, trust, access, care, acme };
}
