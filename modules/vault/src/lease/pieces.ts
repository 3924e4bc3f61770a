/** Content cut into pieces of one size: held encrypted while a view is open, sent encrypted under the key of the lease that runs. */
import { PIECE_BYTES } from '@cityward/contracts';
import { decrypt, encrypt } from '../keys/aead.ts';

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

/** As it lies in memory. */
export const holdPiece = (key: Buffer, place: PiecePlace, plain: Buffer): Buffer =>
  encrypt(key, contextOf(place, 'held'), plain);

/** As it is sent: the lease's number, nonce, ciphertext, tag. */
export function sendPiece(
  held: { readonly key: Buffer; readonly bytes: Buffer },
  lease: { readonly key: Buffer; readonly epoch: number },
  place: PiecePlace,
): Buffer {
  const plain = decrypt(held.key, contextOf(place, 'held'), held.bytes);
  if (plain === null) throw new Error('a piece in memory is not what was put there');
  const epoch = Buffer.alloc(EPOCH_BYTES);
  epoch.writeUInt32BE(lease.epoch);
  const sent = Buffer.concat([epoch, encrypt(lease.key, contextOf(place, String(lease.epoch)), plain)]);
  plain.fill(0);
  return sent;
}
