/** What was observed of a device, judged: each check green, not green with its fix, or not known. What is old is not known. */
import type { CheckEvidence, DeviceClass, GateCheck, GateCheckName, ProbeResult } from '@cityward/contracts';
import { GATE_CHECKS } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import { compareVersions } from '../trust/versions.ts';

/** What was seen longer ago says nothing of the device as it is now. */
export const FRESH_MS = DAY_MS;
/** A clock may be this wrong: certificates begin five minutes in the past, and log lines must still fit together. */
export const SKEW_MAX_MS = MINUTE_MS / 2;
/** A web certificate that ends sooner is no longer green. */
const WEB_CERTIFICATE_LEFT_MS = 7 * DAY_MS;
const GOOD_PROTOCOLS = ['TLSv1.2', 'TLSv1.3'];
/** Devices with a web page of their own: one that does not answer has not been looked at. */
const WEB_CLASSES: readonly DeviceClass[] = ['camera'];

/** What the gateway of its site saw. `at` is when the city received it, never when the gateway says it was. */
export interface ProbeSeen {
  readonly gateway: string;
  readonly at: number;
  readonly result: ProbeResult;
}
/** What the device said of itself over its own connection; `clock` is the time that it put on it. */
export interface SelfSeen {
  readonly at: number;
  readonly clock: number | null;
  readonly firmware: string | null;
}
/** The device's own connection to the city, as the city's listener saw it. */
export interface UplinkSeen {
  readonly at: number;
  readonly protocol: string;
  readonly cipher: string;
}
export interface BaselineSeen {
  readonly at: number;
  readonly by: string;
  /** 0 to 100. */
  readonly score: number;
  /** Controls that are not as wanted and stand under no exception. */
  readonly failing: number;
}
export interface TrackWanted {
  readonly least: string;
  readonly track: string | null;
}
export interface Observed {
  readonly class: DeviceClass;
  /** The gateway that serves its site; null for none. */
  readonly gateway: string | null;
  readonly probe: ProbeSeen | null;
  readonly self: SelfSeen | null;
  readonly uplink: UplinkSeen | null;
  readonly baseline: BaselineSeen | null;
  readonly track: TrackWanted | null;
}

export type Judged = Omit<GateCheck, 'exception'>;
type Verdict = Omit<Judged, 'check'>;

export const judge = (observed: Observed, now: number): readonly Judged[] =>
  GATE_CHECKS.map((check) => ({ check, ...agedOut(JUDGES[check](observed, now), now) }));

const JUDGES: Readonly<Record<GateCheckName, (observed: Observed, now: number) => Verdict>> = {
  'default-credentials': credentials,
  tls,
  'firmware-track': firmware,
  clock,
  baseline,
};

/** Unknown and stale are never green. */
function agedOut(verdict: Verdict, now: number): Verdict {
  if (verdict.at === null || (now - verdict.at <= FRESH_MS && verdict.at <= now + HOUR_MS)) return verdict;
  return {
    ...verdict,
    state: 'unknown',
    why: 'What was seen is more than a day old',
    fix: 'Test it again.',
  };
}

const unknown = (why: string, fix: string, seen: Partial<Pick<Verdict, 'at' | 'by' | 'evidence'>> = {}): Verdict => ({
  state: 'unknown',
  why,
  fix,
  at: null,
  by: null,
  evidence: {},
  ...seen,
});
interface Seen {
  readonly at: number;
  readonly by: string;
  readonly evidence: CheckEvidence;
}
const failed = (why: string, fix: string, seen: Seen): Verdict => ({ state: 'failed', why, fix, ...seen });
const passed = (why: string, seen: Seen): Verdict => ({ state: 'passed', why, fix: null, ...seen });

const notLooked = ({ gateway }: Observed): Verdict =>
  gateway === null
    ? unknown(
        'No gateway serves its site, so nobody can look at it from beside it',
        'Give the site a gateway, or put the device at a site that has one.',
      )
    : unknown('Nobody has looked yet', 'Test it.');

function credentials(observed: Observed): Verdict {
  const { probe } = observed;
  if (!probe) return notLooked(observed);
  const { ended, tried, accepted, open } = probe.result.credentials;
  const seen = { at: probe.at, by: probe.gateway, evidence: { ended, tried, accepted, open } };
  if (accepted !== null)
    return failed(
      `It lets in whoever knows the factory password "${accepted}"`,
      'Set a password of its own for every account, remove accounts that nobody needs, then test again.',
      seen,
    );
  if (open)
    return failed(
      'It lets in anybody, without name or password',
      'Set a password for the first account and switch anonymous access off, then test again.',
      seen,
    );
  if (ended === 'complete' && tried > 0) return passed(`It refused all ${tried} known factory passwords`, seen);
  if (ended === 'no-service' && !WEB_CLASSES.includes(observed.class))
    return passed('It has no sign-in: nothing answers at the places where one would be', seen);
  if (ended === 'locked')
    return unknown(
      'It stopped answering sign-ins before the test was through',
      'Wait until it takes sign-ins again, then test again.',
      seen,
    );
  return unknown(
    'Its web page did not answer the gateway',
    'Check its power, cable and address, then test again.',
    seen,
  );
}

