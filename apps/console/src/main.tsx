/** The console's entry: takes the one-time token out of the address before anything else, then draws. */
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './ui/base.css';
import './ui/parts.css';
import './frame/frame.css';
import './modules/city/city.css';
import './modules/respond/respond.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { takeToken } from './modules/identity/link-token.ts';

const RELOADED = 'cityward-reloaded-at';
const RELOAD_PAUSE_MS = 30_000;
/** After an upgrade an open tab asks for files that are gone: it loads the new ones, but never in a loop. */
window.addEventListener('vite:preloadError', (event) => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < RELOAD_PAUSE_MS) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED, String(Date.now()));
  window.location.reload();
});

takeToken();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
