/** A picture as light alone, and what is done with it before a mark is looked for. */

export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly light: Float32Array;
}

/** Each sample is the mean of what it covers: `step` pixels each way. */
export function resampled({ width, height, light }: Plane, step: number): Plane {
  const [across, down] = [Math.floor(width / step), Math.floor(height / step)];
  const rows = new Float32Array(across * height);
  const [xs, ys] = [coverOf(across, step, width), coverOf(down, step, height)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < across; x++) {
      const { from, to, first, last } = xs[x]!;
      const row = y * width;
      let sum = light[row + from]! * first + light[row + to]! * last;
      for (let at = from + 1; at < to; at++) sum += light[row + at]!;
      rows[y * across + x] = sum / step;
    }
  const out = new Float32Array(across * down);
  for (let y = 0; y < down; y++) {
    const { from, to, first, last } = ys[y]!;
    for (let x = 0; x < across; x++) {
      let sum = rows[from * across + x]! * first + rows[to * across + x]! * last;
      for (let at = from + 1; at < to; at++) sum += rows[at * across + x]!;
      out[y * across + x] = sum / step;
    }
  }
  return { width: across, height: down, light: out };
}

interface Cover {
  readonly from: number;
  readonly to: number;
  /** How much of the first and of the last pixel. */
  readonly first: number;
  readonly last: number;
}
function coverOf(samples: number, step: number, length: number): Cover[] {
  return Array.from({ length: samples }, (_, at) => {
    const [begin, end] = [at * step, (at + 1) * step];
    const from = Math.floor(begin);
    const to = Math.min(length - 1, Math.ceil(end) - 1);
    return from >= to
      ? { from, to: from, first: end - begin, last: 0 }
      : { from, to, first: from + 1 - begin, last: end - to };
  });
}

/** At half of the size. */
export function halved({ width, height, light }: Plane): Plane {
  const [across, down] = [width >> 1, height >> 1];
  const out = new Float32Array(across * down);
  for (let y = 0; y < down; y++)
    for (let x = 0, from = y * 2 * width; x < across; x++, from += 2)
      out[y * across + x] = (light[from]! + light[from + 1]! + light[from + width]! + light[from + width + 1]!) / 4;
  return { width: across, height: down, light: out };
}

/** Its middle, so many pixels each way. */
export function middleOf(plane: Plane, pixels: number): Plane {
  const [width, height] = [plane.width, plane.height].map((side) => Math.min(side, Math.ceil(pixels))) as [
    number,
    number,
  ];
  if (width === plane.width && height === plane.height) return plane;
  const [left, top] = [(plane.width - width) >> 1, (plane.height - height) >> 1];
  const light = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * plane.width + left;
    light.set(plane.light.subarray(from, from + width), y * width);
  }
  return { width, height, light };
}

/** How far around a sample its likes are looked for. */
const AROUND = 3;
/** What differs more than this, of 255, is another part of the document, and says nothing about the light around the sample. */
const ALIKE = 10;
const ALIKE_MIN = 10;
/** The mark is fainter than this. */
const FAINT = 4;

/** What differs from its likes around it by no more than a mark would: paper between the letters, and the inside of what is large. */
export function faint({ width, height, light }: Plane): Plane {
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - AROUND), Math.min(height - 1, y + AROUND)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - AROUND), Math.min(width - 1, x + AROUND)];
      const own = light[y * width + x]!;
      let sum = 0;
      let alike = 0;
      for (let j = top; j <= bottom; j++)
        for (let at = j * width + left, end = j * width + right; at <= end; at++) {
          const difference = light[at]! - own;
          if (difference > -ALIKE && difference < ALIKE) {
            sum += difference;
            alike++;
          }
        }
      if (alike >= ALIKE_MIN) out[y * width + x] = Math.max(-FAINT, Math.min(FAINT, -sum / alike));
    }
  }
  return { width, height, light: out };
}
