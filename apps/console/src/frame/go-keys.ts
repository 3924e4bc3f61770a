/** `g` then a letter goes to a page; `?` shows all keys. Never while somebody types. */
import { useLayoutEffect } from 'react';
import { useNavigate } from '@tanstack/react-router';
import { carried, type UrlState } from './url-state.ts';
import { usePages } from './rail.tsx';

const SEQUENCE_MS = 1_200;
/** Not zero: times count from the page's start, so a lone letter in its first second would follow a `g` nobody pressed. */
const NEVER = Number.NEGATIVE_INFINITY;

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
  useLayoutEffect(() => {
    let pressedAt = NEVER;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (event.key === '?') return onHelp();
      if (event.key === 'g') {
        pressedAt = event.timeStamp;
        return;
      }
      const page = event.timeStamp - pressedAt < SEQUENCE_MS ? pages.find((one) => one.key === event.key) : undefined;
      pressedAt = NEVER;
      if (!page) return;
      event.stopImmediatePropagation();
      void navigate({ to: page.to, search: (before: UrlState) => carried(before) });
    };
    window.addEventListener('keydown', press, { capture: true });
    return () => window.removeEventListener('keydown', press, { capture: true });
  }, [navigate, onHelp, pages]);
}
