/** scan: feeds first contacts into the tracks and raises what they amount to. */
import type { Flow } from '@cityward/contracts';
import { grow, keyOf, openFinding, raise, type LiveFinding, type ScanCause } from './findings.ts';
import { SCAN_ALARM_FAILED } from './parameters.ts';
import type { Meeting } from './peer-judge.ts';
import { DYNAMIC_PORT } from './peers.ts';
import { addContact, type ScanCount } from './scan.ts';
import { aboutRow, type End, type WatchState } from './state.ts';
import { TRACKED } from './table.ts';

export interface Probe extends Omit<Meeting, 'row' | 'peer' | 'inbound'> {
  readonly src: End;
  readonly dst: End;
  /** The source had never spoken to this target and port before. */
  readonly first: boolean;
}

/** Refused, unanswered, or opened and closed without a byte: a conversation that carried nothing. */
const carriedNothing = (flow: Flow): boolean =>
  flow.outcome !== 'answered' || (flow.protocol === 'tcp' && flow.bytes_out === 0 && flow.bytes_in === 0);

export function judgeScan(state: WatchState, probe: Probe): void {
  const { flow, src } = probe;
  if (flow.protocol === 'other') return;
  // A UDP packet to a port of the moment is mostly half of an answer whose question the sensor did not see.
  if (flow.protocol === 'udp' && flow.dst_port >= DYNAMIC_PORT) return;
  const failed = carriedNothing(flow);
  const tracked = src.row < 0 || (state.table.columns.flags[src.row]! & TRACKED) !== 0;
  if (probe.first ? !failed && !tracked : failed || !tracked) return;
  if (failed && src.row >= 0) state.table.columns.flags[src.row]! |= TRACKED;
  const port = flow.protocol === 'icmp' ? 'icmp' : `${flow.dst_port}/${flow.protocol}`;
  const contact = { failed, at: probe.at };
  const targets = addContact(state.scans, { ...contact, line: `${src.name}|targets ${port}`, thing: probe.dst.name });
  if (targets) report(state, probe, { across: 'targets', what: port, counted: targets });
  if (flow.protocol === 'icmp') return;
  const ports = addContact(state.scans, { ...contact, line: `${src.name}|ports ${probe.dst.name}`, thing: port });
  if (ports) report(state, probe, { across: 'ports', what: probe.dst.name, counted: ports });
}

interface Seen {
  readonly across: ScanCause['across'];
  readonly what: string;
  readonly counted: ScanCount;
}

/** The finding is on the device that scans; on the scanned one when the source is not watched. */
function report(state: WatchState, probe: Probe, seen: Seen): void {
  const row = probe.src.row >= 0 ? probe.src.row : probe.dst.row;
  if (row < 0) return;
  const source = probe.src.row >= 0 ? state.table.ids[row]! : probe.src.name;
  const key = keyOf(source, 'scan', `${seen.across} ${seen.what}`);
  if (state.registry.known.has(key)) return;
  let finding = openFinding(state.registry, key, probe.at);
  if (!finding) {
    finding = draft(state, probe, { ...seen, key, row });
    raise(state.registry, finding);
  }
  const cause = finding.cause as ScanCause;
  cause.failed = Math.max(cause.failed, seen.counted.failed);
  cause.tried = Math.max(cause.tried, seen.counted.tried);
  if (finding.severity === 'warning' && probe.src.row >= 0 && cause.failed >= SCAN_ALARM_FAILED)
    finding.severity = 'alarm';
  const peer = seen.across === 'targets' ? probe.dst.name : undefined;
  const sight = { at: probe.at, count: probe.flow.count ?? 1, marks: probe.marks };
  grow(state.registry, finding, peer === undefined ? sight : { ...sight, peer });
}

function draft(state: WatchState, probe: Probe, seen: Seen & { key: string; row: number }): LiveFinding {
  const { src, dst, flow } = probe;
  const byTarget = seen.across === 'ports';
  const things = byTarget ? [dst.name] : seen.counted.things;
  const peers = [...new Set(src.row >= 0 ? things : [src.name, ...things])];
  const device = state.table.ids[seen.row]!;
  return {
    id: state.idOf(`${seen.key}|${probe.position}`),
    key: seen.key,
    device,
    about: aboutRow(state, seen.row),
    at: probe.at,
    lastAt: probe.at,
    count: seen.counted.failed - 1,
    severity: src.row < 0 ? 'notice' : 'warning',
    peers: peers.filter((peer) => peer !== device).slice(0, 32),
    port: byTarget || flow.protocol === 'icmp' ? null : flow.dst_port,
    ...probe.marks,
    skewMs: probe.skewMs,
    cause: {
      detector: 'scan',
      across: seen.across,
      source: src.row >= 0 ? device : src.name,
      target: byTarget ? dst.name : null,
      port: byTarget || flow.protocol === 'icmp' ? null : flow.dst_port,
      protocol: flow.protocol,
      failed: 0,
      tried: 0,
    },
  };
}
