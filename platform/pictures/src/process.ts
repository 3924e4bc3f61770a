/** A process that draws and reads pictures for the server: what a hostile document breaks or holds up is this process alone. */
import { ok, type Refusal, type Result } from '@cityward/kernel';
import type { Answered, Answers, Asked, PreparedPage } from './asked.ts';
import { inked, widthOf } from './draw/canvas.ts';
import { draw, type Wanted } from './draw/draw.ts';
import { lightOf } from './draw/light.ts';
import { LETTER_SIZE, LETTERS, LINE_HEIGHT } from './line.ts';
import type { Said } from './mark/name.ts';
import type { Pattern } from './mark/pattern.ts';
import { placesIn } from './mark/search.ts';
import { prepare, transformed, type Signed } from './prepare.ts';

let pattern: Pattern | null = null;
let signed: Signed | null = null;

async function prepared(wanted: Wanted): Promise<Result<PreparedPage, Refusal>> {
  const drawn = await draw(wanted);
  wanted.content.fill(0);
  if (!drawn.ok) return drawn;
  const { luma, chroma } = drawn.value.drawn;
  const page = prepare({ luma, chroma }, signed!);
  luma.fill(0);
  chroma?.forEach((plane) => plane.fill(0));
  return ok({ pages: drawn.value.pages, page });
}

async function search(picture: Uint8Array): Promise<Result<readonly Said[], Refusal>> {
  const light = await lightOf(picture);
  return light.ok ? ok(placesIn(light.value, pattern!)) : light;
}

const letters = (): Answers['letters'] =>
  LETTERS.map((letter) => {
    const width = Math.max(1, Math.ceil(widthOf(letter, LETTER_SIZE)));
    return [letter, { width, ink: inked(letter, LETTER_SIZE, [width, LINE_HEIGHT]) }];
  });

async function answerTo(asked: Asked): Promise<Answers[keyof Answers]> {
  switch (asked.do) {
    case 'pattern':
      pattern = asked.pattern;
      signed = transformed(pattern);
      return null;
    case 'letters':
      return letters();
    case 'draw':
      return prepared(asked.wanted);
    case 'search':
      return search(asked.picture);
  }
}

process.on('message', (asked: Asked) => {
  void answerTo(asked).then((answer) => process.send!({ id: asked.id, answer } satisfies Answered));
});
// Without the server nobody reads what it draws.
process.on('disconnect', () => process.exit(0));
