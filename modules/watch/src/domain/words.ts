/** Findings in plain sentences: what was seen, what was expected, why it counts, and what would have made it no finding. */
import { HOUR_MS, isoTime, millis } from '@cityward/kernel';
import { plainNode } from './address.ts';
import type { LiveFinding, NewPeerCause, OffBandCause, ScanCause, TrustCause } from './findings.ts';
import { MEASURES, PEERS } from './measures.ts';
import { LEARNING_HOURS, SCAN_FAILED_MIN, SCAN_FAILED_SHARE_MIN, SCAN_TARGETS_MAX } from './parameters.ts';
import { DYNAMIC_PORT } from './peers.ts';

export interface Sentences {
  readonly title: string;
  readonly observed: string;
  readonly expected: string;
  readonly why: string;
  readonly wouldNotHaveAlarmedIf: string;
}

/** The finding in words, as it stands now. */
export function describe(finding: LiveFinding): Sentences {
  const said = sentencesOf(finding);
  const notes = [said.why];
  if (finding.skewMs !== 0)
    notes.push(
      `The clock of its reporter was off by ${spanInWords(Math.abs(finding.skewMs))}, so the time it was received stands.`,
    );
  if (!finding.authenticated) notes.push('It rests on a report that nobody signed for.');
  return { ...said, why: notes.join(' ') };
}

function sentencesOf(finding: LiveFinding): Sentences {
  const { cause } = finding;
  switch (cause.detector) {
    case 'new-peer':
      return newPeer(finding, cause);
    case 'off-band':
      return offBand(finding, cause);
    case 'scan':
      return scan(finding, cause);
    case 'trust':
      return trust(finding, cause);
  }
}

const trust = ({ about }: LiveFinding, { reason }: TrustCause): Sentences => ({
  title: `There is no trust any more in ${about.name}, which guards lives`,
  observed: reason,
  expected: 'A device that guards lives is one that the city can trust',
  why: 'It is not cut off: it reports on, and takes no changes. Somebody has to look at it on the spot.',
  wouldNotHaveAlarmedIf: 'Every part of its trust had stayed above the bottom.',
});

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;

