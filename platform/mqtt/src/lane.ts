/**
 * The short way of a PUBLISH: QoS 0 and 1 packets of a client that is connected are taken out of the bytes before aedes parses
 * them, and their PUBACKs are written together. The rules are the same; only the work per packet is less. All else goes to aedes.
 */
import type { Inner, Link } from './inner.ts';
import { createFrameCutter, type Frame } from './packet-gate.ts';
import { takePublish } from './publish-rule.ts';

const PUBLISH = 3;
const PUBACK_BYTES = 4;
/** Payload bytes of one connection in flight before it is not read: one that floods waits for itself. */
const LINK_IN_FLIGHT_MAX_BYTES = 262_144;
/** Bytes of acknowledgements that a client has not taken before it is disconnected. */
const UNTAKEN_MAX_BYTES = 262_144;

interface Lane {
  readonly inner: Inner;
  readonly link: Link;
  readonly end: (reason: string) => void;
  inFlightBytes: number;
  isParked: boolean;
  /** Message ids to acknowledge with the next write. */
  toAcknowledge: number[];
  /** The last topic that passed, and its bytes: a device speaks on one or two. */
  topic: string;
  topicBytes: Buffer;
}

/**
 * Makes the connection's `read`, by which alone aedes reads, answer only whole packets that are not for the short way. A `null`
 * while too much is in flight leaves the bytes in the stream's own bounded buffer, so that TCP slows the sender down.
 */
export function openLane(inner: Inner, link: Link, end: (reason: string) => void): void {
  const { conn } = link;
  const read = conn.read.bind(conn) as (size?: number) => Buffer | null;
  const cut = createFrameCutter(inner.limits.packetMaxBytes);
  const lane: Lane = {
    inner,
    link,
    end,
    inFlightBytes: 0,
    isParked: false,
    toAcknowledge: [],
    topic: '',
    topicBytes: Buffer.alloc(0),
  };
  conn.read = (size?: number): Buffer | null => {
    if (size === 0) return read(0);
    for (;;) {
      if (isHeldBack(lane)) return null;
      const chunk = read();
      if (!chunk) return null;
      const rest: Buffer[] = [];
      const fault = cut(chunk, (frame) => {
        if (!takeShort(lane, frame)) rest.push(frame.bytes.subarray(frame.start, frame.end));
      });
      if (fault) end(fault);
      if (fault || conn.destroyed) return null;
      if (rest.length > 0) return rest.length === 1 ? rest[0]! : Buffer.concat(rest);
    }
  };
}

function isHeldBack(lane: Lane): boolean {
  const { inner, link } = lane;
  if (inner.gate.closed) inner.gate.park(link.conn);
  lane.isParked = lane.inFlightBytes > LINK_IN_FLIGHT_MAX_BYTES;
  return inner.gate.closed || lane.isParked;
}

/** False for what aedes must see. */
function takeShort(lane: Lane, { bytes, start, body, end }: Frame): boolean {
  const { link } = lane;
  const first = bytes[start]!;
  const qos = (first >> 1) & 3;
  if (first >> 4 !== PUBLISH || qos > 1 || !link.client) return false;
  if (link.conn.destroyed) return true; // a packet before this one ended the connection
  const topicEnd = end - body >= 2 ? body + 2 + bytes.readUInt16BE(body) : end + 1;
  const payloadAt = topicEnd + (qos === 0 ? 0 : 2);
  if (payloadAt > end) {
    lane.end('a PUBLISH that ends inside its topic or message id');
    return true;
  }
  link.client.heard();
  const messageId = qos === 0 ? undefined : bytes.readUInt16BE(topicEnd);
  const size = end - start;
  lane.inFlightBytes += size;
  const publish = {
    clientId: link.clientId!,
    topic: topicOf(lane, bytes, { from: body + 2, to: topicEnd }),
    payload: bytes.subarray(payloadAt, end),
    qos: qos as 0 | 1,
    messageId,
    retain: (first & 1) === 1,
    isWill: false,
  };
  takePublish(lane.inner, publish, (fault) => settle(lane, { fault, messageId, size }));
  return true;
}

function topicOf(lane: Lane, bytes: Buffer, { from, to }: { readonly from: number; readonly to: number }): string {
  const known = lane.topicBytes;
  if (known.length === to - from && bytes.compare(known, 0, known.length, from, to) === 0) return lane.topic;
  lane.topicBytes = Buffer.from(bytes.subarray(from, to));
  lane.topic = lane.topicBytes.toString('utf8');
  return lane.topic;
}

interface Settled {
  readonly fault: Error | null;
  readonly messageId: number | undefined;
  readonly size: number;
}

function settle(lane: Lane, { fault, messageId, size }: Settled): void {
  const { conn } = lane.link;
  lane.inFlightBytes -= size;
  if (conn.destroyed) return;
  if (fault) {
    conn.destroy();
    return;
  }
  if (messageId !== undefined && lane.toAcknowledge.push(messageId) === 1) queueMicrotask(() => acknowledge(lane));
  if (lane.isParked && lane.inFlightBytes <= LINK_IN_FLIGHT_MAX_BYTES / 2) {
    lane.isParked = false;
    setImmediate(() => conn.emit('readable'));
  }
}

/** One write for all that became durable together. */
function acknowledge(lane: Lane): void {
  const { conn } = lane.link;
  const ids = lane.toAcknowledge;
  lane.toAcknowledge = [];
  if (conn.destroyed) return;
  const bytes = Buffer.allocUnsafe(ids.length * PUBACK_BYTES);
  for (const [i, id] of ids.entries()) {
    bytes[i * PUBACK_BYTES] = 0x40;
    bytes[i * PUBACK_BYTES + 1] = 2;
    bytes.writeUInt16BE(id, i * PUBACK_BYTES + 2);
  }
  conn.write(bytes);
  if (conn.writableLength > UNTAKEN_MAX_BYTES) lane.end('it does not take its acknowledgements');
}
