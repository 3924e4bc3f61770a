/** Ids as they are made (`newId`) in ten bytes: a prefix that all of them have, and sixteen letters of five bits each. */

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 16;
export const SHORT_ID_BYTES = 10;
const VALUES = new Int8Array(128).fill(-1);
for (const [value, letter] of [...LETTERS].entries()) VALUES[letter.charCodeAt(0)] = value;

/** Writes the id into the bytes; `false` where it is none of these. */
export function packId(id: string, prefix: string, bytes: Uint8Array): boolean {
  if (id.length !== prefix.length + LENGTH || !id.startsWith(prefix)) return false;
  let [held, bits, at] = [0, 0, 0];
  for (let i = prefix.length; i < id.length; i++) {
    const value = VALUES[id.charCodeAt(i)] ?? -1;
    if (value < 0) return false;
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >>> bits) & 0xff;
  }
  return true;
}

export function unpackId(bytes: Uint8Array, prefix: string): string {
  let text = prefix;
  let [held, bits] = [0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += LETTERS[(held >>> bits) & 31];
    }
  }
  return text;
}
