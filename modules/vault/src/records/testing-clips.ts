/** Films for tests: the head that players look for, and noise where the pictures would be. */
import { randomBytes } from 'node:crypto';
import type { RecordDraft } from '@cityward/contracts';

const HEAD_BYTES = 24;
/** One box that says the brand, one of noise. */
export function mp4(bytes = 40_000, brand = 'isom'): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(HEAD_BYTES, 0);
  head.write('ftyp', 4, 'latin1');
  head.write(brand, 8, 'latin1');
  head.write('isommp41', 16, 'latin1');
  const film = Buffer.alloc(8);
  film.writeUInt32BE(bytes - HEAD_BYTES, 0);
  film.write('mdat', 4, 'latin1');
  return Buffer.concat([head, film, randomBytes(bytes - HEAD_BYTES - film.length)]);
}
/** EBML head: its size, version, and the kind of document. */
export const webm = (kind = 'webm'): Buffer =>
  Buffer.concat([
    Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 0x01, 0x42, 0x82, 0x80 + kind.length]),
    Buffer.from(kind),
    randomBytes(1_000),
  ]);

export const CAMERA = 'cam-0003';
export const clipOf = (content: Buffer, change: Partial<RecordDraft> = {}): RecordDraft => ({
  subject: CAMERA,
  category: 'street-camera',
  media: 'video/mp4',
  content: content.toString('base64'),
  ...change,
});
