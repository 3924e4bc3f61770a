/** Artifacts on their way to devices that poll: read from the objects as fast as each takes them, for so many at a time. */
import { createHash } from 'node:crypto';
import { contentReply, type RawReply, type RawRequest } from '@cityward/http';
import { OperationalFault } from '@cityward/kernel';
import type { ObjectBytes } from '@cityward/objects';
import type { Desk } from './desk.ts';
import type { PolledDevice } from './polled-order.ts';

/** Of all devices together. Each holds an open file and some 64 KiB. */
export const DOWNLOADS_MAX = 1_000;
/** Of one device: a client that goes on where it was cut off may find its old answer still under way. */
export const DOWNLOADS_PER_DEVICE_MAX = 4;
const KEPT_MAX = 10_000;

/** What devices are told of an artifact beside what officers signed of it. */
export interface Sums {
  readonly sha1: string;
  readonly md5: string;
}
export interface Found extends Sums {
  readonly hash: string;
  readonly bytes: ObjectBytes;
}
export interface Contents {
  /** Null when there is none of that hash. Throws an OperationalFault when its bytes have changed on disk. */
  find(hash: string): Promise<Found | null>;
  /** Null when there are as many answers under way as there may be: nothing more is to be offered before some end. */
  send(device: PolledDevice, content: ObjectBytes & { readonly tag: string }, request: RawRequest): RawReply | null;
  /** Whether one more device may begin to download. */
  hasRoom(): boolean;
}

export function createContents(desk: Pick<Desk, 'source'>, atOnceMax = DOWNLOADS_MAX): Contents {
  const sums = new Map<string, Promise<Sums>>();
  let underWay = 0;
  const sumsOf = (hash: string, bytes: ObjectBytes): Promise<Sums> => {
    const held = sums.get(hash);
    if (held) return held;
    if (sums.size >= KEPT_MAX) sums.clear();
    const summing = sum(hash, bytes);
    sums.set(hash, summing);
    summing.catch(() => sums.delete(hash));
    return summing;
  };
  return {
    find: async (hash) => {
      const bytes = await desk.source(hash);
      return bytes && { hash, bytes, ...(await sumsOf(hash, bytes)) };
    },
    hasRoom: () => underWay < atOnceMax,
    send: (device, content, request) => {
      if (underWay >= atOnceMax || device.downloads >= DOWNLOADS_PER_DEVICE_MAX) return null;
      const read: ObjectBytes['read'] = (range) => {
        underWay++;
        device.downloads++;
        return content.read(range).once('close', () => {
          underWay--;
          device.downloads--;
        });
      };
      return contentReply({ ...content, read }, request);
    },
  };
}

/** Once for each artifact, piece by piece. What goes out later is checked by the device; what has rotted is noticed here, by us. */
async function sum(hash: string, bytes: ObjectBytes): Promise<Sums> {
  const [sha256, sha1, md5] = ['sha256', 'sha1', 'md5'].map((algorithm) => createHash(algorithm)) as [
    ReturnType<typeof createHash>,
    ReturnType<typeof createHash>,
    ReturnType<typeof createHash>,
  ];
  for await (const piece of bytes.read() as AsyncIterable<Buffer>)
    for (const digest of [sha256, sha1, md5]) digest.update(piece);
  if (sha256.digest('hex') !== hash)
    throw new OperationalFault(`send object "${hash}": its bytes have changed on disk`);
  return { sha1: sha1.digest('hex'), md5: md5.digest('hex') };
}
