/**
 * The officers whose signatures this device takes: pinned from a file at commissioning, beside its key and certificate. Nothing
 * that comes over a network can set them; a next version is taken only when enough officers of both signed it.
 */
import { readFileSync } from 'node:fs';
import { Officers, type SignedOfficers } from '@cityward/contracts';
import { officersHash, verifyFirstOfficers, verifyOfficers } from '@cityward/fleet/verify';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { Compile } from 'typebox/compile';
import { folderDisk, readJson, replaceJson } from './disk.ts';

export const OFFICERS_FILE = 'officers.json';
const OFFICERS_MAX_BYTES = 131_072;

const officersDocument = Compile(Officers);

export interface PinnedOfficers {
  /** Null while none are pinned: then nothing changes this device. */
  readonly current: Officers | null;
  /** A signed document that follows the pinned one; the same again changes nothing. */
  follow(next: SignedOfficers, now: number): Result<Officers, Refusal>;
  /** Looks for a commissioning file while none are pinned; it may be laid there after the start. */
  look(): void;
}

/** By version first: the hash of something that is no document cannot be made. */
const isSame = (next: Officers | undefined, current: Officers): boolean =>
  next?.version === current.version && officersHash(next) === officersHash(current);

/** As `cityward officers` writes it: the document with its signatures. Null for anything else. */
function readSigned(text: string): SignedOfficers | null {
  if (text.length > OFFICERS_MAX_BYTES) return null;
  try {
    return JSON.parse(text) as SignedOfficers;
  } catch {
    return null;
  }
}

/**
 * Opens what is pinned in the folder.
 * @param commissioning file to pin from when nothing is pinned yet; null for none
 * @param said called when officers are pinned, or why those of the file are not
 */
export function openOfficers(
  folder: string,
  commissioning: string | null,
  said: (outcome: Result<Officers, Refusal>) => void,
): PinnedOfficers {
  const disk = folderDisk(folder);
  const held = readJson(disk, OFFICERS_FILE);
  // The commissioning file may lie under the very same name: signatures and all, it is not pinned yet.
  let current = officersDocument.Check(held) ? held : null;
  let lastText = '';
  const pin = (officers: Officers): void => {
    replaceJson(disk, OFFICERS_FILE, officers);
    current = officers;
  };
  const look = (): void => {
    if (current || commissioning === null) return;
    let text: string;
    try {
      text = readFileSync(commissioning, 'utf8');
    } catch {
      return;
    }
    if (text === lastText) return;
    lastText = text;
    const signed = readSigned(text);
    const first = signed
      ? verifyFirstOfficers(signed, Date.now())
      : refuse('invalid', 'OFFICERS_UNREADABLE', `pin officers: "${commissioning}" is no officers' document`);
    if (first.ok) pin(first.value);
    said(first);
  };
  look();
  return {
    get current() {
      return current;
    },
    look,
    follow: (next, now) => {
      if (!current) return refuse('conflict', 'OFFICERS_NOT_PINNED', 'follow officers: none are pinned on this device');
      if (isSame(next.officers, current)) return ok(current);
      const followed = verifyOfficers(current, next, now);
      if (followed.ok) pin(followed.value);
      return followed;
    },
  };
}
