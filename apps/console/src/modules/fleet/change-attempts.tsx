/** Every attempt that ended, filtered by outcome, a page at a time. */
import { useState, type ReactNode } from 'react';
import { Button, Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ATTEMPT_OUTCOMES, type ChangeAttempt } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatCount } from '../../ui/format.ts';
import { IconStairsUp } from '../../ui/icons.ts';
import { Card, Empty, RowsSkeleton } from '../../ui/parts.tsx';
import { Brief } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';

const PAGE_ROWS = 50;

const Row = ({ attempt }: { readonly attempt: ChangeAttempt }): ReactNode => (
  <tr>
    <th scope="row">
      <Link to="/devices/$id" params={{ id: attempt.device }}>
        {attempt.device}
      </Link>
    </th>
    <td>
      {words.change.outcomes[attempt.outcome]}
      {attempt.part === 'revert' && <span className="cw-muted"> ({words.change.parts.revert})</span>}
    </td>
    <td className="cw-wrap">{attempt.reason ?? words.dash}</td>
    <td className="cw-wrap">{attempt.running ?? words.dash}</td>
    <td className="cw-num">{formatCount(attempt.attempt)}</td>
    <td className="cw-num">
      <Brief at={attempt.ended} />
    </td>
  </tr>
);

interface PageProps {
  readonly id: string;
  readonly outcome: ChangeAttempt['outcome'] | undefined;
  readonly after: string | undefined;
  readonly onMore: ((next: string) => void) | null;
}
/** One page of rows, and under it the way to the next while it is the last. */
function Rows({ id, outcome, after, onMore }: PageProps): ReactNode {
  const query = { limit: PAGE_ROWS, ...(outcome ? { outcome } : {}), ...(after ? { after } : {}) };
  const page = useAsk('listAttempts', { params: { id }, query }, { keep: true });
  return (
    <Answered query={page} wanted={words.wanted.attempts} skeleton={<RowsSkeleton rows={4} />}>
      {({ attempts, next }) =>
        attempts.length === 0 && after === undefined ? (
          <Empty icon={IconStairsUp} {...words.change.noAttempts} />
        ) : (
          <>
            <Table label={words.change.attempts} columns={words.change.attemptColumns} texts={4}>
              {attempts.map((one) => (
                <Row key={`${one.device} ${one.part} ${one.attempt}`} attempt={one} />
              ))}
            </Table>
            {next !== null && onMore && (
              <div>
                <Button variant="default" onClick={() => onMore(next)}>
                  {words.change.more}
                </Button>
              </div>
            )}
          </>
        )
      }
    </Answered>
  );
}

export function Attempts({ id }: { readonly id: string }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const outcome = ATTEMPT_OUTCOMES.find((one) => one === url.outcome);
  const [pages, setPages] = useState<readonly string[]>([]);
  const choose = (value: string | null): void => {
    setPages([]);
    setUrl({ outcome: value }, { replace: true });
  };
  return (
    <Card
      title={words.change.attempts}
      aside={
        <Select
          size="xs"
          aria-label={words.change.outcome}
          placeholder={words.change.allOutcomes}
          clearable
          clearButtonProps={{ 'aria-label': words.change.allOutcomes }}
          data={ATTEMPT_OUTCOMES.map((value) => ({ value, label: words.change.outcomes[value] }))}
          value={outcome ?? null}
          onChange={choose}
        />
      }
    >
      {[undefined, ...pages].map((after, i) => (
        <Rows
          key={`${outcome} ${after}`}
          id={id}
          outcome={outcome}
          after={after}
          onMore={i === pages.length ? (next) => setPages([...pages, next]) : null}
        />
      ))}
    </Card>
  );
}
