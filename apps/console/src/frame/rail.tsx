/** The left rail: icon and word for each page, the count of open situations, and a button that folds it. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { Tooltip, UnstyledButton } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { useAsk } from '../live/hooks.ts';
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from '../ui/icons.ts';
import { Mark } from './mark.tsx';
import { PAGES, VISITOR_PAGES, type RailPage } from './pages.ts';
import { isVisitor, useSession, useVisitor } from './session.ts';
import { carried, type UrlState } from './url-state.ts';

/** Open situations, for the rail and the bottom bar; null before the first answer. */
export const useOpenCount = (): number | null =>
  useAsk('cityNow', {}, { enabled: !useVisitor() }).data?.openSituations ?? null;

/** The pages that this person may see. */
export function usePages(): readonly RailPage[] {
  const { me } = useSession();
  if (isVisitor(me)) return VISITOR_PAGES;
  return PAGES.filter((page) => page.roles === undefined || page.roles.some((role) => me.roles.includes(role)));
}

export function PageLink({
  page,
  count,
  tip,
}: {
  readonly page: RailPage;
  readonly count: number | null;
  readonly tip?: boolean;
}): ReactNode {
  const badge = page.to === '/inbox' && count !== null && count > 0 ? count : null;
  const link = (
    <Link
      to={page.to}
      search={(before: UrlState) => carried(before)}
      className="cw-rail-link"
      activeOptions={{ exact: page.to === '/', includeSearch: false }}
      activeProps={{ 'data-here': true }}
    >
      <page.icon size={20} stroke={1.7} aria-hidden />
      <span className="cw-rail-word">{page.name}</span>
      {badge !== null && (
        <span className="cw-count" aria-label={words.frame.openSituations(badge)}>
          {badge}
        </span>
      )}
    </Link>
  );
  if (tip !== true) return link;
  return (
    <Tooltip label={page.name} position="right">
      {link}
    </Tooltip>
  );
}

export function Rail({ narrow, onToggle }: { readonly narrow: boolean; readonly onToggle: () => void }): ReactNode {
  const pages = usePages();
  const count = useOpenCount();
  const Toggle = narrow ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <nav className="cw-rail" aria-label={words.frame.pages}>
      <Link to="/" className="cw-brand">
        <Mark />
        <span className="cw-rail-word">{words.product}</span>
        <span className="cw-unseen">{words.frame.home}</span>
      </Link>
      <ul>
        {pages.map((page) => (
          <li key={page.to}>
            <PageLink page={page} count={count} tip={narrow} />
          </li>
        ))}
      </ul>
      <UnstyledButton
        className="cw-rail-link cw-rail-fold"
        onClick={onToggle}
        aria-expanded={!narrow}
        aria-label={words.frame.fold(narrow)}
      >
        <Toggle size={20} stroke={1.7} aria-hidden />
        <span className="cw-rail-word">{words.frame.foldShort}</span>
      </UnstyledButton>
    </nav>
  );
}
