/** RADIUS packets (RFC 2865 section 3): bytes to fields and back. Knows no secret. */
import { refuse, type Refusal, type Result } from '@cityward/kernel';

export const HEADER_BYTES = 20;
export const AUTHENTICATOR_BYTES = 16;
/** RFC 2865 section 3: the maximum length is 4096. */
export const PACKET_MAX_BYTES = 4_096;
const ATTRIBUTE_HEAD_BYTES = 2;
export const VALUE_MAX_BYTES = 253;

/** RFC 5176 section 2.3. */
export const CODES = {
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const;

/** RFC 2865, 2868, 3579 and 5176. */
export const ATTRIBUTES = {
  userName: 1,
  nasIpAddress: 4,
  nasPort: 5,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctSessionId: 44,
  eventTimestamp: 55,
  tunnelType: 64,
  tunnelMediumType: 65,
  messageAuthenticator: 80,
  tunnelPrivateGroupId: 81,
  errorCause: 101,
} as const;

export interface Attribute {
  readonly type: number;
  readonly value: Buffer;
}
export interface Packet {
  readonly code: number;
  readonly identifier: number;
  readonly authenticator: Buffer;
  readonly attributes: readonly Attribute[];
}
export type PacketRefusal = Refusal<'RADIUS_MALFORMED'>;

const malformed = (what: string): Result<never, PacketRefusal> =>
  refuse('invalid', 'RADIUS_MALFORMED', `read a RADIUS packet: ${what}`);

/** Octets after the packet's own length are padding (RFC 2865 section 3) and are left out. */
export function decodePacket(bytes: Buffer): Result<Packet, PacketRefusal> {
  if (bytes.length < HEADER_BYTES)
    return malformed(`it has ${bytes.length} bytes, at least ${HEADER_BYTES} are wanted`);
  const length = bytes.readUInt16BE(2);
  if (length < HEADER_BYTES || length > PACKET_MAX_BYTES || length > bytes.length)
    return malformed(`it says ${length} bytes and ${bytes.length} came`);
  const attributes: Attribute[] = [];
  for (let at = HEADER_BYTES; at < length;) {
    const size = at + 1 < length ? bytes[at + 1]! : 0;
    if (size < ATTRIBUTE_HEAD_BYTES || at + size > length)
      return malformed(`the attribute at byte ${at} has length ${size}, which does not fit`);
    attributes.push({ type: bytes[at]!, value: bytes.subarray(at + ATTRIBUTE_HEAD_BYTES, at + size) });
    at += size;
  }
  const packet = { code: bytes[0]!, identifier: bytes[1]!, authenticator: bytes.subarray(4, HEADER_BYTES), attributes };
  return { ok: true, value: packet };
}

/** @throws RangeError where a value or the whole is too long: a bug of the caller */
export function encodePacket({ code, identifier, authenticator, attributes }: Packet): Buffer {
  const length = attributes.reduce((sum, { value }) => sum + ATTRIBUTE_HEAD_BYTES + value.length, HEADER_BYTES);
  if (length > PACKET_MAX_BYTES)
    throw new RangeError(`write a RADIUS packet: ${length} bytes, at most ${PACKET_MAX_BYTES}`);
  const bytes = Buffer.alloc(length);
  bytes[0] = code;
  bytes[1] = identifier;
  bytes.writeUInt16BE(length, 2);
  authenticator.copy(bytes, 4);
  let at = HEADER_BYTES;
  for (const { type, value } of attributes) {
    if (value.length > VALUE_MAX_BYTES)
      throw new RangeError(`write RADIUS attribute ${type}: ${value.length} bytes, at most ${VALUE_MAX_BYTES}`);
    bytes[at] = type;
    bytes[at + 1] = ATTRIBUTE_HEAD_BYTES + value.length;
    value.copy(bytes, at + ATTRIBUTE_HEAD_BYTES);
    at += ATTRIBUTE_HEAD_BYTES + value.length;
  }
  return bytes;
}

export const valueOf = ({ attributes }: Packet, type: number): Buffer | null =>
  attributes.find((one) => one.type === type)?.value ?? null;

export const textAttribute = (type: number, text: string): Attribute => ({ type, value: Buffer.from(text, 'utf8') });
export function numberAttribute(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return { type, value: bytes };
}

/** A VLAN as RFC 3580 section 3.31 says it: type 13 (VLAN), medium 6 (IEEE 802), the number as text. */
const VLAN = 13;
const IEEE_802 = 6;
export const vlanAttributes = (vlan: number): Attribute[] => [
  numberAttribute(ATTRIBUTES.tunnelType, VLAN),
  numberAttribute(ATTRIBUTES.tunnelMediumType, IEEE_802),
  textAttribute(ATTRIBUTES.tunnelPrivateGroupId, String(vlan)),
];
