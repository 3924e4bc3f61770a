/** Brings what officers signed into the free slot: every byte is counted and hashed on its way, and labelled only when all are right. */
import { createHash } from 'node:crypto';
import { MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import { advance, end, type Target } from './progress.ts';
import { freeSlot, imageName, readBoot, removeLabel, tryNext, verifiedLabel, writeLabel } from './slots.ts';
import type { Part, SlotName } from './slots.ts';
import { DownloadFault, type Work } from './work.ts';

export const DOWNLOAD_TRIES_MAX = 6;
const DOWNLOAD_AGAIN_MS = 2 * SECOND_MS;
const DOWNLOAD_AGAIN_MAX_MS = MINUTE_MS;
export const DOCUMENT_MAX_BYTES = 262_144;

/** The bytes are not what the order names: no second try makes them so. */
class WrongBytes extends Error {
  override readonly name = 'WrongBytes';
}

/** Downloads unless the free slot holds it already; false when the next start tries it, true when it has failed. */
export async function install(work: Work, target: Target): Promise<boolean> {
  const { disk } = work.parts;
  const { part, label } = target;
  const record = readBoot(disk);
  const slot = freeSlot(record?.[part] ?? { active: null, trying: null });
  if (verifiedLabel(disk, part, slot)?.sha256 !== label.sha256) {
    const fault = await fetchInto(work, target, slot);
    if (work.signal.aborted) return false;
    if (fault !== null) {
      work.keep(end(work.saved, { ...work.said(), state: 'failed', reason: fault }));
      return true;
    }
  } else if (work.saved.now?.step !== 'installing') work.keep(advance(work.saved, 'installing', work.said()));
  return restartInto(work, part, slot);
}

/** The new one lies in its slot under its label: the next start tries it. */
function restartInto(work: Work, part: Part, slot: SlotName): false {
  tryNext(work.parts.disk, part, slot);
  work.keep(advance(work.saved, 'restarting', work.said()));
  work.parts.restart();
  return false;
}

/** Null once the slot holds it, labelled; else why it never will. */
async function fetchInto(work: Work, target: Target, slot: SlotName): Promise<string | null> {
  const { parts, signal } = work;
  if (work.saved.now?.step !== 'downloading') work.keep(advance(work.saved, 'downloading', work.said()));
  for (let tries = 1; ; tries++) {
    if (work.withdrawal.signal.aborted) return 'taken back by the city before it was installed';
    if (parts.clock() > (work.saved.now?.notAfter ?? 0)) return 'its time was over before it was downloaded';
    try {
      const size = await download(work, target, slot);
      work.keep(advance(work.saved, 'installing', work.said()));
      writeLabel(parts.disk, { part: target.part, slot }, { ...target.label, size });
      return null;
    } catch (fault) {
      if (signal.aborted) return null;
      if (fault instanceof WrongBytes) {
        parts.alarm({ kind: 'invalid', code: 'BYTES_NOT_SIGNED', message: fault.message }, work.saved.now?.job ?? null);
        parts.disk.remove(imageName(target.part, slot));
        return fault.message;
      }
      if (!(fault instanceof DownloadFault)) throw fault;
      if (tries === DOWNLOAD_TRIES_MAX) return fault.message;
      const pause = Math.min(DOWNLOAD_AGAIN_MAX_MS, DOWNLOAD_AGAIN_MS * 2 ** (tries - 1));
      await parts.pause(pause, AbortSignal.any([signal, work.withdrawal.signal]));
    }
  }
}

/** Its size, once the bytes are on the disk and are those of the order. */
async function download(work: Work, { part, label }: Target, slot: SlotName): Promise<number> {
  const { parts } = work;
  const name = imageName(part, slot);
  // First of all no label, so that a half-written image can never be taken for a whole one.
  removeLabel(parts.disk, part, slot);
  parts.disk.create(name);
  const most = label.size === 0 ? DOCUMENT_MAX_BYTES : label.size;
  const hash = createHash('sha256');
  let size = 0;
  const write = (piece: Uint8Array): void => {
    size += piece.length;
    if (size > most) throw new WrongBytes(`download "${label.version}": it is larger than the ${most} bytes allowed`);
    hash.update(piece);
    parts.disk.append(name, piece);
  };
  const wanted = { sha256: label.sha256, size: label.size, source: work.saved.now?.source ?? null };
  await parts.download(wanted, write, AbortSignal.any([work.signal, work.withdrawal.signal]));
  if (label.size !== 0 && size !== label.size)
    throw new WrongBytes(`download "${label.version}": ${size} bytes came, ${label.size} were signed`);
  if (hash.digest('hex') !== label.sha256)
    throw new WrongBytes(`download "${label.version}": its hash is not the one that was signed`);
  parts.disk.sync(name);
  parts.disk.syncFolder();
  return size;
}
