/** Publishing, subscribing, limits and ends, with real clients over mutual TLS. */
import { once } from 'node:events';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { MqttLimits } from './types.ts';
import { OBS, createKit, ended, happened, startListener, turnedAway, until, type Running } from './test-kit.ts';

const kit = createKit();
let on: Running;
const start = async (limits: Partial<MqttLimits> = {}): Promise<void> => {
  on = await startListener(kit, { limits });
};
afterEach(() => on.stop());

describe('publishing', () => {
  test('PUBACK waits for the acknowledgement', async () => {
    await start();
    on.seen.held = [];
    const device = await on.connected();
    let acknowledged = false;
    const published = device.publishAsync(OBS, 'hello', { qos: 1 }).then(() => (acknowledged = true));
    await until(() => on.seen.held!.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([acknowledged, on.listener.stats().inFlightBytes > 0]).toEqual([false, true]);
    on.seen.held[0]!(null);
    await published;
    expect(on.seen.messages[0]).toEqual({
      clientId: 'lamp-0001',
      topic: OBS,
      payload: Buffer.from('hello'),
      qos: 1,
      isWill: false,
    });
    expect(on.listener.stats()).toMatchObject({ acknowledged: 1, inFlightBytes: 0 });
  });

  test('QoS 0, 1 and 2 arrive once each; a repeated QoS 2 packet is not handed over again', async () => {
    await start();
    const device = await on.connected();
    for (const qos of [0, 1, 2] as const) await device.publishAsync(OBS, `qos ${qos}`, { qos });
    await until(() => on.seen.messages.length === 3);
    expect(on.seen.messages.map((message) => message.qos)).toEqual([0, 1, 2]);

    const socket = await on.raw();
    socket.write(Buffer.from('101500044d5154540402000000096c616d702d30303031', 'hex'));
    await once(socket, 'data');
    const publish = (flags: number): Buffer =>
      Buffer.concat([Buffer.of(flags, OBS.length + 5, 0, OBS.length), Buffer.from(OBS), Buffer.of(0, 7, 0x78)]);
    socket.write(Buffer.concat([publish(0x34), publish(0x3c)])); // both in one read
    await until(() => on.seen.messages.length === 4);
    socket.write(publish(0x3c)); // and again after PUBREC
    socket.write(Buffer.of(0x62, 2, 0, 7)); // PUBREL
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(on.seen.messages.length).toBe(4);
    socket.write(publish(0x34)); // the id is free again
    await until(() => on.seen.messages.length === 5);
  });

  test.each([
    'cw/v1/lamp-0001/refused',
    'cw/v1/lamp-0001/throws',
    'a/b/c/d/e/f/g/h/i',
    `cw/${'x'.repeat(300)}`,
    'cw/v1/\u0001',
  ])('a refused publish to %j closes the connection without an acknowledgement', async (topic) => {
    await start();
    const device = await on.connected();
    let acknowledged = false;
    device.publish(topic, 'x', { qos: 1 }, (error) => (acknowledged = !error));
    await happened(device, 'close');
    expect(acknowledged).toBe(false);
    expect(on.listener.stats().refusedPublishes + on.listener.stats().malformed).toBeGreaterThanOrEqual(
      topic.split('/').length > 8 ? 0 : 1,
    );
  });

  test('acknowledgements come in the order of the messages, whatever comes between and however it is cut', async () => {
    await start();
    const socket = await on.raw();
    const connect = Buffer.from('101500044d5154540402000000096c616d702d30303031', 'hex');
    const publish = (id: number): Buffer =>
      Buffer.concat([Buffer.of(0x32, OBS.length + 5, 0, OBS.length), Buffer.from(OBS), Buffer.of(0, id, 0x78)]);
    const ping = Buffer.of(0xc0, 0);
    // The first three come before CONNACK, and so by the long way.
    const bytes = Buffer.concat([connect, publish(1), publish(2), publish(3), ping]);
    const more = Buffer.concat([publish(4), ping, publish(5), publish(6)]);
    const got: number[] = [];
    socket.on('data', (chunk: Buffer) => got.push(...chunk));
    socket.write(bytes);
    await until(() => got.length === 4 + 3 * 4 + 2);
    for (const byte of more) socket.write(Buffer.of(byte));
    await until(() => got.length === 4 + 6 * 4 + 4);
    const acknowledged = got.filter((_, i) => i > 0 && got[i - 3] === 0x40 && got[i - 2] === 2);
    expect(acknowledged).toEqual([1, 2, 3, 4, 5, 6]);
    expect(on.seen.messages.length).toBe(6);
  });

  test('publishing keeps a connection alive, silence ends it', async () => {
    await start();
    const device = await on.connected({
      keepalive: 1,
      reschedulePings: false,
      timerVariant: { set: () => 0, clear: () => undefined },
    });
    let isOpen = true;
    const closed = happened(device, 'close').then(() => (isOpen = false));
    for (let i = 0; i < 8; i++) {
      await device.publishAsync(OBS, 'x', { qos: 1 });
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(isOpen).toBe(true);
    await closed;
  });

  test('what a device publishes reaches no subscriber, and its RETAIN flag is not followed', async () => {
    await start();
    const device = await on.connected();
    const got: string[] = [];
    device.on('message', (topic) => got.push(topic));
    await device.subscribeAsync('cw/v1/lamp-0001/#', { qos: 1 });
    await device.publishAsync(OBS, 'x', { qos: 1, retain: true });
    await on.listener.publish('cw/v1/lamp-0001/orders', Buffer.from('go'));
    await until(() => got.length > 0);
    expect([got, on.listener.stats().retainIgnored]).toEqual([['cw/v1/lamp-0001/orders'], 1]);
  });

  test('a will goes through the same hook when the connection breaks, and only under the own prefix', async () => {
    await start();
    const will = (topic: string) => ({ will: { topic, payload: Buffer.from('gone'), qos: 1 as const, retain: true } });
    expect(await turnedAway(on.client(will('cw/v1/lamp-0002/will')))).toBe(5);
    expect(await turnedAway(on.client(will('cw/v1/lamp-0001/#')))).toBe(5);
    const device = await on.connected(will('cw/v1/lamp-0001/will'));
    device.stream.destroy();
    await until(() => on.seen.messages.length === 1);
    expect(on.seen.messages[0]).toMatchObject({ topic: 'cw/v1/lamp-0001/will', isWill: true, clientId: 'lamp-0001' });
    const polite = await on.connected(will('cw/v1/lamp-0001/will'));
    await polite.endAsync();
    await until(() => on.seen.life.length === 4);
    expect(on.seen.messages.length).toBe(1);
  });
});

describe('subscribing', () => {
  test('refused filters get SUBACK 0x80, others their QoS', async () => {
    await start({ subscriptionsPerClientMax: 3 });
    const device = await on.connected();
    const granted = async (topic: string): Promise<number> => {
      const grants = await device.subscribeAsync(topic, { qos: 1 }).catch((error: unknown) => error);
      return Array.isArray(grants) ? (grants as { qos: number }[])[0]!.qos : 0x80;
    };
    for (const topic of ['#', 'cw/#', 'cw/v1/+/orders', 'cw/v1/lamp-0002/#', '$SYS/#', 'cw/v1/lamp-0001/secret'])
      expect([topic, await granted(topic)]).toEqual([topic, 0x80]);
    for (const topic of ['cw/v1/lamp-0001/#', 'cw/v1/lamp-0001/orders', 'cw/v1/other'])
      expect(await granted(topic)).toBe(1);
    expect(await granted('cw/v1/lamp-0001/fourth')).toBe(0x80);
    expect(await granted('cw/v1/lamp-0001/orders')).toBe(1);
    expect(on.listener.stats().refusedSubscriptions).toBe(7);
  });

  test('retained orders reach who subscribes later, and none after they are cleared', async () => {
    await start();
    await on.listener.publish('cw/v1/lamp-0001/orders', Buffer.from('quarantine'), { retain: true });
    const first = await on.connected();
    const message = happened(first, 'message');
    await first.subscribeAsync('cw/v1/lamp-0001/orders', { qos: 1 });
    const [topic, payload, packet] = (await message) as [string, Buffer, { retain: boolean }];
    expect([topic, payload.toString(), packet.retain]).toEqual(['cw/v1/lamp-0001/orders', 'quarantine', true]);
    await on.listener.publish('cw/v1/lamp-0001/orders', Buffer.alloc(0), { retain: true });
    const got: string[] = [];
    const second = on.client();
    second.on('message', (name) => got.push(name));
    await happened(second, 'connect');
    await second.subscribeAsync('cw/v1/lamp-0001/orders', { qos: 1 });
    await on.listener.publish('cw/v1/lamp-0001/orders', Buffer.from('live'));
    await until(() => got.length === 1);
  });
});

describe('judging a live connection anew', () => {
  const orders = 'cw/v1/lamp-0001/orders';
  const jobs = 'cw/v1/lamp-0001/jobs';
  async function subscribed() {
    await start();
    const device = await on.connected();
    const got: string[] = [];
    device.on('message', (topic) => got.push(topic));
    await device.subscribeAsync([orders, jobs], { qos: 1 });
    return { device, got };
  }

  test('closes what is refused now, and nothing else', async () => {
    const { device, got } = await subscribed();
    expect(on.listener.reauthorise('lamp-0001')).toEqual([]);
    on.seen.narrowed.add(jobs);
    expect(on.listener.reauthorise('lamp-0001')).toEqual([jobs]);
    await on.listener.publish(jobs, Buffer.from('change'), { qos: 1 });
    await on.listener.publish(orders, Buffer.from('order'), { qos: 1 });
    await until(() => got.length > 0);
    expect(got).toEqual([orders]);
    expect(device.connected).toBe(true);
    expect(on.seen.refusals.at(-1)).toMatchObject({ what: 'subscribe', clientId: 'lamp-0001' });
    expect(on.listener.reauthorise('lamp-0001')).toEqual([]);
  });

  test('ends the connection once it may have back what was closed, so that it asks for it', async () => {
    const { device } = await subscribed();
    on.seen.narrowed.add(jobs);
    on.listener.reauthorise('lamp-0001');
    on.seen.narrowed.delete(jobs);
    const closed = happened(device, 'close');
    on.listener.reauthorise('lamp-0001');
    await closed;
  });

  test('of one that is not there does nothing', async () => {
    await start();
    expect(on.listener.reauthorise('lamp-0009')).toEqual([]);
  });
});

describe('ending and limits', () => {
  test('disconnect ends the session at once, also one whose packets wait', async () => {
    await start();
    on.seen.held = [];
    const device = await on.connected();
    device.publish(OBS, 'x', { qos: 1 }, () => undefined);
    await until(() => on.seen.held!.length === 1);
    const closed = happened(device, 'close');
    expect(on.listener.disconnect('lamp-0001')).toBe(true);
    await closed;
    await until(() => on.listener.connected().length === 0);
    on.seen.held[0]!(null);
    expect(on.listener.disconnect('lamp-0001')).toBe(false);
    await until(() => on.listener.stats().inFlightBytes === 0);
  });

  test('a packet above the limit ends the connection before it is gathered', async () => {
    await start({ packetMaxBytes: 1_000 });
    const device = await on.connected();
    device.publish(OBS, Buffer.alloc(2_000), { qos: 1 }, () => undefined);
    await happened(device, 'close');
    expect(on.seen.refusals.at(-1)).toMatchObject({ what: 'packet', clientId: 'lamp-0001' });
    expect([on.seen.messages.length, on.listener.stats().malformed]).toEqual([0, 1]);
  });

  test('a connection without CONNECT ends after its time, and too many of them are turned away', async () => {
    await start({ connectTimeoutMs: 300, pendingMax: 2 });
    const waiting = [await on.raw(), await on.raw()];
    const closed = waiting.map((socket) => ended(socket.resume()));
    const third = tlsConnect({ host: '127.0.0.1', port: on.port, ca: kit.authority.ca });
    await ended(third);
    expect(on.listener.stats().pending).toBe(2);
    await Promise.all(closed);
    await until(() => on.listener.stats().pending === 0);
    await on.connected();
  });

  test('more clients than the limit are told that the server is unavailable', async () => {
    await start({ clientsMax: 1 });
    await on.connected();
    expect(await turnedAway(on.client({ clientId: 'lamp-0002', identity: kit.authority.device('lamp-0002') }))).toBe(3);
  });

  test('above the bytes in flight nobody is read until half of it is done', async () => {
    await start({ inFlightMaxBytes: 4_000 });
    on.seen.held = [];
    const device = await on.connected();
    let acknowledged = 0;
    for (let i = 0; i < 40; i++) {
      device.publish(OBS, Buffer.alloc(1_000), { qos: 1 }, () => acknowledged++);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(on.seen.messages.length).toBeLessThan(40);
    const held = on.seen.held;
    on.seen.held = null;
    for (const acknowledge of held) acknowledge(null);
    await until(() => acknowledged === 40);
    expect([on.seen.messages.length, on.listener.stats().inFlightBytes]).toEqual([40, 0]);
  });

  test('one port cannot be taken twice, and the message names it', async () => {
    await start();
    await expect(startListener(kit, { port: on.port })).rejects.toThrow(
      `listen for MQTT on "127.0.0.1" port ${on.port}: EADDRINUSE, wanted a free port`,
    );
  });
});
