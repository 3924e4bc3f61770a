/** Evidence: can we prove it, even offline? */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import type { EvidenceStatus } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAsk, useLive } from '../../live/hooks.ts';
import { client } from '../../live/live.ts';
import { Answered } from '../../ui/answered.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { formatCount } from '../../ui/format.ts';
import { IconCertificate, IconDownload } from '../../ui/icons.ts';
import { Card, CardSkeleton, Facts, Page } from '../../ui/parts.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { Entries } from './entries.tsx';
import { HowToVerify } from './how-to-verify.tsx';

function Status({ status }: { readonly status: EvidenceStatus }): ReactNode {
  const live = useLive((state) => state.evidence);
  const size = Math.max(status.size, live?.size ?? 0);
  return (
    <Card title={words.evidence.status} aside={<IconCertificate size={18} aria-hidden />}>
      <p className="cw-figure">
        {formatCount(size)} <span className="cw-figure-unit">{words.evidence.entries}</span>
      </p>
      <Facts
        facts={[
          { term: words.evidence.origin, value: status.origin },
          {
            term: words.evidence.signed,
            value: (
              <>
                <Moment at={status.signedAt} /> (<Age at={status.signedAt} />)
              </>
            ),
          },
          {
            term: words.evidence.behind,
            value:
              status.behind === 0 ? words.evidence.notBehind : words.evidence.someBehind(formatCount(status.behind)),
          },
          {
            term: words.evidence.root,
            value: (
              <Copyable value={live && live.size > status.size ? live.root : status.root} label={words.evidence.root} />
            ),
          },
          { term: words.evidence.key, value: <Copyable value={status.verifierKey} label={words.evidence.key} /> },
        ]}
      />
      <details>
        <summary>{words.evidence.checkpoint}</summary>
        <pre className="cw-pre" tabIndex={0}>
          {status.checkpoint}
        </pre>
      </details>
    </Card>
  );
}

export function EvidencePage(): ReactNode {
  const status = useAsk('evidenceStatus', {});
  return (
    <Page
      title={words.pages.evidence.name}
      lead={words.evidence.lead}
      actions={
        <Button
          component="a"
          href={client.url('evidencePack', { query: {} })}
          download
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {words.evidence.pack}
        </Button>
      }
    >
      <div className="cw-columns cw-columns-2">
        <Answered query={status} wanted={words.wanted.evidence} skeleton={<CardSkeleton height={200} />}>
          {(answer) => <Status status={answer} />}
        </Answered>
        <HowToVerify file="cityward-evidence.zip" />
      </div>
      <Entries />
    </Page>
  );
}
