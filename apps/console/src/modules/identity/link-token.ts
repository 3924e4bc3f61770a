/** The one-time link's token: read from the fragment, which no server log sees, and taken out of the address at once. */
let token: string | null = null;

const TOKEN = /^#(?:token=|link=)?([A-Za-z0-9_.~-]{20,200})$/;

/** The token in a fragment; null when it holds none. */
export const tokenIn = (fragment: string): string | null => TOKEN.exec(fragment)?.[1] ?? null;

/** Takes the token out of the address bar and the history; called once, before the first draw. */
export function takeToken(): void {
  token = tokenIn(window.location.hash);
  if (token !== null) window.history.replaceState(null, '', window.location.pathname + window.location.search);
}

/** A link pasted into an open tab changes only the fragment: the page is loaded anew, so that the token is taken as ever. */
export const watchForToken = (): void =>
  window.addEventListener('hashchange', () => {
    if (tokenIn(window.location.hash) !== null) window.location.reload();
  });

/** Gives the token out once. */
export function spendToken(): string | null {
  const held = token;
  token = null;
  return held;
}
