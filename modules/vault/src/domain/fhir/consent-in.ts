/**
 * A FHIR Consent of somebody's file as a draft that the person still has to give. Read whole or not at all: an element that is not known
 * here might take something back that the draft would give. Pure.
 */
import { PURPOSES, REFRAINS, RIGHTS, type ConsentDraft, type FhirVersion } from '@cityward/contracts';
import { EXTENSION, OPT_OUT, SYSTEM } from './consent-codes.ts';
import { isFields, type Fields } from './fields.ts';

export type ReadConsent =
  | { readonly ok: true; readonly version: FhirVersion; readonly draft: ConsentDraft }
  | { readonly ok: false; readonly faults: readonly string[] };

const FAULTS_MAX = 20;

/** What bears on nothing here: who wrote it down, where and when. */
const ABOUT = ['resourceType', 'id', 'text', 'language', 'identifier', 'category'] as const;
const ROOT: Readonly<Record<FhirVersion, readonly string[]>> = {
  r4: [
    ...ABOUT,
    'meta',
    'status',
    'scope',
    'patient',
    'dateTime',
    'performer',
    'organization',
    'policyRule',
    'provision',
  ],
  r5: [...ABOUT, 'meta', 'status', 'subject', 'date', 'grantor', 'controller', 'manager', 'decision', 'provision'],
};
const STATUS: Readonly<Record<FhirVersion, readonly string[]>> = {
  r4: ['draft', 'proposed', 'active'],
  r5: ['draft', 'active'],
};
const PERMIT = [
  'id',
  'type',
  'period',
  'actor',
  'action',
  'purpose',
  'securityLabel',
  'code',
  'data',
  'extension',
  'modifierExtension',
];
const META = ['security', 'versionId', 'lastUpdated', 'source', 'profile'];

/** Collects what is wrong, by place. */
class Reader {
  readonly faults: string[] = [];
  say(at: string, wanted: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(`${at}: ${wanted}`);
  }
  /** An object with these elements and no other. */
  fields(value: unknown, at: string, known: readonly string[]): Fields {
    if (!isFields(value)) {
      this.say(at, 'wanted an object');
      return {};
    }
    for (const key of Object.keys(value)) if (!known.includes(key)) this.say(`${at}.${key}`, whyNot(key));
    return value;
  }
  list(value: unknown, at: string): readonly unknown[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.say(at, 'wanted a list');
    return [];
  }
  text(value: unknown, at: string): string {
    if (typeof value === 'string') return value;
    this.say(at, 'wanted text');
    return '';
  }
  word<const W extends string>(value: unknown, at: string, words: readonly W[]): W | null {
    const found = words.find((one) => one === value);
    if (found === undefined) this.say(at, `${quoted(value)} is not known here, wanted ${words.join(', ')}`);
    return found ?? null;
  }
}
function whyNot(key: string): string {
  if (key === 'modifierExtension' || key === 'implicitRules')
    return 'it changes what the rest means in a way that is not known here';
  return 'it is not known here, wanted without it';
}
const quoted = (value: unknown): string =>
  typeof value === 'string' ? `"${value.slice(0, 60)}"` : value === undefined ? 'none' : 'what stands there';

