/** Accounts, certificates and settings of a camera through its gateway: only by difference, proved, and never locked out by a power cut. */
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobAction, JobOrder } from '@cityward/contracts';
import { readCertsOnly } from '../certs-only.ts';
import { testAuthority, type TestAuthority } from '../testing.ts';
import { hashOf, orderOf } from '../update/testing.ts';
import { loadSaved } from '../update/updater.ts';
import { createCameraClient } from './camera-client.ts';
import { placeOf, readRecord } from './records.ts';
import { ada, bo, CAMERA, changesOf, lastOf, live, liveOn, newCameraWorld, type CameraWorld } from './testing-world.ts';

let authority: TestAuthority;
beforeAll(async () => void (authority = await testAuthority()));
let world: CameraWorld;
const open = async (options: Parameters<typeof newCameraWorld>[0] = {}): Promise<void> => {
  world = await newCameraWorld(options);
  world.ca = authority.ca;
  world.certify = async (request) => {
    const { name, answer } = await authority.issue(request);
    if (name !== CAMERA) throw new Error(`the request is for "${name}"`);
    const read = readCertsOnly(answer);
    if (!read.ok) throw new Error(read.error);
    return read.value[0]!.toString();
  };
};
afterEach(() => world.one.close());
const flash = () => world.one.camera.flash;
let counter = 0;
const order = (action: JobAction, by = [ada]): JobOrder =>
  orderOf({ device: CAMERA, counter: 1, action, id: `job-${String(++counter).padStart(4, '0')}` }, by);
function configured(document: unknown): JobOrder {
  const bytes = Buffer.from(JSON.stringify(document));
  const hash = hashOf(bytes);
  world.served.set(hash, bytes);
  return order({ do: 'configure', document: hash });
}
const reason = (): string => lastOf(world).reason ?? '';
/** Opened with what the gateway holds now, whatever that is. */
async function opens(): Promise<boolean> {
  const client = createCameraClient({ ...placeOf(readRecord(world.disk)!, world.ca), clock: world.one.now });
  const read = await client.read({
    kind: 'get',
    path: '/axis-cgi/param.cgi',
    query: { action: 'list', group: 'Brand' },
  });
  client.hangUp();
  return read.ok && read.value.status === 200;
}

describe('a new account', () => {
  const rotate = (): JobOrder => order({ do: 'rotate', what: 'credentials' });
  it('is made, proved, and only then the old one removed', async () => {
    await open();
    const before = world.one.login;
    await liveOn(world, rotate());
    expect(lastOf(world)).toMatchObject({ state: 'done', reason: null });
    const record = readRecord(world.disk)!;
    expect(Object.keys(flash().accounts)).toEqual([record.login!.user]);
    expect(record).toMatchObject({ next: null, past: null });
    expect(record.login!.user).not.toBe(before.user);
    expect(JSON.stringify(record)).not.toContain(record.login!.password.reveal());
    expect(await opens()).toBe(true);
  });
  it('is turned over at every single file operation of the gateway that the power may cut', async () => {
    for (let at = 0; ; at++) {
      await open();
      const wanted = rotate();
      world.disk.cutAt = world.disk.done + at;
      const first = await live(world, wanted);
      if (first === 'cut') world.disk = world.disk.restart(() => 0);
      expect([at, await opens()]).toEqual([at, true]);
      await liveOn(world, wanted);
      expect([at, lastOf(world).state, await opens()]).toEqual([at, 'done', true]);
      expect(Object.keys(flash().accounts)).toEqual([readRecord(world.disk)!.login!.user]);
      expect(loadSaved(world.disk).counter).toBe(1);
      if (first === 'rest') return expect(at).toBeGreaterThan(20);
      await world.one.close();
    }
  }, 120_000);
  it('that the camera does not take leaves the old one in force', async () => {
    await open();
    world.one.camera.faults.dropsAt = 'pwdgrp.cgi';
    await liveOn(world, rotate());
    expect(lastOf(world).state).toBe('failed');
    world.one.camera.faults.dropsAt = null;
    expect(await opens()).toBe(true);
    expect(Object.keys(flash().accounts)).toEqual([world.one.login.user]);
  });
  it('is not made for an order that nobody signed', async () => {
    await open();
    await live(world, order({ do: 'rotate', what: 'credentials' }, []));
    expect(world.one.camera.log).toEqual([]);
  });
});

