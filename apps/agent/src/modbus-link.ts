/** Modbus TCP over real sockets: the server of a pump or tank, and a controller's poll of one. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { SECOND_MS } from '@cityward/kernel';
import { answerPdu, readRequest, takeFrame, writeFrame, writeRequest, type Registers } from './modbus.ts';

const CONNECTIONS_MAX = 16;
const IDLE_MS = 60 * SECOND_MS;
const POLL_TIMEOUT_MS = 5 * SECOND_MS;
const BUFFER_MAX_BYTES = 4_096;

/** Answers every whole frame at the front of the buffer; gives back what is left, or null when it cannot be read on. */
function answerAll(socket: Socket, buffer: Buffer, registers: Registers): Buffer | null {
  let rest = buffer;
  for (;;) {
    const taken = takeFrame(rest);
    if (taken.state === 'broken') return null;
    if (taken.state === 'more') return rest.length > BUFFER_MAX_BYTES ? null : rest;
    const { transaction, unit, pdu } = taken.frame;
    socket.write(writeFrame({ transaction, unit, pdu: answerPdu(registers, pdu) }));
    rest = rest.subarray(taken.bytes);
  }
}

/** A Modbus server of one device; the caller listens and closes. */
export function createModbusServer(registers: Registers): Server {
  const server = createServer((socket) => {
    let buffer: Buffer = Buffer.alloc(0);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      const rest = answerAll(socket, Buffer.concat([buffer, chunk]), registers);
      if (rest === null) socket.destroy();
      else buffer = Buffer.from(rest);
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

export interface Poll {
  readonly host: string;
  readonly port: number;
  /** Holding registers are read so many times; each reads `count` from `first`. */
  readonly reads: number;
  readonly first: number;
  readonly count: number;
  readonly write?: { readonly address: number; readonly value: number };
}
export interface Polled {
  readonly answered: boolean;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

/** One conversation: connect, read, write where asked, close. Resolves also when nobody answers. */
export function poll(request: Poll): Promise<Polled> {
  return new Promise((resolve) => {
    const socket = connect({ host: request.host, port: request.port });
    let left = request.reads + (request.write ? 1 : 0);
    let transaction = 0;
    let buffer: Buffer = Buffer.alloc(0);
    let answered = false;
    const ask = (): void => {
      const last = left === 1 && request.write;
      const pdu = last ? writeRequest(last.address, last.value) : readRequest(3, request.first, request.count);
      transaction = (transaction + 1) & 0xffff;
      socket.write(writeFrame({ transaction, unit: 1, pdu }));
    };
    socket.setNoDelay(true);
    socket.setTimeout(POLL_TIMEOUT_MS, () => socket.destroy());
    socket.on('connect', ask);
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      const taken = takeFrame(buffer);
      if (taken.state === 'more') return;
      if (taken.state === 'broken' || taken.frame.transaction !== transaction) return socket.destroy();
      buffer = Buffer.from(buffer.subarray(taken.bytes));
      if (--left > 0) return ask();
      answered = true;
      socket.end();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve({ answered, bytesOut: socket.bytesWritten, bytesIn: socket.bytesRead }));
  });
}
