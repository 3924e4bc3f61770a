/** How a stranger checks the evidence, in plain words with the exact command. */
import type { ReactNode } from 'react';
import { words } from '../../words/en-GB.ts';
import { useAsk } from '../../live/hooks.ts';
import { Copyable } from '../../ui/copy.tsx';
import { Card } from '../../ui/parts.tsx';

export function HowToVerify({ file }: { readonly file: string }): ReactNode {
  const key = useAsk('evidenceStatus', {}).data?.verifierKey;
  return (
    <Card title={words.verify.title}>
      <ol className="cw-steps">
        {words.verify.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <div className="cw-link-box">
        <Copyable value={words.verify.command(file, key ?? words.verify.key)} label={words.verify.commandName} />
      </div>
      <p className="cw-muted cw-small">{words.verify.others}</p>
    </Card>
  );
}
