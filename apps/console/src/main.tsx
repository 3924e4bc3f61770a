/** The console's entry: takes the one-time token out of the address before anything else, then draws. */
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './ui/base.css';
import './ui/parts.css';
import './frame/frame.css';
import './modules/city/city.css';
import './modules/fleet/fleet.css';
import './modules/respond/respond.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { watchForUpgrade } from './live/upgrade.ts';
import { takeAnswer } from './modules/identity/account-answer.ts';
import { takeToken, watchForToken } from './modules/identity/link-token.ts';

watchForUpgrade();
takeToken();
takeAnswer();
watchForToken();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
