/** Open findings by what they are about, so that the same thing seen again grows one finding and never makes a second. */
import type { DetectorName, Finding, Observed } from '@cityward/contracts';
import { EPISODE_GAP_MS, FINDINGS_HELD_MAX, KNOWN_HELD_MAX, PEERS_NAMED_MAX } from './parameters.ts';

export type Severity = Finding['severity'];

/** A peer that the kind never used: one address, any device of one kind, or many gathered by port. */
export interface NewPeerCause {
  readonly detector: 'new-peer';
  readonly peer: string;
  /** Where the peer lies; `city` is a device of ours, of kind `peerKind`. */
  readonly scope: 'city' | 'inside' | 'outside';
  readonly peerKind: string | null;
  readonly port: number;
  readonly protocol: string;
  readonly inbound: boolean;
  readonly gathered: boolean;
  readonly learning: boolean;
  readonly kindDevices: number;
  readonly kindPeers: number;
  answered: number;
  failed: number;
  bytesOut: number;
  bytesIn: number;
}
/** A measure outside the device's own band for the hour; values are whole, `hour` counts from 1970. */
export interface OffBandCause {
  readonly detector: 'off-band';
  readonly measure: number;
  readonly below: boolean;
  hour: number;
  value: number;
  low: number;
  high: number;
  usual: number;
  days: number;
}
/** A scan over the ports of one target, or over targets on one port (null for ICMP). */
export interface ScanCause {
  readonly detector: 'scan';
  readonly across: 'ports' | 'targets';
  readonly source: string;
  readonly target: string | null;
  readonly port: number | null;
  readonly protocol: string;
  failed: number;
  tried: number;
}
/** There is no trust any more in a device that guards lives; told by whoever judges that. */
export interface TrustCause {
  readonly detector: 'trust';
  readonly reason: string;
}
export type Cause = NewPeerCause | OffBandCause | ScanCause | TrustCause;

export interface LiveFinding {
  readonly id: string;
  readonly key: string;
  readonly device: string;
  /** The device in words: name, kind and ward as they were. */
  readonly about: { readonly name: string; readonly kind: string; readonly ward: string | null };
  readonly at: number;
  lastAt: number;
  count: number;
  severity: Severity;
  readonly peers: string[];
  readonly port: number | null;
  /** Replay and simulated: all that supports it was. Authenticated: something that supports it was. */
  replay: boolean;
  simulated: boolean;
  authenticated: boolean;
  /** How far off the reporter's clock was; 0 where it was believed. */
  readonly skewMs: number;
  readonly cause: Cause;
}

export interface Registry {
  readonly open: Map<string, LiveFinding>;
  /** What people said is as it should be: key of the finding to the level it was at. */
  readonly known: Map<string, number>;
  raised: LiveFinding[];
  grown: Set<LiveFinding>;
}
export const createRegistry = (): Registry => ({ open: new Map(), known: new Map(), raised: [], grown: new Set() });

/** Where the marks of a finding come from. */
export interface Marks {
  readonly replay: boolean;
  readonly simulated: boolean;
  readonly authenticated: boolean;
}
export const marksOf = (observed: Observed): Marks => ({
  replay: observed.replay,
  simulated: observed.simulated,
  authenticated: observed.authenticated,
});

/** The open finding of this key, unless it has been quiet for so long that this is a new episode. */
export function openFinding(registry: Registry, key: string, at: number): LiveFinding | null {
  const found = registry.open.get(key);
  if (!found) return null;
  if (found.cause.detector !== 'new-peer' && at - found.lastAt > EPISODE_GAP_MS) return null;
  return found;
}

export function raise(registry: Registry, finding: LiveFinding): void {
  registry.open.delete(finding.key);
  if (registry.open.size >= FINDINGS_HELD_MAX) {
    const oldest = registry.open.keys().next();
    if (!oldest.done) registry.open.delete(oldest.value);
  }
  registry.open.set(finding.key, finding);
  registry.raised.push(finding);
}

/** One more sight of it. */
export function grow(
  registry: Registry,
  finding: LiveFinding,
  sight: { at: number; count: number; marks: Marks; peer?: string },
): void {
  finding.count += sight.count;
  if (sight.at > finding.lastAt) finding.lastAt = sight.at;
  finding.replay &&= sight.marks.replay;
  finding.simulated &&= sight.marks.simulated;
  finding.authenticated ||= sight.marks.authenticated;
  if (sight.peer !== undefined && finding.peers.length < PEERS_NAMED_MAX && !finding.peers.includes(sight.peer))
    finding.peers.push(sight.peer);
  registry.grown.add(finding);
}

/** From now on this is as it should be, up to `level`. */
export function remember(registry: Registry, key: string, level: number): void {
  registry.open.delete(key);
  if (registry.known.size >= KNOWN_HELD_MAX && !registry.known.has(key)) {
    const oldest = registry.known.keys().next();
    if (!oldest.done) registry.known.delete(oldest.value);
  }
  registry.known.set(key, Math.max(level, registry.known.get(key) ?? 0));
}

export const keyOf = (device: string, detector: DetectorName, what: string): string => `${device}|${detector}|${what}`;
export const bandWhat = (measure: number, below: boolean): string => `${measure}${below ? 'down' : 'up'}`;
