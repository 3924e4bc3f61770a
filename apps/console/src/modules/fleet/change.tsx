/** One change: what it does and touches, who signed, how far its waves are, what failed, and the acts. */
import type { ReactNode } from 'react';
import { Link, useParams } from '@tanstack/react-router';
import type { ChangeDetail, ChangeOptions } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAsk, useNow } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatCount, formatDate, formatHash, formatMoment } from '../../ui/format.ts';
import { Copyable } from '../../ui/copy.tsx';
import { IconLock } from '../../ui/icons.ts';
import { Card, CardSkeleton, Facts, Page, type Fact } from '../../ui/parts.tsx';
import { Brief, Moment } from '../../ui/time.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { Person } from '../identity/person.tsx';
import { ChangeActs } from './change-acts.tsx';
import { Attempts } from './change-attempts.tsx';
import { ChangeProgress, ChangeState, useChangeNow } from './change-state.tsx';
import { Table } from '../../ui/table.tsx';
import { Difference, Excluded, Steps, Touches } from './change-tables.tsx';
import { actionInWords, carefulInWords, revertInWords, selectionInWords } from './change-words.ts';
import { SignCard } from './sign-card.tsx';
import { usePlaceNames } from './place-names.ts';
import { WaveChart, waveRows, type Limit } from './wave-chart.tsx';

const limitOf = ({ threshold, atThreshold }: ChangeOptions): Limit | null =>
  threshold === undefined ? null : { threshold, act: atThreshold ?? 'stop' };

function useWhat({ change, job, options }: ChangeDetail): readonly Fact[] {
  const now = useNow(60_000);
  const nameOf = usePlaceNames();
  const meant = selectionInWords(change.selection, (id) => nameOf('ward', id));
  const { revert } = change;
  const back =
    revert === null
      ? words.change.noWayBack
      : words.change.backUntil(revertInWords(revert), formatDate(revert.until)) +
        (revert.until > now ? '' : `. ${words.change.backEnded}`);
  const { action } = job;
  const digest = action.do === 'install' ? action.artifact.sha256 : action.do === 'configure' ? action.document : null;
  return [
    { term: words.change.action, value: actionInWords(action) },
    ...(digest === null ? [] : [{ term: 'SHA-256', value: <Copyable value={digest} label="SHA-256" /> }]),
    {
      term: words.change.for,
      value:
        meant.length === 0
          ? words.change.anyDevice
          : meant.map(({ term, text }) => (
              <span key={term} className="cw-block">
                <span className="cw-muted">{term}</span> {text}
              </span>
            )),
    },
    { term: words.change.backTo, value: back },
    {
      term: words.change.careful,
      value: carefulInWords(options).map((line) => (
        <span key={line} className="cw-block">
          {line}
        </span>
      )),
    },
    {
      term: words.change.valid,
      value: words.change.validSpan(formatMoment(job.notBefore), formatMoment(job.notAfter)),
    },
    ...(change.after === null
      ? []
      : [
          {
            term: words.change.after,
            value: (
              <Link to="/changes/$id" params={{ id: change.after }}>
                {words.change.afterText}
              </Link>
            ),
          },
        ]),
    ...(change.started === null ? [] : [{ term: words.change.started, value: <Moment at={change.started} /> }]),
    ...(change.ended === null ? [] : [{ term: words.change.ended, value: <Moment at={change.ended} /> }]),
  ];
}

const What = ({ detail }: { readonly detail: ChangeDetail }): ReactNode => (
  <Card title={words.change.what}>
    <Facts facts={useWhat(detail)} />
  </Card>
);

const Frozen = ({ detail }: { readonly detail: ChangeDetail }): ReactNode =>
  detail.frozen.map((one) => (
    <div className="cw-callout" key={`${one.scope} ${one.until}`}>
      <IconLock size={18} aria-hidden />
      <div>
        <strong>
          {words.change.frozen}: {words.change.frozenUntil(one.scope, formatMoment(one.until))}
        </strong>
        <p>{one.reason}</p>
        <p className="cw-muted cw-small">{words.change.frozenDevices(one.devices)}</p>
      </div>
    </div>
  ));

