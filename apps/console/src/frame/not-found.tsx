/** An address that names no page. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { words } from '../words/en-GB.ts';
import { Empty, Page } from '../ui/parts.tsx';
import { IconMap } from '../ui/icons.ts';

export const NotFound = (): ReactNode => (
  <Page title={words.notFound.title}>
    <Empty
      icon={IconMap}
      title={words.notFound.what}
      text={words.notFound.text}
      action={<Link to="/">{words.notFound.action}</Link>}
    />
  </Page>
);
