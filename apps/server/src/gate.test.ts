/** Commissioning through the whole server: a real gateway looks at a camera with a factory password until it is mended and handed over. */
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gate, HandoverCard, HandoverDraft, Leaving, Theft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { handoverBytes, verifyHandover } from '@cityward/fleet/verify';
import { startCamera, type TestCamera } from './testing-camera.ts';
import { eventually, signInFirst, startAgent, type Call, type RunningAgent } from './testing-clients.ts';
import { openTestServer, type TestServer } from './testing.ts';

const HOST = '127.62.0.7';
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) process.stderr.write('\nSKIPPED: openssl is not installed (apt install openssl)\n\n');

let server: TestServer;
let call: Call;
let camera: TestCamera;
let gateway: RunningAgent;
let device: RunningAgent;
let id: string;
let gatewayId: string;
let handedOver: { readonly json: Buffer; readonly p7s: Buffer; readonly ca: string } | null = null;

beforeAll(async () => {
  server = await openTestServer();
  call = await signInFirst(server);
  const { city, identity } = server.modules;
  id = city.deviceIds().find((one) => city.record(one)?.class === 'camera' && identity.gatewayOf(one) !== null)!;
  gatewayId = identity.gatewayOf(id)!;
  const issued = await identity.authority.serverCertificate([HOST]);
  camera = await startCamera(HOST, { firmware: '11.8.2', tls: { key: issued.keyPem, cert: issued.certPem } });
  const site = join(server.config.dataFolder, 'site.json');
  const { httpPort, httpsPort } = camera;
  writeFileSync(site, JSON.stringify({ [id]: { host: HOST, httpPort, httpsPort, maker: 'Axis' } }));
  gateway = await startAgent(server, gatewayId, ['--site', site]);
  device = await startAgent(server, id);
}, 120_000);
afterAll(async () => {
  await device?.stop();
  await gateway?.stop();
  await camera?.stop();
  await server?.stop();
});

const test = async (): Promise<Gate> => {
  expect((await call('POST', `/api/devices/${id}/gate/test`)).status).toBe(200);
  return eventually('the gateway has looked', async () => {
    const { body } = await call<Gate>('GET', `/api/devices/${id}/gate`);
    return body.looking === null ? body : null;
  });
};
const stateOf = (gate: Gate, check: string) => gate.checks.find((one) => one.check === check)!;

