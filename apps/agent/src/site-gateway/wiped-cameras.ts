/** Cameras that this gateway has erased, by serial number: kept in one file, without anything that would open them. */
import { readJson, replaceJson, folderDisk } from '../update/disk.ts';

const WIPED_FILE = 'wiped.json';
/** The oldest make room. */
export const WIPED_MAX = 10_000;

export interface WipedCameras {
  has(camera: string, serial: string): boolean;
  /** Durable on return. */
  add(camera: string, serial: string): void;
  /** Whoever stands before it has taken it in anew. */
  remove(camera: string): void;
}

export function openWipedCameras(folder: string): WipedCameras {
  const disk = folderDisk(folder);
  let all = new Map((readJson(disk, WIPED_FILE) as readonly (readonly [string, string])[] | null) ?? []);
  const keep = (next: Map<string, string>): void => {
    replaceJson(disk, WIPED_FILE, [...next].slice(-WIPED_MAX));
    all = next;
  };
  return {
    has: (camera, serial) => all.get(camera) === serial,
    add: (camera, serial) => keep(new Map([...all].filter(([one]) => one !== camera)).set(camera, serial)),
    remove: (camera) => {
      if (all.has(camera)) keep(new Map([...all].filter(([one]) => one !== camera)));
    },
  };
}
