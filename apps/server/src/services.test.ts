/** Cloud services on the whole server: three ways to a token, the API by the same policy, and an end that counts at once. */
import { createHash, generateKeyPairSync, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { api, ServiceIdentity } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import { certificatesIn, newRequest, pemOf } from '@cityward/identity/testing';
import { INGEST_PATH } from './gateway-http.ts';
import { CITY_CLI } from './local-socket.ts';
import { openTestServer, type TestServer } from './testing.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Refused calls within an hour: what is much, and what looks like a search. */
const REFUSED = { many: 20, search: 200 };

let server: TestServer;
let site: string;
let near: string;
let far: string;
let owner: string;
const LOCAL: Caller = { principal: CITY_CLI, id: 'req-1', sessionToken: null, setSession: () => undefined, origin: '' };

beforeAll(async () => {
  server = await openTestServer();
  const { city } = server.modules;
  owner = city.parties()[0]!.id;
  near = city.deviceIds().find((id) => city.record(id)?.site)!;
  site = city.record(near)!.site!;
  far = city.deviceIds().find((id) => city.record(id)?.site && city.record(id)!.site !== site)!;
}, 120_000);
afterAll(() => server.stop());

interface Asking {
  readonly path: string;
  readonly form?: Record<string, string> | string;
  readonly body?: string;
  readonly basic?: string;
  readonly bearer?: string;
  readonly identity?: { readonly key: string; readonly cert: string };
}
interface Answer {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly text: string;
  readonly json: Record<string, unknown>;
}
function ask(
  { path, form, body, basic, bearer, identity }: Asking,
  port = server.config.servicesPort,
): Promise<Answer> {
  const payload = form === undefined ? body : typeof form === 'string' ? form : new URLSearchParams(form).toString();
  const headers: Record<string, string> = { host: `localhost:${port}` };
  if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
  if (basic) headers['authorization'] = `Basic ${Buffer.from(basic).toString('base64')}`;
  if (bearer) headers['authorization'] = `Bearer ${bearer}`;
  const options = {
    host: 'localhost',
    port,
    path,
    method: payload === undefined ? 'GET' : 'POST',
    headers,
    ca: server.modules.identity.authority.caPem,
    agent: false,
    ...identity,
  };
  return new Promise((resolve, reject) => {
    const sent = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
        resolve({ status: answer.statusCode ?? 0, challenge: answer.headers['www-authenticate'], text, json });
      });
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}
async function act<T>(name: keyof typeof api, input: object): Promise<T> {
  const route = server.modules.identity.routes.find((one) => one.endpoint.name === name)!;
  const answer = await route.handle({ params: undefined, query: undefined, body: undefined, ...input } as never, LOCAL);
  if (!answer.ok) throw new Error(`${name}: ${answer.error.code}`);
  return answer.value as T;
}
async function register(id: string, reach: ServiceIdentity['reach']): Promise<ServiceIdentity> {
  return act('registerService', { body: { id, name: `Service ${id}`, owner, reach } });
}
const secretOf = async (id: string): Promise<string> =>
  (await act<{ secret: string }>('issueServiceSecret', { params: { id } })).secret;
const GRANT = { grant_type: 'client_credentials' };
const tokenBy = async (asking: Omit<Asking, 'path'>): Promise<string> => {
  const { status, json, text } = await ask({ path: '/oauth/token', form: GRANT, ...asking });
  if (status !== 200) throw new Error(text);
  return json['access_token'] as string;
};
/** A key and its certificate, by a one-time code over the wire. */
async function certified(id: string) {
  const { code } = await act<{ code: string }>('issueServiceCode', { params: { id } });
  const { key, base64 } = newRequest(id, `spiffe://port-merrow/service/${id}`);
  const answer = await ask({ path: '/service/certificate', basic: `${id}:${code}`, body: base64 });
  if (answer.status !== 200) throw new Error(answer.text);
  return { code, identity: { key: pemOf(key), cert: answer.text } };
}

describe('a service with a secret', () => {
  it('gets a token and reads what it was registered for, by the same routes as everybody, and nothing else', async () => {
    await register('reader', { data: ['city', 'devices'], sites: [] });
    const bearer = await tokenBy({ basic: `reader:${await secretOf('reader')}` });
    const status = async (path: string): Promise<number> => (await ask({ path, bearer })).status;
    expect(await status('/api/devices?limit=1')).toBe(200);
    expect(await status(`/api/devices/${near}`)).toBe(200);
    for (const path of [
      '/api/evidence/entries',
      '/api/people',
      '/api/services',
      '/api/access',
      '/api/changes',
      '/api/jobs',
    ])
      expect([path, await status(path)]).toEqual([path, 403]);
    const code = await ask({ path: `/api/devices/${near}/enrolment-code`, bearer, body: '' });
    expect(code.status).not.toBe(200);
  });
  it('asks for less than it has, never for more', async () => {
    const basic = `reader:${await secretOf('reader')}`;
    const bearer = await tokenBy({ basic, form: { ...GRANT, scope: 'devices' } });
    expect((await ask({ path: '/api/devices?limit=1', bearer })).status).toBe(403);
    expect((await ask({ path: `/api/devices/${near}`, bearer })).status).toBe(200);
    const more = await ask({ path: '/oauth/token', form: { ...GRANT, scope: 'devices evidence' }, basic });
    expect([more.status, more.json['error']]).toEqual([400, 'invalid_scope']);
  });
  it('that was registered for a site reads the devices there and no others', async () => {
    await register('site-reader', { data: ['devices'], sites: [site] });
    const bearer = await tokenBy({ basic: `site-reader:${await secretOf('site-reader')}` });
    const status = async (id: string) => (await ask({ path: `/api/devices/${id}`, bearer })).status;
    expect([await status(near), await status(far)]).toEqual([200, 403]);
  });
  it('loses what is taken from its reach at once, whatever its token says', async () => {
    await register('shrinking', { data: ['city', 'evidence'], sites: [] });
    const bearer = await tokenBy({ basic: `shrinking:${await secretOf('shrinking')}` });
    const status = async () => (await ask({ path: '/api/evidence/entries', bearer })).status;
    expect(await status()).toBe(200);
    await act('setServiceReach', { params: { id: 'shrinking' }, body: { data: ['city'], sites: [] } });
    expect(await status()).toBe(403);
  });
  it('that has ended is refused at once, although its token has minutes to live', async () => {
    await register('ending', { data: ['city'], sites: [] });
    const basic = `ending:${await secretOf('ending')}`;
    const bearer = await tokenBy({ basic });
    expect((await ask({ path: '/api/devices?limit=1', bearer })).status).toBe(200);
    await act('endService', { params: { id: 'ending' }, body: { reason: 'contract over' } });
    const refused = await ask({ path: '/api/devices?limit=1', bearer });
    expect([refused.status, refused.challenge]).toEqual([401, 'Bearer realm="cityward", error="invalid_token"']);
    expect((await ask({ path: '/oauth/token', form: GRANT, basic })).json['error']).toBe('invalid_client');
    await expect(register('ending', { data: ['city'], sites: [] })).rejects.toThrow('SERVICE_KNOWN');
  });
  it('has one secret: a new one ends the one before', async () => {
    const [old, next] = [await secretOf('reader'), await secretOf('reader')];
    const status = async (secret: string) =>
      (await ask({ path: '/oauth/token', form: GRANT, basic: `reader:${secret}` })).status;
    expect([await status(old), await status(next)]).toEqual([401, 200]);
  });
  it.each<[string, Omit<Asking, 'path'>, number, string]>([
    ['a wrong secret', { form: GRANT, basic: 'reader:wrong' }, 401, 'invalid_client'],
    ['a service that is none', { form: GRANT, basic: 'nobody:wrong' }, 401, 'invalid_client'],
    ['nothing shown', { form: GRANT }, 401, 'invalid_client'],
    ['a client_id without its certificate', { form: { ...GRANT, client_id: 'reader' } }, 401, 'invalid_client'],
    ['another grant', { form: { grant_type: 'password' }, basic: 'reader:x' }, 400, 'unsupported_grant_type'],
    ['the secret in the body', { form: { ...GRANT, client_id: 'reader', client_secret: 'x' } }, 400, 'invalid_request'],
    ['a field twice', { form: 'grant_type=client_credentials&scope=a&scope=b' }, 400, 'invalid_request'],
    ['two ways at once', { form: { ...GRANT, client_assertion: 'x' }, basic: 'reader:x' }, 400, 'invalid_request'],
  ])('refuses %s in the words of the standard', async (...[, asking, status, error]) => {
    const answer = await ask({ path: '/oauth/token', ...asking });
    expect([answer.status, answer.json['error']]).toEqual([status, error]);
  });
});

describe('what a refusal says of how to come in (RFC 6750)', () => {
  it.each<[string, Pick<Asking, 'bearer' | 'basic'>, number, string]>([
    ['nothing shown', {}, 401, 'Bearer realm="cityward"'],
    ['a password, which counts only for tokens', { basic: 'reader:x' }, 401, 'Bearer realm="cityward"'],
    ['a token that is none', { bearer: 'a.b.c' }, 401, 'Bearer realm="cityward", error="invalid_token"'],
    ['a token longer than any', { bearer: 'x'.repeat(5_000) }, 401, 'Bearer realm="cityward", error="invalid_token"'],
  ])('answers %s', async (...[, shown, status, challenge]) => {
    const answer = await ask({ path: '/api/devices?limit=1', ...shown });
    expect([answer.status, answer.challenge]).toEqual([status, challenge]);
  });
  it('answers a good token that reaches less', async () => {
    const bearer = await tokenBy({ basic: `reader:${await secretOf('reader')}` });
    const answer = await ask({ path: '/api/people', bearer });
    expect([answer.status, answer.challenge]).toEqual([403, 'Bearer realm="cityward", error="insufficient_scope"']);
    const token = await ask({ path: '/oauth/token', form: GRANT, basic: 'reader:wrong' });
    expect([token.status, token.challenge]).toEqual([401, 'Basic realm="cityward"']);
  });
});

describe('a service with a key', () => {
  it('gets a token by an assertion that it signed (private_key_jwt), once for each', async () => {
    await register('signer', { data: ['city'], sites: [] });
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    await act('setServiceKey', { params: { id: 'signer' }, body: { publicKey } });
    const assertion = (claims: object, key = pair.privateKey): string => {
      const now = Math.floor(Date.now() / 1_000);
      const aud = `https://localhost:${server.config.servicesPort}`;
      const all = { iss: 'signer', sub: 'signer', aud, iat: now, exp: now + 60, jti: randomUUID(), ...claims };
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const signed = `${part({ alg: 'ES256', typ: 'JWT' })}.${part(all)}`;
      const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    };
    const token = (client_assertion: string) =>
      ask({ path: '/oauth/token', form: { ...GRANT, client_assertion_type: ASSERTION_TYPE, client_assertion } });
    const good = assertion({});
    const bearer = (await token(good)).json['access_token'] as string;
    expect((await ask({ path: '/api/devices?limit=1', bearer })).status).toBe(200);
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const now = Math.floor(Date.now() / 1_000);
    for (const bad of [
      good,
      assertion({}, stranger),
      assertion({ aud: 'https://elsewhere.example' }),
      assertion({ sub: 'reader', iss: 'reader' }),
      assertion({ exp: now - 10, iat: now - 70 }),
      assertion({ exp: now + 3_600 }),
      assertion({ jti: undefined }),
      'x.y.z',
    ]) {
      const answer = await token(bad);
      expect([answer.status, answer.json['error']]).toEqual([401, 'invalid_client']);
    }
  });
});

describe('a service with a certificate', () => {
  it('gets it by a code that works once, carries its name, and renews with it', async () => {
    await register('worker', { data: ['city'], sites: [] });
    const { code, identity } = await certified('worker');
    const leaf = new X509Certificate(identity.cert);
    expect(leaf.subjectAltName).toBe('URI:spiffe://port-merrow/service/worker');
    expect(leaf.validToDate.getTime() - Date.now()).toBeLessThan(13 * 3_600_000);
    const body = newRequest('worker').base64;
    expect((await ask({ path: '/service/certificate', basic: `worker:${code}`, body })).status).toBe(401);
    expect((await ask({ path: '/service/certificate', identity, body })).status).toBe(200);
    expect((await ask({ path: '/service/certificate', identity, body: newRequest('reader').base64 })).status).toBe(400);
  });
  it('gets one by its code, though the code is shown twice at the same moment', async () => {
    const { code } = await act<{ code: string }>('issueServiceCode', { params: { id: 'worker' } });
    const { handle } = server.modules.identity.services.own.find(({ name }) => name === 'serviceCertificate')!;
    const authorization = `Basic ${Buffer.from(`worker:${code}`).toString('base64')}`;
    const request = { headers: { authorization }, peer: null, ip: '127.0.0.1' };
    const both = await Promise.all(
      [1, 2].map(() => {
        const body = Buffer.from(newRequest('worker').base64);
        return handle({ ...request, body } as never, undefined as never);
      }),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 403]);
  });
  it('calls the API by it, and gets tokens that only count together with it', async () => {
    const { identity } = await certified('worker');
    expect((await ask({ path: '/api/devices?limit=1', identity })).status).toBe(200);
    expect((await ask({ path: '/api/evidence/entries', identity })).status).toBe(403);
    const bearer = await tokenBy({ form: { ...GRANT, client_id: 'worker' }, identity });
    const { cnf } = JSON.parse(Buffer.from(bearer.split('.')[1]!, 'base64url').toString()) as { cnf: object };
    const thumbprint = createHash('sha256').update(new X509Certificate(identity.cert).raw).digest('base64url');
    expect(cnf).toEqual({ 'x5t#S256': thumbprint });
    const status = async (more: object) => (await ask({ path: '/api/devices?limit=1', bearer, ...more })).status;
    const other = (await certified('worker')).identity;
    expect([await status({ identity }), await status({}), await status({ identity: other })]).toEqual([200, 401, 401]);
    const borrowed = await ask({ path: '/oauth/token', form: { ...GRANT, client_id: 'reader' }, identity });
    expect(borrowed.json['error']).toBe('invalid_client');
  });
  it('that has ended is refused by serial, listed as revoked, and neither renews nor calls', async () => {
    await register('leaving', { data: ['city'], sites: [] });
    const { identity } = await certified('leaving');
    const body = newRequest('leaving').base64;
    await act('endService', { params: { id: 'leaving' }, body: { reason: 'moved away' } });
    expect((await ask({ path: '/api/devices?limit=1', identity })).status).toBe(401);
    expect((await ask({ path: '/service/certificate', identity, body })).status).toBe(401);
    const serial = Buffer.from(new X509Certificate(identity.cert).serialNumber, 'hex');
    expect(server.modules.identity.revocations().includes(serial)).toBe(true);
  });
  it('is nobody on the listeners of devices and people, and a device is nobody here', async () => {
    const { identity } = await certified('worker');
    const { serialNumber: serial } = new X509Certificate(identity.cert);
    const admitted = server.modules.identity.admit({ commonName: 'worker', serial });
    expect(admitted.ok ? 'ok' : admitted.error.code).toBe('CERTIFICATE_UNKNOWN');
    const reported = ask({ path: INGEST_PATH, body: '{}', identity }, server.config.ingestPort);
    expect((await reported).status).toBe(403);
    const [issued] = await server.modules.identity.issueCodes([near], 'system');
    const { key, base64 } = newRequest(near);
    const enrolled = await server.modules.identity.est({
      method: 'POST',
      path: '/.well-known/est/simpleenroll',
      headers: { authorization: `Basic ${Buffer.from(`${near}:${issued!.code}`).toString('base64')}` },
      body: Buffer.from(base64),
      address: '127.0.0.1',
      certificate: null,
    });
    const cert = certificatesIn(enrolled.body.toString())[0]!.toString();
    const device = { key: pemOf(key), cert };
    expect((await ask({ path: '/api/devices?limit=1', identity: device })).status).toBe(401);
    const token = await ask({ path: '/oauth/token', form: { ...GRANT, client_id: near }, identity: device });
    expect(token.json['error']).toBe('invalid_client');
  });
});

