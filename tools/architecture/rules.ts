/** The rules of the tree, each a pure function from the tree to what breaks it. */
import { dirname, join } from 'node:path/posix';
import type { SourceFile, Tree, Workspace } from './tree.ts';

/** A module may import those before it that its package.json declares. */
export const MODULE_ORDER = [
  'ledger',
  'city',
  'policy',
  'identity',
  'advisories',
  'watch',
  'fleet',
  'vault',
  'respond',
  'rehearse',
  'alliance',
] as const;
const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;
/** Pure parts of node that a domain may use: hashing and checking signatures of given bytes. */
const PURE_BUILTINS = new Set(['node:crypto', 'node:buffer', 'node:net', 'node:util']);
const BUILTIN = /^node:/;

export type Rule = (tree: Tree) => string[];

const isTest = (path: string): boolean =>
  /\.test\.tsx?$/.test(path) ||
  /^(tests|bench|evaluate|tools)\//.test(path) ||
  /(^|\/)(testing|test-kit|fixtures?)[./-]/.test(path) ||
  /\.config\.ts$/.test(path) ||
  path.includes('/dev/');
const ownerOf = (tree: Tree, path: string): Workspace | undefined =>
  tree.workspaces.filter((one) => path.startsWith(one.folder)).sort((a, b) => b.folder.length - a.folder.length)[0];
/** `@cityward/city/reference` is package `@cityward/city`, entry `./reference`. */
function splitImport(specifier: string): { name: string; entry: string } {
  const parts = specifier.split('/');
  const length = specifier.startsWith('@') ? 2 : 1;
  const rest = parts.slice(length).join('/');
  return { name: parts.slice(0, length).join('/'), entry: rest ? `./${rest}` : '.' };
}
const packagesOf = (file: SourceFile): string[] =>
  file.imports.filter((one) => !one.startsWith('.') && !BUILTIN.test(one) && !one.startsWith('virtual:'));

export const sawFiles: Rule = (tree) =>
  tree.files.length > 50 && tree.workspaces.length > 10
    ? []
    : [`the tree has ${tree.files.length} files in ${tree.workspaces.length} workspaces: too few to be all of it`];

export const importsAreDeclared: Rule = (tree) =>
  tree.files.flatMap((file) => {
    const owner = ownerOf(tree, file.path);
    const test = isTest(file.path);
    return packagesOf(file).flatMap((specifier) => {
      const { name } = splitImport(specifier);
      const declared = owner
        ? owner.dependencies.has(name) || owner.name === name || (test && tree.devDependencies.has(name))
        : tree.devDependencies.has(name) ||
          tree.workspaces.some((one) => one.name === name || one.dependencies.has(name));
      const typesOnly = tree.devDependencies.has(`@types/${name}`);
      const testMayUse = test && tree.workspaces.some((one) => one.name === name || one.dependencies.has(name));
      return declared || typesOnly || testMayUse
        ? []
        : [`${file.path} imports "${name}", which ${owner?.folder ?? ''}package.json does not declare`];
    });
  });

export const declarationsAreUsed: Rule = (tree) =>
  tree.workspaces.flatMap((owner) => {
    const used = new Set(
      tree.files
        .filter((file) => ownerOf(tree, file.path) === owner)
        .flatMap((file) => packagesOf(file).map((specifier) => splitImport(specifier).name)),
    );
    return [...owner.dependencies]
      .filter((name) => !used.has(name))
      .map((name) => `${owner.folder}package.json declares "${name}", which nothing there imports`);
  });

export const noInsides: Rule = (tree) =>
  tree.files.flatMap((file) => {
    const owner = ownerOf(tree, file.path);
    return file.imports.flatMap((specifier) => {
      if (specifier.startsWith('.')) {
        const target = join(dirname(file.path), specifier);
        const other = ownerOf(tree, target);
        return owner && other && other !== owner
          ? [`${file.path} reaches into ${other.folder} by "${specifier}"; import its package`]
          : [];
      }
      const { name, entry } = splitImport(specifier);
      const other = tree.workspaces.find((one) => one.name === name);
      return other && !other.exports.has(entry)
        ? [`${file.path} imports "${specifier}", an inside of ${other.folder}`]
        : [];
    });
  });

