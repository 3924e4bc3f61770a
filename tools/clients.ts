/** `npm run test:clients`: drives the clients that others wrote against the real listeners, and prints a line for each. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Client {
  readonly name: string;
  /** As it is called; null for a library that comes with the project. */
  readonly program: string | null;
  /** The package that brings it. */
  readonly from: string;
  /** The suites below tests/foreign that drive it, and what their groups are called. */
  readonly suites: readonly string[];
  readonly group: RegExp;
  readonly does: string;
}
const CLIENTS: readonly Client[] = [
  {
    name: 'pki --est',
    program: 'pki',
    from: 'strongswan-pki',
    suites: ['est'],
    group: /strongSwan/u,
    does: 'enrols, waits for approval and renews over EST',
  },
  {
    name: 'lego',
    program: 'lego',
    from: 'lego',
    suites: ['acme'],
    group: /lego/u,
    does: 'gets a certificate for a gateway over ACME, and renews it',
  },
  {
    name: 'uacme',
    program: 'uacme',
    from: 'uacme',
    suites: ['acme-key'],
    group: /uacme/u,
    does: 'gets a certificate over ACME, and changes the key of its account',
  },
  {
    name: 'openssl',
    program: 'openssl',
    from: 'openssl',
    suites: ['ocsp'],
    group: /openssl/u,
    does: 'verifies certificates, asks for their status and reads the revocation list',
  },
  {
    name: 'swupdate',
    program: 'swupdate',
    from: 'swupdate',
    suites: ['swupdate'],
    group: /swupdate/u,
    does: 'is changed over hawkBit DDI, and refuses what is tampered with, of another signer or for other hardware',
  },
  {
    name: 'mender-client',
    program: 'mender',
    from: 'mender-client',
    suites: ['mender', 'mender-city'],
    group: /mender-client/u,
    does: 'is changed over the Mender device API, and refuses what is tampered with, of another signer or for another type',
  },
  {
    name: 'mosquitto',
    program: 'mosquitto_pub',
    from: 'mosquitto-clients',
    suites: ['mqtt'],
    group: /mosquitto/u,
    does: 'publishes and subscribes over MQTT with its certificate, and not as another',
  },
  {
    name: 'eapol_test',
    program: 'eapol_test',
    from: 'eapoltest',
    suites: ['network-access', 'network-rescue'],
    group: /802\.1X/u,
    does: 'opens a switch port with its certificate through FreeRADIUS, and not with a foreign one',
  },
  {
    name: 'openid-client',
    program: null,
    from: 'openid-client',
    suites: ['oauth'],
    group: /openid-client/u,
    does: 'gets a token as a cloud service, and calls an API with it',
  },
];

/** Of vitest's JSON report. */
interface Ran {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo';
    }[];
  }[];
}
type Outcome = 'passed' | 'failed' | 'absent';
interface Line {
  readonly client: Client;
  readonly outcome: Outcome;
  readonly more: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const fileOf = (suite: string): string => `tests/foreign/${suite}.foreign.test.ts`;
const isThere = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

function drive(): Ran {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-clients-'));
  const report = join(folder, 'report.json');
  const suites = CLIENTS.flatMap((client) => client.suites.map(fileOf));
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporting = ['--reporter=json', `--outputFile=${report}`];
  try {
    spawnSync(process.execPath, [vitest, 'run', '--config', 'tests/foreign.config.ts', ...reporting, ...suites], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return JSON.parse(readFileSync(report, 'utf8')) as Ran;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A suite that could not even begin has failed; one whose tests were all skipped lacks something beside the program itself. */
function lineOf(client: Client, { testResults }: Ran): Line {
  if (client.program !== null && !isThere(client.program))
    return { client, outcome: 'absent', more: `apt install ${client.from}` };
  const suites = testResults.filter(({ name }) => client.suites.some((suite) => name.endsWith(`/${fileOf(suite)}`)));
  const fault = suites.find(({ message, assertionResults }) => message !== '' && assertionResults.length === 0);
  if (fault || suites.length < client.suites.length)
    return { client, outcome: 'failed', more: fault?.message || 'a suite of it did not run' };
  const tests = suites
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ ancestorTitles }) => client.group.test(ancestorTitles[0] ?? ''));
  const failed = tests.filter(({ status }) => status === 'failed');
  if (failed.length > 0) return { client, outcome: 'failed', more: failed.map(({ title }) => title).join('; ') };
  const passed = tests.filter(({ status }) => status === 'passed').length;
  if (passed > 0) return { client, outcome: 'passed', more: `${passed} checks` };
  if (tests.length > 0)
    return { client, outcome: 'absent', more: 'a program that it is driven with is not installed, see above' };
  return { client, outcome: 'failed', more: 'none of its checks ran' };
}

const ran = drive();
const lines = CLIENTS.map((client) => lineOf(client, ran));
for (const { client, outcome, more } of lines)
  process.stdout.write(`${outcome.toUpperCase().padEnd(7)} ${client.name.padEnd(14)} ${client.does} (${more})\n`);
const absent = lines.filter(({ outcome }) => outcome === 'absent').map(({ client }) => client.name);
if (absent.length > 0) process.stdout.write(`\nNOT TRIED, since they are absent: ${absent.join(', ')}\n`);
process.exitCode = lines.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
