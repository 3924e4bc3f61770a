/** Events of the one SSE stream (`GET /api/live`); each is authorised when sent, coalesced to at most 4 a second per kind. */
import type { TemporaryAccess } from './api/access.ts';
import type { DeviceState, SessionEnd } from './words.ts';

export type LiveEvent =
  /** First event of a stream, and after a gap: reload what is on the screen. */
  | { readonly kind: 'hello'; readonly at: number; readonly city: string }
  /** The last event of a stream whose sign-in has ended, and why; where access ended it, how and for what reason. */
  | {
      readonly kind: 'ended';
      readonly at: number;
      readonly why: SessionEnd;
      readonly access: Pick<NonNullable<TemporaryAccess['ended']>, 'why' | 'reason'> | null;
    }
  /** Temporary access was asked for, answered, begun or ended; told to the city and to whom it is for. */
  | {
      readonly kind: 'access';
      readonly at: number;
      readonly id: string;
      readonly person: string;
      readonly state: TemporaryAccess['state'];
    }
  /** Only devices that the reader may read. */
  | {
      readonly kind: 'devices';
      readonly at: number;
      readonly changes: readonly (readonly [id: string, state: DeviceState])[];
    }
  /** The level of trust of some devices changed: thousands may with one bad advisory, so they are not named. */
  | { readonly kind: 'trust'; readonly at: number }
  | {
      readonly kind: 'counts';
      readonly at: number;
      readonly states: Readonly<Partial<Record<DeviceState, number>>>;
      readonly observationsPerSecond: number;
    }
  | {
      readonly kind: 'situation';
      readonly at: number;
      readonly id: string;
      readonly title: string;
      readonly change: 'opened' | 'grown' | 'dismissed' | 'incident';
    }
  | { readonly kind: 'incident'; readonly at: number; readonly id: string; readonly change: string }
  | {
      readonly kind: 'containment';
      readonly at: number;
      readonly id: string;
      readonly incident: string;
      readonly change: string;
    }
  | { readonly kind: 'evidence'; readonly at: number; readonly size: number; readonly root: string }
  | { readonly kind: 'job'; readonly at: number; readonly id: string; readonly state: string }
  | { readonly kind: 'import'; readonly at: number; readonly id: string; readonly change: string }
  /** A change of devices: its state, and devices done and failed so far; at most two a second for each. */
  | {
      readonly kind: 'change';
      readonly at: number;
      readonly id: string;
      readonly state: string;
      readonly done: number;
      readonly failed: number;
      readonly of: number;
    };
export type LiveKind = LiveEvent['kind'];
