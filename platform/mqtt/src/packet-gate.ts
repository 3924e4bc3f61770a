/** What stands between a socket and the parser: packets that are too large never gather in memory, and nobody is read while too much is in flight. */
import type { Duplex } from 'node:stream';

const LENGTH_BYTES_MAX = 4; // MQTT 3.1.1, 2.2.3
const CONTINUATION = 0x80;

/** Follows the packet boundaries in the bytes as they come; answers why the stream of bytes must end, or `null`. */
export function createPacketMeter(packetMaxBytes: number): (chunk: Uint8Array) => string | null {
  /** Bytes of the present packet's body still to come; 0 inside a fixed header. */
  let body = 0;
  let headerBytes = 0;
  let length = 0;
  return (chunk) => {
    let offset = 0;
    while (offset < chunk.length) {
      if (body > 0) {
        const taken = Math.min(body, chunk.length - offset);
        body -= taken;
        offset += taken;
      } else {
        const byte = chunk[offset++]!;
        if (headerBytes > 0) length += (byte & 0x7f) * 128 ** (headerBytes - 1);
        headerBytes++;
        if (headerBytes === 1 || (byte & CONTINUATION && headerBytes <= LENGTH_BYTES_MAX)) continue;
        if (byte & CONTINUATION) return `a length of more than ${LENGTH_BYTES_MAX} bytes`;
        if (headerBytes + length > packetMaxBytes)
          return `a packet of ${headerBytes + length} bytes, wanted at most ${packetMaxBytes}`;
        body = length;
        headerBytes = length = 0;
      }
    }
    return null;
  };
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

export interface ReadGuard {
  readonly gate: FlowGate;
  readonly packetMaxBytes: number;
  readonly onFault: (reason: string) => void;
}

/**
 * Makes the connection's `read` pass through meter and gate. The broker reads by `read()` on 'readable' and by nothing else; a `null`
 * leaves the bytes in the stream's own bounded buffer, so that TCP slows the sender down.
 */
export function guardReads(conn: Duplex, guard: ReadGuard): void {
  const { gate, onFault } = guard;
  const read = conn.read.bind(conn) as (size?: number) => Buffer | null;
  const meter = createPacketMeter(guard.packetMaxBytes);
  conn.read = (size?: number): Buffer | null => {
    if (size === 0) return read(0);
    if (gate.closed) {
      gate.park(conn);
      return null;
    }
    const chunk = read(size);
    const fault = chunk && meter(chunk);
    if (!fault) return chunk;
    onFault(fault);
    return null;
  };
}
