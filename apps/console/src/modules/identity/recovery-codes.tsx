/** Makes recovery codes and shows them once, to be printed or written down. */
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { formatDate } from '../../ui/format.ts';
import { IconKey, IconPrinter } from '../../ui/icons.ts';
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
  if (codes) return <CodeSheet codes={codes} handle={handle} />;
  return (
    <div className="cw-stack">
      <p className="cw-muted">{words.recovery.text(left)}</p>
      <div>
        <Button
          variant="default"
          loading={issue.isPending}
          leftSection={<IconKey size={16} aria-hidden />}
          onClick={() => issue.mutate({})}
        >
          {left > 0 ? words.recovery.again : words.recovery.make}
        </Button>
      </div>
      {issue.error && <ProblemNote error={issue.error} wanted={words.wanted.recovery} />}
    </div>
  );
}
