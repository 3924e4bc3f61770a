/** Upgrade paths: which version may follow which, and the stepping stones from here to there. */

/** One allowed step; `from` may end in `*` for every version that begins so. */
export interface Track {
  readonly from: string;
  readonly to: string;
}
export const TRACKS_MAX = 200;

const allows = (track: Track, from: string): boolean =>
  track.from.endsWith('*') ? from.startsWith(track.from.slice(0, -1)) : track.from === from;

/**
 * Versions to install one after the other, the wanted one last; the shortest way, and of those the first by the order of the
 * tracks. Null when there is no way; empty when it is there already. Without any track every step is allowed.
 */
export function pathTo(tracks: readonly Track[], from: string | null, to: string): readonly string[] | null {
  if (from === to) return [];
  if (tracks.length === 0) return [to];
  if (from === null) return null; // a track cannot be followed from an unknown place
  const cameFrom = new Map<string, string | null>([[from, null]]);
  let front = [from];
  while (front.length > 0) {
    const next: string[] = [];
    for (const version of front)
      for (const track of tracks) {
        if (!allows(track, version) || cameFrom.has(track.to)) continue;
        cameFrom.set(track.to, version);
        if (track.to === to) return backFrom(cameFrom, to);
        next.push(track.to);
      }
    front = next;
  }
  return null;
}

function backFrom(cameFrom: ReadonlyMap<string, string | null>, to: string): string[] {
  const path: string[] = [];
  for (let at: string | null = to; at !== null; at = cameFrom.get(at) ?? null) path.unshift(at);
  return path.slice(1);
}