describe('commissioning', () => {
  it('says what is wrong with its fix, is green once it is mended, and hands over what a verifier takes', async () => {
    const bad = await test();
    expect(stateOf(bad, 'default-credentials')).toMatchObject({
      state: 'failed',
      why: 'It lets in whoever knows the factory password "root-pass"',
      by: gatewayId,
    });
    expect(stateOf(bad, 'default-credentials').fix).toContain('password of its own');
    expect(stateOf(bad, 'tls')).toMatchObject({ state: 'failed', why: 'It takes passwords over plain HTTP' });
    expect(stateOf(bad, 'clock').state).toBe('passed');
    expect(stateOf(bad, 'firmware-track').state).toBe('unknown');
    const drafting = { installer: 'Ann Lee', company: 'Lee Installations' };
    expect((await call('POST', `/api/devices/${id}/handover/draft`, drafting)).status).toBe(409);

    Object.assign(camera, { password: 'long and its own', plainHttp: false });
    await call('PUT', '/api/fleet/tracks/camera', { model: '*', least: '11.8', track: null, reason: 'Supported' });
    const until = Date.now() + 30 * DAY_MS;
    const exception = { owner: 'Ann Lee', until, reason: 'Controls are being written' };
    if (stateOf(bad, 'baseline').state !== 'passed')
      await call('PUT', `/api/devices/${id}/gate/exceptions/baseline`, exception);
    const good = await test();
    expect(good.checks.filter(({ state }) => state !== 'passed').map(({ check }) => check)).toEqual(['baseline']);
    expect(good.state).toBe('ready');

    const { body: draft } = await call<HandoverDraft>('POST', `/api/devices/${id}/handover/draft`, drafting);
    const pair = generateKeyPairSync('ed25519');
    const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64url');
    const bytes = handoverBytes(draft.handover);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(draft.hash);
    const signature = {
      alg: 'ed25519',
      key: 'ann-key',
      publicKey,
      signature: sign(null, bytes, pair.privateKey).toString('base64url'),
    };
    const { body: card } = await call<HandoverCard>('POST', `/api/devices/${id}/handover`, {
      hash: draft.hash,
      signature,
    });
    expect(card).toMatchObject({ device: id, installer: 'Ann Lee', exceptions: 1 });

    const fetch = async (name: string): Promise<Buffer> => {
      const found = server.modules.fleet.routes.find(({ endpoint }) => endpoint.name === name)!;
      const answer = await found.handle({ params: { id: card.id } } as never, undefined as never);
      return Buffer.from((answer as unknown as { value: { body: Uint8Array } }).value.body);
    };
    const names = ['getHandover', 'getHandoverSignature', 'getHandoverPdf'];
    const [json, p7s, pdf] = (await Promise.all(names.map(fetch))) as [Buffer, Buffer, Buffer];
    const ca = server.modules.identity.authority.rootPem;
    expect(verifyHandover({ json, signature: p7s, ca })).toMatchObject({ ok: true, value: { hash: card.hash } });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    handedOver = { json, p7s, ca };
  }, 120_000);

  it.skipIf(!hasOpenssl)('signs the handover so that openssl verifies it, and refuses it changed', () => {
    const { json, p7s, ca } = handedOver!;
    const at = (name: string, content: Buffer | string): string => {
      const path = join(server.config.dataFolder, name);
      writeFileSync(path, content);
      return path;
    };
    const verify = ['cms', '-verify', '-binary', '-purpose', 'any', '-inform', 'DER', '-out', '/dev/null'];
    const signature = ['-in', at('c.p7s', p7s), '-CAfile', at('root.pem', ca)];
    const openssl = (content: string) => spawnSync('openssl', [...verify, ...signature, '-content', content]);
    expect(openssl(at('c.json', json)).stderr.toString()).toMatch(/successful/i);
    expect(openssl(at('d.json', Buffer.concat([json, Buffer.from(' ')]))).status).not.toBe(0);
  });

  it('is blocked when it is stolen, and heard of when it knocks again', async () => {
    const { body } = await call<Theft>('POST', `/api/devices/${id}/stolen`, { reason: 'The pole was found empty' });
    expect(body.held.words.join(' ')).toContain('memory card');
    expect(server.modules.identity.standing(id)).toBe('revoked');
    await eventually('the stolen device knocked', async () => {
      const { body: leaving } = await call<Leaving>('GET', `/api/devices/${id}/leaving`);
      return (leaving.theft?.seen ?? 0) > 0 ? true : null;
    });
  }, 120_000);

  it('keeps place and name when other hardware stands there, and waits for it to come in', async () => {
    const before = server.modules.city.record(id)!;
    const hardware = { serial: 'ACCC8E00FFEE', mac: 'ac:cc:8e:00:ff:ee', model: before.model, firmware: null };
    const replaced = await call('POST', `/api/devices/${id}/replace`, { hardware, reason: 'The old one was stolen' });
    expect(replaced.status).toBe(200);
    const after = server.modules.city.record(id)!;
    expect(after).toEqual({ ...before, ...hardware });
    expect(server.modules.identity.standing(id)).toBe('ended');
    // The later flag wins: the new hardware has a folder, and so a key, of its own.
    const again = await startAgent(server, id, ['--data', join(server.config.dataFolder, 'agents', 'second')]);
    await eventually('the replacement ended', async () => {
      const { body: leaving } = await call<Leaving>('GET', `/api/devices/${id}/leaving`);
      return leaving.replacements[0]?.state === 'done' ? true : null;
    });
    await again.stop();
  }, 120_000);
});
