/** React's way to the state in the address. */
import { useCallback } from 'react';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { patchUrl, type UrlPatch, type UrlState } from './url-state.ts';

export const useUrl = (): UrlState => useRouterState({ select: (state) => state.location.search as UrlState });

interface SetOptions {
  /** Leaves no step for the back button: for typing and other fine changes. */
  readonly replace?: boolean;
}

/** Changes keys of the address; the page stays. */
export function useSetUrl(): (patch: UrlPatch, options?: SetOptions) => void {
  const navigate = useNavigate();
  return useCallback(
    (patch, options = {}) => {
      void navigate({
        to: '.',
        search: (before: UrlState) => patchUrl(before, patch),
        replace: options.replace ?? false,
        resetScroll: false,
      });
    },
    [navigate],
  );
}
