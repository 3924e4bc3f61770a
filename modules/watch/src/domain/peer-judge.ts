/** new-peer: a peer, by port, that no device of the kind ever spoke to. */
import type { Flow } from '@cityward/contracts';
import { grow, keyOf, openFinding, raise, type LiveFinding, type Marks, type NewPeerCause } from './findings.ts';
import { hourOf } from './hours.ts';
import { LEARNING_HOURS, PEER_FINDINGS_PER_DAY, PORT_FINDINGS_PER_DAY } from './parameters.ts';
import {
  addressKey,
  DYNAMIC_PORT,
  findPeer,
  isForEverybody,
  isOpenEnded,
  learnForDevice,
  learnForKind,
  nodeNumber,
  peersOf,
  portKeyOf,
  roleKey,
  usePeer,
  type Kind,
} from './peers.ts';
import { aboutRow, kindOfRow, type End, type WatchState } from './state.ts';
import { LISTED, WIDE } from './table.ts';

/** One conversation as seen from the device that is judged. */
export interface Meeting {
  readonly row: number;
  readonly peer: End;
  readonly inbound: boolean;
  readonly flow: Flow;
  readonly at: number;
  readonly position: number;
  readonly skewMs: number;
  readonly marks: Marks;
  /** `history` only teaches; `replay` only judges. */
  readonly mode: 'live' | 'history' | 'replay';
}

interface Peer {
  readonly name: string;
  readonly portKey: number;
  readonly port: number;
  /** -1 for an address that nothing has been learned of. */
  readonly kindKey: number;
}

/** Judges and learns; answers true when the device had never spoken to this peer before. */
export function judgePeer(state: WatchState, meeting: Meeting): boolean {
  const peer = peerOf(state, meeting);
  const node = state.nodes.index.get(peer.name);
  const hour = hourOf(meeting.at);
  const count = meeting.flow.count ?? 1;
  if (node !== undefined) {
    const at = findPeer(state.table, meeting.row, { node, portKey: peer.portKey });
    if (at >= 0) {
      if (meeting.mode !== 'replay') usePeer(state.table, at, { hour, count });
      const kind = kindOfRow(state, meeting.row);
      if (kind.peers.has(peer.kindKey) && meeting.mode !== 'replay') kind.peers.set(peer.kindKey, hour);
      return false;
    }
  }
  const verdict = verdictOn(state, meeting, peer);
  if (verdict === 'news') report(state, meeting, peer);
  else if (meeting.mode !== 'replay') {
    const kind = kindOfRow(state, meeting.row);
    const number = nodeNumber(state.nodes, peer.name);
    const kindKey = peer.kindKey < 0 ? addressKey(number, peer.portKey) : peer.kindKey;
    if (verdict === 'learn') learnForKind(kind, kindKey, { hour, outside: meeting.peer.scope === 'outside' });
    const own = !kind.peers.has(kindKey);
    learnForDevice(state.table, meeting.row, { node: number, portKey: peer.portKey, own, hour, count });
  }
  return true;
}

function peerOf(state: WatchState, meeting: Meeting): Peer {
  const { flow, peer } = meeting;
  const dynamic = flow.dst_port >= DYNAMIC_PORT && peer.scope !== 'outside';
  const port = flow.protocol === 'icmp' ? 0 : dynamic ? DYNAMIC_PORT : flow.dst_port;
  const portKey = portKeyOf(port, flow.protocol, meeting.inbound);
  // A device of ours counts by what it is: any camera may speak to any recorder as the others do.
  if (peer.row >= 0 && state.table.columns.flags[peer.row]! & LISTED)
    return { name: peer.name, portKey, port, kindKey: roleKey(kindOfRow(state, peer.row).index, portKey) };
  const node = state.nodes.index.get(peer.name);
  return { name: peer.name, portKey, port, kindKey: node === undefined ? -1 : addressKey(node, portKey) };
}

/** usual: others of its kind do it; learn: nothing is settled yet, so the kind learns it; own: only this device; news: a finding. */
type Verdict = 'usual' | 'learn' | 'own' | 'news';

function verdictOn(state: WatchState, meeting: Meeting, peer: Peer): Verdict {
  const kind = kindOfRow(state, meeting.row);
  if (kind.peers.has(peer.kindKey)) return 'usual';
  if (meeting.mode === 'history' || !kind.settled) return 'learn';
  const { columns } = state.table;
  const outside = meeting.peer.scope === 'outside';
  if (outside && isOpenEnded(kind, hourOf(meeting.at))) return 'learn';
  if (columns.flags[meeting.row]! & WIDE) return 'own';
  const learning = columns.learned[meeting.row]! < LEARNING_HOURS;
  if (!outside && (learning || isForEverybody(state.kinds, peer.kindKey))) return 'own';
  return 'news';
}

const protocolWord = (peer: Peer, flow: Flow): string => `${peer.port}/${flow.protocol}`;

