/** The only file that draws: letters, lines and pictures on a page, and the page as light and colour. */
import { fileURLToPath } from 'node:url';
import {
  createCanvas,
  GlobalFonts,
  ImageData,
  loadImage,
  type Canvas,
  type Image,
  type SKRSContext2D,
} from '@napi-rs/canvas';
import type { Drawn } from '../prepare.ts';
import { PAGE_HEIGHT, PAGE_WIDTH } from '../size.ts';
import type { Face, LaidPage, Letters, Measure } from './layout.ts';

/** Macrons of te reo Māori and all other Latin letters are in it, and Greek and Cyrillic ones. The machine's own fonts are never used. */
const FONTS: { readonly [face in Face]: string } = {
  regular: import.meta.resolve('@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'),
  bold: import.meta.resolve('@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf'),
};
for (const [face, file] of Object.entries(FONTS))
  if (!GlobalFonts.registerFromPath(fileURLToPath(file), `Page ${face}`))
    throw new Error(`load the font "${file}": it is damaged`);

const INKS = { black: '#141414', grey: '#5a5a5a' } as const;
const RULE = '#b8b8b8';
const MARGIN = 96;

export interface Sheet {
  readonly canvas: Canvas;
  readonly context: SKRSContext2D;
}

export function blank(): Sheet {
  const canvas = createCanvas(PAGE_WIDTH, PAGE_HEIGHT);
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, PAGE_WIDTH, PAGE_HEIGHT);
  return { canvas, context };
}

const fontOf = ({ face, size }: Letters): string => `${size}px "Page ${face}"`;

export function measureWith({ context }: Sheet): Measure {
  const known = new Map<string, number>();
  return (text, letters) => {
    const font = fontOf(letters);
    const key = `${font} ${text}`;
    const width = known.get(key);
    if (width !== undefined) return width;
    context.font = font;
    const measured = context.measureText(text).width;
    if (known.size < MEASURED_MAX) known.set(key, measured);
    return measured;
  };
}
const MEASURED_MAX = 20_000;

export function write({ context }: Sheet, { items, rules }: LaidPage): void {
  for (const { text, x, y, letters, ink } of items) {
    context.font = fontOf(letters);
    context.fillStyle = INKS[ink];
    context.fillText(text, x, y);
  }
  context.fillStyle = RULE;
  for (const { y } of rules) context.fillRect(MARGIN, y, PAGE_WIDTH - 2 * MARGIN, 2);
}

/** As large as it fits on the page, in its middle; what is smaller stays as small. */
export function place({ context }: Sheet, picture: Image | Canvas): void {
  const scale = Math.min(1, PAGE_WIDTH / picture.width, PAGE_HEIGHT / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, (PAGE_WIDTH - width) / 2, (PAGE_HEIGHT - height) / 2, width, height);
}

/** `null` where it cannot be unpacked. */
export async function unpack(content: Uint8Array): Promise<Image | null> {
  try {
    const image = await loadImage(Buffer.from(content));
    return image.width > 0 && image.height > 0 ? image : null;
  } catch {
    return null;
  }
}

/** Pixels as others drew them: red, green, blue and how opaque. */
export function fromPixels(pixels: Uint8Array, width: number, height: number): Canvas {
  const canvas = createCanvas(width, height);
  const data = new ImageData(
    new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, width * height * 4),
    width,
    height,
  );
  canvas.getContext('2d').putImageData(data, 0, 0);
  return canvas;
}

export function pixelsOf(picture: Image, { width, height }: { width: number; height: number }): Uint8ClampedArray {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

/** How far red, green and blue may lie apart where there is still no colour. */
const GREY = 6;

/** Light and colour of a page (ITU-T T.871); its pixels are overwritten. */
export function taken({ canvas, context }: Sheet): Drawn {
  const { data } = context.getImageData(0, 0, PAGE_WIDTH, PAGE_HEIGHT);
  const luma = new Uint8Array(PAGE_WIDTH * PAGE_HEIGHT);
  let isColoured = false;
  for (let at = 0, from = 0; at < luma.length; at++, from += 4) {
    const [red, green, blue] = [data[from]!, data[from + 1]!, data[from + 2]!];
    luma[at] = 0.299 * red + 0.587 * green + 0.114 * blue + 0.5;
    isColoured ||= Math.max(red, green, blue) - Math.min(red, green, blue) > GREY;
  }
  const chroma = isColoured ? chromaOf(data) : null;
  data.fill(0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return { luma, chroma };
}

function chromaOf(data: Uint8ClampedArray): [Uint8Array, Uint8Array] {
  const [width, height] = [PAGE_WIDTH / 2, PAGE_HEIGHT / 2];
  const planes: [Uint8Array, Uint8Array] = [new Uint8Array(width * height), new Uint8Array(width * height)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const corner = (y * 2 * PAGE_WIDTH + x * 2) * 4;
      let [red, green, blue] = [0, 0, 0];
      for (const from of [corner, corner + 4, corner + PAGE_WIDTH * 4, corner + PAGE_WIDTH * 4 + 4]) {
        red += data[from]!;
        green += data[from + 1]!;
        blue += data[from + 2]!;
      }
      planes[0][y * width + x] = 128.5 + (-0.168736 * red - 0.331264 * green + 0.5 * blue) / 4;
      planes[1][y * width + x] = 128.5 + (0.5 * red - 0.418688 * green - 0.081312 * blue) / 4;
    }
  return planes;
}

/** Letters of one line as ink, 0 to 255, for the visible mark. */
export function inked(text: string, size: number, [width, height]: readonly [number, number]): Uint8Array {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.font = fontOf({ face: 'bold', size });
  context.fillStyle = '#000000';
  context.textBaseline = 'middle';
  context.fillText(text, 0, height / 2);
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height }, (_, at) => data[at * 4 + 3]!);
}
export function widthOf(text: string, size: number): number {
  const context = createCanvas(1, 1).getContext('2d');
  context.font = fontOf({ face: 'bold', size });
  return context.measureText(text).width;
}
