/** One page of a document, whatever it is. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Drawn } from '../prepare.ts';
import { blank, fromPixels, measureWith, place, taken, unpack, write } from './canvas.ts';
import { fhirPaper } from './fhir.ts';
import { imageSize } from './image-size.ts';
import { jsonPaper, parseJson } from './json.ts';
import { layOut } from './layout.ts';
import type { Paper } from './paper.ts';
import { pdfPage } from './pdf.ts';

export const MEDIA = [
  'application/fhir+json',
  'application/json',
  'application/pdf',
  'image/png',
  'image/jpeg',
  'text/plain',
] as const;
export type Media = (typeof MEDIA)[number];

export interface Wanted {
  readonly media: Media;
  readonly content: Uint8Array;
  /** From 1 on. */
  readonly page: number;
}
export interface DrawnPage {
  readonly pages: number;
  readonly drawn: Drawn;
}
const noPage = (page: number, pages: number): Result<never, Refusal> =>
  refuse('not-found', 'NO_SUCH_PAGE', `draw page ${page}: the document has ${pages}`);

export async function draw({ media, content, page }: Wanted): Promise<Result<DrawnPage, Refusal>> {
  if (media === 'application/pdf') return drawPdf(content, page);
  if (media === 'image/png' || media === 'image/jpeg') return drawImage(content, page);
  const paper = paperOf(media, content);
  return paper.ok ? drawPaper(paper.value, page) : paper;
}

function paperOf(
  media: 'application/fhir+json' | 'application/json' | 'text/plain',
  content: Uint8Array,
): Result<Paper, Refusal> {
  if (media === 'text/plain') return ok([{ is: 'text', text: new TextDecoder().decode(content) }]);
  const json = parseJson(content);
  if (!json.ok) return json;
  return media === 'application/fhir+json' ? fhirPaper(json.value) : jsonPaper(json.value);
}

function drawPaper(paper: Paper, page: number): Result<DrawnPage, Refusal> {
  const sheet = blank();
  const laid = layOut(paper, measureWith(sheet));
  if (!laid.ok) return laid;
  const pages = laid.value.length;
  const wanted = laid.value[page - 1];
  if (!wanted) return noPage(page, pages);
  write(sheet, wanted);
  return ok({ pages, drawn: taken(sheet) });
}

async function drawPdf(content: Uint8Array, page: number): Promise<Result<DrawnPage, Refusal>> {
  const found = await pdfPage(content, page);
  if (!found.ok) return found;
  const { pages, width, height, pixels } = found.value;
  if (page > pages) return noPage(page, pages);
  const sheet = blank();
  place(sheet, fromPixels(pixels, width, height));
  pixels.fill(0);
  return ok({ pages, drawn: taken(sheet) });
}

async function drawImage(content: Uint8Array, page: number): Promise<Result<DrawnPage, Refusal>> {
  const size = imageSize(content);
  if (!size.ok) return size;
  if (page > 1) return noPage(page, 1);
  const image = await unpack(content);
  if (!image) return refuse('invalid', 'NOT_DRAWN', 'draw the picture: it is damaged, wanted a whole PNG or JPEG');
  const sheet = blank();
  place(sheet, image);
  return ok({ pages: 1, drawn: taken(sheet) });
}
