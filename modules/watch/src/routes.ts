/** The endpoints of watch over its facade. */
import { api as endpoints, type Behaviour, type Finding } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { FindingQuery } from './store.ts';

const PAGE_DEFAULT = 50;

export interface Answers {
  list(query: FindingQuery): Promise<{ total: number; findings: Finding[] }>;
  get(id: string): Promise<Finding | null>;
  dismiss(id: string, how: { by: string; reason: string }): Promise<Result<Finding, Refusal>>;
  behaviour(device: string): Behaviour | null;
}

export const watchRoutes = (answers: Answers): readonly Route[] => [
  route(endpoints.listFindings, async ({ query }) => {
    const { device, state, offset = 0, limit = PAGE_DEFAULT } = query;
    return ok(
      await answers.list({
        offset,
        limit,
        ...(device === undefined ? {} : { device }),
        ...(state === undefined ? {} : { state }),
      }),
    );
  }),
  route(endpoints.getFinding, async ({ params }) => {
    const finding = await answers.get(params.id);
    return finding ? ok(finding) : unknownFinding(params.id);
  }),
  route(endpoints.dismissFinding, ({ params, body }, caller) =>
    answers.dismiss(params.id, { by: caller.principal.id, reason: body.reason }),
  ),
  route(
    endpoints.behaviour,
    ({ params }) => {
      const behaviour = answers.behaviour(params.id);
      return Promise.resolve(
        behaviour
          ? ok(behaviour)
          : refuse('not-found', 'DEVICE_NOT_SEEN', `show behaviour of "${params.id}": nothing has been seen of it yet`),
      );
    },
    ({ params }) => ({ type: 'Device', id: params.id, attributes: {} }),
  ),
];

export const unknownFinding = (id: string) =>
  refuse('not-found', 'FINDING_UNKNOWN', `find finding "${id}": there is none of that id`);
