/** Signs that a device is not well, whatever it says of its change: they count while a change waits for it to stay well. */
import type { Finding, Observed } from '@cityward/contracts';

/** RFC 5424: emergency, alert, critical. */
const CRITICAL = 2;
/** A device that refuses what nobody signed is well. */
const REFUSES = /^change .{1,80} refused, /u;

/** What it says itself, over its own link: a crash, a part that failed. */
export function unwellBy({ body, reporter, authenticated, replay }: Observed): string | null {
  if (body.kind !== 'log' || replay || !authenticated || body.subject !== reporter) return null;
  if (body.severity > CRITICAL || REFUSES.test(body.message)) return null;
  return `It reports: ${body.message.slice(0, 120)}`;
}

/** What others notice: it does what it never did. */
export function unwellAfter({ severity, state, replay, title }: Finding): string | null {
  return severity === 'alarm' && state === 'open' && !replay ? `Unusual since the change: ${title}` : null;
}
