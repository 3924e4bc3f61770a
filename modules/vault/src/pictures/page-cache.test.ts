/** Pages at hand: kept once, whoever draws them at the same time. */
import { describe, expect, it } from 'vitest';
import type { PreparedPage } from '@cityward/pictures';
import { PAGE_IDLE_MS, PageCache } from './page-cache.ts';

const PLACE = { record: 'rec-1', version: 1, page: 1 };
const BYTES = 64;
const drawn = (): PreparedPage => ({
  pages: 1,
  page: {
    colours: 'grey' as never,
    ...{ starts: new Uint32Array(0), coded: new Uint8Array(BYTES).fill(7), blocks: new Int16Array(0), chroma: null },
  },
});

describe('a page that two drew at once', () => {
  it('is at hand for whoever comes next, and counted once', () => {
    const cache = new PageCache(() => 0);
    const since = cache.generation;
    const [first, second] = [drawn(), drawn()];
    const uses = [first, second].map((one) => cache.keep(PLACE, one, { consent: 'con-1', since }));
    expect(uses.map((use) => use.drawn)).toEqual([first, second]);
    for (const use of uses) use.leave();
    // What was not kept is overwritten when it was used.
    expect([first.page.coded[0], second.page.coded[0]]).toEqual([7, 0]);
    expect(cache.use(PLACE, 'con-2')?.drawn).toBe(first);
    expect([cache.size, cache.bytes]).toEqual([1, BYTES]);
    cache.forgetSeenBy('con-1');
    expect([cache.size, cache.bytes, first.page.coded[0]]).toEqual([0, 0, 0]);
  });
  it('is not kept where something was forgotten since its content was opened', () => {
    const cache = new PageCache(() => 0);
    const since = cache.generation;
    cache.forget('rec-2');
    cache.keep(PLACE, drawn(), { consent: null, since }).leave();
    expect([cache.use(PLACE, null), cache.bytes]).toEqual([null, 0]);
  });
});

describe('a page that nobody asks for any more', () => {
  it('is overwritten, unless it is in use', () => {
    let now = 0;
    const cache = new PageCache(() => now);
    const page = drawn();
    const use = cache.keep(PLACE, page, { consent: null, since: cache.generation });
    now = PAGE_IDLE_MS;
    cache.sweep();
    expect(use.drawn).toBe(page);
    use.leave();
    cache.sweep();
    expect([cache.size, page.page.coded[0]]).toEqual([0, 0]);
  });
});
