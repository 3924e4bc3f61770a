/** Who is signed in, for every page that shows or hides by role. */
import { createContext, useContext } from 'react';
import { TEMPORARY_ROLES, type Role, type Session } from '@cityward/contracts';

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

const isTemporary = (role: Role): boolean => TEMPORARY_ROLES.some((one) => one === role);
/** Is this a guest: somebody without any role that stays? They have a page of their own, and no other of the city. */
export const isVisitor = ({ roles }: Pick<Me, 'roles'>): boolean => roles.every(isTemporary);
export const useVisitor = (): boolean => isVisitor(useSession().me);
