/** The server of `bench vault`: a whole city with records of 4 KiB, people who let one doctor see them, and that doctor's session. */
import type { RecordDraft } from '@cityward/contracts';
import { DAY_MS, type Refusal, type Result } from '@cityward/kernel';
import { caller } from '../../apps/server/src/testing-clients.ts';
import { openTestServer, type TestServer } from '../../apps/server/src/testing.ts';
import { answer } from '../ingest/plan.ts';

const RECORD_BYTES = 4_096;
let server: TestServer;

const must = <T>(result: Result<T, Refusal>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

/** FHIR of exactly the size. */
function content(i: number): string {
  const resource = { resourceType: 'Observation', id: `obs-${i}`, status: 'final', note: '' };
  const text = JSON.stringify(resource);
  return Buffer.from(JSON.stringify({ ...resource, note: 'x'.repeat(RECORD_BYTES - text.length) })).toString('base64');
}

/** Invited, and signed in by a recovery code as people are who may see content. */
async function doctor(): Promise<{ id: string; cookie: string }> {
  const { identity } = server.modules;
  const link = await identity.firstLink();
  const token = link!.split('#token=')[1];
  const cookieOf = (headers: Readonly<Record<string, unknown>>): string => String(headers['set-cookie']).split(';')[0]!;
  const first = await caller(server)<{ me: { person: string } }>('POST', '/api/session/link', { token });
  const signedIn = caller(server, cookieOf(first.headers));
  const { body } = await signedIn<{ codes: string[] }>('POST', '/api/me/recovery-codes');
  const again = await caller(server)('POST', '/api/session/recovery', { code: body.codes[0] });
  return { id: first.body.me.person, cookie: cookieOf(again.headers) };
}

async function start({ subjects, records }: { subjects: number; records: number }) {
  server = await openTestServer();
  const { vault } = server.modules;
  const { id: person, cookie } = await doctor();
  const stored: string[] = [];
  for (let i = 0; i < subjects; i++) {
    const subject = `sub-${String(i).padStart(6, '0')}`;
    const draft = (n: number): RecordDraft => ({
      subject,
      category: 'blood-tests',
      media: 'application/fhir+json',
      content: content(n),
    });
    for (let n = 0; n < records; n++) stored.push(must(await vault.put(draft(i * records + n), 'system')).record);
    must(
      await vault.give(
        {
          ...{ subject, person, scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['view', 'text'] },
          ...{ purpose: 'TREAT', from: Date.now(), until: Date.now() + DAY_MS, uses: null, refrains: [] },
        },
        'system',
      ),
    );
  }
  return { port: server.config.consolePort, cookie, records: stored, engine: server.modules.sql.engine };
}

answer({
  start,
  /** Entries that are on disk. */
  durable: () => server.modules.ledger.status().durable,
  stop: async () => {
    await server.stop();
    return null;
  },
});
