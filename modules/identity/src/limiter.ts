/** Counts failures per key in a window and says when somebody must wait; its memory is bounded. */

export interface Limiter {
  /** Milliseconds to wait before the next attempt of this key; 0 for none. */
  waitMs(key: string, now: number): number;
  /** Counts one failed attempt. */
  failed(key: string, now: number): void;
  /** Forgets the key after a success. */
  succeeded(key: string): void;
}

export interface LimiterOptions {
  readonly failuresMax: number;
  readonly windowMs: number;
  /** Keys remembered at most; the oldest is forgotten first. */
  readonly keysMax: number;
}

export function createLimiter({ failuresMax, windowMs, keysMax }: LimiterOptions): Limiter {
  const windows = new Map<string, { began: number; failures: number }>();
  return {
    waitMs: (key, now) => {
      const window = windows.get(key);
      if (!window || window.failures < failuresMax) return 0;
      return Math.max(0, window.began + windowMs - now);
    },
    failed: (key, now) => {
      const window = windows.get(key);
      if (window && now - window.began < windowMs) {
        window.failures++;
        return;
      }
      windows.delete(key);
      const oldest = windows.size >= keysMax ? windows.keys().next() : null;
      if (oldest && !oldest.done) windows.delete(oldest.value);
      windows.set(key, { began: now, failures: 1 });
    },
    succeeded: (key) => void windows.delete(key),
  };
}
