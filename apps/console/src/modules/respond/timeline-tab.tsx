/** What happened: lanes over time, and the same as a list with the ledger entry of each. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { useElementSize } from '@mantine/hooks';
import type { Incident } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useRole } from '../../frame/session.ts';
import { useUrl } from '../../frame/url.ts';
import { formatClock, formatSeconds } from '../../ui/format.ts';
import { IconAlertTriangle, IconEye, IconLock, IconTimeline, IconUser } from '../../ui/icons.ts';
import { Card, Empty } from '../../ui/parts.tsx';
import type { Icon } from '../../ui/states.ts';
import { Brief } from '../../ui/time.tsx';
import { NoteForm } from './incident-forms.tsx';
import { LANES, lanesOf, type Lane, type Lanes, type TimelineItem } from './timeline.ts';

const WIDTH_MIN = 300;
const LEFT = 80;
const LANE = 34;
const FOOT = 22;
const ICONS: Readonly<Record<Lane, Icon>> = {
  attack: IconAlertTriangle,
  alert: IconEye,
  response: IconLock,
  note: IconUser,
};

/** Actors that are no person: the lane says already that a detector or the city itself spoke. */
const MACHINES = new Set(['watch', 'system', 'trace', 'respond']);

function Picture({ lanes }: { readonly lanes: Lanes }): ReactNode {
  const { ref, width: measured } = useElementSize<HTMLDivElement>();
  const width = Math.max(WIDTH_MIN, measured);
  const height = LANES.length * LANE + FOOT;
  const x = (share: number): number => LEFT + 14 + share * (width - LEFT - 28);
  return (
    <div ref={ref} className="cw-lanes">
      <svg width={width} height={height} aria-hidden>
        {LANES.map((lane, at) => (
          <g key={lane} data-lane={lane}>
            <rect x={LEFT} y={at * LANE + 2} width={width - LEFT} height={LANE - 4} rx="4" className="cw-lane" />
            <text x={0} y={at * LANE + LANE / 2 + 4} className="cw-lane-name">
              {words.timeline.lanes[lane]}
            </text>
          </g>
        ))}
        {lanes.ticks.map((tick) => (
          <g key={tick.at}>
            <line x1={x(tick.x)} x2={x(tick.x)} y1={0} y2={LANES.length * LANE} className="cw-lane-tick" />
            <text x={x(tick.x)} y={height - 6} textAnchor="middle" className="cw-lane-time">
              {lanes.ticks.length > 1 && lanes.ticks[1]!.at - lanes.ticks[0]!.at < 60_000
                ? formatSeconds(tick.at)
                : formatClock(tick.at)}
            </text>
          </g>
        ))}
        {lanes.dots.map((dot) => (
          <circle
            key={dot.at}
            cx={x(dot.x)}
            cy={dot.lane * LANE + LANE / 2}
            r={6}
            className="cw-lane-dot"
            data-lane={dot.item.lane}
          />
        ))}
      </svg>
    </div>
  );
}

function Row({ item }: { readonly item: TimelineItem }): ReactNode {
  const Sign = ICONS[item.lane];
  const byPerson = item.actor !== '' && !MACHINES.has(item.actor);
  return (
    <li className="cw-event" data-lane={item.lane}>
      <span className="cw-event-time">
        <Brief at={item.at} />
      </span>
      <span className="cw-event-lane">
        <Sign size={15} stroke={1.9} aria-hidden /> {words.timeline.lanes[item.lane]}
      </span>
      <span className="cw-event-text">
        {item.text}
        <span className="cw-muted cw-small">
          {byPerson && (
            <>
              {words.timeline.by} <Person id={item.actor} />
            </>
          )}
          {item.entry !== null && (
            <>
              {byPerson && ' · '}
              <Link to="/evidence" search={{ q: String(item.entry) }}>
                {words.timeline.entry(item.entry)}
              </Link>
            </>
          )}
        </span>
      </span>
    </li>
  );
}

export function TimelineTab({ incident }: { readonly incident: Incident }): ReactNode {
  const { from, to } = useUrl();
  const mayNote = useRole('analyst');
  const lanes = lanesOf(incident.timeline, from, to);
  return (
    <div className="cw-two">
      <Card title={words.timeline.title}>
        {lanes.items.length === 0 ? (
          <Empty icon={IconTimeline} {...words.timeline.empty} />
        ) : (
          <>
            <Picture lanes={lanes} />
            <ol className="cw-events">
              {lanes.items.toReversed().map((item) => (
                // No place in the key: what comes in above must not shift what somebody reads below.
                <Row key={`${item.at} ${item.lane} ${item.subject} ${item.text}`} item={item} />
              ))}
            </ol>
          </>
        )}
      </Card>
      <div className="cw-stack">
        <Card title={words.timeline.summary}>
          <p>{incident.situation.summary}</p>
          <p className="cw-muted">{incident.situation.cause}</p>
          {incident.closed && <p>{words.incident.closedWhy(incident.closed.reason)}</p>}
        </Card>
        {mayNote && incident.state === 'open' && (
          <Card title={words.note.title}>
            <NoteForm id={incident.id} />
          </Card>
        )}
      </div>
    </div>
  );
}
