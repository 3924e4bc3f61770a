/** openid-client as a cloud service: it finds the token service by its description, gets tokens in the three ways, and calls the API. */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as oauth from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevicePage } from '@cityward/contracts';
import { newRequest, pemOf } from '@cityward/identity/testing';
import { createRunningCity, type RunningCity } from './city-kit.ts';

const ID = 'air-map';
const DEVICES = '/api/devices?limit=1';

interface Certified {
  readonly key: string;
  readonly cert: string;
}

describe('openid-client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-oauth-'));
  let city: RunningCity;
  let base: string;
  beforeAll(async () => {
    city = await createRunningCity();
    base = `https://localhost:${city.server.config.servicesPort}`;
    const owner = city.server.modules.city.parties()[0]!.id;
    await city.cli(['service', 'register', ID, '--owner', owner, '--reads', 'city,devices']);
  }, 120_000);
  afterAll(async () => {
    await city?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What `fetch` does, with our authority trusted and this certificate shown. */
  const fetching =
    (certified?: Certified): oauth.CustomFetch =>
    (url, { method, headers, body }) =>
      new Promise((resolve, reject) => {
        const options = { method, headers, ca: city.ca, agent: false, ...certified };
        const sent = request(url, options, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const found = new Headers(answer.headers as Record<string, string>);
            resolve(new Response(Buffer.concat(chunks), { status: answer.statusCode!, headers: found }));
          });
        });
        sent.on('error', reject);
        sent.end(body instanceof URLSearchParams ? body.toString() : (body as string | undefined));
      });
  const discovered = (way: oauth.ClientAuth, certified?: Certified): Promise<oauth.Configuration> =>
    oauth.discovery(new URL(base), ID, undefined, way, {
      algorithm: 'oauth2',
      [oauth.customFetch]: fetching(certified),
    });
  /** Gets a token and reads a page of devices with it. */
  async function calls(way: oauth.ClientAuth, certified?: Certified): Promise<string> {
    const config = await discovered(way, certified);
    const { access_token: token, scope } = await oauth.clientCredentialsGrant(config);
    expect(scope).toBe('city devices');
    const answer = await oauth.fetchProtectedResource(config, token, new URL(DEVICES, base), 'GET');
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as DevicePage).rows).toHaveLength(1);
    return token;
  }
  const secret = async (): Promise<string> =>
    (JSON.parse(await city.cli(['service', 'secret', ID, '--json'])) as { secret: string }).secret;

  it('gets a token by its secret and calls the API, and is told why where it may not', async () => {
    const way = oauth.ClientSecretBasic(await secret());
    const token = await calls(way);
    const config = await discovered(way);
    const refused = oauth.fetchProtectedResource(config, token, new URL('/api/people', base), 'GET');
    await expect(refused).rejects.toMatchObject({
      name: 'WWWAuthenticateChallengeError',
      status: 403,
      cause: [{ scheme: 'bearer', parameters: { error: 'insufficient_scope' } }],
    });
    const bad = oauth.fetchProtectedResource(config, `${token}x`, new URL(DEVICES, base), 'GET');
    await expect(bad).rejects.toMatchObject({ status: 401, cause: [{ parameters: { error: 'invalid_token' } }] });
    const wrong = await discovered(oauth.ClientSecretBasic('wrong'));
    await expect(oauth.clientCredentialsGrant(wrong)).rejects.toMatchObject({ status: 401 });
    await expect(oauth.clientCredentialsGrant(config, { scope: 'evidence' })).rejects.toMatchObject({
      error: 'invalid_scope',
    });
  });
  it('gets a token by an assertion that its key signed', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const spki = Buffer.from(await crypto.subtle.exportKey('spki', pair.publicKey));
    const pem = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({ type: 'spki', format: 'pem' });
    const file = join(folder, 'public.pem');
    writeFileSync(file, pem);
    await city.cli(['service', 'key', ID, file]);
    await calls(oauth.PrivateKeyJwt(pair.privateKey));
    const other = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const stranger = await discovered(oauth.PrivateKeyJwt(other.privateKey));
    await expect(oauth.clientCredentialsGrant(stranger)).rejects.toMatchObject({ status: 401 });
  });
  it('gets a token by its certificate, which is worth nothing without it', async () => {
    const issued = JSON.parse(await city.cli(['service', 'certificate', ID, '--json'])) as {
      url: string;
      code: string;
    };
    const { key, base64 } = newRequest(ID, `spiffe://port-merrow/service/${ID}`);
    const basic = Buffer.from(`${ID}:${issued.code}`).toString('base64');
    const got = await fetching()(issued.url, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}`, 'content-length': String(base64.length) },
      body: base64,
      redirect: 'manual',
    });
    const certified = { key: pemOf(key), cert: await got.text() };
    expect(new X509Certificate(certified.cert).subjectAltName).toBe(`URI:spiffe://port-merrow/service/${ID}`);
    const token = await calls(oauth.TlsClientAuth(), certified);
    const without = await discovered(oauth.None());
    const stolen = oauth.fetchProtectedResource(without, token, new URL(DEVICES, base), 'GET');
    await expect(stolen).rejects.toMatchObject({ status: 401, cause: [{ parameters: { error: 'invalid_token' } }] });
    await expect(oauth.clientCredentialsGrant(without)).rejects.toMatchObject({ status: 401 });
  });
  it('gets nothing once the service has ended', async () => {
    const way = oauth.ClientSecretBasic(await secret());
    const token = await calls(way);
    await city.cli(['service', 'end', ID, '--reason', 'contract over']);
    const config = await discovered(way);
    await expect(oauth.fetchProtectedResource(config, token, new URL(DEVICES, base), 'GET')).rejects.toMatchObject({
      status: 401,
    });
    await expect(oauth.clientCredentialsGrant(config)).rejects.toMatchObject({ status: 401 });
  });
});