export function consentFromFhir(value: unknown): ReadConsent {
  const reader = new Reader();
  if (!isFields(value) || value['resourceType'] !== 'Consent')
    return { ok: false, faults: ['resourceType: wanted "Consent"'] };
  const version: FhirVersion = 'subject' in value || 'decision' in value ? 'r5' : 'r4';
  const root = reader.fields(value, 'Consent', ROOT[version]);
  reader.word(root['status'], 'Consent.status', STATUS[version]);
  const subject = idOf(
    reader,
    root[version === 'r4' ? 'patient' : 'subject'],
    version === 'r4' ? 'Consent.patient' : 'Consent.subject',
  );
  const permit = permitIn(reader, root, version);
  const meta = root['meta'] === undefined ? {} : reader.fields(root['meta'], 'Consent.meta', META);
  const labels = [
    ...codesIn(reader, reader.list(meta['security'], 'Consent.meta.security'), 'Consent.meta.security', SYSTEM.refrain),
    ...codesIn(
      reader,
      reader.list(permit.fields['securityLabel'], `${permit.at}.securityLabel`),
      `${permit.at}.securityLabel`,
      SYSTEM.refrain,
    ),
  ];
  const refrains = labels.flatMap(({ code, at }) => reader.word(code, at, REFRAINS) ?? []);
  const draft = {
    subject: subject.id,
    ...granteeIn(reader, permit),
    ...scopeIn(reader, permit),
    ...rightsIn(reader, permit),
    ...periodIn(reader, permit),
    ...limitsIn(reader, permit),
    refrains: [...new Set(refrains)],
  };
  // By what was read, each element is of its kind; whether it may be given is asked of the draft like of any other.
  return reader.faults.length > 0
    ? { ok: false, faults: reader.faults }
    : { ok: true, version, draft: draft as ConsentDraft };
}

interface Permit {
  readonly at: string;
  readonly fields: Fields;
}
/** The one rule that permits. A rule that denies, or a second one, is more than a draft can say. */
function permitIn(reader: Reader, root: Fields, version: FhirVersion): Permit {
  const wanted = 'wanted one provision that permits, below a base that denies';
  const [at, rules] = version === 'r5' ? ['Consent.provision', root['provision']] : rulesOfR4(reader, root);
  const list = reader.list(rules, at);
  if (list.length !== 1) reader.say(at, `${list.length} provisions, ${wanted}`);
  const one = { at: `${at}[0]`, fields: reader.fields(list[0], `${at}[0]`, PERMIT) };
  if (version === 'r5') {
    if (root['decision'] !== 'deny') reader.say('Consent.decision', `${quoted(root['decision'])}, ${wanted}`);
    if ('type' in one.fields) reader.say(`${one.at}.type`, whyNot('type'));
  } else if (one.fields['type'] !== 'permit') reader.say(`${one.at}.type`, `${quoted(one.fields['type'])}, ${wanted}`);
  return one;
}
function rulesOfR4(reader: Reader, root: Fields): readonly [string, unknown] {
  const [base] = codesIn(reader, [root['policyRule']], 'Consent.policyRule', SYSTEM.refrain);
  if (base && base.code !== OPT_OUT)
    reader.say('Consent.policyRule', `"${base.code.slice(0, 60)}" is not known here, wanted ${OPT_OUT}`);
  const outer = reader.fields(root['provision'], 'Consent.provision', ['provision']);
  return ['Consent.provision.provision', outer['provision']];
}

interface Coded {
  readonly code: string;
  readonly at: string;
}
/** Of Codings, or of CodeableConcepts with one coding of that system. */
function codesIn(...[reader, values, at, system]: readonly [Reader, readonly unknown[], string, string]): Coded[] {
  return values.flatMap((value, i) => {
    const here = values.length === 1 ? at : `${at}[${i}]`;
    const coding = isFields(value) && 'coding' in value ? codingOf(reader, value, here) : value;
    const { system: named, code } = reader.fields(coding, here, [
      'system',
      'code',
      'display',
      'version',
      'userSelected',
    ]);
    if (named === system) return [{ code: reader.text(code, `${here}.code`), at: here }];
    reader.say(`${here}.system`, `${quoted(named)} is not known here, wanted "${system}"`);
    return [];
  });
}
function codingOf(reader: Reader, value: unknown, at: string): unknown {
  const { coding } = reader.fields(value, at, ['coding', 'text', 'id']);
  const list = reader.list(coding, `${at}.coding`);
  if (list.length !== 1) reader.say(`${at}.coding`, `${list.length} codings, wanted one`);
  return list[0];
}

