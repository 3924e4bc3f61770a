/** How far a device is trusted now: what may be done to its standing, and what the standing is at a moment. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

/**
 * none: never enrolled, or its certificates have ended; active: trusted as itself; held: quarantine only; revoked: nothing;
 * ended: nothing, and not a word of it is missing: the device was retired or replaced.
 */
export type Standing = 'none' | 'active' | 'held' | 'revoked' | 'ended';
/** `dormant`: nobody had seen it for too long. */
export type Ending = 'retired' | 'replaced' | 'dormant';
/** What may come back with a code that a person issues afterwards; a retired identity never does. */
export const mayComeBack = (as: Ending): boolean => as !== 'retired';

/** Laid upon a device from outside its certificates. */
export type Restriction =
  | { readonly kind: 'held'; readonly at: number; readonly until: number; readonly reason: string; readonly by: string }
  | { readonly kind: 'revoked'; readonly at: number; readonly reason: string; readonly by: string }
  | { readonly kind: 'ended'; readonly as: Ending; readonly at: number; readonly reason: string; readonly by: string };

/** It ended only because nobody had seen it. */
export const isDormant = (restriction: Restriction | null): boolean =>
  restriction?.kind === 'ended' && restriction.as === 'dormant';

/** One line of the journal. `sequence` grows by one from change to change, over all devices. */
export type StandingChange = {
  readonly sequence: number;
  readonly device: string;
  readonly at: number;
  readonly reason: string;
  readonly by: string;
} & (
  | { readonly do: 'hold'; readonly until: number }
  | { readonly do: 'release' }
  /** `serials`: the certificates that were good until then, for the revocation list. */
  | { readonly do: 'revoke'; readonly serials: readonly string[] }
  | { readonly do: 'end'; readonly as: Ending; readonly serials: readonly string[] }
);

export const HOLD_MAX_MS = 30 * 24 * 60 * 60 * 1_000;

export type StandingRefusal = Refusal<'DEVICE_REVOKED' | 'DEVICE_ENDED' | 'DEVICE_NOT_HELD' | 'HOLD_END_NOT_VALID'>;

/** A restriction counts until its end; a revocation and the end of an identity have none. */
export const inForce = (restriction: Restriction | null, now: number): Restriction | null =>
  restriction?.kind === 'held' && restriction.until <= now ? null : restriction;

/** The standing that follows from a restriction and from whether the device has a certificate that is good now. */
export function standingOf(restriction: Restriction | null, certified: boolean, now: number): Standing {
  const held = inForce(restriction, now);
  if (held) return held.kind;
  return certified ? 'active' : 'none';
}

/** What is asked for, before it has a place in the journal. */
export type StandingCommand =
  | { readonly do: 'hold'; readonly until: number }
  | { readonly do: 'release' }
  | { readonly do: 'revoke' }
  | { readonly do: 'end'; readonly as: Ending };

/** May this be done to a device under this restriction? A later hold replaces an earlier one and never shortens it silently. */
export function decideStanding(
  restriction: Restriction | null,
  command: StandingCommand,
  now: number,
): Result<StandingCommand, StandingRefusal> {
  const current = inForce(restriction, now);
  if (current?.kind === 'ended') return decideEnded(current.as, command);
  if (command.do === 'revoke' || command.do === 'end') return ok(command);
  if (current?.kind === 'revoked')
    return refuse('conflict', 'DEVICE_REVOKED', `${command.do} device: it is revoked, wanted one that is not`);
  if (command.do === 'release')
    return current ? ok(command) : refuse('conflict', 'DEVICE_NOT_HELD', 'release device: it is not held');
  if (!(command.until > now) || command.until > now + HOLD_MAX_MS)
    return refuse('invalid', 'HOLD_END_NOT_VALID', 'hold device: wanted an end after now and within 30 days');
  return ok(current ? { do: 'hold', until: Math.max(current.until, command.until) } : command);
}

/** What has ended stays ended; a device that was replaced, or that nobody saw, may still be retired. The later line in the journal says all. */
function decideEnded(as: Ending, command: StandingCommand): Result<StandingCommand, StandingRefusal> {
  if (command.do === 'revoke') return ok({ do: 'end', as });
  if (command.do === 'end' && mayComeBack(as) && command.as !== 'dormant') return ok(command);
  return refuse(
    'conflict',
    'DEVICE_ENDED',
    `${command.do} device: its identity has ended (${as}), wanted one that has not`,
  );
}

/** The restriction after a change. A revocation is never lifted here: only a new enrolment does that. */
export function evolveStanding(current: Restriction | null, change: StandingChange): Restriction | null {
  const { at, reason, by } = change;
  if (change.do === 'end') return { kind: 'ended', as: change.as, at, reason, by };
  if (current?.kind === 'ended') return current;
  if (current?.kind === 'revoked' && change.do !== 'revoke') return current;
  if (change.do === 'release') return null;
  return change.do === 'hold'
    ? { kind: 'held', at, until: change.until, reason, by }
    : { kind: 'revoked', at, reason, by };
}
