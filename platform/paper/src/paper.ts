/** One A4 document, written from top to bottom. */
import PDFDocument from 'pdfkit';
import { FONTS, shown, useFonts } from './letters.ts';

/** A4 in points, with room for a punched edge. */
const MARGIN = 56;
const WIDTH = 595.28 - 2 * MARGIN;
const HEIGHT = 841.89;
const BOTTOM = HEIGHT - 84;
const FOOT = HEIGHT - 46;
const INK = '#1b1f24';
const SOFT = '#59636e';
const LINE = '#d0d7de';
const GREEN = '#1a7f37';
const AMBER = '#9a6700';
const LABEL_WIDTH = 118;
const INDENT = 20;
/** What a heading needs below it on the same page. */
const HEADING_ROOM = 70;

export interface PaperFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}
export interface PaperOptions {
  readonly title: string;
  readonly author: string;
  readonly subject: string;
  /** Milliseconds since 1970; every time in the file is this one. */
  readonly at: number;
  /** BCP 47; `en-GB` without it. */
  readonly language?: string;
  /** Stands on each page before its number. */
  readonly foot: string;
  readonly files?: readonly PaperFile[];
}

/** Everything is written in the letters that the font has; see `shown`. */
export interface Paper {
  head(head: { readonly over: string; readonly title: string; readonly lines: readonly string[] }): void;
  rule(): void;
  heading(title: string): void;
  row(label: string, value: string): void;
  text(text: string, tone?: 'ink' | 'soft'): void;
  /** A tick or a bar with a title and what it means, then a text. */
  finding(finding: {
    readonly isGood: boolean;
    readonly title: string;
    readonly state: string;
    readonly text: string;
  }): void;
  /** Numbered from 1; `id` stands below in small letters. */
  item(number: number, item: { readonly text: string; readonly id: string }): void;
  /** Commands, each on lines of its own. */
  code(lines: readonly string[]): void;
  /** Keeps so many points together with what comes next. */
  room(height: number): void;
  end(): Promise<Buffer>;
}

type Document = InstanceType<typeof PDFDocument>;

export const when = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

export function createPaper(options: PaperOptions): Paper {
  const document = begin(options);
  const written = bytesOf(document);
  const room = (height: number): void => {
    if (document.y + height > BOTTOM) document.addPage();
  };
  return {
    room,
    head: ({ over, title, lines }) => {
      document.font(FONTS.text).fontSize(9).fillColor(SOFT).text(shown(over.toUpperCase()), { characterSpacing: 1.2 });
      document.moveDown(0.4).font(FONTS.bold).fontSize(22).fillColor(INK).text(shown(title));
      document.moveDown(0.2).font(FONTS.text).fontSize(11).fillColor(SOFT);
      for (const line of lines) document.text(shown(line));
      rule(document);
    },
    rule: () => rule(document),
    heading: (title) => {
      room(HEADING_ROOM);
      document.font(FONTS.bold).fontSize(12.5).fillColor(INK);
      document.text(shown(title), MARGIN, document.y, { width: WIDTH });
      document.moveDown(0.35);
    },
    row: (label, value) => row(document, room, { label, value }),
    text: (text, tone = 'ink') => {
      document.moveDown(0.3).font(FONTS.text).fontSize(9.5);
      room(document.heightOfString(shown(text), { width: WIDTH }) + 4);
      document.fillColor(tone === 'ink' ? INK : SOFT).text(shown(text), MARGIN, document.y, { width: WIDTH });
    },
    finding: (finding) => writeFinding(document, room, finding),
    item: (number, item) => writeItem(document, room, { number, ...item }),
    code: (lines) => {
      document.moveDown(0.4).font('Courier').fontSize(8).fillColor(INK);
      for (const line of lines) document.text(line, MARGIN, document.y, { width: WIDTH });
    },
    end: () => {
      feet(document, options.foot);
      document.end();
      return written;
    },
  };
}