describe('how far a service is trusted', () => {
  const trustOf = (id: string) => server.modules.identity.trustOf({ kind: 'service', id });
  const part = (id: string, kind: string) => trustOf(id).components.find((one) => one.kind === kind);

  it('follows what it is known by, when it was seen, and that its calls are well', async () => {
    await register('judged', { data: ['city'], sites: [] });
    expect(trustOf('judged').level).toBe('unknown');
    const bearer = await tokenBy({ basic: `judged:${await secretOf('judged')}` });
    expect((await ask({ path: '/api/devices?limit=1', bearer })).status).toBe(200);
    await server.modules.identity.judgeAll();
    expect(part('judged', 'certificate')).toMatchObject({ state: 'known', value: 80 });
    expect(part('judged', 'dormancy')).toMatchObject({ value: 100 });
    expect(part('judged', 'behaviour')).toMatchObject({ value: 100, source: 'calls' });
    await certified('judged');
    await server.modules.identity.judgeAll();
    expect(part('judged', 'certificate')).toMatchObject({ value: 100 });
  });
  it('falls when a token of it comes without its certificate, but not so far that this could stop it', async () => {
    const { identity } = await certified('judged');
    const bearer = await tokenBy({ form: { ...GRANT, client_id: 'judged' }, identity });
    expect((await ask({ path: '/api/devices?limit=1', bearer })).status).toBe(401);
    expect((await ask({ path: '/api/devices?limit=1', bearer, identity })).status).toBe(200);
    expect(part('judged', 'behaviour')).toMatchObject({ value: 60 });
    expect(trustOf('judged').level).toBe('reduced');
  });
  it('that searches for what it may not have gets nothing more', async () => {
    await register('prowler', { data: ['city'], sites: [] });
    const bearer = await tokenBy({ basic: `prowler:${await secretOf('prowler')}` });
    const status = async (path: string) => (await ask({ path, bearer })).status;
    for (let asked = 0; asked < REFUSED.search; asked++) {
      if (asked % REFUSED.many === 0) expect(await status('/api/devices?limit=1')).toBe(200);
      expect(await status('/api/people')).toBe(403);
    }
    expect(trustOf('prowler')).toMatchObject({ level: 'low' });
    expect(await status('/api/devices?limit=1')).toBe(403);
    // A person answers for it, and what was counted before counts no more: one more refusal is not the last straw.
    const { handle } = server.modules.identity.routes.find((one) => one.endpoint.name === 'restoreServiceTrust')!;
    const order = { params: { id: 'prowler' }, body: { reason: 'its owner mended a loop' } };
    const restored = await handle(order as never, { principal: { id: 'per-ann' } } as never);
    expect(restored).toMatchObject({ ok: true });
    expect([await status('/api/people'), await status('/api/devices?limit=1')]).toEqual([403, 200]);
    expect(trustOf('prowler').level).toBe('reduced');
  }, 120_000);
});

