/** Random bytes, drawn many at once: thousands of pages want a few each, all the time. */
import { randomFillSync } from 'node:crypto';

const STOCK_BYTES = 4_096;
const stock = Buffer.alloc(STOCK_BYTES);
let next = STOCK_BYTES;

/** Handed out once: no trace of them stays behind. At most 4,096. */
export function drawn(bytes: number): Buffer {
  if (next + bytes > STOCK_BYTES) {
    randomFillSync(stock);
    next = 0;
  }
  const from = stock.subarray(next, next + bytes);
  next += bytes;
  const taken = Buffer.alloc(bytes, from);
  from.fill(0);
  return taken;
}
