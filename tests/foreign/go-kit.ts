/** Builds our checking programs with Go and its own packages, where they are installed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GO_PLACES = ['/usr/lib/go-1.19/bin/go', '/usr/bin/go'];
const MODULE_SOURCE = '/usr/share/gocode/src/golang.org/x/mod/sumdb/note/note.go';
/** Not there where it, or its packages, are not installed. */
export const go = existsSync(MODULE_SOURCE) ? GO_PLACES.find((place) => existsSync(place)) : undefined;

export function buildGo(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-go-'));
  const program = join(folder, 'program');
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: '/usr/share/gocode',
    GOCACHE: join(folder, 'cache'),
    GOFLAGS: '',
    GOROOT: '',
  };
  const { GOROOT: _unset, ...rest } = env;
  execFileSync(go!, ['build', '-o', program, source], { env: rest, stdio: 'pipe' });
  return program;
}
