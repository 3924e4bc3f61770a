/** A state as a badge (icon and word), as a swatch with its pattern, and as a bar of counts. */
import type { ReactNode } from 'react';
import { DEVICE_STATES, type DeviceState } from '@cityward/contracts';
import { words } from '../words/en-GB.ts';
import { Badge } from './badge.tsx';
import { formatCount } from './format.ts';
import { STATE_ICONS, type StateCounts } from './states.ts';

export function StateBadge({ state, count }: { readonly state: DeviceState; readonly count?: number }): ReactNode {
  const { word } = words.states[state];
  const text = count === undefined ? word : `${formatCount(count)} ${word.toLowerCase()}`;
  return <Badge look={state} icon={STATE_ICONS[state]} text={text} />;
}

/** The small patterned square that stands for a state in bars and legends. */
export const StateSwatch = ({ state }: { readonly state: DeviceState }): ReactNode => (
  <span className="cw-swatch" data-state={state} aria-hidden />
);

/** One bar, a part per state in worst-first order, each with its pattern; said in words to those who cannot see it. */
export function StateBar({ counts, label }: { readonly counts: StateCounts; readonly label: string }): ReactNode {
  const present = DEVICE_STATES.filter((state) => (counts[state] ?? 0) > 0);
  const said = present.map((state) => `${formatCount(counts[state] ?? 0)} ${words.states[state].word.toLowerCase()}`);
  return (
    <div className="cw-bar" role="img" aria-label={`${label}: ${said.join(', ') || words.none}`}>
      {present.map((state) => (
        <span key={state} className="cw-bar-part" data-state={state} style={{ flexGrow: counts[state] ?? 0 }} />
      ))}
    </div>
  );
}
