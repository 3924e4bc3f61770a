/** Which of the oldest segments may go: by size and age, and never what a group has not read unless the hard limit says so. */

/** Above this many times `retainMaxBytes` even unread records are dropped: a group that never reads must not fill the disk. */
export const UNREAD_KEEP_FACTOR = 4;

export interface KeptSegment {
  readonly bytes: number;
  readonly base: number;
  readonly last: number;
  /** Time of the first record of the segment after it: nothing in this one is newer, clocks permitting. */
  readonly newestAt: number;
}

export interface RetentionRule {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly now: number;
  /** The lowest offset of any group; `null` without groups. */
  readonly lowestOffset: number | null;
}

export interface Drops {
  /** How many of the oldest go. */
  readonly segments: number;
  /** How many records among them no group-wide offset has passed. */
  readonly unread: number;
}

/**
 * @param closed all segments but the last, oldest first; the last is never dropped
 * @param activeBytes size of the last
 */
export function chooseDrops(closed: readonly KeptSegment[], activeBytes: number, rule: RetentionRule): Drops {
  let total = closed.reduce((sum, segment) => sum + segment.bytes, activeBytes);
  let segments = 0;
  let unread = 0;
  for (const segment of closed) {
    const isOld = segment.newestAt < rule.now - rule.maxAgeMs;
    const isOver = total > rule.maxBytes;
    if (!isOld && !isOver) break;
    const isUnread = rule.lowestOffset !== null && rule.lowestOffset < segment.last;
    if (isUnread && total <= rule.maxBytes * UNREAD_KEEP_FACTOR) break;
    if (isUnread) unread += segment.last - Math.max(rule.lowestOffset!, segment.base - 1);
    total -= segment.bytes;
    segments++;
  }
  return { segments, unread };
}