/** What the finding is about: an outside address, or any device of one kind; by port and direction. */
function whatOf(state: WatchState, meeting: Meeting, peer: Peer): string {
  const way = meeting.inbound ? 'in' : 'out';
  const target = meeting.peer.scope === 'city' ? `kind ${kindOfRow(state, meeting.peer.row).name}` : meeting.peer.name;
  return `${way} ${target} ${protocolWord(peer, meeting.flow)}`;
}

function report(state: WatchState, meeting: Meeting, peer: Peer): void {
  const device = state.table.ids[meeting.row]!;
  const way = meeting.inbound ? 'in' : 'out';
  const port = protocolWord(peer, meeting.flow);
  const keys = [
    keyOf(device, 'new-peer', whatOf(state, meeting, peer)),
    keyOf(device, 'new-peer', `${way} many ${port}`),
    keyOf(device, 'new-peer', `${way} many`),
  ];
  for (const key of keys) {
    if (state.registry.known.has(key)) return;
    const open = openFinding(state.registry, key, meeting.at);
    if (open) return add(state, open, meeting);
  }
  const today = findingsToday(state, meeting);
  const step = today < PEER_FINDINGS_PER_DAY ? 0 : today < PORT_FINDINGS_PER_DAY ? 1 : 2;
  const finding = draft(state, meeting, { key: keys[step]!, peer, gathered: step > 0 });
  raise(state.registry, finding);
  add(state, finding, meeting);
}

function findingsToday(state: WatchState, meeting: Meeting): number {
  const { columns } = state.table;
  const day = Math.floor(hourOf(meeting.at) / 24);
  if (columns.findingsDay[meeting.row] !== day) columns.findingsToday[meeting.row] = 0;
  columns.findingsDay[meeting.row] = day;
  const today = columns.findingsToday[meeting.row]!;
  if (today < 255) columns.findingsToday[meeting.row] = today + 1;
  return today;
}

function add(state: WatchState, finding: LiveFinding, meeting: Meeting): void {
  const cause = finding.cause as NewPeerCause;
  const count = meeting.flow.count ?? 1;
  if (meeting.flow.outcome === 'answered') cause.answered += count;
  else cause.failed += count;
  cause.bytesOut += meeting.inbound ? meeting.flow.bytes_in : meeting.flow.bytes_out;
  cause.bytesIn += meeting.inbound ? meeting.flow.bytes_out : meeting.flow.bytes_in;
  grow(state.registry, finding, { at: meeting.at, count, marks: meeting.marks, peer: meeting.peer.name });
}

function draft(state: WatchState, meeting: Meeting, what: { key: string; peer: Peer; gathered: boolean }): LiveFinding {
  const { scope, row } = meeting.peer;
  const kind = kindOfRow(state, meeting.row);
  const learning = state.table.columns.learned[meeting.row]! < LEARNING_HOURS;
  return {
    id: state.idOf(`${what.key}|${meeting.position}`),
    key: what.key,
    device: state.table.ids[meeting.row]!,
    about: aboutRow(state, meeting.row),
    at: meeting.at,
    lastAt: meeting.at,
    count: 0,
    severity: learning ? 'notice' : scope === 'outside' && !meeting.inbound ? 'alarm' : 'warning',
    peers: [],
    port: meeting.flow.protocol === 'icmp' ? null : meeting.flow.dst_port,
    ...meeting.marks,
    skewMs: meeting.skewMs,
    cause: {
      detector: 'new-peer',
      peer: meeting.peer.name,
      scope: scope === 'group' ? 'inside' : scope,
      peerKind: scope === 'city' ? kindOfRow(state, row).name : null,
      port: what.peer.port,
      protocol: meeting.flow.protocol,
      inbound: meeting.inbound,
      gathered: what.gathered,
      learning,
      kindDevices: kind.devices,
      kindPeers: kindPeers(kind),
      answered: 0,
      failed: 0,
      bytesOut: 0,
      bytesIn: 0,
    },
  };
}

const kindPeers = (kind: Kind): number => kind.peers.size;

/** What the device may do from now on, since somebody said so: every peer that the finding names, on its port. */
export function allowPeers(state: WatchState, finding: LiveFinding, at: number): void {
  const cause = finding.cause as NewPeerCause;
  const row = state.table.indexOf.get(finding.device);
  if (row === undefined) return;
  const protocol = cause.protocol as Flow['protocol'];
  const portKey = portKeyOf(cause.port, protocol, cause.inbound);
  const known = new Set(peersOf(state.table, row).map((peer) => `${peer.node}|${peer.port}`));
  for (const name of finding.peers) {
    const node = nodeNumber(state.nodes, name);
    if (known.has(`${node}|${cause.port}`)) continue;
    learnForDevice(state.table, row, { node, portKey, own: true, hour: hourOf(at), count: finding.count });
  }
}
