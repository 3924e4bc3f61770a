/** People who were touched in the same way, and a draft of what to tell them; what nobody knows yet stays a gap to fill in. */
import type { ExposureScope, Touch } from '@cityward/contracts';

export interface Touched {
  readonly subject: string;
  /** As they were found: each once. */
  readonly touches: readonly Touch[];
}
export interface Group {
  readonly touches: readonly Touch[];
  readonly people: number;
}

const keyOf = (touch: Touch): string =>
  touch.of === 'dataset' ? `dataset ${touch.dataset}` : `${touch.of} ${touch.category}`;

/** Every touch once, in an order that does not depend on how it was found. */
export function sortedTouches(touches: Iterable<Touch>): Touch[] {
  const all = new Map([...touches].map((touch) => [keyOf(touch), touch]));
  return [...all.keys()].sort().map((key) => all.get(key)!);
}

/** The largest first. */
export function groupsOf(touched: Iterable<Touched>): Group[] {
  const groups = new Map<string, { touches: readonly Touch[]; people: number }>();
  for (const { touches } of touched) {
    const key = touches.map(keyOf).join('\n');
    const group = groups.get(key) ?? { touches, people: 0 };
    group.people++;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.people - a.people);
}

const HAPPENED = { stored: 'stored', viewed: 'looked at', exported: 'given out' } as const;

function sentenceOf(touch: Touch): string {
  if (touch.of === 'dataset')
    return `- You are among the people of "${touch.name}", which the city keeps for this: ${touch.purpose}. What it holds about you may have been reached.`;
  return `- Records of yours of the kind "${touch.category}" were ${HAPPENED[touch.of]} in that time.`;
}

/** In plain words; square brackets are for a person to fill in. */
export function draftFor(touches: readonly Touch[], { from, to }: Pick<ExposureScope, 'from' | 'to'>): string {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  return [
    `[What happened, in one or two sentences.]`,
    `This concerns the time from ${day(from)} to ${day(to)} UTC. What of yours it touched:`,
    ...touches.map(sentenceOf),
    `That it was touched does not say that anybody made use of it. [What is known about that.]`,
    `[What the city has done, and what you can do yourself.]`,
    `You see every look at your records, with proofs, under "Who looked". [Whom to ask, and how to complain.]`,
  ].join('\n');
}
