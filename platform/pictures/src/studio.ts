/** Draws documents and looks for marks, in processes of their own. */
import type { Refusal, Result } from '@cityward/kernel';
import type { PreparedPage } from './asked.ts';
import type { Wanted } from './draw/draw.ts';
import { createHelper } from './helper.ts';
import { lineOf, type Alphabet } from './line.ts';
import type { Said } from './mark/name.ts';
import { codeWord, patternOf } from './mark/pattern.ts';
import type { Prepared } from './prepare.ts';
import { stamp, type Line } from './stamp.ts';

export const DRAW_WITHIN_MS = 15_000;
export const SEARCH_WITHIN_MS = 120_000;
const IDLE_MS = 60_000;
/** Lines of the visible mark that are kept: one for each person who looks, and each minute. */
const LINES_MAX = 256;

/** What a page says about who looks: to the eye, and to whoever has the key. */
export interface Marks {
  readonly visible: string;
  readonly hidden: string;
}

export interface Studio {
  /** The page but for its marks. */
  draw(wanted: Wanted): Promise<Result<PreparedPage, Refusal>>;
  /** What `marked` needs for a visible mark, at hand from then on. */
  ready(visible: string): Promise<Result<Line, Refusal>>;
  /** A JPEG with both marks. Waits for nothing. */
  marked(page: Prepared, line: Line, hidden: string): Buffer;
  /** What a picture says where a mark may be; for `searchIn`. */
  search(picture: Uint8Array): Promise<Result<readonly Said[], Refusal>>;
  /** The code word of a hidden mark. */
  word(hidden: string): Buffer;
  stop(): Promise<void>;
  /** Of the process that draws, while there is one. */
  readonly pid: number | null;
}

export interface StudioOptions {
  /** Of the hidden mark: with it marks are made and found, so it lies where keys lie. */
  readonly key: Buffer;
  readonly drawWithinMs?: number;
}

export function createStudio({ key, drawWithinMs = DRAW_WITHIN_MS }: StudioOptions): Studio {
  const pattern = patternOf(key);
  const drawing = createHelper({ pattern, answerWithinMs: drawWithinMs, idleMs: IDLE_MS });
  const searching = createHelper({ pattern, answerWithinMs: SEARCH_WITHIN_MS, idleMs: IDLE_MS });
  const lines = new Map<string, Line>();
  let alphabet: Alphabet | null = null;
  const word = (hidden: string): Buffer => codeWord(key, hidden);
  return {
    draw: async (wanted) => {
      const drawn = await drawing.ask({ do: 'draw', wanted });
      return drawn.ok ? drawn.value : drawn;
    },
    ready: async (visible) => {
      const held = lines.get(visible);
      if (held) return { ok: true, value: held };
      if (!alphabet) {
        const letters = await drawing.ask({ do: 'letters' });
        if (!letters.ok) return letters;
        alphabet = new Map(letters.value);
      }
      const line = lineOf(visible, alphabet);
      lines.set(visible, line);
      if (lines.size > LINES_MAX) lines.delete(lines.keys().next().value!);
      return { ok: true, value: line };
    },
    marked: (page, line, hidden) => stamp(page, { line, word: word(hidden) }),
    search: async (picture) => {
      const places = await searching.ask({ do: 'search', picture });
      return places.ok ? places.value : places;
    },
    word,
    stop: async () => {
      await Promise.all([drawing.stop(), searching.stop()]);
    },
    get pid() {
      return drawing.pid;
    },
  };
}
