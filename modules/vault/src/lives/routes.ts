/** The HTTP face of people's lives and notices. */
import { api, type Resource } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import { withExposures } from '../exposure/told.ts';
import type { VaultOptions } from '../needs.ts';
import { markRead, noticesOf, unreadOf } from '../notices/notices.ts';
import { person, whom } from '../whom.ts';
import type { Lives } from './lives.ts';

interface Parts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly lives: () => Lives;
}

const ofBody = ({ body }: { readonly body: { readonly subject: string } }): Resource => person(body.subject);

export function lifeRoutes({ sql, clock, lives }: Parts): Route[] {
  return [
    route(
      api.getLife,
      async ({ query }, { principal }) => ok(await lives().shown(whom(query, principal))),
      ({ query }, { principal }) => person(whom(query, principal)),
    ),
    route(
      api.listRepresented,
      (_, { principal }) => Promise.resolve(ok({ represented: lives().represented(principal.id) })),
      (_, { principal }) => person(principal.id),
    ),
    route(api.listLifeProposals, async () => ok({ proposals: await lives().proposals() })),
    route(
      api.proposeLife,
      ({ body: { subject, ...asked } }, { principal }) => lives().propose(subject, asked, principal.id),
      ofBody,
    ),
    route(
      api.confirmLife,
      ({ params }, { principal }) => lives().confirm(params.id, principal.id),
      // Whoever asks about none that waits is told so.
      async ({ params }, { principal }) => person((await lives().subjectOf(params.id)) ?? principal.id),
    ),
    route(
      api.changeLife,
      ({ body: { subject, change } }, { principal }) => lives().change(subject, change, principal.id),
      ofBody,
    ),
    route(
      api.setWishes,
      ({ body: { subject, ...wishes } }, { principal }) =>
        lives().wish(subject, { do: 'wishes', ...wishes }, principal.id),
      ofBody,
    ),
    route(
      api.confirmConsent,
      ({ body: { subject, consent } }, { principal }) =>
        lives().wish(subject, { do: 'confirm', consent }, principal.id),
      ofBody,
    ),
    ...noticeRoutes({ sql, clock }),
  ];
}

function noticeRoutes({ sql, clock }: Omit<Parts, 'lives'>): Route[] {
  return [
    route(
      api.listNotices,
      async ({ query }, { principal }) => {
        const [subject, now] = [whom(query, principal), clock()];
        const notices = await withExposures(sql, subject, await noticesOf(sql, subject, now));
        return ok({ notices, unread: await unreadOf(sql, subject, now) });
      },
      ({ query }, { principal }) => person(whom(query, principal)),
    ),
    route(
      api.readNotices,
      async ({ body: { subject, notices } }) => {
        const at = clock();
        await markRead(sql, { subject, ids: notices, at });
        return ok({ unread: await unreadOf(sql, subject, at) });
      },
      ofBody,
    ),
  ];
}
