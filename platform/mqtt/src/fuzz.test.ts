/** Garbage and malformed packets end a connection, never the process, and leave nothing behind. */
import { once } from 'node:events';
import { duplexPair, type Duplex } from 'node:stream';
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ok } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createBroker, type Broker } from './broker.ts';
import { LIMITS } from './limits.ts';
import { createFrameCutter } from './packet-gate.ts';

const CASES = 10_000;
/** Connections at once: each case has its own. */
const TOGETHER = 20;
const peerOf = (commonName: string) => ({
  commonName,
  serial: '01',
  resumed: false,
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  notBefore: 0,
  notAfter: Number.MAX_SAFE_INTEGER,
});
const connectOf = (clientId: string) =>
  mqttPacket.generate({ cmd: 'connect', clientId, protocolVersion: 4, clean: true, keepalive: 0 });

let broker: Broker;
let handedOver = 0;
const surprises: unknown[] = [];
const onSurprise = (error: unknown): void => void surprises.push(error);

beforeAll(async () => {
  process.on('uncaughtException', onSurprise);
  process.on('unhandledRejection', onSurprise);
  broker = await createBroker({
    limits: { ...LIMITS, packetMaxBytes: 2_000 },
    log: silentLog,
    now: Date.now,
    prefixOf: (clientId) => `cw/v1/${clientId}/`,
    hooks: {
      identify: () => ok(undefined),
      publish: (_message, acknowledge) => {
        handedOver++;
        acknowledge(null);
      },
      subscribe: () => ok(undefined),
      connected: () => undefined,
      disconnected: () => undefined,
    },
  });
});
afterAll(async () => {
  await broker.stop();
  process.off('uncaughtException', onSurprise);
  process.off('unhandledRejection', onSurprise);
});

const TURNS = 4;

interface Case {
  readonly isConnected: boolean;
  readonly chunks: readonly Uint8Array[];
}

/** Sends the chunks on a fresh connection, after its CONNACK where it connects first, and hangs up. */
async function send({ isConnected, chunks }: Case, clientId: string): Promise<void> {
  const [mine, theirs] = duplexPair() as [Duplex, Duplex];
  mine.on('error', () => undefined);
  mine.resume();
  broker.attach(theirs, peerOf(clientId));
  if (isConnected) {
    mine.write(connectOf(clientId));
    await once(mine, 'data');
  }
  for (const chunk of chunks) if (!mine.destroyed) mine.write(chunk);
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  mine.destroy();
}

const bytes = fc.uint8Array({ maxLength: 80 });
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('cw/v1/lamp-0001/obs', 'a/#/b', '+', '#', '$SYS/x', ''),
);
const messageId = fc.nat({ max: 65_535 });
const qos = fc.constantFrom<(0 | 1 | 2)[]>(0, 1, 2);

/** Whole packets with odd contents, as a hostile client library would make them. */
const packet = fc
  .oneof(
    fc.record({
      cmd: fc.constant('publish' as const),
      topic: text,
      payload: bytes.map((b) => Buffer.from(b)),
      qos,
      messageId,
      retain: fc.boolean(),
      dup: fc.boolean(),
    }),
    fc.record({
      cmd: fc.constant('subscribe' as const),
      messageId,
      subscriptions: fc.array(fc.record({ topic: text, qos }), { maxLength: 4 }),
    }),
    fc.record({
      cmd: fc.constant('unsubscribe' as const),
      messageId,
      unsubscriptions: fc.array(text, { maxLength: 4 }),
    }),
    fc.record({
      cmd: fc.constantFrom('puback' as const, 'pubrec' as const, 'pubrel' as const, 'pubcomp' as const),
      messageId,
    }),
    fc.record({ cmd: fc.constantFrom('pingreq' as const, 'disconnect' as const, 'pingresp' as const) }),
    fc.record({ cmd: fc.constant('connect' as const), clientId: text, clean: fc.boolean(), keepalive: messageId }),
  )
  .map((made) => {
    try {
      return mqttPacket.generate(made as Parameters<typeof mqttPacket.generate>[0]);
    } catch {
      return Buffer.of(0xc0, 0); // what the library itself refuses to make
    }
  });

/** A few bytes of whole packets changed, cut or doubled. */
const mutated = fc
  .tuple(
    fc.array(packet, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
    fc.nat(),
  )
  .map(([packets, changes, cut]) => {
    const whole = Buffer.concat(packets);
    for (const [place, value] of changes) if (whole.length > 0) whole[place % whole.length] = value;
    return whole.subarray(0, whole.length - (cut % 4 === 0 ? cut % (whole.length + 1) : 0));
  });

test('garbage, mutated and odd packets never crash the broker', async () => {
  const one = fc.record({
    isConnected: fc.boolean(),
    chunks: fc.array(fc.oneof(bytes, mutated, packet), { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: TOGETHER, maxLength: TOGETHER }), async (cases) => {
      await Promise.all(cases.map((each, i) => send(each, `lamp-${1_000 + i}`)));
    }),
    { numRuns: CASES / TOGETHER },
  );
  while (broker.connected().length > 0) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(surprises).toEqual([]);
  expect(handedOver).toBeGreaterThan(CASES / 50);
  expect(broker.stats().inFlightBytes).toBe(0);
}, 60_000);

test('packets are cut at their true boundaries, however the bytes come', () => {
  const limit = 2_000;
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 3_000 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 50 }),
      (sizes, chunkBytes) => {
        const base = { cmd: 'publish', topic: 't', qos: 0, dup: false, retain: false } as const;
        const packets = sizes.map((size) => mqttPacket.generate({ ...base, payload: Buffer.alloc(size, size) }));
        const whole = Buffer.concat(packets);
        const cut = createFrameCutter(limit);
        const found: string[] = [];
        let fault: string | null = null;
        for (let i = 0; i < whole.length && fault === null; i += chunkBytes)
          fault = cut(whole.subarray(i, i + chunkBytes), ({ bytes, start, body, end }) => {
            expect(bytes.toString('latin1', body, body + 3)).toBe('\0\x01t');
            found.push(bytes.toString('latin1', start, end));
          });
        const tooLarge = packets.findIndex((one) => one.length > limit);
        const whatFits = tooLarge < 0 ? packets : packets.slice(0, tooLarge);
        expect(found).toEqual(whatFits.map((one) => one.toString('latin1')));
        expect(fault !== null).toBe(tooLarge >= 0);
      },
    ),
  );
  const endless = Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff);
  expect(createFrameCutter(1e9)(endless, () => undefined)).toMatch(/length of more than 4 bytes/);
});
