/** One finding in full: observed, expected, why, and what would not have alarmed. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import type { Finding } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { formatPlural } from '../../ui/format.ts';
import { Facts } from '../../ui/parts.tsx';
import { Age } from '../../ui/time.tsx';

export const FindingCard = ({ finding }: { readonly finding: Finding }): ReactNode => (
  <article className="cw-finding" aria-label={finding.title}>
    <header>
      <strong>{finding.title}</strong>
      <span className="cw-muted cw-small">
        <Link to="/devices/$id" params={{ id: finding.device }}>
          {finding.device}
        </Link>
        {' · '}
        {words.finding.detectors[finding.detector]} ·{' '}
        {formatPlural(finding.count, words.finding.time, words.finding.times)} · <Age at={finding.lastAt} />
        {!finding.authenticated && ` · ${words.finding.unauthenticated}`}
      </span>
    </header>
    <Facts
      facts={[
        { term: words.finding.observed, value: finding.observed },
        { term: words.finding.expected, value: finding.expected },
        { term: words.finding.why, value: finding.why },
        { term: words.finding.unless, value: finding.wouldNotHaveAlarmedIf },
      ]}
    />
  </article>
);
