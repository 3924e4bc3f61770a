/** Values that health records have in FHIR R4, by where they stand, for whoever asks for an export. Others are given by their place. */
import type { words } from '../../words/en-GB.ts';

type Known = Exclude<keyof typeof words.askingExport.values, 'other'>;
export interface KnownValue {
  readonly value: Known;
  /** As RFC 6901 writes it. */
  readonly at: string;
  /** What it is called in the table unless somebody says otherwise. */
  readonly name: string;
  readonly role: 'quasi' | 'sensitive';
}

const BY_CATEGORY: Readonly<Record<string, readonly KnownValue[]>> = {
  'about-me': [
    { value: 'gender', at: '/gender', name: 'gender', role: 'quasi' },
    { value: 'born', at: '/birthDate', name: 'born', role: 'quasi' },
    { value: 'suburb', at: '/address/0/text', name: 'address', role: 'quasi' },
  ],
  'blood-tests': [
    { value: 'test', at: '/code/text', name: 'test', role: 'quasi' },
    { value: 'flag', at: '/interpretation/0/text', name: 'flag', role: 'sensitive' },
    { value: 'result', at: '/valueQuantity/value', name: 'result', role: 'quasi' },
    { value: 'when', at: '/effectiveDateTime', name: 'taken', role: 'quasi' },
  ],
  medicines: [{ value: 'medicine', at: '/medicationCodeableConcept/text', name: 'medicine', role: 'sensitive' }],
  conditions: [{ value: 'condition', at: '/code/text', name: 'condition', role: 'sensitive' }],
  allergies: [{ value: 'allergy', at: '/code/text', name: 'allergy', role: 'sensitive' }],
  immunisations: [{ value: 'vaccine', at: '/vaccineCode/text', name: 'vaccine', role: 'quasi' }],
};
export const knownValues = (category: string): readonly KnownValue[] => BY_CATEGORY[category] ?? [];
