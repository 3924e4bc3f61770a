/** The HTTP face of records that the city cannot read; and the code that a page runs, as it lies here but for its types. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { api } from '@cityward/contracts';
import { route, type RawRoute, type Route } from '@cityward/http';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { BlindRecord, BlindStanding } from '@cityward/contracts';
import type { Blind } from './blind.ts';
import type { BlindLook } from './viewing-blind.ts';

/** Without a purpose it is one's own record that is asked for. */
const OWN_PURPOSE = 'PATRQT';

export interface BlindFace {
  readonly blind: () => Blind;
  /** Refuses while the vault is closed. */
  readonly whenOpen: <T>(
    what: string,
    work: (blind: Blind) => Promise<Result<T, Refusal>>,
  ) => Promise<Result<T, Refusal>>;
  readonly view: (look: BlindLook) => Promise<Result<BlindRecord, Refusal>>;
}

const keyIn = ({ key }: BlindStanding) =>
  key === null ? refuse('not-found', 'BLIND_KEY_NONE', 'read your key: there is none') : ok(key);

export function blindRoutes({ blind, whenOpen, view }: BlindFace): Route[] {
  return [
    route(api.getBlind, async (_, { principal }) => ok(await blind().standing(principal.id))),
    route(api.keepBlindKey, async ({ body }, { principal }) => {
      const kept = await whenOpen('keep a key', (open) => open.keep(principal.id, body));
      return kept.ok ? keyIn(kept.value) : kept;
    }),
    route(api.wrapBlindKey, async ({ body }, { principal }) => {
      const kept = await whenOpen('wrap a key', (open) => open.wrap(principal.id, body));
      return kept.ok ? keyIn(kept.value) : kept;
    }),
    route(api.replaceBlindKey, async ({ body }, { principal }) => {
      const kept = await whenOpen('replace a key', (open) => open.replace(principal.id, body));
      return kept.ok ? keyIn(kept.value) : kept;
    }),
    route(api.listBlindShares, (_, { principal }) => blind().renewing.waiting(principal.id)),
    route(api.renewBlindShares, ({ body }, { principal }) =>
      whenOpen('give shares anew', (open) => open.renewing.renew(principal.id, body)),
    ),
    route(api.getBlindKeyOf, async ({ params }) => ok({ publicKey: await blind().publicKeyOf(params.id) })),
    route(api.chooseBlind, ({ body }, { principal }) =>
      whenOpen('choose who can read your records', (open) => open.choose(principal.id, body)),
    ),
    route(api.listBlindSeals, ({ query }, { principal }) => blind().giving.waiting(principal.id, query.consent)),
    route(api.sealForConsent, ({ params, body }, { principal }) =>
      whenOpen('seal keys', (open) => open.giving.give(principal.id, { consent: params.id, seals: body.seals })),
    ),
    route(api.viewBlind, ({ params, query }, { principal }) =>
      view({ record: params.id, version: query.version, purpose: query.purpose ?? OWN_PURPOSE, principal }),
    ),
    route(api.listBlindGiven, async (_, { principal }) => ok({ records: await blind().giving.givenTo(principal.id) })),
    route(api.handBack, ({ body }, { principal }) =>
      whenOpen('hand keys back', (open) => open.handBack(principal.id, body.keys)),
    ),
    route(api.askHolders, ({ params }, { principal }) =>
      whenOpen('ask for shares', (open) => open.quorum.askInEmergency(params.id, principal.id)),
    ),
    route(api.listBlindAsks, async (_, { principal }) => ok({ asks: await blind().quorum.asks(principal.id) })),
    route(api.releaseShares, ({ params, body }, { principal }) =>
      whenOpen('release shares', (open) => open.quorum.release(params.id, { seals: body.seals, holder: principal.id })),
    ),
    route(api.askRecovery, ({ body }, { principal }) =>
      whenOpen('ask for a key', (open) => open.askRecovery(principal.id, body)),
    ),
    route(api.endRecovery, (_, { principal }) => whenOpen('end a recovery', (open) => open.endRecovery(principal.id))),
  ];
}

/** Below `modules/vault/src`, so that they name each other as they do here. */
const PAGE_FILES = [
  'blind/page/client.ts',
  'blind/page/hpke.ts',
  'blind/page/own-key.ts',
  'domain/blind/contexts.ts',
  'domain/blind/shamir.ts',
];
const scripts = new Map<string, string>();
function scriptOf(file: string): string {
  const script =
    scripts.get(file) ?? stripTypeScriptTypes(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
  scripts.set(file, script);
  return script;
}
export const blindScripts = (): RawRoute[] =>
  PAGE_FILES.map((file) => ({
    name: `blindScript ${file}`,
    method: 'GET',
    path: `/api/blind/code/${file}`,
    action: 'openShell',
    handle: () => ({
      status: 200,
      headers: { 'content-type': 'text/javascript; charset=utf-8' },
      body: scriptOf(file),
    }),
  }));
