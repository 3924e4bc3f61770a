/**
 * Asks one camera: digest authentication, a kept connection whose certificate is the pinned one or of the city, bounds on time and
 * size. What changes a camera needs a permit, which is asked again before every single send.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PeerCertificate } from 'node:tls';
import { err, MINUTE_MS, ok, SECOND_MS, type Refusal, type Result } from '@cityward/kernel';
import { authorizationOf, readChallenges, type Challenge, type DigestLogin } from '../camera-wire/digest.ts';
import { isReading, PATHS, writeAsk, type CameraAsk, type Written } from './camera-asks.ts';

/** Whole exchange of one small question; of an image. */
const ANSWER_MS = 15 * SECOND_MS;
const UPLOAD_MS = 20 * MINUTE_MS;
const CONNECT_AND_IDLE_MS = 30 * SECOND_MS;
export const ANSWER_MAX_BYTES = 1_048_576;
const HEADERS_MAX_BYTES = 16_384;
/** Sends of one question: without a challenge, with a stale one, with a fresh one. */
const SENDS_MAX = 3;
const CONNECTION_KEPT_MS = 30 * SECOND_MS;

/** What the camera must show in TLS: one of these certificates, or one that the city's authority issued to its name. */
export interface CameraTrust {
  /** PEM. */
  readonly pinned: readonly string[];
  readonly authority: { readonly ca: string; readonly name: string } | null;
  /**
   * Any certificate will do, since a camera that was set back to the factory has made itself another: only to look, and never with
   * an account.
   */
  readonly isUnchecked?: boolean;
}
export interface CameraPlace {
  /** `https://127.0.0.5:443`; `http:` only where the camera has nothing else yet. */
  readonly url: string;
  readonly trust: CameraTrust;
  /** Null for a camera that has no account yet. */
  readonly login: DigestLogin | null;
}
/** Asked immediately before each send of anything that changes the camera. */
export type Permit = () => Result<void, Refusal>;

export interface CameraAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}
/** No answer, a broken one, or one from somebody else: trying again may help. */
export class CameraUnreachable extends Error {
  override readonly name = 'CameraUnreachable';
}

/** The certificate of a camera, which has passed the client's check. */
export interface ShownCertificate {
  /** Issued by the city's authority to the camera's name; false for one that is pinned. */
  readonly isOfCity: boolean;
  readonly validTo: number;
  readonly at: number;
}

export interface CameraClient {
  /** Throws CameraUnreachable; throws an ordinary error, a bug, on what is no reading. Refused only for a wrong account. */
  read(ask: CameraAsk): Promise<Result<CameraAnswer, Refusal>>;
  /** Refused also by the permit, before anything is sent. */
  change(ask: CameraAsk, permit: Permit): Promise<Result<CameraAnswer, Refusal>>;
  /** From now on asked with this account, or under this trust; connections are made anew. */
  turnTo(place: Partial<CameraPlace>): void;
  /** Its connection is let go; the next question dials again. */
  hangUp(): void;
  /** What the camera showed when its connection was made; null before, and over plain HTTP. */
  shown(): ShownCertificate | null;
  /** How far the camera's clock is from ours, as it said last; 0 before. For UsernameTokens. */
  clockOffMs: number;
}

export interface CameraClientParts extends CameraPlace {
  readonly answerMs?: number;
  readonly uploadMs?: number;
  readonly clock?: () => number;
}

/** Refuses whoever is neither pinned nor of the city by this name; OpenSSL has already checked the chain. */
function checkPeer({ pinned, authority }: CameraTrust, peer: PeerCertificate): Error | Omit<ShownCertificate, 'at'> {
  const own = new X509Certificate(peer.raw);
  const validTo = own.validToDate.getTime();
  if (pinned.some((pem) => new X509Certificate(pem).raw.equals(peer.raw))) return { isOfCity: false, validTo };
  const issued =
    authority !== null &&
    own.subject === `CN=${authority.name}` &&
    certificatesIn(authority.ca).some((issuer) => own.verify(issuer.publicKey));
  return issued
    ? { isOfCity: true, validTo }
    : new Error('its certificate is neither the pinned one nor one of the city for its name');
}

const certificatesIn = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? []).map(
    (one) => new X509Certificate(one),
  );

