/** Keeps a flood out of the log: of the same thing by the same one, a line at once and then one a minute with how many there were. */
import type { Log } from './index.ts';

const PERIOD_MS = 60_000;
/** Pairs of what and who that are told apart in a minute; what is more is told together. */
const KEYS_MAX = 500;
const WHO_MAX_CHARS = 100;
const OTHERS = 'others';

export interface ThinKey {
  readonly what: string;
  /** Who caused it: a device, an address. May come from a stranger. */
  readonly who: string;
}
type Fields = Readonly<Record<string, unknown>>;
export interface ThinLog {
  error(key: ThinKey, fields?: Fields): void;
  warn(key: ThinKey, fields?: Fields): void;
  info(key: ThinKey, fields?: Fields): void;
  /** Tells what was left out, and ends. */
  stop(): void;
}
export interface ThinOptions {
  readonly clock?: () => number;
  /** Calls back again and again until the answer is called; for tests. Default: an interval that keeps no process alive. */
  readonly every?: (ms: number, act: () => void) => () => void;
}

interface Kept {
  readonly level: 'error' | 'warn' | 'info';
  readonly key: ThinKey;
  began: number;
  leftOut: number;
}

const byInterval = (ms: number, act: () => void): (() => void) => {
  const timer = setInterval(act, ms).unref();
  return () => clearInterval(timer);
};

/** Thins what goes through it; `log` itself stays as it is. */
export function thinned(log: Log, { clock = Date.now, every = byInterval }: ThinOptions = {}): ThinLog {
  const kept = new Map<string, Kept>();
  let cease: (() => void) | null = null;
  const sweep = (all: boolean): void => {
    const now = clock();
    for (const [name, one] of kept) {
      if (!all && now - one.began < PERIOD_MS) continue;
      if (one.leftOut > 0) log[one.level](one.key.what, { who: one.key.who, leftOut: one.leftOut });
      // One that goes on gets no line at once again, but one at the end of each minute.
      if (one.leftOut > 0 && !all) [one.began, one.leftOut] = [now, 0];
      else kept.delete(name);
    }
    if (kept.size > 0) return;
    cease?.();
    cease = null;
  };
  const tell =
    (level: Kept['level']) =>
    ({ what, who }: ThinKey, fields: Fields = {}): void => {
      let key = { what, who: who.slice(0, WHO_MAX_CHARS) };
      let name = `${level} ${what} ${key.who}`;
      if (!kept.has(name) && kept.size >= KEYS_MAX) {
        key = { what, who: OTHERS };
        name = `${level} ${what} ${OTHERS}`;
      }
      const one = kept.get(name);
      if (one) return void one.leftOut++;
      kept.set(name, { level, key, began: clock(), leftOut: 0 });
      cease ??= every(PERIOD_MS, () => sweep(false));
      log[level](what, { who: key.who, ...fields });
    };
  return { error: tell('error'), warn: tell('warn'), info: tell('info'), stop: () => sweep(true) };
}
