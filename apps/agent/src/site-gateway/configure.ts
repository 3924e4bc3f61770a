/**
 * The configuration document of a camera: settings by where they are kept, as the baseline names them. Only what differs is written,
 * all of it is read back, and what could lock the gateway out comes last and only after a proof.
 */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { DownloadFault } from '../update/work.ts';
import type { Target } from '../update/progress.ts';
import { readAllParameters, readData, readInfo, setParameters } from './camera-api.ts';
import { allowUnsignedIn } from './baseline-sources.ts';
import type { CameraAsk } from './camera-asks.ts';
import { attempt, enter, failWith, finish, NOT_REACHED, permitOf, reach, type CameraWork } from './camera-work.ts';
import { setEstProfile } from './certificates.ts';
import { proveOrRescue, setNetworkAccess } from './network-access.ts';
import { WrongBytes } from './images.ts';
import { checkCamera } from './checks.ts';

const VALUES_MAX = 500;
export const POLICY_GROUP = 'System.BoaGroupPolicy.';
const HTTPS_ONLY = 'https';

type Values = Readonly<Record<string, unknown>>;
export type CameraDocument = Readonly<Record<string, Values>>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function readDocument(text: string): Result<CameraDocument, Refusal> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (!isRecord(value) || !Object.values(value).every(isRecord))
    return refuse(
      'invalid',
      'DOCUMENT_MALFORMED',
      'configure the camera: wanted an object of settings by where they are kept',
    );
  const unknown = Object.keys(value).find((source) => !Object.hasOwn(WRITERS, source));
  if (unknown !== undefined)
    return refuse(
      'invalid',
      'SOURCE_UNKNOWN',
      `configure the camera: "${unknown.slice(0, 40)}" is nothing that this gateway can set`,
    );
  const count = Object.values(value).reduce<number>((sum, values) => sum + Object.keys(values as Values).length, 0);
  return count <= VALUES_MAX
    ? ok(value as CameraDocument)
    : refuse(
        'too-large',
        'DOCUMENT_TOO_LARGE',
        `configure the camera: ${count} settings, wanted at most ${VALUES_MAX}`,
      );
}

/** Writes what differs, then reads it back. */
type Writer = (work: CameraWork, wanted: Values) => Promise<Result<void, Refusal>>;

const DIFFERS = (what: string): Result<never, Refusal> =>
  refuse('conflict', 'NOT_TAKEN', `configure the camera: it took "${what}" and shows something else`);

async function param(
  { parts }: CameraWork,
  wanted: Values,
  permit: ReturnType<typeof permitOf>,
): Promise<Result<void, Refusal>> {
  const names = Object.keys(wanted);
  if (names.length === 0) return ok(undefined);
  const before = await readAllParameters(parts.client, names);
  if (!before.ok) return before;
  const missing = names.find((name) => !before.value.has(name));
  if (missing !== undefined)
    return refuse(
      'not-found',
      'PARAMETER_MISSING',
      `configure the camera: it has no parameter "${missing.slice(0, 100)}"`,
    );
  const changes = new Map(
    names.map((name) => [name, String(wanted[name])] as const).filter(([name, to]) => before.value.get(name) !== to),
  );
  if (changes.size === 0) return ok(undefined);
  const set = await setParameters(parts.client, changes, permit);
  if (!set.ok) return set;
  const after = await readAllParameters(parts.client, names);
  if (!after.ok) return after;
  const other = names.find((name) => after.value.get(name) !== String(wanted[name]));
  return other === undefined ? ok(undefined) : DIFFERS(other);
}

/** All but what shuts plain HTTP; that comes last, see below. */
const parametersFirst: Writer = (work, wanted) =>
  param(work, Object.fromEntries(Object.entries(wanted).filter(([name, to]) => !isShutting(name, to))), permitOf(work));
const isShutting = (name: string, to: unknown): boolean => name.startsWith(POLICY_GROUP) && to === HTTPS_ONLY;

