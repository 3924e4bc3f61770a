/** The baseline's view of the city: who is connected to read, who may say what of whom, and who hears of a score. */
import type { BaselineAsk, Resource } from '@cityward/contracts';
import type { City } from '@cityward/city';
import type { BaselineWorld, Fleet } from '@cityward/fleet';
import type { Identity } from '@cityward/identity';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Access } from './access.ts';

export interface BaselineWorldParts {
  readonly city: City;
  readonly identity: Identity;
  readonly access: () => Access;
  readonly isConnected: (device: string) => boolean;
  /** Its gateway has said that it holds it. */
  readonly isCarried: (device: string) => boolean;
  readonly ask: (reader: string, ask: BaselineAsk) => Promise<void>;
  readonly timeServers: readonly string[];
  readonly log: Log;
}

const SOURCE = 'fleet';

export function createBaselineWorld(parts: BaselineWorldParts): BaselineWorld {
  const { identity, isConnected, log } = parts;
  return {
    readerOf: (device, reader) => {
      // A gateway is silent about what it does not hold, and who is waited for holds up whatever else is asked of it.
      const who = reader === 'device' ? device : parts.isCarried(device) ? identity.gatewayOf(device) : null;
      return who !== null && isConnected(who) ? who : null;
    },
    ask: parts.ask,
    mayReport: (reporter, subject) => mayReport(parts, reporter, subject),
    signal: (device, { value, reason, expires }) => {
      const subject = { kind: 'device', id: device } as const;
      identity.putSignal({ subject, kind: 'baseline', value, reason, source: SOURCE, expires }).then(
        (put) => {
          if (!put.ok) log.warn('trust did not take a score', { device, reason: put.error.message });
        },
        (fault: unknown) => log.warn('trust was not told of a score', { device, fault: String(fault) }),
      );
    },
    certificateUntil: (device) => identity.identityOf(device).notAfter,
    said: parts.timeServers.length > 0 ? { 'time-servers': parts.timeServers } : {},
  };
}

/** Of a camera only the gateway behind which it stands; policy has the last word. */
function mayReport(
  { city, identity, access }: BaselineWorldParts,
  reporter: string,
  subject: string,
): Result<void, Refusal> {
  if (reporter !== subject && identity.gatewayOf(subject) !== reporter)
    return refuse(
      'forbidden',
      'NOT_ITS_GATEWAY',
      `take a reading of "${reporter}" about "${subject}": wanted it from the gateway behind which it stands`,
    );
  const record = city.record(subject);
  const about: Resource = {
    type: 'Device',
    id: subject,
    attributes: { class: record?.class ?? 'other', site: record?.site ?? '' },
  };
  const allowed = access().may(access().device(reporter), 'reportAbout', about);
  return allowed.ok ? ok(undefined) : allowed;
}

/** The same for the commissioning gate: null until it was read, and once the reading says nothing any more. */
export function baselineSeen(
  { baseline }: Pick<Fleet, 'baseline'>,
  device: string,
): { at: number; by: string; score: number; failing: number } | null {
  const standing = baseline.standing(device);
  if (!standing || standing.read === null || standing.by === null || standing.score === null) return null;
  // What is not known is no better than what fails.
  return { at: standing.read, by: standing.by, score: standing.score, failing: standing.failed + standing.unknown };
}
