/** Scans: a source whose first contacts mostly fail, over many ports of one target or many targets on one port. */
import {
  SCAN_FAILED_MIN,
  SCAN_FAILED_SHARE_MIN,
  SCAN_TARGETS_MAX,
  SCAN_TRACKS_MAX,
  SCAN_WINDOW_MS,
} from './parameters.ts';

interface Tried {
  failed: Set<string>;
  answered: Set<string>;
}
/** First contacts of one source along one line: its targets on a port, or its ports on a target. */
export interface Track {
  window: number;
  current: Tried;
  before: Tried;
}

export interface ScanTracks {
  /** Least recently used first. */
  readonly tracks: Map<string, Track>;
}
export const createTracks = (): ScanTracks => ({ tracks: new Map() });

export interface Contact {
  /** `<source>|<line>`, see `engine`. */
  readonly line: string;
  /** The target, or the port. */
  readonly thing: string;
  readonly failed: boolean;
  readonly at: number;
}
export interface ScanCount {
  readonly failed: number;
  readonly tried: number;
  /** Failed things by name, oldest first. */
  readonly things: readonly string[];
}

/** Adds a first contact; answers the counts when they make a scan, else null. */
export function addContact(scans: ScanTracks, contact: Contact): ScanCount | null {
  const track = trackOf(scans, contact);
  if (!track) return null;
  turn(track, Math.floor(contact.at / SCAN_WINDOW_MS));
  const { failed, answered } = track.current;
  if (!contact.failed) {
    failed.delete(contact.thing);
    track.before.failed.delete(contact.thing);
    if (answered.size < SCAN_TARGETS_MAX) answered.add(contact.thing);
    return null;
  }
  if (answered.has(contact.thing) || track.before.answered.has(contact.thing)) return null;
  if (failed.size < SCAN_TARGETS_MAX) failed.add(contact.thing);
  return judge(track);
}

/** A track begins with a failed contact: who is always answered needs none. */
function trackOf(scans: ScanTracks, contact: Contact): Track | null {
  const known = scans.tracks.get(contact.line);
  if (known) {
    scans.tracks.delete(contact.line);
    scans.tracks.set(contact.line, known);
    return known;
  }
  if (!contact.failed) return null;
  if (scans.tracks.size >= SCAN_TRACKS_MAX) {
    const oldest = scans.tracks.keys().next();
    if (!oldest.done) scans.tracks.delete(oldest.value);
  }
  const window = Math.floor(contact.at / SCAN_WINDOW_MS);
  const track = { window, current: emptyTried(), before: emptyTried() };
  scans.tracks.set(contact.line, track);
  return track;
}

const emptyTried = (): Tried => ({ failed: new Set(), answered: new Set() });

function turn(track: Track, window: number): void {
  if (window <= track.window) return;
  track.before = window === track.window + 1 ? track.current : emptyTried();
  track.current = emptyTried();
  track.window = window;
}

function judge(track: Track): ScanCount | null {
  if (track.before.failed.size + track.current.failed.size < SCAN_FAILED_MIN) return null;
  const failed = new Set([...track.before.failed, ...track.current.failed]);
  if (failed.size < SCAN_FAILED_MIN) return null;
  const answered = new Set([...track.before.answered, ...track.current.answered]);
  for (const thing of answered) failed.delete(thing);
  const tried = failed.size + answered.size;
  if (failed.size < SCAN_FAILED_MIN || failed.size / tried < SCAN_FAILED_SHARE_MIN) return null;
  return { failed: failed.size, tried, things: [...failed] };
}
