/** Cuts a TCP or TLS stream into syslog frames: octet counting (RFC 5425, RFC 6587 3.4.1) or lines (RFC 6587 3.4.2), told by the first byte. */
import type { SyslogRejection } from './syslog.ts';

export const SYSLOG_FRAME_MAX_BYTES = 16_384;
/** Digits of MSG-LEN before the connection is given up: with more nothing behind them can be trusted. */
const LENGTH_DIGITS_MAX = 8;

export interface SyslogFrame {
  readonly bytes: Buffer;
  /** Where the frame's message begins, in bytes since the connection began. */
  readonly offset: number;
}

export interface SyslogFrames {
  readonly frames: readonly SyslogFrame[];
  /** Frames left out; the stream goes on behind them. */
  readonly rejected: readonly SyslogRejection[];
  /** The stream cannot be cut any further: close the connection. Later calls answer nothing. */
  readonly fault: SyslogRejection | null;
}

export interface SyslogFramer {
  push(chunk: Uint8Array): SyslogFrames;
  /** The connection has ended; a frame that is there in part is rejected. */
  end(): SyslogFrames;
}

export interface SyslogFramerOptions {
  readonly frameMaxBytes?: number;
  /** `octets`: counting alone, as RFC 5425 wants over TLS; `any` also takes lines. */
  readonly framing: 'octets' | 'any';
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** What the next byte belongs to. `left`: bytes to come of a counted frame; `keeps`: false while an over-long one is passed over. */
type Phase =
  | { readonly in: 'between' }
  | { readonly in: 'length'; digits: string }
  | { readonly in: 'counted'; left: number; readonly keeps: boolean }
  | { readonly in: 'line'; keeps: boolean }
  | { readonly in: 'fault' };

interface State {
  readonly frameMaxBytes: number;
  readonly takesLines: boolean;
  phase: Phase;
  /** Bytes of the present frame, in pieces as they came. */
  pieces: Uint8Array[];
  held: number;
  /** Bytes since the connection began. */
  total: number;
  frameStart: number;
}

interface Found {
  readonly frames: SyslogFrame[];
  readonly rejected: SyslogRejection[];
  fault: SyslogRejection | null;
}

/** Holds at most one frame; never throws on input. */
export function createSyslogFramer(options: SyslogFramerOptions): SyslogFramer {
  const state: State = {
    frameMaxBytes: options.frameMaxBytes ?? SYSLOG_FRAME_MAX_BYTES,
    takesLines: options.framing === 'any',
    phase: { in: 'between' },
    pieces: [],
    held: 0,
    total: 0,
    frameStart: 0,
  };
  return {
    push(chunk) {
      const found: Found = { frames: [], rejected: [], fault: null };
      for (let at = 0; at < chunk.length && state.phase.in !== 'fault';) {
        const taken = step(state, chunk.subarray(at), found);
        at += taken;
        state.total += taken;
      }
      return found;
    },
    end() {
      const found: Found = { frames: [], rejected: [], fault: null };
      const { phase } = state;
      if (phase.in === 'line' && phase.keeps && state.held > 0) finishFrame(state, found);
      else if (phase.in === 'length' || phase.in === 'counted')
        found.rejected.push({ reason: 'the connection ended inside a frame', offset: state.frameStart });
      state.phase = { in: 'fault' };
      return found;
    },
  };
}

/** Takes some of the bytes; answers how many, at least one. */
function step(state: State, rest: Uint8Array, found: Found): number {
  const { phase } = state;
  switch (phase.in) {
    case 'between':
      return begin(state, rest[0]!, found);
    case 'length':
      return readLength(state, phase, { byte: rest[0]!, found });
    case 'counted':
      return readCounted(state, phase, { rest, found });
    case 'line':
      return readLine(state, phase, { rest, found });
    case 'fault':
      return rest.length;
  }
}

function begin(state: State, byte: number, found: Found): number {
  state.frameStart = state.total;
  // Some senders end a counted frame with a newline as well; between frames it says nothing.
  if (byte === NEWLINE || byte === RETURN) return 1;
  if (isDigit(byte) && byte !== 0x30) {
    state.phase = { in: 'length', digits: '' };
    return readLength(state, state.phase, { byte, found });
  }
  if (!state.takesLines) {
    giveUp(state, found, `byte 0x${byte.toString(16).padStart(2, '0')} where the length of a frame was wanted`);
    return 1;
  }
  state.phase = { in: 'line', keeps: true };
  keep(state, Uint8Array.of(byte));
  return 1;
}

function readLength(
  state: State,
  phase: Extract<Phase, { in: 'length' }>,
  { byte, found }: { byte: number; found: Found },
): number {
  if (isDigit(byte) && phase.digits.length < LENGTH_DIGITS_MAX) {
    phase.digits += String.fromCharCode(byte);
    return 1;
  }
  if (byte !== SPACE) {
    giveUp(state, found, `length "${phase.digits}" is not followed by a space`);
    return 1;
  }
  const left = Number(phase.digits);
  const keeps = left <= state.frameMaxBytes;
  if (!keeps) reject(state, found, `a frame of ${left} bytes, at most ${state.frameMaxBytes} wanted`);
  state.frameStart = state.total + 1;
  state.phase = { in: 'counted', left, keeps };
  return 1;
}

function readCounted(
  state: State,
  phase: Extract<Phase, { in: 'counted' }>,
  { rest, found }: { rest: Uint8Array; found: Found },
): number {
  const taken = Math.min(phase.left, rest.length);
  if (phase.keeps) keep(state, rest.subarray(0, taken));
  phase.left -= taken;
  if (phase.left > 0) return taken;
  if (phase.keeps) finishFrame(state, found);
  state.phase = { in: 'between' };
  return taken;
}

function readLine(
  state: State,
  phase: Extract<Phase, { in: 'line' }>,
  { rest, found }: { rest: Uint8Array; found: Found },
): number {
  const newline = rest.indexOf(NEWLINE);
  const taken = newline < 0 ? rest.length : newline + 1;
  if (phase.keeps) keep(state, rest.subarray(0, newline < 0 ? taken : newline));
  if (phase.keeps && state.held > state.frameMaxBytes) {
    reject(state, found, `a line of more than ${state.frameMaxBytes} bytes`);
    phase.keeps = false;
    drop(state);
  }
  if (newline < 0) return taken;
  if (phase.keeps) finishFrame(state, found);
  state.phase = { in: 'between' };
  return taken;
}

/** A copy: the caller's chunk may be used again. */
function keep(state: State, bytes: Uint8Array): void {
  const room = state.frameMaxBytes + 1 - state.held;
  state.pieces.push(Uint8Array.prototype.slice.call(bytes, 0, Math.max(0, room)));
  state.held += bytes.length;
}

function drop(state: State): void {
  state.pieces = [];
  state.held = 0;
}

function finishFrame(state: State, found: Found): void {
  const whole = Buffer.concat(state.pieces);
  const isLine = state.phase.in === 'line';
  const bytes = isLine && whole.at(-1) === RETURN ? whole.subarray(0, -1) : whole;
  if (bytes.length > 0) found.frames.push({ bytes, offset: state.frameStart });
  drop(state);
}

function reject(state: State, found: Found, reason: string): void {
  found.rejected.push({ reason, offset: state.frameStart });
}

function giveUp(state: State, found: Found, reason: string): void {
  found.fault = { reason, offset: state.total };
  state.phase = { in: 'fault' };
  drop(state);
}
