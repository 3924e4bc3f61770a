/**
 * The root key at OpenBao or Vault, in its transit engine: it never leaves there. A key is wrapped and unwrapped by asking, bound to
 * its place by associated data, and by the context too where the key there is a derived one.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { answerText } from '@cityward/http';
import { OperationalFault, Secret } from '@cityward/kernel';
import { KEY_BYTES, KEY_ID_BYTES, NONCE_BYTES, TAG_BYTES } from './slot.ts';
import type { KeyId, RootKey, Sealed } from './keyring.ts';

const CALL_MAX_MS = 5_000;
const ANSWER_MAX_BYTES = 65_536;
/** Questions to a service that is busy, sealed or away; then the caller hears why. */
const TRIES_MAX = 3;
const RETRY_FIRST_MS = 200;
const TOKEN_MAX_BYTES = 4_096;
const OTHERS = 0o077;
/** Whose ciphertext is nonce, ciphertext and tag of the sizes of a slot. */
const TYPES = ['aes256-gcm96', 'chacha20-poly1305'];
/** What the engine says of a ciphertext that is another's, changed, or of a version that may not be used any more. */
const NOT_ITS_OWN = /authentication failed|unable to decrypt|invalid ciphertext|disallowed by policy|too old/i;

export interface TransitSettings {
  /** Such as `https://bao.example:8200`. */
  readonly url: string;
  readonly mount: string;
  readonly key: string;
  readonly namespace: string | null;
  /** Read for each call: whoever renews the token writes it there. */
  readonly tokenFile: string;
}

interface KeyThere {
  readonly type: string;
  readonly version: number;
  readonly derived: boolean;
}
type Answer = { readonly data?: Record<string, unknown>; readonly errors?: readonly string[] };

/** Throws where the service does not answer, or its key is none that may be a root. */
export async function openTransitRoot(settings: TransitSettings): Promise<RootKey> {
  const { derived } = await keyThere(settings);
  const where = nameOf(settings);
  const bound = (context: Buffer) => {
    const text = context.toString('base64');
    return { associated_data: text, ...(derived ? { context: text } : {}) };
  };
  return {
    id: createHash('sha256')
      .update(JSON.stringify(['transit', settings.mount, settings.key]))
      .digest('hex')
      .slice(0, 2 * KEY_ID_BYTES) as KeyId,
    wrap: async (key, context) => {
      const { data } = await ask(settings, 'encrypt', { plaintext: key.toString('base64'), ...bound(context) });
      return sealedIn(data?.['ciphertext'], where);
    },
    unwrap: async (sealed, context) => {
      const answer = await ask(settings, 'decrypt', { ciphertext: textOf(sealed), ...bound(context) });
      if (answer.errors) return null;
      const key = Buffer.from(String(answer.data?.['plaintext'] ?? ''), 'base64');
      if (key.length !== KEY_BYTES) throw new OperationalFault(`unwrap a key at ${where}: it answered no key`);
      return key;
    },
    health: async () => {
      try {
        const { type, version } = await keyThere(settings);
        return `at the key service ${where}, version ${version} (${type}): it answers`;
      } catch (fault) {
        return `at the key service ${where}: ${(fault as Error).message}`;
      }
    },
  };
}

const nameOf = ({ url, mount, key }: TransitSettings): string => `${url}/v1/${mount}/keys/${key}`;

async function keyThere(settings: TransitSettings): Promise<KeyThere> {
  const where = `use the root key ${nameOf(settings)}`;
  const { data } = await ask(settings, 'keys', null);
  const { type, latest_version: version, derived, exportable, allow_plaintext_backup: backup } = data ?? {};
  if (typeof type !== 'string' || !TYPES.includes(type) || typeof version !== 'number')
    throw new OperationalFault(`${where}: it is of type "${String(type)}", wanted ${TYPES.join(' or ')}`);
  if (exportable === true || backup === true)
    throw new OperationalFault(`${where}: it may be exported, wanted one that never leaves the service`);
  return { type, version, derived: derived === true };
}

const CIPHERTEXT = /^vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})$/;
function sealedIn(text: unknown, where: string): Sealed {
  const [, version, encoded = ''] = CIPHERTEXT.exec(String(text)) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (version === undefined || bytes.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES)
    throw new OperationalFault(`wrap a key at ${where}: it answered no ciphertext of a key`);
  return { nonce: bytes.subarray(0, NONCE_BYTES), sealed: bytes.subarray(NONCE_BYTES), generation: Number(version) };
}
const textOf = ({ nonce, sealed, generation }: Sealed): string =>
  `vault:v${generation}:${Buffer.concat([nonce, sealed]).toString('base64')}`;

/** `errors` only of a ciphertext that does not open; whatever else goes wrong throws. */
async function ask(
  settings: TransitSettings,
  what: 'keys' | 'encrypt' | 'decrypt',
  body: Record<string, string> | null,
): Promise<Answer> {
  const where = `ask the key service ${nameOf(settings)}`;
  let fault = new OperationalFault(`${where}: it was not asked`);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (tries > 0) await delay(RETRY_FIRST_MS * 2 ** (tries - 1));
    const answer = await once(settings, what, body).catch((error: unknown) => {
      fault = new OperationalFault(`${where}: ${whyOf(error)}`, { cause: error });
      return null;
    });
    if (answer === null) continue;
    const { status, said } = answer;
    if (status === 200) return said;
    const why = (said.errors ?? []).join('; ').slice(0, 300);
    if (status === 400 && what === 'decrypt' && NOT_ITS_OWN.test(why)) return { errors: [why] };
    if (status === 403) throw new OperationalFault(`${where}: its token may not do that, or has ended`);
    if (status === 404) throw new OperationalFault(`${where}: there is no such key`);
    fault = new OperationalFault(
      `${where}: it answered ${status}${status === 503 ? ', it is sealed or not ready' : ''}${why ? ` (${why})` : ''}`,
    );
    if (status < 500 && status !== 429) throw fault;
  }
  throw fault;
}

const whyOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};

async function once(
  settings: TransitSettings,
  what: string,
  body: Record<string, string> | null,
): Promise<{ status: number; said: Answer }> {
  const { url, mount, key, namespace } = settings;
  const token = await tokenIn(settings.tokenFile);
  const answer = await fetch(`${url}/v1/${mount}/${what}/${key}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      'x-vault-token': token.reveal(),
      'x-vault-request': 'true',
      ...(namespace === null ? {} : { 'x-vault-namespace': namespace }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    redirect: 'error',
    signal: AbortSignal.timeout(CALL_MAX_MS),
  });
  const text = await answerText(answer, ANSWER_MAX_BYTES);
  let said: Answer = {};
  try {
    said = JSON.parse(text) as Answer;
  } catch {
    // A proxy's page: its status says enough.
  }
  return { status: answer.status, said };
}

async function tokenIn(path: string): Promise<Secret> {
  const { mode, size } = await stat(path);
  if ((mode & OTHERS) !== 0)
    throw new Error(`the token file "${path}" has mode ${(mode & 0o777).toString(8)}, wanted 600`);
  if (size > TOKEN_MAX_BYTES)
    throw new Error(`the token file "${path}" has ${size} bytes, wanted at most ${TOKEN_MAX_BYTES}`);
  return new Secret((await readFile(path, 'utf8')).trim());
}
