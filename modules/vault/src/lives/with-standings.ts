/** Whatever route of the vault is about a person, policy is asked about them with who acts for them at this moment. */
import type { Resource } from '@cityward/contracts';
import type { Route } from '@cityward/http';
import type { Lives } from './lives.ts';

type Known = Pick<Lives, 'of' | 'representatives'>;

export const standingsOf = (lives: Known, subject: string): Resource['attributes'] => ({
  representedBy: lives.representatives(subject),
  deceased: lives.of(subject).diedAt !== null,
});

export const withStandings = (routes: readonly Route[], lives: () => Known): Route[] =>
  routes.map((route) => ({
    ...route,
    resource: async (input, caller) => {
      const asked = await route.resource(input, caller);
      if (asked.type !== 'Person') return asked;
      return { ...asked, attributes: { ...standingsOf(lives(), asked.id), ...asked.attributes } };
    },
  }));
