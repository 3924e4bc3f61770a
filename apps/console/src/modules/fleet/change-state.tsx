/** How a change stands, as a badge; and how far it is, live. */
import type { ReactNode } from 'react';
import { CHANGE_STATES, type Change, type DeviceState } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useLive } from '../../live/hooks.ts';
import { Badge } from '../../ui/badge.tsx';
import { formatCount } from '../../ui/format.ts';
import {
  IconArrowBackUp,
  IconCheck,
  IconHourglass,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
} from '../../ui/icons.ts';
import type { Icon } from '../../ui/states.ts';
import { totalOf } from './wave-bars.ts';

const LOOK: Readonly<Record<Change['state'], readonly [DeviceState, Icon]>> = {
  planned: ['unknown', IconHourglass],
  running: ['learning', IconPlayerPlay],
  paused: ['watched', IconPlayerPause],
  stopped: ['suspect', IconPlayerStop],
  finished: ['trusted', IconCheck],
  'rolling-back': ['watched', IconArrowBackUp],
  'rolled-back': ['contained', IconArrowBackUp],
};

export function ChangeState({ state }: { readonly state: Change['state'] }): ReactNode {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={words.changes.states[state]} />;
}

interface Now {
  readonly state: Change['state'];
  readonly done: number;
  readonly failed: number;
  readonly of: number;
}
/** The answer's counts until the live stream has told newer ones. */
export function useChangeNow(change: Change, answeredAt: number): Now {
  const told = useLive((live) => live.progress[change.id]);
  const { done, failed } = totalOf(change.waves);
  if (!told || told.heardAt < answeredAt) return { state: change.state, done, failed, of: change.devices };
  const state = CHANGE_STATES.find((one) => one === told.state) ?? change.state;
  return { state, done: told.done, failed: told.failed, of: told.of };
}

export function ChangeProgress({ now }: { readonly now: Now }): ReactNode {
  const said = words.changes.progress(formatCount(now.done), formatCount(now.of));
  const left = Math.max(0, now.of - now.done - now.failed);
  return (
    <div className="cw-progress">
      <div className="cw-bar" aria-hidden>
        {now.failed > 0 && <span className="cw-bar-part" data-state="suspect" style={{ flexGrow: now.failed }} />}
        {now.done > 0 && <span className="cw-bar-part" data-state="trusted" style={{ flexGrow: now.done }} />}
        {left > 0 && <span style={{ flexGrow: left }} />}
      </div>
      <span className="cw-small">
        {said}
        {now.failed > 0 && `, ${words.changes.failed(now.failed)}`}
      </span>
    </div>
  );
}
