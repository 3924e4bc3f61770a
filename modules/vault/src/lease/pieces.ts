/** Content cut into pieces of one size: held encrypted while a view is open, sent encrypted under the key of the lease that runs. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { PIECE_BYTES } from '@cityward/contracts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const EPOCH_BYTES = 4;
/** Before the content of a piece: how many pieces the page has, and how much of this one is content. */
const HEAD_BYTES = 8;

export interface PiecePlace {
  readonly view: string;
  readonly page: number;
  readonly piece: number;
}
const contextOf = ({ view, page, piece }: PiecePlace, under: string): Buffer =>
  Buffer.from(`cityward-piece-v1\n${view}\n${page}\n${piece}\n${under}`);

/** Filled with zeros up to the size that all have. The pieces are to be overwritten by whoever takes them. */
export function cutPieces(content: Buffer, bytes = PIECE_BYTES): Buffer[] {
  const count = Math.max(1, Math.ceil(content.length / bytes));
  return Array.from({ length: count }, (_, i) => {
    const part = content.subarray(i * bytes, (i + 1) * bytes);
    const piece = Buffer.alloc(HEAD_BYTES + bytes);
    piece.writeUInt32BE(count, 0);
    piece.writeUInt32BE(part.length, 4);
    part.copy(piece, HEAD_BYTES);
    return piece;
  });
}

function seal(key: Buffer, plain: Buffer, context: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(context);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** As it lies in memory. */
export const holdPiece = (key: Buffer, place: PiecePlace, plain: Buffer): Buffer =>
  seal(key, plain, contextOf(place, 'held'));

/** As it is sent: the lease's number, nonce, ciphertext, tag. */
export function sendPiece(
  held: { readonly key: Buffer; readonly bytes: Buffer },
  lease: { readonly key: Buffer; readonly epoch: number },
  place: PiecePlace,
): Buffer {
  const { bytes } = held;
  const decipher = createDecipheriv(CIPHER, held.key, bytes.subarray(0, NONCE_BYTES)).setAAD(contextOf(place, 'held'));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  const epoch = Buffer.alloc(EPOCH_BYTES);
  epoch.writeUInt32BE(lease.epoch);
  const sent = Buffer.concat([epoch, seal(lease.key, plain, contextOf(place, String(lease.epoch)))]);
  plain.fill(0);
  return sent;
}