describe('what anybody may fetch', () => {
  it('describes the token service and its keys, on both listeners', async () => {
    const issuer = `https://localhost:${server.config.servicesPort}`;
    const metadata = (await ask({ path: '/.well-known/oauth-authorization-server' })).json;
    expect(metadata).toMatchObject({ issuer, token_endpoint: `${issuer}/oauth/token` });
    expect(metadata['jwks_uri']).toBe(`${issuer}/.well-known/jwks.json`);
    const keys = (await ask({ path: '/.well-known/jwks.json' })).json['keys'] as object[];
    expect(keys).toMatchObject([{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }]);
    const host = `localhost:${server.config.consolePort}`;
    const page = await server.listeners.console.inject({
      method: 'GET',
      url: '/.well-known/jwks.json',
      headers: { host },
    });
    expect(JSON.parse(page.body)).toEqual({ keys });
  });
  it('is all that nobody gets here', async () => {
    const open = ['readServiceKeys', 'readRevocations', 'readCaCertificates', 'readSession', 'readHealth'];
    const routes = await server.listeners.services.routes();
    expect(routes.length).toBeGreaterThan(50);
    for (const { name, method, path, action } of routes) {
      if (method !== 'GET' || open.includes(action)) continue;
      const url = path
        .replace(/:index/g, '0')
        .replace(/:[a-z]+/g, 'cam-0001')
        .replace('*', 'x');
      expect([name, (await ask({ path: url })).json['code']]).toEqual([name, 'SIGN_IN_NEEDED']);
    }
  });
  it('never lets a service be registered under the name of one that policy knows', async () => {
    const folder = fileURLToPath(new URL('../../../modules/policy/bundle', import.meta.url));
    const texts = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'));
    const named = new Set(texts.flatMap((text) => [...text.matchAll(/Service::"([^"]+)"/g)].map(([, id]) => id!)));
    expect(named.size).toBeGreaterThan(2);
    for (const id of named)
      await expect(register(id, { data: ['city'], sites: [] })).rejects.toThrow('SERVICE_ID_TAKEN');
    await expect(register(near, { data: ['city'], sites: [] })).rejects.toThrow('SERVICE_ID_TAKEN');
  });
});
