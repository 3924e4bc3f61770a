/** For tests and measurements: the steps of the studio one by one, in this process, and what people do to pictures. */
import { createCanvas, loadImage, type Canvas } from '@napi-rs/canvas';
import { draw, type Wanted } from './draw/draw.ts';
import { lightOf } from './draw/light.ts';
import { codeWord, patternOf } from './mark/pattern.ts';
import { placesIn, searchIn, type Search } from './mark/search.ts';
import { prepare, transformed, type Prepared } from './prepare.ts';
import { LINE_COEFFICIENTS, stamp } from './stamp.ts';

const NO_LINE = new Int16Array(LINE_COEFFICIENTS);

export interface Marker {
  /** The page but for its marks. */
  page(wanted: Wanted): Promise<Prepared>;
  /** With the hidden mark and without the visible one. */
  hidden(page: Prepared, name: string): Buffer;
  word(name: string): Buffer;
  /** `scan`: sizes that nothing speaks for as well. */
  search<Name>(picture: Uint8Array, scan?: boolean): Promise<Search<Name>>;
}

export function createMarker(key: Buffer): Marker {
  const pattern = patternOf(key);
  const signed = transformed(pattern);
  const word = (name: string): Buffer => codeWord(key, name);
  return {
    page: async (wanted) => prepare((await must(draw(wanted))).drawn, signed),
    hidden: (page, name) => stamp(page, { word: word(name), line: NO_LINE }),
    word,
    search: async (picture, scan) => searchIn(placesIn(await must(lightOf(picture)), pattern, scan)),
  };
}
/** The same page with no mark at all. */
export async function unmarked(wanted: Wanted): Promise<Buffer> {
  const [negative] = transformed(patternOf(Buffer.alloc(0)));
  const nothing = negative.map(() => 0);
  const page = prepare((await must(draw(wanted))).drawn, [nothing, nothing]);
  return stamp(page, { word: codeWord(Buffer.alloc(0), ''), line: NO_LINE });
}

async function must<T>(
  answer: Promise<{ ok: true; value: T } | { ok: false; error: { message: string } }>,
): Promise<T> {
  const result = await answer;
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

export interface Damage {
  /** Parts of the width and height. */
  readonly crop?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly size?: number;
  /** Of JPEG; PNG without it. */
  readonly quality?: number;
}

export async function damaged(picture: Uint8Array, { crop, size = 1, quality }: Damage): Promise<Buffer> {
  const { x, y, width, height } = crop ?? { x: 0, y: 0, width: 1, height: 1 };
  const image = await loadImage(Buffer.from(picture));
  const cut = [x * image.width, y * image.height, width * image.width, height * image.height].map(Math.round);
  const [left, top, across, down] = cut as [number, number, number, number];
  const canvas = createCanvas(Math.round(across * size), Math.round(down * size));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, left, top, across, down, 0, 0, canvas.width, canvas.height);
  return quality === undefined ? canvas.encode('png') : canvas.encode('jpeg', quality);
}

/** Two copies laid over one another. */
export async function averaged(one: Uint8Array, other: Uint8Array): Promise<Buffer> {
  return together(one, other, (canvas, image) => {
    const context = canvas.getContext('2d');
    context.globalAlpha = 0.5;
    context.drawImage(image, 0, 0);
  });
}
/** The left half of one copy beside the right half of another. */
export async function halves(one: Uint8Array, other: Uint8Array): Promise<Buffer> {
  return together(one, other, (canvas, image) => {
    const half = Math.round(canvas.width / 2);
    canvas.getContext('2d').drawImage(image, half, 0, half, canvas.height, half, 0, half, canvas.height);
  });
}
type Picture = Awaited<ReturnType<typeof loadImage>>;
async function together(
  one: Uint8Array,
  other: Uint8Array,
  add: (canvas: Canvas, image: Picture) => void,
): Promise<Buffer> {
  const [first, second] = [await loadImage(Buffer.from(one)), await loadImage(Buffer.from(other))];
  const canvas = createCanvas(first.width, first.height);
  canvas.getContext('2d').drawImage(first, 0, 0);
  add(canvas, second);
  return canvas.encode('png');
}

/** Peak signal to noise, in decibels. */
export async function likeness(one: Uint8Array, other: Uint8Array): Promise<number> {
  const [a, b] = [await must(lightOf(one)), await must(lightOf(other))];
  const squares = a.light.reduce((sum, light, at) => sum + (light - b.light[at]!) ** 2, 0);
  return 10 * Math.log10((255 * 255 * a.light.length) / squares);
}

export { createCanvas };

/** A PDF with a page for each text, in a font that every reader of PDF has. */
export function pdfOf(texts: readonly string[]): Buffer {
  const shown = texts.map((text) => `BT /F 11 Tf 15 TL 50 790 Td (${text.replace(/[\\()]/g, '')}) Tj ET`);
  const kids = texts.map((_, at) => `${4 + at * 2} 0 R`).join(' ');
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids}]/Count ${texts.length}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ...shown.flatMap((one, at) => [
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${5 + at * 2} 0 R/Resources<</Font<</F 3 0 R>>>>>>`,
      `<</Length ${one.length}>>\nstream\n${one}\nendstream`,
    ]),
  ];
  return pdfFile(objects);
}

export function pdfFile(objects: readonly string[]): Buffer {
  const parts = ['%PDF-1.4\n'];
  let length = parts[0]!.length;
  const at = objects.map((object, index) => {
    const part = `${index + 1} 0 obj\n${object}\nendobj\n`;
    const start = length;
    parts.push(part);
    length += part.length;
    return `${String(start).padStart(10, '0')} 00000 n \n`;
  });
  const count = objects.length + 1;
  parts.push(`xref\n0 ${count}\n0000000000 65535 f \n`, ...at);
  parts.push(`trailer\n<</Size ${count}/Root 1 0 R>>\nstartxref\n${length}\n%%EOF`);
  return Buffer.from(parts.join(''), 'latin1');
}
