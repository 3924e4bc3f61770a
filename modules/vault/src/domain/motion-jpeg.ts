/** Motion JPEG, the film that many cameras give: JPEG pictures, one right after the other. Pure; each picture is decoded elsewhere. */

/** One hour at five a second, and more than 8 MiB hold. */
export const FRAMES_MAX = 18_000;
/** Fewer are a picture and no film. */
const FRAMES_MIN = 2;

const MARKER = 0xff;
const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
const STUFFED = 0x00;
const TEMPORARY = 0x01;
const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7;

/** Each picture's bytes, in order; `null` where anything else is in between, cut off, or too much. */
export function framesOf(content: Uint8Array): readonly Uint8Array[] | null {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = endOf(bytes, at);
    if (end === null || frames.length >= FRAMES_MAX) return null;
    frames.push(content.subarray(at, end));
    at = end;
  }
  return frames.length >= FRAMES_MIN ? frames : null;
}

/** Behind the picture that begins here. */
function endOf(bytes: Buffer, start: number): number | null {
  if (bytes[start] !== MARKER || bytes[start + 1] !== START) return null;
  let at = start + 2;
  for (;;) {
    if (bytes[at] !== MARKER) return null;
    while (bytes[at + 1] === MARKER) at++; // a marker may be filled up
    const code = bytes[at + 1];
    at += 2;
    if (code === undefined || code === START || code === STUFFED) return null;
    if (code === END) return at;
    if (code === TEMPORARY || isRestart(code)) continue;
    // Within a segment anything may stand, another picture too.
    const length = at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 0;
    if (length < 2) return null;
    at += length;
    if (code === SCAN) at = behindScan(bytes, at);
  }
}

/** Where the next marker is that is none of the scan's own. */
function behindScan(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(MARKER, start); at !== -1; at = bytes.indexOf(MARKER, at + 2)) {
    const code = bytes[at + 1];
    if (code !== undefined && code !== STUFFED && !isRestart(code)) return at;
  }
  return bytes.length;
}

/** As many of them as may be shown, over the whole film. */
export const stillsOf = <F>(frames: readonly F[], most: number): readonly F[] =>
  frames.length <= most
    ? frames
    : Array.from({ length: most }, (_, i) => frames[Math.floor((i * frames.length) / most)]!);