const KINDS: Readonly<Record<string, 'person' | 'organisation'>> = {
  Patient: 'person',
  Practitioner: 'person',
  Person: 'person',
  RelatedPerson: 'person',
  Organization: 'organisation',
};
interface Named {
  readonly id: string;
  readonly kind: 'person' | 'organisation' | null;
}
/** By our own identifier, or as `Practitioner/ID`. */
function idOf(reader: Reader, value: unknown, at: string): Named {
  const { identifier, reference, type } = reader.fields(value, at, [
    'identifier',
    'reference',
    'type',
    'display',
    'id',
  ]);
  if (identifier !== undefined && reference === undefined) {
    const { system, value: id } = reader.fields(identifier, `${at}.identifier`, ['system', 'value', 'use', 'type']);
    const kind = system === SYSTEM.person ? 'person' : system === SYSTEM.organisation ? 'organisation' : null;
    if (kind === null)
      reader.say(
        `${at}.identifier.system`,
        `${quoted(system)} is not known here, wanted "${SYSTEM.person}" or "${SYSTEM.organisation}"`,
      );
    return { id: reader.text(id, `${at}.identifier.value`), kind };
  }
  const [kind = '', id = '', ...more] = typeof reference === 'string' ? reference.split('/') : [];
  if (!Object.hasOwn(KINDS, kind) || id === '' || more.length > 0 || (type !== undefined && type !== kind)) {
    reader.say(at, `${quoted(reference)}, wanted an identifier of this city or such as "Practitioner/per-…"`);
    return { id: '', kind: null };
  }
  return { id, kind: KINDS[kind]! };
}

function granteeIn(reader: Reader, { fields, at }: Permit): Fields {
  const grantee: Record<string, string> = {};
  for (const [i, actor] of reader.list(fields['actor'], `${at}.actor`).entries()) {
    const here = `${at}.actor[${i}]`;
    const { role, reference } = reader.fields(actor, here, ['role', 'reference', 'id']);
    const { id, kind } = idOf(reader, reference, `${here}.reference`);
    const as = role === undefined ? null : roleIn(reader, role, `${here}.role`);
    const said = { ...(kind === null ? {} : { [kind]: id }), ...(as === null ? {} : { role: as }) };
    for (const [key, value] of Object.entries(said))
      if ((grantee[key] ??= value) !== value) reader.say(here, `a second ${key}, wanted one`);
  }
  if (Object.keys(grantee).length === 0) reader.say(`${at}.actor`, 'wanted whom it is for');
  return grantee;
}
/** As what somebody has to work there; that they are the recipient says nothing more. */
function roleIn(reader: Reader, role: unknown, at: string): string | null {
  const { coding } = reader.fields(role, at, ['coding', 'text', 'id']);
  let found: string | null = null;
  for (const [i, one] of reader.list(coding, `${at}.coding`).entries()) {
    const here = `${at}.coding[${i}]`;
    const { system, code } = reader.fields(one, here, ['system', 'code', 'display', 'version', 'userSelected']);
    if (system === SYSTEM.role) found = reader.text(code, `${here}.code`);
    else if (system !== SYSTEM.participation || (code !== 'IRCP' && code !== 'PRCP'))
      reader.say(here, `${quoted(code)} is not known here, wanted IRCP, or a role of "${SYSTEM.role}"`);
  }
  return found;
}

