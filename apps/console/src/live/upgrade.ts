/** After an upgrade of the server an open tab asks for files that are gone: it then loads the new ones. */
const RELOADED = 'cityward-reloaded-at';
const PAUSE_MS = 30_000;

/** Only a server that answers has been upgraded; without an answer what is on the screen is kept, and never in a loop. */
async function reloadIfAnswered(): Promise<void> {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < PAUSE_MS) return;
  const answer = await fetch('/favicon.svg', { cache: 'no-store' }).catch(() => null);
  if (!answer?.ok) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  window.location.reload();
}

export const watchForUpgrade = (): void => window.addEventListener('vite:preloadError', () => void reloadIfAnswered());
