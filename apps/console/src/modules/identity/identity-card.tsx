/** A device's certificate and standing, with the acts on it: a one-time code, revoking. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { DeviceIdentity } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconBan, IconKey } from '../../ui/icons.ts';
import { Card, Facts, RowsSkeleton, type Fact } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Moment, Until } from '../../ui/time.tsx';

function factsOf(identity: DeviceIdentity): Fact[] {
  const facts: Fact[] = [
    { term: words.identity.standing, value: words.identity.states[identity.state] },
    {
      term: words.identity.connection,
      value: identity.connected ? words.identity.connected : words.identity.notConnected,
    },
  ];
  if (identity.reason !== null) facts.push({ term: words.identity.reason, value: identity.reason });
  if (identity.until !== null) facts.push({ term: words.identity.until, value: <Until at={identity.until} /> });
  if (identity.serial !== null)
    facts.push({
      term: words.identity.serial,
      value: <Copyable value={identity.serial} label={words.identity.serial} />,
    });
  if (identity.notAfter !== null)
    facts.push({ term: words.identity.notAfter, value: <Moment at={identity.notAfter} /> });
  if (identity.spiffe !== null)
    facts.push({ term: words.identity.spiffe, value: <code className="cw-wrap">{identity.spiffe}</code> });
  return facts;
}

function CodeShown({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactNode {
  const issue = useAct('issueEnrolmentCode', { refresh: ['getIdentity', 'getDevice'] });
  if (!issue.data)
    return (
      <div className="cw-stack">
        <p>{words.identity.codeEffect}</p>
        {issue.error && <ProblemNote error={issue.error} wanted={words.wanted.code} />}
        <div className="cw-form-actions">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button loading={issue.isPending} onClick={() => issue.mutate({ params: { id }, query: {} })} data-autofocus>
            {words.identity.issueCode}
          </Button>
        </div>
      </div>
    );
  return (
    <div className="cw-stack">
      <p>{words.identity.codeOnce}</p>
      <Facts
        facts={[
          { term: words.identity.code, value: <Copyable value={issue.data.code} label={words.identity.code} /> },
          { term: words.identity.est, value: <Copyable value={issue.data.url} label={words.identity.est} /> },
          { term: words.identity.codeEnds, value: <Until at={issue.data.expires} /> },
        ]}
      />
      <div className="cw-form-actions">
        <Button onClick={onClose}>{words.done}</Button>
      </div>
    </div>
  );
}

function RevokeForm({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactNode {
  const revoke = useAct('revokeDevice', {
    refresh: ['getIdentity', 'getDevice', 'listDevices', 'cityNow'],
    done: onClose,
  });
  return (
    <ReasonForm
      act={words.identity.revokeOf(id)}
      wanted={words.wanted.revoke}
      effect={<p>{words.identity.revokeEffect}</p>}
      suggestions={words.identity.revokeReasons}
      danger
      busy={revoke.isPending}
      error={revoke.error}
      onSubmit={(reason) => revoke.mutate({ params: { id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

export function IdentityCard({ id }: { readonly id: string }): ReactNode {
  const identity = useAsk('getIdentity', { params: { id } });
  const mayIssue = useRole('operator', 'installer');
  const mayRevoke = useRole('operator');
  const [open, setOpen] = useState<'code' | 'revoke' | null>(null);
  const close = (): void => setOpen(null);
  const holds = identity.data !== undefined && ['enrolled', 'held', 'expired'].includes(identity.data.state);
  return (
    <Card title={words.identity.title}>
      <Answered query={identity} wanted={words.wanted.identity} skeleton={<RowsSkeleton rows={5} />}>
        {(answer) => <Facts facts={factsOf(answer)} />}
      </Answered>
      {mayIssue && (
        <div className="cw-card-actions">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconKey size={14} aria-hidden />}
            onClick={() => setOpen('code')}
          >
            {words.identity.issueCode}
          </Button>
          {mayRevoke && (
            <Button
              size="xs"
              variant="subtle"
              color="danger"
              disabled={!holds}
              leftSection={<IconBan size={14} aria-hidden />}
              onClick={() => setOpen('revoke')}
            >
              {words.identity.revoke}
            </Button>
          )}
        </div>
      )}
      <Modal
        opened={open !== null}
        onClose={close}
        title={open === 'revoke' ? words.identity.revokeOf(id) : words.identity.issueCode}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open === 'code' && <CodeShown id={id} onClose={close} />}
        {open === 'revoke' && <RevokeForm id={id} onClose={close} />}
      </Modal>
    </Card>
  );
}
