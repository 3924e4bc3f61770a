/** A row of Zeek's conn log as one conversation between two nodes. */
import { isIP } from 'node:net';
import type { ZeekRow, ZeekValue } from './zeek.ts';

export type ZeekOutcome = 'answered' | 'refused' | 'unanswered';

/**
 * What Zeek's conn_state says about the answer. Answered: both sides were seen to speak, however it ended (SF, S1-S3, RSTO,
 * RSTR), or only the answer was seen (SHR). Refused: it ended in a reset before it began (REJ, RSTOS0, RSTRH). Unanswered: a
 * beginning without an answer (S0, SH). OTH begins in the middle: answered when the responder sent anything.
 */
export const ZEEK_OUTCOMES: Readonly<Record<string, ZeekOutcome>> = {
  SF: 'answered',
  S1: 'answered',
  S2: 'answered',
  S3: 'answered',
  RSTO: 'answered',
  RSTR: 'answered',
  SHR: 'answered',
  REJ: 'refused',
  RSTOS0: 'refused',
  RSTRH: 'refused',
  S0: 'unanswered',
  SH: 'unanswered',
  OTH: 'unanswered',
};

/** The shape of a Flow observation. */
export interface ZeekFlow {
  readonly kind: 'flow';
  readonly at: number;
  readonly src: string;
  readonly dst: string;
  readonly dst_port: number;
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'other';
  readonly outcome: ZeekOutcome;
  readonly bytes_out: number;
  readonly bytes_in: number;
  readonly duration_ms?: number;
}

export interface ZeekFlowOptions {
  /** The id of the device that has this address; null for all others, which become `ip:<address>`. */
  readonly deviceAt?: (address: string) => string | null;
  /** Milliseconds since 1970 at which a capture with relative times began; default 0. */
  readonly began?: number;
}
/** `skipped` is no fault: the row is of another log, or no conversation. */
export type ZeekFlowAnswer = { readonly flow: ZeekFlow } | { readonly skipped: string } | { readonly fault: string };

/** Times below this many seconds (three years) count from the start of the capture: no capture is that long, none that old. */
const RELATIVE_BELOW_S = 100_000_000;
/** A century: anything longer is no duration. */
const DURATION_MAX_S = 3_155_760_000;
const AT_MAX_MS = 8_640_000_000_000_000;
/** Echo, timestamp, information and mask requests (RFC 792, 950) and echo of ICMPv6 (RFC 4443); all other ICMP is about other traffic. */
const ICMP_ASKS: ReadonlySet<number> = new Set([8, 13, 15, 17, 128]);
const PROTOCOLS: Readonly<Record<string, ZeekFlow['protocol']>> = {
  tcp: 'tcp',
  udp: 'udp',
  icmp: 'icmp',
  icmp6: 'icmp',
};

/** Makes a Flow of a row of the conn log; payload bytes, unset as 0. Never throws on input. */
export function zeekFlow(row: ZeekRow, options: ZeekFlowOptions = {}): ZeekFlowAnswer {
  if (row.path !== 'conn')
    return { skipped: `is of the log "${row.path ?? 'unknown'}", only conn tells conversations` };
  const { values } = row;
  const at = timeOf(values['ts'], options.began ?? 0);
  if (at === null) return { fault: `has ts "${show(values['ts'])}", seconds since 1970 or since the start wanted` };
  const ends = [values['id.orig_h'], values['id.resp_h']];
  for (const end of ends) if (!isAddress(end)) return { fault: `has address "${show(end)}", an IP address wanted` };
  const port = values['id.resp_p'];
  if (!isCount(port) || port > 65_535) return { fault: `has port "${show(port)}", 0 to 65535 wanted` };
  const state = values['conn_state'];
  const outcome = typeof state === 'string' && Object.hasOwn(ZEEK_OUTCOMES, state) ? ZEEK_OUTCOMES[state]! : null;
  if (outcome === null)
    return { fault: `has conn_state "${show(state)}", one of ${Object.keys(ZEEK_OUTCOMES).join(' ')} wanted` };
  const name = values['proto'];
  if (typeof name !== 'string') return { fault: `has proto "${show(name)}", a protocol wanted` };
  const protocol = Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name]! : 'other';
  const type = values['id.orig_p'];
  if (protocol === 'icmp' && !(typeof type === 'number' && ICMP_ASKS.has(type)))
    return { skipped: 'is an ICMP message about other traffic, no conversation' };
  const nodeOf = (address: string): string => options.deviceAt?.(address) ?? `ip:${address}`;
  const duration = values['duration'];
  return {
    flow: {
      kind: 'flow',
      at,
      src: nodeOf(ends[0] as string),
      dst: nodeOf(ends[1] as string),
      dst_port: protocol === 'icmp' ? 0 : port,
      protocol,
      outcome: state === 'OTH' && spoke(values) ? 'answered' : outcome,
      bytes_out: bytesOf(values['orig_bytes']),
      bytes_in: bytesOf(values['resp_bytes']),
      ...(typeof duration === 'number' && duration >= 0 && duration <= DURATION_MAX_S
        ? { duration_ms: Math.round(duration * 1_000) }
        : {}),
    },
  };
}

const show = (value: ZeekValue | undefined): string => String(value ?? '-').slice(0, 40);
const isAddress = (value: ZeekValue | undefined): value is string =>
  typeof value === 'string' && isIP(value) !== 0 && !value.includes('%');
const isCount = (value: ZeekValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const bytesOf = (value: ZeekValue | undefined): number => (isCount(value) ? value : 0);
const spoke = (values: ZeekRow['values']): boolean =>
  bytesOf(values['resp_bytes']) > 0 || bytesOf(values['resp_pkts']) > 0;

function timeOf(value: ZeekValue | undefined, began: number): number | null {
  if (typeof value !== 'number' || !(value >= 0)) return null;
  const at = Math.round(value * 1_000 + (value < RELATIVE_BELOW_S ? began : 0));
  return at <= AT_MAX_MS ? at : null;
}
