/** What a bundle is refused for: each time with file, line and reason. */
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MANIFEST_FILE, SCHEMA_FILE, writeManifest } from './bundle-files.ts';
import { BundleFault } from './bundle-fault.ts';
import { compileBundle, loadBundle } from './load.ts';
import { BUNDLE_FOLDER } from './service.ts';

const SCHEMA = `entity User { level?: Long };
entity Doc;
action read appliesTo { principal: [User], resource: [Doc], context: {} };
`;
const GOOD = `@id("readers")
@why("Users with a level may read")
permit (principal is User, action == Action::"read", resource is Doc)
when { principal has level && principal.level > 1 };
`;
const load = (text: string, schema = SCHEMA) => compileBundle({ schema, policies: [{ file: 'test.cedar', text }] });

function faultOf(run: () => unknown): [string, number, string] {
  try {
    run();
  } catch (fault) {
    if (fault instanceof BundleFault) return [fault.file, fault.line, fault.reason];
    throw fault;
  }
  return ['', 0, 'it was taken'];
}

describe('a bundle', () => {
  it('that is good is taken, and its hash follows the meaning alone', () => {
    const first = load(GOOD).bundle;
    expect(first.policies[0]).toMatchObject({ id: 'readers', effect: 'permit', file: 'test.cedar', line: 1 });
    expect(load(`// a comment\n\n${GOOD.replaceAll(' && ', '\n  && ')}`).bundle.hash).toBe(first.hash);
    expect(load(GOOD.replace('> 1', '> 2')).bundle.hash).not.toBe(first.hash);
    expect(load(GOOD, SCHEMA.replace('Long', 'Long, more?: Long')).bundle.hash).not.toBe(first.hash);
  });
  it.each<[string, string, number, string]>([
    ['a syntax error', `${GOOD}\npermit (principal action, resource);`, 6, 'unexpected token `action`'],
    ['an attribute that is not declared', GOOD.replace('principal.level', 'principal.rank'), 4, 'attribute `rank`'],
    ['an optional attribute without a guard', GOOD.replace('principal has level && ', ''), 4, 'attribute `level`'],
    ['a type error', GOOD.replace('> 1', '> "one"'), 4, 'unexpected type'],
    ['an unknown action', GOOD.replace('"read"', '"raed"'), 3, 'raed'],
    ['a policy that can never apply', GOOD.replace('principal is User', 'principal is Doc'), 1, 'readers'],
    ['no id', GOOD.replace('@id("readers")', ''), 2, 'policy needs @id'],
    ['an id of another shape', GOOD.replace('readers', 'Read ers'), 1, 'policy needs @id'],
    ['no reason', GOOD.replace(/@why.*\n/, ''), 1, 'needs @why'],
    ['two of one id', `${GOOD}\n${GOOD}`, 6, 'is already in test.cedar:1'],
    ['a template', GOOD.replace('principal is User', 'principal == ?principal'), 1, 'includes a template'],
    ['an integer that is read wrong', GOOD.replace('> 1', '> 9007199254740993'), 1, 'is beyond 2^53'],
  ])('with %s is refused', (_name, ...[text, line, reason]) => {
    const fault = faultOf(() => load(text));
    expect(fault.slice(0, 2)).toEqual(['test.cedar', line]);
    expect(fault[2]).toContain(reason);
  });
  it('with a schema that does not parse is refused', () => {
    const [file, line, reason] = faultOf(() => load(GOOD, SCHEMA.replace('[Doc]', '[Dok]')));
    expect([file, line]).toEqual([SCHEMA_FILE, 3]);
    expect(reason).toContain('Dok');
  });
});

describe('a folder', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cityward-bundle-'));
    cpSync(BUNDLE_FOLDER, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const change = (name: string, text: string) => appendFileSync(join(folder, name), text);

  it('as it was delivered is taken', () => expect(loadBundle(folder).bundle.policies.length).toBeGreaterThan(20));
  it('with a changed file is refused, until the manifest says so too', () => {
    change('people.cedar', '\n// harmless?\n');
    expect(faultOf(() => loadBundle(folder))[2]).toContain('the file was changed');
    writeManifest(folder);
    expect(faultOf(() => loadBundle(folder))[2]).toBe('it was taken');
  });
  it('with a file that was added or taken away is refused', () => {
    writeFileSync(join(folder, 'extra.cedar'), GOOD);
    expect(faultOf(() => loadBundle(folder))).toEqual(['extra.cedar', 1, `the file is not in ${MANIFEST_FILE}`]);
    rmSync(join(folder, 'extra.cedar'));
    rmSync(join(folder, 'devices.cedar'));
    expect(faultOf(() => loadBundle(folder))[0]).toBe('devices.cedar');
  });
  it('without a manifest, with a spoilt one, or not there at all is refused', () => {
    const manifest = readFileSync(join(folder, MANIFEST_FILE), 'utf8');
    writeFileSync(join(folder, MANIFEST_FILE), `${manifest}../../etc/passwd\n`);
    expect(faultOf(() => loadBundle(folder))[0]).toBe(MANIFEST_FILE);
    rmSync(join(folder, MANIFEST_FILE));
    expect(faultOf(() => loadBundle(folder))[0]).toBe(MANIFEST_FILE);
    expect(faultOf(() => loadBundle(join(folder, 'none')))[2]).toContain('cannot be read');
  });
});
