/** How large a picture says it is, read from its first bytes: asked before anything is unpacked. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

/** A page holds 2.2 million; a scan at 300 dots an inch four times that. */
export const PIXELS_MAX = 40_000_000;
const SIDE_MAX = 20_000;
const SEGMENTS_MAX = 1_000;

export interface Size {
  readonly width: number;
  readonly height: number;
}
export type ImageMedia = 'image/png' | 'image/jpeg';

/** Refuses what is neither PNG nor JPEG, is cut short, or is too large to unpack. */
export function imageSize(content: Uint8Array): Result<Size & { readonly media: ImageMedia }, Refusal> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  const png = pngSize(bytes);
  const size = png ?? jpegSize(bytes);
  if (!size) return refuse('invalid', 'NOT_DRAWN', 'draw the picture: it is damaged, wanted a whole PNG or JPEG');
  const { width, height } = size;
  if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX || width * height > PIXELS_MAX) {
    const limits = `wanted at most ${SIDE_MAX} each way and ${PIXELS_MAX / 1e6} million in all`;
    return refuse(
      'invalid',
      'TOO_MANY_PIXELS',
      `draw the picture: it says that it is ${width} by ${height}, ${limits}`,
    );
  }
  return ok({ width, height, media: png ? 'image/png' : 'image/jpeg' });
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
function pngSize(bytes: Buffer): Size | null {
  if (bytes.length < 33 || !bytes.subarray(0, 8).equals(PNG) || bytes.toString('latin1', 12, 16) !== 'IHDR')
    return null;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Walks the segments up to the start of a frame. */
function jpegSize(bytes: Buffer): Size | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let at = 2;
  for (let segment = 0; segment < SEGMENTS_MAX && at + 9 < bytes.length; segment++) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (isFrame(marker)) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}
/** SOF0 to SOF15 but for the three that are none. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
