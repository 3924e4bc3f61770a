/** Handlers that never end, and faults of the world. */
import { afterEach, describe, expect, it } from 'vitest';
import { THE_CITY } from '@cityward/contracts';
import { ok, OperationalFault } from '@cityward/kernel';
import { build, closeAll, HOST, logged, OWN, problem, routes } from './fixture.ts';
import type { Route } from './index.ts';

afterEach(closeAll);
const MAX_MS = 40;
const never = (): Promise<never> => new Promise(() => undefined);
const changed = (name: string, handle: Route['handle']): Route[] =>
  routes.map((one) => (one.endpoint.name === name ? { ...one, handle } : one));

describe('a handler that is stuck', () => {
  it('is answered with what and how long, and named in the log', async () => {
    const { inject } = build({ handlerMaxMs: MAX_MS, routes: changed('broken', never) });
    const answer = await inject({ url: '/api/broken', headers: HOST });
    expect([answer.statusCode, problem(answer).code]).toEqual([503, 'HANDLER_STUCK']);
    expect(problem(answer).message).toContain('"broken": it took more than 0.04 seconds');
    expect(logged).toMatchObject([{ message: 'a handler is stuck', fields: { route: 'broken', afterMs: MAX_MS } }]);
  });
  it.each(['authorise', 'raw'])('is answered where %s is what is stuck', async (what) => {
    const raw = { name: 'tile', method: 'GET', path: '/tile', action: 'readCheckpoint' } as const;
    const { inject } = build({
      handlerMaxMs: MAX_MS,
      rawRoutes: [{ ...raw, resource: () => THE_CITY, handle: never }],
      ...(what === 'authorise' ? { authorise: never } : {}),
    });
    const answer = await inject({ url: what === 'raw' ? '/tile' : '/api/pack', headers: HOST });
    expect([answer.statusCode, problem(answer).code]).toEqual([503, 'HANDLER_STUCK']);
  });
  it('takes nothing from one that ends in time, nor from its fault', async () => {
    let fault = false;
    const handle: Route['handle'] = () =>
      fault ? Promise.reject(new Error('a bug')) : Promise.resolve(ok({ good: true }) as never);
    const { inject } = build({ handlerMaxMs: MAX_MS, routes: changed('broken', handle) });
    expect((await inject({ url: '/api/broken', headers: HOST })).json()).toEqual({ good: true });
    fault = true;
    expect(problem(await inject({ url: '/api/broken', headers: HOST })).code).toBe('UNEXPECTED_FAULT');
  });
});

describe('a fault of the world', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EIO', 'UNAVAILABLE_NOW'],
  ])('(%s) is answered as one that passes, without names of files', async (code, wanted) => {
    const cause = Object.assign(new Error(code), { code });
    const fault = new OperationalFault('append to "/var/lib/city/stream": the disk is full', { cause });
    const { inject } = build({ routes: changed('sign', () => Promise.reject(fault)) });
    const answer = await inject({ method: 'POST', url: '/api/sign', headers: OWN });
    expect([answer.statusCode, problem(answer).code]).toEqual([503, wanted]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.body).not.toContain('/var/lib');
    expect(JSON.stringify(logged.map(({ message }) => message))).toContain('request failed');
  });
});
