/** Firmware on its way to cameras: fetched once for all cameras of a site, kept while it is wanted, checked again as it is sent. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { folderDisk } from '../update/disk.ts';
import type { UpdaterParts, Wanted } from '../update/work.ts';
import type { Image } from './camera-asks.ts';

/** Kept for the cameras that follow; the ones that were longest not asked for make room. */
export const IMAGES_KEPT_MAX = 4;
export const DOCUMENT_MAX_BYTES = 262_144;
const NAME = /^[0-9a-f]{64}$/u;

/** The bytes are not what officers signed: no second try makes them so. */
export class WrongBytes extends Error {
  override readonly name = 'WrongBytes';
}

export interface Images {
  /** Fetches it unless it is here. Throws WrongBytes, or whatever the download throws. */
  image(wanted: Wanted, signal: AbortSignal): Promise<Image>;
  document(wanted: Wanted, signal: AbortSignal): Promise<string>;
}

/** Counts and hashes what passes, and lets no more pass than was signed. */
function gauge({ sha256, size }: Wanted, most: number) {
  const hash = createHash('sha256');
  let seen = 0;
  return {
    take: (piece: Uint8Array): void => {
      seen += piece.length;
      if (seen > most) throw new WrongBytes(`take "${sha256}": it is larger than the ${most} bytes allowed`);
      hash.update(piece);
    },
    check: (): void => {
      if (size !== 0 && seen !== size) throw new WrongBytes(`take "${sha256}": ${seen} bytes, ${size} were signed`);
      if (hash.digest('hex') !== sha256)
        throw new WrongBytes(`take "${sha256}": its hash is not the one that was signed`);
    },
  };
}

/** The last piece is held back until all of it was found right: a camera never gets the whole of anything else. */
async function* checked(path: string, wanted: Wanted): AsyncGenerator<Uint8Array> {
  const measured = gauge(wanted, wanted.size);
  let held: Uint8Array | null = null;
  for await (const piece of createReadStream(path)) {
    measured.take(piece as Buffer);
    if (held) yield held;
    held = piece as Buffer;
  }
  measured.check();
  if (held) yield held;
}

/** What is not right any more is fetched anew the next time. */
async function recheck(path: string, wanted: Wanted): Promise<void> {
  try {
    for await (const piece of checked(path, wanted)) void piece;
  } catch (fault) {
    rmSync(path, { force: true });
    throw fault;
  }
}

export function openImages(folder: string, download: UpdaterParts['download']): Images {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (name: string): string => join(folder, name);
  const underWay = new Map<string, Promise<void>>();
  const disk = folderDisk(folder);
  for (const name of readdirSync(folder)) if (!NAME.test(name)) rmSync(path(name), { force: true });

  const makeRoom = (): void => {
    const kept = readdirSync(folder).filter((name) => NAME.test(name));
    const byAge = kept.sort((a, b) => statSync(path(b)).mtimeMs - statSync(path(a)).mtimeMs);
    for (const name of byAge.slice(IMAGES_KEPT_MAX - 1)) rmSync(path(name), { force: true });
  };
  const fetchInto = async (wanted: Wanted, signal: AbortSignal): Promise<void> => {
    makeRoom();
    const fresh = `${wanted.sha256}.new`;
    const measured = gauge(wanted, wanted.size);
    disk.create(fresh);
    try {
      await download(
        wanted,
        (piece) => {
          measured.take(piece);
          disk.append(fresh, piece);
        },
        signal,
      );
      measured.check();
    } catch (fault) {
      disk.remove(fresh);
      throw fault;
    }
    disk.sync(fresh);
    disk.rename(fresh, wanted.sha256);
    disk.syncFolder();
  };
  return {
    image: async (wanted, signal) => {
      const { sha256, size } = wanted;
      if (!NAME.test(sha256)) throw new WrongBytes(`take "${sha256}": that is no hash`);
      if (!existsSync(path(sha256))) {
        // Several cameras wait for one download.
        const mine = underWay.get(sha256) ?? fetchInto(wanted, signal).finally(() => underWay.delete(sha256));
        underWay.set(sha256, mine);
        await mine;
      }
      utimesSync(path(sha256), new Date(), new Date());
      await recheck(path(sha256), wanted);
      return { size, open: () => checked(path(sha256), wanted) };
    },
    document: async (wanted, signal) => {
      const measured = gauge(wanted, DOCUMENT_MAX_BYTES);
      const pieces: Buffer[] = [];
      const write = (piece: Uint8Array): void => {
        measured.take(piece);
        pieces.push(Buffer.from(piece));
      };
      await download(wanted, write, signal);
      measured.check();
      return Buffer.concat(pieces).toString('utf8');
    },
  };
}
