/** Tells identity what other modules know that bears on trust: which firmware a device runs, and how it behaves. */
import type { Finding, TrustKind } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, type Clock } from '@cityward/kernel';
import type { City } from '@cityward/city';
import type { Fleet } from '@cityward/fleet';
import type { Identity, Subject, TrustChange } from '@cityward/identity';
import type { Log } from '@cityward/log';
import type { Watch } from '@cityward/watch';
import { isLifeSafety } from './access.ts';

/** What a device runs is said anew so often while nothing changes: its polls come far more often. */
const SAID_AGAIN_MS = HOUR_MS;
const FIRMWARE_STANDS_MS = 14 * DAY_MS;
/** How a device behaves is said anew so often, and stands a little longer: a watch that stops leaves it unknown. */
const BEHAVIOUR_EVERY_MS = 6 * HOUR_MS;
const BEHAVIOUR_STANDS_MS = DAY_MS;
const LIE_STANDS_MS = 7 * DAY_MS;
const UNWELL_STANDS_MS = 2 * DAY_MS;
const DOWNGRADE_STANDS_MS = 90 * DAY_MS;

/**
 * By the worst open finding. One alone makes low trust and never none: whoever could provoke a finding about a device would else
 * cut it off.
 */
const BEHAVIOUR_BY_SEVERITY: Readonly<Record<Finding['severity'], number>> = { notice: 75, warning: 60, alarm: 35 };

export interface TrustSourcesParts {
  readonly identity: Identity;
  readonly city: City;
  readonly watch: Watch;
  readonly fleet: Pick<Fleet, 'desk'>;
  readonly clock: Clock;
  readonly log: Log;
}
export interface TrustSources {
  start(): Promise<void>;
  stop(): void;
  /** A device refused, lied, or went back in version. */
  alarmed(device: string, what: 'refused' | 'downgrade' | 'lied', words: string): void;
  /** It is not well after a change, whatever it says itself. */
  unwell(device: string, reason: string): void;
}

interface Said {
  readonly kind: TrustKind;
  readonly source: string;
  readonly value: number | null;
  readonly reason: string;
  readonly standsMs: number;
}
type Say = (device: string, said: Said) => void;
const nothingMore = (kind: TrustKind, source: string): Said => ({ kind, source, value: null, reason: '', standsMs: 0 });

export function createTrustSources(parts: TrustSourcesParts): TrustSources {
  const { identity, city, watch, fleet, clock, log } = parts;
  const say: Say = (device, { standsMs, ...said }) => {
    // The inventory may have let go of it meanwhile; a signal about nothing is no fault.
    identity
      .putSignal({ subject: { kind: 'device', id: device }, ...said, expires: clock() + standsMs })
      .catch((error: unknown) => log.error('a signal was not taken', { device, error: String(error) }));
  };
  const firmware = createFirmwareSource({ identity, clock }, say);
  const behaviour = createBehaviourSource(watch, say);
  const stops: (() => void)[] = [];
  return {
    start: async () => {
      await behaviour.start();
      const ids = city.deviceIds();
      for (const device of ids) {
        behaviour.say(device);
        show(parts, device);
        const runs = fleet.desk.shown(device)?.firmware;
        if (runs != null) showFirmware(parts, device, runs);
      }
      stops.push(
        fleet.desk.onAttested(({ device, running, wanted }) => {
          firmware.runs(device, { running, wanted });
          showFirmware(parts, device, running);
        }),
        identity.onTrust((change) => {
          if (change.subject.kind !== 'device') return;
          show(parts, change.subject.id);
          alarm(parts, change);
        }),
      );
      const timer = setInterval(() => city.deviceIds().forEach(behaviour.say), BEHAVIOUR_EVERY_MS).unref();
      stops.push(() => clearInterval(timer));
    },
    stop: () => stops.forEach((stop) => stop()),
    alarmed: (device, what, words) => {
      if (what === 'downgrade') firmware.downgraded(device, words);
      // To refuse an order that is not well signed is what a device should do.
      if (what !== 'lied') return;
      const reason = `it did not run what it said it would: ${words}`.slice(0, 300);
      say(device, { kind: 'behaviour', source: 'fleet', value: 15, reason, standsMs: LIE_STANDS_MS });
    },
    unwell: (device, reason) =>
      say(device, {
        kind: 'firmware',
        source: 'health',
        value: 45,
        reason: `it is not well after a change: ${reason}`.slice(0, 300),
        standsMs: UNWELL_STANDS_MS,
      }),
  };
}

/** On lists and the device's page. */
function show({ identity, city }: TrustSourcesParts, device: string): void {
  const { level, value } = identity.trustMarkOf({ kind: 'device', id: device });
  city.setFacet(device, { trust: { level, value } });
}

/** The inventory may be older than what the device says. */
const showFirmware = ({ city }: TrustSourcesParts, device: string, firmware: string): void =>
  city.setFacet(device, { fleet: { firmware } });

