/** 100 devices in one process: each keeps 20 messages in flight and sends the next when one is acknowledged. */
import { connect, type TLSSocket } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import mqttPacket from 'mqtt-packet';
import {
  HOST,
  IN_FLIGHT,
  SEQUENCE_FIRST,
  SLOTS,
  SLOT_MS,
  answer,
  templateOf,
  type Drained,
  type Identity,
  type Measured,
  type Ranges,
  type Template,
} from './plan.ts';

interface Start {
  readonly port: number;
  readonly ca: string;
  readonly clients: readonly Identity[];
  /** First sequence number, counted from 0. */
  readonly from: number;
}

/** Slots for what is in flight, by message id; more than IN_FLIGHT, a power of two. */
const RING = 64;
const ACK_BYTES = 4;
const CONNACK = 0x20;
const PUBACK = 0x40;
const MESSAGE_IDS = 65_535;

interface Device {
  readonly id: string;
  readonly socket: TLSSocket;
  readonly template: Template;
  readonly sentAt: Float64Array;
  readonly sequences: Float64Array;
  readonly acknowledged: number[];
  messageId: number;
  inFlight: number;
  rest: Buffer;
}

let devices: Device[] = [];
let nextSequence = 0;
let isSending = false;
let slots = new Uint32Array(SLOTS);
let counted = 0;
let onIdle: (() => void) | null = null;
let total = 0;
let onReached: { readonly total: number; readonly resolve: () => void } | null = null;

async function openDevice({ id, key, cert }: Identity, start: Start): Promise<Device> {
  const socket = connect({
    host: HOST,
    port: start.port,
    ca: start.ca,
    key,
    cert,
    minVersion: 'TLSv1.3',
  });
  const device: Device = {
    id,
    socket,
    template: templateOf(id),
    sentAt: new Float64Array(RING),
    sequences: new Float64Array(RING),
    acknowledged: [],
    messageId: 0,
    inFlight: 0,
    rest: Buffer.alloc(0),
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () =>
      socket.write(
        mqttPacket.generate({ cmd: 'connect', clientId: id, protocolVersion: 4, clean: true, keepalive: 0 }),
      ),
    );
    socket.once('data', (bytes: Buffer) =>
      bytes[0] === CONNACK && bytes[3] === 0 ? resolve() : reject(new Error(`connect as "${id}": CONNACK ${bytes[3]}`)),
    );
  });
  socket.on('error', () => undefined); // the server is killed on purpose
  socket.on('data', (bytes: Buffer) => receive(device, bytes));
  return device;
}

function receive(device: Device, bytes: Buffer): void {
  const all = device.rest.length > 0 ? Buffer.concat([device.rest, bytes]) : bytes;
  const now = performance.now();
  let at = 0;
  for (; all.length - at >= ACK_BYTES; at += ACK_BYTES) {
    if (all[at] !== PUBACK) throw new Error(`read an acknowledgement: byte ${all[at]}`);
    const slot = all.readUInt16BE(at + 2) % RING;
    const latency = now - device.sentAt[slot]!;
    slots[Math.min(SLOTS - 1, Math.floor(latency / SLOT_MS))]!++;
    counted++;
    total++;
    device.acknowledged.push(device.sequences[slot]!);
    device.inFlight--;
  }
  device.rest = all.subarray(at);
  if (onReached && total >= onReached.total) onReached.resolve();
  if (isSending) fill(device);
  else if (devices.every((one) => one.inFlight === 0)) onIdle?.();
}

function fill(device: Device): void {
  const { socket, template } = device;
  socket.cork();
  const time = String(Date.now());
  while (device.inFlight < IN_FLIGHT) {
    const packet = Buffer.from(template.packet);
    const sequence = nextSequence++;
    device.messageId = (device.messageId % MESSAGE_IDS) + 1;
    packet.writeUInt16BE(device.messageId, template.messageIdAt);
    packet.write(time, template.timeAt, 'latin1');
    packet.write(String(SEQUENCE_FIRST + sequence), template.sequenceAt, 'latin1');
    device.sentAt[device.messageId % RING] = performance.now();
    device.sequences[device.messageId % RING] = sequence;
    device.inFlight++;
    socket.write(packet);
  }
  socket.uncork();
}

function rangesOf(): Ranges {
  const ranges: Ranges = {};
  for (const device of devices) {
    const list: [number, number][] = [];
    for (const sequence of device.acknowledged.sort((a, b) => a - b)) {
      const latest = list.at(-1);
      if (latest?.[1] === sequence - 1) latest[1] = sequence;
      else list.push([sequence, sequence]);
    }
    ranges[device.id] = list;
  }
  return ranges;
}

/** What has been acknowledged so far; the server may be gone. */
const report = (): Drained => {
  isSending = false;
  for (const device of devices) device.socket.destroy();
  return { acknowledged: rangesOf(), next: nextSequence };
};

answer({
  async start(start: Start) {
    nextSequence = start.from;
    devices = await Promise.all(start.clients.map((identity) => openDevice(identity, start)));
    isSending = true;
    for (const device of devices) fill(device);
  },
  /** Answers once so many have been acknowledged. */
  reach: (wanted: number) => new Promise<void>((resolve) => (onReached = { total: wanted, resolve })),
  async measure(ms: number): Promise<Measured> {
    slots = new Uint32Array(SLOTS);
    counted = 0;
    const cpu = process.cpuUsage();
    const from = Date.now();
    await delay(ms);
    const used = process.cpuUsage(cpu);
    return { from, to: Date.now(), acknowledged: counted, slots, cpuMs: Math.round((used.user + used.system) / 1_000) };
  },
  async drain(): Promise<Drained> {
    isSending = false;
    if (devices.some((device) => device.inFlight > 0)) await new Promise<void>((resolve) => (onIdle = resolve));
    return report();
  },
  report,
});
