/** Signing in with an account at the city's provider, and connecting one. */
import { api, type Resource, type Session } from '@cityward/contracts';
import { route, type Caller, type Route } from '@cityward/http';
import { err, ok, type Refusal, type Result } from '@cityward/kernel';
import { attemptOf, selfOf, sessionOf, signedIn, type RouteParts } from './session-answer.ts';

export function accountRoutes(parts: RouteParts): Route[] {
  const { people, accounts } = parts;
  const self = (_input: unknown, caller: Caller): Resource => selfOf(caller);
  const session = async (done: Result<void, Refusal>, caller: Caller): Promise<Result<Session, Refusal>> =>
    done.ok ? ok(await sessionOf(parts, caller.sessionToken)) : err(done.error);
  return [
    route(api.beginAccountSignIn, (_input, caller) => accounts().beginSignIn(caller.origin)),
    route(api.signInByAccount, async ({ body }, caller) =>
      signedIn(parts, await accounts().signIn(body, attemptOf(caller)), caller),
    ),
    route(
      api.beginAccountConnection,
      (_input, caller) => accounts().beginConnection(caller.principal.id, caller.origin),
      self,
    ),
    route(
      api.connectAccount,
      async ({ body }, caller) => session(await accounts().connect(caller.principal.id, body, caller.origin), caller),
      self,
    ),
    route(
      api.disconnectAccount,
      async (_input, caller) => session(await accounts().disconnect(caller.principal.id, caller.principal.id), caller),
      self,
    ),
    route(
      api.disconnectPersonAccount,
      async ({ params: { id } }, caller) => {
        const done = await accounts().disconnect(id, caller.principal.id);
        return done.ok
          ? ok(
              people()
                .list()
                .find((person) => person.id === id)!,
            )
          : err(done.error);
      },
      ({ params: { id } }) => ({ type: 'Person', id, attributes: {} }),
    ),
  ];
}
