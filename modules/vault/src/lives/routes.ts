/** The HTTP face of people's lives and notices. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { VaultOptions } from '../needs.ts';
import { markRead, noticesOf, unreadOf } from '../notices/notices.ts';
import { person, whom } from '../whom.ts';
import type { Lives } from './lives.ts';

interface Parts extends Pick<VaultOptions, 'sql' | 'clock'> {
  readonly lives: () => Lives;
}

export function lifeRoutes({ sql, clock, lives }: Parts): Route[] {
  return [
    route(api.getLife, async ({ params }) => ok(await lives().shown(params.id))),
    route(
      api.listRepresented,
      (_, { principal }) => Promise.resolve(ok({ represented: lives().represented(principal.id) })),
      (_, { principal }) => person(principal.id),
    ),
    route(api.listLifeProposals, async () => ok({ proposals: await lives().proposals() })),
    route(api.proposeLife, ({ params, body }, { principal }) => lives().propose(params.id, body, principal.id)),
    route(api.confirmLife, ({ params, body }, { principal }) =>
      lives().confirm(params.id, body.proposal, principal.id),
    ),
    route(api.changeLife, ({ params, body }, { principal }) => lives().change(params.id, body.change, principal.id)),
    route(api.setWishes, ({ params, body }, { principal }) =>
      lives().wish(params.id, { do: 'wishes', ...body }, principal.id),
    ),
    route(api.confirmConsent, ({ params, body }, { principal }) =>
      lives().wish(params.id, { do: 'confirm', ...body }, principal.id),
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
        return ok({ notices: await noticesOf(sql, subject, now), unread: await unreadOf(sql, subject, now) });
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
      ({ body }) => person(body.subject),
    ),
  ];
}
