/** A switch of our own on loopback; what strangers, replays and old answers can do to a request: nothing. */
import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '@cityward/kernel';
import { createDynamicAuthorisation, type DynamicAuthorisation, type Switch } from './index.ts';
import { ATTRIBUTES, CODES, decodePacket, encodePacket, numberAttribute, textAttribute, valueOf } from './packet.ts';
import type { Packet } from './packet.ts';
import { openAnswer, openRequest, sealAnswer, sealRequest } from './sealing.ts';

const SECRET = new Secret('correct horse battery staple');
const SESSION = { userName: 'cam-0001', callingStationId: '02-00-00-00-00-01' };
const FUZZ = { numRuns: 10_000 };

type Answer = (request: Buffer, packet: Packet) => Buffer | null;

describe('a request', () => {
  let peer: Socket;
  let at: Switch;
  let client: DynamicAuthorisation;
  let asked: Packet[];
  let answer: Answer;
  beforeEach(async () => {
    asked = [];
    peer = createSocket('udp4');
    peer.on('message', (bytes, from) => {
      const opened = openRequest(bytes, SECRET);
      if (!opened.ok) return;
      asked.push(opened.value);
      const reply = answer(bytes, opened.value);
      if (reply) peer.send(reply, from.port, from.address);
    });
    await new Promise<void>((resolve) => peer.bind(0, '127.0.0.1', resolve));
    at = { address: '127.0.0.1', port: (peer.address() as AddressInfo).port, secret: SECRET };
    client = createDynamicAuthorisation({ tryFirstMs: 10, now: () => 1_764_000_000_000 });
  });
  afterEach(() => void peer.close());
  const say =
    (code: number, ...attributes: Packet['attributes']): Answer =>
    (request, { identifier }) =>
      sealAnswer({ code, identifier, attributes }, request, SECRET);

  it('names the session and the time, and ends it', async () => {
    answer = say(CODES.disconnectAck);
    expect(await client.disconnect(at, SESSION)).toEqual({ ok: true, value: undefined });
    const [packet] = asked;
    expect(packet!.code).toBe(CODES.disconnectRequest);
    expect(valueOf(packet!, ATTRIBUTES.userName)?.toString()).toBe('cam-0001');
    expect(valueOf(packet!, ATTRIBUTES.eventTimestamp)?.readUInt32BE()).toBe(1_764_000_000);
  });

  it('moves the session to a VLAN', async () => {
    answer = say(CODES.coaAck);
    expect((await client.move(at, SESSION, 666)).ok).toBe(true);
    expect(valueOf(asked[0]!, ATTRIBUTES.tunnelType)?.readUInt32BE()).toBe(13);
    expect(valueOf(asked[0]!, ATTRIBUTES.tunnelPrivateGroupId)?.toString()).toBe('666');
  });

  it('is refused with the cause that the switch gave', async () => {
    answer = say(CODES.disconnectNak, numberAttribute(ATTRIBUTES.errorCause, 503));
    expect(await client.disconnect(at, SESSION)).toMatchObject({
      ok: false,
      error: { code: 'SWITCH_REFUSED', message: 'ask switch "127.0.0.1": it refused, it has no such session' },
    });
  });

  it('is sent again, and given up after four tries', async () => {
    answer = (request, packet) => (asked.length < 3 ? null : say(CODES.coaAck)(request, packet));
    expect((await client.move(at, SESSION, 2)).ok).toBe(true);
    expect(asked).toHaveLength(3);
    asked = [];
    answer = () => null;
    expect(await client.disconnect(at, SESSION)).toMatchObject({ ok: false, error: { code: 'SWITCH_SILENT' } });
    expect(asked).toHaveLength(4);
  });

  it.each<[string, (good: Buffer) => Buffer]>([
    ['another secret', (good) => Buffer.concat([good.subarray(0, 4), Buffer.alloc(16, 7), good.subarray(20)])],
    ['a changed byte', (good) => Buffer.from(good).fill(good.at(-1)! ^ 1, good.length - 1)],
    ['an answer that is cut', (good) => good.subarray(0, good.length - 1)],
  ])('takes no answer with %s', async (_, change) => {
    answer = (request, packet) => change(say(CODES.disconnectAck)(request, packet)!);
    expect(await client.disconnect(at, SESSION)).toMatchObject({ ok: false, error: { code: 'SWITCH_SILENT' } });
  });

  it.each([
    ['no Message-Authenticator', []],
    ['two of them', [Buffer.alloc(16), Buffer.alloc(16)]],
    ['one that is too short', [Buffer.alloc(15)]],
    ['a wrong one', [Buffer.alloc(16, 3)]],
  ])('takes no answer with %s, though its authenticator is right', (_, seals) => {
    const request = sealRequest({ code: CODES.coaRequest, identifier: 9, attributes: [] }, SECRET);
    const attributes = seals.map((value) => ({ type: ATTRIBUTES.messageAuthenticator, value }));
    const authenticator = request.subarray(4, 20);
    const bytes = encodePacket({ code: CODES.coaAck, identifier: 9, authenticator, attributes });
    createHash('md5').update(bytes).update(SECRET.reveal()).digest().copy(bytes, 4);
    expect(openAnswer(bytes, request, SECRET)).toMatchObject({ ok: false, error: { code: 'RADIUS_NOT_AUTHENTIC' } });
  });

  it('takes no answer to an earlier request', () => {
    const first = sealRequest({ code: CODES.coaRequest, identifier: 1, attributes: [] }, SECRET);
    const second = sealRequest({ code: CODES.coaRequest, identifier: 1, attributes: [textAttribute(1, 'x')] }, SECRET);
    const old = sealAnswer({ code: CODES.coaAck, identifier: 1, attributes: [] }, first, SECRET);
    expect(openAnswer(old, second, SECRET).ok).toBe(false);
  });

  it('without a name of the session is not sent', async () => {
    answer = () => null;
    expect(await client.move(at, {}, 7)).toMatchObject({ ok: false, error: { code: 'SESSION_NOT_NAMED' } });
    expect(() => client.move(at, SESSION, 4_095)).toThrow(RangeError);
    expect(asked).toEqual([]);
  });
});

