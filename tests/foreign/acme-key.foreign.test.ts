/** Debian's uacme as another ACME client: it changes its account's key, and an order outlives the city's restart. */
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopModules } from '../../apps/server/src/serve.ts';
import { openTestServer } from '../../apps/server/src/testing.ts';
import { createRunningCity, type RunningCity } from './city-kit.ts';
import { has, run, type Ran } from './est-kit.ts';

/** uacme trusts only the machine's own list of authorities: it gets ours in its place, in a view of the files of its own. */
const TRUSTED = '/etc/ssl/certs/ca-certificates.crt';
const able = has('uacme', 'uacme') && mayHaveItsOwnView();
function mayHaveItsOwnView(): boolean {
  const may = process.getuid?.() === 0 && existsSync(TRUSTED);
  if (!may) process.stderr.write('\nSKIPPED: uacme needs root, to see our authority among those it trusts\n\n');
  return may;
}
const GATEWAY = 'gateway-east';
const HOST = 'gateway-east.example';

describe.skipIf(!able)('uacme', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-uacme-'));
  const at = (...names: string[]): string => join(folder, ...names);
  let city: RunningCity;
  let web: Server;
  let directory: string;
  let binding: string;

  beforeAll(async () => {
    mkdirSync(at('web'));
    web = createServer((request, response) => {
      const file = at('web', basename(request.url ?? ''));
      if (existsSync(file)) response.end(readFileSync(file));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as AddressInfo;
    city = await createRunningCity({ acme: new Map([[HOST, '127.0.0.1']]), acmePort: port });
    const party = city.server.modules.city.parties()[0]!.id;
    await city.cli(['network', 'add', GATEWAY, '--kind', 'site-gateway', '--name', 'Gateway east', '--party', party]);
    const bound = JSON.parse(await city.cli(['network', 'acme', GATEWAY, '--names', HOST, '--json'])) as {
      readonly kid: string;
      readonly key: string;
      readonly directory: string;
    };
    directory = bound.directory;
    binding = `${bound.kid}:${bound.key}`;
    writeFileSync(at('ca.pem'), city.ca);
    // The hook lays the answer out; where a file `wait` lies it says so and goes on only once that is gone.
    const hook = `#!/bin/sh
[ "$1" = begin ] || exit 0
[ "$2" = http-01 ] || exit 1
printf '%s' "$5" > '${at('web')}/'"$4"
[ -e '${at('wait')}' ] && : > '${at('waiting')}'
while [ -e '${at('wait')}' ]; do sleep 0.1; done
`;
    writeFileSync(at('hook.sh'), hook);
    chmodSync(at('hook.sh'), 0o755);
  }, 120_000);
  afterAll(async () => {
    await city?.stop();
    web?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const uacme = (...args: string[]): Promise<Ran> => {
    const own = [
      'uacme',
      '-v',
      '-v',
      '-y',
      '-c',
      at('conf'),
      '-a',
      directory,
      '-t',
      'EC',
      '-h',
      at('hook.sh'),
      ...args,
    ];
    const view = `mount --bind ca.pem ${TRUSTED} && exec "$@"`;
    return run('unshare', ['--mount', 'sh', '-c', view, 'sh', ...own], folder);
  };
  /** It keeps what it had under the second at which that was made, and fails where that second is taken: two in one second are. */
  const issue = (): Promise<Ran> => {
    const kept = existsSync(at('conf', HOST)) ? readdirSync(at('conf', HOST)) : [];
    for (const file of kept) if (/^cert-\d+\.pem$/u.test(file)) rmSync(at('conf', HOST, file));
    return uacme('-f', 'issue', HOST);
  };
  const accountKey = (): string => readFileSync(at('conf', 'private', 'key.pem'), 'utf8');
  const serial = (): string => {
    const leaf = new X509Certificate(readFileSync(at('conf', HOST, 'cert.pem')));
    expect(leaf.subjectAltName).toContain(`spiffe://port-merrow/network/${GATEWAY}`);
    expect(city.identity.admit({ commonName: GATEWAY, serial: leaf.serialNumber }).ok).toBe(true);
    return leaf.serialNumber;
  };

  it('gets an account by the binding, and a certificate', async () => {
    const made = await uacme('-e', binding, 'new');
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('account created')]);
    const ran = await issue();
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('challenge')]);
    serial();
  });

  it('changes the key of its account: the old one signs nothing more, the new one does', async () => {
    const old = accountKey();
    const ran = await uacme('newkey');
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('account key changed')]);
    const changed = accountKey();
    expect(changed).not.toBe(old);
    const before = serial();
    expect((await issue()).code).toBe(0);
    expect(serial()).not.toBe(before);
    writeFileSync(at('conf', 'private', 'key.pem'), old);
    expect((await uacme('-n', 'update')).code).not.toBe(0);
    writeFileSync(at('conf', 'private', 'key.pem'), changed);
  });

  it('ends an order that the city was restarted in', async () => {
    const before = serial();
    writeFileSync(at('wait'), '');
    const ran = issue();
    await expect.poll(() => existsSync(at('waiting')), { timeout: 60_000 }).toBe(true);
    const { config, listeners, modules } = city.server;
    await listeners.stop();
    await stopModules(modules);
    const server = await openTestServer(config);
    city = { ...city, server, identity: server.modules.identity, stop: () => server.stop() };
    rmSync(at('wait'));
    expect([(await ran).code, (await ran).err]).toEqual([0, expect.stringContaining('challenge')]);
    expect(serial()).not.toBe(before);
  });
});
