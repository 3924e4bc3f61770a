/** The studio over real documents, good and bad, in its real process. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createHelper } from './helper.ts';
import { searchIn } from './mark/search.ts';
import { patternOf } from './mark/pattern.ts';
import { createStudio } from './studio.ts';
import { sizeInMemory, wipe } from './prepare.ts';
import { createCanvas, pdfOf } from './testing.ts';
import type { Wanted } from './draw/draw.ts';
import { lightOf } from './draw/light.ts';

const KEY = Buffer.alloc(32, 3);
const studio = createStudio({ key: KEY });
afterAll(() => studio.stop());

const drawn = async (media: Wanted['media'], content: Buffer | string, page = 1) => {
  const answer = await studio.draw({ media, content: Buffer.from(content), page });
  return answer.ok ? { pages: answer.value.pages, colours: answer.value.page.colours } : answer.error.code;
};
const picture = async (type: 'png' | 'jpeg', colour: string): Promise<Buffer> => {
  const canvas = createCanvas(40, 30);
  const context = canvas.getContext('2d');
  context.fillStyle = colour;
  context.fillRect(0, 0, 40, 30);
  return type === 'png' ? canvas.encode('png') : canvas.encode('jpeg');
};

describe('a document', () => {
  it('is drawn, whatever it is', async () => {
    expect(await drawn('application/fhir+json', '{"resourceType":"Observation","status":"final"}')).toEqual({
      pages: 1,
      colours: 'grey',
    });
    expect(await drawn('application/json', JSON.stringify(Array.from({ length: 100 }, (_, at) => at)), 2)).toEqual({
      pages: 3,
      colours: 'grey',
    });
    expect(await drawn('text/plain', 'Kia ora, Māia')).toEqual({ pages: 1, colours: 'grey' });
    expect(await drawn('application/pdf', pdfOf(['first', 'second']), 2)).toEqual({ pages: 2, colours: 'grey' });
    expect(await drawn('image/png', await picture('png', '#c02020'))).toEqual({ pages: 1, colours: 'colour' });
    expect(await drawn('image/jpeg', await picture('jpeg', '#404040'))).toEqual({ pages: 1, colours: 'grey' });
  }, 120_000);

  it.each<[string, Wanted['media'], () => Buffer | string]>([
    ['NOT_DRAWN', 'application/pdf', () => '%PDF-1.7 and nothing more'],
    ['NOT_DRAWN', 'application/pdf', () => pdfOf(['cut']).subarray(0, 60)],
    ['TOO_MANY_PAGES', 'application/pdf', () => pdfOf(Array.from({ length: 10_000 }, () => 'x'))],
    ['NOT_DRAWN', 'image/png', () => createCanvas(20, 20).toBuffer('image/png').subarray(0, 50)],
    ['NOT_DRAWN', 'image/jpeg', () => Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1])],
    ['NOT_DRAWN', 'application/json', () => '{'],
  ])(
    'is refused with %s where it cannot be drawn: %s',
    async (code, media, content) => {
      expect(await drawn(media, content())).toBe(code);
    },
    60_000,
  );
});

describe('a page that a document does not have', () => {
  it.each<[Wanted['media'], () => Buffer | string]>([
    ['text/plain', () => 'one page'],
    ['application/pdf', () => pdfOf(['one'])],
    ['image/png', () => createCanvas(2, 2).toBuffer('image/png')],
  ])(
    'is refused: %s',
    async (media, content) => {
      expect(await drawn(media, content(), 2)).toBe('NO_SUCH_PAGE');
    },
    60_000,
  );
});

describe('a drawn page', () => {
  it('carries both marks, and nothing of it is left when it is wiped', async () => {
    const answer = await studio.draw({ media: 'text/plain', content: Buffer.from('words '.repeat(300)), page: 1 });
    const line = await studio.ready('Ben Carter · treatment · 15 January 2027 09:30');
    if (!answer.ok || !line.ok) throw new Error('not drawn');
    const { page } = answer.value;
    const shown = studio.marked(page, line.value, 'session-1');
    const light = await lightOf(shown);
    expect(light).toMatchObject({ ok: true, value: { width: 1_240, height: 1_754 } });
    // The visible mark is darker than the paper around it.
    const plain = await lightOf(studio.marked(page, new Int16Array(line.value.length), 'session-1'));
    const ink = (of: typeof light): number =>
      of.ok ? of.value.light.subarray(16 * 1_240, 40 * 1_240).reduce((a, b) => a + b) : 0;
    expect(ink(plain) - ink(light)).toBeGreaterThan(100_000);
    const places = await studio.search(shown);
    const search = searchIn<string>(places.ok ? places.value : []);
    for (const name of ['session-0', 'session-1', 'session-2']) search.try(name, studio.word(name));
    expect(search.found().map(({ name }) => name)).toEqual(['session-1']);
    expect(sizeInMemory(page)).toBeGreaterThan(100_000);
    wipe(page);
    for (const bytes of [page.coded, page.blocks, page.starts]) expect(bytes.every((byte) => byte === 0)).toBe(true);
  }, 120_000);

  it('reads who looks in letters of te reo Māori too', async () => {
    const [with_, without] = [await studio.ready('Māia'), await studio.ready('Maia')];
    expect(with_.ok && without.ok && Buffer.from(with_.value.buffer).equals(Buffer.from(without.value.buffer))).toBe(
      false,
    );
  });
});

describe('what draws', () => {
  it('is told nothing of the server, and leaves no memory dump', async () => {
    process.env['CITYWARD_CANARY'] = 'canary-4711';
    await drawn('text/plain', 'x');
    const { pid } = studio;
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('4711');
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max core file size\s+0\s+0/);
    delete process.env['CITYWARD_CANARY'];
  }, 60_000);

  it('is started again when a document broke it', async () => {
    await drawn('text/plain', 'x');
    const waiting = drawn('text/plain', 'word '.repeat(20_000));
    process.kill(studio.pid!, 'SIGKILL');
    expect(await waiting).toBe('NOT_DRAWN');
    expect(await drawn('text/plain', 'x')).toEqual({ pages: 1, colours: 'grey' });
  }, 60_000);

  it('is ended when it takes too long', async () => {
    const helper = createHelper({ pattern: patternOf(KEY), answerWithinMs: 60_000, idleMs: 60_000 });
    await helper.ask({ do: 'letters' });
    const { pid } = helper;
    const stuck = createHelper({ pattern: patternOf(KEY), answerWithinMs: 1, idleMs: 60_000 });
    const wanted = { media: 'text/plain', content: Buffer.from('word '.repeat(50_000)), page: 1 } as const;
    expect(await stuck.ask({ do: 'draw', wanted })).toMatchObject({ ok: false, error: { code: 'DRAWING_TOO_LONG' } });
    expect(stuck.pid).toBeNull();
    await helper.stop();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  }, 60_000);
});
