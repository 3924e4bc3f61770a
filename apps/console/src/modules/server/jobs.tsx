/** Jobs: what runs in the background, how far it is, and trying a failed one again. */
import type { ReactNode } from 'react';
import { Button, Progress } from '@mantine/core';
import type { Job } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { formatShare, formatSpan } from '../../ui/format.ts';
import { IconAlertTriangle, IconCheck, IconChecklist, IconClock, IconRefresh } from '../../ui/icons.ts';
import { Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Moment } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';

const LOOK = {
  waiting: ['unknown', IconClock],
  running: ['learning', IconRefresh],
  done: ['trusted', IconCheck],
  failed: ['suspect', IconAlertTriangle],
} as const;

function JobState({ job }: { readonly job: Job }): ReactNode {
  const [look, icon] = LOOK[job.state];
  return <Badge look={look} icon={icon} text={words.jobs.states[job.state]} />;
}

function Row({ job }: { readonly job: Job }): ReactNode {
  const retry = useAct('retryJob', { refresh: ['listJobs'] });
  const mayRetry = useRole('operator');
  return (
    <tr>
      <th scope="row">
        {job.title}
        {job.error !== null && <span className="cw-small cw-block cw-error">{job.error}</span>}
        {retry.error && <ProblemNote error={retry.error} wanted={words.wanted.retryJob} />}
      </th>
      <td>
        <JobState job={job} />
      </td>
      <td className="cw-job-progress">
        {job.state === 'running' && job.progress !== null && (
          <>
            <Progress value={job.progress * 100} size="sm" aria-label={words.jobs.progress} />{' '}
            <span className="cw-num cw-small">{formatShare(job.progress)}</span>
          </>
        )}
        {job.ended !== null && job.started !== null && (
          <span className="cw-small">{words.jobs.took(formatSpan(job.ended - job.started))}</span>
        )}
      </td>
      <td className="cw-num">{words.contain.of(String(job.attempts), String(job.attemptsMax))}</td>
      <td>
        <Moment at={job.created} />
      </td>
      <td className="cw-row-actions">
        {job.state === 'failed' && mayRetry && (
          <Button
            size="xs"
            variant="default"
            loading={retry.isPending}
            onClick={() => retry.mutate({ params: { id: job.id } })}
          >
            {words.jobs.retry}
          </Button>
        )}
      </td>
    </tr>
  );
}

export function JobsPage(): ReactNode {
  const jobs = useAsk('listJobs', {}, { refreshMs: 10_000 });
  return (
    <Page title={words.pages.jobs.name} lead={words.jobs.lead}>
      <div className="cw-card cw-card-flush">
        <Answered query={jobs} wanted={words.wanted.jobs} skeleton={<RowsSkeleton rows={6} height={28} />}>
          {(answer) =>
            answer.jobs.length === 0 ? (
              <Empty icon={IconChecklist} {...words.jobs.empty} />
            ) : (
              <Table label={words.pages.jobs.name} columns={words.jobs.columns}>
                {answer.jobs.map((job) => (
                  <Row key={job.id} job={job} />
                ))}
              </Table>
            )
          }
        </Answered>
      </div>
    </Page>
  );
}
