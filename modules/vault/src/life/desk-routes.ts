/** The HTTP face of the life of records. */
import { api, type Principal, type Resource } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Unsealings } from '../unsealing/unsealings.ts';
import type { RecordsDesk } from './records-desk.ts';
import { destructionPdf } from './destruction-pdf.ts';

const person = (id: string): Resource => ({ type: 'Person', id, attributes: {} });
const whom = (subject: string | undefined, { id }: Principal): string => subject ?? id;

interface Faces {
  desk(): RecordsDesk;
  unsealings(): Pick<Unsealings, 'list'>;
}
export function deskRoutes({ desk: life, unsealings }: Faces): Route[] {
  return [
    ...findingRoutes(life),
    route(api.countDesk, async () => ok({ ...(await life().counts()), unsealings: unsealings().list().length })),
    ...recordRoutes(life),
    ...holdRoutes(life),
    ...destructionRoutes(life),
  ];
}

/** What an officer chooses from. */
const findingRoutes = (life: () => RecordsDesk): Route[] => [
  route(api.listHeldPeople, async ({ query }) => ok(await life().heldPeople(query))),
  route(api.listHeldCategories, async () => ok({ categories: await life().heldCategories() })),
];

const recordRoutes = (life: () => RecordsDesk): Route[] => [
  route(api.listWaitingRecords, async () => ok(await life().waiting())),
  route(api.listRecordCopies, ({ params }) => life().copiesOf(params.id)),
  route(
    api.listLives,
    async ({ query }, { principal }) => ok({ lives: await life().lives.list(whom(query.subject, principal)) }),
    ({ query }, { principal }) => person(whom(query.subject, principal)),
  ),
  route(
    api.restrictRecord,
    ({ params, body }, { principal }) => life().lives.restrict(params.id, { ...body, by: principal.id }),
    async ({ params }) => ({ type: 'Record', id: params.id, attributes: await life().lives.ownerOf(params.id) }),
  ),
  route(
    api.eraseRecords,
    ({ body }, { principal }) => {
      const { records, reason } = body;
      const subject = whom(body.subject, principal);
      // Whoever asks about themself asks for erasure, whatever they call it.
      const code = subject === principal.id ? 'erasure-asked' : body.trigger;
      return life().erasing.erase({ subject, ...(records ? { records } : {}), by: principal.id, code, reason });
    },
    ({ body }, { principal }) => person(whom(body.subject, principal)),
  ),
];

const holdRoutes = (life: () => RecordsDesk): Route[] => [
  route(api.listHolds, ({ query }) => Promise.resolve(ok({ holds: [...life().holds.list(query.subject)] }))),
  route(api.askHold, ({ body }, { principal }) => life().holds.ask(body, principal.id)),
  route(api.setHold, ({ params }, { principal }) => life().holds.set(params.id, principal.id)),
  route(api.liftHold, ({ params, body }, { principal }) =>
    life().holds.lift(params.id, { by: principal.id, basis: body.basis }),
  ),
];

const destructionRoutes = (life: () => RecordsDesk): Route[] => [
  route(api.listDestructions, async ({ query }) => ok({ destructions: await life().destructions.list(query.state) })),
  route(api.draftCertificate, ({ params, body }, { principal }) =>
    life().destructions.draft(params.id, { verifier: body.verifier, by: principal.id }),
  ),
  route(api.signCertificate, ({ params, body }, { principal }) =>
    life().destructions.sign(params.id, { ...body, by: principal.id }),
  ),
  route(api.getCertificate, async ({ params, query }) => {
    const file = await life().destructions.certificate(params.id, query.record);
    return file.ok ? ok(new RawAnswer('application/json', Buffer.from(JSON.stringify(file.value)))) : file;
  }),
  route(api.getCertificatePdf, async ({ params }) => {
    const file = await life().destructions.certificate(params.id);
    return file.ok ? ok(new RawAnswer('application/pdf', await destructionPdf(file.value))) : file;
  }),
];
