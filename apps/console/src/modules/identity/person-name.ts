/** Names of the people behind ids: ledger, incidents and imports speak of ids, so that no name is kept where it cannot be taken out. */
import { useMemo } from 'react';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';

/** The name of an actor: oneself by session, others for those who may read the list, else the id as it is. */
export function usePersonName(): (actor: string) => string {
  const { me } = useSession();
  const people = useAsk(
    'listPeople',
    {},
    { enabled: me.roles.some((role) => role === 'administrator' || role === 'auditor') },
  ).data?.people;
  return useMemo(() => {
    const names = new Map((people ?? []).map((person) => [person.id as string, person.handle]));
    names.set(me.person, me.handle);
    return (actor) => (actor === 'system' ? words.system : (names.get(actor) ?? actor));
  }, [people, me]);
}
