/** One clock for hundreds of devices: what is due is kept in a heap and run by a single timer. */

const TICK_MS = 100;
/** What is run in one go before others get the processor. */
const RUN_MAX = 500;

interface Due {
  readonly at: number;
  readonly run: (now: number) => void;
}
export interface Schedule {
  /** Runs once at the time (milliseconds since 1970), or soon after when that is past. */
  at(time: number, run: (now: number) => void): void;
  readonly size: number;
  start(): void;
  stop(): void;
  /** Runs what is due; for tests, which bring their own clock. */
  tick(now: number): void;
}

/** A binary heap, the earliest first. */
function dueHeap() {
  const heap: Due[] = [];
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j]!, heap[i]!];
  };
  const sink = (): void => {
    for (let i = 0; ;) {
      let least = i;
      for (const below of [2 * i + 1, 2 * i + 2]) {
        if (below < heap.length && heap[below]!.at < heap[least]!.at) least = below;
      }
      if (least === i) return;
      swap(i, least);
      i = least;
    }
  };
  return {
    put: (due: Due): void => {
      heap.push(due);
      for (let i = heap.length - 1; i > 0;) {
        const up = (i - 1) >> 1;
        if (heap[up]!.at <= heap[i]!.at) return;
        swap(i, up);
        i = up;
      }
    },
    /** The earliest, when its time has come. */
    take: (now: number): Due | null => {
      const first = heap[0];
      if (!first || first.at > now) return null;
      const last = heap.pop()!;
      if (heap.length > 0) {
        heap[0] = last;
        sink();
      }
      return first;
    },
    size: (): number => heap.length,
    clear: (): void => {
      heap.length = 0;
    },
  };
}

/** @param onFault what to do with an exception of a due step; the others go on */
export function createSchedule(onFault: (fault: unknown) => void): Schedule {
  const heap = dueHeap();
  let timer: NodeJS.Timeout | null = null;
  const tick = (now: number): void => {
    for (let run = 0; run < RUN_MAX; run++) {
      const due = heap.take(now);
      if (!due) return;
      try {
        due.run(now);
      } catch (fault) {
        onFault(fault);
      }
    }
  };
  return {
    at: (time, run) => heap.put({ at: time, run }),
    get size() {
      return heap.size();
    },
    start: () => {
      timer ??= setInterval(() => tick(Date.now()), TICK_MS);
    },
    stop: () => {
      if (timer) clearInterval(timer);
      timer = null;
      heap.clear();
    },
    tick,
  };
}
