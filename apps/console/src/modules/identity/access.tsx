/** Temporary access for the city: who asks, who is here, and what was; answered by somebody else than who asked. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { EndpointAnswer, TemporaryAccess, api } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole, useSession } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconDoorEnter, IconUserPlus } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty, Facts, Page } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Table } from '../../ui/table.tsx';
import { Age } from '../../ui/time.tsx';
import { AccessForm } from './access-form.tsx';
import { AccessState, endingOf, isOpen, Span, termsOf, Where } from './access-parts.tsx';

const said = words.access;
/** The stream tells of each step; time alone also ends some. */
const REFRESH_MS = 30_000;

type Act = 'letIn' | 'refuse' | 'takeBack';
type Open = { readonly act: 'ask' } | { readonly act: Act; readonly one: TemporaryAccess };
type NameOf = (id: string) => string;
interface OneProps {
  readonly one: TemporaryAccess;
  readonly nameOf: NameOf;
  readonly mayAct: boolean;
  readonly onAct: (act: Act) => void;
}

const Did = ({ one, nameOf }: Pick<OneProps, 'one' | 'nameOf'>): ReactNode => (
  <Link
    to="/evidence"
    search={{ actor: one.person, from: one.from, to: one.ended?.at ?? one.until }}
    aria-label={said.didOf(nameOf(one.person))}
  >
    {said.did}
  </Link>
);

function WaitingCard({ one, nameOf, mayAct, onAct }: OneProps): ReactNode {
  const { me } = useSession();
  const who = nameOf(one.person);
  const own = one.by === me.person || one.person === me.person;
  return (
    <Card title={who} aside={<AccessState state={one.state} />}>
      <Facts
        facts={[
          ...termsOf(one, true),
          {
            term: said.terms.asked,
            value: (
              <>
                <Age at={one.asked} />, {nameOf(one.by)}
              </>
            ),
          },
        ]}
      />
      {(own || !mayAct) && <p className="cw-muted">{own ? said.ownAsk : said.noAnswer}</p>}
      {mayAct && (
        <div className="cw-card-actions">
          {!own && <Button onClick={() => onAct('letIn')}>{said.letIn(who)}</Button>}
          <Button variant="default" onClick={() => onAct('refuse')}>
            {said.refuse(who)}
          </Button>
        </div>
      )}
    </Card>
  );
}

const RunningCard = ({ one, nameOf, mayAct, onAct }: OneProps): ReactNode => (
  <Card title={nameOf(one.person)} aside={<AccessState state={one.state} />}>
    <Facts
      facts={[
        ...termsOf(one, true),
        ...(one.judged ? [{ term: said.terms.answered, value: `${nameOf(one.judged.by)}: ${one.judged.reason}` }] : []),
      ]}
    />
    <div className="cw-card-actions">
      {mayAct && (
        <Button color="danger" variant="light" onClick={() => onAct('takeBack')}>
          {said.takeBackOf(nameOf(one.person))}
        </Button>
      )}
      {one.state === 'running' && <Did one={one} nameOf={nameOf} />}
    </div>
  </Card>
);

