/** A picture that somebody hands in, unpacked as light. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Plane } from '../mark/plane.ts';
import { pixelsOf, unpack } from './canvas.ts';
import { imageSize } from './image-size.ts';

export async function lightOf(picture: Uint8Array): Promise<Result<Plane, Refusal>> {
  const size = imageSize(picture);
  if (!size.ok) return size;
  const image = await unpack(picture);
  if (!image) return refuse('invalid', 'NOT_DRAWN', 'read the picture: it is damaged, wanted a whole PNG or JPEG');
  const { width, height } = image;
  const pixels = pixelsOf(image, { width, height });
  const light = new Float32Array(width * height);
  for (let at = 0, from = 0; at < light.length; at++, from += 4)
    light[at] = 0.299 * pixels[from]! + 0.587 * pixels[from + 1]! + 0.114 * pixels[from + 2]!;
  return ok({ width, height, light });
}
