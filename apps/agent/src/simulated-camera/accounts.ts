/** Who a simulated camera lets in: digest over HTTP, UsernameToken over ONVIF, and `pwdgrp.cgi` to keep its accounts. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { MINUTE_MS } from '@cityward/kernel';
import {
  DIGEST_ALGORITHMS,
  proofOf,
  readAuthorization,
  secretOf,
  type DigestAlgorithm,
} from '../camera-wire/digest.ts';
import { findXml, type XmlNode } from '../camera-wire/xml.ts';
import { html, text, type CameraAnswer, type CameraRequest } from './answers.ts';
import { GROUPS, type Account, type Flash, type Group } from './flash.ts';

/** A nonce is taken for so long; after that its user is told that it is stale, not that the password is wrong. */
export const NONCE_LIFE_MS = 5 * MINUTE_MS;
const NONCES_MAX = 64;
const TOKEN_SKEW_MS = 5 * MINUTE_MS;
const TOKENS_MAX = 256;

export type Entry = { readonly user: string; readonly account: Account } | 'unknown' | 'stale';
export interface Accounts {
  /** 401 with a fresh nonce, in MD5 and SHA-256. */
  challenge(isStale: boolean): CameraAnswer;
  enter(request: CameraRequest): Entry;
  /** Of a SOAP header; the same token is taken once. */
  enterByToken(envelope: XmlNode): Entry;
}

const same = (a: string, b: string): boolean => {
  const [first, second] = [a, b].map((one) => createHash('sha256').update(one).digest());
  return timingSafeEqual(first!, second!);
};

export interface AccountsParts {
  readonly realm: string;
  readonly flash: Flash;
  /** The camera's own clock, which may be wrong. */
  readonly now: () => number;
  readonly algorithms?: readonly DigestAlgorithm[];
}

export function createAccounts({ realm, flash, now, algorithms = DIGEST_ALGORITHMS }: AccountsParts): Accounts {
  /** Nonces with their time and the highest count that was seen with them. */
  const nonces = new Map<string, { readonly until: number; count: number }>();
  const tokens = new Set<string>();
  const keep = <T>(of: Map<string, T> | Set<string>, most: number): void => {
    for (const oldest of of.keys()) if (of.size > most) of.delete(oldest);
  };
  const accountOf = (user: string): Account | undefined =>
    Object.hasOwn(flash.accounts, user) ? flash.accounts[user] : undefined;
  return {
    challenge: (isStale) => {
      const nonce = randomBytes(16).toString('hex');
      nonces.set(nonce, { until: now() + NONCE_LIFE_MS, count: 0 });
      keep(nonces, NONCES_MAX);
      const offers = algorithms.map(
        (algorithm) =>
          `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${isStale ? ', stale=true' : ''}`,
      );
      const answer = html(401, '<html><body><h1>401 Unauthorized</h1></body></html>');
      return { ...answer, headers: { ...answer.headers, 'www-authenticate': offers } };
    },
    enter: (request) => {
      const answer = readAuthorization(request.authorization ?? '');
      const account = answer && accountOf(answer.user);
      if (!answer || !account || answer.realm !== realm || answer.uri !== request.uri) return 'unknown';
      if (!algorithms.includes(answer.algorithm)) return 'unknown';
      const secret = secretOf(answer.algorithm, realm, { user: answer.user, password: account.password });
      const proof = proofOf(answer, secret, { ...answer, method: request.method });
      if (!same(proof, answer.response)) return 'unknown';
      const nonce = nonces.get(answer.nonce);
      if (!nonce || nonce.until < now() || answer.count <= nonce.count) return 'stale';
      nonce.count = answer.count;
      return { user: answer.user, account };
    },
    enterByToken: (envelope) => {
      const token = findXml(envelope, 'UsernameToken');
      const [user, password, nonce, created] = ['Username', 'Password', 'Nonce', 'Created'].map(
        (name) => (token && findXml(token, name)?.text) ?? '',
      ) as [string, string, string, string];
      const account = accountOf(user);
      if (!account || Math.abs(Date.parse(created) - now()) > TOKEN_SKEW_MS) return 'unknown';
      if (Number.isNaN(Date.parse(created)) || !same(passwordDigest(account.password, nonce, created), password))
        return 'unknown';
      if (tokens.has(nonce)) return 'unknown';
      tokens.add(nonce);
      keep(tokens, TOKENS_MAX);
      return { user, account };
    },
  };
}

/** WS-Security UsernameToken 1.0: Base64(SHA-1(nonce, created, password)). */
export const passwordDigest = (password: string, nonce: string, created: string): string =>
  createHash('sha1')
    .update(Buffer.concat([Buffer.from(nonce, 'base64'), Buffer.from(created), Buffer.from(password)]))
    .digest('base64');

const NAME = /^[A-Za-z0-9]{1,14}$/u;
const PASSWORD = /^[\x20-\x7e]{1,64}$/u;
const said = (words: string): CameraAnswer => html(200, `<html><body>${words}</body></html>\n`);

const groupsOf = (sgrp: string): Group[] => GROUPS.filter((group) => sgrp.split(':').includes(group));

function listAccounts({ accounts }: Flash): string {
  const inGroup = (group: Group): string =>
    Object.entries(accounts)
      .filter(([, { groups }]) => groups.includes(group))
      .map(([user]) => user)
      .join(',');
  const all = Object.keys(accounts).join(',');
  return [...GROUPS.map((group) => `${group}="${inGroup(group)}"`), `digusers="${all}"`, ''].join('\n');
}

/** `pwdgrp.cgi`. While there is no account at all anybody may make the first one, which must be an administrator. */
export function answerAccounts(flash: Flash, asked: URLSearchParams): CameraAnswer {
  const [action, user, password] = [asked.get('action'), asked.get('user') ?? '', asked.get('pwd')];
  const exists = Object.hasOwn(flash.accounts, user);
  const goodPassword = password !== null && PASSWORD.test(password);
  if (action === 'get') return text(200, listAccounts(flash));
  if (action === 'add') {
    if (exists) return said(`Error: account ${user} already exists.`);
    if (!NAME.test(user) || !goodPassword) return said('Error: the name or the password is not valid.');
    const groups = groupsOf(asked.get('sgrp') ?? '');
    if (Object.keys(flash.accounts).length === 0 && !groups.includes('admin'))
      return said('Error: the first account must be an administrator.');
    flash.accounts[user] = { password, groups };
    return said(`Created account ${user}.`);
  }
  if (!exists) return said(`Error: account ${user} does not exist.`);
  const was = flash.accounts[user]!;
  if (action === 'update') {
    if (password !== null && !goodPassword) return said('Error: the password is not valid.');
    const sgrp = asked.get('sgrp');
    flash.accounts[user] = { password: password ?? was.password, groups: sgrp === null ? was.groups : groupsOf(sgrp) };
    return said(`Modified account ${user}.`);
  }
  if (action !== 'remove') return said('Error: unknown action.');
  const others = Object.entries(flash.accounts).filter(([name]) => name !== user);
  if (!others.some(([, { groups }]) => groups.includes('admin'))) return said('Error: the last administrator stays.');
  delete flash.accounts[user];
  return said(`Removed account ${user}.`);
}
