/** The one word a device stands under, derived from what each module says about it, with the reason. */
import type { DeviceIdentity, DeviceState, TrustLevel } from '@cityward/contracts';

export type PresenceState = 'never' | 'online' | 'asleep' | 'offline';

/** What modules say about a device; each fills its own facet and none reads another's. */
export interface Facets {
  readonly presence?: { readonly state: PresenceState; readonly at: number };
  readonly identity?: { readonly state: DeviceIdentity['state'] };
  readonly watch?: {
    readonly state: 'learning' | 'usual' | 'unusual';
    readonly reason: string;
    /** Id of the finding behind `unusual`. */
    readonly finding: string | null;
  };
  /** How far it is trusted; told beside its state, which does not follow from it. */
  readonly trust?: { readonly level: TrustLevel; readonly value: number };
  /** What it says that it runs; the inventory may be older. */
  readonly fleet?: { readonly firmware: string };
  readonly respond?: {
    readonly state: 'clear' | 'suspect' | 'contained';
    readonly reason: string;
    readonly incident: string | null;
    /** When the containment ends, in ms; null where it has no end or there is none. */
    readonly until: number | null;
  };
}

export interface Standing {
  readonly state: DeviceState;
  readonly reason: string;
}

const IDENTITY_MISSING: Readonly<Record<'none' | 'code-issued' | 'expired' | 'ended', string>> = {
  none: 'has no identity: not enrolled',
  'code-issued': 'has no identity yet: waits for enrolment',
  expired: 'its certificate has expired',
  ended: 'its identity has ended: retired, replaced or unseen for too long',
};

/**
 * The worst that any facet says, in the order of DEVICE_STATES but for containment, which is an act and outranks suspicion.
 * Whatever is missing or stale ends in `unknown` or `unreachable`: `trusted` needs an enrolled identity, a device that was heard
 * in time, and a watch that finds it usual.
 */
export function deriveState(facets: Facets): Standing {
  const { presence, identity, watch, respond } = facets;
  if (respond?.state === 'contained') return { state: 'contained', reason: respond.reason };
  if (respond?.state === 'suspect') return { state: 'suspect', reason: respond.reason };
  if (identity?.state === 'revoked') return { state: 'quarantined', reason: 'its certificate is revoked' };
  if (identity?.state === 'held') return { state: 'quarantined', reason: 'its certificate is held' };
  if (watch?.state === 'unusual') return { state: 'watched', reason: watch.reason };
  if (presence?.state === 'offline') return { state: 'unreachable', reason: 'silent for longer than its kind may be' };
  if (!identity) return { state: 'unknown', reason: 'nothing known of its identity' };
  if (identity.state !== 'enrolled') return { state: 'unknown', reason: IDENTITY_MISSING[identity.state] };
  if (!presence || presence.state === 'never') return { state: 'unknown', reason: 'never heard of' };
  if (!watch) return { state: 'unknown', reason: 'its behaviour is not watched' };
  if (watch.state === 'learning') return { state: 'learning', reason: watch.reason };
  return { state: 'trusted', reason: presence.state === 'asleep' ? 'usual, and asleep as designed' : 'usual' };
}

/** How long a device may be silent; from its class. */
export interface Silence {
  /** Time between two reports of a device that sleeps by design; 0 for one that does not. */
  readonly sleepMs: number;
  readonly silenceMs: number;
}

/** After this much silence a sleeper is shown as asleep. */
export const NAP_MS = 5 * 60_000;

/**
 * What silence makes of a device that was last heard at `lastSeen`; null where it was never heard. A device cannot stay
 * `asleep` by saying so: only its class decides how long it may be silent.
 */
export function presenceAfterSilence(lastSeen: number | null, silence: Silence, now: number): PresenceState {
  if (lastSeen === null) return 'never';
  const silent = now - lastSeen;
  if (silent > silence.silenceMs) return 'offline';
  return silence.sleepMs > 0 && silent > NAP_MS ? 'asleep' : 'online';
}
