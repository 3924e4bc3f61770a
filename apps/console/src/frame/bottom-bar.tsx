/** The rail on a phone: four pages at the bottom, the rest behind "More". */
import { useState, type ReactNode } from 'react';
import { Drawer, UnstyledButton } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { IconDots } from '../ui/icons.ts';
import { BOTTOM_COUNT } from './pages.ts';
import { PageLink, useOpenCount, usePages } from './rail.tsx';

export function BottomBar(): ReactNode {
  const pages = usePages();
  const count = useOpenCount();
  const [more, setMore] = useState(false);
  return (
    <nav className="cw-bottom" aria-label={words.frame.pages}>
      {pages.slice(0, BOTTOM_COUNT).map((page) => (
        <PageLink key={page.to} page={page} count={count} />
      ))}
      {pages.length > BOTTOM_COUNT && (
        <UnstyledButton className="cw-rail-link" onClick={() => setMore(true)} aria-haspopup="dialog">
          <IconDots size={20} stroke={1.7} aria-hidden />
          <span className="cw-rail-word">{words.frame.more}</span>
        </UnstyledButton>
      )}
      <Drawer
        opened={more}
        onClose={() => setMore(false)}
        position="bottom"
        size="auto"
        title={words.frame.morePages}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        <div className="cw-more" onClick={() => setMore(false)}>
          {pages.slice(BOTTOM_COUNT).map((page) => (
            <PageLink key={page.to} page={page} count={count} />
          ))}
        </div>
      </Drawer>
    </nav>
  );
}
