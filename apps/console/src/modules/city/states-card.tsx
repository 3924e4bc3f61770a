/** How many devices are in each state: the legend of the map and the way to their rows at once. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { DEVICE_STATES, type DeviceState } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { carried, type UrlState } from '../../frame/url-state.ts';
import { formatCount } from '../../ui/format.ts';
import { Card } from '../../ui/parts.tsx';
import { StateBar, StateSwatch } from '../../ui/state-badge.tsx';
import { STATE_ICONS, type StateCounts } from '../../ui/states.ts';

export function StatesCard({ counts }: { readonly counts: StateCounts }): ReactNode {
  const total = DEVICE_STATES.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  const has = (state: DeviceState): boolean => (counts[state] ?? 0) > 0;
  const none = DEVICE_STATES.filter((state) => !has(state)).map((state) => words.states[state].word.toLowerCase());
  return (
    <Card title={words.city.devices} aside={<span className="cw-total">{formatCount(total)}</span>}>
      <StateBar counts={counts} label={words.city.devices} />
      <ul className="cw-states">
        {DEVICE_STATES.filter(has).map((state) => {
          const Sign = STATE_ICONS[state];
          const count = counts[state] ?? 0;
          return (
            <li key={state}>
              <Link
                to="/fleet"
                search={(before: UrlState) => ({ ...carried(before), state })}
                title={words.states[state].means}
              >
                <StateSwatch state={state} />
                <Sign size={15} stroke={1.9} aria-hidden />
                <span>{words.states[state].word}</span>
                <span className="cw-num">{formatCount(count)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
      {total > 0 && none.length > 0 && <p className="cw-muted cw-small">{words.city.noneIs(none)}</p>}
    </Card>
  );
}
