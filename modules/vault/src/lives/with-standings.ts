/** Whatever route of the vault is about a person, policy is asked about them with who acts for them now; and what is kept from those is not listed to them. */
import {
  api,
  type Consent,
  type HeldRecord,
  type LifeShown,
  type Look,
  type Notice,
  type Resource,
} from '@cityward/contracts';
import type { Caller, Route } from '@cityward/http';
import { ok, refuse } from '@cityward/kernel';
import { isKept, type Life } from '../domain/lives/life.ts';
import type { Lives } from './lives.ts';

type Known = Pick<Lives, 'of' | 'representatives'>;
interface Parts {
  readonly lives: () => Known;
  readonly records: (subject: string) => Promise<readonly HeldRecord[]>;
}

const standingsOf = (lives: Known, subject: string): Resource['attributes'] => ({
  representedBy: lives.representatives(subject),
  deceased: lives.of(subject).diedAt !== null,
});

/** What each list leaves out for whoever acts for somebody who keeps something from them. */
type Sifted = (body: unknown, of: { readonly life: Life; readonly kept: ReadonlySet<string> }) => unknown;
const isHidden = (life: Life, kept: ReadonlySet<string>, consent: Consent): boolean =>
  consent.scope.of === 'categories'
    ? consent.scope.categories.some((one) => isKept(life, one))
    : consent.scope.records.some((one) => kept.has(one));
/** What an incident touched is named by category too. */
const siftedAbout = (life: Life, about: Notice['about']): Notice['about'] =>
  Object.fromEntries(
    Object.entries(about).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.filter((one) => !isKept(life, one)) : value,
    ]),
  );
const SIFTED: Readonly<Record<string, Sifted>> = {
  [api.listRecords.name]: (body, { life }) => ({
    records: (body as { records: HeldRecord[] }).records.filter(({ category }) => !isKept(life, category)),
  }),
  [api.listConsents.name]: (body, { life, kept }) => ({
    consents: (body as { consents: Consent[] }).consents.filter((one) => !isHidden(life, kept, one)),
  }),
  [api.listLooks.name]: (body, { kept }) => ({
    looks: (body as { looks: Look[] }).looks.filter(({ record }) => record === null || !kept.has(record)),
  }),
  [api.listNotices.name]: (body, { life }) => {
    const { notices, unread } = body as { notices: Notice[]; unread: number };
    const told = notices.filter(({ about }) => !isKept(life, String(about['category'])));
    return { notices: told.map((notice) => ({ ...notice, about: siftedAbout(life, notice.about) })), unread };
  },
  [api.getLife.name]: (body) => ({ ...(body as LifeShown), kept: [], excluded: [] }),
};
/** What cannot leave something out is not for them while something is kept. */
const WHOLE: ReadonlySet<string> = new Set([
  api.looksOfWeek.name,
  api.proveLooks.name,
  api.getReceipt.name,
  api.exportConsent.name,
]);

export const withStandings = (routes: readonly Route[], { lives, records }: Parts): Route[] =>
  routes.map((route) => ({
    ...route,
    resource: async (input, caller) => {
      const asked = await route.resource(input, caller);
      if (asked.type !== 'Person') return asked;
      return { ...asked, attributes: { ...standingsOf(lives(), asked.id), ...asked.attributes } };
    },
    handle: async (input, caller) => {
      const sifted = SIFTED[route.endpoint.name];
      const isWhole = WHOLE.has(route.endpoint.name);
      if (!sifted && !isWhole) return route.handle(input, caller);
      const subject = (await route.resource(input, caller)).id;
      const life = lives().of(subject);
      if (!keepsFrom(life, caller)) return route.handle(input, caller);
      if (!sifted)
        return refuse(
          'forbidden',
          'NOT_FOR_REPRESENTATIVES',
          `${route.endpoint.name} of "${subject}": it is the person's alone`,
        );
      const answer = await route.handle(input, caller);
      if (!answer.ok) return answer;
      const kept = new Set(
        (await records(subject)).filter(({ category }) => isKept(life, category)).map(({ id }) => id),
      );
      return ok(sifted(answer.value, { life, kept }) as never);
    },
  }));

/** Whoever acts or acted for the person and is not that person. */
const keepsFrom = ({ subject, keeps, keptFor, standings }: Life, { principal: { id } }: Caller): boolean =>
  keeps.length + keptFor.length > 0 && id !== subject && standings.some(({ person }) => person === id);
