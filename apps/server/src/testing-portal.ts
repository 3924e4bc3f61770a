/** Test helper: a browser without a script at the portal of a running server, and people who sign in with it. */
import type { ConsentDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import type { TestServer } from './testing.ts';

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

const GLUCOSE = {
  resourceType: 'Observation',
  status: 'final',
  language: 'en-NZ',
  code: { text: 'Glucose <fasting>' },
  valueQuantity: { value: 5.1, unit: 'mmol/L' },
};

export const nextYear = (): number => new Date().getUTCFullYear() + 1;
/** The questions of giving, answered. */
export const allowing = (person: string) => ({
  ...{ person, what: 'blood-tests', how: ['view', 'text'], purpose: 'TREAT' },
  ...{ 'until-day': '1', 'until-month': '3', 'until-year': String(nextYear()) },
});
export const draftFor = (subject: string, person: string): ConsentDraft => ({
  ...{ subject, person, scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['text'], purpose: 'TREAT' },
  ...{ from: Date.now(), until: Date.now() + DAY_MS, uses: null, refrains: [] },
});

/** A browser without a script: keeps cookies, sends forms with their mark and origin, follows where it is sent. */
function browserAt(server: () => TestServer) {
  const host = `portal.localhost:${server().config.portalPort}`;
  const cookies = new Map<string, string>();
  const send = async (
    method: 'GET' | 'POST',
    url: string,
    more: { form?: object; headers?: object } = {},
  ): Promise<Answered> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const form = new URLSearchParams();
    for (const [name, values] of Object.entries(more.form ?? {}))
      for (const value of [values].flat()) form.append(name, String(value));
    const asForm = { origin: `http://${host}`, 'content-type': 'application/x-www-form-urlencoded' };
    const headers = { host, ...(cookie ? { cookie } : {}), ...(method === 'POST' ? asForm : {}), ...more.headers };
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    const answer = await server().listeners.portal.inject({
      method,
      url,
      headers: sent,
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

export function portalOf(server: () => TestServer) {
  const browser = () => browserAt(server);
  async function somebody(kind: 'resident' | 'professional', handle: string) {
    const position =
      kind === 'resident' ? null : ({ profession: 'doctor', organisation: 'party-quay-clinic' } as const);
    const [id] = await server().modules.identity.registerPeople([{ handle, kind, position }]);
    const codes = [...(await server().modules.identity.issueSheet(id!))];
    const own = browser();
    await own.go('/sign-in');
    const home = await own.submit('/sign-in', { code: codes.shift()! });
    return { id: id!, codes, home, ...own };
  }

  const put = async (subject: string, content: object = GLUCOSE): Promise<string> => {
    const base64 = Buffer.from(JSON.stringify(content)).toString('base64');
    const draft = { subject, category: 'blood-tests', media: 'application/fhir+json', content: base64 } as const;
    const stored = await server().modules.vault.put(draft, 'system');
    if (!stored.ok) throw new Error(stored.error.message);
    return stored.value.record;
  };

  return { browser, somebody, put };
}
