/** The provider's answer: read from the address, taken out of it at once, good only in the tab that began it. */
/** Where the provider sends the browser back to. */
const CALLBACK_PATH = '/sign-in/account';
const KEPT = 'cityward-account-attempt';

export type Purpose = 'sign-in' | 'connect';
export interface AccountAnswer {
  readonly attempt: string;
  readonly answer: string;
}
interface Held extends AccountAnswer {
  readonly purpose: Purpose;
}
let held: Held | null = null;

/** What this tab kept while it was away; null where it began nothing. */
export function keptIn(text: string | null): Omit<Held, 'answer'> | null {
  const [purpose, attempt] = (text ?? '').split(' ');
  return (purpose === 'sign-in' || purpose === 'connect') && attempt ? { purpose, attempt } : null;
}

/** Takes the provider's answer out of the address bar and the history; called once, before the first draw. */
export function takeAnswer(): void {
  if (window.location.pathname !== CALLBACK_PATH) return;
  const kept = keptIn(window.sessionStorage.getItem(KEPT));
  window.sessionStorage.removeItem(KEPT);
  const answer = window.location.search.slice(1);
  if (kept !== null && answer !== '') held = { ...kept, answer };
  window.history.replaceState(null, '', kept?.purpose === 'connect' ? '/me' : '/');
}

/** Remembers, for this tab alone, what it leaves for. */
export const keepAttempt = (purpose: Purpose, attempt: string): void =>
  window.sessionStorage.setItem(KEPT, `${purpose} ${attempt}`);

/** Gives the answer out once, and only for what it was begun for. */
export function spendAnswer(purpose: Purpose): AccountAnswer | null {
  if (held?.purpose !== purpose) return null;
  const { attempt, answer } = held;
  held = null;
  return { attempt, answer };
}
