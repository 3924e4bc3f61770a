/** What a client gets from commands: input, answers and trust, by inject. */
import { afterEach, describe, expect, it } from 'vitest';
import { refuse } from '@cityward/kernel';
import { broken, build, closeAll, HOST, logged, OWN, problem } from './fixture.ts';

afterEach(closeAll);

describe('input', () => {
  it('takes a good command, converts the query and nothing in the body', async () => {
    const send = build().inject;
    const answer = await send({
      method: 'POST',
      url: '/api/echo/ab?n=5',
      headers: OWN,
      payload: { text: null, kind: 'a' },
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ text: null, n: 5 });
  });

  it.each([
    [{ text: 7, kind: 'a' }, 'body/text must be string'],
    [{ text: 'x', kind: 'c' }, 'body/kind must be one of "a", "b"'],
    [{ text: 'x', kind: 'a', more: 1 }, 'body has unknown fields "more"'],
    [{ kind: 'a' }, 'body lacks "text"'],
  ])('refuses %j and says where', async (payload, fault) => {
    const answer = await build().inject({ method: 'POST', url: '/api/echo/ab', headers: OWN, payload });
    expect(answer.statusCode).toBe(400);
    expect(problem(answer).code).toBe('INPUT_INVALID');
    expect(problem(answer).details).toContain(fault);
    expect(problem(answer).id).toMatch(/^req-/);
  });

  it('refuses bad parameters, queries, JSON, depth, prototype keys and content types', async () => {
    const { inject } = build();
    const post = async (payload: string | Buffer, type = 'application/json', url = '/api/echo/ab') =>
      problem(await inject({ method: 'POST', url, headers: { ...OWN, 'content-type': type }, payload })).code;
    expect(await post('{"text":null,"kind":"a"}', 'application/json', '/api/echo/a')).toBe('INPUT_INVALID');
    expect(await post('{"text":null,"kind":"a"}', 'application/json', '/api/echo/ab?n=five')).toBe('INPUT_INVALID');
    expect(await post('{"text":null,"kind":"a"}', 'application/json', '/api/echo/ab?m=5')).toBe('INPUT_INVALID');
    expect(await post('{"text":')).toBe('BODY_NOT_JSON');
    expect(await post('')).toBe('INPUT_INVALID');
    expect(await post(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)).toBe('BODY_TOO_DEEP');
    expect(await post('{"__proto__":{"text":"x"},"text":null,"kind":"a"}')).toBe('BODY_NOT_JSON');
    expect(await post('a=b', 'application/x-www-form-urlencoded')).toBe('CONTENT_TYPE_NOT_TAKEN');
    expect(await post(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toBe('BODY_NOT_UTF8');
  });

  it('takes whole files as text of any content type, and names the first byte that is not UTF-8', async () => {
    const { inject } = build();
    for (const type of ['text/csv', 'application/geo+json', 'application/json', 'application/octet-stream']) {
      const headers = { ...OWN, 'content-type': type };
      const answer = await inject({ method: 'POST', url: '/api/file', headers, payload: '\uFEFFa;\u00e9\u{1f600}' });
      expect(answer.json()).toEqual({ chars: 5 });
    }
    const headers = { ...OWN, 'content-type': 'text/csv' };
    const latin = await inject({
      method: 'POST',
      url: '/api/file',
      headers,
      payload: Buffer.from('caf\u00e9;1', 'latin1'),
    });
    expect(problem(latin).message).toContain('byte 3 is 0xe9');
    const big = await inject({ method: 'POST', url: '/api/file', headers, payload: 'x'.repeat(2_000_001) });
    expect(big.statusCode).toBe(413);
    expect(problem(big).code).toBe('BODY_TOO_LARGE');
  });
});

describe('answers', () => {
  it('carries the security headers and no trace of the framework', async () => {
    const { headers } = await build().inject({ url: '/api/broken', headers: HOST });
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('hides a bug behind its id and logs it', async () => {
    broken.answer = () => {
      throw new Error('secret inside');
    };
    const answer = await build().inject({ url: '/api/broken', headers: HOST });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(logged[0]?.fields?.['id']).toBe(problem(answer).id);
  });

  it('fails on an answer that does not fit its schema, where asked to check', async () => {
    broken.answer = () => ({ good: 'yes' }) as unknown as { good: boolean };
    const checked = await build().inject({ url: '/api/broken', headers: HOST });
    const unchecked = await build({ checkAnswers: false }).inject({ url: '/api/broken', headers: HOST });
    expect([checked.statusCode, unchecked.statusCode]).toEqual([500, 200]);
  });

  it('sends bytes with a file name that cannot break out of its header', async () => {
    const answer = await build().inject({ url: '/api/pack', headers: HOST });
    expect(answer.rawPayload).toEqual(Buffer.from([1, 2, 0xff]));
    expect(answer.headers['content-disposition']).toBe('attachment; filename="pack__x___.zip"');
  });

  it('answers unknown paths and methods with a problem', async () => {
    const { inject } = build();
    for (const [method, url] of [
      ['GET', '/api/nothing'],
      ['DELETE', '/api/broken'],
      ['GET', '/api/%zz'],
    ] as const) {
      const answer = await inject({ method, url, headers: OWN });
      expect([answer.statusCode, typeof problem(answer).id]).toEqual([answer.statusCode === 400 ? 400 : 404, 'string']);
    }
  });
});

describe('trust', () => {
  it.each([
    ['evil.example', {}, 403],
    ['localhost:8080.evil.example', {}, 403],
    ['user@localhost', {}, 403],
    ['LOCALHOST:8080', {}, 200],
    ['localhost:8080', { origin: 'http://evil.example' }, 403],
    ['localhost:8080', { origin: 'null' }, 403],
    ['localhost:8080', { origin: 'http://localhost:8080' }, 200],
    ['localhost:8080', { 'sec-fetch-site': 'cross-site' }, 403],
    ['localhost:8080', { 'sec-fetch-site': 'same-site' }, 403],
    ['localhost:8080', { 'sec-fetch-site': 'same-origin' }, 200],
    ['localhost:8080', { cookie: 'cityward-session=good' }, 403],
    ['localhost:8080', {}, 200],
  ])('POST to host %s with %j is %i', async (host, headers, status) => {
    const answer = await build().inject({ method: 'POST', url: '/api/sign', headers: { host, ...headers } });
    expect(answer.statusCode).toBe(status);
  });

  it('lets a link from elsewhere open a page, never an API path', async () => {
    const { inject } = build();
    const navigate = { ...HOST, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await inject({ url: '/api/broken', headers: navigate })).statusCode).toBe(403);
    expect((await inject({ url: '/nowhere', headers: navigate })).statusCode).toBe(404);
  });

  it('sets the session cookie HttpOnly and SameSite=Strict, reads it back, and names the origin', async () => {
    const { inject } = build();
    const first = await inject({ method: 'POST', url: '/api/sign', headers: OWN });
    expect(first.headers['set-cookie']).toBe('cityward-session=token-1; Path=/; HttpOnly; SameSite=Strict');
    const headers = { ...OWN, cookie: 'other=1; cityward-session=good' };
    expect((await inject({ method: 'POST', url: '/api/sign', headers })).json()).toEqual({
      was: 'good',
      origin: 'http://localhost:8080',
    });
  });

  it('asks policy about every route, also for nobody, and passes the refusal on', async () => {
    const asked: string[] = [];
    const { inject } = build({
      authorise: async (asking, _input, caller) => {
        asked.push(`${caller.principal.type} ${asking.action}`);
        return refuse('forbidden', 'NOT_ALLOWED', 'no');
      },
    });
    const answer = await inject({ url: '/api/pack', headers: HOST });
    expect([answer.statusCode, problem(answer).code]).toEqual([403, 'NOT_ALLOWED']);
    expect(asked).toEqual(['Anonymous exportEvidence']);
  });

  it('screens before it reads the body', async () => {
    const { inject } = build({ screen: () => refuse('forbidden', 'NEVER', 'never') });
    const answer = await inject({ method: 'POST', url: '/api/echo/ab', headers: OWN, payload: { bad: 1 } });
    expect(problem(answer).code).toBe('NEVER');
  });
});
