/** How a device erases itself: images, documents, settings and its memory card first, its keys when the city has its last word. */
import { createPrivateKey, sign } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobReport, WipeProof } from '@cityward/contracts';
import { wipeBytes } from '@cityward/fleet/verify';
import type { Credential } from '../credentials.ts';
import { eraseFile, type Disk } from './disk.ts';
import { STATE_FILE } from './updater.ts';

export const CARD_DEPTH_MAX = 32;

/** All of the disk but the record of the wipe itself, without which a power cut would forget that there is one. */
export function eraseDisk(disk: Disk): number {
  const names = disk.list().filter((name) => name !== STATE_FILE);
  for (const name of names) disk.erase(name);
  disk.syncFolder();
  return names.length;
}

/** Everything below the folder, which stays itself; links are removed and never followed. */
export function eraseFolder(folder: string, depth = 0): number {
  if (!existsSync(folder)) return 0;
  if (depth > CARD_DEPTH_MAX) throw new Error(`erase "${folder}": it is nested deeper than ${CARD_DEPTH_MAX}`);
  let files = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const entry = lstatSync(path);
    if (entry.isDirectory()) {
      files += eraseFolder(path, depth + 1);
      rmSync(path, { recursive: true, force: true });
    } else {
      if (entry.isFile()) eraseFile(path);
      else rmSync(path, { force: true });
      files++;
    }
  }
  return files;
}

export function proveWiped(device: string, { key, certificate }: Credential, report: JobReport): WipeProof {
  const signer = { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' } as const;
  return { certificate, signature: sign('sha256', wipeBytes(device, report), signer).toString('base64url') };
}
