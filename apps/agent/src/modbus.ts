/** Modbus TCP as pumps speak it (Modbus Messaging on TCP/IP 1.0b): frames, functions 3, 4, 6 and 16, exceptions. Pure. */

/** Transaction, protocol, length, unit. */
export const HEADER_BYTES = 7;
/** Length field counts the unit byte and the PDU, which has at most 253 bytes. */
const LENGTH_MAX = 254;
const LENGTH_MIN = 2;
export const READ_MAX = 125;
export const WRITE_MAX = 123;

export const FUNCTION = { readHolding: 3, readInput: 4, writeOne: 6, writeMany: 16 } as const;
export const EXCEPTION = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3 } as const;

export interface Frame {
  readonly transaction: number;
  readonly unit: number;
  /** Function code and data. */
  readonly pdu: Buffer;
}
export type Taken =
  | { readonly state: 'frame'; readonly frame: Frame; readonly bytes: number }
  | { readonly state: 'more' }
  | { readonly state: 'broken'; readonly reason: string };

/** The first frame of what has come in; after `broken` the connection cannot be read any further. Never throws on input. */
export function takeFrame(from: Buffer): Taken {
  if (from.length < HEADER_BYTES) return { state: 'more' };
  const protocol = from.readUInt16BE(2);
  const length = from.readUInt16BE(4);
  if (protocol !== 0) return { state: 'broken', reason: `read frame: protocol ${protocol}, want 0` };
  if (length < LENGTH_MIN || length > LENGTH_MAX) {
    return { state: 'broken', reason: `read frame: length ${length}, want ${LENGTH_MIN} to ${LENGTH_MAX}` };
  }
  const bytes = 6 + length;
  if (from.length < bytes) return { state: 'more' };
  const pdu = Buffer.from(from.subarray(HEADER_BYTES, bytes));
  return { state: 'frame', frame: { transaction: from.readUInt16BE(0), unit: from[6]!, pdu }, bytes };
}

export function writeFrame({ transaction, unit, pdu }: Frame): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(pdu.length + 1, 4);
  header[6] = unit;
  return Buffer.concat([header, pdu]);
}

/** 16-bit registers of a device; reading and writing outside answers undefined or false. */
export interface Registers {
  read(kind: 'holding' | 'input', address: number): number | undefined;
  /** False for an address that cannot be written. */
  write(address: number, value: number): boolean;
  /** Whether the value may be written there: a set-point guard. */
  accepts(address: number, value: number): boolean;
}

const exception = (code: number, reason: number): Buffer => Buffer.from([code | 0x80, reason]);

function read(registers: Registers, code: number, data: Buffer): Buffer {
  if (data.length !== 4) return exception(code, EXCEPTION.illegalValue);
  const [first, count] = [data.readUInt16BE(0), data.readUInt16BE(2)];
  if (count < 1 || count > READ_MAX) return exception(code, EXCEPTION.illegalValue);
  const answer = Buffer.alloc(2 + 2 * count);
  answer[0] = code;
  answer[1] = 2 * count;
  for (let i = 0; i < count; i++) {
    const value = registers.read(code === FUNCTION.readHolding ? 'holding' : 'input', first + i);
    if (value === undefined) return exception(code, EXCEPTION.illegalAddress);
    answer.writeUInt16BE(value & 0xffff, 2 + 2 * i);
  }
  return answer;
}

/** All or nothing: no register changes when one of them may not. */
function write(registers: Registers, code: number, what: { first: number; values: readonly number[] }): Buffer | null {
  const places = what.values.map((value, i) => ({ address: what.first + i, value }));
  if (places.some(({ address }) => registers.read('holding', address) === undefined)) {
    return exception(code, EXCEPTION.illegalAddress);
  }
  if (places.some(({ address, value }) => !registers.accepts(address, value))) {
    return exception(code, EXCEPTION.illegalValue);
  }
  return places.every(({ address, value }) => registers.write(address, value))
    ? null
    : exception(code, EXCEPTION.illegalAddress);
}

function writeMany(registers: Registers, data: Buffer): Buffer {
  const code = FUNCTION.writeMany;
  if (data.length < 5) return exception(code, EXCEPTION.illegalValue);
  const [first, count, bytes] = [data.readUInt16BE(0), data.readUInt16BE(2), data[4]!];
  if (count < 1 || count > WRITE_MAX || bytes !== 2 * count || data.length !== 5 + bytes) {
    return exception(code, EXCEPTION.illegalValue);
  }
  const values = Array.from({ length: count }, (_, i) => data.readUInt16BE(5 + 2 * i));
  return write(registers, code, { first, values }) ?? Buffer.concat([Buffer.from([code]), data.subarray(0, 4)]);
}

/** The answer of a device to a request PDU. Never throws on input. */
export function answerPdu(registers: Registers, pdu: Buffer): Buffer {
  const code = pdu[0] ?? 0;
  const data = pdu.subarray(1);
  switch (code) {
    case FUNCTION.readHolding:
    case FUNCTION.readInput:
      return read(registers, code, data);
    case FUNCTION.writeOne:
      if (data.length !== 4) return exception(code, EXCEPTION.illegalValue);
      return (
        write(registers, code, { first: data.readUInt16BE(0), values: [data.readUInt16BE(2)] }) ?? Buffer.from(pdu)
      );
    case FUNCTION.writeMany:
      return writeMany(registers, data);
    default:
      return exception(code, EXCEPTION.illegalFunction);
  }
}

export function readRequest(code: 3 | 4, first: number, count: number): Buffer {
  const pdu = Buffer.alloc(5);
  pdu[0] = code;
  pdu.writeUInt16BE(first, 1);
  pdu.writeUInt16BE(count, 3);
  return pdu;
}
export function writeRequest(address: number, value: number): Buffer {
  const pdu = Buffer.alloc(5);
  pdu[0] = FUNCTION.writeOne;
  pdu.writeUInt16BE(address, 1);
  pdu.writeUInt16BE(value, 3);
  return pdu;
}
