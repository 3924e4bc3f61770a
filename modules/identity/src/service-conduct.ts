/** How cloud services behave, by their own calls: what policy refused them, and tokens of theirs in other hands. */
import { SERVICES_MAX } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Judged } from './domain/health.ts';
import { CONDUCT_WINDOW_MS, conductOf } from './domain/service-health.ts';
import type { TrustService } from './trust.ts';

/** What was seen stands for a day. A service that calls on is said to be well by the hour. */
const STANDS_MS = DAY_MS;
const WELL_EVERY_MS = HOUR_MS;
const WELL: Judged = { value: 100, reason: 'nothing unusual has been seen of its calls' };
const SAID = { kind: 'behaviour', source: 'calls' } as const;

export interface ServiceConduct {
  /** It called and was let in. Cheap: asked on every call. */
  called(service: string): void;
  /** Policy refused what it asked for. */
  refused(service: string): void;
  /** A token that is bound to its certificate came without it. */
  strayed(service: string): void;
  /** A person took back what was said: what was counted so far counts no more. */
  forgiven(service: string): void;
}
interface Window {
  readonly from: number;
  refused: number;
  strayed: number;
  /** When it was last said to be well. */
  wellAt: number;
}

export function createServiceConduct(parts: {
  readonly trust: Pick<TrustService, 'put' | 'said' | 'markOf'>;
  readonly clock: Clock;
  readonly log: Log;
}): ServiceConduct {
  const { trust, clock, log } = parts;
  const windows = new Map<string, Window>();
  const windowOf = (service: string): Window => {
    const now = clock();
    const known = windows.get(service);
    if (known && now - known.from < CONDUCT_WINDOW_MS) return known;
    if (!known && windows.size >= SERVICES_MAX) windows.clear();
    const begun = { from: now, refused: 0, strayed: 0, wellAt: known?.wellAt ?? -Infinity };
    windows.set(service, begun);
    return begun;
  };
  const say = (service: string, judged: Judged): void => {
    const subject = { kind: 'service', id: service } as const;
    const before = trust.said(subject, SAID);
    // What was seen is not outshone by calls that are well, nor by something smaller.
    if (before && before.expires > clock() && before.value < judged.value) return;
    const put = trust.put({ subject, ...SAID, ...judged, expires: clock() + STANDS_MS });
    if (!put.ok) log.warn('a signal was refused', { subject: service, reason: put.error.message });
  };
  const judge = (service: string, window: Window): void => {
    const judged = conductOf(window);
    if (judged) say(service, judged);
  };
  return {
    called: (service) => {
      const window = windowOf(service);
      if (clock() - window.wellAt < WELL_EVERY_MS) return;
      window.wellAt = clock();
      say(service, WELL);
    },
    refused: (service) => {
      // What low trust alone refuses says nothing new: else it would never end.
      const { level } = trust.markOf({ kind: 'service', id: service });
      if (level === 'low' || level === 'none') return;
      const window = windowOf(service);
      window.refused++;
      judge(service, window);
    },
    strayed: (service) => {
      const window = windowOf(service);
      window.strayed++;
      judge(service, window);
    },
    forgiven: (service) => void windows.delete(service),
  };
}
