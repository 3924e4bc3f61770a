/** The frame around every page: rail, top bar, banners, palette, drawer, announcements. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Navigate, Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import { useLocalStorage } from '@mantine/hooks';
import { words } from '../words/en-GB.ts';
import { Announcer } from './announcer.tsx';
import { Banners } from './banners.tsx';
import { BottomBar } from './bottom-bar.tsx';
import { DeviceDrawer } from '../modules/city/device-drawer.tsx';
import { KeysHelp } from './keys-help.tsx';
import { Palette } from './palette.tsx';
import { Rail } from './rail.tsx';
import { TopBar } from './top-bar.tsx';
import { useGoKeys } from './go-keys.ts';
import { useVisitor } from './session.ts';

/** Moves the focus to the new page, so that the keyboard and a screen reader begin there. */
function useFocusOnTurn(): React.RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current !== path) main.current?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
  return main;
}

const PRELOAD_AFTER_MS = 1_500;

/** Fetches the code of the other pages once the first one stands, so that turning to them is instant. */
function usePreload(): void {
  const router = useRouter();
  useEffect(() => {
    const timer = window.setTimeout(() => {
      for (const route of Object.values(router.routesByPath)) void router.loadRouteChunk(route)?.catch(() => undefined);
    }, PRELOAD_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [router]);
}

const VISITED = /^\/(visit|me|devices\/[^/]+)$/;

/** The page that the address names; for a visitor their own instead of any that is not for them. */
function Shown(): ReactNode {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return useVisitor() && !VISITED.test(path) ? <Navigate to="/visit" replace /> : <Outlet />;
}

export function Frame(): ReactNode {
  const [narrow, setNarrow] = useLocalStorage({
    key: 'cityward-rail',
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [help, setHelp] = useState(false);
  const main = useFocusOnTurn();
  const visits = useVisitor();
  useGoKeys(() => setHelp(true));
  usePreload();
  return (
    <div className="cw-frame" data-narrow={narrow || undefined}>
      <a className="cw-skip" href="#main" onClick={() => main.current?.focus()}>
        {words.frame.skip}
      </a>
      <Rail narrow={narrow} onToggle={() => setNarrow(!narrow)} />
      <div className="cw-body">
        <Banners />
        <TopBar onHelp={() => setHelp(true)} />
        <main id="main" className="cw-main" ref={main} tabIndex={-1}>
          <Shown />
        </main>
        <BottomBar />
      </div>
      {!visits && <DeviceDrawer />}
      {!visits && <Palette />}
      <KeysHelp opened={help} onClose={() => setHelp(false)} />
      <Announcer />
    </div>
  );
}
