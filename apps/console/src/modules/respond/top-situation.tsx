/** The one situation to look at first, as a sentence with its act; or that nothing needs anybody. */
import type { ReactNode } from 'react';
import { Button, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Situation } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAsk } from '../../live/hooks.ts';
import { IconArrowRight, IconShieldCheck } from '../../ui/icons.ts';
import { Card } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Age } from '../../ui/time.tsx';
import { Severity } from './severity.tsx';

const Calm = (): ReactNode => (
  <Card className="cw-top-situation" title={words.city.first}>
    <p className="cw-calm">
      <IconShieldCheck size={20} stroke={1.8} aria-hidden /> {words.city.nothing}
    </p>
    <p className="cw-muted">{words.city.nothingText}</p>
  </Card>
);

function One({ situation, others }: { readonly situation: Situation; readonly others: number }): ReactNode {
  const incident = situation.incident;
  return (
    <Card
      className="cw-top-situation"
      title={words.city.first}
      aside={
        others > 0 && (
          <Link to="/inbox" className="cw-small">
            {words.city.others(others)}
          </Link>
        )
      }
    >
      <div className="cw-meta">
        <Severity severity={situation.severity} />
        <span className="cw-muted cw-small">
          <Age at={situation.opened} />
        </span>
      </div>
      <p className="cw-top-title">{situation.title}</p>
      {incident === null ? (
        <Button
          renderRoot={(props) => <Link {...props} to="/inbox" search={{ situation: situation.id }} />}
          rightSection={<IconArrowRight size={16} aria-hidden />}
        >
          {words.situation.look}
        </Button>
      ) : (
        <Button
          renderRoot={(props) => <Link {...props} to="/incidents/$id" params={{ id: incident }} />}
          rightSection={<IconArrowRight size={16} aria-hidden />}
        >
          {words.incident.go}
        </Button>
      )}
    </Card>
  );
}

const RANK: Readonly<Record<Situation['severity'], number>> = { alarm: 0, warning: 1, notice: 2 };

/** The worst; of equals one that nobody has in hand, then the newest. */
const firstOf = (all: readonly Situation[]): Situation | undefined =>
  all.toSorted(
    (a, b) =>
      RANK[a.severity] - RANK[b.severity] ||
      Number(a.state === 'incident') - Number(b.state === 'incident') ||
      b.lastAt - a.lastAt,
  )[0];

export function TopSituation(): ReactNode {
  const open = useAsk('listSituations', { query: { state: 'open' } }, { refreshMs: 30_000 });
  const inHand = useAsk('listSituations', { query: { state: 'incident' } });
  if (open.data === undefined) {
    if (open.error)
      return <ProblemNote error={open.error} wanted={words.wanted.situations} retry={() => void open.refetch()} />;
    return (
      <div className="cw-card cw-top-situation" role="status" aria-label={words.loading}>
        <Skeleton height={14} width="40%" mb={16} />
        <Skeleton height={18} mb={8} />
        <Skeleton height={18} width="80%" mb={16} />
        <Skeleton height={36} width={170} />
      </div>
    );
  }
  const first = firstOf([...open.data.situations, ...(inHand.data?.situations ?? [])]);
  if (!first) return <Calm />;
  return <One situation={first} others={open.data.situations.length - (first.state === 'open' ? 1 : 0)} />;
}
