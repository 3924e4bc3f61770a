/** What is stored under a name is that: FHIR with a type that R4 has, JSON that is read in one way; what is wrong is told without its content. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentFault } from './content.ts';

const fhir = (value: unknown): string | null =>
  contentFault('application/fhir+json', Buffer.from(JSON.stringify(value)));
const json = (text: string): string | null => contentFault('application/json', Buffer.from(text));
const patient = { resourceType: 'Patient', id: 'p1', name: [{ family: 'Ngata', given: ['Aroha'] }] };
const canary = '4711-canary';

describe('a FHIR resource', () => {
  it.each<[string, object]>([
    ['by itself', patient],
    [
      'with narrative',
      {
        ...patient,
        text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>a &lt; b</p></div>' },
      },
    ],
    [
      'that names what it holds, and what is elsewhere',
      {
        ...{
          resourceType: 'Observation',
          contained: [patient, { resourceType: 'Device', id: 'd', patient: { reference: '#p1' } }],
        },
        ...{
          subject: { reference: '#p1' },
          performer: [{ reference: 'Practitioner/x' }, { reference: '#' }, { reference: 'urn:uuid:1' }],
        },
      },
    ],
    [
      'in a bundle',
      {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [{ resource: { resourceType: 'Observation', contained: [patient], subject: { reference: '#p1' } } }],
      },
    ],
    [
      'of extensions of primitives',
      { ...patient, birthDate: '1970-01-01', _birthDate: { extension: [{ url: 'x', valueString: 'y' }] } },
    ],
  ])('%s is taken', (_, value) => {
    expect(fhir(value)).toBeNull();
  });

  it.each<[string, unknown, string]>([
    ['of no type', { name: canary }, 'a resourceType of R4 and not none, at "the resource"'],
    ['of a type that R4 has not', { resourceType: 'Patients', name: canary }, 'not "Patients"'],
    ['of a type that is a sentence', { resourceType: `I am ${canary}` }, 'not what stands there'],
    ['of the type of an object of JavaScript', { resourceType: 'constructor' }, 'not "constructor"'],
    ['that is a list', [patient], 'a FHIR resource in JSON, with its resourceType'],
    ['with an id that is none', { ...patient, id: `${canary} !` }, '"id"'],
    [
      'in a bundle, of no type',
      { resourceType: 'Bundle', type: 'batch', entry: [{}, { resource: { resourceType: canary } }] },
      '"entry[1].resource"',
    ],
    [
      'that is a bundle without a list',
      { resourceType: 'Bundle', type: 'batch', entry: { resource: patient } },
      'its entries as a list',
    ],
    [
      'that names what it does not hold',
      { ...patient, managingOrganization: { reference: `#${canary}` } },
      '"managingOrganization.reference"',
    ],
    [
      'that names what another holds',
      {
        resourceType: 'Bundle',
        type: 'collection',
        contained: [patient],
        entry: [{ resource: { resourceType: 'Flag', subject: { reference: '#p1' } } }],
      },
      '"entry[0].resource.subject.reference"',
    ],
    [
      'that holds what holds',
      { ...patient, contained: [{ ...patient, contained: [patient] }] },
      '"contained[0].contained"',
    ],
    [
      'with a script in its narrative',
      { ...patient, text: { div: `<div><SCRIPT>${canary}</script></div>` } },
      '"text.div"',
    ],
    [
      'with an event in its narrative',
      { ...patient, text: { div: `<div><img src="x"onerror=x()>${canary}</div>` } },
      '"text.div"',
    ],
  ])('%s is refused, by place and without its content', (_, value, said) => {
    const fault = fhir(value)!;
    expect(fault).toContain(said);
    expect(fault).not.toContain('canary');
  });

  it('is never said to be wrong twice in two ways: whatever JSON comes, there is one answer and no fault of ours', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6 }),
        fc.constantFrom(patient, { resourceType: 'Bundle', type: 'batch' }),
        (value, base) => {
          const text = JSON.stringify({ ...base, extension: value });
          const fault = contentFault('application/fhir+json', Buffer.from(text));
          expect(fault === null || typeof fault === 'string').toBe(true);
          // Valid JSON of that size is always JSON to us.
          expect(json(text)).toBeNull();
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('JSON', () => {
  it.each<[string, string, string]>([
    ['that is cut off', '{"a":', 'JSON in UTF-8'],
    ['with a key twice', `{"a":{"b":1,"c":"${canary}","b":2}}`, 'each key once, not as at "a.b"'],
    ['with a key twice, once in another spelling', '{"key":1,"k\\u0065y":2}', 'each key once'],
    [
      'with a key twice among many',
      `{${Array.from({ length: 40 }, (_, i) => `"k${i}":0,`).join('')}"k3":1}`,
      'each key once',
    ],
    ['too deep', `${'['.repeat(65)}${']'.repeat(65)}`, 'at most 64 levels'],
    ['too deep, never closed', '[{"a":'.repeat(500_000), 'at most 64 levels'],
    ['with too many keys', `{${Array.from({ length: 1_001 }, (_, i) => `"k${i}":0`).join(',')}}`, 'at most 1000 keys'],
    ['with too long a key', `{"${'k'.repeat(300)}":0}`, 'keys of at most 256 characters'],
    ['of too many values', `[${'null,'.repeat(500_001)}1]`, 'at most 500000 values'],
    ['with a number of too many digits', `{"value":${'1'.repeat(70)}}`, 'numbers of at most 64 characters'],
    ['with a number that no computer holds', '{"value":1e999}', 'numbers of at most'],
    ['with a string that is too long', `{"value":"${'a'.repeat(1_048_577)}"}`, 'strings of at most 1048576'],
  ])('%s is refused', (_, text, said) => {
    const fault = json(text)!;
    expect(fault).toContain(said);
    expect(fault).not.toContain('canary');
  });

  it('holds a large picture in base64, quotes and backslashes, and every word', () => {
    expect(json(`{"data":"${'a'.repeat(2_000_000)}"}`)).toBeNull();
    expect(json('{"a\\"b":"\\\\","c":[true,false,null,-1.5e-3,0]}')).toBeNull();
    expect(contentFault('application/json', Buffer.from([0x22, 0xff, 0x22]))).toBe('JSON in UTF-8');
  });
});