describe('a new certificate', () => {
  const rotate = (): JobOrder => order({ do: 'rotate', what: 'certificate' });
  it('has its key from the camera, is signed by the city, in use, and the only one trusted', async () => {
    await open();
    await liveOn(world, rotate());
    expect(lastOf(world)).toMatchObject({ state: 'done', reason: null });
    const shown = new X509Certificate(world.one.camera.certificate());
    expect(shown.subject).toBe(`CN=${CAMERA}`);
    expect(shown.verify(new X509Certificate(authority.ca).publicKey)).toBe(true);
    expect(readRecord(world.disk)).toMatchObject({ pinned: [], isOfCity: true });
    expect(await opens()).toBe(true);
    const first = flash().webCertificate;
    await liveOn(
      world,
      orderOf({ device: CAMERA, counter: 2, action: { do: 'rotate', what: 'certificate' }, id: 'job-9000' }, [ada]),
    );
    expect(lastOf(world).state).toBe('done');
    expect(flash().webCertificate).not.toBe(first);
    expect(Object.keys(flash().keys).filter((alias) => alias.startsWith('cityward-'))).toEqual([
      flash().webCertificate,
    ]);
  });
  it('is put in use at every single file operation of the gateway that the power may cut', async () => {
    for (let at = 0; ; at++) {
      await open();
      const wanted = rotate();
      world.disk.cutAt = world.disk.done + at;
      const first = await live(world, wanted);
      if (first === 'cut') world.disk = world.disk.restart(() => 0);
      expect([at, await opens()]).toEqual([at, true]);
      await liveOn(world, wanted);
      expect([at, lastOf(world).state, await opens()]).toEqual([at, 'done', true]);
      if (first === 'rest') return expect(at).toBeGreaterThan(15);
      await world.one.close();
    }
  }, 120_000);
  it('is not begun while the clock is a day off, nor kept where the city does not sign it', async () => {
    await open({ clockOffMs: 86_400_000 });
    await liveOn(world, rotate());
    expect(reason()).toContain('CLOCK_WRONG');
    await world.one.close();
    await open();
    world.certify = () => Promise.reject(new Error('not for this gateway'));
    await liveOn(world, rotate());
    expect(reason()).toContain('not for this gateway');
    expect(flash().webCertificate).toBe('default');
    expect(await opens()).toBe(true);
  });
  it('under which the camera is not reached is taken back', async () => {
    await open();
    world.certify = async (request) => {
      const { answer } = await (await testAuthority()).issue(request);
      const read = readCertsOnly(answer);
      return read.ok ? read.value[0]!.toString() : '';
    };
    await liveOn(world, rotate());
    expect(lastOf(world).state).toBe('failed');
  });
});

