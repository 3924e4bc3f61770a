/** Appends without end and prints each acknowledged position and payload; its parent kills it. */
import { writeSync } from 'node:fs';
import { openStream } from './stream.ts';

const stream = await openStream({ folder: process.argv[2]!, segmentMaxBytes: 100_000 });
const STANDARD_OUTPUT = 1;
const IN_FLIGHT = 64;
let sent = 0;

const sendOne = (): void => {
  const text = `${process.pid}-${sent++}`;
  stream.appendThen(Buffer.from(text.padEnd(150, '.')), (error, position) => {
    // Synchronous: what the parent has read was acknowledged, and no acknowledgement waits in a buffer of this process.
    if (!error) writeSync(STANDARD_OUTPUT, `${position} ${text}\n`);
    sendOne();
  });
};
for (let i = 0; i < IN_FLIGHT; i++) sendOne();
