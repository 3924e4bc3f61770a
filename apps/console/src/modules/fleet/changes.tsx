/** Changes: every change of devices, newest first, with how far it is. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Change } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconChecklist, IconPlus, IconStairsUp } from '../../ui/icons.ts';
import { Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import { Person } from '../identity/person.tsx';
import { ChangeProgress, ChangeState, useChangeNow } from './change-state.tsx';
import { actionInWords } from './change-words.ts';

function Row({ change, answeredAt }: { readonly change: Change; readonly answeredAt: number }): ReactNode {
  const now = useChangeNow(change, answeredAt);
  return (
    <tr>
      <th scope="row">
        <Link to="/changes/$id" params={{ id: change.id }}>
          {change.title}
        </Link>
        <span className="cw-block cw-muted cw-small">{words.change.devices(change.devices)}</span>
      </th>
      <td>
        <ChangeState state={now.state} />
      </td>
      <td>{actionInWords(change.action)}</td>
      <td>
        <ChangeProgress now={now} />
      </td>
      <td>
        {change.signed.needed === 0
          ? words.changes.noOfficers
          : words.changes.signatures(change.signed.officers.length, change.signed.needed)}
      </td>
      <td>
        <Moment at={change.planned.at} />
        <span className="cw-block cw-muted cw-small">
          <Person id={change.planned.by} />
        </span>
      </td>
    </tr>
  );
}

const PlanLink = (): ReactNode => (
  <Button
    renderRoot={(props) => <Link to="/changes/new" {...props} />}
    leftSection={<IconPlus size={16} aria-hidden />}
  >
    {words.changes.plan}
  </Button>
);

const Links = ({ mayPlan }: { readonly mayPlan: boolean }): ReactNode => (
  <>
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/changes/wanted" {...props} />}
      leftSection={<IconChecklist size={16} aria-hidden />}
    >
      {words.wantedConfig.title}
    </Button>
    {mayPlan && <PlanLink />}
  </>
);

export function ChangesPage(): ReactNode {
  const changes = useAsk('listChanges', {});
  const mayPlan = useRole('operator');
  return (
    <Page title={words.pages.changes.name} lead={words.changes.lead} actions={<Links mayPlan={mayPlan} />}>
      <div className="cw-card cw-card-flush">
        <Answered query={changes} wanted={words.wanted.changes} skeleton={<RowsSkeleton rows={5} height={28} />}>
          {(answer) =>
            answer.changes.length === 0 ? (
              <Empty icon={IconStairsUp} {...words.changes.empty} {...(mayPlan ? { action: <PlanLink /> } : {})} />
            ) : (
              <Table label={words.pages.changes.name} columns={words.changes.columns}>
                {answer.changes.map((change) => (
                  <Row key={change.id} change={change} answeredAt={changes.dataUpdatedAt} />
                ))}
              </Table>
            )
          }
        </Answered>
      </div>
    </Page>
  );
}
