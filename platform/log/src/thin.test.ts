/** What a flood leaves in the log. */
import { describe, expect, it } from 'vitest';
import { createLog } from './index.ts';
import { thinned } from './thin.ts';

const MINUTE_MS = 60_000;
function world() {
  let now = 0;
  let strike: (() => void) | null = null;
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    level: 'info',
    write: (line) => {
      const { time: _, level: __, ...rest } = JSON.parse(line) as Record<string, unknown>;
      lines.push(rest);
    },
  });
  const thin = thinned(log, {
    clock: () => now,
    every: (_ms, act) => {
      strike = act;
      return () => void (strike = null);
    },
  });
  const pass = (ms: number): void => {
    now += ms;
    strike?.();
  };
  return { thin, lines, pass, ticking: () => strike !== null };
}

describe('a thinned log', () => {
  it('tells the first at once and the rest once a minute, with how many they were', () => {
    const { thin, lines, pass } = world();
    for (let i = 0; i < 1_000; i++) thin.info({ what: 'refused', who: 'cam-0001' }, { reason: `no ${i}` });
    expect(lines).toEqual([{ who: 'cam-0001', reason: 'no 0', msg: 'refused' }]);
    pass(MINUTE_MS);
    expect(lines.slice(1)).toEqual([{ who: 'cam-0001', leftOut: 999, msg: 'refused' }]);
    for (let i = 0; i < 5; i++) thin.info({ what: 'refused', who: 'cam-0001' });
    expect(lines).toHaveLength(2);
    pass(MINUTE_MS);
    expect(lines[2]).toMatchObject({ leftOut: 5 });
  });
  it('tells others, and other things, apart', () => {
    const { thin, lines } = world();
    for (const who of ['a', 'b', 'a', 'b']) for (const what of ['x', 'y']) thin.warn({ what, who });
    expect(lines.map(({ msg, who }) => `${String(msg)} ${String(who)}`)).toEqual(['x a', 'y a', 'x b', 'y b']);
  });
  it('is quiet again after a quiet minute, and rests', () => {
    const { thin, lines, pass, ticking } = world();
    thin.info({ what: 'refused', who: 'a' });
    pass(MINUTE_MS);
    expect(ticking()).toBe(false);
    thin.info({ what: 'refused', who: 'a' });
    expect(lines).toHaveLength(2);
  });
  it('tells a crowd of strangers together', () => {
    const { thin, lines, pass } = world();
    for (let i = 0; i < 10_000; i++) thin.info({ what: 'refused', who: `stranger ${i}${'x'.repeat(1_000)}` });
    expect(lines.length).toBeLessThanOrEqual(501);
    expect(String(lines[0]!['who']).length).toBeLessThanOrEqual(100);
    pass(MINUTE_MS);
    expect(lines.at(-1)).toEqual({ who: 'others', leftOut: 9_499, msg: 'refused' });
  });
  it('tells what is left when it is stopped', () => {
    const { thin, lines, ticking } = world();
    for (let i = 0; i < 3; i++) thin.error({ what: 'fault', who: 'a' });
    thin.stop();
    expect(lines.at(-1)).toMatchObject({ leftOut: 2 });
    expect(ticking()).toBe(false);
  });
});
