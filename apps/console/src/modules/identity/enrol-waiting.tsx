/** Devices that wait for a person: a card for each with what it showed, and what was decided lately. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Waiting } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconDoorEnter,
  IconHourglass,
  IconShieldCheck,
} from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty, Facts } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Age, Brief } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import { Person } from './person.tsx';

const said = words.enrol.waiting;
const LOOK = {
  waiting: ['watched', IconHourglass],
  approved: ['learning', IconCheck],
  refused: ['quarantined', IconBan],
  issued: ['trusted', IconShieldCheck],
} as const;

const State = ({ state }: { readonly state: Waiting['state'] }): ReactNode => {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={said.states[state]} />;
};

type Verdict = 'approve' | 'refuse';
interface JudgeProps {
  readonly one: Waiting;
  readonly verdict: Verdict;
  readonly onClose: () => void;
}
function JudgeForm({ one, verdict, onClose }: JudgeProps): ReactNode {
  const isApproval = verdict === 'approve';
  const judge = useAct(isApproval ? 'approveEnrolment' : 'refuseEnrolment', {
    refresh: ['listEnrolments', 'getIdentity'],
    done: onClose,
  });
  return (
    <ReasonForm
      act={said[verdict](one.device)}
      wanted={words.wanted[verdict]}
      effect={
        <div className="cw-stack">
          <p>{isApproval ? said.approveEffect(one.device) : said.refuseEffect(one.device)}</p>
          {isApproval && one.why === 'second-claim' && <p className="cw-error">{said.secondClaim}</p>}
        </div>
      }
      danger={!isApproval}
      suggestions={isApproval ? said.approveReasons : said.refuseReasons}
      busy={judge.isPending}
      error={judge.error}
      onSubmit={(reason) => judge.mutate({ params: { id: one.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

const seenOf = (one: Waiting) => [
  { term: said.facts.way, value: said.ways[one.way] },
  ...(one.serial === null ? [] : [{ term: said.facts.serial, value: one.serial }]),
  ...(one.maker === null ? [] : [{ term: said.facts.maker, value: one.maker }]),
  { term: said.facts.address, value: <code>{one.address}</code> },
  { term: said.facts.asked, value: <Brief at={one.asked} /> },
  { term: said.facts.last, value: <Age at={one.lastAsked} /> },
  {
    term: said.facts.key,
    value: (
      <>
        <code className="cw-hash">{one.keyHash}</code>
        <span className="cw-block cw-muted cw-small">{said.keyWhy}</span>
      </>
    ),
  },
];

interface OneProps {
  readonly one: Waiting;
  readonly onJudge: ((verdict: Verdict) => void) | null;
}
const WaitingCard = ({ one, onJudge }: OneProps): ReactNode => (
  <Card title={one.device} aside={<State state={one.state} />}>
    <p className={one.why === 'second-claim' ? 'cw-error' : undefined}>
      {one.why === 'second-claim' && <IconAlertTriangle size={16} aria-hidden />} {said.why[one.why]}
      {one.why === 'second-claim' && `. ${said.secondClaim}`}
    </p>
    <Facts facts={seenOf(one)} />
    <Link to="/devices/$id" params={{ id: one.device }} className="cw-small">
      {said.open(one.device)}
    </Link>
    {onJudge && (
      <div className="cw-card-actions">
        <Button onClick={() => onJudge('approve')}>{said.approve(one.device)}</Button>
        <Button variant="default" onClick={() => onJudge('refuse')}>
          {said.refuse(one.device)}
        </Button>
      </div>
    )}
  </Card>
);

const Decided = ({ rows }: { readonly rows: readonly Waiting[] }): ReactNode =>
  rows.length === 0 ? null : (
    <Card title={said.decided}>
      <Table label={said.decided} columns={said.decidedColumns}>
        {rows.map((one) => (
          <tr key={one.id}>
            <th scope="row">{one.device}</th>
            <td>
              <State state={one.state} />
            </td>
            <td>{one.by === null ? words.dash : <Person id={one.by} />}</td>
            <td>{one.judged === null ? words.dash : <Brief at={one.judged} />}</td>
            <td>{one.reason ?? words.dash}</td>
          </tr>
        ))}
      </Table>
    </Card>
  );

export function WaitingDevices(): ReactNode {
  const enrolments = useAsk('listEnrolments', {});
  const mayJudge = useRole('operator', 'officer');
  const [open, setOpen] = useState<{ readonly one: Waiting; readonly verdict: Verdict } | null>(null);
  const close = (): void => setOpen(null);
  return (
    <>
      <Answered query={enrolments} wanted={words.wanted.enrolments} skeleton={<CardSkeleton height={240} />}>
        {(answer) => {
          const waiting = answer.enrolments.filter(({ state }) => state === 'waiting');
          return (
            <div className="cw-stack-wide">
              {!mayJudge && <p className="cw-muted">{said.noRole}</p>}
              {waiting.length === 0 ? (
                <Card>
                  <Empty icon={IconDoorEnter} {...said.empty} />
                </Card>
              ) : (
                <div className="cw-waiting">
                  {waiting.map((one) => (
                    <WaitingCard
                      key={one.id}
                      one={one}
                      onJudge={mayJudge ? (verdict) => setOpen({ one, verdict }) : null}
                    />
                  ))}
                </div>
              )}
              <Decided rows={answer.enrolments.filter(({ state }) => state !== 'waiting')} />
            </div>
          );
        }}
      </Answered>
      <Modal
        opened={open !== null}
        onClose={close}
        title={open ? said[open.verdict](open.one.device) : ''}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open && <JudgeForm {...open} onClose={close} />}
      </Modal>
    </>
  );
}
