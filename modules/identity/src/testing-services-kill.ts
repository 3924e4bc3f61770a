/** A process of its own: registers a service, gives it a secret, ends another and rotates the keys, and kills itself after one of its writes. */
import { writeSync } from 'node:fs';
import files, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { millis, type Refusal, type Result } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openPglite, type Sql } from '@cityward/sql';
import { openAuthority } from './authority.ts';
import { Register } from './register.ts';
import { Services } from './services.ts';
import { openTokenKeys } from './token-keys.ts';

export interface KillRun {
  readonly folder: string;
  readonly cache: string;
  readonly round: number;
  readonly at: number;
  /** From one rotation of keys to the next. */
  readonly rotateMs: number;
  /** After so many writes; 0 before the first, null for never. */
  readonly killAfter: number | null;
  /** Of before, to be tried. */
  readonly secrets: readonly { readonly service: string; readonly secret: string }[];
}
/** What stands after the start, as the next process tells it. */
export interface KillState {
  readonly services: readonly { readonly id: string; readonly ended: boolean; readonly secret: boolean }[];
  /** Of the secrets that were to be tried, those that are taken. */
  readonly taken: readonly string[];
  readonly signing: string;
  readonly listed: readonly string[];
  /** `type subject`, as they wait in the outbox. */
  readonly facts: readonly string[];
}
/** Said before the next thing is begun: what was said is acknowledged. */
export type KillSaid =
  | { readonly said: 'state'; readonly state: KillState }
  | { readonly said: 'wrote'; readonly what: string }
  | { readonly said: 'registered' | 'ended'; readonly service: string }
  | { readonly said: 'secret'; readonly service: string; readonly secret: string }
  | { readonly said: 'rotated'; readonly listed: readonly string[] };

const run = JSON.parse(process.argv[2]!) as KillRun;
const say = (said: KillSaid): void => void writeSync(1, `${JSON.stringify(said)}\n`);
let armed = false;
let writes = 0;
function wrote(what: string): void {
  if (!armed) return;
  writes++;
  say({ said: 'wrote', what });
  if (writes === run.killAfter) process.kill(process.pid, 'SIGKILL');
}

type Write = (this: unknown, ...args: unknown[]) => Promise<unknown>;
/** Every write of journals and slot files passes here. */
function watched(owner: Record<string, unknown>, name: string): void {
  const original = owner[name] as Write;
  const replaced: Write = async function (...args) {
    const value = await original.apply(this, args);
    wrote(name);
    return value;
  };
  owner[name] = replaced;
}
async function watchFiles(): Promise<void> {
  const handle: FileHandle = await files.open(run.folder, 'r');
  const prototype = Object.getPrototypeOf(handle) as Record<string, unknown>;
  await handle.close();
  for (const name of ['appendFile', 'writeFile', 'datasync', 'sync']) watched(prototype, name);
  watched(files as unknown as Record<string, unknown>, 'rename');
  syncBuiltinESMExports();
}

function must<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

await watchFiles();
let now = run.at;
const clock = () => millis(now);
const opened = await openPglite({ folder: join(run.folder, 'sql'), cache: run.cache, log: silentLog });
await opened.migrate({ module: 'identity', folder: new URL('../migrations/', import.meta.url) });
const sql: Sql = {
  ...opened,
  transact: async (work) => {
    const value = await opened.transact(work);
    wrote('commit');
    return value;
  },
};
const keys = join(run.folder, 'keys');
await files.mkdir(keys, { recursive: true, mode: 0o700 });
const { authority } = await openAuthority({
  folder: join(keys, 'authority'),
  cityName: 'Port Merrow',
  now,
  keepPassphrase: false,
});
const parts = { sql, clock, log: silentLog, folder: keys, authority, register: new Register() };
const any = { taken: () => false, isOwner: () => true, isSite: () => true };
const services = await Services.open({ ...parts, ...any });
const tokenKeys = await openTokenKeys({ folder: keys, clock });
const listed = (): string[] => tokenKeys.jwks().keys.map(({ kid }) => kid!);

const rows = sql.for<{ 'platform.outbox': { type: string; subject: string } }>();
const facts = await rows.selectFrom('platform.outbox').select(['type', 'subject']).execute();
const state: KillState = {
  services: services
    .list()
    .map(({ id, state: now, secret }) => ({ id, ended: now === 'ended', secret: secret !== null })),
  taken: run.secrets.filter((one) => services.isSecret(one.service, one.secret)).map(({ service }) => service),
  signing: tokenKeys.signing().kid,
  listed: listed(),
  facts: facts.map(({ type, subject }) => `${type} ${subject}`),
};
say({ said: 'state', state });

const [fresh, leaving] = [`fresh-${run.round}`, `leaving-${run.round}`];
const draft = { name: 'A service', owner: 'party-1', reach: { data: ['city' as const], sites: [] } };
must(await services.add({ ...draft, id: leaving }, 'per-1'));
say({ said: 'registered', service: leaving });
armed = true;
if (run.killAfter === 0) process.kill(process.pid, 'SIGKILL');
must(await services.add({ ...draft, id: fresh }, 'per-1'));
say({ said: 'registered', service: fresh });
const secret = must(await services.issueSecret(fresh, 'per-1'));
say({ said: 'secret', service: fresh, secret });
must(await services.end(leaving, { reason: 'contract over', by: 'per-1' }));
say({ said: 'ended', service: leaving });
now += run.rotateMs;
await tokenKeys.rotate();
say({ said: 'rotated', listed: listed() });
process.exit(0);
