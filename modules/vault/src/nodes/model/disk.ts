/** A journal's file that a crash leaves with what was synced, and with any part of what was not. */
import type { FileHandle } from 'node:fs/promises';
import type { Random } from '@cityward/kernel';

export class Disk {
  #synced = Buffer.alloc(0);
  #written = Buffer.alloc(0);

  crash(random: Random): void {
    const lost = this.#written.length - this.#synced.length;
    const kept = lost > 0 ? random.int(lost + 1) : 0;
    this.#written = Buffer.from(this.#written.subarray(0, this.#synced.length + kept));
    this.#synced = this.#written;
  }

  /** @param later when the disk gets to it */
  open(later: <T>(work: () => T) => Promise<T>): FileHandle {
    const file = {
      readFile: () => Promise.resolve(Buffer.from(this.#written)),
      appendFile: (bytes: Buffer) => later(() => void (this.#written = Buffer.concat([this.#written, bytes]))),
      datasync: () => later(() => void (this.#synced = this.#written)),
      truncate: (bytes: number) =>
        Promise.resolve(void (this.#written = Buffer.from(this.#written.subarray(0, bytes)))),
      close: () => Promise.resolve(),
    };
    return file as unknown as FileHandle;
  }
}
