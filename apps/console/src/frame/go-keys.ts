/** `g` then a letter goes to a page; `?` shows all keys. Never while somebody types. */
import { useEffect } from 'react';
import { useNavigate } from '@tanstack/react-router';
import { carried, type UrlState } from './url-state.ts';
import { usePages } from './rail.tsx';

const SEQUENCE_MS = 1_200;

/** True while the key belongs to a field, a dialog or the map. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (!target) return false;
  return (
    target.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('[role="dialog"], [role="application"]') !== null
  );
}

export function useGoKeys(onHelp: () => void): void {
  const navigate = useNavigate();
  const pages = usePages();
  useEffect(() => {
    let pressedAt = 0;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (event.key === '?') return onHelp();
      if (event.key === 'g') {
        pressedAt = event.timeStamp;
        return;
      }
      const page = event.timeStamp - pressedAt < SEQUENCE_MS ? pages.find((one) => one.key === event.key) : undefined;
      pressedAt = 0;
      if (!page) return;
      event.stopImmediatePropagation();
      void navigate({ to: page.to, search: (before: UrlState) => carried(before) });
    };
    window.addEventListener('keydown', press, { capture: true });
    return () => window.removeEventListener('keydown', press, { capture: true });
  }, [navigate, onHelp, pages]);
}
