/** A slot file in memory that can lose what was not synced, stop at any call, or be full. */
import type { SlotFile } from './key-slots.ts';

export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export class TornFile {
  /** What a start after the stop would read. */
  #durable: Buffer = Buffer.alloc(0);
  #written: Buffer = Buffer.alloc(0);
  #calls = 0;
  /** Everything that was ever on the medium. */
  readonly history: Buffer[] = [];
  /** The call at which the process ends; none by itself. */
  stopAt = Infinity;
  /** Bytes that fit. */
  capacity = Infinity;
  failSync = false;

  get calls(): number {
    return this.#calls;
  }
  get durable(): Buffer {
    return this.#durable;
  }

  /** After a stop: what was written and not synced is there, or not, or the first part of it. */
  afterStop(kept: 'nothing' | 'all' | 'half'): void {
    if (kept === 'all') this.#durable = Buffer.from(this.#written);
    if (kept === 'half') this.#durable = this.#half();
    this.#written = Buffer.from(this.#durable);
    this.#calls = 0;
    this.stopAt = Infinity;
  }

  /** A disk writes whole sectors: those of even number went out, the others did not. */
  #half(): Buffer {
    const sector = 512;
    const mixed = Buffer.alloc(this.#written.length);
    this.#durable.copy(mixed);
    for (let at = 0; at < mixed.length; at += 2 * sector)
      this.#written.copy(mixed, at, at, Math.min(at + sector, mixed.length));
    return mixed;
  }

  readonly open = (): Promise<SlotFile> => {
    const step = (): void => {
      if (++this.#calls >= this.stopAt) throw new Stopped(`call ${this.#calls}`);
    };
    return Promise.resolve({
      read: (into, from) => Promise.resolve(this.#written.copy(into, 0, from)),
      write: async (bytes, at) => {
        await Promise.resolve();
        step();
        if (at + bytes.length > this.capacity) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        if (at + bytes.length > this.#written.length) {
          const grown = Buffer.alloc(at + bytes.length);
          this.#written.copy(grown);
          this.#written = grown;
        }
        bytes.copy(this.#written, at);
      },
      datasync: async () => {
        await Promise.resolve();
        step();
        if (this.failSync) throw new Error('EIO');
        this.#durable = Buffer.from(this.#written);
        this.history.push(this.#durable);
      },
      truncate: async (bytes) => {
        await Promise.resolve();
        step();
        this.#written = Buffer.from(this.#written.subarray(0, bytes));
      },
      size: () => Promise.resolve(this.#written.length),
      close: () => Promise.resolve(),
    });
  };

  /** Changes what lies on the medium, as a failing disk or a stranger would. */
  alter(at: number, by: number): void {
    this.#written[at]! ^= by;
    this.#durable[at]! ^= by;
  }
}
