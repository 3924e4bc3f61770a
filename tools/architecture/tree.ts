/** Reads the source tree for the architecture test: every file with its imports, size and longest function. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly string[];
  readonly functions: readonly { readonly name: string; readonly line: number; readonly lines: number }[];
  /** Calls and names that do I/O, read a clock or draw randomness. */
  readonly impurities: readonly string[];
  readonly defaultExport: boolean;
}
export interface Workspace {
  readonly name: string;
  readonly folder: string;
  readonly dependencies: ReadonlySet<string>;
  readonly exports: ReadonlySet<string>;
}
export interface Tree {
  readonly files: readonly SourceFile[];
  readonly workspaces: readonly Workspace[];
  readonly devDependencies: ReadonlySet<string>;
}

interface Manifest {
  readonly name?: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const SOURCE = /\.tsx?$/;

/** All tracked and new, not ignored, TypeScript files below the root. */
export function readTree(root: string): Tree {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const paths = listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)));
  const manifests = paths.filter((path) => path.endsWith('package.json') && path !== 'package.json');
  return {
    files: paths
      .filter((path) => SOURCE.test(path))
      .map((path) => readSource(path, readFileSync(join(root, path), 'utf8'))),
    workspaces: manifests.map((path) => workspaceOf(path, readFileSync(join(root, path), 'utf8'))),
    devDependencies: new Set(
      Object.keys((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest).devDependencies ?? {}),
    ),
  };
}

function workspaceOf(path: string, text: string): Workspace {
  const manifest = JSON.parse(text) as Manifest;
  return {
    name: manifest.name ?? path,
    folder: path.slice(0, -'package.json'.length),
    dependencies: new Set(Object.keys(manifest.dependencies ?? {})),
    exports: new Set(Object.keys(manifest.exports ?? {})),
  };
}

/** Parses one file; exported for the test of the test. */
export function readSource(path: string, text: string): SourceFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: string[] = [];
  const functions: { name: string; line: number; lines: number }[] = [];
  const impurities: string[] = [];
  let defaultExport = false;
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    const module = moduleOf(node);
    if (module !== null) imports.push(module);
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const from = lineOf(node.getStart());
      functions.push({
        name: node.name?.getText() ?? 'anonymous',
        line: from,
        lines: codeLines(text, from, lineOf(node.end)),
      });
    }
    const impure = impurityOf(node);
    if (impure) impurities.push(`${impure} (line ${lineOf(node.getStart())})`);
    if (ts.isExportAssignment(node)) defaultExport = true;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { path, lines: text.split('\n').length - 1, imports, functions, impurities, defaultExport };
}

/** Blank and comment-only lines do not count, as in the lint rule. */
function codeLines(text: string, from: number, to: number): number {
  return text
    .split('\n')
    .slice(from - 1, to)
    .filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/?\*)/.test(line)).length;
}

function moduleOf(node: ts.Node): string | null {
  if (
    (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
    node.moduleSpecifier &&
    ts.isStringLiteral(node.moduleSpecifier)
  ) {
    return node.moduleSpecifier.text;
  }
  const [argument] = ts.isCallExpression(node) && isImport(node.expression) ? node.arguments : [];
  return argument && ts.isStringLiteral(argument) ? argument.text : null;
}

/** `import(…)`, or `import.meta.resolve(…)` of a file that is no code. */
const isImport = (called: ts.Expression): boolean =>
  called.kind === ts.SyntaxKind.ImportKeyword || called.getText() === 'import.meta.resolve';

const IMPURE_NAMES = new Set([
  'process',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'console',
  'performance',
]);

function impurityOf(node: ts.Node): string | null {
  if (ts.isAwaitExpression(node)) return 'await';
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText();
    if (text === 'Date.now' || text === 'Math.random') return text;
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) return 'new Date()';
  if (ts.isIdentifier(node) && IMPURE_NAMES.has(node.text) && !isMemberName(node)) return node.text;
  return null;
}

/** `thing.process`, `{ process: 1 }` and declarations are names of ours, not the global. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isBindingElement(parent) ||
    ts.isParameter(parent)
  );
}
