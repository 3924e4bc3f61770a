/** A simulated camera by the shapes of VAPIX: each refusal by its number, partitions over power cuts, accounts, certificates, settings. */
import { createHash, X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { ok } from '@cityward/kernel';
import { findXml, parseXml } from '../camera-wire/xml.ts';
import {
  manageFirmware,
  numberOf,
  readData,
  readFirmware,
  readInfo,
  startUpgrade,
} from '../site-gateway/camera-api.ts';
import type { CameraAsk, Image } from '../site-gateway/camera-asks.ts';
import { createCameraClient, type CameraClient } from '../site-gateway/camera-client.ts';
import type { FirmwareMoment } from './firmware.ts';
import { cameraImage, imageReader, type ImageWanted } from './image.ts';
import { testCamera, type TestCamera } from './testing.ts';
import { formUpload } from './upload.ts';

let one: TestCamera;
let client: CameraClient;
const open = async (options: Parameters<typeof testCamera>[0] = {}): Promise<void> => {
  one = await testCamera(options);
  client = createCameraClient(one.place);
};
afterEach(async () => {
  client.hangUp();
  await one.close();
});
const allowed = () => ok(undefined);
const imageOf = (bytes: Buffer): Image => ({
  size: bytes.length,
  open: async function* () {
    yield await Promise.resolve(bytes);
  },
});
const SAFE = { autoCommit: 'never', autoRollback: '30', factoryDefaultMode: 'none' } as const;
const upgrade = (wanted: ImageWanted, params: object = SAFE) =>
  startUpgrade(client, { params: params as typeof SAFE, image: imageOf(cameraImage(wanted)) }, allowed);
const numberIn = (result: Awaited<ReturnType<typeof upgrade>>): number | null =>
  result.ok ? null : numberOf(result.error);
const ask = async (what: CameraAsk): Promise<unknown> => {
  const answer = await client.change(what, allowed);
  if (!answer.ok) throw new Error(answer.error.message);
  const data = readData('ask', answer.value);
  return data.ok ? data.value : data.error;
};

describe('the firmware of a camera', () => {
  it.each([
    [409, { version: '10.0.0' }],
    [410, { version: '12.1.0', signature: 'revoked' }],
    [421, { version: '12.1.0', product: 'Q1700-LE' }],
    [422, { version: '12.1.0', signature: 'none' }],
    [424, { version: '12.1.0', signature: 'custom' }],
  ] as const)('refuses with %s', async (number, wanted) => {
    await open();
    expect(numberIn(await upgrade(wanted))).toBe(number);
    expect(one.camera.flash.firmware).toMatchObject({
      active: { version: '11.11.65' },
      inactive: null,
      isStaged: false,
    });
  });
  it('refuses with 412 what follows an upgrade that was not committed, 415 what is no firmware, 423 while busy, 400, 405 and 417', async () => {
    await open();
    const bytes = cameraImage({ version: '12.1.0', body: Buffer.alloc(5_000, 1) });
    bytes[4_000] = 2;
    expect(numberIn(await startUpgrade(client, { params: SAFE, image: imageOf(bytes) }, allowed))).toBe(415);
    one.camera.faults.isBusy = true;
    expect(numberIn(await upgrade({ version: '12.1.0' }))).toBe(423);
    expect(await manageFirmware(client, 'commit', allowed)).toMatchObject({ error: { number: 423 } });
    one.camera.faults.isBusy = false;
    expect(numberIn(await upgrade({ version: '12.1.0' }, { autoCommit: 'soon' }))).toBe(400);
    expect(await manageFirmware(client, 'levitate', allowed)).toMatchObject({ error: { number: 405 } });
    expect(await manageFirmware(client, 'rollback', allowed)).toMatchObject({ error: { number: 500 } });
    expect(await ask({ kind: 'json', path: '/axis-cgi/firmwaremanagement.cgi', call: 'factoryDefault' })).toMatchObject(
      { number: 400 },
    );
    expect(numberIn(await upgrade({ version: '12.1.0' }))).toBeNull();
    one.advance(60_000);
    expect(numberIn(await upgrade({ version: '12.2.0' }))).toBe(412);
    expect(await manageFirmware(client, 'purge', allowed)).toMatchObject({ error: { number: 412 } });
  });
  it('goes back by itself when nobody commits, and stays when somebody does', async () => {
    await open();
    await upgrade({ version: '12.1.0' });
    one.advance(60_000);
    expect(await readFirmware(client)).toMatchObject({ value: { version: '12.1.0', isCommitted: false } });
    one.advance(31 * 60_000);
    expect(await readFirmware(client)).toMatchObject({ value: { version: '11.11.65', isCommitted: true } });
    await upgrade({ version: '12.1.0' });
    one.advance(60_000);
    await manageFirmware(client, 'commit', allowed);
    one.advance(60 * 60_000);
    expect(await readFirmware(client)).toMatchObject({
      value: { version: '12.1.0', isCommitted: true, inactive: '11.11.65' },
    });
    await manageFirmware(client, 'rollback', allowed);
    one.advance(60_000);
    expect(await readFirmware(client)).toMatchObject({ value: { version: '11.11.65' } });
    expect(await manageFirmware(client, 'purge', allowed)).toMatchObject({ ok: true });
    expect(await manageFirmware(client, 'rollback', allowed)).toMatchObject({ error: { number: 500 } });
  });
  it('that does not start is dark until its time is over, then the one before runs', async () => {
    await open();
    await upgrade({ version: '12.1.0', starts: 'never' });
    one.advance(5 * 60_000);
    await expect(readInfo(client)).rejects.toThrow('ask camera');
    one.advance(26 * 60_000);
    expect(await readInfo(client)).toMatchObject({ value: { version: '11.11.65' } });
  });
  it.each([
    ['upload', '11.11.65', true],
    ['written', '12.1.0', false],
    ['started', '12.1.0', false],
    ['commit', '12.1.0', false],
  ] as const)('survives a power cut at "%s"', async (moment: FirmwareMoment, version, isCommitted) => {
    await open();
    one.camera.faults.powerCutAt = moment;
    await upgrade({ version: '12.1.0' }).catch(() => undefined);
    one.advance(60_000);
    if (moment === 'commit') await expect(manageFirmware(client, 'commit', allowed)).rejects.toThrow('ask camera');
    one.advance(60_000);
    expect(await readFirmware(client)).toMatchObject({ value: { version, isCommitted } });
    one.advance(31 * 60_000);
    expect(await readInfo(client)).toMatchObject({ value: { version: '11.11.65' } });
  });
  it('is erased by a downgrade with a factory default, account and all; a soft one keeps 802.1X', async () => {
    await open();
    expect(numberIn(await upgrade({ version: '10.12.1' }, { ...SAFE, factoryDefaultMode: 'soft' }))).toBeNull();
    one.advance(60_000);
    expect(await readInfo(client)).toMatchObject({ value: { version: '10.12.1' } });
    expect(await readFirmware(client)).toMatchObject({ error: { code: 'CAMERA_UNAUTHORISED' } });
    expect(one.camera.flash.accounts).toEqual({});
  });
  it('is read piece by piece, however the pieces fall', () => {
    const bytes = cameraImage({ version: '1.2.3', body: Buffer.from('abc\r\n--b\r\nxyz') });
    const form = Buffer.concat([
      Buffer.from(
        '--b\r\nContent-Type: application/json\r\n\r\n{"method":"upgrade"}\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n',
      ),
      bytes,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    for (let size = 1; size < 60; size += 7) {
      const upload = formUpload('b');
      for (let at = 0; at < form.length; at += size) upload.write(form.subarray(at, at + size));
      expect(upload.end()).toMatchObject({ asked: { method: 'upgrade' }, facts: { version: '1.2.3' } });
    }
    const reader = imageReader();
    reader.write(bytes.subarray(0, -1));
    expect(reader.end()).toBeNull();
  });
});

describe('the accounts of a camera', () => {
  it('are none at first; whoever comes first makes the administrator, and nobody after that', async () => {
    await open({ login: null });
    const make = (user: string): CameraAsk => ({
      kind: 'form',
      path: '/axis-cgi/pwdgrp.cgi',
      fields: { action: 'add', user, pwd: 'a-long-password', grp: 'users', sgrp: 'admin:operator:viewer' },
      isOpen: true,
    });
    const first = await client.change(make('root'), allowed);
    expect(first).toMatchObject({
      value: { status: 200, body: expect.stringContaining('Created account root') as string },
    });
    expect(await client.change(make('other'), allowed)).toMatchObject({ value: { status: 401 } });
    expect(Object.keys(one.camera.flash.accounts)).toEqual(['root']);
  });
  it('keep the last administrator', async () => {
    await open();
    const remove: CameraAsk = {
      kind: 'form',
      path: '/axis-cgi/pwdgrp.cgi',
      fields: { action: 'remove', user: one.login.user },
    };
    expect(await client.change(remove, allowed)).toMatchObject({
      value: { body: expect.stringContaining('Error') as string },
    });
    expect(Object.keys(one.camera.flash.accounts)).toEqual([one.login.user]);
  });
});

const rest = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, data?: unknown): CameraAsk => ({
  kind: 'rest',
  method,
  path,
  ...(data === undefined ? {} : { data }),
});

describe('the settings of a camera', () => {
  it('are its keys and certificates, which stay in it', async () => {
    await open();
    const wanted = {
      alias: 'city-1',
      key_type: 'EC-P256',
      keystore: 'SE0',
      subject: 'CN=cam-0001',
      subject_alt_names: ['DNS:cam-0001'],
    };
    expect(await ask(rest('POST', '/config/rest/cert/v1/create_certificate', wanted))).toBeUndefined();
    expect(await ask(rest('POST', '/config/rest/cert/v1/create_certificate', wanted))).toMatchObject({ number: 409 });
    const csr = (await ask(rest('POST', '/config/rest/cert/v1/certificates/city-1/get_csr', {}))) as string;
    expect(csr).toContain('BEGIN CERTIFICATE REQUEST');
    const other = one.camera.flash.keys['default']!.certificate;
    expect(await ask(rest('PATCH', '/config/rest/cert/v1/certificates/city-1', { certificate: other }))).toMatchObject({
      number: 400,
    });
    const own = one.camera.flash.keys['city-1']!.certificate;
    expect(new X509Certificate(own)).toMatchObject({ subject: 'CN=cam-0001', subjectAltName: 'DNS:cam-0001' });
    expect(await ask(rest('PATCH', '/config/rest/cert/v1/certificates/city-1', { certificate: own }))).toBeUndefined();
    const list = JSON.stringify(await ask(rest('GET', '/config/rest/cert/v1/certificates')));
    expect(list).toContain('city-1');
    expect(list).not.toContain('PRIVATE');
    const set =
      '<aweb:SetWebServerTlsConfiguration xmlns:aweb="urn:a"><aweb:Configuration><aweb:CertificateSet><acert:Certificates xmlns:acert="urn:b"><acert:Id>city-1</acert:Id></acert:Certificates></aweb:CertificateSet></aweb:Configuration></aweb:SetWebServerTlsConfiguration>';
    await client.change({ kind: 'soap', operation: 'SetWebServerTlsConfiguration', inside: set }, allowed);
    expect(createHash('sha256').update(one.camera.certificate()).digest('hex')).toBe(
      createHash('sha256').update(own).digest('hex'),
    );
    await expect(readInfo(client)).rejects.toThrow('ask camera');
    client.turnTo({ trust: { pinned: [own], authority: null } });
    expect(await ask(rest('DELETE', '/config/rest/cert/v1/certificates/city-1'))).toMatchObject({ number: 409 });
  });
  it('have an EST client from 12.10 on', async () => {
    await open();
    expect(await ask(rest('GET', '/config/rest/cert-est/v1/profiles'))).toMatchObject({ number: 404 });
    await one.close();
    await open({ facts: { firmware: '12.11.77' } });
    const profile = {
      id: 'city',
      server: 'est.example:443/.well-known/est',
      certificate: 'Axis device ID ECC-P256 (802.1AR)',
      caCertificates: [],
      services: ['WEBSERVER'],
      subject: { cn: 'cam-0001' },
    };
    expect(
      await ask(rest('POST', '/config/rest/cert-est/v1/profiles', { ...profile, server: 'http://x' })),
    ).toMatchObject({ number: 400 });
    expect(await ask(rest('POST', '/config/rest/cert-est/v1/profiles', profile))).toBeUndefined();
    expect(await ask(rest('GET', '/config/rest/cert-est/v1/profiles'))).toMatchObject([
      { id: 'city', status: 'UNCONNECTED' },
    ]);
  });
  it('are read and written over JSON, REST and forms, and nothing else is planted in them', async () => {
    await open();
    const ntp = { staticServers: ['10.0.0.1', '10.0.0.2'], serversSource: 'static' };
    await ask({ kind: 'json', path: '/axis-cgi/ntp.cgi', call: 'setNTPClientConfiguration', params: ntp });
    expect(await ask({ kind: 'json', path: '/axis-cgi/ntp.cgi', call: 'getNTPInfo' })).toMatchObject({ client: ntp });
    await ask(
      rest('PATCH', '/config/rest/firewall/v1', { activated: true, conf: { rules: { activeDefaultPolicy: 'DROP' } } }),
    );
    expect(await ask(rest('PATCH', '/config/rest/firewall/v1', { planted: 1 }))).toMatchObject({ number: 400 });
    expect(await ask(rest('PATCH', '/config/rest/firewall/v1', { activated: 'yes' }))).toMatchObject({ number: 400 });
    expect(await ask(rest('GET', '/config/rest/firewall/v1'))).toMatchObject({
      activated: true,
      conf: { rules: { activeDefaultPolicy: 'DROP', activeRules: [] } },
    });
    await ask(rest('PATCH', '/config/rest/snmp/v1', { snmpV3: { enabled: true } }));
    expect(await ask(rest('GET', '/config/rest/snmp/v1'))).toMatchObject({
      snmpV1: { enabled: false },
      snmpV3: { enabled: true },
    });
    await ask(
      rest('PATCH', '/config/rest/user-management/v2', { settings: { passphraseComplexity: { policy: 'length' } } }),
    );
    const disks = await client.read({ kind: 'get', path: '/axis-cgi/disks/list.cgi' });
    expect(findXml(parseXml(disks.ok ? disks.value.body : '')!, 'disk')!.attributes['diskencrypted']).toBe('false');
    const unsigned = async (query: Readonly<Record<string, string>>): Promise<string> => {
      const answer = await client.change(
        { kind: 'form', path: '/axis-cgi/applications/config.cgi', fields: query },
        allowed,
      );
      return answer.ok ? findXml(parseXml(answer.value.body)!, 'param')!.attributes['value']! : '';
    };
    expect(await unsigned({ action: 'get', name: 'AllowUnsigned' })).toBe('true');
    expect(await unsigned({ action: 'set', name: 'AllowUnsigned', value: 'false' })).toBe('false');
    const apis = (await ask({ kind: 'json', path: '/axis-cgi/apidiscovery.cgi', call: 'getApiList' })) as {
      apiList: { id: string }[];
    };
    expect(apis.apiList.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['fwmgr', 'ntp', 'network-settings', 'param-cgi']),
    );
  });
  it('lock the camera out when 802.1X comes on while its clock is wrong', async () => {
    await open({ clockOffMs: -86_400_000 * 3 });
    const ca = one.camera.certificate();
    await ask(rest('POST', '/config/rest/cert/v1/ca_certificates', { alias: 'city', certificate: ca }));
    const wired = {
      deviceName: 'eth0',
      enabled: true,
      mode: 'WPA-Enterprise-EAPTLS',
      identity: 'cam',
      eapolVersion: 'EAPoLv3',
      certClient: 'none',
      certsCA: ['city'],
    };
    const call = (params: object): CameraAsk => ({
      kind: 'json',
      path: '/axis-cgi/network_settings.cgi',
      call: 'setWired8021XConfiguration',
      params: { ...params },
    });
    expect(await ask(call(wired))).toMatchObject({ number: 2105 });
    await ask(call({ ...wired, certClient: 'default' }));
    await expect(readInfo(client)).rejects.toThrow('ask camera');
    one.camera.faults.clockOffMs = 0;
    expect(await readInfo(client)).toMatchObject({ ok: true });
  });
  it('take no more than HTTPS once that is asked of them', async () => {
    await open({ isTls: false });
    const values = new Map([['System.BoaGroupPolicy.admin', 'https']]);
    const fields = Object.fromEntries([
      ['action', 'update'],
      ...[...values].map(([name, to]) => [`root.${name}`, to]),
    ]) as Record<string, string>;
    await client.change({ kind: 'form', path: '/axis-cgi/param.cgi', fields }, allowed);
    const answer = await client.read({
      kind: 'get',
      path: '/axis-cgi/param.cgi',
      query: { action: 'list', group: 'Brand' },
    });
    expect(answer).toMatchObject({ value: { status: 403 } });
  });
});
