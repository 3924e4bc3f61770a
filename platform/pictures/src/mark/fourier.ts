/** The discrete Fourier transform of a square whose side is a power of two. */

export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export interface Fourier {
  readonly side: number;
  /** In place; without the factor that makes the inverse of it. */
  forward(spectrum: Spectrum): void;
  inverse(spectrum: Spectrum): void;
}

export function createFourier(side: number): Fourier {
  const angles = Array.from({ length: side / 2 }, (_, k) => (-2 * Math.PI * k) / side);
  const cos = Float64Array.from(angles, Math.cos);
  const sin = Float64Array.from(angles, Math.sin);
  const turned = reversed(side);
  const line: Spectrum = { re: new Float64Array(side), im: new Float64Array(side) };

  const transform = (sign: 1 | -1): void => {
    const { re, im } = line;
    for (let half = 1; half < side; half *= 2)
      for (let from = 0; from < side; from += half * 2)
        for (let k = 0; k < half; k++) {
          const angle = (k * side) / (half * 2);
          const [a, b] = [from + k, from + k + half];
          const [c, s] = [cos[angle]!, sign * sin[angle]!];
          const [x, y] = [re[b]! * c - im[b]! * s, re[b]! * s + im[b]! * c];
          re[b] = re[a]! - x;
          im[b] = im[a]! - y;
          re[a] = re[a]! + x;
          im[a] = im[a]! + y;
        }
  };
  const along = ({ re, im }: Spectrum, sign: 1 | -1, step: number): void => {
    const next = step === 1 ? side : 1;
    for (let row = 0; row < side; row++) {
      const from = row * next;
      for (let k = 0; k < side; k++) {
        line.re[turned[k]!] = re[from + k * step]!;
        line.im[turned[k]!] = im[from + k * step]!;
      }
      transform(sign);
      for (let k = 0; k < side; k++) {
        re[from + k * step] = line.re[k]!;
        im[from + k * step] = line.im[k]!;
      }
    }
  };
  const both = (sign: 1 | -1) => (spectrum: Spectrum) => {
    along(spectrum, sign, 1);
    along(spectrum, sign, side);
  };
  return { side, forward: both(1), inverse: both(-1) };
}

/** The bits of each index from the other end. */
function reversed(side: number): Uint16Array {
  const turned = new Uint16Array(side);
  for (let at = 1; at < side; at++) turned[at] = (turned[at >> 1]! >> 1) | (at & 1 ? side >> 1 : 0);
  return turned;
}
