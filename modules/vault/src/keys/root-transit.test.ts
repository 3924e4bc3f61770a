/** The root key at a key service: keys wrapped and unwrapped by asking, clear faults, bounded tries. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeySlots } from './key-slots.ts';
import { createKeyring } from './keyring.ts';
import { openTransitRoot, type TransitSettings } from './root-transit.ts';
import { startTransit, type TestTransit } from './testing-transit.ts';

const folder = mkdtempSync(join(tmpdir(), 'cityward-transit-'));
const tokenFile = join(folder, 'token');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let transit: TestTransit;
let files = 0;
beforeEach(async () => {
  transit = await startTransit();
  writeFileSync(tokenFile, `${transit.token}\n`, { mode: 0o600 });
  chmodSync(tokenFile, 0o600);
});
afterEach(() => transit.stop());
const at = (change: Partial<TransitSettings> = {}): TransitSettings => ({
  ...{ url: transit.url, mount: 'transit', key: 'cityward', namespace: null, tokenFile },
  ...change,
});
const context = Buffer.from('a place');

describe('a root key at a key service', () => {
  it.each([false, true])('wraps what only it unwraps, in its own place; derived: %s', async (derived) => {
    transit.key.derived = derived;
    const root = await openTransitRoot(at({ namespace: 'city/vault' }));
    const key = randomBytes(32);
    const sealed = await root.wrap(key, context);
    expect(await root.unwrap(sealed, context)).toEqual(key);
    expect(await root.unwrap(sealed, Buffer.from('another place'))).toBe(null);
    const changed = { ...sealed, sealed: Buffer.from(sealed.sealed) };
    changed.sealed[3]! ^= 1;
    expect(await root.unwrap(changed, context)).toBe(null);
    expect(transit.asked.every(({ namespace }) => namespace === 'city/vault')).toBe(true);
    expect(await root.health()).toContain('version 1 (aes256-gcm96): it answers');
  });

  it('opens records through the key file, after its key was rotated and after a restart', async () => {
    const path = join(folder, `slots${files++}`);
    const ring = createKeyring(await openKeySlots({ path }), await openTransitRoot(at()));
    const categories = await ring.addCategories(await ring.addSubjects(1));
    const keys = categories.ok ? await ring.addRecordKeys(categories.value) : categories;
    if (!keys.ok) throw new Error(keys.error.message);
    await ring.close();
    transit.rotate();
    const slots = await openKeySlots({ path });
    expect([...slots.all()].map(({ generation }) => generation)).toEqual([1, 0, 0]);
    const again = createKeyring(slots, await openTransitRoot(at()));
    expect(await again.open(keys.value[0]!.id)).toMatchObject({ ok: true });
    await again.addSubjects(1);
    expect([...slots.all()].map(({ generation }) => generation)).toContain(2);
    await again.close();
  });

  it('is asked again while the service is busy, so often and no more', async () => {
    const root = await openTransitRoot(at());
    transit.failing = 2;
    const sealed = await root.wrap(randomBytes(32), context);
    expect(await root.unwrap(sealed, context)).not.toBe(null);
    const before = transit.asked.length;
    transit.failing = 9;
    await expect(root.unwrap(sealed, context)).rejects.toThrow('it answered 500 (internal error)');
    expect(transit.asked.length - before).toBe(3);
  });

  it('says what is wrong: sealed, token, key, its kind, away', async () => {
    const root = await openTransitRoot(at());
    transit.isSealed = true;
    await expect(root.wrap(randomBytes(32), context)).rejects.toThrow('503, it is sealed or not ready');
    expect(await root.health()).toContain('it is sealed');
    transit.isSealed = false;
    transit.token = 's.other';
    await expect(root.wrap(randomBytes(32), context)).rejects.toThrow('its token may not do that');
    transit.token = 's.test';
    await expect(openTransitRoot(at({ key: 'none' }))).rejects.toThrow('there is no such key');
    transit.key.exportable = true;
    await expect(openTransitRoot(at())).rejects.toThrow('it may be exported');
    transit.key = { type: 'rsa-2048', derived: false, exportable: false };
    await expect(openTransitRoot(at())).rejects.toThrow('of type "rsa-2048", wanted aes256-gcm96');
    chmodSync(tokenFile, 0o644);
    await expect(openTransitRoot(at())).rejects.toThrow('has mode 644, wanted 600');
    await expect(openTransitRoot(at({ tokenFile: join(folder, 'none') }))).rejects.toThrow('ENOENT');
    chmodSync(tokenFile, 0o600);
    await expect(openTransitRoot(at({ url: 'http://127.0.0.1:1' }))).rejects.toThrow(
      /fetch failed: .*ECONNREFUSED|bad port/,
    );
  });
});
