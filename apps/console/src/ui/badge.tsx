/** How something stands, as a badge: icon, word and colour. */
import type { ReactNode } from 'react';
import type { DeviceState } from '@cityward/contracts';
import type { Icon } from './states.ts';

interface BadgeProps {
  /** Has its colour and pattern. */
  readonly look: DeviceState;
  readonly icon: Icon;
  readonly text: string;
  /** Where the pointer rests on it. */
  readonly title?: string;
}
export const Badge = ({ look, icon: Sign, text, title }: BadgeProps): ReactNode => (
  <span className="cw-badge" data-state={look} title={title}>
    <Sign size={14} stroke={2} aria-hidden />
    {text}
  </span>
);
