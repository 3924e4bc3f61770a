/** The root key of records at a real key service: OpenBao, or the Vault that it comes from, with the token that the guide describes. */
import { randomBytes } from 'node:crypto';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTransitRoot, type TransitSettings } from '@cityward/vault';
import { freePorts } from '../../apps/server/src/testing-ports.ts';
import { openKeySlots } from '../../modules/vault/src/keys/key-slots.ts';
import { createKeyring } from '../../modules/vault/src/keys/keyring.ts';

const program = ['bao', 'vault'].find((name) => spawnSync(name, ['version']).status === 0);
if (program === undefined) process.stderr.write('\nSKIPPED: neither bao nor vault is installed (openbao.org)\n\n');

const folder = mkdtempSync(join(tmpdir(), 'cityward-foreign-transit-'));
const tokenFile = join(folder, 'token');
const officer = randomBytes(16).toString('hex');
const AS_THE_GUIDE_SAYS = `
path "transit/keys/cityward" { capabilities = ["read"] }
path "transit/encrypt/cityward" { capabilities = ["update"] }
path "transit/decrypt/cityward" { capabilities = ["update"] }
path "transit/keys/derived" { capabilities = ["read"] }
path "transit/encrypt/derived" { capabilities = ["update"] }
path "transit/decrypt/derived" { capabilities = ["update"] }
path "transit/keys/may-leave" { capabilities = ["read"] }
path "transit/keys/signing" { capabilities = ["read"] }
path "transit/keys/none" { capabilities = ["read"] }`;

let service: ChildProcess | null = null;
let url = '';

/** As its administrator. */
async function administer(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': officer },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
const at = (change: Partial<TransitSettings> = {}): TransitSettings => ({
  ...{ url, mount: 'transit', key: 'cityward', namespace: null, tokenFile },
  ...change,
});
const context = Buffer.from('a place');

async function answers(): Promise<void> {
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(`${url}/v1/sys/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    if (tries >= 300) throw new Error(`${program} at ${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.skipIf(program === undefined)(`the transit engine of ${program ?? 'a key service'}`, () => {
  beforeAll(async () => {
    const [port] = (await freePorts(1)) as [number];
    url = `http://127.0.0.1:${port}`;
    const dev = ['-dev', `-dev-root-token-id=${officer}`, `-dev-listen-address=127.0.0.1:${port}`];
    service = spawn(program!, ['server', ...dev, '-dev-no-store-token'], { stdio: 'ignore', cwd: folder });
    await answers();
    await administer('POST', 'sys/mounts/transit', { type: 'transit' });
    await administer('POST', 'transit/keys/cityward', { type: 'aes256-gcm96' });
    await administer('POST', 'transit/keys/derived', { type: 'aes256-gcm96', derived: true });
    await administer('POST', 'transit/keys/may-leave', { type: 'aes256-gcm96', exportable: true });
    await administer('POST', 'transit/keys/signing', { type: 'ecdsa-p256' });
    await administer('PUT', 'sys/policies/acl/cityward', { policy: AS_THE_GUIDE_SAYS });
    const made = await administer('POST', 'auth/token/create', { policies: ['cityward'], no_default_policy: true });
    writeFileSync(tokenFile, (made['auth'] as { client_token: string }).client_token, { mode: 0o600 });
  });
  afterAll(async () => {
    if (service?.kill('SIGKILL')) await once(service, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['cityward', 'derived'])('unwraps what it wrapped, in its own place alone: key "%s"', async (name) => {
    const root = await openTransitRoot(at({ key: name }));
    const key = randomBytes(32);
    const sealed = await root.wrap(key, context);
    expect(await root.unwrap(sealed, context)).toEqual(key);
    expect(await root.unwrap(sealed, Buffer.from('another place'))).toBe(null);
    for (const byte of [0, 31, 47]) {
      const changed = { ...sealed, sealed: Buffer.from(sealed.sealed) };
      changed.sealed[byte]! ^= 1;
      expect(await root.unwrap(changed, context)).toBe(null);
    }
    expect(await root.health()).toContain('version 1 (aes256-gcm96): it answers');
  });

  it('opens records after a restart and after its key was rotated, and none of a version that may not be used', async () => {
    const path = join(folder, 'slots');
    const ring = createKeyring(await openKeySlots({ path }), await openTransitRoot(at()));
    const categories = await ring.addCategories(await ring.addSubjects(1));
    const keys = categories.ok ? await ring.addRecordKeys(categories.value) : categories;
    if (!keys.ok) throw new Error(keys.error.message);
    await ring.close();
    await administer('POST', 'transit/keys/cityward/rotate');
    const open = async () => {
      const again = createKeyring(await openKeySlots({ path }), await openTransitRoot(at()));
      const { ok } = await again.open(keys.value[0]!.id);
      await again.close();
      return ok;
    };
    expect(await open()).toBe(true);
    await administer('POST', 'transit/keys/cityward/config', { min_decryption_version: 2 });
    expect(await open()).toBe(false);
    await administer('POST', 'transit/keys/cityward/config', { min_decryption_version: 1 });
    expect(await open()).toBe(true);
  });

  it('is used by nothing but a key that never leaves it', async () => {
    await expect(openTransitRoot(at({ key: 'may-leave' }))).rejects.toThrow('it may be exported');
    await expect(openTransitRoot(at({ key: 'signing' }))).rejects.toThrow('of type "ecdsa-p256"');
    await expect(openTransitRoot(at({ key: 'none' }))).rejects.toThrow('there is no such key');
  });

  it('says that its token has ended, and that it is sealed', async () => {
    const root = await openTransitRoot(at());
    const other = join(folder, 'other-token');
    writeFileSync(other, 'none', { mode: 0o600 });
    await expect(openTransitRoot(at({ tokenFile: other }))).rejects.toThrow('its token may not do that');
    await administer('PUT', 'sys/seal');
    await expect(root.wrap(randomBytes(32), context)).rejects.toThrow('503, it is sealed or not ready');
    expect(await root.health()).toContain('it is sealed');
  });
});