function agentFor(
  { url, trust }: CameraPlace,
  shown: (certificate: Omit<ShownCertificate, 'at'>) => void,
): HttpAgent | HttpsAgent {
  const kept = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1, timeout: CONNECTION_KEPT_MS };
  if (new URL(url).protocol === 'http:') return new HttpAgent(kept);
  if (trust.isUnchecked) return new HttpsAgent({ ...kept, rejectUnauthorized: false, minVersion: 'TLSv1.2' });
  return new HttpsAgent({
    ...kept,
    ca: [...trust.pinned, ...(trust.authority ? [trust.authority.ca] : [])],
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_, peer) => {
      const checked = checkPeer(trust, peer);
      if (checked instanceof Error) return checked;
      shown(checked);
      return undefined;
    },
  });
}

interface Exchange {
  readonly base: URL;
  readonly agent: HttpAgent | HttpsAgent;
  readonly written: Written;
  readonly authorization: string | null;
  readonly ms: number;
}
interface Received extends CameraAnswer {
  readonly challenges: readonly string[];
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += (chunk as Buffer).length;
    if (size > ANSWER_MAX_BYTES) throw new Error(`its answer is longer than ${ANSWER_MAX_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  if (!answer.complete) throw new Error('its answer was cut off');
  return Buffer.concat(chunks).toString('utf8');
}

function begin({ base, agent, written, authorization, ms }: Exchange, signal: AbortSignal): ClientRequest {
  const { method, uri, contentType, body } = written;
  const headers: Record<string, string> = {
    host: base.host,
    ...(contentType === null ? {} : { 'content-type': contentType }),
    ...(body ? { 'content-length': String(body.size) } : {}),
    ...(authorization === null ? {} : { authorization }),
  };
  const ask = base.protocol === 'http:' ? httpRequest : httpsRequest;
  const { hostname, port } = base;
  const to = { hostname, port, method, path: uri, agent, headers, maxHeaderSize: HEADERS_MAX_BYTES };
  return ask({ ...to, timeout: Math.min(ms, CONNECT_AND_IDLE_MS), signal });
}

/** The camera closed a kept connection just as it was used again: nobody knows whether the question arrived. */
class ConnectionHadEnded extends Error {
  override readonly name = 'ConnectionHadEnded';
  constructor() {
    super('the connection had ended');
  }
}

/** Resolves with whatever the camera answered, also while it was still being sent a body. */
async function exchange(what: Exchange): Promise<Received> {
  const late = AbortSignal.timeout(what.ms);
  const asked = begin(what, late);
  asked.on('timeout', () => asked.destroy(new Error('it was silent')));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve);
    asked.on('error', reject);
  });
  const { body } = what.written;
  const sending = body ? pipeline(Readable.from(body.open(), { objectMode: false }), asked) : void asked.end();
  // A refusal may come before the whole body has gone; then the rest need not.
  const sent = Promise.resolve(sending).then(
    () => answered,
    async (fault: unknown) => {
      asked.destroy(fault as Error);
      throw fault;
    },
  );
  const answer = await Promise.race([answered, sent]).catch((fault: unknown) => {
    throw asked.reusedSocket && (fault as NodeJS.ErrnoException).code === 'ECONNRESET'
      ? new ConnectionHadEnded()
      : fault;
  });
  const text = await readBody(answer);
  sent.catch(() => undefined);
  if (!asked.writableFinished) asked.destroy();
  const { statusCode: status = 0, headers, rawHeaders } = answer;
  const challenges = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 && name.toLowerCase() === 'www-authenticate' ? [rawHeaders[at + 1]!] : [],
  );
  return { status, contentType: headers['content-type'] ?? '', body: text, challenges };
}

const UNAUTHORISED = (url: string): Refusal => ({
  kind: 'forbidden',
  code: 'CAMERA_UNAUTHORISED',
  message: `ask camera "${url}": it does not take the account that this gateway holds`,
});

interface State {
  place: CameraPlace;
  shown: ShownCertificate | null;
  agent: HttpAgent | HttpsAgent;
  challenge: Challenge | null;
  /** Uses of the challenge's nonce. */
  count: number;
}

function authorization(state: State, { method, uri, isOpen }: Written): string | null {
  const { challenge, place } = state;
  if (isOpen || !challenge || !place.login) return null;
  const cnonce = randomBytes(12).toString('hex');
  return authorizationOf(challenge, place.login, { method, uri, count: ++state.count, cnonce });
}

/** Null where it is to be sent again: under the challenge that came back, or over a new connection. */
async function send(
  state: State,
  ask: CameraAsk,
  { written, ms }: Pick<Exchange, 'written' | 'ms'>,
): Promise<Answered | null> {
  const { place, agent } = state;
  const proof = authorization(state, written);
  const what = { base: new URL(place.url), agent, written, authorization: proof, ms };
  const answer = await exchange(what).catch((fault: unknown) => {
    // What only reads may arrive twice.
    if (fault instanceof ConnectionHadEnded && isReading(ask)) return null;
    throw fault;
  });
  if (!answer) return null;
  if (answer.status !== 401 || written.isOpen) return ok(answer);
  const next = readChallenges(answer.challenges);
  // A fresh nonce that is not said to be stale, after a proof: the account is wrong.
  const isWrong = proof !== null && state.count === 1 && !next?.stale;
  if (!next || !place.login || isWrong) return err(UNAUTHORISED(place.url));
  state.challenge = next;
  state.count = 0;
  return null;
}
type Answered = Result<CameraAnswer, Refusal>;

export function createCameraClient(parts: CameraClientParts): CameraClient {
  const { answerMs = ANSWER_MS, uploadMs = UPLOAD_MS, clock = Date.now, ...at } = parts;
  if (at.trust.isUnchecked && at.login)
    throw new Error(`ask camera "${at.url}": an account is shown only to a camera whose certificate is checked`);
  const see = (certificate: Omit<ShownCertificate, 'at'>): void => void (state.shown = { ...certificate, at: clock() });
  const state: State = { place: at, shown: null, agent: agentFor(at, see), challenge: null, count: 0 };
  let turn: Promise<unknown> = Promise.resolve();
  /** One question at a time: the count of a nonce only grows. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = turn.then(act);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const sendAll = async (ask: CameraAsk, permit: Permit | null): Promise<Answered> => {
    const ms = ask.kind === 'upgrade' || ask.kind === 'onvif-image' ? uploadMs : answerMs;
    for (let sends = 1; sends <= SENDS_MAX; sends++) {
      const allowed = permit?.() ?? ok(undefined);
      if (!allowed.ok) return allowed;
      const written = writeAsk(ask, { login: state.place.login, now: clock() + client.clockOffMs });
      const answered = await send(state, ask, { written, ms }).catch((fault: Error) => {
        throw new CameraUnreachable(`ask camera "${state.place.url}": ${fault.message}`, { cause: fault });
      });
      if (answered) return answered;
    }
    return err(UNAUTHORISED(state.place.url));
  };
  /** Before a change: a small question brings a connection that lives and a nonce that is fresh, so that it is sent once. */
  const change = async (ask: CameraAsk, permit: Permit): Promise<Answered> => {
    if (state.place.trust.isUnchecked)
      throw new Error(`change camera "${state.place.url}": wanted one whose certificate is checked`);
    const allowed = permit();
    if (!allowed.ok) return allowed;
    const usesHttpAccount = state.place.login && ask.kind !== 'onvif' && ask.kind !== 'onvif-image';
    const asked = usesHttpAccount ? await sendAll(SMALL_QUESTION, null) : ok(null);
    return asked.ok ? sendAll(ask, permit) : asked;
  };
  const letGo = (): void => {
    state.agent.destroy();
    state.shown = null;
    state.agent = agentFor(state.place, see);
  };
  const client: CameraClient = {
    clockOffMs: 0,
    read: (ask) => {
      if (!isReading(ask)) throw new Error(`read from a camera: "${ask.kind}" changes it, wanted a permit`);
      return inTurn(() => sendAll(ask, null));
    },
    change: (ask, permit) => inTurn(() => change(ask, permit)),
    turnTo: (place) => {
      state.place = { ...state.place, ...place };
      state.challenge = null;
      letGo();
    },
    hangUp: letGo,
    shown: () => state.shown,
  };
  return client;
}

const SMALL_QUESTION: CameraAsk = {
  kind: 'get',
  path: PATHS.parameters,
  query: { action: 'list', group: 'Brand.Brand' },
};
