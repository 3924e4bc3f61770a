/** Who may connect, with real clients over mutual TLS. */
import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestAuthority } from './testing.ts';
import { createKit, ended, happened, startListener, turnedAway, until, type Running } from './test-kit.ts';

const kit = createKit();
let on: Running;
const start = async (now: () => number = Date.now): Promise<void> => {
  on = await startListener(kit, { now });
};
afterEach(() => on.stop());

describe('who may connect', () => {
  test('a device as itself: the hook gets name, serial and that the session is new', async () => {
    await start();
    await on.connected();
    expect(on.seen.peers).toEqual([
      {
        clientId: 'lamp-0001',
        commonName: 'lamp-0001',
        serial: kit.lamp.serial,
        resumed: false,
        protocol: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
      },
    ]);
    expect([on.listener.connected(), on.seen.life]).toEqual([['lamp-0001'], ['+lamp-0001']]);
  });

  test('not under another name, nor without one, nor with a certificate of two names', async () => {
    await start();
    expect(await turnedAway(on.client({ clientId: 'lamp-0002' }))).toBe(2);
    expect(await turnedAway(on.client({ clientId: '', clean: true }))).toBe(2);
    const two = kit.authority.device('lamp-0001', { secondName: 'lamp-0002' });
    expect(await turnedAway(on.client({ identity: two }))).toBe('closed');
    expect(on.seen.peers).toEqual([]);
    expect(on.seen.refusals[0]).toMatchObject({ what: 'connect', clientId: 'lamp-0001' });
  });

  test('not without a certificate, with one of another authority, or in clear text', async () => {
    await start();
    const stranger = createTestAuthority('Another').device('lamp-0001');
    expect(await turnedAway(on.client({ identity: stranger }))).toBe('closed');
    const bare = tlsConnect({ host: '127.0.0.1', port: on.port, ca: kit.authority.ca });
    await ended(bare);
    const plain = netConnect(on.port, '127.0.0.1', () => plain.write('\x10\x15\x00\x04MQTT, but not TLS'));
    await ended(plain);
    expect([on.seen.peers, on.listener.connected()]).toEqual([[], []]);
  });

  test('not once revoked, by serial, and neither by a resumed TLS session', async () => {
    await start();
    const first = await on.raw();
    const [session] = (await once(first, 'session')) as [Buffer];
    const resumed = await on.raw({ session });
    expect(resumed.isSessionReused()).toBe(true);
    const connectPacket = Buffer.from('101500044d51545404020000000' + '96c616d702d30303031', 'hex');
    resumed.write(connectPacket);
    await until(() => on.seen.peers.length === 1);
    expect(on.seen.peers[0]).toMatchObject({ serial: kit.lamp.serial, resumed: true });

    on.seen.revoked.add(kit.lamp.serial);
    const later = await on.raw({ session });
    expect(later.isSessionReused()).toBe(true);
    later.write(connectPacket);
    const [connack] = (await once(later, 'data')) as [Buffer];
    expect([...connack]).toEqual([0x20, 2, 0, 5]);
    await ended(later);
    expect(await turnedAway(on.client())).toBe(5);
  });

  test('a session ticket outlives a new certificate of the server, and not a new authority of the devices', async () => {
    await start();
    const first = await on.raw();
    const [session] = (await once(first, 'session')) as [Buffer];
    on.listener.renew({ ...kit.authority.server(), ca: kit.authority.ca });
    expect((await on.raw({ session })).isSessionReused()).toBe(true);
    on.listener.renew({ ...kit.server, ca: kit.authority.ca + createKit().authority.ca });
    expect((await on.raw({ session })).isSessionReused()).toBe(false);
  });

  test('not with a certificate that expired while its session ticket lives', async () => {
    let now = Date.now();
    await start(() => now);
    const device = kit.authority.device('lamp-0001', { notAfter: now + 3_600_000 });
    await on.connected({ identity: device });
    now += 3_601_000;
    expect(await turnedAway(on.client({ identity: device }))).toBe(5);
  });

  test('by MQTT 3.1.1 alone', async () => {
    await start();
    expect(await turnedAway(on.client({ protocolVersion: 5 }))).toBe('closed');
    expect(await turnedAway(on.client({ protocolVersion: 3, protocolId: 'MQIsdp' }))).toBe('closed');
  });

  test('a second connection takes over, but not before its identity stands', async () => {
    await start();
    const first = await on.connected();
    expect(await turnedAway(on.client({ identity: kit.authority.device('lamp-0002') }))).toBe(2);
    expect(first.connected).toBe(true);
    const closed = happened(first, 'close');
    await on.connected();
    await closed;
    expect(on.seen.life).toEqual(['+lamp-0001', '-lamp-0001', '+lamp-0001']);
    expect(on.listener.connected()).toEqual(['lamp-0001']);
  });
});
