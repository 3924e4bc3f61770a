/** A client of ACME for tests: keys, what they sign, and what comes back; the handler is asked in this process. */
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { thumbprintOf, type Jwk } from './acme-jws.ts';
import { ECDSA_SHA256 } from './domain/certificate.ts';
import { bitString, contextTag, integer, octetString, oid, sequence, set, tlv } from './domain/der.ts';
import { nameOf } from './domain/names.ts';
import { OID } from './domain/oids.ts';
import type { EstHandler } from './est.ts';

export const BASE = 'https://localhost:8443/acme/';
const POLL_MS = 5;

export interface Key {
  readonly key: KeyObject;
  readonly jwk: Jwk;
}
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { [key: string]: unknown };
  readonly text: string;
}
export interface Signing {
  readonly by: Key;
  /** Account URL; without it the key itself comes along. */
  readonly kid?: string | undefined;
  readonly header?: object;
  /** Signed with this key instead. */
  readonly with?: KeyObject;
}
export interface AcmeClient {
  send(method: string, path: string, body?: string | Buffer): Promise<Answer>;
  freshNonce(): Promise<string>;
  post(path: string, payload: object | '', signing: Signing): Promise<Answer>;
  order(account: Signing, ...names: string[]): Promise<Answer>;
  /** Starts the proof of every name of an order. */
  challenge(account: Signing, made: Answer, wrong?: boolean): Promise<void>;
  /** The same, to the end: resolves when none is pending. */
  prove(account: Signing, made: Answer, wrong?: boolean): Promise<void>;
}

export function newAccountKey(): Key {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = pair.publicKey.export({ format: 'jwk' });
  return { key: pair.privateKey, jwk: { kty, crv, x, y } as Jwk };
}
const base64 = (value: object | ''): string =>
  value === '' ? '' : Buffer.from(JSON.stringify(value)).toString('base64url');

export interface Flattened {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}
export const sealed = (header: object, payload: object | '', key: KeyObject): Flattened =>
  flattened(base64(header), base64(payload), key);
function flattened(head: string, body: string, key: KeyObject): Flattened {
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return { protected: head, payload: body, signature: signature.toString('base64url') };
}
export const signed = (header: object, payload: object | '', key: KeyObject): string =>
  JSON.stringify(sealed(header, payload, key));
/** The same of texts, which may be anything. */
export function signedTexts(header: string, payload: string, key: KeyObject): string {
  const [head, body] = [header, payload].map((one) => Buffer.from(one).toString('base64url')) as [string, string];
  return JSON.stringify(flattened(head, body, key));
}

export function bindingFor({ jwk }: Key, secret: { readonly kid: string; readonly key: string }): object {
  const [head, body] = [base64({ alg: 'HS256', kid: secret.kid, url: `${BASE}new-account` }), base64(jwk)];
  const hmac = createHmac('sha256', Buffer.from(secret.key, 'base64url')).update(`${head}.${body}`);
  return { protected: head, payload: body, signature: hmac.digest('base64url') };
}
export const problem = (answer: Answer): string =>
  String(answer.body['type']).replace('urn:ietf:params:acme:error:', '');
export const below = (url: unknown): string => String(url).slice(BASE.length);

/** A request for these DNS names. */
export function requestFor(names: readonly string[], key = newAccountKey().key): string {
  const { x, y } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
  const spki = sequence(sequence(oid(OID.ecPublicKey), oid(OID.p256)), bitString(point));
  const dns = names.map((name) => tlv(contextTag(2, false), Buffer.from(name, 'latin1')));
  const extension = sequence(oid(OID.subjectAltName), octetString(sequence(...dns)));
  const attribute = sequence(oid(OID.extensionRequest), set(sequence(extension)));
  const info = sequence(integer(0), nameOf(names[0]!), spki, tlv(contextTag(0, true), attribute));
  return sequence(info, ECDSA_SHA256, bitString(sign('sha256', info, key))).toString('base64url');
}

/** @param answers what the host answers to a challenge, by path; filled in by a proof */
export function createAcmeClient(handler: () => EstHandler, answers: Map<string, string>): AcmeClient {
  const client: AcmeClient = {
    send: async (method, path, body = '') => {
      const headers = { 'content-type': 'application/jose+json' };
      const more = { headers, body: Buffer.from(body), address: '192.0.2.1', certificate: null };
      const answer = await handler()({ method, path: `/acme/${path}`, ...more });
      const text = answer.body.toString();
      const json = text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {};
      return { status: answer.status, headers: answer.headers, text, body: json };
    },
    freshNonce: async () => (await client.send('HEAD', 'new-nonce')).headers['replay-nonce']!,
    post: async (path, payload, { by, kid, header, ...more }) => {
      const who = kid === undefined ? { jwk: by.jwk } : { kid };
      const whole = { alg: 'ES256', nonce: await client.freshNonce(), url: `${BASE}${path}`, ...who, ...header };
      return client.send('POST', path, signed(whole, payload, more.with ?? by.key));
    },
    order: (account, ...names) =>
      client.post('new-order', { identifiers: names.map((value) => ({ type: 'dns', value })) }, account),
    challenge: async (account, made, wrong = false) => {
      for (const url of made.body['authorizations'] as string[]) {
        const authz = await client.post(below(url), '', account);
        const [challenge] = authz.body['challenges'] as { token: string; url: string }[];
        const right = `${challenge!.token}.${thumbprintOf(account.by.jwk)}`;
        answers.set(`/.well-known/acme-challenge/${challenge!.token}`, wrong ? `${right}x` : `${right}\n`);
        await client.post(below(challenge!.url), {}, account);
      }
    },
    prove: async (account, made, wrong) => {
      await client.challenge(account, made, wrong);
      for (const url of made.body['authorizations'] as string[])
        while ((await client.post(below(url), '', account)).body['status'] === 'pending')
          await new Promise((next) => setTimeout(next, POLL_MS));
    },
  };
  return client;
}
