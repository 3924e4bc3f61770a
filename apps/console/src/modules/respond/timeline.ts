/** Places the items of a timeline on lanes along one time axis. Pure. */
import type { Incident } from '@cityward/contracts';

export type TimelineItem = Incident['timeline'][number];
export type Lane = TimelineItem['lane'];
export const LANES: readonly Lane[] = ['attack', 'alert', 'response', 'note'];

export interface Dot {
  readonly item: TimelineItem;
  /** Place in the sorted list below the picture. */
  readonly at: number;
  readonly lane: number;
  /** 0 to 1 along the axis. */
  readonly x: number;
}
export interface Lanes {
  readonly items: readonly TimelineItem[];
  readonly dots: readonly Dot[];
  readonly ticks: readonly { readonly at: number; readonly x: number }[];
}

const STEPS_MS = [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800].map(
  (s) => s * 1_000,
);
const TICKS_MAX = 7;
const SPAN_MIN_MS = 10_000;

/** Items within `from`..`to` (all of them without), oldest first, with a dot each and round ticks. */
export function lanesOf(all: readonly TimelineItem[], from?: number, to?: number): Lanes {
  const items = all
    .filter((item) => (from === undefined || item.at >= from) && (to === undefined || item.at <= to))
    .toSorted((a, b) => a.at - b.at);
  const first = items[0]?.at ?? 0;
  const span = Math.max(SPAN_MIN_MS, (items.at(-1)?.at ?? 0) - first);
  const step = STEPS_MS.find((one) => span / one <= TICKS_MAX) ?? span;
  const ticks = [];
  if (items.length > 0)
    for (let at = Math.ceil(first / step) * step; at <= first + span && ticks.length <= TICKS_MAX; at += step)
      ticks.push({ at, x: (at - first) / span });
  return {
    items,
    dots: items.map((item, at) => ({ item, at, lane: LANES.indexOf(item.lane), x: (item.at - first) / span })),
    ticks,
  };
}
