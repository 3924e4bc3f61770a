/** Small parts that every page is made of: page head, card, facts, empty state, skeletons. */
import { useEffect, type ReactNode } from 'react';
import { Skeleton } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import type { Icon } from './states.ts';

interface PageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Fills the height of the window; its parts scroll instead of the page. */
  readonly fill?: boolean;
}

/** A page with its one heading; names the browser tab. */
export function Page({ title, lead, actions, children, fill }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · ${words.product}`;
  }, [title]);
  return (
    <div className="cw-page" data-fill={fill === true || undefined}>
      <header className="cw-page-head">
        <div className="cw-page-title">
          <h1>{title}</h1>
          {lead !== undefined && <div className="cw-lead">{lead}</div>}
        </div>
        {actions !== undefined && <div className="cw-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface CardProps {
  readonly title?: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

export const Card = ({ title, aside, children, className }: CardProps): ReactNode => (
  <section className={`cw-card ${className ?? ''}`} aria-label={title}>
    {title !== undefined && (
      <div className="cw-card-head">
        <h2>{title}</h2>
        {aside !== undefined && <div className="cw-card-aside">{aside}</div>}
      </div>
    )}
    {children}
  </section>
);

export interface Fact {
  readonly term: string;
  readonly value: ReactNode;
}
/** Terms and their values, aligned. */
export const Facts = ({ facts }: { readonly facts: readonly Fact[] }): ReactNode => (
  <dl className="cw-facts">
    {facts.map((fact) => (
      <div key={fact.term}>
        <dt>{fact.term}</dt>
        <dd>{fact.value}</dd>
      </div>
    ))}
  </dl>
);

interface EmptyProps {
  readonly icon: Icon;
  readonly title: string;
  readonly text: string;
  readonly action?: ReactNode;
}
/** An empty place that teaches: what will be here, how it gets here, one action. */
export const Empty = ({ icon: Sign, title, text, action }: EmptyProps): ReactNode => (
  <div className="cw-empty">
    <Sign size={32} stroke={1.4} aria-hidden />
    <strong>{title}</strong>
    <p>{text}</p>
    {action}
  </div>
);

/** Grey rows in the shape of what comes. */
export const RowsSkeleton = ({
  rows = 8,
  height = 20,
}: {
  readonly rows?: number;
  readonly height?: number;
}): ReactNode => (
  <div className="cw-rows-skeleton" role="status" aria-label={words.loading}>
    {Array.from({ length: rows }, (_, row) => (
      <Skeleton key={row} height={height} width={`${92 - ((row * 17) % 35)}%`} />
    ))}
  </div>
);

export const CardSkeleton = ({ height }: { readonly height: number }): ReactNode => (
  <div className="cw-card" role="status" aria-label={words.loading}>
    <Skeleton height={14} width="35%" mb={16} />
    <Skeleton height={height} />
  </div>
);