describe('a configuration', () => {
  it('is written by difference, read back, and remembered', async () => {
    await open();
    const wanted = configured({
      param: { 'Network.Bonjour.Enabled': 'no', 'Network.SSH.Enabled': 'no', 'System.AccessLog': 'On' },
      ntp: { enabled: true, servers: ['10.0.0.1', '10.0.0.2'] },
      snmp: { v1: false, v2: false },
      applications: { allowUnsigned: false },
      lldp: { activated: false },
      'password-policy': { policy: 'length' },
    });
    await liveOn(world, wanted);
    expect(lastOf(world)).toMatchObject({ state: 'done', reason: null });
    // SSH was off already.
    expect(flash().parameters).toEqual({ 'Network.Bonjour.Enabled': 'no', 'System.AccessLog': 'On' });
    expect(flash().ntp).toMatchObject({ serversSource: 'static', staticServers: ['10.0.0.1', '10.0.0.2'] });
    expect(flash().settings.applications).toEqual({ AllowUnsigned: 'false' });
    expect(flash().settings.lldp).toEqual({ activated: false });
    expect(world.runs.document).toBe(wanted.job.action.do === 'configure' ? wanted.job.action.document : '');
    const before = changesOf(world).length;
    await liveOn(world, {
      ...orderOf({ device: CAMERA, counter: 2, action: wanted.job.action, id: 'job-9100' }, [bo]),
    });
    expect(changesOf(world).slice(before)).toEqual([]);
  });
  it.each([
    ['is no object', [1], 'DOCUMENT_MALFORMED'],
    ['names a source that cannot be set', { tls: {} }, 'SOURCE_UNKNOWN'],
    ['names a parameter that is not there', { param: { 'No.Such': 'x' } }, 'PARAMETER_MISSING'],
  ])('that %s is refused, and nothing is written', async (_, document, code) => {
    await open();
    await liveOn(world, configured(document));
    expect(reason()).toContain(code);
    expect(changesOf(world)).toEqual([]);
    expect(world.runs.document).toBeNull();
  });
  it('is no longer one when its bytes were changed', async () => {
    await open();
    const wanted = configured({ param: { 'Network.SSH.Enabled': 'yes' } });
    for (const hash of world.served.keys())
      world.served.set(hash, Buffer.from('{"param":{"Network.SSH.Enabled":"no "}}'));
    await liveOn(world, wanted);
    expect(lastOf(world).state).toBe('failed');
    expect(world.alarms).toMatchObject([{ code: 'BYTES_NOT_SIGNED' }]);
    expect(changesOf(world)).toEqual([]);
  });
  it('asks for HTTPS alone only where the gateway comes over HTTPS', async () => {
    const only = { param: { 'System.BoaGroupPolicy.admin': 'https' } };
    await open({ isTls: false });
    await liveOn(world, configured(only));
    expect(reason()).toContain('NOT_PROVED');
    expect(flash().parameters).toEqual({});
    await world.one.close();
    await open();
    await liveOn(world, configured(only));
    expect(lastOf(world).state).toBe('done');
    expect(await opens()).toBe(true);
  });
  it('asks for time servers of its own where the camera keeps them, but takes the time from others', async () => {
    await open();
    Object.assign(flash().ntp, { serversSource: 'DHCP', staticServers: ['10.0.0.1', '10.0.0.2'] });
    await liveOn(world, configured({ ntp: { enabled: true, servers: ['10.0.0.1', '10.0.0.2'] } }));
    expect(flash().ntp.serversSource).toBe('static');
  });
  it("sets the profile of a camera's own EST client, where it has one", async () => {
    const est = { est: { server: 'est.port-merrow.example:8443/.well-known/est', services: ['WEBSERVER', 'NETAUTH'] } };
    await open();
    await liveOn(world, configured(est));
    expect(lastOf(world).state).toBe('failed');
    await world.one.close();
    await open({ facts: { firmware: '12.11.77' } });
    await liveOn(world, configured(est));
    expect(lastOf(world)).toMatchObject({ state: 'done', reason: null });
    expect(flash().estProfiles).toMatchObject([
      { id: 'cityward', caCertificates: ['cityward-ca'], subject: { cn: CAMERA } },
    ]);
  });
});

describe('a setting that is moved', () => {
  const set = (name: string, to: number): JobOrder => order({ do: 'set', name, to }, [ada, bo]);
  it('is written, read back, and done once', async () => {
    await open();
    const wanted = set('brightness_pct', 60);
    await liveOn(world, wanted);
    expect(lastOf(world)).toMatchObject({ state: 'done', reason: null });
    expect(flash().parameters).toEqual({ 'ImageSource.I0.Sensor.Brightness': '60' });
    const before = changesOf(world).length;
    await liveOn(world, wanted);
    expect(changesOf(world).slice(before)).toEqual([]);
  });
  it.each([
    { name: 'brightness_pct', to: 0, code: 'BEYOND_BOUNDS' },
    { name: 'contrast_pct', to: 50.5, code: 'BEYOND_BOUNDS' },
    { name: 'infrared_pct', to: 40, code: 'SETTING_UNKNOWN' },
    { name: 'to_string', to: 40, code: 'SETTING_UNKNOWN' },
  ])('is refused as $name = $to with what would do, and nothing is written', async ({ name, to, code }) => {
    await open();
    await liveOn(world, set(name, to));
    expect(reason()).toContain(code);
    expect(changesOf(world)).toEqual([]);
  });
  it('takes two officers, as whatever moves something in the street', async () => {
    await open();
    await live(world, order({ do: 'set', name: 'brightness_pct', to: 60 }));
    expect(world.one.camera.log).toEqual([]);
  });
});
