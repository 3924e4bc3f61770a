/** Says new situations aloud to screen readers, and shows them to everyone for a few seconds. */
import { useEffect, useRef, type ReactNode } from 'react';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import { words } from '../words/en-GB.ts';
import { useLive } from '../live/hooks.ts';

const SHOWN_MS = 12_000;

export function Announcer(): ReactNode {
  const latest = useLive((state) => state.news[0] ?? null);
  const shown = useRef(new Set<string>());
  const navigate = useNavigate();
  const opened = latest !== null && latest.change === 'opened' ? latest : null;
  useEffect(() => {
    if (!opened || shown.current.has(opened.id)) return;
    shown.current.add(opened.id);
    notifications.show({
      id: opened.id,
      title: words.announce.title,
      message: opened.title,
      color: 'danger',
      autoClose: SHOWN_MS,
      closeButtonProps: { 'aria-label': words.close },
      style: { cursor: 'pointer' },
      onClick: () => {
        notifications.hide(opened.id);
        void navigate({ to: '/inbox', search: { situation: opened.id } });
      },
    });
  }, [opened, navigate]);
  return (
    <div className="cw-unseen" aria-live="polite" role="status">
      {opened ? words.announce.said(opened.title) : ''}
    </div>
  );
}
