/** Openings of sealed records: asked for by one officer, approved by another, ended by any. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { Unsealing } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole, useSession } from '../../frame/session.ts';
import { useAct } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconBan, IconHourglass, IconLockOpen } from '../../ui/icons.ts';
import { CardSkeleton, Facts } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { Acts, ByAt, DaysLeft, OpenButton, ShortId, TaskList } from './desk-parts.tsx';
import { lapseOf } from './due.ts';
import { UnsealingForm } from './unsealing-form.tsx';
import type { Desk } from './use-desk.ts';

const said = words.unsealing;
const facts = words.desk.facts;
const LOOK = {
  asked: ['watched', IconHourglass],
  open: ['learning', IconLockOpen],
  ended: ['unknown', IconBan],
  lapsed: ['unknown', IconHourglass],
} as const;
const REFRESH = ['listUnsealings', 'countDesk'] as const;

const UnsealingState = ({ state }: Pick<Unsealing, 'state'>): ReactNode => {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={said.states[state]} />;
};

function UnsealingActs({ one }: { readonly one: Unsealing }): ReactNode {
  const { me } = useSession();
  const isOfficer = useRole('officer');
  const nameOf = usePersonName();
  const [open, setOpen] = useState<'approve' | 'end' | null>(null);
  const done = (): void => setOpen(null);
  const approve = useAct('approveUnsealing', { refresh: REFRESH, done });
  const end = useAct('endUnsealing', { refresh: REFRESH, done });
  if (!isOfficer || (one.state !== 'asked' && one.state !== 'open')) return null;
  const params = { id: one.id };
  const isAsked = one.state === 'asked';
  if (open !== null) {
    const isApproval = open === 'approve';
    const act = isApproval ? approve : end;
    const effect = isApproval
      ? `${said.approveEffect(one.records.length, nameOf(one.reader), one.days)} ${one.quiet ? said.toldLater : said.told}`
      : isAsked
        ? said.declineEffect
        : said.endEffect;
    return (
      <ConfirmForm
        act={isApproval ? said.approve : isAsked ? said.decline : said.end}
        effect={effect}
        wanted={isApproval ? said.wantedApprove : said.wantedEnd}
        busy={act.isPending}
        error={act.error}
        onConfirm={() => act.mutate({ params })}
        onCancel={done}
      />
    );
  }
  const why = one.asked.by === me.person ? words.desk.second : one.reader === me.person ? words.desk.party : null;
  return (
    <>
      {isAsked && why !== null && <p className="cw-muted">{why}</p>}
      <Acts why={null}>
        {isAsked && why === null && <Button onClick={() => setOpen('approve')}>{said.approve}</Button>}
        <Button variant="default" onClick={() => setOpen('end')}>
          {isAsked ? said.decline : said.end}
        </Button>
      </Acts>
    </>
  );
}

const Told = ({ one }: { readonly one: Unsealing }): ReactNode =>
  one.hiddenUntil !== null ? (
    <>
      {said.facts.hidden} <Moment at={one.hiddenUntil} />
    </>
  ) : one.approved === null ? (
    one.quiet ? (
      said.quiet
    ) : (
      said.facts.willBeTold
    )
  ) : (
    said.facts.shown
  );

function One({ one }: { readonly one: Unsealing }): ReactNode {
  const nameOf = usePersonName();
  const records = one.records.map((id) => <Copyable key={id} value={id} label={words.choosing.record} />);
  return (
    <>
      <p className="cw-drawer-name">{one.reference}</p>
      <Facts
        facts={[
          { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
          { term: facts.about, value: <Copyable value={one.subject} label={facts.about} /> },
          { term: facts.state, value: <UnsealingState state={one.state} /> },
          { term: said.facts.records, value: <div className="cw-stack">{records}</div> },
          { term: said.facts.reader, value: <Copyable value={one.reader} label={said.facts.reader} /> },
          { term: said.facts.reason, value: one.reason },
          { term: facts.clause, value: one.clause },
          { term: said.facts.days, value: said.forDays(one.days) },
          ...(one.until === null ? [] : [{ term: said.facts.until, value: <Moment at={one.until} /> }]),
          { term: said.facts.told, value: <Told one={one} /> },
          { term: said.facts.asked, value: <ByAt by={nameOf(one.asked.by)} at={one.asked.at} /> },
          ...(one.approved === null
            ? []
            : [{ term: said.facts.approved, value: <ByAt by={nameOf(one.approved.by)} at={one.approved.at} /> }]),
          ...(one.ended === null
            ? []
            : [{ term: said.facts.ended, value: <ByAt by={nameOf(one.ended.by)} at={one.ended.at} /> }]),
        ]}
      />
      <UnsealingActs one={one} />
    </>
  );
}

const Row = ({ one }: { readonly one: Unsealing }): ReactNode => {
  const lapses = lapseOf(one);
  return (
    <tr>
      <th scope="row">
        <ShortId id={one.subject} />
        <span className="cw-block cw-muted cw-small">{said.records(one.records.length)}</span>
      </th>
      <td>
        <ShortId id={one.reader} />
      </td>
      <td>
        {one.reference}
        <span className="cw-block cw-muted cw-small">{one.clause}</span>
      </td>
      <td>
        <UnsealingState state={one.state} />
      </td>
      <td>
        {lapses !== null ? <DaysLeft by={lapses} /> : one.until === null ? words.dash : <Moment at={one.until} />}
      </td>
      <td>
        <OpenButton what={said.what} id={one.id} />
      </td>
    </tr>
  );
};

export function UnsealingsTab({ unsealings }: Pick<Desk, 'unsealings'>): ReactNode {
  const isOfficer = useRole('officer');
  const [asks, setAsks] = useState(false);
  const close = (): void => setAsks(false);
  const ask = isOfficer && <Button onClick={() => setAsks(true)}>{said.ask}</Button>;
  return (
    <Answered query={unsealings} wanted={words.desk.wanted} skeleton={<CardSkeleton height={260} />}>
      {({ unsealings: all }) => (
        <div className="cw-stack">
          {ask && <div className="cw-toolbar">{ask}</div>}
          <TaskList tab="unsealings" icon={IconLockOpen} said={said} all={all} row={Row} task={One} />
          <Modal
            opened={asks}
            onClose={close}
            size="lg"
            title={said.ask}
            closeButtonProps={{ 'aria-label': words.close }}
          >
            <UnsealingForm onClose={close} />
          </Modal>
        </div>
      )}
    </Answered>
  );
}