/** What guards lives is narrowed and never cut: somebody must hear of it. */
function alarm({ identity, city, watch, log }: TrustSourcesParts, { subject, from, to }: TrustChange): void {
  if (from.level === to.level || to.level !== 'none') return;
  const record = city.record(subject.id);
  if (!record || !isLifeSafety(record)) return;
  const { reason } = identity.trustOf(subject);
  log.error('there is no trust in a device that guards lives: it reports on, and takes no changes', {
    device: subject.id,
    reason,
  });
  const { name, class: kind, ward, simulated } = record;
  watch.trustLost({ device: subject.id, about: { name, kind, ward }, reason, simulated });
}

interface Runs {
  readonly running: string;
  readonly wanted: string | null;
}

function createFirmwareSource({ identity, clock }: Pick<TrustSourcesParts, 'identity' | 'clock'>, say: Say) {
  const told = new Map<string, Runs & { readonly at: number }>();
  /** What each device went back to, until it runs something else. */
  const back = new Map<string, string>();
  const isBack = (device: string): boolean => {
    const subject: Subject = { kind: 'device', id: device };
    return identity.trustOf(subject).components.some(({ source }) => source === 'downgrade');
  };
  return {
    runs: (device: string, { running, wanted }: Runs): void => {
      const now = clock();
      const last = told.get(device);
      const same = last?.running === running && last.wanted === wanted;
      if (same && now - last.at < SAID_AGAIN_MS) return;
      told.set(device, { running, wanted, at: now });
      // After a restart nobody remembers the version: it is the one that it runs still.
      if (!back.has(device) && isBack(device)) back.set(device, running);
      if (back.has(device) && back.get(device) !== running) {
        back.delete(device);
        say(device, nothingMore('firmware', 'downgrade'));
      }
      say(device, {
        kind: 'firmware',
        source: 'fleet',
        standsMs: FIRMWARE_STANDS_MS,
        ...firmwareWorth(running, wanted),
      });
      if (wanted === running) say(device, nothingMore('firmware', 'health'));
    },
    downgraded: (device: string, words: string): void => {
      const to = /^runs (\S+),/.exec(words)?.[1];
      if (to !== undefined) back.set(device, to);
      const reason = `it went back to older firmware: ${words}`.slice(0, 300);
      say(device, { kind: 'firmware', source: 'downgrade', value: 35, reason, standsMs: DOWNGRADE_STANDS_MS });
    },
  };
}

/** What it runs against what was signed for it. */
export function firmwareWorth(running: string, wanted: string | null): Pick<Said, 'value' | 'reason'> {
  if (wanted === null)
    return { value: 65, reason: `it says that it runs ${running}; no signed change has vouched for that yet` };
  return wanted === running
    ? { value: 100, reason: `it runs ${running}, as the last signed change left it` }
    : { value: 40, reason: `it runs ${running}, although the last signed change left ${wanted} on it` };
}

function createBehaviourSource(watch: Watch, say: Say) {
  /** Open findings that may count, by device: their severity and title. */
  const open = new Map<string, Map<string, Pick<Finding, 'severity' | 'title'>>>();
  // What a stranger could have written, or what was only played in, is never alone the cause of an automatic act.
  // Nor does a finding about trust itself count again.
  const counts = ({ authenticated, replay, detector }: Finding): boolean =>
    authenticated && !replay && detector !== 'trust';
  const note = (finding: Finding): void => {
    const { device, id, severity, title } = finding;
    const own = open.get(device) ?? new Map<string, Pick<Finding, 'severity' | 'title'>>();
    if (finding.state === 'open' && counts(finding)) own.set(id, { severity, title });
    else own.delete(id);
    if (own.size > 0) open.set(device, own);
    else open.delete(device);
  };
  const sayOf = (device: string): void => {
    const said = { kind: 'behaviour', source: 'watch', standsMs: BEHAVIOUR_STANDS_MS } as const;
    const worst = [...(open.get(device)?.values() ?? [])].sort(
      (a, b) => BEHAVIOUR_BY_SEVERITY[a.severity] - BEHAVIOUR_BY_SEVERITY[b.severity],
    )[0];
    if (worst) {
      const value = BEHAVIOUR_BY_SEVERITY[worst.severity];
      return say(device, { ...said, value, reason: `something unusual was seen: ${worst.title}`.slice(0, 300) });
    }
    if (watch.stateOf(device)?.state === 'usual')
      return say(device, { ...said, value: 100, reason: 'nothing unusual has been seen of it' });
    return say(device, nothingMore('behaviour', 'watch'));
  };
  return {
    say: sayOf,
    start: async (): Promise<void> => {
      for (const finding of await watch.listOpen()) note(finding);
      watch.onFinding((finding) => {
        note(finding);
        sayOf(finding.device);
      });
      watch.onLearning((changes) => changes.forEach(({ device }) => sayOf(device)));
    },
  };
}
