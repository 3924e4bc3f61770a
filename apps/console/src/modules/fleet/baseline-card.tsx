/** The baseline of one device, on its page: scores by tier, and what fails or is not known. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import type { DeviceBaseline } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useVisitor } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Card, Facts, RowsSkeleton } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';

function Whole({ baseline }: { readonly baseline: DeviceBaseline }): ReactNode {
  const visits = useVisitor();
  if (baseline.set === null) return <p className="cw-muted">{words.baseline.noSet}</p>;
  const open = baseline.controls.filter(({ state, rated }) => rated && (state === 'failed' || state === 'unknown'));
  return (
    <>
      <Facts
        facts={[
          ...baseline.tiers.map(({ tier, state, score }) => ({
            term: words.baseline.tiers[tier],
            value: `${words.baseline.percent(score)} · ${words.baseline.tierStates[state]}`,
          })),
          {
            term: words.baseline.readBy,
            value: baseline.read ? (
              <>
                <Moment at={baseline.read.at} />
                {baseline.read.stale && ` · ${words.baseline.stale}`}
              </>
            ) : (
              words.baseline.neverRead
            ),
          },
        ]}
      />
      <ul className="cw-plain-list">
        {open.map((one) => (
          <li key={one.control}>
            {visits ? (
              one.title
            ) : (
              <Link to="/baseline/$id" params={{ id: one.control }}>
                {one.title}
              </Link>
            )}
            <span className="cw-block cw-small cw-muted">
              {words.baseline.outcomes[one.state]}: {one.words}
            </span>
            {one.exception && (
              <span className="cw-block cw-small">
                {words.baseline.exceptedUntil(one.exception.owner)} <Moment at={one.exception.until} />
              </span>
            )}
          </li>
        ))}
      </ul>
      <p className="cw-muted cw-small">{words.baseline.others(baseline.controls.length - open.length)}</p>
    </>
  );
}

export function BaselineCard({ id }: { readonly id: string }): ReactNode {
  const baseline = useAsk('getDeviceBaseline', { params: { id } });
  return (
    <Card title={words.baseline.device}>
      <Answered query={baseline} wanted={words.wanted.baseline} skeleton={<RowsSkeleton rows={4} />}>
        {(answer) => <Whole baseline={answer} />}
      </Answered>
    </Card>
  );
}
