/** Providers around the router. */
import type { ReactNode } from 'react';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { queries } from './live/live.ts';
import { router } from './router.tsx';
import { theme, variables } from './ui/theme.ts';

const schemes = localStorageColorSchemeManager({ key: 'cityward-colour-scheme' });

export const App = (): ReactNode => (
  <MantineProvider
    theme={theme}
    cssVariablesResolver={variables}
    colorSchemeManager={schemes}
    defaultColorScheme="auto"
  >
    <Notifications position="bottom-right" limit={3} />
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>
);
