/** Cuts the bytes of a connection into packets, and holds reading back while too much is in flight. */
import type { Duplex } from 'node:stream';

const LENGTH_BYTES_MAX = 4; // MQTT 3.1.1, 2.2.3
const CONTINUATION = 0x80;

/** One whole packet inside `bytes`: from `start` to `end`, its body (what the remaining length counts) from `body` on. */
export interface Frame {
  readonly bytes: Buffer;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/**
 * Takes bytes as they come and hands on whole packets in order; keeps at most one that is there in part. Answers why the stream of
 * bytes must end, or `null`. A packet that is too large is refused by its header, before it gathers in memory.
 */
export function createFrameCutter(
  packetMaxBytes: number,
): (chunk: Buffer, take: (frame: Frame) => void) => string | null {
  let held: Buffer | null = null;
  return (chunk, take) => {
    const bytes: Buffer = held ? Buffer.concat([held, chunk]) : chunk;
    held = null;
    let start = 0;
    while (start < bytes.length) {
      const header = readHeader(bytes, start);
      if (header === 'partial') break;
      if (header === 'malformed') return `a length of more than ${LENGTH_BYTES_MAX} bytes`;
      const { body, end } = header;
      if (end - start > packetMaxBytes) return `a packet of ${end - start} bytes, wanted at most ${packetMaxBytes}`;
      if (end > bytes.length) break;
      take({ bytes, start, body, end });
      start = end;
    }
    if (start < bytes.length) held = bytes.subarray(start);
    return null;
  };
}

function readHeader(bytes: Buffer, start: number): { body: number; end: number } | 'partial' | 'malformed' {
  let length = 0;
  for (let i = 1; i <= LENGTH_BYTES_MAX; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return 'partial';
    length += (byte & 0x7f) * 128 ** (i - 1);
    if (!(byte & CONTINUATION)) return { body: start + i + 1, end: start + i + 1 + length };
  }
  return 'malformed';
}

/** Counts what is in flight over all connections and tells them when to read again. */
export interface FlowGate {
  add(bytes: number): void;
  done(bytes: number): void;
  readonly closed: boolean;
  readonly bytes: number;
  /** Reads this connection again once the gate has opened. */
  park(conn: Duplex): void;
  forget(conn: Duplex): void;
}

export function createFlowGate(maxBytes: number): FlowGate {
  const parked = new Set<Duplex>();
  let bytes = 0;
  let closed = false;

  const reopen = (): void => {
    closed = false;
    for (const conn of parked) {
      if (closed) return; // those before it have filled it again
      parked.delete(conn);
      conn.emit('readable');
    }
  };
  return {
    add(more) {
      bytes += more;
      if (bytes > maxBytes) closed = true;
    },
    done(less) {
      bytes -= less;
      if (closed && bytes <= maxBytes / 2) setImmediate(reopen);
    },
    get closed() {
      return closed;
    },
    get bytes() {
      return bytes;
    },
    park: (conn) => void parked.add(conn),
    forget: (conn) => void parked.delete(conn),
  };
}
