/** Where it started: ranked sources, the path from the chosen one, the path graph and its table. */
import { lazy, Suspense, type ReactNode } from 'react';
import { SegmentedControl, Skeleton } from '@mantine/core';
import type { Incident, Trace } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatCount, formatShare } from '../../ui/format.ts';
import { IconHelp, IconSearch } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty } from '../../ui/parts.tsx';
import { ClockTime, Moment } from '../../ui/time.tsx';
import { TraceTable } from './trace-table.tsx';

const PathGraph = lazy(() => import('./path-graph.tsx').then((module) => ({ default: module.PathGraph })));

type Source = Trace['sources'][number];

const SourceRow = ({
  source,
  here,
  onPick,
}: {
  readonly source: Source;
  readonly here: boolean;
  readonly onPick: () => void;
}): ReactNode => (
  <li>
    <button type="button" className="cw-source" aria-pressed={here} onClick={onPick}>
      <span className="cw-source-rank">{source.rank}</span>
      <span className="cw-source-main">
        <strong>{source.name}</strong>
        <span className="cw-score" title={words.trace.fitMeans}>
          <span className="cw-score-bar" aria-hidden>
            <span style={{ width: `${source.score * 100}%` }} />
          </span>
          <span className="cw-num cw-small">{words.trace.fit(formatShare(source.score))}</span>
        </span>
        <span className="cw-small">{source.reason}</span>
        <span className="cw-muted cw-small">
          {words.trace.firstAt} <Moment at={source.firstAt} />
        </span>
      </span>
    </button>
  </li>
);

const Path = ({ source }: { readonly source: Source }): ReactNode => (
  <Card title={words.trace.pathFrom(source.name)}>
    {source.path.length === 0 ? (
      <p className="cw-muted">{words.trace.noPath}</p>
    ) : (
      <ol className="cw-path">
        {source.path.map((step, at) => (
          <li key={`${step.at} ${at}`} data-kind={step.kind}>
            <span className="cw-event-time">
              <ClockTime at={step.at} />
            </span>
            <span>
              <strong>{step.fromName}</strong> → <strong>{step.toName}</strong>
              <span className="cw-small cw-block">{step.text}</span>
              <span className="cw-muted cw-small">{words.trace.rarity(formatShare(step.rarity))}</span>
            </span>
          </li>
        ))}
      </ol>
    )}
  </Card>
);

function Picture({ trace, highlight }: { readonly trace: Trace; readonly highlight: Source | undefined }): ReactNode {
  const { view } = useUrl();
  const setUrl = useSetUrl();
  const table = view === 'table';
  return (
    <Card
      title={words.trace.graph}
      aside={
        <SegmentedControl
          size="xs"
          aria-label={words.trace.as}
          value={table ? 'table' : 'graph'}
          onChange={(next) => setUrl({ view: next === 'table' ? 'table' : null }, { replace: true })}
          data={[
            { value: 'graph', label: words.trace.asGraph },
            { value: 'table', label: words.trace.asTable },
          ]}
        />
      }
    >
      {table ? (
        <TraceTable trace={trace} />
      ) : (
        <Suspense fallback={<Skeleton height={460} />}>
          <PathGraph trace={trace} path={highlight?.path ?? []} />
        </Suspense>
      )}
    </Card>
  );
}

function Found({ trace }: { readonly trace: Trace }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const chosen = trace.sources.find((source) => source.rank === url.source) ?? trace.sources[0];
  if (trace.graph.nodes.length === 0 && trace.sources.length === 0)
    return (
      <Empty
        icon={IconSearch}
        title={words.trace.emptyTitle}
        text={trace.note === '' ? words.trace.emptyText : trace.note}
      />
    );
  return (
    <div className="cw-two cw-two-even">
      <div className="cw-stack">
        {!trace.determinable && (
          <p className="cw-callout">
            <IconHelp size={18} aria-hidden /> {trace.note === '' ? words.trace.undecided : trace.note}
          </p>
        )}
        <Card
          title={words.trace.sources}
          aside={
            <span className="cw-muted cw-small">{words.trace.considered(formatCount(trace.considered.events))}</span>
          }
        >
          {trace.determinable && trace.note !== '' && <p className="cw-muted">{trace.note}</p>}
          <ol className="cw-sources">
            {trace.sources.map((source) => (
              <SourceRow
                key={source.rank}
                source={source}
                here={source === chosen}
                onPick={() => setUrl({ source: source.rank }, { replace: true })}
              />
            ))}
          </ol>
        </Card>
        {chosen && <Path source={chosen} />}
      </div>
      <Picture trace={trace} highlight={chosen} />
    </div>
  );
}

export function TraceTab({ incident }: { readonly incident: Incident }): ReactNode {
  const trace = useAsk('traceIncident', { params: { id: incident.id } });
  return (
    <Answered query={trace} wanted={words.wanted.trace} skeleton={<CardSkeleton height={420} />}>
      {(answer) => <Found trace={answer} />}
    </Answered>
  );
}
