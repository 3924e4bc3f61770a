/** The client: addresses from contracts, problems as they come, cancelled calls left alone. */
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { api } from '@cityward/contracts';
import { endpointTable } from '../../vite-options.ts';
import { createClient, urlOf } from './client.ts';
import { ApiProblem, remedyOf } from './problem.ts';

describe('addresses', () => {
  test('params are filled and escaped, absent and empty query values left out', () => {
    expect(urlOf('/api/devices/:id/revoke', { params: { id: 'a/b c' } })).toBe('/api/devices/a%2Fb%20c/revoke');
    expect(urlOf('/api/devices', { query: { q: 'pole & co', class: undefined, state: '', offset: 0 } })).toBe(
      '/api/devices?q=pole+%26+co&offset=0',
    );
  });
  test('a missing param is a bug, not an address', () => {
    expect(() => urlOf('/api/devices/:id', { params: {} })).toThrow('param "id" is missing');
  });
  test('no value can leave its place in the path', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (id) => {
        const url = new URL(urlOf('/api/devices/:id/identity', { params: { id } }), 'http://city.example');
        if (id === '.' || id === '..') return; // dot segments are not ids: contracts refuses them
        expect(url.pathname.split('/')).toHaveLength(5);
        expect(url.search).toBe('');
      }),
    );
  });
  test('the table has every endpoint of contracts and nothing else', () => {
    const table = endpointTable();
    expect(Object.keys(table).sort()).toEqual(Object.keys(api).sort());
    expect(table['previewImport']).toEqual({ method: 'POST', path: '/api/imports', text: true });
    expect(table['dismissFinding']?.text).toBe(false);
  });
});

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}
function fake(answer: () => Response | Promise<Response>) {
  const sent: Sent[] = [];
  let unauthorised = 0;
  const client = createClient({
    endpoints: endpointTable(),
    fetch: async (url, init) => {
      sent.push({ url, init });
      return answer();
    },
    onUnauthorised: () => unauthorised++,
  });
  return { client, sent, unauthorised: () => unauthorised };
}
const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

describe('calls', () => {
  test('a JSON body is sent as JSON, a file as text', async () => {
    const { client, sent } = fake(() => json(200, {}));
    await client.call('dismissFinding', { params: { id: 'fnd-1' }, body: { reason: 'planned work' } });
    await client.call('previewImport', { query: { file: 'a.csv' }, body: 'name\nx' });
    expect(sent.map((one) => [one.url, one.init.body])).toEqual([
      ['/api/findings/fnd-1/dismiss', '{"reason":"planned work"}'],
      ['/api/imports?file=a.csv', 'name\nx'],
    ]);
  });

  test('a refusal is its Problem: code, message, id, details', async () => {
    const { client } = fake(() =>
      json(409, { code: 'PLAN_CHANGED', message: 'apply plan "x": it changed', id: 'r-1', details: ['one'] }),
    );
    const problem = await client.call('cityNow', {}).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ApiProblem);
    expect(problem).toMatchObject({
      status: 409,
      code: 'PLAN_CHANGED',
      id: 'r-1',
      details: ['one'],
      endpoint: 'cityNow',
    });
  });

  test('a page of a proxy instead of a Problem still says what came', async () => {
    const { client } = fake(() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    await expect(client.call('cityNow', {})).rejects.toMatchObject({
      status: 502,
      code: 'HTTP_502',
      message: '502 Bad Gateway',
    });
  });

  test('no answer is status 0; a cancelled call stays what it was', async () => {
    const { client } = fake(() => Promise.reject(new TypeError('failed to fetch')));
    await expect(client.call('cityNow', {})).rejects.toMatchObject({ status: 0, code: 'NO_ANSWER' });
    await expect(client.call('cityNow', {}, AbortSignal.abort())).rejects.toBeInstanceOf(TypeError);
  });

  test('each 401 is told, other refusals are not', async () => {
    const ended = fake(() => json(401, { code: 'NO_SESSION', message: 'x', id: '1' }));
    await ended.client.call('cityNow', {}).catch(() => undefined);
    expect(ended.unauthorised()).toBe(1);
    const denied = fake(() => json(403, { code: 'DENIED', message: 'x', id: '1' }));
    await denied.client.call('cityNow', {}).catch(() => undefined);
    expect(denied.unauthorised()).toBe(0);
  });
});

test.each([
  [0, 'reach'],
  [400, 'correct'],
  [401, 'sign-in'],
  [403, 'ask'],
  [404, 'gone'],
  [409, 'reload'],
  [410, 'gone'],
  [413, 'smaller'],
  [429, 'wait'],
  [500, 'retry'],
  [503, 'wait'],
])('status %i: %s', (status, remedy) => {
  expect(remedyOf(status)).toBe(remedy);
});
