/** A whole server killed the moment it has answered: what was taken back and destroyed stays so. */
import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Consent } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import type { Config } from './config.ts';
import { startServerChild, type ServerChild } from './testing-child.ts';
import { callLocally } from './testing-clients.ts';
import { testConfig } from './testing.ts';

let config: Config;
let server: ServerChild;
beforeAll(async () => {
  config = await testConfig();
  mkdirSync(config.dataFolder, { recursive: true });
  server = await startServerChild(config);
}, 120_000);
afterAll(async () => {
  await server?.kill();
  rmSync(config.dataFolder, { recursive: true, force: true });
});

async function fetched(cookie: string | null, path: string, body?: unknown): Promise<Response> {
  const origin = `http://localhost:${config.consolePort}`;
  const headers = { origin, ...(cookie ? { cookie } : {}), ...(body ? { 'content-type': 'application/json' } : {}) };
  return fetch(`${origin}${path}`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
}
const cookieOf = (answer: Response): string => answer.headers.get('set-cookie')!.split(';')[0]!;
const local = async <T>(path: string, body: unknown): Promise<T> =>
  (await callLocally<T>(config.dataFolder, path, body)).body;

async function somebody(handle: string): Promise<{ readonly id: string; readonly cookie: string }> {
  const { person, link } = await local<{ person: { id: string }; link: string }>('/api/people', { handle, roles: [] });
  const byLink = cookieOf(await fetched(null, '/api/session/link', { token: link.split('#token=')[1] }));
  const made = await fetch(`http://localhost:${config.consolePort}/api/me/recovery-codes`, {
    method: 'POST',
    headers: { origin: `http://localhost:${config.consolePort}`, cookie: byLink },
  });
  const { codes } = (await made.json()) as { codes: string[] };
  return { id: person.id, cookie: cookieOf(await fetched(null, '/api/session/recovery', { code: codes[0] })) };
}

describe('a server killed once it has answered', () => {
  it('lets nobody see what was taken back, and has nothing of what was destroyed', async () => {
    const [aroha, ben] = [await somebody('Aroha'), await somebody('Ben')];
    const content = Buffer.from('{"note":"one"}').toString('base64');
    const draft = { subject: aroha.id, category: 'library', media: 'application/json', content };
    const records: string[] = [];
    for (let i = 0; i < 3; i++) records.push((await local<{ record: string }>('/api/records', draft)).record);
    const [taken, destroyed, kept] = records as [string, string, string];
    const consents: string[] = [];
    for (const record of records) {
      const given = await fetched(aroha.cookie, '/api/consents', {
        ...{ subject: aroha.id, person: ben.id, scope: { of: 'records', records: [record] }, rights: ['text'] },
        ...{ purpose: 'TREAT', from: Date.now(), until: Date.now() + DAY_MS, uses: null, refrains: [] },
      });
      consents.push(((await given.json()) as Consent).id);
    }
    const statuses = async (): Promise<number[]> => {
      const looks = records.map((record) => fetched(ben.cookie, `/api/records/${record}/content?purpose=TREAT`));
      return (await Promise.all(looks)).map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 200, 200]);
    const back = await fetched(aroha.cookie, `/api/consents/${consents[0]!}/take-back`, {});
    expect(back.status).toBe(200);
    await server.kill();
    server = await startServerChild(config);
    expect(await statuses()).toEqual([404, 200, 200]);
    expect(
      (await callLocally(config.dataFolder, `/api/records/${destroyed}/destroy`, { reason: 'asked for' })).status,
    ).toBe(200);
    await server.kill();
    server = await startServerChild(config);
    expect(await statuses()).toEqual([404, 410, 200]);
    const own = await fetched(aroha.cookie, `/api/records/${taken}/content`);
    expect([own.status, await own.text()]).toEqual([200, '{"note":"one"}']);
    expect(kept).toBe(records[2]);
  }, 120_000);
});