const layerOf = (path: string): string => path.split('/')[0] ?? '';
const ALLOWED_LAYERS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  contracts: ['kernel'],
  packages: ['packages'],
  platform: ['kernel', 'contracts', 'platform'],
  modules: ['kernel', 'contracts', 'platform', 'packages', 'modules'],
  apps: ['kernel', 'contracts', 'platform', 'packages', 'modules', 'apps'],
};

export const importsGoDown: Rule = (tree) =>
  tree.files.flatMap((file) => {
    const allowed = ALLOWED_LAYERS[layerOf(file.path)];
    if (!allowed || isTest(file.path)) return [];
    const owner = ownerOf(tree, file.path);
    return packagesOf(file).flatMap((specifier) => {
      const other = tree.workspaces.find((one) => one.name === splitImport(specifier).name);
      if (!other || other === owner) return [];
      const layer = layerOf(other.folder);
      if (!allowed.includes(layer))
        return [`${file.path} imports "${specifier}": ${layerOf(file.path)} may not import ${layer}`];
      return layer === 'modules' && layerOf(file.path) === 'modules' ? moduleFault(file, other) : [];
    });
  });

function moduleFault(file: SourceFile, other: Workspace): string[] {
  const place = (path: string): number => MODULE_ORDER.indexOf(path.split('/')[1] as (typeof MODULE_ORDER)[number]);
  return place(other.folder) < place(file.path)
    ? []
    : [`${file.path} imports "${other.name}", which comes after it; see the order in ARCHITECTURE.md`];
}

const isDomain = (path: string): boolean => /^modules\/[a-z]+\/src\/domain\//.test(path) && !isTest(path);

export const domainIsPure: Rule = (tree) =>
  tree.files
    .filter((file) => isDomain(file.path))
    .flatMap((file) => [
      ...file.impurities.map((one) => `${file.path} is domain and uses ${one}`),
      ...file.imports
        .filter((one) => !mayDomainImport(file.path, one))
        .map((one) => `${file.path} is domain and imports "${one}"`),
    ]);

function mayDomainImport(path: string, specifier: string): boolean {
  if (specifier.startsWith('.')) return join(dirname(path), specifier).includes('/src/domain/');
  if (specifier === 'typebox' || specifier === 'typebox/value' || PURE_BUILTINS.has(specifier)) return true;
  const { name } = splitImport(specifier);
  return name === '@cityward/kernel' || name === '@cityward/contracts' || name === '@cityward/tlog-tiles';
}

export const filesAreShort: Rule = (tree) =>
  tree.files
    .filter((file) => file.lines > FILE_LINES_MAX)
    .map((file) => `${file.path} has ${file.lines} lines; at most ${FILE_LINES_MAX}`);

export const functionsAreShort: Rule = (tree) =>
  tree.files
    .filter((file) => !isTest(file.path))
    .flatMap((file) =>
      file.functions
        .filter((one) => one.lines > FUNCTION_LINES_MAX)
        .map((one) => `${file.path}:${one.line} ${one.name} has ${one.lines} lines; at most ${FUNCTION_LINES_MAX}`),
    );

export const nothingIsExportedByDefault: Rule = (tree) =>
  tree.files
    .filter((file) => file.defaultExport && !/\.config\.ts$/.test(file.path))
    .map((file) => `${file.path} has a default export; export by name`);

export const modulesHaveTheirParts: Rule = (tree) =>
  tree.workspaces
    .filter((one) => one.folder.startsWith('modules/'))
    .flatMap((one) =>
      ['src/index.ts', 'src/service.ts']
        .filter((part) => !tree.files.some((file) => file.path === `${one.folder}${part}`))
        .map((part) => `${one.folder} has no ${part}`),
    );

export const RULES: Readonly<Record<string, Rule>> = {
  'the test saw the whole tree': sawFiles,
  'every import is declared in its package.json': importsAreDeclared,
  'every declared dependency is imported': declarationsAreUsed,
  'nobody imports the inside of another workspace': noInsides,
  'imports go down, and modules only to those before them': importsGoDown,
  'domain files do no I/O': domainIsPure,
  'files have at most 400 lines': filesAreShort,
  'functions have at most 60 lines': functionsAreShort,
  'nothing is exported by default': nothingIsExportedByDefault,
  'modules have the same parts': modulesHaveTheirParts,
};
