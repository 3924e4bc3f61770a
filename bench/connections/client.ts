/** Devices of `bench connections`: each with its own certificate, one subscription, one message a minute, and back by itself. */
import { connect, type TLSSocket } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import mqttPacket from 'mqtt-packet';
import { topicOf } from '@cityward/contracts';
import { answer, HOST, observationText, SEQUENCE_FIRST, type Identity } from '../ingest/plan.ts';

interface Start {
  readonly port: number;
  readonly ca: string;
  readonly devices: readonly Identity[];
  /** Handshakes under way at a time, while nothing is measured but memory. */
  readonly atOnce: number;
  readonly everyMs: number;
}
interface Device extends Identity {
  socket: TLSSocket | null;
  session: Buffer | null;
  isReady: boolean;
}

let start: Start;
let devices: Device[] = [];
const count = { sent: 0, acknowledged: 0, handshakes: 0, resumed: 0, attempts: 0 };
const [CONNACK, PUBACK, SUBACK] = [0x20, 0x40, 0x90];
/** After an attempt that failed; each device waits a while of its own, twice as long each time: a crowd that presses never gets in. */
const AGAIN_MS = 1_000;
const AGAIN_MAX_MS = 30_000;

/** Resolves when the subscription stands; rejects when the connection ends before. */
function open(device: Device): Promise<void> {
  const { id, key, cert, session } = device;
  count.attempts++;
  return new Promise((resolve, reject) => {
    const common = { host: HOST, port: start.port, ca: start.ca, key, cert, servername: 'localhost' };
    const socket = connect({ ...common, ...(session ? { session } : {}) });
    device.socket = socket;
    socket.on('session', (next) => (device.session = next));
    socket.on('secureConnect', () => {
      count.handshakes++;
      if (socket.isSessionReused()) count.resumed++;
      socket.write(mqttPacket.generate({ cmd: 'connect', clientId: id, clean: true, keepalive: 600 }));
    });
    socket.on('data', (bytes: Buffer) => {
      const kind = bytes[0]! & 0xf0;
      if (kind === CONNACK) socket.write(subscribe(id));
      if (bytes.length >= 5 && (kind === SUBACK || (kind === CONNACK && bytes[4] === SUBACK))) {
        device.isReady = true;
        resolve();
      }
      if (kind === PUBACK) count.acknowledged++;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      device.isReady = false;
      reject(new Error(`"${id}" was disconnected`));
    });
  });
}
const subscribe = (id: string): Buffer =>
  mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: topicOf(id, 'orders'), qos: 1 }] });

/** Tries until it is there. */
async function opened(device: Device): Promise<void> {
  for (let waitMs = AGAIN_MS; ; waitMs = Math.min(2 * waitMs, AGAIN_MAX_MS)) {
    try {
      return await open(device);
    } catch {
      await delay(waitMs * (0.5 + Math.random()));
    }
  }
}

async function connectAll(given: Start): Promise<null> {
  start = given;
  devices = start.devices.map((device) => ({ ...device, socket: null, session: null, isReady: false }));
  const left = devices.values();
  const worker = async (): Promise<void> => {
    for (const device of left) await opened(device);
  };
  await Promise.all(Array.from({ length: start.atOnce }, worker));
  return null;
}

function publish(device: Device): void {
  if (!device.isReady) return;
  count.sent++;
  const payload = observationText(device.id, SEQUENCE_FIRST + count.sent, Date.now());
  const packet = { cmd: 'publish', topic: topicOf(device.id, 'obs'), payload, qos: 1, messageId: 2 } as const;
  device.socket!.write(mqttPacket.generate({ ...packet, dup: false, retain: false }));
}

/** Each device speaks once in the time, at a moment of its own; all are acknowledged when it resolves. */
async function speak(forMs: number): Promise<{ readonly sent: number; readonly acknowledged: number }> {
  const from = { ...count };
  const timers = devices.flatMap((device, i) => {
    const first = (i / devices.length) * start.everyMs;
    const times = Math.max(0, Math.ceil((forMs - first) / start.everyMs));
    return Array.from({ length: times }, (_, time) => delay(first + time * start.everyMs).then(() => publish(device)));
  });
  await Promise.all(timers);
  const sent = count.sent - from.sent;
  for (let tries = 0; tries < 600 && count.acknowledged - from.acknowledged < sent; tries++) await delay(50);
  return { sent, acknowledged: count.acknowledged - from.acknowledged };
}

/** All have lost their server; each comes back after a while of its own within the jitter. */
async function storm(
  jitterMs: number,
): Promise<{ readonly ms: number; readonly resumedShare: number; readonly attempts: number }> {
  const from = { ...count };
  const begun = performance.now();
  await Promise.all(
    devices.map(async (device) => {
      await delay(Math.random() * jitterMs);
      await opened(device);
    }),
  );
  const ms = performance.now() - begun;
  return {
    ms,
    resumedShare: (count.resumed - from.resumed) / (count.handshakes - from.handshakes),
    attempts: count.attempts - from.attempts,
  };
}

answer({ connectAll, speak, storm });
