/** Exceptions in force: who answers for what, and until when; and the way to end one. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { BaselineException } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Card, RowsSkeleton } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';

function Ending({
  exception,
  close,
}: {
  readonly exception: BaselineException;
  readonly close: () => void;
}): ReactNode {
  const end = useAct('endBaselineException', {
    refresh: ['listBaselineExceptions', 'getBaseline', 'getControl', 'listBaselineDevices'],
    done: close,
  });
  return (
    <ReasonForm
      act={words.baseline.endIt}
      wanted={words.baseline.wantedEnd}
      effect={words.baseline.endEffect}
      busy={end.isPending}
      error={end.error}
      onSubmit={(reason) => end.mutate({ params: { id: exception.id }, body: { reason } })}
      onCancel={close}
    />
  );
}

/** @param control only those of this control */
export function BaselineExceptions({ control }: { readonly control?: string }): ReactNode {
  const exceptions = useAsk('listBaselineExceptions', {});
  const [isOperator, isOfficer] = [useRole('operator'), useRole('officer')];
  const [ending, setEnding] = useState<BaselineException | null>(null);
  return (
    <Card title={words.baseline.exceptions}>
      <Answered query={exceptions} wanted={words.wanted.baseline} skeleton={<RowsSkeleton rows={2} />}>
        {(answer) => {
          const shown = answer.exceptions.filter((one) => control === undefined || one.control === control);
          return shown.length === 0 ? (
            <p className="cw-muted">{words.baseline.noExceptions}</p>
          ) : (
            <Table label={words.baseline.exceptions} columns={[...words.baseline.exceptionColumns]} wide>
              {shown.map((one) => (
                <tr key={one.id}>
                  <th scope="row">
                    <Link to="/baseline/$id" params={{ id: one.control }}>
                      {one.control}
                    </Link>
                  </th>
                  <td>
                    {words.baseline.scopes[one.scope]} {one.key}
                  </td>
                  <td>{one.owner}</td>
                  <td>{one.reason}</td>
                  <td className="cw-num">{one.devices}</td>
                  <td>
                    <Moment at={one.until} />{' '}
                    {(isOperator || isOfficer) && (
                      <Button size="compact-xs" variant="subtle" onClick={() => setEnding(one)}>
                        {words.baseline.end}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </Table>
          );
        }}
      </Answered>
      <Modal
        opened={ending !== null}
        onClose={() => setEnding(null)}
        title={ending ? words.baseline.endOf(ending.control, ending.owner) : ''}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {ending && <Ending exception={ending} close={() => setEnding(null)} />}
      </Modal>
    </Card>
  );
}
