/** A site gateway's look at one device of its site: what it lets in, how it encrypts, what time it has, what it runs. */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ProbeResult } from '@cityward/contracts';
import { authorizationOf, readChallenges } from '../camera-wire/digest.ts';
import { askDevice, handshake, type Answer, type Door, type Handshake, type NoAnswer } from './ask-device.ts';
import { credentialsFor, type FactoryCredential } from './factory-credentials.ts';

/** Between two tries: slower than what any device takes for an attack. */
const TRY_EVERY_MS = 250;
/** Places that ask for a sign-in on cameras; `/` on the rest. Who gets in at the first without one is let in without one. */
const GUARDED_PATH = '/axis-cgi/usergroup.cgi';
const SIGN_IN_PATHS = [GUARDED_PATH, '/'] as const;
const BASIC_INFO_PATH = '/axis-cgi/basicdeviceinfo.cgi';
const VERSION_MAX_CHARS = 64;

export interface Target {
  readonly host: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Name of its maker: whose factory passwords are tried first. */
  readonly maker: string | null;
}
export interface ProbeOptions {
  readonly signal: AbortSignal;
  readonly tryEveryMs?: number;
}
export type ProbeFacts = Omit<ProbeResult, 'order' | 'id' | 'device' | 'at'>;

export async function probe(target: Target, options: ProbeOptions): Promise<ProbeFacts> {
  const { host } = target;
  const http: Door = { host, port: target.httpPort, isTls: false };
  const https: Door = { host, port: target.httpsPort, isTls: true };
  const shown = await handshake(https);
  const plain = await findSignIn(http);
  const best = shown ? https : http;
  const signIn = shown ? await findSignIn(https) : plain;
  const answer = signIn.answer ?? plain.answer;
  const credentials = await tryCredentials(
    { door: best, signIn, isWeb: shown !== null || plain.answer !== null },
    target,
    options,
  );
  return {
    credentials,
    tls: answer || shown ? tlsOf(shown, plain.path !== null) : null,
    clock: answer ? clockOf(answer) : null,
    firmware: answer ? await firmwareOf(best) : null,
  };
}

interface SignIn {
  /** Where it asks for a sign-in; null for nowhere. */
  readonly path: string | null;
  readonly open: boolean;
  readonly answer: Answer | null;
  readonly silent: NoAnswer | null;
}

async function findSignIn(door: Door): Promise<SignIn> {
  let answer: Answer | null = null;
  for (const path of SIGN_IN_PATHS) {
    const got = await askDevice(door, { method: 'GET', path });
    if (typeof got === 'string') {
      if (!answer) return { path: null, open: false, answer: null, silent: got };
      continue;
    }
    answer ??= got;
    if (got.status === 401) return { path, open: false, answer: got, silent: null };
    if (path === GUARDED_PATH && got.status === 200) return { path: null, open: true, answer: got, silent: null };
  }
  return { path: null, open: false, answer, silent: null };
}

const tlsOf = (shown: Handshake | null, plain: boolean): ProbeFacts['tls'] => ({
  protocol: shown?.protocol ?? null,
  cipher: shown?.cipher ?? null,
  fingerprint: shown?.fingerprint ?? null,
  selfSigned: shown?.selfSigned ?? null,
  notAfter: shown?.notAfter ?? null,
  plain,
});

/** HTTP dates have whole seconds: the middle of that second is meant. */
function clockOf({ headers, at }: Answer): ProbeFacts['clock'] {
  const device = Date.parse(headers.date ?? '');
  return Number.isSafeInteger(device) && device >= 0 ? { device: device + 500, gateway: at } : null;
}

async function firmwareOf(door: Door): Promise<string | null> {
  const body = JSON.stringify({ apiVersion: '1.0', method: 'getAllUnrestrictedProperties' });
  const got = await askDevice(door, { method: 'POST', path: BASIC_INFO_PATH, body });
  if (typeof got === 'string' || got.status !== 200) return null;
  try {
    const said = JSON.parse(got.body) as { data?: { propertyList?: { Version?: unknown } } };
    const version = said.data?.propertyList?.Version;
    const fits = typeof version === 'string' && version !== '' && version.length <= VERSION_MAX_CHARS;
    return fits ? version : null;
  } catch {
    return null;
  }
}

interface Trial {
  readonly door: Door;
  readonly signIn: SignIn;
  readonly isWeb: boolean;
}

async function tryCredentials(
  { door, signIn, isWeb }: Trial,
  { maker }: Target,
  { signal, tryEveryMs = TRY_EVERY_MS }: ProbeOptions,
): Promise<ProbeFacts['credentials']> {
  const { path, open, silent } = signIn;
  if (open) return { ended: 'complete', tried: 0, accepted: null, open: true };
  if (path === null) {
    const ended = isWeb ? 'not-tried' : silent === 'refused' ? 'no-service' : 'no-answer';
    return { ended, tried: 0, accepted: null, open: false };
  }
  let tried = 0;
  for (const credential of credentialsFor(maker)) {
    if (tried > 0) await wait(tryEveryMs);
    const outcome = signal.aborted ? 'unanswered' : await tryOne(door, path, credential);
    if (outcome === 'unanswered') return { ended: 'locked', tried, accepted: null, open: false };
    tried++;
    if (outcome === 'in') return { ended: 'complete', tried, accepted: credential.name, open: false };
  }
  return { ended: 'complete', tried, accepted: null, open: false };
}

/** `unanswered`: it gave no plain yes or no, as a device does that has locked the door. */
async function tryOne(door: Door, path: string, credential: FactoryCredential): Promise<'in' | 'out' | 'unanswered'> {
  const asked = await askDevice(door, { method: 'GET', path });
  if (typeof asked === 'string' || asked.status !== 401) return 'unanswered';
  const authorization = answerTo(asked, path, credential);
  if (authorization === null) return 'unanswered';
  const got = await askDevice(door, { method: 'GET', path, authorization });
  if (typeof got === 'string') return 'unanswered';
  if (got.status === 401) return 'out';
  // A redirection or "not found" comes after the sign-in: who was refused would have seen 401.
  return got.status < 400 || got.status === 404 ? 'in' : 'unanswered';
}

function answerTo({ headers }: Answer, path: string, { user, password }: FactoryCredential): string | null {
  // Node joins several challenges into one text; each begins with its scheme.
  const values = String(headers['www-authenticate'] ?? '').split(/,\s*(?=(?:Digest|Basic)\s)/iu);
  const digest = readChallenges(values);
  if (digest) {
    const asked = { method: 'GET', uri: path, count: 1, cnonce: randomBytes(8).toString('hex') };
    return authorizationOf(digest, { user, password }, asked);
  }
  if (!values.some((one) => /^basic\s/iu.test(one))) return null;
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
