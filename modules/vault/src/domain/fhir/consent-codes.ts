/** Names that a FHIR Consent of ours is written in, and read by. */

/** Ours where FHIR leaves it to whoever keeps the data: who, what and which right. */
export const SYSTEM = {
  person: 'urn:cityward:person',
  organisation: 'urn:cityward:organisation',
  record: 'urn:cityward:record',
  category: 'urn:cityward:category',
  right: 'urn:cityward:right',
  role: 'urn:cityward:role',
  refrain: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  purpose: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  participation: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  loinc: 'http://loinc.org',
  scope: 'http://terminology.hl7.org/CodeSystem/consentscope',
  action: 'http://terminology.hl7.org/CodeSystem/consentaction',
} as const;

export const EXTENSION = {
  /** A modifier: whoever does not know it would let it be used without end. */
  useLimit: 'urn:cityward:fhir:use-limit',
  /** None: whoever does not know it hands nothing on. */
  depth: 'urn:cityward:fhir:delegation-depth',
  parent: 'urn:cityward:fhir:handed-on-from',
} as const;

/** LOINC: consent document. */
export const CONSENT_DOCUMENT = '59284-0';
/** Information recipient. */
export const RECIPIENT = 'IRCP';
/** Nothing is let be seen but for what is named. */
export const OPT_OUT = 'OPTOUT';
