/** The eight states of a device: icon, word, colour and pattern, the same on map, table, graph and card. */
import type { ComponentType } from 'react';
import { DEVICE_STATES, type DeviceState } from '@cityward/contracts';
import {
  IconAlertTriangle,
  IconBan,
  IconEye,
  IconHelp,
  IconHourglass,
  IconLock,
  IconPlugConnectedX,
  IconShieldCheck,
} from './icons.ts';

export interface IconProps {
  readonly size?: number | string;
  readonly stroke?: number | string;
  readonly className?: string;
  readonly 'aria-hidden'?: boolean;
}
export type Icon = ComponentType<IconProps>;

export const STATE_ICONS: Readonly<Record<DeviceState, Icon>> = {
  suspect: IconAlertTriangle,
  quarantined: IconBan,
  contained: IconLock,
  watched: IconEye,
  unreachable: IconPlugConnectedX,
  unknown: IconHelp,
  learning: IconHourglass,
  trusted: IconShieldCheck,
};

/** Unknown words (a newer server) read as unknown, never as well. */
export const asState = (word: string): DeviceState =>
  (DEVICE_STATES as readonly string[]).includes(word) ? (word as DeviceState) : 'unknown';

export type StateCounts = Readonly<Partial<Record<DeviceState, number>>>;

/** The worst state that any device has; null when there are none. */
export const worstState = (counts: StateCounts): DeviceState | null =>
  DEVICE_STATES.find((state) => (counts[state] ?? 0) > 0) ?? null;

/** How many are in a state that needs a person. */
export const needing = (counts: StateCounts): number =>
  (counts.suspect ?? 0) + (counts.quarantined ?? 0) + (counts.contained ?? 0) + (counts.watched ?? 0);
