/** Words onto pages: which text stands where, in which letters. */
import { refuse, ok, type Refusal, type Result } from '@cityward/kernel';
import { LINE_ROWS, lineRow } from '../prepare.ts';
import { BLOCK, PAGE_HEIGHT, PAGE_WIDTH } from '../size.ts';
import type { Paper, Part } from './paper.ts';

export const PAGES_MAX = 500;
/** Of one word: it is broken where it is longer. */
const WORD_MAX_CHARS = 400;
const MARGIN = 96;
const WIDTH = PAGE_WIDTH - 2 * MARGIN;
const BOTTOM = PAGE_HEIGHT - MARGIN;

export type Face = 'regular' | 'bold';
export interface Letters {
  readonly face: Face;
  readonly size: number;
}
export interface Item {
  readonly text: string;
  readonly x: number;
  /** Of the line on which the letters stand. */
  readonly y: number;
  readonly letters: Letters;
  readonly ink: 'black' | 'grey';
}
export interface Rule {
  readonly y: number;
}
export interface LaidPage {
  readonly items: Item[];
  readonly rules: Rule[];
}
export type Measure = (text: string, letters: Letters) => number;

const TITLE: Letters = { face: 'bold', size: 34 };
const HEADING: Letters = { face: 'bold', size: 25 };
const BODY: Letters = { face: 'regular', size: 22 };
const STRONG: Letters = { face: 'bold', size: 20 };
const LINE_SPACE = 1.4;
const NAME_WIDTH = 330;
const GAP = 24;

export function layOut(paper: Paper, measure: Measure): Result<LaidPage[], Refusal> {
  const sheet = new Sheet(measure);
  for (const part of paper) {
    put(sheet, part);
    if (sheet.pages.length > PAGES_MAX) return tooManyPages(`more than ${PAGES_MAX}`);
  }
  return ok(sheet.pages);
}
export const tooManyPages = (found: number | string): Result<never, Refusal> =>
  refuse('invalid', 'TOO_MANY_PAGES', `draw the document: it has ${found} pages, wanted at most ${PAGES_MAX}`);

function put(sheet: Sheet, part: Part): void {
  switch (part.is) {
    case 'title':
      sheet.paragraph(part.text, TITLE);
      return sheet.space(10);
    case 'heading':
      sheet.space(26);
      sheet.keep(120);
      sheet.paragraph(part.text, HEADING);
      return sheet.rule();
    case 'text':
      for (const line of part.text.split(/\r\n|\r|\n/)) sheet.paragraph(line, BODY);
      return sheet.space(10);
    case 'rows':
      for (const [name, value] of part.rows)
        sheet.row([
          { text: name, x: MARGIN, width: NAME_WIDTH, letters: STRONG, ink: 'grey' },
          { text: value, x: MARGIN + NAME_WIDTH + GAP, width: WIDTH - NAME_WIDTH - GAP, letters: BODY, ink: 'black' },
        ]);
      return;
    case 'table': {
      const width = (WIDTH + GAP) / part.head.length;
      const cells = (texts: readonly string[], letters: Letters, ink: Item['ink']): Cell[] =>
        texts.map((text, at) => ({ text, x: MARGIN + at * width, width: width - GAP, letters, ink }));
      sheet.row(cells(part.head, STRONG, 'grey'));
      for (const row of part.rows) sheet.row(cells(row, BODY, 'black'));
    }
  }
}

interface Cell {
  readonly text: string;
  readonly x: number;
  readonly width: number;
  readonly letters: Letters;
  readonly ink: Item['ink'];
}

class Sheet {
  readonly pages: LaidPage[] = [{ items: [], rules: [] }];
  readonly #measure: Measure;
  #y = MARGIN;

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  paragraph(text: string, letters: Letters): void {
    this.row([{ text, x: MARGIN, width: WIDTH, letters, ink: 'black' }]);
  }

  /** Cells side by side; what is too high for a page goes on on the next. */
  row(cells: readonly Cell[]): void {
    const broken = cells.map((cell) => ({ ...cell, lines: linesOf(cell, this.#measure) }));
    const height = Math.max(...broken.map(({ letters }) => letters.size)) * LINE_SPACE;
    const lines = Math.max(...broken.map((cell) => cell.lines.length));
    for (let line = 0; line < lines && this.pages.length <= PAGES_MAX; line++) {
      this.keep(height);
      this.#pass(height);
      this.#y += height;
      for (const { lines: texts, x, letters, ink } of broken) {
        const text = texts[line] ?? '';
        if (text !== '') this.#page().items.push({ text, x, y: this.#y - height * 0.25, letters, ink });
      }
    }
    this.space(4);
  }

  rule(): void {
    this.space(6);
    this.#page().rules.push({ y: this.#y });
    this.space(10);
  }

  space(height: number): void {
    this.#y += height;
  }

  /** On to a new page where there is no room for so much. */
  keep(height: number): void {
    if (this.#y + height <= BOTTOM) return;
    this.pages.push({ items: [], rules: [] });
    this.#y = MARGIN;
  }

  /** Past the line of the visible mark where it would run through the letters. */
  #pass(height: number): void {
    const [first, last] = [this.#y, this.#y + height].map((y) => Math.floor(y / BLOCK)) as [number, number];
    for (let row = first; row <= last; row++)
      if (lineRow(row) >= 0) {
        this.#y = (row - lineRow(row) + LINE_ROWS) * BLOCK;
        return this.keep(height);
      }
  }

  #page(): LaidPage {
    return this.pages.at(-1)!;
  }
}

/** The lines of a cell, broken between words, and within one that is too wide. */
function linesOf({ text, width, letters }: Cell, measure: Measure): string[] {
  const lines: string[] = [];
  const fits = (words: string): boolean => measure(words, letters) <= width;
  let line = '';
  for (const word of text.trimEnd().split(/(?<=\s)/u)) {
    if (fits((line + word).trimEnd())) {
      line += word;
      continue;
    }
    if (line !== '') lines.push(line.trimEnd());
    line = word;
    while (!fits(line.trimEnd())) {
      const head = longest(line.slice(0, WORD_MAX_CHARS), fits);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line.trimEnd()];
}

/** The longest beginning that fits; at least one character. */
function longest(word: string, fits: (part: string) => boolean): string {
  const characters = Array.from(word);
  let [low, high] = [1, characters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(characters.slice(0, middle).join(''))) low = middle;
    else high = middle - 1;
  }
  return characters.slice(0, low).join('');
}
