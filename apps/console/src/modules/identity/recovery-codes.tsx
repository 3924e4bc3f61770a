/** Makes recovery codes and shows them once, to be printed or written down. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { formatDate } from '../../ui/format.ts';
import { IconKey, IconPrinter } from '../../ui/icons.ts';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';

const CodeSheet = ({ codes, handle }: { readonly codes: readonly string[]; readonly handle: string }): ReactNode => (
  <div className="cw-sheet">
    <h3>{words.recovery.sheet(handle)}</h3>
    <ol>
      {codes.map((code) => (
        <li key={code}>
          <code>{code}</code>
        </li>
      ))}
    </ol>
    <p className="cw-small">{words.recovery.once(formatDate(Date.now()))}</p>
    <Button
      className="cw-no-print"
      variant="default"
      leftSection={<IconPrinter size={16} aria-hidden />}
      onClick={() => window.print()}
    >
      {words.recovery.print}
    </Button>
  </div>
);

export function RecoveryCodes({ left, handle }: { readonly left: number; readonly handle: string }): ReactNode {
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const issue = useAct('issueRecoveryCodes', { refresh: ['getSession'], done: (answer) => setCodes(answer.codes) });
  const [asking, setAsking] = useState(false);
  const keep = (): void => setAsking(false);
  if (codes) return <CodeSheet codes={codes} handle={handle} />;
  return (
    <div className="cw-stack">
      <p className="cw-muted">{words.recovery.text(left)}</p>
      <div>
        <Button
          variant="default"
          loading={issue.isPending && !asking}
          leftSection={<IconKey size={16} aria-hidden />}
          onClick={() => (left > 0 ? setAsking(true) : issue.mutate({}))}
        >
          {left > 0 ? words.recovery.again : words.recovery.make}
        </Button>
      </div>
      {issue.error && !asking && <ProblemNote error={issue.error} wanted={words.wanted.recovery} />}
      <Modal
        opened={asking}
        onClose={keep}
        title={words.recovery.again}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        <ConfirmForm
          act={words.recovery.again}
          wanted={words.wanted.recovery}
          effect={words.recovery.againEffect(left)}
          busy={issue.isPending}
          error={issue.error}
          onConfirm={() => issue.mutate({})}
          onCancel={keep}
        />
      </Modal>
    </div>
  );
}
