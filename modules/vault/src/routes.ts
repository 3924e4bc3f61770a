/** The HTTP face of the vault. Only `viewRecord` hands out content, and only as `view` gives it. */
import { api, isClip } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Vault } from './service.ts';
import { person, whom } from './whom.ts';

/** Without a purpose it is one's own record that is asked for. */
const OWN_PURPOSE = 'PATRQT';

export function vaultRoutes(vault: Omit<Vault, 'routes' | 'rawRoutes'>): Route[] {
  return [
    route(
      api.putRecord,
      ({ body }, { principal }) => vault.put(body, principal.id),
      ({ body }) => ({ ...person(body.subject), attributes: { clip: isClip(body.media) } }),
    ),
    route(api.putRecords, async ({ body }, { principal }) => {
      const stored = await vault.putMany(body.records, principal.id);
      return stored.ok ? ok({ records: [...stored.value] }) : stored;
    }),
    route(
      api.listRecords,
      async ({ query }, { principal }) => ok({ records: [...(await vault.records(whom(query, principal)))] }),
      ({ query }, { principal }) => person(whom(query, principal)),
    ),
    route(api.viewRecord, async ({ params, query }, { principal }) => {
      const { purpose = OWN_PURPOSE, version } = query;
      const seen = await vault.view({ record: params.id, version, purpose, right: 'text', principal });
      return seen.ok ? ok(new RawAnswer(seen.value.media, seen.value.content)) : seen;
    }),
    route(api.destroyRecord, ({ params, body }, { principal }) =>
      vault.destroy(params.id, { by: principal.id, reason: body.reason }),
    ),
    route(
      api.listConsents,
      async ({ query }, { principal }) => ok({ consents: [...(await vault.consents(whom(query, principal)))] }),
      ({ query }, { principal }) => person(whom(query, principal)),
    ),
    route(
      api.giveConsent,
      ({ body }, { principal }) => vault.give(body, principal.id),
      ({ body }) => person(body.subject),
    ),
    route(
      api.takeBackConsent,
      ({ params }, { principal }) => vault.takeBack(params.id, principal.id),
      async ({ params }, { principal }) => {
        const parties = await vault.grants.partiesOf(params.id);
        // One that nobody gave is nobody's: whoever asks is told so. Who gave one, or handed it on, may always end it.
        return person(parties === null || parties.giver === principal.id ? principal.id : parties.subject);
      },
    ),
  ];
}
