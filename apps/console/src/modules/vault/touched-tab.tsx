/** Whose data did this touch? Questions that were asked, and how far people were told. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { EXPOSURES_SHOWN_MAX, type Exposure } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { formatCount } from '../../ui/format.ts';
import { IconCheck, IconHourglass, IconSearch, IconUsers } from '../../ui/icons.ts';
import { CardSkeleton, Facts, RowsSkeleton } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { OpenButton, ShortId, TaskList } from './desk-parts.tsx';
import { TellForm } from './tell-form.tsx';
import { touchInWords } from './touch-words.ts';
import { WhoseDataForm } from './whose-data-form.tsx';

const said = words.touching;
const facts = words.desk.facts;
const REFRESH_MS = 30_000;
const PEOPLE_SHOWN = 100;
const LOOK = {
  asked: ['watched', IconHourglass],
  telling: ['learning', IconUsers],
  told: ['contained', IconCheck],
} as const;

const ExposureState = ({ state }: Pick<Exposure, 'state'>): ReactNode => {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={said.states[state]} />;
};
const Time = ({ scope: { from, to } }: Pick<Exposure, 'scope'>): ReactNode => (
  <>
    <Moment at={from} /> – <Moment at={to} />
  </>
);

const Groups = ({ groups }: Pick<Exposure, 'groups'>): ReactNode => (
  <section className="cw-stack" aria-label={said.groups}>
    <h3 className="cw-small-head">{said.groups}</h3>
    {groups.map(({ touches, people, draft }) => (
      <div key={draft} className="cw-stack">
        <p>
          <strong>{said.people(people)}</strong> {touches.map(touchInWords).join('; ')}
        </p>
        <details>
          <summary>{said.draft}</summary>
          <pre className="cw-pre" tabIndex={0}>
            {draft}
          </pre>
        </details>
      </div>
    ))}
  </section>
);

function People({ id, people: total }: Pick<Exposure, 'id' | 'people'>): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const people = useAsk('listExposed', { params: { id }, query: {} }, { enabled: isOpen });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{said.list}</summary>
      {isOpen && (
        <Answered query={people} wanted={said.wantedPeople} skeleton={<RowsSkeleton rows={4} />}>
          {({ people: page }) => (
            <ul className="cw-plain-list">
              {page.slice(0, PEOPLE_SHOWN).map(({ subject, touches, toldAt }) => (
                <li key={subject}>
                  <ShortId id={subject} /> {touches.map(touchInWords).join('; ')}
                  {toldAt !== null && ` · ${said.facts.told}`}
                </li>
              ))}
              {total > PEOPLE_SHOWN && <li className="cw-muted">{said.more(total - PEOPLE_SHOWN)}</li>}
            </ul>
          )}
        </Answered>
      )}
    </details>
  );
}

function One({ one }: { readonly one: Exposure }): ReactNode {
  const nameOf = usePersonName();
  const [tells, setTells] = useState(false);
  const { sources, datasets } = one.scope;
  const listed = (ids: readonly string[]): string => (ids.length === 0 ? words.none : ids.join(', '));
  return (
    <>
      <p className="cw-drawer-name">{one.people === 0 ? said.nobody : said.people(one.people)}</p>
      <Facts
        facts={[
          { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
          { term: facts.state, value: <ExposureState state={one.state} /> },
          {
            term: said.facts.asked,
            value: (
              <>
                {nameOf(one.by)}, <Moment at={one.at} />
              </>
            ),
          },
          { term: said.facts.why, value: one.reason },
          { term: said.facts.time, value: <Time scope={one.scope} /> },
          {
            term: said.facts.sources,
            value: sources.length + datasets.length === 0 ? said.everything : listed(sources),
          },
          { term: said.facts.datasets, value: listed(datasets) },
          { term: said.facts.told, value: formatCount(one.told) },
        ]}
      />
      {one.people > 0 && <Groups groups={one.groups} />}
      {one.people > 0 && <People {...one} />}
      {one.people > 0 && one.state === 'asked' && !tells && (
        <div className="cw-card-actions">
          <Button onClick={() => setTells(true)}>{said.tell(one.people)}</Button>
        </div>
      )}
      {tells && <TellForm one={one} onClose={() => setTells(false)} />}
    </>
  );
}

const Row = ({ one }: { readonly one: Exposure }): ReactNode => (
  <tr>
    <th scope="row">
      <Moment at={one.at} />
    </th>
    <td>{one.reason}</td>
    <td>
      <Time scope={one.scope} />
    </td>
    <td>{formatCount(one.people)}</td>
    <td>
      <ExposureState state={one.state} />
    </td>
    <td>
      <OpenButton what={said.what} id={one.id} />
    </td>
  </tr>
);

export function TouchedTab(): ReactNode {
  const exposures = useAsk('listExposures', {}, { refreshMs: REFRESH_MS });
  const setUrl = useSetUrl();
  const [asks, setAsks] = useState(false);
  const close = (): void => setAsks(false);
  return (
    <div className="cw-stack">
      <p className="cw-muted">{said.lead}</p>
      <div className="cw-toolbar">
        <Button leftSection={<IconSearch size={16} aria-hidden />} onClick={() => setAsks(true)}>
          {said.ask}
        </Button>
      </div>
      <Answered query={exposures} wanted={said.wanted} skeleton={<CardSkeleton height={200} />}>
        {({ exposures: all }) => (
          <TaskList
            tab="touched"
            icon={IconSearch}
            said={said}
            all={all}
            max={EXPOSURES_SHOWN_MAX}
            row={Row}
            task={One}
          />
        )}
      </Answered>
      <Modal opened={asks} onClose={close} size="lg" title={said.ask} closeButtonProps={{ 'aria-label': words.close }}>
        <WhoseDataForm
          onClose={close}
          onAsked={({ id }) => {
            close();
            setUrl({ item: id });
          }}
        />
      </Modal>
    </div>
  );
}