const History = ({
  rows,
  nameOf,
}: {
  readonly rows: readonly TemporaryAccess[];
  readonly nameOf: NameOf;
}): ReactNode => (
  <Card title={said.history}>
    {rows.length === 0 ? (
      <p className="cw-muted">{said.noHistory}</p>
    ) : (
      <Table label={said.history} columns={said.columns} wide>
        {rows.map((one) => (
          <tr key={one.id}>
            <th scope="row">{nameOf(one.person)}</th>
            <td>{said.as[one.role]}</td>
            <td>
              <Where of={one} linked />
            </td>
            <td>
              <Span one={one} />
            </td>
            <td>{endingOf(one)}</td>
            <td>{one.judged && one.state === 'ended' ? <Did one={one} nameOf={nameOf} /> : words.dash}</td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);

type ActProps = {
  readonly one: TemporaryAccess;
  readonly act: Act;
  readonly who: string;
  readonly onClose: () => void;
};
const REFRESH = ['listAccess', 'myAccess'] as const;

function ActForm({ one, act, who, onClose }: ActProps): ReactNode {
  const judge = useAct('judgeAccess', { refresh: REFRESH, done: onClose });
  const end = useAct('endAccess', { refresh: REFRESH, done: onClose });
  const params = { id: one.id };
  const shown = {
    letIn: { act: said.letIn(who), effect: said.letInEffect(who), suggestions: said.letInReasons },
    refuse: { act: said.refuse(who), effect: said.refuseEffect(who), suggestions: said.refuseReasons },
    takeBack: { act: said.takeBackOf(who), effect: said.takeBackEffect(who), suggestions: said.takeBackReasons },
  }[act];
  return (
    <ReasonForm
      {...shown}
      effect={<p>{shown.effect}</p>}
      wanted={act === 'takeBack' ? words.wanted.endAccess : words.wanted.judgeAccess}
      danger={act !== 'letIn'}
      busy={judge.isPending || end.isPending}
      error={judge.error ?? end.error}
      onSubmit={(reason) =>
        act === 'takeBack'
          ? end.mutate({ params, body: { reason } })
          : judge.mutate({ params, body: { approve: act === 'letIn', reason } })
      }
      onCancel={onClose}
    />
  );
}

const TITLES: Readonly<Record<Act, (who: string) => string>> = {
  letIn: said.letIn,
  refuse: said.refuse,
  takeBack: said.takeBackOf,
};
interface FormsProps {
  readonly open: Open | null;
  readonly nameOf: NameOf;
  readonly people: readonly { readonly id: string; readonly handle: string }[];
  readonly onClose: () => void;
}
const Forms = ({ open, nameOf, people, onClose }: FormsProps): ReactNode => (
  <Modal
    opened={open !== null}
    onClose={onClose}
    size={open?.act === 'ask' ? 'lg' : 'md'}
    title={open === null ? '' : open.act === 'ask' ? said.askFor : TITLES[open.act](nameOf(open.one.person))}
    closeButtonProps={{ 'aria-label': words.close }}
  >
    {open?.act === 'ask' && <AccessForm people={people} onClose={onClose} />}
    {open !== null && open.act !== 'ask' && (
      <ActForm one={open.one} act={open.act} who={nameOf(open.one.person)} onClose={onClose} />
    )}
  </Modal>
);

type Answer = EndpointAnswer<typeof api.listAccess>;
interface WholeProps extends Pick<OneProps, 'nameOf' | 'mayAct'> {
  readonly access: Answer['access'];
  readonly onAct: (one: TemporaryAccess, act: Act) => void;
}
function Whole({ access, nameOf, mayAct, onAct }: WholeProps): ReactNode {
  const waiting = access.filter(({ state }) => state === 'asked');
  const running = access.filter((one) => isOpen(one) && one.state !== 'asked');
  const cardOf = (one: TemporaryAccess) => ({ one, nameOf, mayAct, onAct: (act: Act) => onAct(one, act) });
  return (
    <div className="cw-stack-wide">
      <section className="cw-stack" aria-label={said.waiting}>
        <h2 className="cw-small-head">{said.waiting}</h2>
        {waiting.length === 0 ? (
          <Card>
            <Empty icon={IconDoorEnter} {...said.none} />
          </Card>
        ) : (
          <div className="cw-waiting">
            {waiting.map((one) => (
              <WaitingCard key={one.id} {...cardOf(one)} />
            ))}
          </div>
        )}
      </section>
      <section className="cw-stack" aria-label={said.running}>
        <h2 className="cw-small-head">{said.running}</h2>
        {running.length === 0 ? (
          <p className="cw-muted">{said.nothingRuns}</p>
        ) : (
          <div className="cw-waiting">
            {running.map((one) => (
              <RunningCard key={one.id} {...cardOf(one)} />
            ))}
          </div>
        )}
      </section>
      <History rows={access.filter((one) => !isOpen(one))} nameOf={nameOf} />
    </div>
  );
}

/** Whom access may be asked for: everybody for who may read the list, else those of whom access has spoken. */
function usePeople(known: Answer['people']): Answer['people'] {
  const { me } = useSession();
  const all = useAsk('listPeople', {}, { enabled: useRole('administrator') }).data?.people;
  const others = (all ?? known).filter(({ id }) => id !== me.person);
  return all ? all.filter(({ id, state }) => id !== me.person && state !== 'disabled') : others;
}

export function AccessPage(): ReactNode {
  const access = useAsk('listAccess', {}, { refreshMs: REFRESH_MS });
  const mayAct = useRole('administrator', 'operator');
  const [open, setOpen] = useState<Open | null>(null);
  const known = access.data?.people ?? [];
  const people = usePeople(known);
  const nameOf: NameOf = (id) => known.find((one) => one.id === id)?.handle ?? (id === 'system' ? words.system : id);
  return (
    <Page
      title={words.pages.access.name}
      lead={said.lead}
      actions={
        mayAct && (
          <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setOpen({ act: 'ask' })}>
            {said.askFor}
          </Button>
        )
      }
    >
      <Answered query={access} wanted={words.wanted.access} skeleton={<CardSkeleton height={240} />}>
        {(answer) => (
          <Whole access={answer.access} nameOf={nameOf} mayAct={mayAct} onAct={(one, act) => setOpen({ act, one })} />
        )}
      </Answered>
      <Forms open={open} nameOf={nameOf} people={people} onClose={() => setOpen(null)} />
    </Page>
  );
}
