/** Loads a policy bundle from a folder: unchanged files, valid schema, valid policies, compiled; or refuses with file, line and reason. */
import { createHash } from 'node:crypto';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { canonicalJson } from '@cityward/kernel';
import type { Json } from '@cityward/kernel';
import { createEngine } from './domain/engine.ts';
import type { Engine } from './domain/engine.ts';
import { CompileFault } from './domain/node.ts';
import { compilePolicies } from './domain/policy-set.ts';
import { readSchema } from './domain/schema.ts';
import { readBundleFiles, SCHEMA_FILE } from './bundle-files.ts';
import type { BundleFiles } from './bundle-files.ts';
import { BundleFault, lineAt } from './bundle-fault.ts';

export const POLICIES_MAX = 1_000;
const ID_SHAPE = /^[a-z][a-z0-9-]{2,59}$/;

/** One policy as people read it. */
export interface PolicyText {
  readonly id: string;
  /** What it is for, in plain words. */
  readonly why: string;
  readonly effect: 'permit' | 'forbid';
  readonly text: string;
  readonly file: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

export interface Bundle {
  /** SHA-256, hexadecimal, over the canonical JSON of schema and policies: comments and layout do not count. */
  readonly hash: string;
  readonly schemaText: string;
  readonly policies: readonly PolicyText[];
}

export interface LoadedBundle {
  readonly bundle: Bundle;
  readonly engine: Engine;
}

interface ParsedPolicy extends PolicyText {
  readonly json: cedar.PolicyJson;
}

/** Throws a `BundleFault`. */
export const loadBundle = (folder: string): LoadedBundle => compileBundle(readBundleFiles(folder));

export function compileBundle(files: BundleFiles): LoadedBundle {
  const schemaJson = parseSchema(files.schema);
  const policies = files.policies.flatMap(({ file, text }) => parseFile(file, text));
  refuseDoubles(policies);
  validate(files.schema, policies);
  const engine = compile(schemaJson, policies);
  const canonical = { schema: schemaJson, policies: Object.fromEntries(policies.map(({ id, json }) => [id, json])) };
  const hash = createHash('sha256')
    .update(canonicalJson(canonical as unknown as Json))
    .digest('hex');
  const texts = policies.map(({ json: _json, ...text }) => text);
  return { bundle: { hash, schemaText: files.schema, policies: texts }, engine };
}

interface Located {
  readonly message: string;
  readonly sourceLocations?: readonly { readonly start: number; readonly label: string | null }[] | undefined;
}

function refuseParse(file: string, text: string, errors: readonly Located[]): never {
  const [first] = errors;
  const place = first?.sourceLocations?.[0];
  const wanted = place?.label ? `, ${place.label}` : '';
  throw new BundleFault(file, lineAt(text, place?.start ?? 0), `${first?.message ?? 'cannot be read'}${wanted}`);
}

function parseSchema(text: string): cedar.SchemaJson<string> {
  const answer = cedar.schemaToJsonWithResolvedTypes(text);
  if (answer.type === 'failure') return refuseParse(SCHEMA_FILE, text, answer.errors);
  return answer.json;
}

function parseFile(file: string, text: string): ParsedPolicy[] {
  const checked = cedar.checkParsePolicySet({ staticPolicies: text });
  if (checked.type === 'failure') return refuseParse(file, text, checked.errors);
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') return refuseParse(file, text, parts.errors);
  const begins = new Map<string, number>();
  return parts.policies
    .map((part) => {
      const at = text.indexOf(part, begins.get(part) ?? 0);
      begins.set(part, at + part.length);
      return parsePolicy(part, { file, line: text.slice(0, at).split('\n').length });
    })
    .sort((a, b) => a.line - b.line);
}

function parsePolicy(text: string, place: { readonly file: string; readonly line: number }): ParsedPolicy {
  const { file, line } = place;
  const answer = cedar.policyToJson(text);
  if (answer.type === 'failure') return refuseParse(file, text, answer.errors);
  const { json } = answer;
  const { id, why } = json.annotations ?? {};
  if (id === undefined || !ID_SHAPE.test(id))
    throw new BundleFault(file, line, `policy needs @id("…") of 3 to 60 lower-case letters, digits and "-"`);
  if (!why) throw new BundleFault(file, line, `policy "${id}" needs @why("…") in plain words`);
  return { id, why, effect: json.effect, text, file, line, json };
}

function refuseDoubles(policies: readonly ParsedPolicy[]): void {
  const seen = new Map<string, ParsedPolicy>();
  for (const policy of policies) {
    const first = seen.get(policy.id);
    if (first)
      throw new BundleFault(
        policy.file,
        policy.line,
        `policy "${policy.id}" is already in ${first.file}:${first.line}`,
      );
    seen.set(policy.id, policy);
  }
  if (policies.length > POLICIES_MAX)
    throw new BundleFault(
      policies[0]!.file,
      1,
      `the bundle has ${policies.length} policies, want at most ${POLICIES_MAX}`,
    );
}

/** Strict validation against the schema; a warning (a policy that can never apply, a look-alike letter) refuses too. */
function validate(schema: string, policies: readonly ParsedPolicy[]): void {
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const answer = cedar.validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } });
  if (answer.type === 'failure') return refuseParse(SCHEMA_FILE, schema, answer.errors);
  const [first] = [...answer.validationErrors, ...answer.validationWarnings];
  if (!first) return;
  const policy = policies.find(({ id }) => id === first.policyId)!;
  const inside = lineAt(policy.text, first.error.sourceLocations?.[0]?.start ?? 0);
  const help = first.error.help ? ` (${first.error.help})` : '';
  throw new BundleFault(policy.file, policy.line + inside - 1, `${first.error.message}${help}`);
}

function compile(schemaJson: unknown, policies: readonly ParsedPolicy[]): Engine {
  let at: PolicyText | null = null;
  try {
    const schema = readSchema(schemaJson);
    for (const policy of policies) {
      at = policy;
      compilePolicies([policy]);
    }
    return createEngine(schema, compilePolicies(policies));
  } catch (fault) {
    if (!(fault instanceof CompileFault)) throw fault;
    throw new BundleFault(at?.file ?? SCHEMA_FILE, at?.line ?? 1, fault.message);
  }
}
