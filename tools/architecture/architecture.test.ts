/** Holds the tree to its rules, and shows on a bad tree that each rule can fail. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  declarationsAreUsed,
  domainIsPure,
  filesAreShort,
  functionsAreShort,
  importsAreDeclared,
  importsGoDown,
  noInsides,
  nothingIsExportedByDefault,
  RULES,
  sawFiles,
} from './rules.ts';
import { readSource, readTree, type Tree, type Workspace } from './tree.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the tree', () => {
  const tree = readTree(root);
  it.each(Object.entries(RULES))('%s', (_, rule) => {
    expect(rule(tree)).toEqual([]);
  });
});

describe('each rule fails on a tree that breaks it', () => {
  const workspace = (folder: string, dependencies: readonly string[] = []): Workspace => ({
    name: `@cityward/${folder.split('/').at(-2)}`,
    folder,
    dependencies: new Set(dependencies),
    exports: new Set(['.']),
  });
  const treeOf = (path: string, text: string): Tree => ({
    files: [readSource(path, text)],
    workspaces: [
      workspace('kernel/'),
      workspace('modules/city/', ['@cityward/kernel', '@cityward/watch']),
      workspace('modules/watch/'),
    ],
    devDependencies: new Set(['vitest']),
  });
  it('too few files', () => expect(sawFiles(treeOf('a.ts', ''))).toHaveLength(1));
  it('an import that is not declared', () => {
    expect(importsAreDeclared(treeOf('modules/city/src/a.ts', `import x from 'left-pad';`))).toEqual([
      'modules/city/src/a.ts imports "left-pad", which modules/city/package.json does not declare',
    ]);
  });
  it('a declared dependency that nothing imports', () => {
    expect(declarationsAreUsed(treeOf('modules/city/src/a.ts', `import { ok } from '@cityward/kernel';`))).toEqual([
      'modules/city/package.json declares "@cityward/watch", which nothing there imports',
    ]);
  });
  it('an inside, by path and by name', () => {
    expect(noInsides(treeOf('modules/city/src/a.ts', `import { x } from '../../watch/src/service.ts';`))).toHaveLength(
      1,
    );
    expect(
      noInsides(treeOf('modules/city/src/a.ts', `import { x } from '@cityward/watch/src/service.ts';`)),
    ).toHaveLength(1);
  });
  it('a module that comes later, and a layer above', () => {
    expect(importsGoDown(treeOf('modules/city/src/a.ts', `import { x } from '@cityward/watch';`))).toHaveLength(1);
    expect(importsGoDown(treeOf('kernel/src/a.ts', `import { x } from '@cityward/city';`))).toHaveLength(1);
  });
  it.each([
    'await x;',
    'Date.now();',
    'new Date();',
    'process.env;',
    'fetch("x");',
    'Math.random();',
    `import { readFileSync } from 'node:fs';`,
    `import { x } from '../store.ts';`,
  ])('a domain file with %s', (text) =>
    expect(domainIsPure(treeOf('modules/city/src/domain/a.ts', text)).length).toBeGreaterThan(0),
  );
  it('a long file and a long function', () => {
    expect(filesAreShort(treeOf('kernel/src/a.ts', 'x;\n'.repeat(401)))).toHaveLength(1);
    expect(functionsAreShort(treeOf('kernel/src/a.ts', `function f() {\n${'x;\n'.repeat(60)}}`))).toHaveLength(1);
    expect(functionsAreShort(treeOf('kernel/src/a.ts', `function f() {\n${'x;\n'.repeat(50)}}`))).toEqual([]);
  });
  it('a default export', () =>
    expect(nothingIsExportedByDefault(treeOf('kernel/src/a.ts', 'export default 1;'))).toHaveLength(1));
});
