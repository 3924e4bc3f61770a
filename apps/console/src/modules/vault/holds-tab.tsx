/** Legal holds: asked for by one officer, set by another, lifted by two. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { Hold } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole, useSession } from '../../frame/session.ts';
import { useAct } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconGavel, IconLockOpen, IconHourglass } from '../../ui/icons.ts';
import { CardSkeleton, Facts, type Fact } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { Acts, ByAt, DaysLeft, OpenButton, ShortId, TaskList } from './desk-parts.tsx';
import { lapsesAt } from './due.ts';
import { HoldForm } from './hold-form.tsx';
import type { Desk } from './use-desk.ts';

const said = words.holding;
const facts = words.desk.facts;
const LOOK = {
  asked: ['watched', IconHourglass],
  set: ['contained', IconGavel],
  'lift-asked': ['watched', IconLockOpen],
  lifted: ['unknown', IconLockOpen],
  lapsed: ['unknown', IconHourglass],
} as const;

const covers = ({ category, record }: Hold): string =>
  record !== null ? said.record : category !== null ? said.category(category) : said.everything;

const HoldState = ({ state }: Pick<Hold, 'state'>): ReactNode => {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={said.states[state]} />;
};

const REFRESH = ['listHolds', 'listWaitingRecords', 'countDesk'] as const;
function HoldActs({ one }: { readonly one: Hold }): ReactNode {
  const { me } = useSession();
  const isOfficer = useRole('officer');
  const [open, setOpen] = useState<'set' | 'lift' | null>(null);
  const done = (): void => setOpen(null);
  const set = useAct('setHold', { refresh: REFRESH, done });
  const lift = useAct('liftHold', { refresh: REFRESH, done });
  if (!isOfficer) return null;
  const params = { id: one.id };
  const isFirst = one.state === 'set';
  if (open === 'set')
    return (
      <ConfirmForm
        {...{ act: said.set, effect: said.setEffect, wanted: said.wantedSet, onCancel: done }}
        busy={set.isPending}
        error={set.error}
        onConfirm={() => set.mutate({ params })}
      />
    );
  if (open === 'lift')
    return (
      <ReasonForm
        act={isFirst ? said.liftAsk : said.lift}
        effect={<p>{isFirst ? said.liftAskEffect : said.liftEffect}</p>}
        wanted={said.wantedLift}
        danger={!isFirst}
        suggestions={said.liftReasons}
        busy={lift.isPending}
        error={lift.error}
        onSubmit={(basis) => lift.mutate({ params, body: { basis } })}
        onCancel={done}
      />
    );
  const waitsForOther =
    (one.state === 'asked' && one.asked.by === me.person) ||
    (one.state === 'lift-asked' && one.liftAsked?.by === me.person);
  return (
    <Acts why={waitsForOther ? words.desk.second : null}>
      {one.state === 'asked' ? (
        <Button onClick={() => setOpen('set')}>{said.set}</Button>
      ) : (
        <Button variant="default" onClick={() => setOpen('lift')}>
          {isFirst ? said.liftAsk : said.lift}
        </Button>
      )}
    </Acts>
  );
}

function One({ one }: { readonly one: Hold }): ReactNode {
  const nameOf = usePersonName();
  const stamp = (term: string, at: Hold['set']): Fact[] =>
    at === null
      ? []
      : [
          {
            term,
            value: <ByAt by={nameOf(at.by)} at={at.at} />,
          },
        ];
  return (
    <>
      <p className="cw-drawer-name">{covers(one)}</p>
      <Facts
        facts={[
          { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
          { term: facts.about, value: <Copyable value={one.subject} label={facts.about} /> },
          ...(one.record === null
            ? []
            : [{ term: said.facts.covers, value: <Copyable value={one.record} label={said.facts.covers} /> }]),
          { term: facts.state, value: <HoldState state={one.state} /> },
          { term: said.facts.why, value: one.basis },
          { term: facts.clause, value: one.clause },
          ...stamp(said.facts.asked, one.asked),
          ...stamp(said.facts.set, one.set),
          ...stamp(said.facts.liftAsked, one.liftAsked),
        ]}
      />
      <HoldActs one={one} />
    </>
  );
}

const Row = ({ one }: { readonly one: Hold }): ReactNode => {
  const ends = lapsesAt(one);
  return (
    <tr>
      <th scope="row">{covers(one)}</th>
      <td>
        <ShortId id={one.subject} />
      </td>
      <td>{one.basis}</td>
      <td>
        <HoldState state={one.state} />
      </td>
      <td>{ends === null ? words.dash : <DaysLeft by={ends} />}</td>
      <td>
        <OpenButton what={said.what} id={one.id} />
      </td>
    </tr>
  );
};

export function HoldsTab({ holds }: Pick<Desk, 'holds'>): ReactNode {
  const isOfficer = useRole('officer');
  const [asks, setAsks] = useState(false);
  const close = (): void => setAsks(false);
  return (
    <Answered query={holds} wanted={words.desk.wanted} skeleton={<CardSkeleton height={260} />}>
      {({ holds: all }) => (
        <div className="cw-stack">
          {isOfficer && (
            <div className="cw-toolbar">
              <Button onClick={() => setAsks(true)}>{said.ask}</Button>
            </div>
          )}
          <TaskList tab="holds" icon={IconGavel} said={said} all={all} row={Row} task={One} />
          <Modal opened={asks} onClose={close} title={said.ask} closeButtonProps={{ 'aria-label': words.close }}>
            <HoldForm onClose={close} />
          </Modal>
        </div>
      )}
    </Answered>
  );
}