function tls(observed: Observed, now: number): Verdict {
  const { uplink, probe } = observed;
  const web = probe?.result.tls ?? null;
  const hasWeb = web !== null || WEB_CLASSES.includes(observed.class);
  if (hasWeb && !probe) return notLooked(observed);
  if (hasWeb && !web)
    return unknown('Its web page did not answer the gateway', 'Check its power, cable and address, then test again.', {
      at: probe!.at,
      by: probe!.gateway,
    });
  if (web && probe) return webTls({ web, probe, uplink }, now);
  if (!uplink) return unknown('It has not connected to the city yet', 'Let it connect with its own certificate.');
  const { at, protocol, cipher } = uplink;
  const seen = { at, by: 'city', evidence: { connection: protocol, cipher } };
  return GOOD_PROTOCOLS.includes(protocol)
    ? passed(`It speaks to the city over ${protocol}, with its own certificate`, seen)
    : failed(`It speaks to the city over ${protocol}`, 'Install firmware that can do TLS 1.2 or 1.3.', seen);
}

interface Web {
  readonly web: NonNullable<ProbeResult['tls']>;
  readonly probe: ProbeSeen;
  readonly uplink: UplinkSeen | null;
}
function webTls({ web, probe, uplink }: Web, now: number): Verdict {
  const evidence = { ...web, ...(uplink ? { connection: uplink.protocol } : {}) };
  const seen = { at: probe.at, by: probe.gateway, evidence };
  if (web.protocol === null)
    return failed(
      'Its web page has no TLS',
      'Switch HTTPS on with a certificate of the city, and plain HTTP off, then test again.',
      seen,
    );
  if (!GOOD_PROTOCOLS.includes(web.protocol))
    return failed(`Its web page speaks ${web.protocol}`, 'Allow TLS 1.2 and 1.3 only, then test again.', seen);
  if (web.plain)
    return failed('It takes passwords over plain HTTP', 'Set its web page to HTTPS only, then test again.', seen);
  if (web.notAfter !== null && web.notAfter - now < WEB_CERTIFICATE_LEFT_MS)
    return failed(
      `The certificate of its web page ends on ${new Date(web.notAfter).toISOString().slice(0, 10)}`,
      'Give its web page a new certificate, then test again.',
      seen,
    );
  return passed(`Its web page speaks ${web.protocol} only`, seen);
}

function firmware(observed: Observed): Verdict {
  const { probe, self, track } = observed;
  const shown = probe?.result.firmware ?? null;
  const said = self?.firmware ?? null;
  const version = shown ?? said;
  if (version === null) return unknown('Nobody knows what firmware it runs', 'Test it, or let it connect and say so.');
  const at = shown !== null ? probe!.at : self!.at;
  const seen = {
    at,
    by: shown !== null ? probe!.gateway : 'itself',
    evidence: { version, said, least: track?.least ?? null, track: track?.track ?? null },
  };
  if (shown !== null && said !== null && shown !== said)
    return failed(
      `It says that it runs ${said}, its web page says ${shown}`,
      'Install its firmware anew from a file of its maker, then test again.',
      seen,
    );
  if (!track)
    return unknown(
      'Nobody has said which firmware is wanted on this model',
      'Set the firmware that is wanted: "cityward device track".',
      seen,
    );
  if (track.track !== null && !version.startsWith(track.track))
    return failed(
      `It runs ${version}, which is not of the track ${track.track}`,
      `Install a version of the track ${track.track}, at least ${track.least}, by a change.`,
      seen,
    );
  if (compareVersions(version, track.least) < 0)
    return failed(`It runs ${version}, wanted is at least ${track.least}`, `Install ${track.least} by a change.`, seen);
  return passed(`It runs ${version}; wanted is at least ${track.least}`, seen);
}

function clock(observed: Observed): Verdict {
  const { probe, self } = observed;
  const looked = probe?.result.clock ?? null;
  if (looked && probe) {
    const skewMs = looked.device - looked.gateway;
    return clockVerdict(skewMs, { at: probe.at, by: probe.gateway, evidence: { skewMs } });
  }
  if (self && self.clock !== null) {
    const skewMs = self.clock - self.at;
    return clockVerdict(skewMs, { at: self.at, by: 'itself', evidence: { skewMs } });
  }
  return unknown('Nobody has compared its clock yet', 'Test it, or let it connect.');
}

function clockVerdict(skewMs: number, seen: Seen): Verdict {
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  if (Math.abs(skewMs) <= SKEW_MAX_MS)
    return passed(seconds === 0 ? 'Its clock is right' : `Its clock is right to ${seconds} s`, seen);
  return failed(
    `Its clock is ${spanOf(seconds)} ${skewMs > 0 ? 'ahead' : 'behind'}`,
    'Set its time source to the one that the city names, then test again.',
    seen,
  );
}

function spanOf(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} hours` : `${Math.round(seconds / 86_400)} days`;
}

function baseline({ baseline: shown }: Observed): Verdict {
  if (!shown) return unknown('Its baseline has not been read yet', 'Read it: "cityward baseline scan".');
  const { at, by, score, failing } = shown;
  const seen = { at, by, evidence: { score, failing } };
  if (failing === 0) return passed(`It is as the baseline wants it, ${score} of 100`, seen);
  return failed(
    failing === 1
      ? 'One control of the baseline is not as wanted'
      : `${failing} controls of the baseline are not as wanted`,
    'Mend it: "cityward baseline fix", or name an exception there.',
    seen,
  );
}

/** Green, or let be by an exception that has not ended. */
export const isSettled = ({ state, exception }: GateCheck, now: number): boolean =>
  state === 'passed' || (exception !== null && exception.until > now);
