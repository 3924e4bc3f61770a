/** Verbs that take a consent out as FHIR, and read one in as a draft. */
import { writeFileSync } from 'node:fs';
import { FHIR_CONSENT_MAX_CHARS, FHIR_VERSIONS, type Api } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { bytesOf } from './read-file.ts';
import { writeJson } from './sign.ts';
import { oneOf, wanted } from './wanted.ts';

export const consentFhirCommands = (api: Api): readonly Command[] => [exportCommand(api), importCommand(api)];

const exportCommand = (api: Api): Command => ({
  verb: 'consent export',
  words: ['ID'],
  help: 'Write a consent as a FHIR Consent, for another system.',
  flags: [
    { name: 'fhir', value: 'VERSION', help: FHIR_VERSIONS.join(' or ') },
    { name: 'out', value: 'FILE', help: 'where it goes (consent-ID-VERSION.json)' },
  ],
  examples: ['consent export con-7k2m9c0q4x1ab3d5 --fhir r4'],
  run: async (asked) => {
    const [id = ''] = asked.words;
    const said = wanted(asked, 'consent export', 'fhir');
    const fault = `consent export: --fhir "${said}", wanted ${FHIR_VERSIONS.join(' or ')}`;
    const version = oneOf(FHIR_VERSIONS, said, fault);
    const bytes = await asked.client.bytes(api.exportConsent, { params: { id }, query: { version } });
    const out = asked.flag('out') ?? `consent-${id}-${version}.json`;
    writeFileSync(out, bytes, { mode: 0o600 });
    return { data: { consent: id, version, file: out }, text: `Written to ${out}` };
  },
});

const importCommand = (api: Api): Command => ({
  verb: 'consent import',
  words: ['FILE'],
  help: 'Read a FHIR Consent (R4 or R5) as a draft and say in words what it would allow. Nothing is given: that is "consent grant --draft". What is not known here is named and refused. Asks for your recovery code.',
  flags: [{ name: 'out', value: 'FILE', help: 'where the draft goes (FILE.draft.json)' }, ...PERSON_FLAGS],
  examples: ['consent import from-the-clinic.json', 'consent grant --draft from-the-clinic.json.draft.json'],
  run: async (asked) => {
    const [file = ''] = asked.words;
    const fhir = bytesOf(file).toString('utf8');
    if (fhir.length > FHIR_CONSENT_MAX_CHARS)
      throw new CommandFault(
        EXIT.usage,
        `consent import: "${file}" is too large, wanted at most ${FHIR_CONSENT_MAX_CHARS} characters`,
      );
    const read = await asPerson(api, asked, (client) => client.call(api.importConsent, { body: { fhir } }));
    const { version, draft, preview } = read;
    const out = writeJson(asked.flag('out') ?? `${file}.draft.json`, draft);
    const faults = preview.faults.map((fault) => `It cannot be given so: ${fault}`);
    const words = [...preview.sentences.map(({ english }) => english), ...faults].map(plainText);
    const next = `Nothing is given yet. To give it: npx cityward consent grant --draft ${out}`;
    return { data: { version, draft, faults: preview.faults, file: out }, text: [...words, next].join('\n') };
  },
});
