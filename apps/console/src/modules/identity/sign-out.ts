/** Ends the session and forgets everything that it showed. */
import { client, queries } from '../../live/live.ts';

/** The act itself, for a menu: when the server does not answer, the session check of the frame says so. */
export const useSignOut = (): (() => void) => () => {
  void client
    .call('signOut', {})
    .then((session) => {
      queries.clear();
      queries.setQueryData(['getSession', {}], session);
    })
    .catch(() => queries.invalidateQueries({ queryKey: ['getSession'] }));
};
