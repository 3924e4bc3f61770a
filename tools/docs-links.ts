/** Every link of the documents leads somewhere: files, headings, pictures. Addresses on the web are not visited. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const HEADING = /^#{1,6} (.+)$/gm;

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[`*_]/g, '')
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

function faultsOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8').replace(/```[\s\S]*?```/g, '');
  return [...text.matchAll(LINK)].flatMap(([, target = '']) => {
    if (/^(https?|mailto):/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? join(root, document) : join(root, dirname(document), path);
    if (!existsSync(file)) return [`${document}: "${target}" leads nowhere`];
    if (!anchor) return [];
    const anchors = [...readFileSync(file, 'utf8').matchAll(HEADING)].map(([, heading = '']) => anchorOf(heading));
    return anchors.includes(anchor) ? [] : [`${document}: "${target}" names a heading that is not there`];
  });
}

const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));
if (documents.length < 10) throw new Error(`check links: only ${documents.length} documents were found`);
const faults = documents.flatMap(faultsOf);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${documents.length} documents, ${faults.length} broken links\n`);
process.exit(faults.length > 0 ? 1 : 0);
