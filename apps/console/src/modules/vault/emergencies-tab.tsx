/** Broken glass that nobody has reviewed: flagged first; one opened is judged. */
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { GLASSES_SHOWN_MAX, type Glass } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { useAct, useNow } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconFirstAidKit } from '../../ui/icons.ts';
import { CardSkeleton, Facts } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { Acts, OpenButton, Paper, ShortId, TaskList } from './desk-parts.tsx';
import type { Desk } from './use-desk.ts';

const said = words.desk.emergencies;
const facts = words.desk.facts;

const Flags = ({ flags }: Pick<Glass, 'flags'>): ReactNode =>
  flags.length === 0 ? (
    words.dash
  ) : (
    <span className="cw-meta">
      {flags.map((flag) => (
        <span key={flag} className="cw-badge" data-state="watched">
          {said.flags[flag]}
        </span>
      ))}
    </span>
  );

function One({ one }: { readonly one: Glass }): ReactNode {
  const { me } = useSession();
  const nameOf = usePersonName();
  const now = useNow();
  const [outcome, setOutcome] = useState<'justified' | 'not-justified' | null>(null);
  const act = useAct('reviewGlass', { refresh: ['listGlassReviews', 'countDesk'], done: () => setOutcome(null) });
  const runs = one.ended === null && one.until > now;
  const isParty = one.by === me.person || one.subject === me.person;
  return (
    <>
      <p className="cw-drawer-name">{said.reasons[one.reason]}</p>
      <Facts
        facts={[
          { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
          { term: facts.about, value: <Copyable value={one.subject} label={facts.about} /> },
          { term: said.facts.who, value: nameOf(one.by) },
          { term: said.facts.where, value: one.organisation },
          { term: said.facts.from, value: <Moment at={one.at} /> },
          { term: said.facts.until, value: runs ? said.runs : <Moment at={one.ended ?? one.until} /> },
          { term: said.facts.flags, value: <Flags flags={one.flags} /> },
          { term: facts.paper, value: <Paper record={one.paper} /> },
        ]}
      />
      {outcome === null ? (
        <Acts why={isParty ? words.desk.party : null}>
          <Button onClick={() => setOutcome('justified')}>{said.justified}</Button>
          <Button variant="default" onClick={() => setOutcome('not-justified')}>
            {said.notJustified}
          </Button>
        </Acts>
      ) : (
        <ConfirmForm
          act={outcome === 'justified' ? said.justified : said.notJustified}
          effect={outcome === 'justified' ? said.justifiedEffect : said.notJustifiedEffect}
          wanted={said.wantedReview}
          busy={act.isPending}
          error={act.error}
          onConfirm={() => act.mutate({ params: { id: one.id }, body: { outcome } })}
          onCancel={() => setOutcome(null)}
        />
      )}
    </>
  );
}

function Row({ one }: { readonly one: Glass }): ReactNode {
  const nameOf = usePersonName();
  return (
    <tr>
      <th scope="row">{said.reasons[one.reason]}</th>
      <td>
        <ShortId id={one.subject} />
      </td>
      <td>{nameOf(one.by)}</td>
      <td>{one.organisation}</td>
      <td>
        <Moment at={one.at} />
      </td>
      <td>
        <Flags flags={one.flags} />
      </td>
      <td>
        <OpenButton what={said.what} id={one.id} />
      </td>
    </tr>
  );
}

export const EmergenciesTab = ({ glasses }: Pick<Desk, 'glasses'>): ReactNode => (
  <Answered query={glasses} wanted={words.desk.wanted} skeleton={<CardSkeleton height={260} />}>
    {({ glasses: all }) => (
      <TaskList
        tab="emergencies"
        icon={IconFirstAidKit}
        said={said}
        all={all}
        max={GLASSES_SHOWN_MAX}
        row={Row}
        task={One}
      />
    )}
  </Answered>
);
