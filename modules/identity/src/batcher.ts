/** Group commit: what arrives while one write is under way goes together into the next. */

/** Resolves when the batch that holds the item was written; rejects with that batch's fault. */
export type Batcher<T> = (item: T) => Promise<void>;

export function createBatcher<T>(write: (items: readonly T[]) => Promise<void>, itemsMax: number): Batcher<T> {
  let waiting: { item: T; resolve: () => void; reject: (fault: Error) => void }[] = [];
  let running = false;

  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, itemsMax);
      waiting = waiting.slice(itemsMax);
      try {
        await write(batch.map((entry) => entry.item));
        for (const entry of batch) entry.resolve();
      } catch (fault) {
        for (const entry of batch) entry.reject(fault as Error);
      }
    }
    running = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void run();
    });
}
