/** All incidents, newest first. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useAsk } from '../../live/hooks.ts';
import type { Answer } from '../../live/client.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { IconCheck, IconUrgent } from '../../ui/icons.ts';
import { Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { Severity } from './severity.tsx';

type Row = Answer<'listIncidents'>['incidents'][number];

export const IncidentState = ({ state }: { readonly state: 'open' | 'closed' }): ReactNode => (
  <Badge
    look={state === 'open' ? 'suspect' : 'contained'}
    icon={state === 'open' ? IconUrgent : IconCheck}
    text={words.incident.states[state]}
  />
);

const IncidentRow = ({ incident }: { readonly incident: Row }): ReactNode => (
  <li>
    <Link to="/incidents/$id" params={{ id: incident.id }} className="cw-inbox-item">
      <span className="cw-meta">
        <IncidentState state={incident.state} />
        <Severity severity={incident.situation.severity} />
        <span className="cw-muted cw-small cw-push">
          <Age at={incident.opened} />
        </span>
      </span>
      <span className="cw-inbox-title">{incident.title}</span>
      <span className="cw-muted cw-small">
        {words.situation.size(incident.situation.devices.length, incident.situation.findings)} ·{' '}
        {words.incident.openedBy} <Person id={incident.openedBy} />, <Moment at={incident.opened} />
        {incident.closed && ` · ${words.incident.closedWhy(incident.closed.reason)}`}
      </span>
    </Link>
  </li>
);

export function IncidentsPage(): ReactNode {
  const incidents = useAsk('listIncidents', {});
  return (
    <Page title={words.pages.incidents.name} lead={words.incident.lead}>
      <Answered query={incidents} wanted={words.wanted.incidents} skeleton={<RowsSkeleton rows={5} height={56} />}>
        {(answer) =>
          answer.incidents.length === 0 ? (
            <Empty
              icon={IconUrgent}
              {...words.incident.empty}
              action={<Button renderRoot={(props) => <Link {...props} to="/inbox" />}>{words.incident.toInbox}</Button>}
            />
          ) : (
            <ul className="cw-inbox-list cw-wide-list">
              {answer.incidents.map((incident) => (
                <IncidentRow key={incident.id} incident={incident} />
              ))}
            </ul>
          )
        }
      </Answered>
    </Page>
  );
}
