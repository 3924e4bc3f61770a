/** Findings that share a cause become one situation: one line in the inbox, not one per device. */
import type { DetectorName, Finding } from '@cityward/contracts';
import { HOUR_MS, MINUTE_MS } from '@cityward/kernel';

export type Severity = Finding['severity'];

/** What grouping needs to know of a finding and where its device stands. */
export interface Evidence {
  readonly finding: string;
  readonly detector: DetectorName;
  readonly device: string;
  readonly at: number;
  readonly lastAt: number;
  readonly severity: Severity;
  readonly peers: readonly string[];
  readonly site: string | null;
  readonly ward: string | null;
  readonly replay: boolean;
}

/** The part of a situation that decides what joins it. */
export interface Grouping {
  readonly id: string;
  readonly opened: number;
  readonly lastAt: number;
  readonly devices: ReadonlySet<string>;
  /** Outside addresses and other peers that its findings name. */
  readonly peers: ReadonlySet<string>;
  readonly detectors: ReadonlySet<DetectorName>;
  readonly wards: ReadonlySet<string>;
  readonly replay: boolean;
}

/** Fixed once for all data. */
export const GROUPING = {
  /** A quiet situation takes no new findings after this. */
  openForMs: 24 * HOUR_MS,
  /** Unusual contact between two devices within this ties their findings together. */
  contactWithinMs: 2 * HOUR_MS,
  /** The same measure leaving its band in one ward within this has one cause (a power cut, an event in the street). */
  togetherWithinMs: 15 * MINUTE_MS,
} as const;

/** True when one of the two contacted the other in a way that neither used before. */
export type InContact = (device: string, others: ReadonlySet<string>, sinceMs: number) => boolean;

/** Ids of the situations that the finding belongs to, oldest first; none: it opens its own; several: they are one. */
export function situationsOf(evidence: Evidence, open: readonly Grouping[], inContact: InContact): string[] {
  return open
    .filter((group) => group.replay === evidence.replay && evidence.at - group.lastAt <= GROUPING.openForMs)
    .filter((group) => sharesCause(evidence, group, inContact))
    .sort((a, b) => a.opened - b.opened)
    .map((group) => group.id);
}

function sharesCause(evidence: Evidence, group: Grouping, inContact: InContact): boolean {
  if (group.devices.has(evidence.device)) return true;
  if (evidence.peers.some((peer) => group.devices.has(peer))) return true;
  if (group.peers.has(evidence.device)) return true;
  if (evidence.peers.some((peer) => peer.startsWith('ip:') && group.peers.has(peer))) return true;
  const together =
    evidence.detector === 'off-band' &&
    group.detectors.has('off-band') &&
    evidence.ward !== null &&
    group.wards.has(evidence.ward) &&
    evidence.at - group.lastAt <= GROUPING.togetherWithinMs;
  return together || inContact(evidence.device, group.devices, GROUPING.contactWithinMs);
}

const RANK: Readonly<Record<Severity, number>> = { notice: 0, warning: 1, alarm: 2 };
export const worst = (severities: readonly Severity[]): Severity =>
  severities.reduce<Severity>((most, one) => (RANK[one] > RANK[most] ? one : most), 'notice');
export const bySeverityThenTime = (
  a: { severity: Severity; lastAt: number },
  b: { severity: Severity; lastAt: number },
): number => RANK[b.severity] - RANK[a.severity] || b.lastAt - a.lastAt;