/** Bytes with a unit, two figures: 41 MB. */
export function bytesInWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[unit]!}`;
}

function spanInWords(ms: number): string {
  if (ms < 2 * HOUR_MS) return counted(Math.round(ms / 60_000), 'minute');
  return ms < 48 * HOUR_MS
    ? counted(Math.round(ms / HOUR_MS), 'hour')
    : counted(Math.round(ms / (24 * HOUR_MS)), 'day');
}

const clock = (at: number): string => `${isoTime(millis(at)).slice(11, 16)} UTC`;
const hourInWords = (hour: number): string => `between ${clock(hour * HOUR_MS)} and ${clock((hour + 1) * HOUR_MS)}`;
const portInWords = (protocol: string, port: number | null): string =>
  protocol === 'icmp' || port === null
    ? 'by ICMP'
    : port >= DYNAMIC_PORT && port === DYNAMIC_PORT
      ? `on a passing ${protocol.toUpperCase()} port`
      : `on ${protocol.toUpperCase()} port ${port}`;
/** `camera/Corvane C220` is a Corvane C220 camera. */
function kindInWords(kind: string): string {
  if (kind === 'unlisted') return 'endpoint without an inventory record';
  const cut = kind.indexOf('/');
  return cut < 0 ? kind : `${kind.slice(cut + 1)} ${kind.slice(0, cut).replaceAll('-', ' ')}`;
}

function newPeer(finding: LiveFinding, cause: NewPeerCause): Sentences {
  const { name, kind } = finding.about;
  const where = portInWords(cause.protocol, cause.port);
  const silent = cause.answered === 0;
  const peer = cause.gathered
    ? `${finding.peers.length}${finding.peers.length >= 32 ? ' or more' : ''} peers`
    : cause.peerKind !== null
      ? finding.peers.length > 1
        ? `${finding.peers.length} devices of the kind ${kindInWords(cause.peerKind)}`
        : `${plainNode(cause.peer)} (${kindInWords(cause.peerKind)})`
      : plainNode(cause.peer);
  const verb = cause.inbound ? 'was reached by' : silent ? 'tried to reach' : 'began to speak to';
  const talks = counted(cause.answered + cause.failed, 'conversation');
  const fate = cause.failed === 0 ? 'all answered' : silent ? 'none answered' : `${cause.failed} of them not answered`;
  const bytes = `${bytesInWords(cause.bytesOut)} out, ${bytesInWords(cause.bytesIn)} in`;
  const place = { outside: 'outside the city', inside: 'inside, without an inventory record', city: 'of the city' }[
    cause.scope
  ];
  return {
    title: `${name} ${verb} ${peer} ${where}, which no ${kindInWords(kind)} ever did`,
    observed: `${talks} with ${peer} ${where} since ${clock(finding.at)}: ${fate}; ${bytes}.`,
    expected: `${counted(cause.kindDevices, 'device')} of the kind ${kindInWords(kind)} ${cause.kindDevices === 1 ? 'uses' : 'use'} ${counted(cause.kindPeers, 'peer')} between them; this is none of them.`,
    why: cause.learning
      ? `No device of this kind ever did so, and the peer lies ${place}. ${name} is in its first ${LEARNING_HOURS} hours, so this is only a notice.`
      : `No device of this kind ever did so, and the peer lies ${place}.`,
    wouldNotHaveAlarmedIf: `Any ${kindInWords(kind)} had used ${cause.peerKind === null || cause.gathered ? 'this peer' : `a ${kindInWords(cause.peerKind)}`} ${where} before, or somebody had dismissed this for ${name}.`,
  };
}

const amount = (cause: OffBandCause, value: number): string => {
  const measure = MEASURES[cause.measure]!;
  if (measure.bytes) return bytesInWords(Math.round(value));
  return counted(Math.round(value), measure.name.replace(/s$/, ''));
};
const amountOf = (cause: OffBandCause, value: number): string =>
  `${cause.measure === PEERS && !cause.below ? 'about ' : ''}${amount(cause, value)}`;

function offBand(finding: LiveFinding, cause: OffBandCause): Sentences {
  const { name } = finding.about;
  const { verb } = MEASURES[cause.measure]!;
  const when = hourInWords(cause.hour);
  const hours = finding.count > 1 ? ` It was so in ${counted(finding.count, 'hour')}.` : '';
  if (cause.below)
    return {
      title: cause.value === 0 ? `${name} fell silent` : `${name} says much less than it usually does`,
      observed: `It ${verb} ${cause.value === 0 ? 'nothing' : amount(cause, cause.value)} ${when}.${hours}`,
      expected: `At least ${amount(cause, cause.low)}; usually ${amount(cause, cause.usual)} at this hour of day.`,
      why: 'A device of this sort is always on, and less has not been seen of it at this hour in the last 14 days.',
      wouldNotHaveAlarmedIf: `It had ${verb === 'began' ? 'begun' : verb} ${amount(cause, cause.low)} or more in that hour, or many devices had fallen silent together.`,
    };
  const times = cause.usual >= 1 ? `, ${Math.max(1, Math.round(cause.value / cause.usual))} times the usual` : '';
  return {
    title: `${name} ${verb} ${amountOf(cause, cause.value)} in an hour${times}`,
    observed: `It ${verb} ${amountOf(cause, cause.value)} ${when}.${hours}`,
    expected: `At most ${amount(cause, cause.high)}; usually ${amount(cause, cause.usual)} at this hour of day.`,
    why: "This is outside the device's own band for the hour, which comes from its last 14 days.",
    wouldNotHaveAlarmedIf: `It had stayed at ${amount(cause, cause.high)} or below in that hour.`,
  };
}

function scan(finding: LiveFinding, cause: ScanCause): Sentences {
  const { name } = finding.about;
  const ours = cause.source === finding.device;
  const who = ours ? name : plainNode(cause.source);
  const more = cause.failed >= SCAN_TARGETS_MAX ? ' or more' : '';
  const things = cause.across === 'ports' ? 'ports' : 'targets';
  const over =
    cause.across === 'ports'
      ? `${cause.failed}${more} ports of ${cause.target === finding.device ? name : plainNode(cause.target ?? '')}`
      : `${cause.failed}${more} targets ${portInWords(cause.protocol, cause.port)}`;
  const share = Math.round((100 * cause.failed) / Math.max(1, cause.tried));
  const limit = `fewer than ${SCAN_FAILED_MIN} ${things}, or fewer than ${Math.round(100 * SCAN_FAILED_SHARE_MIN)} in 100 of those it tried`;
  return {
    title: `${who} tried ${over} in vain: a scan`,
    observed: `Since ${clock(finding.at)} it tried ${cause.tried}${more} ${things} it had never used; ${cause.failed} (${share} in 100) refused, stayed silent or carried nothing.`,
    expected: `A device tries few ${things} for the first time within an hour, and most of them answer.`,
    why: 'Trying many doors, most of them shut, is how a network is searched before it is entered.',
    wouldNotHaveAlarmedIf: `In an hour ${limit} for the first time had failed.`,
  };
}
