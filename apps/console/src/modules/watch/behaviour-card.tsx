/** What a device usually does and what it does now: a plot for each measure, the last value in words, its usual peers. */
import { lazy, Suspense, type ReactNode } from 'react';
import { Progress, Skeleton } from '@mantine/core';
import type { Behaviour } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk, useNow } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatClock, formatCount } from '../../ui/format.ts';
import { IconActivity } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty } from '../../ui/parts.tsx';
import { Age } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import { lastOf, type Measure } from './band.ts';

const BehaviourPlot = lazy(() => import('./behaviour-plot.tsx').then((module) => ({ default: module.BehaviourPlot })));

/** One hour alone is said in words: it makes no line, and an axis of the same time all over. */
const HOURS_DRAWN_MIN = 2;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function LastWords({ measure }: { readonly measure: Measure }): ReactNode {
  const now = useNow(60_000);
  const last = lastOf(measure, now);
  if (!last) return <p className="cw-muted">{words.behaviour.noValue}</p>;
  return (
    <p data-place={last.place} className="cw-last">
      {words.behaviour.last(last.value, formatClock(last.at))} {words.behaviour.places[last.place](last.low, last.high)}
    </p>
  );
}

function Plot({ measure }: { readonly measure: Measure }): ReactNode {
  const { from, to } = useUrl();
  const setUrl = useSetUrl();
  return (
    <section className="cw-measure">
      <h3 className="cw-small-head">
        {words.behaviour.measures[measure.name] ?? capital(measure.name)}{' '}
        <span className="cw-muted">({measure.unit})</span>
      </h3>
      <LastWords measure={measure} />
      {measure.hours.length >= HOURS_DRAWN_MIN && (
        <Suspense fallback={<Skeleton height={190} />}>
          <BehaviourPlot measure={measure} from={from} to={to} onBrush={(a, b) => setUrl({ from: a, to: b })} />
        </Suspense>
      )}
    </section>
  );
}

const Learning = ({ behaviour }: { readonly behaviour: Behaviour }): ReactNode => (
  <div className="cw-callout">
    <div className="cw-grow">
      <p>{words.behaviour.learning(behaviour.learnedHours, behaviour.neededHours)}</p>
      <Progress
        value={behaviour.neededHours === 0 ? 0 : (100 * behaviour.learnedHours) / behaviour.neededHours}
        aria-label={words.behaviour.learned}
        size="sm"
      />
    </div>
  </div>
);

const Peers = ({ behaviour }: { readonly behaviour: Behaviour }): ReactNode => (
  <Card title={words.behaviour.peers}>
    {behaviour.peers.length === 0 ? (
      <p className="cw-muted">{words.behaviour.noPeers}</p>
    ) : (
      <Table label={words.behaviour.peers} columns={words.behaviour.peerColumns}>
        {behaviour.peers.map((peer) => (
          <tr key={`${peer.peer}:${peer.port}`} data-odd={!peer.usualForKind || undefined}>
            <th scope="row">{peer.peer}</th>
            <td className="cw-num">{peer.port}</td>
            <td>{peer.usualForKind ? words.behaviour.usual : words.behaviour.unusual}</td>
            <td>
              <Age at={peer.firstSeen} />
            </td>
            <td>
              <Age at={peer.lastSeen} />
            </td>
            <td className="cw-num">{formatCount(peer.count)}</td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);

const anySimulated = (behaviour: Behaviour): boolean =>
  behaviour.measures.some((measure) => measure.hours.some((hour) => hour.simulated));

export function BehaviourCards({ id }: { readonly id: string }): ReactNode {
  const behaviour = useAsk('behaviour', { params: { id } });
  return (
    <Answered query={behaviour} wanted={words.wanted.behaviour} skeleton={<CardSkeleton height={220} />}>
      {(answer) => (
        <>
          <Card
            title={words.behaviour.title}
            aside={anySimulated(answer) && <span className="cw-tag">{words.behaviour.simulated}</span>}
          >
            {answer.learning && <Learning behaviour={answer} />}
            {answer.measures.length === 0 ? (
              <Empty icon={IconActivity} {...words.behaviour.empty} />
            ) : (
              <div className="cw-measures">
                {answer.measures.map((measure) => (
                  <Plot key={measure.name} measure={measure} />
                ))}
              </div>
            )}
          </Card>
          <Peers behaviour={answer} />
        </>
      )}
    </Answered>
  );
}