function begin({ title, author, subject, at, language = 'en-GB', files = [] }: PaperOptions): Document {
  const time = new Date(at);
  const info = {
    Title: title,
    Author: author,
    // In letters of any script, also of those that the page cannot show.
    Subject: subject,
    Creator: 'Cityward',
    Producer: 'Cityward',
    CreationDate: time,
    ModDate: time,
  };
  const page = { size: 'A4', margins: { top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN } };
  const document = new PDFDocument({ ...page, info, lang: language, bufferPages: true, displayTitle: true });
  useFonts(document);
  for (const { name, type, bytes } of files)
    document.file(Buffer.from(bytes), { creationDate: time, modifiedDate: time, name, type });
  return document;
}

async function bytesOf(document: Document): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of document) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function rule(document: Document): void {
  document.moveDown(0.7);
  document
    .moveTo(MARGIN, document.y)
    .lineTo(MARGIN + WIDTH, document.y)
    .lineWidth(0.7)
    .strokeColor(LINE)
    .stroke();
  document.moveDown(0.7);
}

type Room = (height: number) => void;

function row(document: Document, room: Room, { label, value }: { readonly label: string; readonly value: string }) {
  const width = WIDTH - LABEL_WIDTH;
  document.fontSize(9.5).font(FONTS.text);
  const height = document.heightOfString(shown(value), { width });
  room(height + 4);
  const { y } = document;
  document.fillColor(SOFT).text(shown(label), MARGIN, y, { width: LABEL_WIDTH - 10 });
  document.fillColor(INK).text(shown(value), MARGIN + LABEL_WIDTH, y, { width });
  document.y = y + height + 4;
  document.x = MARGIN;
}

function writeFinding(
  document: Document,
  room: Room,
  { isGood, title, state, text }: Parameters<Paper['finding']>[0],
): void {
  const words = shown(text);
  document.font(FONTS.text).fontSize(9.5);
  const width = WIDTH - INDENT;
  room(document.heightOfString(words, { width }) + 26);
  const top = document.y;
  mark(document, top + 4.5, isGood);
  document.font(FONTS.bold).fontSize(10).fillColor(INK);
  document.text(shown(title), MARGIN + INDENT, top, { continued: true });
  document
    .font(FONTS.text)
    .fillColor(isGood ? GREEN : AMBER)
    .text(shown(`  ${state}`));
  document
    .fontSize(9.5)
    .fillColor(INK)
    .text(words, MARGIN + INDENT, document.y, { width });
  document.moveDown(0.5);
  document.x = MARGIN;
}

/** A tick or a bar, never colour alone. */
function mark(document: Document, y: number, isGood: boolean): void {
  document.lineWidth(1.6).strokeColor(isGood ? GREEN : AMBER);
  if (isGood)
    document
      .moveTo(MARGIN + 1, y)
      .lineTo(MARGIN + 4.5, y + 3.5)
      .lineTo(MARGIN + 11, y - 4.5)
      .stroke();
  else
    document
      .moveTo(MARGIN + 1, y)
      .lineTo(MARGIN + 11, y)
      .stroke();
}

function writeItem(
  document: Document,
  room: Room,
  { number, text, id }: { readonly number: number; readonly text: string; readonly id: string },
): void {
  const width = WIDTH - INDENT;
  document.font(FONTS.text).fontSize(9.5);
  room(document.heightOfString(shown(text), { width }) + 18);
  const { y } = document;
  document.fillColor(SOFT).text(`${number}.`, MARGIN, y, { width: 18 });
  document.fillColor(INK).text(shown(text), MARGIN + INDENT, y, { width });
  document
    .fontSize(7.5)
    .fillColor(SOFT)
    .text(shown(id), MARGIN + INDENT, document.y, { width });
  document.moveDown(0.45);
  document.x = MARGIN;
}

function feet(document: Document, foot: string): void {
  const { start, count } = document.bufferedPageRange();
  for (let index = start; index < start + count; index++) {
    document.switchToPage(index);
    // Below the margin a text would open a new page.
    document.page.margins.bottom = 0;
    document.font(FONTS.text).fontSize(8).fillColor(SOFT);
    document.text(shown(`${foot} · page ${index + 1} of ${count}`), MARGIN, FOOT, {
      width: WIDTH,
      align: 'center',
      lineBreak: false,
    });
  }
}
