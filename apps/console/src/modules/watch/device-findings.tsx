/** The findings about one device, with dismissing each. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { Finding } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Card, CardSkeleton } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { FindingCard } from './finding-card.tsx';

function DismissForm({ finding, onClose }: { readonly finding: Finding; readonly onClose: () => void }): ReactNode {
  const dismiss = useAct('dismissFinding', {
    refresh: ['listFindings', 'getDevice', 'listSituations', 'cityNow'],
    done: onClose,
  });
  return (
    <ReasonForm
      act={words.finding.dismiss}
      wanted={words.wanted.dismissFinding}
      effect={<p>{words.finding.dismissEffect}</p>}
      suggestions={words.situation.dismissReasons}
      busy={dismiss.isPending}
      error={dismiss.error}
      onSubmit={(reason) => dismiss.mutate({ params: { id: finding.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

export function DeviceFindings({ id }: { readonly id: string }): ReactNode {
  const findings = useAsk('listFindings', { query: { device: id, limit: 20 } });
  const [open, setOpen] = useState<Finding | null>(null);
  const mayAct = useRole('analyst');
  return (
    <Answered query={findings} wanted={words.wanted.findings} skeleton={<CardSkeleton height={80} />}>
      {(answer) => (
        <Card title={words.finding.title}>
          {answer.findings.length === 0 && <p className="cw-muted">{words.finding.none}</p>}
          <div className="cw-stack">
            {answer.findings.map((finding) => (
              <div key={finding.id} data-off={finding.state === 'dismissed' || undefined}>
                <FindingCard finding={finding} />
                {finding.dismissed && (
                  <p className="cw-muted cw-small">
                    {words.finding.dismissedBy} <Person id={finding.dismissed.by} />: {finding.dismissed.reason}
                  </p>
                )}
                {mayAct && finding.state === 'open' && (
                  <Button size="xs" variant="subtle" onClick={() => setOpen(finding)}>
                    {words.finding.dismiss}
                  </Button>
                )}
              </div>
            ))}
          </div>
          <Modal
            opened={open !== null}
            onClose={() => setOpen(null)}
            title={words.finding.dismiss}
            closeButtonProps={{ 'aria-label': words.close }}
          >
            {open && <DismissForm finding={open} onClose={() => setOpen(null)} />}
          </Modal>
        </Card>
      )}
    </Answered>
  );
}
