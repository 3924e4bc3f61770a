/** What ACME answers to whom: only bound accounts, only registered names, each nonce once, and nothing to whoever sends rubbish. */
import 'reflect-metadata';
import { createHmac, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { openAcme, type OpenedAcme } from './acme-door.ts';
import { readJws, thumbprintOf, type Jwk } from './acme-jws.ts';
import { openDevices, type Devices } from './devices.ts';
import { contextTag, octetString, oid, sequence, set, tlv, integer, bitString } from './domain/der.ts';
import { ECDSA_SHA256 } from './domain/certificate.ts';
import { nameOf } from './domain/names.ts';
import { OID } from './domain/oids.ts';
import { anyDevice, removeFolder, testClock, testFolder } from './testing.ts';
import { silentLog } from '@cityward/log';

const BASE = 'https://localhost:8443/acme/';
const HOST = 'gateway-east.example';
const OTHER = 'gateway-west.example';

let sql: TestSql;
let devices: Devices;
let acme: OpenedAcme;
let web: Server;
const folder = testFolder();
const clock = testClock();
/** What the host answers to a challenge, by path; and what it was asked. */
const answers = new Map<string, string>();
const hostsAsked: string[] = [];

beforeAll(async () => {
  sql = await openTestSql();
  web = createServer((request, response) => {
    hostsAsked.push(`${request.headers.host} ${request.url}`);
    const text = answers.get(request.url ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const addresses = new Map([HOST, OTHER].map((name) => [name, '127.0.0.1']));
  const options = {
    ...{ sql, folder, clock, log: silentLog, cityName: 'Port Merrow', directory: anyDevice },
    ...{ origins: ['http://localhost:8080'], estUrl: 'https://localhost:8443' },
    acme: { addresses, port: (web.address() as AddressInfo).port },
  };
  devices = await openDevices(options);
  acme = await openAcme(options, devices);
  const draft = {
    kind: 'site-gateway' as const,
    name: 'Gateway',
    party: 'city',
    speaksFor: { devices: [], sites: [] },
  };
  for (const id of ['gateway-east', 'gateway-west', 'gateway-held'])
    expect((await devices.networks.add({ ...draft, id }, 'per-1')).ok).toBe(true);
});
afterAll(async () => {
  web.close();
  await devices.stop();
  await sql.stop();
  removeFolder(folder);
});

interface Key {
  readonly key: KeyObject;
  readonly jwk: Jwk;
}
function newAccountKey(): Key {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = pair.publicKey.export({ format: 'jwk' });
  return { key: pair.privateKey, jwk: { kty, crv, x, y } as Jwk };
}
const base64 = (value: object | ''): string =>
  value === '' ? '' : Buffer.from(JSON.stringify(value)).toString('base64url');

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { [key: string]: unknown };
  readonly text: string;
}
async function send(method: string, path: string, body: string | Buffer = ''): Promise<Answer> {
  const headers = { 'content-type': 'application/jose+json' };
  const request = {
    method,
    path: `/acme/${path}`,
    headers,
    body: Buffer.from(body),
    address: '192.0.2.1',
    certificate: null,
  };
  const answer = await acme.handler(request);
  const text = answer.body.toString();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {},
  };
}
const freshNonce = async (): Promise<string> => (await send('HEAD', 'new-nonce')).headers['replay-nonce']!;

interface Signing {
  readonly by: Key;
  /** Account URL; without it the key itself comes along. */
  readonly kid?: string | undefined;
  readonly header?: object;
  /** Signed with this key instead. */
  readonly with?: KeyObject;
}
function signed(header: object, payload: object | '', key: KeyObject): string {
  const [head, body] = [base64(header), base64(payload)];
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
  return JSON.stringify({ protected: head, payload: body, signature });
}
async function post(path: string, payload: object | '', { by, kid, header, ...more }: Signing): Promise<Answer> {
  const who = kid === undefined ? { jwk: by.jwk } : { kid };
  const whole = { alg: 'ES256', nonce: await freshNonce(), url: `${BASE}${path}`, ...who, ...header };
  return send('POST', path, signed(whole, payload, more.with ?? by.key));
}
function bindingFor({ jwk }: Key, secret: { readonly kid: string; readonly key: string }): object {
  const [head, body] = [base64({ alg: 'HS256', kid: secret.kid, url: `${BASE}new-account` }), base64(jwk)];
  const signature = createHmac('sha256', Buffer.from(secret.key, 'base64url'))
    .update(`${head}.${body}`)
    .digest('base64url');
  return { protected: head, payload: body, signature };
}
const bind = async (network: string, names: readonly string[] = [HOST]) => {
  const issued = await acme.accounts.issue(network, names, 'per-1');
  if (!issued.ok) throw new Error(issued.error.message);
  return issued.value;
};
async function openAccount(network: string, names?: readonly string[]): Promise<Signing & { kid: string }> {
  const by = newAccountKey();
  const answer = await post(
    'new-account',
    { externalAccountBinding: bindingFor(by, await bind(network, names)) },
    { by },
  );
  expect([answer.status, answer.body['status']]).toEqual([201, 'valid']);
  return { by, kid: answer.headers['location']! };
}
const problem = (answer: Answer): string => String(answer.body['type']).replace('urn:ietf:params:acme:error:', '');
const below = (url: unknown): string => String(url).slice(BASE.length);
const order = (account: Signing, ...names: string[]): Promise<Answer> =>
  post('new-order', { identifiers: names.map((value) => ({ type: 'dns', value })) }, account);

/** A request for these DNS names. */
function requestFor(names: readonly string[], key = newAccountKey().key): string {
  const { x, y } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
  const spki = sequence(sequence(oid(OID.ecPublicKey), oid(OID.p256)), bitString(point));
  const dns = names.map((name) => tlv(contextTag(2, false), Buffer.from(name, 'latin1')));
  const extension = sequence(oid(OID.subjectAltName), octetString(sequence(...dns)));
  const attribute = sequence(oid(OID.extensionRequest), set(sequence(extension)));
  const info = sequence(integer(0), nameOf(names[0]!), spki, tlv(contextTag(0, true), attribute));
  return sequence(info, ECDSA_SHA256, bitString(sign('sha256', info, key))).toString('base64url');
}

/** Proves every name of an order; resolves when none is pending. */
async function prove(account: Signing, made: Answer, wrong = false): Promise<void> {
  for (const url of made.body['authorizations'] as string[]) {
    const authz = await post(below(url), '', account);
    const [challenge] = authz.body['challenges'] as { token: string; url: string }[];
    const right = `${challenge!.token}.${thumbprintOf(account.by.jwk)}`;
    answers.set(`/.well-known/acme-challenge/${challenge!.token}`, wrong ? `${right}x` : `${right}\n`);
    await post(below(challenge!.url), {}, account);
    while ((await post(below(url), '', account)).body['status'] === 'pending')
      await new Promise((next) => setTimeout(next, 5));
  }
}

describe('an account', () => {
  it('is opened once for each binding, with the key that was bound', async () => {
    const by = newAccountKey();
    expect(problem(await post('new-account', {}, { by }))).toBe('externalAccountRequired');
    const secret = await bind('gateway-east');
    const other = bindingFor(newAccountKey(), secret);
    expect(problem(await post('new-account', { externalAccountBinding: other }, { by }))).toBe('unauthorized');
    const guessed = bindingFor(by, { ...secret, key: Buffer.alloc(32).toString('base64url') });
    expect(problem(await post('new-account', { externalAccountBinding: guessed }, { by }))).toBe('unauthorized');
    const right = { externalAccountBinding: bindingFor(by, secret) };
    expect((await post('new-account', right, { by })).status).toBe(201);
    expect((await post('new-account', {}, { by })).status).toBe(200);
    const second = newAccountKey();
    const again = { externalAccountBinding: bindingFor(second, secret) };
    expect(problem(await post('new-account', again, { by: second }))).toBe('unauthorized');
  });
  it('keeps its secret out of tables and facts, and old ones do not open', async () => {
    const secret = await bind('gateway-east');
    const { rows } = await raw<{ text: string }>`select data::text as text from platform.outbox`.execute(sql.for());
    expect(JSON.stringify(rows)).not.toContain(secret.key);
    const by = newAccountKey();
    clock.add(25 * 3_600_000);
    const late = { externalAccountBinding: bindingFor(by, secret) };
    expect(problem(await post('new-account', late, { by }))).toBe('unauthorized');
    clock.add(-25 * 3_600_000);
  });
  it('that is deactivated signs nothing more', async () => {
    const account = await openAccount('gateway-west', [OTHER]);
    expect((await post(below(account.kid), { status: 'deactivated' }, account)).body['status']).toBe('deactivated');
    expect(problem(await order(account, OTHER))).toBe('unauthorized');
  });
});

describe('an order', () => {
  it('ends in a certificate for the network under the names that were proved', async () => {
    const account = await openAccount('gateway-east');
    const made = await order(account, HOST);
    expect([made.status, made.body['status']]).toEqual([201, 'pending']);
    const finalize = below(made.body['finalize']);
    expect(problem(await post(finalize, { csr: requestFor([HOST]) }, account))).toBe('orderNotReady');
    await prove(account, made);
    expect(problem(await post(finalize, { csr: requestFor([HOST, OTHER]) }, account))).toBe('badCSR');
    const done = await post(finalize, { csr: requestFor([HOST]) }, account);
    expect([done.status, done.body['status']]).toEqual([200, 'valid']);
    expect(problem(await post(finalize, { csr: requestFor([HOST]) }, account))).toBe('orderNotReady');
    const chain = await post(below(done.body['certificate']), '', account);
    const leaf = new X509Certificate(chain.text);
    expect(leaf.subjectAltName).toBe(`URI:spiffe://port-merrow/network/gateway-east, DNS:${HOST}`);
    expect(devices.authority.holderOf(leaf)).toEqual({ type: 'network', id: 'gateway-east' });
    expect(hostsAsked.at(-1)).toMatch(/^gateway-east\.example \/\.well-known\/acme-challenge\//);
    expect(devices.admit({ commonName: 'gateway-east', serial: leaf.serialNumber })).toMatchObject({ ok: true });
    const body = { certificate: leaf.raw.toString('base64url') };
    const stranger = await openAccount('gateway-west', [OTHER]);
    expect(problem(await post('revoke-cert', body, stranger))).toBe('unauthorized');
    expect((await post('revoke-cert', body, account)).status).toBe(200);
    expect(devices.admit({ commonName: 'gateway-east', serial: leaf.serialNumber }).ok).toBe(false);
    expect(problem(await post('revoke-cert', body, account))).toBe('alreadyRevoked');
  });
  it('is for names of the account only, and never for one of ours', async () => {
    const account = await openAccount('gateway-east');
    for (const name of [OTHER, 'localhost', '127.0.0.1', '*.example', 'Gateway-East.example', 'a..b', ''])
      expect([name, problem(await order(account, name))]).toEqual([name, 'rejectedIdentifier']);
    expect(problem(await post('new-order', { identifiers: [] }, account))).toBe('malformed');
    const own = await order(account, 'gateway-east');
    expect(own.body['status']).toBe('ready');
  });
  it('fails where the host answers something else, and belongs to one account', async () => {
    const account = await openAccount('gateway-east');
    const made = await order(account, HOST);
    const stranger = await openAccount('gateway-west', [OTHER]);
    expect((await post(below(made.headers['location']), '', stranger)).status).toBe(404);
    await prove(account, made, true);
    expect((await post(below(made.headers['location']), '', account)).body['status']).toBe('invalid');
    expect(problem(await post(below(made.body['finalize']), { csr: requestFor([HOST]) }, account))).toBe(
      'orderNotReady',
    );
  });
  it('is refused to a network that is held', async () => {
    const account = await openAccount('gateway-held');
    await devices.standing.hold('gateway-held', { reason: 'test', by: 'per-1', until: clock() + 60_000 });
    expect(problem(await order(account, HOST))).toBe('unauthorized');
  });
});

describe('a signed request', () => {
  it('counts once, at its address, by the right key, in the one form', async () => {
    const account = await openAccount('gateway-east');
    const nonce = await freshNonce();
    const whole = (url: string, more: object = {}) => ({
      alg: 'ES256',
      nonce,
      url: `${BASE}${url}`,
      kid: account.kid,
      ...more,
    });
    const bad = async (header: object, key = account.by.key) =>
      problem(await send('POST', 'new-order', signed(header, '', key)));
    expect(await bad(whole('revoke-cert'))).toBe('unauthorized');
    expect(await bad(whole('new-order', { nonce: 'invented' }))).toBe('badNonce');
    expect(await bad(whole('new-order'), newAccountKey().key)).toBe('unauthorized');
    expect(await bad(whole('new-order'))).toBe('badNonce'); // the one before used it up
    expect(await bad(whole('new-order', { alg: 'none' }))).toBe('badSignatureAlgorithm');
    expect(await bad(whole('new-order', { alg: 'HS256' }))).toBe('badSignatureAlgorithm');
    expect(await bad(whole('new-order', { jwk: account.by.jwk }))).toBe('malformed');
    expect(await bad(whole('new-order', { crit: ['b64'], b64: false }))).toBe('malformed');
    expect(await bad(whole('new-order', { nonce: await freshNonce(), kid: `${BASE}account/nobody` }))).toBe(
      'accountDoesNotExist',
    );
  });
  it('of any bytes is answered, opens nothing, and never faults', async () => {
    const text = fc.oneof(fc.json(), fc.string(), fc.base64String());
    const member = fc.oneof(
      text,
      text.map((one) => Buffer.from(one).toString('base64url')),
    );
    const shape = fc
      .record({ protected: member, payload: member, signature: member })
      .map((one) => JSON.stringify(one));
    const path = fc.constantFrom(
      'new-account',
      'new-order',
      'revoke-cert',
      'order/x',
      'authz/x',
      'account/x',
      '',
      'x'.repeat(500),
    );
    const before = (await raw<{ n: number }>`select count(*)::int as n from identity.acme_account`.execute(sql.for()))
      .rows[0]!.n;
    await fc.assert(
      fc.asyncProperty(path, fc.oneof(shape, text), async (where, body) => {
        const answer = await send('POST', where, body);
        expect([400, 403, 404, 429]).toContain(answer.status);
        expect(answer.headers['replay-nonce']).toMatch(/^[\w-]{32}$/);
      }),
      { numRuns: 10_000 },
    );
    expect(readJws(Buffer.alloc(30_000, 0x61)).ok).toBe(false);
    expect(readJws(Buffer.from(`{"protected":${'['.repeat(10_000)}`)).ok).toBe(false);
    const after = (await raw<{ n: number }>`select count(*)::int as n from identity.acme_account`.execute(sql.for()))
      .rows[0]!.n;
    expect(after).toBe(before);
  });
  it('finds nothing where no host is configured', async () => {
    const off = await openAcme(
      { sql, folder, clock, log: silentLog, cityName: 'x', directory: anyDevice, origins: [] },
      devices,
    );
    const request = {
      method: 'GET',
      path: '/acme/directory',
      headers: {},
      body: Buffer.alloc(0),
      address: '',
      certificate: null,
    };
    expect((await off.handler(request)).status).toBe(404);
  });
});
