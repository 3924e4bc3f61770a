/** Routes of the system itself: health, jobs, replay, and sign-in links for the local command. */
import { api, type Health } from '@cityward/contracts';
import { ok, refuse } from '@cityward/kernel';
import { route, type Route } from '@cityward/http';
import type { Identity } from '@cityward/identity';
import type { Jobs } from '@cityward/jobs';
import type { Replay } from './replay.ts';

export interface SystemParts {
  readonly health: () => Health;
  readonly jobs: Jobs;
  readonly identity: Identity;
  readonly replay: Replay;
}

export function systemRoutes({ health, jobs, identity, replay }: SystemParts): readonly Route[] {
  return [
    route(api.health, () => Promise.resolve(ok(health()))),
    route(api.listJobs, async () => ok({ jobs: [...(await jobs.list())] })),
    route(api.retryJob, async ({ params }) => {
      const job = await jobs.retry(params.id);
      return job
        ? ok(job)
        : refuse('conflict', 'JOB_NOT_FAILED', `try job "${params.id}" again: there is no failed job of that id`);
    }),
    route(api.replay, ({ query, body }, caller) => replay.play({ ...query, text: body, by: caller.principal.id })),
    route(api.reissueLink, async ({ body }) => {
      const who = body.person ?? null;
      if (who === null) {
        const link = await identity.firstLink();
        return link
          ? ok({ link })
          : refuse('conflict', 'PERSON_NEEDED', 'issue a link: somebody has signed in before, so name the person');
      }
      const link = await identity.reissueLink(who);
      return link.ok ? ok({ link: link.value }) : link;
    }),
  ];
}
