/** Requests by law that nobody has answered: what is due first, first; one opened is answered or given more time. */
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { REQUESTS_SHOWN_MAX, type LawShown, type RightRequest } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconMail } from '../../ui/icons.ts';
import { CardSkeleton, Facts } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { Acts, DaysLeft, OpenButton, Paper, ShortId, TaskList } from './desk-parts.tsx';
import { AnswerForm, ExtendForm } from './request-forms.tsx';
import type { Desk } from './use-desk.ts';

const said = words.desk.requests;
const facts = words.desk.facts;
export type Clauses = LawShown['instruments'][number]['clauses'];

const clauseWords = (clauses: Clauses, id: string): string => {
  const found = clauses.find((one) => one.id === id);
  return found ? `${found.ref}: ${found.words}` : id;
};

/** The clauses of the law, by their ids; none before they are there. */
function useClauses(): Clauses {
  const law = useAsk('getLaw', {});
  return (law.data?.instruments ?? []).flatMap(({ name, clauses }) =>
    clauses.map((one) => ({ ...one, ref: `${name}, ${one.ref}` })),
  );
}

function One({ one }: { readonly one: RightRequest }): ReactNode {
  const { me } = useSession();
  const nameOf = usePersonName();
  const clauses = useClauses();
  const [open, setOpen] = useState<'answer' | 'extend' | null>(null);
  const isParty = one.by === me.person || one.subject === me.person;
  return (
    <>
      <p className="cw-drawer-name">{said.kinds[one.kind]}</p>
      <Facts
        facts={[
          { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
          { term: facts.about, value: <Copyable value={one.subject} label={facts.about} /> },
          { term: facts.by, value: one.by === one.subject ? said.themself : nameOf(one.by) },
          { term: said.columns[3], value: <Moment at={one.at} /> },
          {
            term: said.columns[4],
            value: (
              <>
                <Moment at={one.due} /> <DaysLeft by={one.due} />
              </>
            ),
          },
          { term: said.clock, value: clauseWords(clauses, one.clause) },
          { term: facts.state, value: said.states[one.state] },
          ...(one.extended ? [{ term: said.extended, value: clauseWords(clauses, one.extended.clause) }] : []),
          { term: facts.paper, value: <Paper record={one.paper} /> },
        ]}
      />
      {open === null && (
        <Acts why={isParty ? words.desk.party : null}>
          <Button onClick={() => setOpen('answer')}>{said.answer}</Button>
          {one.extended === null && !one.isOverdue && (
            <Button variant="default" onClick={() => setOpen('extend')}>
              {said.extend}
            </Button>
          )}
        </Acts>
      )}
      {open === 'answer' && <AnswerForm one={one} clauses={clauses} onClose={() => setOpen(null)} />}
      {open === 'extend' && <ExtendForm one={one} clauses={clauses} onClose={() => setOpen(null)} />}
    </>
  );
}

const Row = ({ one }: { readonly one: RightRequest }): ReactNode => (
  <tr>
    <th scope="row">{said.kinds[one.kind]}</th>
    <td>
      <ShortId id={one.subject} />
    </td>
    <td>{said.regimes[one.regime]}</td>
    <td>
      <Moment at={one.at} />
    </td>
    <td>
      <DaysLeft by={one.due} />
    </td>
    <td>{said.states[one.state]}</td>
    <td>
      <OpenButton what={said.what} id={one.id} />
    </td>
  </tr>
);

export const RequestsTab = ({ requests }: Pick<Desk, 'requests'>): ReactNode => (
  <Answered query={requests} wanted={words.desk.wanted} skeleton={<CardSkeleton height={260} />}>
    {({ requests: all }) => (
      <TaskList tab="requests" icon={IconMail} said={said} all={all} max={REQUESTS_SHOWN_MAX} row={Row} task={One} />
    )}
  </Answered>
);
