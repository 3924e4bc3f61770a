/** The portal through the running server: its pages, forms, languages, headers, and what its visitors may and may not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { openTestServer, type TestServer } from './testing.ts';

let server: TestServer;
let host: string;
beforeAll(async () => {
  server = await openTestServer();
  host = `portal.localhost:${server.config.portalPort}`;
}, 120_000);
afterAll(() => server.stop());

interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}
/** A browser without a script: keeps cookies, sends forms with their mark and origin, follows where it is sent. */
function browser() {
  const cookies = new Map<string, string>();
  const send = async (method: 'GET' | 'POST', url: string, more: { form?: object; headers?: object } = {}): Promise<Answered> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const form = new URLSearchParams();
    for (const [name, values] of Object.entries(more.form ?? {}))
      for (const value of [values].flat()) form.append(name, String(value));
    const answer = await server.listeners.portal.inject({
      method,
      url,
      headers: {
        host,
        ...(cookie ? { cookie } : {}),
        ...(method === 'POST' ? { origin: `http://${host}`, 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...more.headers,
      },
      ...(method === 'POST' ? { payload: form.toString() } : {}),
    });
    for (const set of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = set.split(';');
      const [name = '', value = ''] = pair.split('=');
      if (/Max-Age=0/.test(set)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return { status: answer.statusCode, body: answer.body, headers: answer.headers };
  };
  let last = '';
  const go = async (path: string): Promise<Answered> => {
    const answer = await send('GET', path);
    last = answer.body;
    return answer.status === 303 ? go(String(answer.headers['location'])) : answer;
  };
  const mark = (): string => /name="mark" value="([^"]+)"/.exec(last)?.[1] ?? '';
  const submit = async (path: string, form: object = {}): Promise<Answered> => {
    const answer = await send('POST', path, { form: { mark: mark(), ...form } });
    if (answer.status === 303) return go(String(answer.headers['location']));
    last = answer.body;
    return answer;
  };
  return { send, go, submit, mark, cookies };
}

async function somebody(kind: 'resident' | 'professional', handle: string) {
  const position = kind === 'resident' ? null : ({ profession: 'doctor', organisation: 'party-quay-clinic' } as const);
  const [id] = await server.modules.identity.registerPeople([{ handle, kind, position }]);
  const codes = [...(await server.modules.identity.issueSheet(id!))];
  const own = browser();
  await own.go('/sign-in');
  const home = await own.submit('/sign-in', { code: codes.shift()! });
  return { id: id!, codes, home, ...own };
}

describe('the portal', () => {
  it('answers', async () => {
    const aroha = await somebody('resident', 'Aroha Ngata');
    expect(aroha.home.status).toBe(200);
    expect(aroha.home.body).toContain('Aroha Ngata');
    expect(DAY_MS).toBe(86_400_000);
  });
});
