/** HTTP digest authentication (RFC 7616) with `auth`, as cameras ask for it: both sides of it, pure. */
import { createHash } from 'node:crypto';

export const DIGEST_ALGORITHMS = ['SHA-256', 'MD5'] as const;
/** The stronger first: a client answers the first that it is offered. */
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  readonly opaque: string | null;
  /** Name and password were right, only the nonce has grown old. */
  readonly stale: boolean;
}
export interface DigestLogin {
  readonly user: string;
  readonly password: string;
}
/** What one answer is made over. */
export interface Asked {
  readonly method: string;
  /** As in the request line, with the query. */
  readonly uri: string;
  /** How often this nonce was used, this time included. */
  readonly count: number;
  readonly cnonce: string;
}
export interface DigestAnswer {
  readonly user: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly algorithm: DigestAlgorithm;
  readonly count: number;
  readonly cnonce: string;
  readonly response: string;
}

export const HEADER_MAX_CHARS = 4_096;
const PARAMETERS_MAX = 24;
const PARAMETER = /^\s*([A-Za-z][A-Za-z0-9_-]{0,31})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)/u;

const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex');

/** What a camera keeps of a password for one algorithm. */
export const secretOf = (algorithm: DigestAlgorithm, realm: string, { user, password }: DigestLogin): string =>
  hash(algorithm, `${user}:${realm}:${password}`);

const countText = (count: number): string => count.toString(16).padStart(8, '0');

/** The proof that whoever asks knows the secret. */
export function proofOf(
  { algorithm, nonce }: Pick<Challenge, 'algorithm' | 'nonce'>,
  secret: string,
  { method, uri, count, cnonce }: Asked,
): string {
  const asked = hash(algorithm, `${method}:${uri}`);
  return hash(algorithm, `${secret}:${nonce}:${countText(count)}:${cnonce}:auth:${asked}`);
}

const escaped = (text: string): string => text.replaceAll(/["\\]/gu, '\\$&');

/** The `Authorization` of one request. */
export function authorizationOf(challenge: Challenge, login: DigestLogin, asked: Asked): string {
  const { realm, nonce, algorithm, opaque } = challenge;
  const response = proofOf(challenge, secretOf(algorithm, realm, login), asked);
  const parts = [
    `username="${escaped(login.user)}"`,
    `realm="${escaped(realm)}"`,
    `nonce="${escaped(nonce)}"`,
    `uri="${escaped(asked.uri)}"`,
    `algorithm=${algorithm}`,
    'qop=auth',
    `nc=${countText(asked.count)}`,
    `cnonce="${asked.cnonce}"`,
    `response="${response}"`,
    ...(opaque === null ? [] : [`opaque="${escaped(opaque)}"`]),
  ];
  return `Digest ${parts.join(', ')}`;
}

/** Parameters of one `Digest …` value, names in lower case; null for what is no such thing or says something twice. */
function parametersOf(text: string): ReadonlyMap<string, string> | null {
  if (text.length > HEADER_MAX_CHARS || !/^digest\s/iu.test(text)) return null;
  const found = new Map<string, string>();
  for (let rest = text.slice('digest '.length); rest.trim() !== '';) {
    const match = PARAMETER.exec(rest);
    if (!match || found.size >= PARAMETERS_MAX) return null;
    const name = match[1]!.toLowerCase();
    if (found.has(name)) return null;
    found.set(name, match[2]?.replaceAll(/\\(.)/gu, '$1') ?? match[3]!);
    rest = rest.slice(match[0].length);
  }
  return found;
}

const algorithmOf = (name: string | undefined): DigestAlgorithm | null =>
  DIGEST_ALGORITHMS.find((one) => one === (name ?? 'MD5').toUpperCase()) ?? null;

function challengeOf(text: string): Challenge | null {
  const parameters = parametersOf(text);
  const [realm, nonce] = [parameters?.get('realm'), parameters?.get('nonce')];
  const algorithm = algorithmOf(parameters?.get('algorithm'));
  if (!parameters || realm === undefined || !nonce || !algorithm) return null;
  const offered = (parameters.get('qop') ?? '').split(',').map((one) => one.trim().toLowerCase());
  // Without `auth` the answer would carry neither a count nor a nonce of ours: a replay would be as good as the first.
  if (!offered.includes('auth')) return null;
  const stale = parameters.get('stale')?.toLowerCase() === 'true';
  return { realm, nonce, algorithm, opaque: parameters.get('opaque') ?? null, stale };
}

/** The best challenge among the `WWW-Authenticate` values (each header one value); null where there is none that we answer. */
export function readChallenges(values: readonly string[]): Challenge | null {
  const read = values.map(challengeOf).filter((one) => one !== null);
  for (const algorithm of DIGEST_ALGORITHMS) {
    const found = read.find((one) => one.algorithm === algorithm);
    if (found) return found;
  }
  return null;
}

/** Reads an `Authorization`; null for anything but a digest with `auth`. */
export function readAuthorization(text: string): DigestAnswer | null {
  const parameters = parametersOf(text);
  if (!parameters || parameters.get('qop') !== 'auth') return null;
  const count = /^[0-9a-f]{8}$/iu.test(parameters.get('nc') ?? '') ? Number.parseInt(parameters.get('nc')!, 16) : 0;
  const algorithm = algorithmOf(parameters.get('algorithm'));
  const needed = ['username', 'realm', 'nonce', 'uri', 'cnonce', 'response'].map((name) => parameters.get(name));
  if (count === 0 || !algorithm || needed.some((one) => one === undefined)) return null;
  const [user, realm, nonce, uri, cnonce, response] = needed as string[];
  return {
    user: user!,
    realm: realm!,
    nonce: nonce!,
    uri: uri!,
    cnonce: cnonce!,
    response: response!,
    algorithm,
    count,
  };
}
