/** Bytes of the write-ahead log: groups of records, each group written and synced as one. */
import { crc32 } from 'node:zlib';
import { SALT_BYTES } from './commitment.ts';

/** "CWG1" */
export const GROUP_MAGIC = 0x43_57_47_31;
export const GROUP_HEAD_BYTES = 32;
/** Facts that share one fdatasync. */
export const GROUP_FACTS_MAX = 1_000;
export const GROUP_PAYLOAD_MAX_BYTES = 32 * 1_048_576;
/** Body length, outbox position, salt. */
export const RECORD_HEAD_BYTES = 4 + 8 + SALT_BYTES;

export interface GroupHead {
  readonly length: number;
  readonly count: number;
  readonly crc: number;
  readonly first: number;
}

/** Magic, payload length, count, CRC-32 of the payload, first index as a double, and a CRC-32 of these. */
export function encodeGroupHead(group: {
  readonly first: number;
  readonly count: number;
  readonly payload: Buffer;
}): Buffer {
  const head = Buffer.alloc(GROUP_HEAD_BYTES);
  head.writeUInt32BE(GROUP_MAGIC, 0);
  head.writeUInt32BE(group.payload.length, 4);
  head.writeUInt32BE(group.count, 8);
  head.writeUInt32BE(crc32(group.payload), 12);
  head.writeDoubleBE(group.first, 16);
  head.writeUInt32BE(crc32(head.subarray(0, 24)), 24);
  return head;
}

/** `null` when the bytes are no head of a group. */
export function decodeGroupHead(bytes: Buffer): GroupHead | null {
  if (bytes.length < GROUP_HEAD_BYTES || bytes.readUInt32BE(0) !== GROUP_MAGIC) return null;
  if (crc32(bytes.subarray(0, 24)) !== bytes.readUInt32BE(24) || bytes.readUInt32BE(28) !== 0) return null;
  const [length, count, crc] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12)];
  const first = bytes.readDoubleBE(16);
  const sound = Number.isSafeInteger(first) && first >= 0 && length <= GROUP_PAYLOAD_MAX_BYTES;
  return sound && count > 0 && count <= GROUP_FACTS_MAX ? { length, count, crc, first } : null;
}

export interface WalRecord {
  /** Where it begins in the buffer it was read from. */
  readonly at: number;
  /** Place in the outbox; 0 for facts that did not come from there. */
  readonly position: number;
  readonly salt: Buffer;
  readonly body: Buffer;
}

/** The record that begins at `at`; `null` when the buffer ends before it does. */
export function recordAt(buffer: Buffer, at: number): WalRecord | null {
  if (at + RECORD_HEAD_BYTES > buffer.length) return null;
  const end = at + RECORD_HEAD_BYTES + buffer.readUInt32BE(at);
  if (end > buffer.length) return null;
  return {
    at,
    position: buffer.readDoubleBE(at + 4),
    salt: buffer.subarray(at + 12, at + RECORD_HEAD_BYTES),
    body: buffer.subarray(at + RECORD_HEAD_BYTES, end),
  };
}

/** The records of a group's payload; `null` when they do not fill it exactly. */
export function recordsOf(payload: Buffer, count: number): readonly WalRecord[] | null {
  const records: WalRecord[] = [];
  let at = 0;
  while (records.length < count) {
    const record = recordAt(payload, at);
    if (!record) return null;
    records.push(record);
    at += RECORD_HEAD_BYTES + record.body.length;
  }
  return at === payload.length ? records : null;
}