function scopeIn(reader: Reader, { fields, at }: Permit): Fields {
  const categories = codesIn(reader, reader.list(fields['code'], `${at}.code`), `${at}.code`, SYSTEM.category).map(
    ({ code }) => code,
  );
  const records = reader.list(fields['data'], `${at}.data`).map((one, i) => {
    const here = `${at}.data[${i}]`;
    const { meaning, reference } = reader.fields(one, here, ['meaning', 'reference', 'id']);
    reader.word(meaning, `${here}.meaning`, ['instance']);
    const { identifier } = reader.fields(reference, `${here}.reference`, ['identifier', 'display', 'type']);
    const { system, value } = reader.fields(identifier, `${here}.reference.identifier`, ['system', 'value']);
    reader.word(system, `${here}.reference.identifier.system`, [SYSTEM.record]);
    return reader.text(value, `${here}.reference.identifier.value`);
  });
  if (categories.length > 0 === records.length > 0)
    reader.say(at, 'wanted either codes of categories or data that names records');
  return { scope: records.length > 0 ? { of: 'records', records } : { of: 'categories', categories } };
}

/** HL7's "access" is to see it; its wider words are more than any one right here. */
function rightsIn(reader: Reader, { fields, at }: Permit): Fields {
  const here = `${at}.action`;
  const rights = reader.list(fields['action'], here).flatMap((action, i) => {
    const coding = codingOf(reader, action, `${here}[${i}]`);
    if (isFields(coding) && coding['system'] === SYSTEM.action)
      return reader.word(coding['code'], `${here}[${i}]`, ['access']) ? ['view'] : [];
    return codesIn(reader, [coding], `${here}[${i}]`, SYSTEM.right).flatMap(
      ({ code, at: place }) => reader.word(code, place, RIGHTS) ?? [],
    );
  });
  if (rights.length === 0) reader.say(here, 'wanted what they may do');
  const purposes = codesIn(reader, reader.list(fields['purpose'], `${at}.purpose`), `${at}.purpose`, SYSTEM.purpose);
  if (purposes.length !== 1) reader.say(`${at}.purpose`, `${purposes.length} purposes, wanted one`);
  const purpose = purposes[0] ? reader.word(purposes[0].code, purposes[0].at, PURPOSES) : null;
  return { rights: [...new Set(rights)], purpose };
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,3}))?(?:Z|[+-]\d\d:\d\d)$/;
const SECOND_MS = 1_000;
function periodIn(reader: Reader, { fields, at }: Permit): Fields {
  const { start, end } = reader.fields(fields['period'] ?? {}, `${at}.period`, ['start', 'end', 'id']);
  const moment = (value: unknown, place: string): { readonly at: number; readonly unit: number } => {
    const found = typeof value === 'string' ? INSTANT.exec(value) : null;
    const time = found ? Date.parse(value as string) : NaN;
    if (!Number.isFinite(time))
      reader.say(place, `${quoted(value)}, wanted a moment with its offset such as "2027-03-01T00:00:00+13:00"`);
    return { at: time, unit: SECOND_MS / 10 ** (found?.[1]?.length ?? 0) };
  };
  const [from, until] = [moment(start, `${at}.period.start`), moment(end, `${at}.period.end`)];
  // The end is in the period, to the precision that it is written in.
  return { from: from.at, until: until.at + until.unit };
}

function limitsIn(reader: Reader, { fields, at }: Permit): Fields {
  const count = (key: string, { url, value }: { readonly url: string; readonly value: string }): number | null => {
    let found: number | null = null;
    for (const [i, one] of reader.list(fields[key], `${at}.${key}`).entries()) {
      const here = `${at}.${key}[${i}]`;
      if (!isFields(one) || one['url'] !== url || found !== null) {
        const named = isFields(one) ? quoted(one['url']) : 'what stands there';
        reader.say(here, `${named}: ${whyNot(key)}`);
        continue;
      }
      const number = reader.fields(one, here, ['url', value])[value];
      if (typeof number === 'number' && Number.isInteger(number)) found = number;
      else reader.say(`${here}.${value}`, 'wanted a whole number');
    }
    return found;
  };
  return {
    uses: count('modifierExtension', { url: EXTENSION.useLimit, value: 'valuePositiveInt' }),
    depth: count('extension', { url: EXTENSION.depth, value: 'valueUnsignedInt' }) ?? 0,
  };
}
