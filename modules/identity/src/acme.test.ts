/** What ACME answers to whom: only bound accounts, only registered names, each nonce once, and nothing to whoever sends rubbish. */
import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { openAcme, type OpenedAcme } from './acme-door.ts';
import { readJws } from './acme-jws.ts';
import { openDevices, type Devices } from './devices.ts';
import type { IdentityOptions } from './needs.ts';
import {
  BASE,
  below,
  bindingFor,
  createAcmeClient,
  newAccountKey,
  problem,
  requestFor,
  sealed,
  signed,
  type Key,
  type Signing,
} from './testing-acme.ts';
import { anyDevice, removeFolder, testClock, testFolder } from './testing.ts';
import { silentLog } from '@cityward/log';

const HOST = 'gateway-east.example';
const OTHER = 'gateway-west.example';

let sql: TestSql;
let options: IdentityOptions;
let devices: Devices;
let acme: OpenedAcme;
let web: Server;
const folder = testFolder();
const clock = testClock();
/** What the host answers to a challenge, by path; and what it was asked. */
const answers = new Map<string, string>();
const hostsAsked: string[] = [];
/** While the host is slow: what it owes. */
let slow: (() => void)[] | null = null;

beforeAll(async () => {
  sql = await openTestSql();
  web = createServer((request, response) => {
    hostsAsked.push(`${request.headers.host} ${request.url}`);
    const answer = (): void => {
      const text = answers.get(request.url ?? '');
      response.writeHead(text === undefined ? 404 : 200).end(text);
    };
    if (slow) slow.push(answer);
    else answer();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const addresses = new Map([HOST, OTHER].map((name) => [name, '127.0.0.1']));
  options = {
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

const { send, freshNonce, post, order, challenge, prove } = createAcmeClient(() => acme.handler, answers);
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

describe('a change of key', () => {
  const inner = (next: Key, account: Signing, change: { readonly payload?: object; readonly header?: object } = {}) =>
    sealed(
      { alg: 'ES256', jwk: next.jwk, url: `${BASE}key-change`, ...change.header },
      { account: account.kid, oldKey: account.by.jwk, ...change.payload },
      next.key,
    );
  it('leaves the account to the new key alone, also after a restart, and is a fact', async () => {
    const account = await openAccount('gateway-east');
    const next = newAccountKey();
    const changed = await post('key-change', inner(next, account), account);
    expect([changed.status, changed.headers['location']]).toEqual([200, account.kid]);
    for (const restarted of [false, true]) {
      if (restarted) acme = await openAcme(options, devices);
      expect(problem(await order(account, HOST))).toBe('unauthorized');
      expect((await order({ ...account, by: next }, HOST)).status).toBe(201);
      expect(problem(await post('new-account', { onlyReturnExisting: true }, { by: account.by }))).toBe(
        'accountDoesNotExist',
      );
      expect((await post('new-account', {}, { by: next })).headers['location']).toBe(account.kid);
    }
    const facts = await raw<{
      n: number;
    }>`select count(*)::int as n from platform.outbox where type = 'acme.key-changed'`;
    expect((await facts.execute(sql.for())).rows[0]!.n).toBe(1);
  });
  it('is refused where one of the keys has not signed exactly this', async () => {
    const account = await openAccount('gateway-east');
    const stranger = await openAccount('gateway-west', [OTHER]);
    const next = newAccountKey();
    const asked = async (payload: object, by: Signing = account) => problem(await post('key-change', payload, by));
    expect(await asked(inner(next, account), stranger)).toBe('malformed'); // the account of somebody else
    expect(await asked(inner(next, account, { payload: { account: stranger.kid } }))).toBe('malformed');
    expect(await asked(inner(next, account, { payload: { oldKey: next.jwk } }))).toBe('malformed');
    expect(await asked(inner(next, account, { header: { url: `${BASE}new-order` } }))).toBe('malformed');
    expect(await asked(inner(next, account, { header: { nonce: await freshNonce() } }))).toBe('malformed');
    expect(await asked(inner(next, account, { header: { jwk: newAccountKey().jwk } }))).toBe('unauthorized');
    expect(await asked(inner(next, account, { header: { jwk: undefined, kid: account.kid } }))).toBe('malformed');
    expect(await asked({})).toBe('malformed');
    const taken = await post('key-change', inner(stranger.by, account), account);
    expect([taken.status, taken.headers['location']]).toEqual([409, stranger.kid]);
    expect((await order(account, HOST)).status).toBe(201);
  });
});

describe('an order', () => {
  it('outlives a restart at each of its steps, a host that was being asked too', async () => {
    const account = await openAccount('gateway-east');
    const restart = async () => (acme = await openAcme(options, devices));
    const made = await order(account, HOST);
    await restart();
    slow = [];
    await challenge(account, made);
    await expect.poll(() => slow!.length).toBe(1);
    await restart();
    await expect.poll(() => slow!.length).toBe(2); // it asks again by itself
    const owed = slow;
    slow = null;
    for (const answer of owed) answer();
    const state = async () => (await post(below(made.headers['location']), '', account)).body['status'];
    await expect.poll(state).toBe('ready');
    await restart();
    const done = await post(below(made.body['finalize']), { csr: requestFor([HOST]) }, account);
    expect([done.status, done.body['status']]).toEqual([200, 'valid']);
    await restart();
    const chain = await post(below(done.body['certificate']), '', account);
    expect(devices.authority.holderOf(new X509Certificate(chain.text))).toMatchObject({ id: 'gateway-east' });
    expect((await post(`${below(account.kid)}/orders`, '', account)).body['orders']).toEqual([
      done.headers['location'],
    ]);
    clock.add(3_600_001);
    await restart();
    expect((await post(below(made.headers['location']), '', account)).status).toBe(404);
    clock.add(-3_600_001);
  });
  it('is nothing more once a name of it was given up', async () => {
    const account = await openAccount('gateway-east');
    const made = await order(account, HOST);
    await prove(account, made);
    const [authz] = made.body['authorizations'] as string[];
    expect((await post(below(authz), { status: 'deactivated' }, account)).body['status']).toBe('deactivated');
    await challenge(account, made);
    expect((await post(below(made.headers['location']), '', account)).body['status']).toBe('invalid');
    expect(problem(await post(below(made.body['finalize']), { csr: requestFor([HOST]) }, account))).toBe(
      'orderNotReady',
    );
  });
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
