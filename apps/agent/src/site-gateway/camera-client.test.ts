/** The camera client against simulated cameras over real sockets: digest, TLS, limits, and that nothing is changed without a permit. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ok, refuse } from '@cityward/kernel';
import { cameraImage } from '../simulated-camera/image.ts';
import { testCamera, type TestCamera, type TestCameraOptions } from '../simulated-camera/testing.ts';
import {
  manageFirmware,
  readAllParameters,
  readClock,
  readFirmware,
  readInfo,
  setParameters,
  startUpgrade,
} from './camera-api.ts';
import { ANSWER_MAX_BYTES, createCameraClient, type CameraClient } from './camera-client.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
async function camera(options: TestCameraOptions = {}): Promise<TestCamera> {
  const made = await testCamera(options);
  opened.push(made);
  return made;
}
const clientOf = (made: TestCamera, rest: Partial<Parameters<typeof createCameraClient>[0]> = {}): CameraClient => {
  const client = createCameraClient({ ...made.place, ...rest });
  opened.unshift({ close: () => Promise.resolve(client.hangUp()) });
  return client;
};
const allowed = () => ok(undefined);
const value = <T>(result: { ok: boolean; value?: T; error?: unknown }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value as T;
};

describe('a camera client', () => {
  it.each([['SHA-256'], ['MD5']] as const)('reads with a digest of %s over one kept connection', async (algorithm) => {
    const one = await camera({ algorithms: [algorithm] });
    const client = clientOf(one);
    expect(value(await readInfo(client))).toEqual({
      model: 'P3265-V',
      serial: one.camera.facts.serial,
      version: '11.11.65',
    });
    expect(value(await readFirmware(client))).toMatchObject({ version: '11.11.65', isCommitted: true });
    expect(value(await readAllParameters(client, ['Network.SSH'])).get('Network.SSH.Enabled')).toBe('no');
    // One challenge for all of it: the nonce is used again with a higher count.
    expect(one.camera.log.filter(({ user, path }) => user === null && !path.includes('basicdeviceinfo'))).toHaveLength(
      1,
    );
    expect(one.connections()).toBe(1);
  });
  it('answers a stale nonce with a new proof, and no wrong password with a second try', async () => {
    const one = await camera();
    const client = clientOf(one);
    value(await readFirmware(client));
    one.advance(10 * 60_000);
    value(await readFirmware(client));
    client.turnTo({ login: { user: one.login.user, password: 'wrong' } });
    const before = one.camera.log.length;
    expect(await readFirmware(client)).toMatchObject({ error: { code: 'CAMERA_UNAUTHORISED' } });
    expect(one.camera.log.length - before).toBe(2);
  });
  it('speaks to nobody who shows another certificate, not even to ask', async () => {
    const [one, other] = [await camera(), await camera()];
    const client = clientOf(one, { trust: other.place.trust });
    await expect(readInfo(client)).rejects.toThrow(/certificate|self-signed/u);
    expect(one.camera.log).toEqual([]);
  });
  it('gives up on an answer that never ends, and on one that never comes', async () => {
    const web = await raw((body) => body.write(Buffer.alloc(ANSWER_MAX_BYTES + 1)));
    const client = createCameraClient({ url: web.url, trust: NO_TRUST, login: null, answerMs: 400 });
    await expect(readInfo(client)).rejects.toThrow('longer than');
    const silent = await raw(() => undefined);
    const other = createCameraClient({ url: silent.url, trust: NO_TRUST, login: null, answerMs: 200 });
    await expect(readInfo(other)).rejects.toThrow('ask camera');
  });
  it('sends nothing that changes without a permit, asked again for every send', async () => {
    const one = await camera();
    const client = clientOf(one);
    const no = () => refuse('forbidden', 'NO', 'no order');
    expect(await manageFirmware(client, 'reboot', no)).toMatchObject({ error: { code: 'NO' } });
    expect(await setParameters(client, new Map([['Network.SSH.Enabled', 'yes']]), no)).toMatchObject({
      error: { code: 'NO' },
    });
    expect(one.camera.log).toEqual([]);
    expect(() => client.read({ kind: 'form', path: '/axis-cgi/pwdgrp.cgi', fields: { action: 'add' } })).toThrow(
      'wanted a permit',
    );
    expect(() => client.read({ kind: 'get', path: '/axis-cgi/param.cgi', query: { action: 'update' } })).toThrow(
      'wanted a permit',
    );
    // Allowed when it began; by the time it is sent the order has ended.
    let asked = 0;
    const once = () => (++asked === 1 ? ok(undefined) : refuse('forbidden', 'ENDED', 'over'));
    expect(await setParameters(client, new Map([['Network.SSH.Enabled', 'yes']]), once)).toMatchObject({
      error: { code: 'ENDED' },
    });
    expect(one.camera.flash.parameters).toEqual({});
  });
  it('lists parameters although a group is missing, whose neighbour then has no root', async () => {
    const one = await camera();
    const found = value(await readAllParameters(clientOf(one), ['Network.SSH', 'No.Such', 'System.EditCgi']));
    expect(Object.fromEntries(found)).toEqual({ 'Network.SSH.Enabled': 'no', 'System.EditCgi': 'no' });
  });
  it('sends an image as a strict form and reads the clock over ONVIF', async () => {
    const one = await camera({ clockOffMs: 86_400_000 });
    const client = clientOf(one);
    const bytes = cameraImage({ version: '12.0.1', product: 'P3265-V', body: Buffer.alloc(300_000, 7) });
    const image = {
      size: bytes.length,
      open: async function* () {
        yield await Promise.resolve(bytes);
      },
    };
    const params = { autoCommit: 'never', autoRollback: '30', factoryDefaultMode: 'none' } as const;
    value(await startUpgrade(client, { params, image }, allowed));
    await expect(readInfo(client)).rejects.toThrow('ask camera');
    one.advance(60_000);
    expect(value(await readFirmware(client))).toMatchObject({
      version: '12.0.1',
      isCommitted: false,
      inactive: '11.11.65',
    });
    value(await manageFirmware(client, 'commit', allowed));
    expect(value(await readFirmware(client)).isCommitted).toBe(true);
    expect(Math.abs(value(await readClock(client)) - one.now() - 86_400_000)).toBeLessThan(2_000);
  });
});

const NO_TRUST = { pinned: [], authority: null };
async function raw(act: (body: ServerResponse) => void): Promise<{ url: string }> {
  const server: Server = createServer((_, response) => act(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
