/** Test helper: people who come in by the real invitation and its one-time link. */
import type { StandingRole } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import type { Identity } from './service.ts';

export const caller = (setSession: (token: string | null) => void = () => undefined): Caller => ({
  principal: { type: 'Service', id: 'city-cli', roles: [], attributes: {} },
  id: 'req-test',
  sessionToken: null,
  setSession,
  origin: 'http://localhost:8080',
});
const call = async (...[identity, name, body, by]: readonly [Identity, string, object, Caller]): Promise<unknown> => {
  const found = identity.routes.find((one) => one.endpoint.name === name)!;
  const answer = await found.handle({ params: undefined, query: undefined, body } as never, by);
  if (!answer.ok) throw new Error(`${name}: ${answer.error.code}`);
  return answer.value;
};

/** Signs in by the link; the session token. */
export async function linkToken(identity: Identity, link: string): Promise<string> {
  let token = '';
  const by = caller((given) => void (token = given ?? ''));
  await call(identity, 'signInByLink', { token: link.slice(link.indexOf('#token=') + '#token='.length) }, by);
  return token;
}

export async function invitePerson(
  identity: Identity,
  wanted: { readonly handle: string; readonly roles: readonly StandingRole[] },
): Promise<{ readonly person: string; readonly token: string }> {
  const invited = (await call(identity, 'invitePerson', wanted, caller())) as { person: { id: string }; link: string };
  return { person: invited.person.id, token: await linkToken(identity, invited.link) };
}
