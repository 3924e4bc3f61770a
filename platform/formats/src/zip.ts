/** Zip files in one canonical form: stored, sorted, without times. Any other spelling of the same files is refused. */
import { crc32 } from 'node:zlib';

const LOCAL = 0x04_03_4b_50;
const CENTRAL = 0x02_01_4b_50;
const END = 0x06_05_4b_50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const VERSION = 20;
/** 1 January 1980, midnight: packs say when things happened inside, under proof. */
const DATE = 0x0021;
export const ZIP_FILES_MAX = 65_535;
export const ZIP_MAX_BYTES = 0xffff_ffff;
const NAME_MAX_BYTES = 200;

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/** What local and central header share: version, flags, method, time, date, checksum, sizes, length of the name. */
function writeFacts(header: Buffer, at: number, file: { readonly name: string; readonly bytes: Uint8Array }): void {
  header.writeUInt16LE(VERSION, at);
  header.writeUInt16LE(DATE, at + 8);
  header.writeUInt32LE(crc32(file.bytes), at + 10);
  header.writeUInt32LE(file.bytes.length, at + 14);
  header.writeUInt32LE(file.bytes.length, at + 18);
  header.writeUInt16LE(file.name.length, at + 22);
}

/** Throws on names that are not plain ASCII, and beyond the format's limits. */
export function writeZip(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  if (files.size > ZIP_FILES_MAX) throw new Error(`write a zip: ${files.size} files, at most ${ZIP_FILES_MAX} fit`);
  for (const [name, bytes] of [...files].sort(byName)) {
    if (!/^[A-Za-z0-9._/-]{1,200}$/.test(name))
      throw new Error(`write a zip: ${JSON.stringify(name)} is no plain name`);
    const local = Buffer.alloc(LOCAL_BYTES);
    local.writeUInt32LE(LOCAL, 0);
    writeFacts(local, 4, { name, bytes });
    const entry = Buffer.alloc(CENTRAL_BYTES);
    entry.writeUInt32LE(CENTRAL, 0);
    entry.writeUInt16LE(VERSION, 4);
    writeFacts(entry, 6, { name, bytes });
    entry.writeUInt32LE(offset, 42);
    const nameBytes = Buffer.from(name, 'latin1');
    parts.push(local, nameBytes, bytes);
    central.push(entry, nameBytes);
    offset += LOCAL_BYTES + name.length + bytes.length;
    if (offset > ZIP_MAX_BYTES) throw new Error('write a zip: it would pass 4 GiB');
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** The files of a zip as `writeZip` writes it; `null` for any other bytes, were it one bit. */
export function readZip(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> | null {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + LOCAL_BYTES <= zip.length && zip.readUInt32LE(at) === LOCAL) {
    const [length, nameLength] = [zip.readUInt32LE(at + 22), zip.readUInt16LE(at + 26)];
    const from = at + LOCAL_BYTES + nameLength;
    if (nameLength > NAME_MAX_BYTES || from + length > zip.length || files.size >= ZIP_FILES_MAX) return null;
    const name = zip.toString('latin1', at + LOCAL_BYTES, from);
    if (files.has(name)) return null;
    files.set(name, zip.subarray(from, from + length));
    at = from + length;
  }
  try {
    return writeZip(files).equals(zip) ? files : null;
  } catch {
    return null;
  }
}
