/** What is proved: the evidence pack of this incident and how anybody checks it. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Incident } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { client } from '../../live/live.ts';
import { IconDownload } from '../../ui/icons.ts';
import { Card } from '../../ui/parts.tsx';
import { HowToVerify } from '../ledger/how-to-verify.tsx';

export const ProofTab = ({ incident }: { readonly incident: Incident }): ReactNode => (
  <div className="cw-columns cw-columns-2">
    <Card title={words.proof.pack}>
      <p>{words.proof.text(incident.timeline.filter((item) => item.entry !== null).length)}</p>
      <div className="cw-card-actions">
        <Button
          component="a"
          href={client.url('evidencePack', { query: { incident: incident.id } })}
          download
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {words.proof.download}
        </Button>
        <Link to="/evidence" search={{ subject: incident.id }}>
          {words.proof.entries}
        </Link>
      </div>
    </Card>
    <HowToVerify file={`${incident.id}.zip`} />
  </div>
);