/** HTTPS only: proved to be reached over HTTPS before, and again after; the gateway never shuts the door that it stands in. */
async function shutHttp(work: CameraWork, wanted: Values): Promise<Result<void, Refusal>> {
  const shutting = Object.fromEntries(Object.entries(wanted).filter(([name, to]) => isShutting(name, to)));
  if (Object.keys(shutting).length === 0) return ok(undefined);
  const { client, record } = work.parts;
  if (!record().url.startsWith('https:'))
    return refuse(
      'conflict',
      'NOT_PROVED',
      'configure the camera: this gateway reaches it over HTTP, so HTTPS alone would shut it out',
    );
  client.hangUp();
  const proof = await readInfo(client);
  if (!proof.ok) return proof;
  const set = await param(work, shutting, permitOf(work));
  if (!set.ok) return set;
  client.hangUp();
  return (await checkCamera(work)).ok ? ok(undefined) : DIFFERS('HTTPS only');
}

interface Patched {
  readonly get: CameraAsk;
  readonly set: (wanted: Values) => CameraAsk;
  /** What the answer must then hold, by the same names. */
  readonly shown: (data: unknown) => Values;
}
const within = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (found, name) => (isRecord(found) && Object.hasOwn(found, name) ? found[name] : undefined),
    value,
  );

const patched =
  (how: Patched): Writer =>
  async ({ parts, ...rest }, wanted) => {
    const work = { parts, ...rest };
    const isSo = async (): Promise<Result<boolean, Refusal>> => {
      const answer = await parts.client.read(how.get);
      const data = answer.ok ? readData('read the camera', answer.value) : answer;
      if (!data.ok) return data;
      const shown = how.shown(data.value);
      return ok(Object.entries(wanted).every(([name, to]) => JSON.stringify(shown[name]) === JSON.stringify(to)));
    };
    const before = await isSo();
    if (!before.ok || before.value) return before.ok ? ok(undefined) : before;
    const answer = await parts.client.change(how.set(wanted), permitOf(work));
    const set = answer.ok ? readData('set the camera', answer.value) : answer;
    if (!set.ok) return set;
    const after = await isSo();
    if (!after.ok) return after;
    return after.value ? ok(undefined) : DIFFERS(Object.keys(wanted).join(', '));
  };

const NTP = '/axis-cgi/ntp.cgi';
const rest = (name: string): CameraAsk => ({ kind: 'rest', method: 'GET', path: `/config/rest/${name}` });
const patch = (name: string, data: unknown): CameraAsk => ({
  kind: 'rest',
  method: 'PATCH',
  path: `/config/rest/${name}`,
  data,
});
const given = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

const isStatic = (source: unknown): boolean => String(source).toLowerCase() === 'static';
const ntp = patched({
  get: { kind: 'json', path: NTP, call: 'getNTPInfo' },
  set: ({ enabled, servers, nts }) => ({
    kind: 'json',
    path: NTP,
    call: 'setNTPClientConfiguration',
    params: given({
      enabled,
      NTSEnabled: nts,
      staticServers: servers,
      serversSource: servers === undefined ? undefined : 'static',
    }),
  }),
  shown: (data) => ({
    enabled: within(data, 'client', 'enabled'),
    nts: within(data, 'client', 'NTSEnabled'),
    // Servers of its own that it does not ask are none.
    servers: isStatic(within(data, 'client', 'serversSource')) ? within(data, 'client', 'staticServers') : [],
  }),
});
const snmp = patched({
  get: rest('snmp/v1'),
  set: (wanted) => {
    const version = (name: string): unknown => (wanted[name] === undefined ? undefined : { enabled: wanted[name] });
    return patch('snmp/v1', given({ snmpV1: version('v1'), snmpV2: version('v2'), snmpV3: version('v3') }));
  },
  shown: (data) => ({
    v1: within(data, 'snmpV1', 'enabled'),
    v2: within(data, 'snmpV2', 'enabled'),
    v3: within(data, 'snmpV3', 'enabled'),
  }),
});
const passwordPolicy = patched({
  get: rest('user-management/v2'),
  set: ({ policy }) => patch('user-management/v2', { settings: { passphraseComplexity: { policy } } }),
  shown: (data) => ({ policy: within(data, 'settings', 'passphraseComplexity', 'policy') }),
});
const lldp = patched({
  get: rest('lldp/v1'),
  set: ({ activated }) => patch('lldp/v1/activated', activated),
  shown: (data) => ({ activated: within(data, 'activated') }),
});

