/** A page of a PDF, drawn by PDFium, which runs in WebAssembly: what breaks it stays in its own memory. */
import { PDFiumLibrary, type PDFiumDocument } from '@hyzyla/pdfium';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { PAGE_HEIGHT, PAGE_WIDTH } from '../size.ts';
import { PAGES_MAX, tooManyPages } from './layout.ts';

export interface PdfPage {
  readonly pages: number;
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and how opaque. */
  readonly pixels: Uint8Array;
}

let library: Promise<PDFiumLibrary> | null = null;

/** `page` from 1 on; the last where there are fewer is for the caller to refuse. */
export async function pdfPage(content: Uint8Array, page: number): Promise<Result<PdfPage, Refusal>> {
  library ??= PDFiumLibrary.init();
  const document = await opened(await library, content);
  if (!document)
    return refuse(
      'invalid',
      'NOT_DRAWN',
      'draw the PDF: it is damaged or locked, wanted one that opens without a password',
    );
  try {
    const pages = document.getPageCount();
    if (pages > PAGES_MAX) return tooManyPages(pages);
    if (pages < 1) return refuse('invalid', 'NOT_DRAWN', 'draw the PDF: it has no pages');
    if (page > pages) return ok({ pages, width: 0, height: 0, pixels: new Uint8Array() });
    const shown = document.getPage(page - 1);
    const { originalWidth, originalHeight } = shown.getOriginalSize();
    if (!(originalWidth >= 1 && originalHeight >= 1))
      return refuse('invalid', 'NOT_DRAWN', `draw page ${page} of the PDF: it has no size`);
    const scale = Math.min(PAGE_WIDTH / originalWidth, PAGE_HEIGHT / originalHeight);
    const size = { width: fit(originalWidth * scale, PAGE_WIDTH), height: fit(originalHeight * scale, PAGE_HEIGHT) };
    const drawn = await shown.render({ ...size, renderFormFields: true, render: 'bitmap' });
    return ok({ pages, width: drawn.width, height: drawn.height, pixels: drawn.data });
  } catch {
    return refuse('invalid', 'NOT_DRAWN', `draw page ${page} of the PDF: it is damaged`);
  } finally {
    document.destroy();
  }
}

const fit = (length: number, max: number): number => Math.max(1, Math.min(max, Math.round(length)));

async function opened(pdfium: PDFiumLibrary, content: Uint8Array): Promise<PDFiumDocument | null> {
  try {
    return await pdfium.loadDocument(content);
  } catch {
    return null;
  }
}
