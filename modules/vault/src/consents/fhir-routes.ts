/** Consents as FHIR over HTTP: out as they are, in as drafts that give nothing. */
import { api, ConsentDraft, type FhirVersion, type ImportedConsent } from '@cityward/contracts';
import { fits } from '@cityward/fleet/verify';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { strictJson } from '../domain/content.ts';
import { consentFromFhir } from '../domain/fhir/consent-in.ts';
import { consentToFhir } from '../domain/fhir/consent-out.ts';
import { person } from '../whom.ts';
import type { Consents } from './consents.ts';
import type { Grants } from './grants-face.ts';

export interface FhirParts {
  readonly grants: Pick<Grants, 'partiesOf' | 'preview'>;
  readonly consents: () => Pick<Consents, 'find' | 'view'>;
  readonly city: string;
}
/** R4B and R4 are the same for a Consent. */
const MIME_VERSION: Readonly<Record<FhirVersion, string>> = { r4: '4.0', r5: '5.0' };

export const fhirRoutes = ({ grants, consents, city }: FhirParts): Route[] => [
  route(
    api.exportConsent,
    async ({ params: { id }, query: { version } }) => {
      const found = await consents().find(id);
      if (!found)
        return refuse('not-found', 'CONSENT_UNKNOWN', `write consent "${id}" as FHIR: there is none of that id`);
      const resource = consentToFhir(consents().view(found), version, city);
      const media = `application/fhir+json; fhirVersion=${MIME_VERSION[version]}`;
      return ok(
        new RawAnswer(media, Buffer.from(`${JSON.stringify(resource, null, 2)}\n`), `consent-${id}-${version}.json`),
      );
    },
    async ({ params }, { principal }) => person((await grants.partiesOf(params.id))?.subject ?? principal.id),
  ),
  route(
    api.importConsent,
    ({ body }, { principal }) => {
      const read = readDraft(body.fhir);
      if (!read.ok) return Promise.resolve(read);
      return Promise.resolve(ok({ ...read.value, preview: grants.preview(read.value.draft, principal.id) }));
    },
    ({ body }, { principal }) => {
      const read = readDraft(body.fhir);
      return person(read.ok ? read.value.draft.subject : principal.id);
    },
  ),
];

const WHERE = 'read a FHIR Consent';
function readDraft(text: string): Result<Pick<ImportedConsent, 'version' | 'draft'>, Refusal> {
  const json = strictJson(Buffer.from(text));
  if ('wanted' in json) return refuse('invalid', 'FHIR_NOT_JSON', `${WHERE}: wanted ${json.wanted}`);
  const read = consentFromFhir(json.value);
  if (!read.ok) {
    const [first = ''] = read.faults;
    return {
      ok: false,
      error: {
        kind: 'invalid',
        code: 'FHIR_CONSENT_NOT_READ',
        message: `${WHERE}: ${first}`,
        details: [...read.faults],
      },
    };
  }
  const { version, draft } = read;
  if (!fits(ConsentDraft, draft))
    return refuse(
      'invalid',
      'FHIR_CONSENT_NOT_READ',
      `${WHERE}: its ids, times or counts are not of this city, wanted such as a consent here has`,
    );
  return ok({ version, draft });
}
