/** Changes in people's lives that wait for a second officer. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { PROPOSALS_SHOWN_MAX, type LifeProposal } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { useAct } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconUsers } from '../../ui/icons.ts';
import { CardSkeleton, Facts, type Fact } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { Acts, DaysLeft, OpenButton, ShortId, TaskList } from './desk-parts.tsx';
import { LifeAtOnceForm } from './life-at-once-form.tsx';
import { LifeForm } from './life-form.tsx';
import type { Desk } from './use-desk.ts';

const said = words.desk.lives;
const facts = words.desk.facts;

const detailsOf = (change: LifeProposal['change']): Fact[] => [
  ...(change.do === 'minor' ? [{ term: said.details.born, value: change.born }] : []),
  ...(change.do === 'appoint'
    ? [
        { term: said.details.person, value: <Copyable value={change.person} label={said.details.person} /> },
        { term: said.details.as, value: said.offices[change.as] },
      ]
    : []),
  ...((change.do === 'appoint' || change.do === 'hush') && change.until !== null
    ? [{ term: said.details.until, value: <Moment at={change.until} /> }]
    : []),
  ...(change.do === 'hush' ? [{ term: facts.clause, value: change.clause }] : []),
];

function One({ one }: { readonly one: LifeProposal }): ReactNode {
  const { me } = useSession();
  const nameOf = usePersonName();
  const [isSure, setSure] = useState(false);
  const act = useAct('confirmLife', { refresh: ['listLifeProposals', 'countDesk'], done: () => setSure(false) });
  return (
    <>
      <p className="cw-drawer-name">{said.changes[one.change.do]}</p>
      <Facts
        facts={[
          { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
          { term: facts.about, value: <Copyable value={one.subject} label={facts.about} /> },
          ...detailsOf(one.change),
          { term: facts.document, value: <Copyable value={one.document} label={facts.document} /> },
          { term: said.columns[2], value: nameOf(one.by) },
          { term: said.columns[3], value: <Moment at={one.expires} /> },
        ]}
      />
      {isSure ? (
        <ConfirmForm
          act={said.confirm}
          effect={said.confirmEffect}
          wanted={said.wantedConfirm}
          busy={act.isPending}
          error={act.error}
          onConfirm={() => act.mutate({ params: { id: one.id } })}
          onCancel={() => setSure(false)}
        />
      ) : (
        <Acts why={one.by === me.person ? words.desk.second : null}>
          <Button onClick={() => setSure(true)}>{said.confirm}</Button>
        </Acts>
      )}
    </>
  );
}

function Row({ one }: { readonly one: LifeProposal }): ReactNode {
  const nameOf = usePersonName();
  return (
    <tr>
      <th scope="row">{said.changes[one.change.do]}</th>
      <td>
        <ShortId id={one.subject} />
      </td>
      <td>{nameOf(one.by)}</td>
      <td>
        <DaysLeft by={one.expires} />
      </td>
      <td>
        <OpenButton what={said.what} id={one.id} />
      </td>
    </tr>
  );
}

export function LivesTab({ proposals }: Pick<Desk, 'proposals'>): ReactNode {
  const [open, setOpen] = useState<'propose' | 'at-once' | null>(null);
  const close = (): void => setOpen(null);
  const recording = words.recordingLife;
  return (
    <Answered query={proposals} wanted={words.desk.wanted} skeleton={<CardSkeleton height={260} />}>
      {({ proposals: all }) => (
        <div className="cw-stack">
          <div className="cw-toolbar">
            <Button onClick={() => setOpen('propose')}>{recording.propose}</Button>
            <Button variant="default" onClick={() => setOpen('at-once')}>
              {recording.atOnce}
            </Button>
          </div>
          <TaskList {...{ tab: 'lives', icon: IconUsers, said, all, row: Row, task: One }} max={PROPOSALS_SHOWN_MAX} />
          <Modal
            opened={open !== null}
            onClose={close}
            size="lg"
            title={open === 'at-once' ? recording.atOnceTitle : recording.propose}
            closeButtonProps={{ 'aria-label': words.close }}
          >
            {open === 'propose' && <LifeForm onClose={close} />}
            {open === 'at-once' && <LifeAtOnceForm onClose={close} />}
          </Modal>
        </div>
      )}
    </Answered>
  );
}
