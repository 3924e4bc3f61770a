/** How many devices of one place may be out at the same time: never every camera, crossing or signal of a junction. */
import { DEVICE_CLASSES } from '@cityward/contracts';
import type { Columns } from './columns.ts';

/** Devices of one class at one site. `cap` is half of them, but one of one. */
export interface Groups {
  /** By row; -1 where the site is not known. */
  readonly of: Int32Array;
  readonly sizes: Uint32Array;
  /** `site` is a place in `columns.site.names`, `class` one in DEVICE_CLASSES. */
  readonly site: Int32Array;
  readonly class: Uint8Array;
}

/** Counted over the whole city, not only over those that change. */
export function groupsOf(columns: Columns): Groups {
  const wide = DEVICE_CLASSES.length;
  const dense = new Int32Array(columns.site.names.length * wide).fill(-1);
  const of = new Int32Array(columns.ids.length).fill(-1);
  const sizes: number[] = [];
  const site: number[] = [];
  const kind: number[] = [];
  for (let row = 0; row < of.length; row++) {
    const at = columns.site.of[row]!;
    if (at === -1) continue;
    const key = at * wide + columns.class[row]!;
    if (dense[key] === -1) {
      dense[key] = sizes.push(0) - 1;
      site.push(at);
      kind.push(columns.class[row]!);
    }
    of[row] = dense[key]!;
    sizes[of[row]!]!++;
  }
  return { of, sizes: Uint32Array.from(sizes), site: Int32Array.from(site), class: Uint8Array.from(kind) };
}

export const groupCap = (size: number): number => Math.max(1, Math.floor(size / 2));
