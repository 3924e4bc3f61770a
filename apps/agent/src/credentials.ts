/** Keys and certificates of devices in one file that only its owner may read; the last line about a device counts. */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '@cityward/kernel';
import { eraseFile } from './update/disk.ts';

const FILE = 'credentials.ndjson';
const OWNER_ONLY = 0o600;
/** Certificates live for 90 days; the last third is for renewing. */
export const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Devices that were enrolled on one day renew over so many: a city's server is not asked by all of them at once. */
export const RENEWAL_SPREAD_MS = 6 * DAY_MS;

export interface Credential {
  readonly device: string;
  /** PKCS#8 PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}
export interface Credentials {
  get(device: string): Credential | undefined;
  /** Durable on return: a code can be used once only, so what it bought must not be lost. */
  put(credential: Credential): void;
  readonly size: number;
  /** Forgets one of many; its line goes when the file is opened next. */
  drop(device: string): void;
  /** Overwrites and removes all of them; nothing can be put any more. */
  erase(): void;
  close(): void;
}

/** Whether only its owner reads the file; null where there is none. */
export function isPrivate(folder: string): boolean | null {
  const found = statSync(join(folder, FILE), { throwIfNoEntry: false });
  return found ? (found.mode & 0o077) === 0 : null;
}

const isCredential = (value: unknown): value is Credential => {
  const one = value as Partial<Record<keyof Credential, unknown>> | null;
  return (
    typeof one === 'object' &&
    one !== null &&
    typeof one.device === 'string' &&
    typeof one.key === 'string' &&
    typeof one.certificate === 'string' &&
    typeof one.expires === 'number'
  );
};

const isDropped = (value: unknown): value is { readonly device: string } => {
  const one = value as { device?: unknown; dropped?: unknown } | null;
  return typeof one?.device === 'string' && one.dropped === true;
};

/** A line torn by a crash, or written by something else, is left out. */
function readLines(path: string): Map<string, Credential> {
  const held = new Map<string, Credential>();
  if (!existsSync(path)) return held;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      const value: unknown = JSON.parse(line);
      if (isCredential(value)) held.set(value.device, value);
      else if (isDropped(value)) held.delete(value.device);
    } catch {
      continue;
    }
  }
  return held;
}

/** Opens the file in the folder, both made when missing; old lines about renewed devices are dropped. Throws when it cannot be written. */
export function openCredentials(folder: string): Credentials {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  const held = readLines(path);
  const fresh = `${path}.new`;
  const file = openSync(fresh, 'w', OWNER_ONLY);
  fchmodSync(file, OWNER_ONLY);
  for (const credential of held.values()) writeSync(file, `${JSON.stringify(credential)}\n`);
  fdatasyncSync(file);
  renameSync(fresh, path);
  let isOpen = true;
  return {
    get: (device) => held.get(device),
    put: (credential) => {
      writeSync(file, `${JSON.stringify(credential)}\n`);
      fdatasyncSync(file);
      held.set(credential.device, credential);
    },
    get size() {
      return held.size;
    },
    drop: (device) => {
      if (!held.delete(device)) return;
      writeSync(file, `${JSON.stringify({ device, dropped: true })}\n`);
      fdatasyncSync(file);
    },
    erase: () => {
      held.clear();
      eraseFile(path);
    },
    close: () => {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}
