/** Who is signed in, for every page that shows or hides by role. */
import { createContext, useContext } from 'react';
import type { Role, Session } from '@cityward/contracts';

export type Me = NonNullable<Session['me']>;
export interface SessionHere {
  readonly session: Session;
  readonly me: Me;
}

export const SessionContext = createContext<SessionHere | null>(null);

/** Throws outside the frame: pages are only drawn for somebody. */
export function useSession(): SessionHere {
  const here = useContext(SessionContext);
  if (!here) throw new Error('read the session: nobody is signed in here');
  return here;
}

export const useRole = (...roles: readonly Role[]): boolean => {
  const { me } = useSession();
  return roles.some((role) => me.roles.includes(role));
};