describe('packets', () => {
  const attribute = fc.record({
    type: fc.nat(255),
    value: fc.uint8Array({ maxLength: 40 }).map((one) => Buffer.from(one)),
  });
  it('come back as they went in', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.array(attribute, { maxLength: 20 }), (code, identifier, attributes) => {
        const packet = { code, identifier, authenticator: Buffer.alloc(16, 5), attributes };
        expect(decodePacket(encodePacket(packet))).toEqual({ ok: true, value: packet });
      }),
      { numRuns: 1_000 },
    );
  });
  it('of any bytes are read or refused, never thrown upon, and never trusted', () => {
    const request = sealRequest({ code: CODES.coaRequest, identifier: 3, attributes: [] }, SECRET);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        decodePacket(Buffer.from(bytes));
        expect(openAnswer(Buffer.from(bytes), request, SECRET).ok).toBe(false);
        expect(openRequest(Buffer.from(bytes), SECRET).ok).toBe(false);
      }),
      FUZZ,
    );
  });
  it('with one bit changed are not trusted', () => {
    const request = sealRequest({ code: CODES.coaRequest, identifier: 3, attributes: [] }, SECRET);
    const good = sealAnswer(
      { code: CODES.coaNak, identifier: 3, attributes: [numberAttribute(101, 503)] },
      request,
      SECRET,
    );
    for (let bit = 0; bit < good.length * 8; bit++) {
      const changed = Buffer.from(good);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect([bit, openAnswer(changed, request, SECRET).ok]).toEqual([bit, false]);
    }
  });
});