const Failures = ({ detail }: { readonly detail: ChangeDetail }): ReactNode => (
  <Card title={words.change.failures}>
    {detail.failures.length === 0 ? (
      <p className="cw-muted">{words.change.noFailures}</p>
    ) : (
      <Table label={words.change.failures} columns={words.change.failureColumns} texts={2}>
        {detail.failures.map((one) => (
          <tr key={`${one.outcome} ${one.part}`}>
            <th scope="row">
              <Link to="." search={(before) => ({ ...before, outcome: one.outcome })} resetScroll={false}>
                {words.change.outcomes[one.outcome]}
              </Link>
            </th>
            <td>{words.change.parts[one.part]}</td>
            <td className="cw-num">{formatCount(one.attempts)}</td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);

function Decisions({ detail }: { readonly detail: ChangeDetail }): ReactNode {
  const nameOf = usePersonName();
  return (
    <Card title={words.change.decisions}>
      {detail.decisions.length === 0 ? (
        <p className="cw-muted">{words.change.noDecisions}</p>
      ) : (
        <ol className="cw-plain-list">
          {detail.decisions.map((one) => (
            <li key={`${one.at} ${one.words}`}>
              {one.words}
              <span className="cw-block cw-muted cw-small">
                {nameOf(one.by)}, <Brief at={one.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function Whole({ detail, answeredAt }: { readonly detail: ChangeDetail; readonly answeredAt: number }): ReactNode {
  const { change, plan } = detail;
  const now = useChangeNow(change, answeredAt);
  const nameOf = usePlaceNames();
  const begun = change.started !== null;
  return (
    <Page
      title={change.title}
      lead={
        <div className="cw-stack">
          <span>{change.words}</span>
          <span className="cw-meta">
            <ChangeState state={now.state} />
            <span>{plan.sentence}</span>
            <span>
              <Person id={change.planned.by} />, <Moment at={change.planned.at} />
            </span>
            <span title={change.id}>{words.change.number(formatHash(change.id))}</span>
          </span>
          {begun && <ChangeProgress now={now} />}
        </div>
      }
      actions={<ChangeActs detail={detail} state={now.state} />}
    >
      <div className="cw-stack-wide">
        <Frozen detail={detail} />
        <Card title={words.change.waves}>
          <WaveChart waves={waveRows(change.waves)} limit={limitOf(detail.options)} />
        </Card>
        <div className="cw-two-tables">
          <What detail={detail} />
          <SignCard change={change} />
        </div>
        <div className="cw-two-tables">
          <Card title={words.change.touches}>
            <Touches plan={plan} nameOf={nameOf} />
          </Card>
          <div className="cw-stack-wide">
            <Card title={words.change.excluded}>
              <Excluded plan={plan} />
            </Card>
            <Card title={words.change.difference}>
              <Difference plan={plan} />
              <Steps plan={plan} />
            </Card>
          </div>
        </div>
        <div className="cw-two-tables">
          <Failures detail={detail} />
          <Decisions detail={detail} />
        </div>
        {begun && <Attempts id={change.id} />}
      </div>
    </Page>
  );
}

export function ChangePage(): ReactNode {
  const { id } = useParams({ from: '/changes/$id' });
  const detail = useAsk('getChange', { params: { id } });
  return (
    <Answered
      key={id}
      query={detail}
      wanted={words.wanted.change}
      skeleton={
        <Page title={words.pages.changes.name}>
          <CardSkeleton height={240} />
        </Page>
      }
    >
      {(answer) => <Whole detail={answer} answeredAt={detail.dataUpdatedAt} />}
    </Answered>
  );
}