const APPLICATIONS = '/axis-cgi/applications/config.cgi';
const applications: Writer = async (work, { allowUnsigned: wanted }) => {
  const { client } = work.parts;
  if (typeof wanted !== 'boolean')
    return refuse('invalid', 'DOCUMENT_MALFORMED', 'configure the camera: "allowUnsigned" is true or false');
  const named = { name: 'AllowUnsigned' };
  const before = await client.read({ kind: 'get', path: APPLICATIONS, query: { action: 'get', ...named } });
  if (!before.ok) return before;
  if (allowUnsignedIn(before.value)?.['allowUnsigned'] === wanted) return ok(undefined);
  const fields = { action: 'set', ...named, value: String(wanted) };
  const set = await client.change({ kind: 'form', path: APPLICATIONS, fields }, permitOf(work));
  if (!set.ok) return set;
  return allowUnsignedIn(set.value)?.['allowUnsigned'] === wanted ? ok(undefined) : DIFFERS('allowUnsigned');
};

/** In this order: names are told first, what may lock out last. */
const WRITERS: Readonly<Record<string, Writer>> = {
  param: parametersFirst,
  ntp,
  snmp,
  'password-policy': passwordPolicy,
  lldp,
  applications,
  est: (work, wanted) => setEstProfile(work, wanted),
  'network-access': (work, wanted) => setNetworkAccess(work, wanted),
};

export async function apply(work: CameraWork, document: CameraDocument): Promise<Result<void, Refusal>> {
  for (const [source, write] of Object.entries(WRITERS)) {
    const wanted = document[source];
    const written = wanted ? await write(work, wanted) : ok(undefined);
    if (!written.ok) return written;
  }
  return shutHttp(work, document['param'] ?? {});
}

export async function configure(work: CameraWork, target: Target): Promise<boolean> {
  const { parts, signal } = work;
  if (work.saved.now?.step === 'restarting') {
    // Cut off while 802.1X came on: whether its port lets it in is found out before anything else.
    const back = await proveOrRescue(work);
    if (signal.aborted) return false;
    if (!back.ok) return failWith(work, back.error);
  }
  const same = await reach(work, () => checkCamera(work));
  if (signal.aborted) return false;
  if (!same) return finish(work, 'failed', NOT_REACHED);
  if (!same.ok) return failWith(work, same.error);
  const text = await fetchDocument(work, target);
  if (signal.aborted) return false;
  const document = text.ok ? readDocument(text.value) : text;
  if (!document.ok) return failWith(work, document.error);
  enter(work, 'installing');
  const applied = await attempt(() => apply(work, document.value));
  if (signal.aborted) return false;
  if (!applied)
    return finish(work, 'failed', 'it went away while it was configured; what it took so far stays until the next try');
  if (!applied.ok) return failWith(work, applied.error);
  parts.shows({ document: target.label.sha256 });
  return finish(work, 'done');
}

async function fetchDocument(work: CameraWork, { label }: Target): Promise<Result<string, Refusal>> {
  const { parts, signal } = work;
  const allowed = permitOf(work)();
  if (!allowed.ok) return allowed;
  enter(work, 'downloading');
  try {
    return ok(await parts.document({ sha256: label.sha256, size: 0, source: null }, signal));
  } catch (fault) {
    const { message } = fault as Error;
    if (fault instanceof WrongBytes) {
      parts.alarm({ kind: 'invalid', code: 'BYTES_NOT_SIGNED', message }, work.saved.now?.job ?? null);
      return refuse('invalid', 'BYTES_NOT_SIGNED', message);
    }
    if (fault instanceof DownloadFault) return refuse('unavailable', 'NOT_DOWNLOADED', message);
    throw fault;
  }
}
