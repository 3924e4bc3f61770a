/**
 * Attack cases: each way is tried on the module as it is, where it must come to nothing, and on a copy from which one control was
 * cut, where it must succeed. So a control that is not what stops an attack is found out, and so is an attack that attacks nothing.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSql, type TestSql } from '@cityward/sql/testing';

const MODULES = fileURLToPath(new URL('../../', import.meta.url));
/** Whose tests read of their neighbours, where they look for them. */
const NEIGHBOURS = ['vault', 'policy', 'ledger'] as const;
type ModuleName = (typeof NEIGHBOURS)[number];
const PACKAGES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const PATIENT_MS = 180_000;

/** A piece of the module's source without which the way is open. */
export interface Control {
  /** Of the project, where it is not in the module, e.g. `journal`. */
  readonly of?: string;
  /** In `src` of the module, or of that. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly text: string;
  /** What stands there instead, once the control is cut. */
  readonly cut: string;
}
export interface Way<Module> {
  readonly way: string;
  /** Several where each of them stops it alone: all are cut. */
  readonly control: Control | readonly Control[];
  /** `true` where the attack got through. What it needs of the module it takes from `module`, so that it meets the copy too. */
  readonly run: (module: Module, place: Place) => Promise<boolean>;
}
/** Empty at the start of each run. */
export interface Place {
  readonly sql: TestSql;
  readonly folder: string;
}
interface Case<Module> {
  /** As in the list of attacks, e.g. `A3`. */
  readonly id: string;
  readonly name: string;
  /** Attacked and cut: the vault, where nothing else is said. */
  readonly module?: ModuleName;
  /** The file of the module that the attack uses, in `src`, e.g. `testing.ts`. */
  readonly through: string;
  readonly ways: readonly Way<Module>[];
}

export function attack<Module>({ id, name, module = 'vault', through, ways }: Case<Module>): void {
  const count = { refused: 0, acting: 0 };
  describe(`${id} ${name}`, () => {
    let sql: TestSql;
    beforeAll(async () => {
      sql = await openTestSql();
    }, PATIENT_MS);
    afterAll(() => sql.stop());
    const tryOn = async (root: string, run: Way<Module>['run']): Promise<boolean> => {
      const folder = mkdtempSync(join(tmpdir(), 'cityward-attack-'));
      try {
        return await run((await import(join(root, 'src', through))) as Module, { sql, folder });
      } finally {
        await sql.reset();
        rmSync(folder, { recursive: true, force: true });
      }
    };
    for (const { way, control, run } of ways) {
      it(
        `${way}: comes to nothing`,
        async () => {
          expect(await tryOn(join(MODULES, module), run)).toBe(false);
          count.refused++;
        },
        PATIENT_MS,
      );
      it(
        `${way}: succeeds without the control`,
        async () => {
          const copy = copyWithout(module, [control].flat());
          try {
            expect(await tryOn(join(copy, 'modules', module), run)).toBe(true);
          } finally {
            rmSync(copy, { recursive: true, force: true });
          }
          count.acting++;
        },
        PATIENT_MS,
      );
    }
    afterAll(() => {
      process.stdout.write(
        `${id} ${name}: ${count.refused} of ${ways.length} ways come to nothing, ${count.acting} succeed without their control\n`,
      );
    });
  });
}

/** Copies what the cut changes and all that is built on it; the rest is linked to, and so loaded once for all copies. */
function copyWithout(name: ModuleName, controls: readonly Control[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-without-'));
  const [from, module] = [join(MODULES, name), join(folder, 'modules', name)];
  const sources = sourcesOf(from);
  const others = new Set(controls.flatMap(({ of }) => of ?? []));
  const own = controls.filter(({ of }) => of === undefined).map(({ file }) => join(from, 'src', file));
  const changed = builtOn([...own, ...usersOf(others, sources)], sources);
  cpSync(from, module, { recursive: true, filter: (path) => !path.endsWith('.ts') || changed.has(path) });
  for (const path of sources) if (!changed.has(path)) symlinkSync(path, join(module, relative(from, path)));
  linkPackages(folder, others);
  for (const neighbour of NEIGHBOURS)
    if (neighbour !== name) symlinkSync(join(MODULES, neighbour), join(folder, 'modules', neighbour));
  for (const { of, file, text, cut } of controls) {
    const path = join(of === undefined ? module : join(folder, COPIED, of), 'src', file);
    const source = readFileSync(path, 'utf8');
    const times = source.split(text).length - 1;
    if (times !== 1) throw new Error(`cut a control of "${file}": "${text}" stands there ${times} times, wanted once`);
    writeFileSync(
      path,
      source.replace(text, () => cut),
    );
  }
  return folder;
}

/** Not below `node_modules`: what lies there is loaded as JavaScript. */
const COPIED = 'packages';
const OURS = '@cityward';
/** All packages, of which these are copies that can be changed. */
function linkPackages(folder: string, copied: ReadonlySet<string>): void {
  const to = join(folder, 'node_modules');
  if (copied.size === 0) return symlinkSync(PACKAGES, to);
  mkdirSync(join(to, OURS), { recursive: true });
  for (const name of readdirSync(PACKAGES)) if (name !== OURS) symlinkSync(join(PACKAGES, name), join(to, name));
  for (const name of readdirSync(join(PACKAGES, OURS))) {
    const from = realpathSync(join(PACKAGES, OURS, name));
    const copy = join(folder, COPIED, name);
    if (copied.has(name)) cpSync(from, copy, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
    symlinkSync(copied.has(name) ? copy : from, join(to, OURS, name));
  }
}
/** Files that name one of these packages. */
const usersOf = (packages: ReadonlySet<string>, sources: readonly string[]): string[] =>
  sources.filter((path) => {
    const text = readFileSync(path, 'utf8');
    return [...packages].some((name) => text.includes(`'${OURS}/${name}'`));
  });

const isSource = (path: string): boolean => path.endsWith('.ts') && !path.endsWith('.test.ts');
const sourcesOf = (module: string): string[] =>
  readdirSync(join(module, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(isSource)
    .map((name) => join(module, 'src', name));

/** Imports, and programs that are started by their address. */
const NAMED = /'(\.{1,2}\/[^'\n]+\.ts)'/g;
const TYPES_ONLY = /^(?:import|export) type [^;]*;/gm;
/** These files and all that name them, directly or by way of others. */
function builtOn(files: readonly string[], sources: readonly string[]): ReadonlySet<string> {
  const users = new Map<string, string[]>();
  for (const path of sources)
    for (const [, named] of readFileSync(path, 'utf8').replaceAll(TYPES_ONLY, '').matchAll(NAMED)) {
      const used = resolve(dirname(path), named!);
      users.set(used, [...(users.get(used) ?? []), path]);
    }
  const found = new Set(files);
  for (const path of found) for (const user of users.get(path) ?? []) found.add(user);
  return found;
}
