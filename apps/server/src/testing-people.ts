/** People of a test's city with recovery codes of their own, and officers among them; for the command and for calls. */
import { writeFileSync } from 'node:fs';
import { softAuthenticator } from '@cityward/identity/testing';
import { callLocally, caller, type Call } from './testing-clients.ts';
import type { Desk } from './testing-journey.ts';
import type { TestServer } from './testing.ts';

export interface Somebody {
  readonly id: string;
  readonly call: Call;
  codeFile(): string;
}
export interface TestPeople {
  somebody(handle: string, isOfficer?: boolean): Promise<Somebody>;
  /** Flags of the command by which it asks as that person. */
  as(who: Somebody): string[];
}

const cookieOf = (answer: { headers: Readonly<Record<string, unknown>> }): string =>
  String(answer.headers['set-cookie']).split(';')[0]!;

export function peopleOf(server: TestServer, desk: Desk): TestPeople {
  const origin = `http://localhost:${server.config.consolePort}`;
  /** Passkeys that the officers document names: whoever holds one is an officer. */
  const named = new Set<string>();
  Object.assign(server.modules.fleet.officers, { passkeys: () => named });
  const nameAsOfficer = async (call: Call, officer: string): Promise<void> => {
    const key = softAuthenticator();
    const { body: options } = await call<Record<string, never>>('POST', '/api/me/passkeys/challenge');
    await call('POST', '/api/me/passkeys', key.create(options, { origin }));
    const { body: challenge } = await call<Record<string, never>>('POST', '/api/me/officer-key/challenge');
    const shown = { officer: officer.toLowerCase(), answer: key.get(challenge, { origin }) };
    named.add((await call<{ publicKey: string }>('POST', '/api/me/officer-key', shown)).body.publicKey);
  };
  return {
    somebody: async (handle, isOfficer = false) => {
      const asked = { handle, roles: isOfficer ? ['operator'] : [] };
      const invited = await callLocally<{ person: { id: string }; link: string }>(
        server.config.dataFolder,
        '/api/people',
        asked,
      );
      const token = invited.body.link.split('#token=')[1];
      const byLink = caller(server, cookieOf(await caller(server)('POST', '/api/session/link', { token })));
      const codes = (await byLink<{ codes: string[] }>('POST', '/api/me/recovery-codes')).body.codes;
      const signedIn = await caller(server)('POST', '/api/session/recovery', { code: codes.shift() });
      const call = caller(server, cookieOf(signedIn));
      if (isOfficer) await nameAsOfficer(call, handle);
      const codeFile = (): string => {
        const file = desk.at(`code-${handle}`);
        writeFileSync(file, `${codes.shift()!}\n`, { mode: 0o600 });
        return file;
      };
      return { id: invited.body.person.id, call, codeFile };
    },
    as: (who) => ['--url', origin, '--code-file', who.codeFile()],
  };
}
